"""What a visitor typed into the registration form, between its steps."""

import time
import uuid
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.base import SessionBase
from django.http import QueryDict

SESSION_KEY = "crm_signup"
DONE_KEY = "crm_signup_done"
LIFETIME = 30 * 60  # seconds; a shared computer must not show it to the next person
LONGEST = 100_000  # characters in all; more is somebody filling our disk
SECRETS = ("password", "password1", "password2", "csrfmiddlewaretoken")


@dataclass(frozen=True)
class SignupDraft:
    """The form in the session, on the server, until its account is made.

    The password is hashed at once and only the hash is kept: it never stands in a page, a
    cookie or the session in a readable form, and going back does not ask for it again. With
    sessions in signed cookies the hash would travel in the visitor's own cookie.

    ``is_valid`` is False while something has to be corrected. ``password_errors`` are those of
    the fields for the password, by name: without their text nobody can find them again.
    """

    values: dict[str, list[str]]
    password: str = ""
    is_valid: bool = True
    password_errors: dict[str, list[str]] = field(default_factory=dict)
    token: str = field(default_factory=lambda: str(uuid.uuid4()))
    at: float = field(default_factory=time.time)

    @classmethod
    def keep(
        cls,
        session: SessionBase,
        data: QueryDict,
        earlier: "SignupDraft | None",
        known: Collection[str],
        errors: Mapping[str, list[str]] | None = None,
    ) -> None:
        """Put a form into the session; an empty password means the earlier one.

        Of what was posted only the fields in ``known`` are kept, without the secret ones.
        ``errors`` are those of an invalid form; a password that is among them is not kept.
        """
        wrong = {name: list(errors[name]) for name in SECRETS if errors and name in errors}
        typed = "" if wrong else data.get("password1") or ""
        hashed = make_password(typed) if typed else (earlier.password if earlier else "")
        draft = cls(
            values=_kept(data, known),
            password="" if wrong else hashed,
            is_valid=not errors,
            password_errors=wrong,
        )
        session[SESSION_KEY] = asdict(draft)
        session.pop(DONE_KEY, None)

    @classmethod
    def of(cls, session: SessionBase) -> "SignupDraft | None":
        """The draft in the session, unless it is too old."""
        raw: dict[str, Any] | None = session.get(SESSION_KEY)
        if not raw:
            return None
        if time.time() - raw["at"] > LIFETIME:
            session.pop(SESSION_KEY)
            return None
        return cls(**raw)

    @staticmethod
    def finish(session: SessionBase, email: str) -> None:
        """The account is made (or was already): forget all but where the mail went."""
        session.pop(SESSION_KEY, None)
        session[DONE_KEY] = email

    @staticmethod
    def is_finished(session: SessionBase) -> bool:
        return bool(session.get(DONE_KEY))

    def as_data(self) -> QueryDict:
        """The form's data as it was posted, without secrets."""
        data = QueryDict(mutable=True)
        for name, values in self.values.items():
            data.setlist(name, values)
        return data


def _kept(data: QueryDict, known: Collection[str]) -> dict[str, list[str]]:
    public = {name for name in known if name not in SECRETS}
    # A field of several parts posts them as name_0, name_1, …
    parts = tuple(f"{name}_" for name in public)
    values = {
        name: list(found)
        for name, found in data.lists()
        if name in public or name.startswith(parts)
    }
    length = sum(len(text) for found in values.values() for text in found)
    return values if length <= LONGEST else {}
