"""Handing mails to the mail server, and telling its answers apart."""

import logging
import smtplib
from dataclasses import dataclass
from email.utils import parseaddr
from enum import Enum, auto
from types import TracebackType
from typing import Self

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend

from .wire import wire_format

logger = logging.getLogger(__name__)

# Without EMAIL_TIMEOUT a server that hangs would hold a worker, and its lease, for ever.
SECONDS = 30
ANSWER_LENGTH = 500

# 421: closing the connection; 450-452: mailbox busy or server full (RFC 5321 §4.2.3).
CLOSING = 421
PERMANENT = 500
# Codes with which servers say that the mailbox does not exist (RFC 5321 §4.2.3, RFC 3463 §3.2).
NO_SUCH_MAILBOX = (550, 551, 553)
NO_SUCH_MAILBOX_ENHANCED = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10")


class Verdict(Enum):
    """What became of one mail."""

    ACCEPTED = auto()
    LATER = auto()
    REFUSED = auto()
    NO_MAILBOX = auto()


@dataclass(frozen=True)
class Answer:
    verdict: Verdict
    words: str = ""


class ServerAway(Exception):
    """The mail server does not answer, or asks everybody to come back later."""


class SenderRefused(Exception):
    """The mail server does not let us send as this sender: every mail would fail."""


class Transport:
    """One connection for many mails. Opened on first use, made anew once when it breaks."""

    def __init__(self) -> None:
        self.connection: BaseEmailBackend = get_connection()
        if getattr(self.connection, "timeout", 0) is None:
            self.connection.timeout = SECONDS  # type: ignore[attr-defined]
        self.is_open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def open(self) -> None:
        try:
            self.connection.open()
        except smtplib.SMTPAuthenticationError as error:
            raise SenderRefused(spoken(error)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise ServerAway(spoken(error)) from error
        self.is_open = True

    def close(self) -> None:
        try:
            self.connection.close()
        except (smtplib.SMTPException, OSError):
            logger.debug("The mail server had closed the connection.")
        self.is_open = False

    def send(self, message: EmailMultiAlternatives) -> Answer:
        """Hand over one mail. Raises ``ServerAway`` or ``SenderRefused``."""
        was_open = self.is_open
        if not was_open:
            self.open()
        try:
            return self._send(message)
        except ServerAway:
            self.close()
            if not was_open:
                raise
        # Servers end connections after a while; a new one is asked once.
        self.open()
        return self._send(message)

    def _send(self, message: EmailMultiAlternatives) -> Answer:
        try:
            self._hand_over(message)
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            return judge(code, decoded(words))
        except smtplib.SMTPSenderRefused as error:
            raise _for_everybody(error.smtp_code, spoken(error)) from error
        except smtplib.SMTPResponseException as error:
            if error.smtp_code == CLOSING:
                raise ServerAway(spoken(error)) from error
            answer = judge(error.smtp_code, spoken(error))
            # Refused after DATA: the content was refused, not the mailbox.
            refused = answer.verdict is Verdict.NO_MAILBOX
            return Answer(Verdict.REFUSED, answer.words) if refused else answer
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            raise ServerAway(spoken(error)) from error
        except (smtplib.SMTPException, ValueError) as error:
            # A header or an address that cannot be written, or a server without SMTPUTF8.
            return Answer(Verdict.REFUSED, spoken(error))
        except Exception as error:  # other backends raise errors of their own
            logger.exception("The mail backend failed.")
            return Answer(Verdict.LATER, spoken(error))
        return Answer(Verdict.ACCEPTED)

    def _hand_over(self, message: EmailMultiAlternatives) -> None:
        data = wire_format(message) if type(self.connection) is SmtpBackend else None
        if data is None:
            self.connection.send_messages([message])
            return
        smtp: smtplib.SMTP = self.connection.connection  # type: ignore[attr-defined]
        smtp.ehlo_or_helo_if_needed()
        options = ["body=8bitmime"] if smtp.has_extn("8bitmime") else []
        smtp.sendmail(parseaddr(message.from_email)[1], message.to, data, options)


def judge(code: int, words: str) -> Answer:
    """What a reply code to one recipient means (RFC 5321 §4.2.1: 4xx later, 5xx never)."""
    if code == CLOSING:
        raise ServerAway(words)
    words = f"{code} {words}"[:ANSWER_LENGTH]
    if code < PERMANENT:
        return Answer(Verdict.LATER, words)
    enhanced = words.split(" ")[1:2]
    if enhanced and enhanced[0].count(".") == 2 and enhanced[0][0] == "5":
        gone = enhanced[0] in NO_SUCH_MAILBOX_ENHANCED
    else:
        gone = code in NO_SUCH_MAILBOX
    return Answer(Verdict.NO_MAILBOX if gone else Verdict.REFUSED, words)


def _for_everybody(code: int, words: str) -> Exception:
    return SenderRefused(words) if code >= PERMANENT else ServerAway(words)


def decoded(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else words


def spoken(error: Exception) -> str:
    """An error as the server put it, short enough to keep and to show."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {decoded(error.smtp_error)}"[:ANSWER_LENGTH]
    return (str(error) or type(error).__name__)[:ANSWER_LENGTH]
