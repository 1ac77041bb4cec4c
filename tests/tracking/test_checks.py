import pytest

from wagtail_crm.tracking.checks import check_redis_url


@pytest.mark.parametrize(
    "url", ["redis://localhost:6379/1", "rediss://user:secret@host/0", "unix:///tmp/redis", None]
)
def test_good_addresses_of_redis(crm_settings, url):
    crm_settings(REDIS_URL=url)
    assert check_redis_url() == []


@pytest.mark.parametrize("url", ["http://localhost", "localhost:6379", "redis://host:99999", "", 5])
def test_e020_an_address_that_is_none(crm_settings, url):
    crm_settings(REDIS_URL=url)
    assert [problem.id for problem in check_redis_url()] == ["wagtail_crm.E005"]
