import pytest

from wagtail_crm.mail.addresses import BadToken, sign, unsign


def test_a_token_holds_its_numbers():
    assert unsign("click", sign("click", 12345, 7)) == (12345, 7)
    assert unsign("unsubscribe", sign("unsubscribe", 0, 0)) == (0, 0)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "1-2",
        "1-2.",
        sign("click", 1, 2) + "x",
        sign("click", 1, 2).replace("1-2", "1-3"),
        sign("open", 1, 2),
        "\N{SNOWMAN}.x",
    ],
)
def test_a_token_that_is_not_ours_is_refused(token):
    with pytest.raises(BadToken):
        unsign("click", token)


def test_a_token_survives_a_change_of_the_secret_key(settings):
    token = sign("open", 9)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"

    assert unsign("open", token) == (9,)
