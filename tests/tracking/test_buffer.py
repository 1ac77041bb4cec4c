import socket
import threading
import time

import pytest

from tests.tracking.factories import visit
from wagtail_crm.tracking import buffer
from wagtail_crm.tracking.breaker import REST_AFTER_FAILURE
from wagtail_crm.tracking.events import NewEvent


def events_in(messages):
    return [NewEvent.from_json(payload) for _key, payload in messages]


def drained():
    events = []
    for messages in buffer.batches():
        events += events_in(messages)
        buffer.acknowledge(messages)
    return events


def test_what_is_pushed_comes_out_in_order(crm_settings):
    crm_settings(INGEST_BATCH_SIZE=2)
    events = [visit() for _ in range(5)]
    buffer.push(events[:3])
    buffer.push(events[3:])
    assert buffer.length() == 5
    assert drained() == events
    assert (buffer.length(), drained()) == (0, [])


def test_only_the_first_page_calls_a_worker():
    assert [buffer.push([visit()]) for _ in range(3)] == [True, False, False]


def test_pages_call_again_once_a_worker_has_left():
    buffer.push([visit()])
    for _messages in listening():
        assert buffer.push([visit()]) is False
        break  # what it held will be claimed by another one
    list(listening())
    assert buffer.push([visit()]) is True


def test_pages_call_again_once_a_round_has_begun():
    assert buffer.push([visit()]) is True
    drained()
    assert buffer.push([visit()]) is True


def listening(linger=0.01, seconds=5):
    for messages in buffer.listen(linger=linger, seconds=seconds):
        yield messages
        buffer.acknowledge(messages)


def test_a_listening_worker_gets_what_comes_meanwhile():
    buffer.push([visit()])
    got = []

    def listen():
        got.extend(len(messages) for messages in listening(linger=2))

    worker = threading.Thread(target=listen)
    worker.start()
    time.sleep(0.3)
    woken = buffer.push([visit()])
    worker.join()
    assert (got, woken) == ([1, 1], False)


def test_only_one_worker_listens(redis):
    redis.set(buffer.LISTENING, 1)
    buffer.push([visit()])
    assert list(listening()) == []
    assert buffer.length() == 1


def test_a_worker_leaves_when_its_shift_ends_and_another_is_called():
    for _ in range(3):
        buffer.push([visit()])
    crowd = listening(seconds=0)
    assert list(crowd) == []
    assert buffer.call_worker() is True
    assert buffer.call_worker() is False


def test_nobody_is_called_when_nothing_waits():
    assert buffer.call_worker() is False


def test_an_event_that_comes_as_the_worker_leaves_is_not_forgotten():
    """Between its last look and the end of its lease, pages still count on the worker."""
    buffer.push([visit()])
    seen = []
    for messages in listening(seconds=1):
        seen += messages
        time.sleep(1)  # its time is over: it will not look again
        assert buffer.push([visit()]) is False
    assert len(seen) == 1
    assert buffer.call_worker() is True


def test_what_a_dead_worker_held_is_delivered_again(monkeypatch):
    events = [visit(), visit()]
    buffer.push(events)
    assert events_in(next(buffer.batches())) == events  # and then it dies
    assert drained() == []
    monkeypatch.setattr(buffer, "CLAIM_AFTER", 0)
    assert drained() == events
    assert buffer.length() == 0


def test_a_claim_on_a_message_that_is_gone_does_no_harm(redis, monkeypatch):
    buffer.push([visit(), visit()])
    [(gone, _payload), _other] = next(buffer.batches())
    redis.xdel(buffer.STREAM, gone)
    monkeypatch.setattr(buffer, "CLAIM_AFTER", 0)
    assert len(drained()) == 1


def test_a_message_without_an_event_is_delivered_empty(redis):
    redis.xadd(buffer.STREAM, {"foreign": "field"})
    [[(_key, payload)]] = list(buffer.batches())
    assert payload == b""


def test_workers_leave_no_names_behind(redis):
    buffer.push([visit()])
    drained()
    other = threading.Thread(target=drained)
    other.start()
    other.join()
    assert len(redis.xinfo_consumers(buffer.STREAM, buffer.GROUP)) == 1


def test_a_redis_that_forgot_its_scripts_is_told_them_again(redis):
    buffer.push([visit()])
    redis.script_flush()
    buffer.push([visit()])
    assert buffer.length() == 2


def test_a_dead_redis_is_told_and_left_alone(dead_redis):
    with pytest.raises(buffer.BufferUnavailable):
        buffer.push([visit()])
    assert buffer.breaker.is_open
    started = time.perf_counter()
    with pytest.raises(buffer.BufferUnavailable, match="a moment ago"):
        buffer.push([visit()])
    assert time.perf_counter() - started < 0.01


def test_a_redis_that_comes_back_is_asked_again(monkeypatch, crm_settings, redis_url):
    crm_settings(REDIS_URL="redis://127.0.0.1:1/0")
    with pytest.raises(buffer.BufferUnavailable):
        buffer.push([visit()])
    crm_settings(REDIS_URL=redis_url)
    later = time.monotonic() + REST_AFTER_FAILURE
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert buffer.push([visit()]) is True


def test_a_redis_that_does_not_answer_costs_one_timeout(crm_settings):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        crm_settings(REDIS_URL=f"redis://127.0.0.1:{port}/0", REDIS_TIMEOUT=0.2)
        started = time.perf_counter()
        with pytest.raises(buffer.BufferUnavailable):
            buffer.push([visit()])
        assert time.perf_counter() - started < 0.4


def test_a_full_stream_takes_nothing_until_somebody_reads_it(crm_settings):
    crm_settings(STREAM_MAX_LENGTH=2)
    for _ in range(2):
        buffer.push([visit()])
    for _ in range(2):
        buffer.breaker.reset()  # another page, in a process that has not heard of it
        with pytest.raises(buffer.BufferUnavailable, match="full"):
            buffer.push([visit()])
    assert buffer.breaker.is_open
    assert len(drained()) == 2
    buffer.breaker.reset()
    buffer.push([visit()])
    assert buffer.length() == 1


@pytest.mark.parametrize("ask", [buffer.length, drained, buffer.call_worker])
def test_reading_from_a_dead_redis_says_so(dead_redis, ask):
    with pytest.raises(buffer.BufferUnavailable):
        ask()


def test_no_redis_is_no_buffer(crm_settings):
    crm_settings(REDIS_URL=None)
    with pytest.raises(buffer.BufferUnavailable):
        buffer.push([visit()])
