import threading

import pytest

from wagtail_crm.tracking.ahead import ahead, behind


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


def test_the_last_one_is_put_away_while_this_one_is_worked_on():
    put_away, seen = threading.Event(), []

    def put(item):
        assert put_away.wait(5)
        seen.append(item)

    with behind(put) as give:
        give("first")
        put_away.set()
        give("second")
    assert seen == ["first", "second"]


def test_what_fails_behind_is_raised_before_the_next_one():
    def put(item):
        raise OSError(f"{item} failed")

    with pytest.raises(OSError, match="first failed"), behind(put) as give:
        give("first")
        give("second")


def test_what_fails_behind_at_last_is_raised_at_the_end():
    def put(item):
        raise OSError(f"{item} failed")

    with pytest.raises(OSError, match="only failed"), behind(put) as give:
        give("only")
