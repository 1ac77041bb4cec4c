import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from wagtail_crm.tracking import verdicts


class Command(BaseCommand):
    help = (
        "Tells people and machines apart again by what visitors did, hour by hour, e.g. after a "
        "new release of the lists or with other settings. The job does so for the last hour."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=30, help="How far to look back (30).")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["days"] < 1:
            raise CommandError("--days is at least 1.")
        start = timezone.now() - datetime.timedelta(days=options["days"])
        self.stdout.write(f"{verdicts.judge_since(start=start)} verdicts revised")
