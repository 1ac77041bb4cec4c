"""The documentation names what there is, and its links lead somewhere."""

import re

import pytest

from tests.services import ROOT
from wagtail_crm.conf import CrmSettings

PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "llms.txt"]
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
CODE = "\n".join(path.read_text() for path in (ROOT / "wagtail_crm").rglob("*.py"))


def documented(page, pattern):
    return set(re.findall(pattern, (ROOT / "docs" / "reference" / page).read_text(), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_a_file(page):
    wanted = LINK.findall(page.read_text())

    assert [link for link in wanted if not (page.parent / link).exists()] == []


def test_every_setting_is_in_the_reference():
    assert documented("settings.md", r"^\| `([A-Z_]+)` \|") == CrmSettings.names()


def test_every_check_is_in_the_reference():
    used = set(re.findall(r'id="(wagtail_crm\.[EW]\d+)"', CODE))

    assert documented("settings.md", r"`(wagtail_crm\.[EW]\d+)`") == used


def test_every_registry_is_in_the_reference():
    used = set(re.findall(r'Registry\(\s*"(register_crm_\w+)"', CODE))
    menus = {"register_crm_menu_item", "register_crm_settings_menu_item"}

    assert documented("extension-points.md", r"`(register_crm_\w+)`") == used | menus
