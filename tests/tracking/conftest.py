import pytest

from tests.tracking.factories import make_page, make_site
from wagtail_crm.tracking import buffer, snapshots
from wagtail_crm.tracking.signals import events_recorded


@pytest.fixture(autouse=True)
def _closed_breakers():
    """No test inherits the faults of another one."""
    buffer.breaker.reset()
    snapshots.breaker.reset()
    yield
    buffer.breaker.reset()
    snapshots.breaker.reset()


@pytest.fixture
def page(db):
    make_site()
    return make_page()


@pytest.fixture
def crm_settings(settings):
    """Change keys of WAGTAIL_CRM: ``crm_settings(CONSENT_MODE="notice")``."""

    def change(**keys):
        settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | keys

    return change


@pytest.fixture
def dead_redis(crm_settings):
    """The buffer's Redis is gone; the cache answers."""
    crm_settings(REDIS_URL="redis://127.0.0.1:1/0")


@pytest.fixture
def heard():
    """Everything that is announced of the log while the test runs."""
    batches = []

    def receive(events, **kwargs):
        batches.append(events)

    events_recorded.connect(receive)
    yield batches
    events_recorded.disconnect(receive)
