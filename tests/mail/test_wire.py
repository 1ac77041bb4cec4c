import email
import email.policy

import pytest
from django.core.mail import EmailMultiAlternatives

from wagtail_crm.mail.wire import wire_format

HTML = "<p>こんにちは</p>\n.\n<p>A</p>"


def make_message(**fields):
    html = fields.pop("html", HTML)
    defaults = {
        "subject": "秋のおたより " * 8,
        "body": "こんにちは\n.\n\nA",
        "from_email": "ひだまり <hello@hidamari.example>",
        "to": ["yoko@example.jp"],
        "reply_to": ["窓口 <ask@hidamari.example>"],
        "headers": {"Message-ID": "<1@x>", "List-Unsubscribe": f"<https://x.example/{'u' * 90}/>"},
    }
    message = EmailMultiAlternatives(**defaults | fields)
    message.attach_alternative(html, "text/html")
    return message


def parsed(data):
    message = email.message_from_bytes(data, policy=email.policy.SMTP)
    headers = {name: str(value) for name, value in message.items() if name != "Content-Type"}
    parts = [(part.get_content_type(), part.get_content()) for part in message.iter_parts()]
    return headers, parts


def test_it_says_what_django_would_say():
    message = make_message()

    said = message.message().as_bytes().replace(b"\n", b"\r\n")
    ours, django = parsed(wire_format(message)), parsed(said)

    for headers, _parts in (ours, django):
        # Django folds long headers after the colon.
        for name in ("List-Unsubscribe", "Subject"):
            headers[name] = headers[name].strip()
        headers["Date"] = headers["Date"][:16]
    assert ours[0] == django[0]
    assert [(kind, text.strip()) for kind, text in ours[1]] == [
        (kind, text.strip()) for kind, text in django[1]
    ]


def test_lines_end_as_smtp_wants_and_are_not_folded():
    data = wire_format(make_message())

    assert data.count(b"\n") == data.count(b"\r\n")
    assert b"\r\nList-Unsubscribe: <https://x.example/" in data
    assert data.decode().isascii() is False


@pytest.mark.parametrize(
    "fields",
    [
        {"html": "あ" * 400},
        {"subject": "a\nBcc: all@example.org"},
        {"headers": {"X-Thing": "a\r\nBcc: all@example.org"}},
        {"headers": {"X-Thing": "あ"}},
        {"to": ["a@example.jp", "b@example.jp"]},
        {"to": ["山田@example.jp"]},
        {"bcc": ["b@example.jp"]},
        {"attachments": [("a.txt", "a", "text/plain")]},
    ],
)
def test_what_needs_care_is_left_to_django(fields):
    assert wire_format(make_message(**fields)) is None
