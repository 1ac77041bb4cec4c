"""``python -m benchmarks.mail``: mails per second of one worker, beside Django's own.

Both send the same personal mails to the same local SMTP sink, which runs in a process of its own;
they take turns. Django's way is a rendered template and ``EmailMultiAlternatives.send()`` over one
connection. Ours, one worker as it is configured by default, claims each mail from the outbox,
signs its links, commits what became of it on a database that syncs to disk, and writes its event.
Prints a table and, last, one line of JSON; ends with 1 below the budget of DESIGN.md §6.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from example.demo.processes import Process, free_port

from .servers import example_site

BUDGET = 1.0
MAILS = 300
ROUNDS = 9
SINK = """
import sys, time
from aiosmtpd.controller import Controller
class Sink:
    async def handle_DATA(self, server, session, envelope):
        return "250 OK"
Controller(Sink(), hostname="127.0.0.1", port=int(sys.argv[1])).start()
print("ready", flush=True)
time.sleep(10**6)
"""


@contextmanager
def mail_sink() -> Iterator[int]:
    """An SMTP server that takes everything and keeps nothing; yields its port."""
    with tempfile.TemporaryDirectory(prefix="crm-bench-") as folder:
        port = free_port()
        command = [sys.executable, "-c", SINK, str(port)]
        sink = Process("sink", command, Path(folder) / "sink.log")
        sink.start()
        try:
            yield port
        finally:
            sink.stop()


def django_way(members, html, text):
    """Seconds, of the clock and of this process, to send to ``members`` with Django alone."""
    from django.core.mail import EmailMultiAlternatives, get_connection

    started = time.perf_counter(), time.process_time()
    with get_connection() as connection:
        for member in members:
            context = {"name": member.full_name, "key": member.pk}
            message = EmailMultiAlternatives(
                "秋のおたより", text.render(context), "a@hidamari.example", [member.email],
                connection=connection,
            )  # fmt: skip
            message.attach_alternative(html.render(context), "text/html")
            message.send()
    return time.perf_counter() - started[0], time.process_time() - started[1]


def our_way(campaign):
    """The same for a started campaign, everything included."""
    from wagtail_crm.mail import sending

    started = time.perf_counter(), time.process_time()
    sending.deliver_for_a_while(campaign.pk, seconds=600)
    return time.perf_counter() - started[0], time.process_time() - started[1]


def as_template(document):
    """A letter as a Django template with the same gaps."""
    from django.template import engines

    pieces = list(document.pieces)
    for place, _word in document.words:
        pieces[place] = "{{ name }}"
    for place, link in document.links:
        pieces[place] = link.url + "?m={{ key }}"
    return engines["django"].from_string("".join(pieces))


def measure():
    from tests.mail.factories import (  # Django must be set up first
        button,
        make_campaign,
        make_many_readers,
        make_segment,
        text,
    )
    from wagtail_crm.mail import actions
    from wagtail_crm.mail.models import Campaign
    from wagtail_crm.mail.render import Composer
    from wagtail_crm.segments.audience import Viewer

    members = make_many_readers(MAILS)
    segment = make_segment(*members[::2])
    part = {"text": "<p>お得意様へ</p>", "audience": {"segments": [segment.pk], "match": "any"}}
    parts = [
        ("heading", {"text": "秋のパンだより"}),
        text(
            "<p>{{ name|お客 }}様</p><p>" + "パンを焼くのにうれしい季節になりました。" * 5 + "</p>"
        ),
        *(button(f"商品{n}を見る", f"https://shop.example/{n}") for n in range(6)),
        ("text", part),
    ]
    times = {"django": [], "ours": []}
    for number in range(ROUNDS + 1):
        campaign = actions.start_campaign(campaign=make_campaign(*parts))
        letter = Composer(campaign).letter(Viewer(segments=frozenset({segment.pk})))
        pairs = [
            ("django", django_way(members, as_template(letter.html), as_template(letter.text))),
            ("ours", our_way(campaign)),
        ]
        assert Campaign.objects.get(pk=campaign.pk).sent == MAILS
        for name, seconds in pairs if number else ():  # the first round warms up
            times[name].append(seconds)
    return times


def main() -> int:
    with mail_sink() as port, example_site(EMAIL_PORT=str(port)):
        times = measure()
    for name, rounds in times.items():
        clock, cpu = (statistics.median(column) for column in zip(*rounds, strict=True))
        print(f"{name:<8} {MAILS / clock:6.0f} mails/s {1000 * cpu / MAILS:6.2f} ms CPU a mail")
    pairs = zip(times["django"], times["ours"], strict=True)
    ratio = statistics.median(django[0] / ours[0] for django, ours in pairs)
    print(json.dumps({"bench": "mail", "ratio": round(ratio, 3), "budget": BUDGET}))
    return 0 if ratio >= BUDGET else 1


if __name__ == "__main__":
    sys.exit(main())
