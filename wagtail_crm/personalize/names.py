"""Segments by name, as templates call them."""

import logging
import time
import unicodedata
from typing import Any

from wagtail_crm.segments.models import Segment

logger = logging.getLogger(__name__)

# Seconds for which a process believes what it read. It reads again sooner for a name it does
# not know, and at once when a segment is published, unpublished or deleted in this process.
FRESH_FOR = 10.0
ASK_AGAIN_AFTER = 1.0


def name_key(name: str) -> str:
    """The form in which two spellings of a name are equal: width, case and spaces do not count."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


class SegmentNames:
    """Live segments by name, kept in the process so that a page asks nobody."""

    def __init__(self) -> None:
        self._missed: set[str] = set()
        self.forget()

    def forget(self, **kwargs: Any) -> None:
        """Read again on next use."""
        self._ids: dict[str, int] = {}
        self._read_at = float("-inf")

    def id_of(self, name: str) -> int | None:
        """The live segment of that name; None, and one warning in the log, when there is none."""
        key = name_key(name)
        age = time.monotonic() - self._read_at
        if age > FRESH_FOR or (key not in self._ids and age > ASK_AGAIN_AFTER):
            self._read()
        found = self._ids.get(key)
        if found is None and key not in self._missed:
            logger.warning("A template names the segment %r, which does not exist.", name)
            self._missed.add(key)
        return found

    def _read(self) -> None:
        rows = Segment.objects.live().values_list("name", "pk")
        self._ids = {name_key(name): pk for name, pk in rows}
        self._missed -= set(self._ids)
        self._read_at = time.monotonic()


segment_names = SegmentNames()
