import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from tqdm import tqdm

from wagtail_crm.members.importing.binding import LineReader
from wagtail_crm.members.importing.decoding import look_at
from wagtail_crm.members.importing.loading import Importer, LoadOptions, load
from wagtail_crm.members.importing.mapping import ImportMapping
from wagtail_crm.members.importing.notation import parse_mapping
from wagtail_crm.members.importing.outcome import EXAMPLES, Outcome, open_report
from wagtail_crm.members.importing.people import PeopleImporter
from wagtail_crm.members.importing.reader import Table, open_table
from wagtail_crm.members.importing.refusals import ImportProblem, Refusal
from wagtail_crm.tracking.importing.events import EventImporter
from wagtail_crm.tracking.importing.orders import OrderImporter

KINDS: dict[str, type[Importer]] = {
    "members": PeopleImporter,
    "orders": OrderImporter,
    "events": EventImporter,
}
LARGEST_BATCH = 20_000


class Command(BaseCommand):
    help = (
        "Loads members, orders or events from a CSV file. Running it again changes nothing that "
        "is the same. See docs/how-to/import.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=KINDS, help="What a line of the file is.")
        parser.add_argument("file", type=Path, help="A CSV or TSV file; may be gzipped.")
        parser.add_argument(
            "--mapping",
            nargs="+",
            default=[],
            metavar="field=column",
            help="A YAML file, or field=column[:conversion[:format]], or field==constant.",
        )
        parser.add_argument(
            "--create-attributes",
            action="store_true",
            help="Define attributes that do not exist yet (members only).",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Read and check everything, keep nothing."
        )
        parser.add_argument(
            "--strict", action="store_true", help="Keep nothing if a single line is refused."
        )
        parser.add_argument(
            "--batch",
            type=int,
            default=0,
            metavar="LINES",
            help="Commit after so many lines instead of once at the end.",
        )
        parser.add_argument(
            "--report", type=Path, metavar="FILE", help="Write every refused line to this CSV."
        )
        parser.add_argument("--encoding", default="", help="If it is not found out rightly.")
        parser.add_argument("--delimiter", default="", help="If it is not found out rightly.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 <= options["batch"] <= LARGEST_BATCH:
            most = f"{LARGEST_BATCH:,}"
            raise CommandError(
                _("--batch is a number of lines, at most %(most)s.") % {"most": most}
            )
        if options["report"] and options["report"].resolve() == options["file"].resolve():
            raise CommandError(_("The report would overwrite the file that is imported."))
        started = time.monotonic()
        try:
            with open_report(options["report"]) as report:
                outcome = Outcome(report)
                kept = self._load(outcome, options)
        except ImportProblem as problem:
            raise CommandError(str(problem)) from problem
        except KeyboardInterrupt as stop:
            raise CommandError(_("Stopped. What was not committed yet is not kept.")) from stop
        self._tell(outcome, time.monotonic() - started, options["report"])
        self._tell_what_was_kept(kept, outcome, options)

    def _load(self, outcome: Outcome, options: dict[str, Any]) -> bool:
        mapping = parse_mapping(options["mapping"])
        table = self._open(mapping, options)
        importer = self._importer(mapping, table, options)
        lines = LineReader(mapping, table, importer.conversions)
        chosen = LoadOptions(options["batch"], options["dry_run"], options["strict"])
        with tqdm(
            total=table.file.lines,
            unit=pgettext("import", " lines"),
            unit_scale=True,
            disable=None if options["verbosity"] else True,
        ) as bar:
            return load(
                table=table,
                lines=lines,
                importer=importer,
                outcome=outcome,
                options=chosen,
                tick=lambda line: bar.update(line - bar.n),
            )

    def _open(self, mapping: ImportMapping, options: dict[str, Any]) -> Table:
        file = look_at(options["file"], options["encoding"] or mapping.encoding)
        delimiter = (options["delimiter"] or mapping.delimiter).replace("\\t", "\t")
        table = open_table(file, mapping.columns, delimiter, mapping.header_line)
        if options["verbosity"]:
            self.stdout.write(
                _("Reading %(file)s as %(encoding)s with the columns %(columns)s.")
                % {
                    "file": file.path.name,
                    "encoding": file.encoding,
                    "columns": ", ".join(name for name in table.columns if name),
                }
            )
        return table

    def _importer(self, mapping: ImportMapping, table: Table, options: dict[str, Any]) -> Importer:
        kind = options["kind"]
        if mapping.kind and mapping.kind != kind:
            raise ImportProblem(
                _("This mapping is for %(kind)s: crm_import %(kind)s …") % {"kind": mapping.kind}
            )
        if not mapping.fields:
            raise ImportProblem(
                _(
                    "Say with --mapping which column is what, e.g. %(example)s. "
                    "Fields: %(fields)s. Columns of the file: %(columns)s."
                )
                % {
                    "example": f"code={next(filter(None, table.columns))}",
                    "fields": ", ".join(KINDS[kind].fields),
                    "columns": ", ".join(name for name in table.columns if name),
                }
            )
        if kind == "members":
            return PeopleImporter(mapping, create_attributes=options["create_attributes"])
        return OrderImporter(mapping) if kind == "orders" else EventImporter(mapping)

    def _tell(self, outcome: Outcome, seconds: float, report: Path | None) -> None:
        rate = outcome.read / seconds
        lines = ngettext("%(count)s line", "%(count)s lines", outcome.read)
        self.stdout.write(
            _("%(lines)s read in %(seconds).1f s (%(rate)s lines/s).")
            % {
                "lines": lines % {"count": f"{outcome.read:,}"},
                "seconds": seconds,
                "rate": f"{rate:,.0f}",
            }
        )
        for label, number in (
            (pgettext("import", "new"), outcome.fates["new"]),
            (pgettext("import", "changed"), outcome.fates["changed"]),
            (pgettext("import", "same as before"), outcome.fates["same"]),
            (pgettext("import", "left out by the mapping"), outcome.fates["skipped"]),
            (pgettext("import", "refused"), outcome.refused),
        ):
            self.stdout.write(f"{number:>12,}  {label}")
        self._tell_refusals(outcome, report)

    def _tell_refusals(self, outcome: Outcome, report: Path | None) -> None:
        for reason, number in outcome.reasons.most_common():
            examples = ", ".join(_example(refusal) for refusal in outcome.examples[reason])
            self.stdout.write(f"{number:>16,}  {reason} ({examples}{'…' * (number > EXAMPLES)})")
        if outcome.reasons:
            self.stdout.write(
                _("Every refused line, with its reason, is in %(file)s.") % {"file": report}
                if report
                else _("Use --report FILE to get every refused line with its reason.")
            )

    def _tell_what_was_kept(self, kept: bool, outcome: Outcome, options: dict[str, Any]) -> None:
        if outcome.members_added:
            text = ngettext(
                "%(count)s customer was added to the list of members.",
                "%(count)s customers were added to the list of members.",
                outcome.members_added,
            )
            self.stdout.write(text % {"count": f"{outcome.members_added:,}"})
        if options["dry_run"]:
            self.stdout.write(_("A dry run: nothing was kept."))
        elif not kept:
            raise CommandError(_("Nothing was kept, because lines were refused."))


def _example(refusal: Refusal) -> str:
    line = pgettext("import", "line %(number)d") % {"number": refusal.line}
    value = refusal.value if len(refusal.value) <= 30 else f"{refusal.value[:29]}…"
    return f"{line}: {value!r}" if value else line
