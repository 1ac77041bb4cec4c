"""A campaign's mail as the bytes that SMTP carries, put together rather than encoded.

Python's e-mail package takes longer over each mail than rendering and delivering it. A mail of
one text, one HTML part and short lines needs none of its care; anything else is left to Django.
"""

import functools
import secrets
from email.header import Header
from email.utils import formataddr, formatdate, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

HTML = "text/html"
# RFC 5322 §2.1.1: without the line break.
LONGEST_LINE = 998
HEADERS_REMEMBERED = 256

# In no mail's text: random, and made anew by each process.
BOUNDARY = f"=_{secrets.token_hex(16)}"
PART = (
    f'--{BOUNDARY}\r\nContent-Type: {{}}; charset="utf-8"\r\nMIME-Version: 1.0\r\n'
    "Content-Transfer-Encoding: 8bit\r\n\r\n"
)
TEXT_PART, HTML_PART = PART.format("text/plain"), PART.format(HTML)


def wire_format(message: EmailMultiAlternatives) -> bytes | None:
    """The whole message with CRLF line ends, or None when it needs real encoding."""
    if not _is_plain(message):
        return None
    fields = {
        "Subject": _subject(str(message.subject)),
        "From": _address(message.from_email),
        "To": message.to[0],
        "Date": formatdate(localtime=settings.EMAIL_USE_LOCALTIME),
        **({"Reply-To": ", ".join(map(_address, message.reply_to))} if message.reply_to else {}),
        **message.extra_headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    if not head.isascii():
        return None
    html = message.alternatives[0][0]
    data = (
        f'Content-Type: multipart/alternative; boundary="{BOUNDARY}"\r\nMIME-Version: 1.0\r\n{head}'
        f"\r\n{TEXT_PART}{_crlf(str(message.body))}\r\n{HTML_PART}{_crlf(str(html))}"
        f"\r\n--{BOUNDARY}--\r\n"
    ).encode()
    return None if any(len(line) > LONGEST_LINE for line in data.split(b"\r\n")) else data


def _is_plain(message: EmailMultiAlternatives) -> bool:
    [only] = message.alternatives if len(message.alternatives) == 1 else [(None, None)]
    values = (message.subject, message.from_email, *message.to, *(message.reply_to or ()))
    words = "".join(map(str, (*values, *message.extra_headers.values())))
    return (
        only[1] == HTML
        # Django's own refusal of a value that would begin another header.
        and not set("\r\n") & set(words)
        and len(message.to) == 1
        and not (message.cc or message.bcc or message.attachments)
        and message.encoding in (None, "utf-8")
    )


@functools.lru_cache(maxsize=HEADERS_REMEMBERED)
def _subject(subject: str) -> str:
    if subject.isascii():
        return subject
    return Header(subject, "utf-8", header_name="Subject").encode(linesep="\r\n")


@functools.lru_cache(maxsize=HEADERS_REMEMBERED)
def _address(address: str) -> str:
    return formataddr(parseaddr(address))


def _crlf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
