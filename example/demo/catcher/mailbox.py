"""Mails as files in a folder, newest first."""

import email
import email.policy
import itertools
import re
import threading
import time
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path

KEPT = 5_000
URL = re.compile(r"https?://[^\s<>\"']+")


class _Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attributes):
        href = dict(attributes).get("href") or ""
        if tag == "a" and href.startswith(("http://", "https://", "mailto:")):
            self.found.append(href)


@dataclass(frozen=True)
class Mail:
    """One caught mail; parsed when looked at."""

    id: str
    path: Path

    @cached_property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.path.read_bytes(), policy=email.policy.default)

    @property
    def subject(self) -> str:
        return self.message["Subject"] or ""

    @property
    def sender(self) -> str:
        return self.message["From"] or ""

    @property
    def recipient(self) -> str:
        """The address of the SMTP envelope: the one it was really sent to."""
        return self.message["X-Envelope-To"] or self.message["To"] or ""

    @property
    def caught_at(self) -> float:
        """Seconds since the epoch."""
        return int(self.id.split("-")[0]) / 1e9

    @cached_property
    def html(self) -> str:
        return self._body("html")

    @cached_property
    def text(self) -> str:
        return self._body("plain")

    def _body(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return part.get_content() if part else ""

    @property
    def headers(self) -> list[tuple[str, str]]:
        return list(self.message.items())

    @property
    def links(self) -> list[str]:
        """Every address that can be followed, in order, without repeats."""
        parser = _Links()
        parser.feed(self.html)
        return list(dict.fromkeys([*parser.found, *URL.findall(self.text)]))

    @property
    def one_click_unsubscribe(self) -> str:
        """Address for the POST of RFC 8058 that a mail program's button sends; "" without one."""
        if "List-Unsubscribe-Post" not in self.message:
            return ""
        found = re.search(r"<(https?://[^>]+)>", self.message["List-Unsubscribe"] or "")
        return found[1] if found else ""

    @property
    def attachments(self) -> list[tuple[str, bytes]]:
        return [
            (part.get_filename() or "attachment", part.get_payload(decode=True) or b"")
            for part in self.message.iter_attachments()
        ]


class Mailbox:
    """A folder of mails; safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._serial = itertools.count()
        self._mails = {path.stem: Mail(path.stem, path) for path in sorted(folder.glob("*.eml"))}

    def add(self, content: bytes, recipient: str) -> Mail:
        """Keep one mail; above ``KEPT`` the oldest goes."""
        with self._lock:
            key = f"{time.time_ns():020d}-{next(self._serial):06d}"
            mail = Mail(key, self.folder / f"{key}.eml")
            partial = mail.path.with_suffix(".part")
            partial.write_bytes(b"X-Envelope-To: " + recipient.encode() + b"\r\n" + content)
            partial.rename(mail.path)
            self._mails[key] = mail
            while len(self._mails) > KEPT:
                self._mails.pop(next(iter(self._mails))).path.unlink(missing_ok=True)
            return mail

    def get(self, key: str) -> Mail | None:
        return self._mails.get(key)

    def newest(self, words: str = "") -> list[Mail]:
        """Newest first; with ``words`` only mails whose addresses or subject contain them."""
        mails = list(self._mails.values())[::-1]
        wanted = words.casefold()
        return [mail for mail in mails if wanted in _searched(mail)] if wanted else mails

    def clear(self) -> None:
        with self._lock:
            for mail in self._mails.values():
                mail.path.unlink(missing_ok=True)
            self._mails.clear()


def _searched(mail: Mail) -> str:
    return f"{mail.recipient} {mail.sender} {mail.subject}".casefold()
