import datetime

import pytest
import swapper
from django.utils import timezone

from tests.loyalty.factories import TOKYO


@pytest.fixture
def home_page():
    return swapper.load_model("wagtailcore", "Page").objects.get(depth=2)


@pytest.fixture
def clock(monkeypatch):
    """What time it is: set ``clock.now``."""

    def tell():
        return tell.now

    tell.now = datetime.datetime(2026, 11, 23, 12, tzinfo=TOKYO)
    monkeypatch.setattr(timezone, "now", tell)
    return tell
