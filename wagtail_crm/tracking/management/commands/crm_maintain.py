from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from wagtail_crm.tracking import upkeep


class Command(BaseCommand):
    help = (
        "Upkeep of the event log, now: creates its coming months, drops what is past its "
        "retention, makes anonymous what is to be. Beat and crm_run do the same once a day."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="Only say what would be done; change nothing."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            numbers = upkeep.forecast() if options["dry_run"] else upkeep.run()
        except upkeep.UpkeepFailed as error:
            raise CommandError(str(error)) from error
        if options["dry_run"]:
            self.stdout.write("Nothing is changed. To be done now:")
        for chore in upkeep.CHORES:
            self.stdout.write(f"{numbers[chore.slug]:>9}  {chore.words}")
