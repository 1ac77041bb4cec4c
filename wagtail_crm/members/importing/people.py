"""Files of people: each line becomes a member, or brings one up to date."""

from django.utils.translation import gettext as _

from wagtail_crm.members.models import Member
from wagtail_crm.members.names import reading

from . import values as reads
from .actions import Person, save_people
from .attribute_columns import AttributeColumns
from .binding import Values
from .loading import Importer
from .mapping import ImportMapping
from .outcome import Outcome
from .refusals import Refused
from .transforms import split_name

KANA = ("family_name_kana", "given_name_kana")
NAMES = ("family_name", "given_name", *KANA)


class PeopleImporter(Importer):
    """Writes members."""

    # ``full_name`` fills both names that have no column of their own.
    fields = {
        "code": "text",
        "email": "text",
        "full_name": "text",
        **dict.fromkeys(NAMES, "text"),
        "language": "text",
        "time_zone": "text",
        "created_at": "datetime",
    }

    def __init__(self, mapping: ImportMapping, *, create_attributes: bool = False) -> None:
        self._attributes = AttributeColumns(mapping, create=create_attributes)
        self._columns = mapping.column_of
        self.conversions = {**self.fields, **self._attributes.conversions}
        self._readers: dict[str, reads.Reader] = {
            name: reads.short_text(name, Member._meta.get_field(name).max_length or 0)
            for name in ("code", *NAMES)
        }
        self._readers |= {
            "email": reads.email("email"),
            "language": reads.language("language"),
            "time_zone": reads.time_zone("time_zone"),
            "created_at": reads.past_moment("created_at"),
        }

    def prepare(self) -> None:
        self._attributes.save_new()

    def read(self, line: int, values: Values) -> Person:
        if "full_name" in values:
            family, given = split_name(values["full_name"])
            values = {"family_name": family, "given_name": given} | values
        for name in KANA:
            if name in values:
                values[name] = reading(values[name])
        if not ("code" in values or "email" in values):
            raise Refused(_("Neither a customer code nor an e-mail address"))
        fields = {
            name: self._readers[name](text)
            for name, text in values.items()
            if name in self._readers and text
        }
        return Person(line, fields, self._attributes.read(values))

    def write(self, items: list[Person], outcome: Outcome) -> None:
        for person, answer in zip(items, save_people(people=items), strict=True):
            if isinstance(answer, Refused):
                outcome.refuse(answer.at(person.line, self._columns))
            else:
                outcome.count(answer)
