import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from wagtail_crm.jobs import jobs


class Command(BaseCommand):
    help = (
        "Does once all that Celery would do: writes buffered events, refreshes segments, sends "
        "mail that is due. For sites without workers, from cron every minute."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("jobs", nargs="*", help="Only these, by slug; all when none is given.")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = options["jobs"] or list(jobs)
        for slug in chosen:
            if slug not in jobs:
                self.stderr.write(f"There is no job '{slug}'. Jobs: {', '.join(jobs)}.")
                continue
            started = time.monotonic()
            result = jobs[slug]()
            self.stdout.write(f"{slug}: {result} ({time.monotonic() - started:.1f} s)")
