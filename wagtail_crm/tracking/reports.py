"""What pages report of a visit: read, and checked against the schema of its kind."""

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from .kinds import event_kinds
from .schemas import InvalidFacts, Said, checked, reason_of

MOST_EVENTS = 20
LARGEST_KEY = 2**63 - 1


class Reported(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    data: dict[str, JsonValue] = {}

    def said(self) -> Said:
        """As the log keeps it. Raises ``InvalidFacts``."""
        kind = event_kinds.get(self.kind)
        schema = kind.browser_schema if kind else None
        if schema is None:
            raise InvalidFacts("kind: not one that pages may report")
        return checked(schema, self.data)


class Report(BaseModel):
    """One call: the page (0: none) and what happened on it. Who it was, the cookies say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    page: int = Field(default=0, ge=0, le=LARGEST_KEY)
    events: list[Reported] = Field(min_length=1, max_length=MOST_EVENTS)


def read_report(body: bytes) -> Report:
    """Raises ``InvalidFacts``."""
    if b"\\u0000" in body:
        raise InvalidFacts("null characters are no text")
    try:
        return Report.model_validate_json(body)
    except ValidationError as error:
        raise InvalidFacts(reason_of(error)) from error
