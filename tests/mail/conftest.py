import pytest

from tests.mail.asking import client_of


@pytest.fixture
def editor():
    """Prepares campaigns, and looks at members, but may not send."""
    return client_of("view_campaign", "add_campaign", "change_campaign", "view_member")


@pytest.fixture
def boss():
    return client_of("view_campaign", "add_campaign", "change_campaign", "delete_campaign",
                     "send_campaign", "view_member")  # fmt: skip
