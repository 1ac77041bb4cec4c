import threading

import pytest

from wagtail_crm.tracking.ahead import ahead


def counting(steps, limit=3):
    """Yields 1, 2, 3; ``steps`` tells how far it got."""
    try:
        for number in range(1, limit + 1):
            steps.append(number)
            yield number
    finally:
        steps.append("closed")


def test_everything_comes_in_order():
    assert list(ahead(counting([], limit=20))) == list(range(1, 21))


def test_the_next_one_is_fetched_while_this_one_is_worked_on():
    fetched = threading.Event()

    def source():
        yield "first"
        fetched.set()
        yield "second"

    items = ahead(source())
    assert next(items) == "first"
    assert fetched.wait(5)
    assert list(items) == ["second"]


def test_whoever_stops_early_closes_the_source():
    steps = []
    items = ahead(counting(steps))
    next(items)
    items.close()
    assert steps == [1, 2, "closed"]


def test_what_the_source_raises_is_raised_after_what_it_yielded():
    def source():
        yield 1
        raise OSError("gone")

    items = ahead(source())
    assert next(items) == 1
    with pytest.raises(OSError, match="gone"):
        next(items)
