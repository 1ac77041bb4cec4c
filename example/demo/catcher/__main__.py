"""``python -m example.demo.catcher --smtp 1025 --web 8025 --folder var/mail``"""

import argparse
import asyncio
import secrets
from pathlib import Path

from aiosmtpd.controller import Controller
from django.conf import settings
from django.core.servers import basehttp
from django.core.wsgi import get_wsgi_application

from .mailbox import Mailbox


class Receiver:
    """Takes whatever SMTP brings; a mail to three people is three mails."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    async def handle_DATA(self, server, session, envelope):
        for recipient in envelope.rcpt_tos:
            await asyncio.to_thread(self.mailbox.add, envelope.content, recipient)
        return "250 Message accepted for reading"


def configure(mailbox: Mailbox) -> None:
    """A Django of a few pages, apart from the example site's."""
    settings.configure(
        MAILBOX=mailbox,
        SECRET_KEY=secrets.token_urlsafe(),
        ROOT_URLCONF="example.demo.catcher.views",
        ALLOWED_HOSTS=["*"],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [Path(__file__).parent / "templates"],
            }
        ],
        CSRF_COOKIE_NAME="catcher_csrf",
        USE_TZ=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--smtp", type=int, default=1025)
    parser.add_argument("--web", type=int, default=8025)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    mailbox = Mailbox(options.folder)
    configure(mailbox)
    receiver = Controller(Receiver(mailbox), hostname="127.0.0.1", port=options.smtp)
    receiver.start()
    basehttp.run(options.host, options.web, get_wsgi_application(), threading=True)


if __name__ == "__main__":
    main()
