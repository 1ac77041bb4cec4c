"""Brings the demo's database up to date; fills it when ``--fill`` is given."""

import argparse
import os
from pathlib import Path

import django
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fill", action="store_true")
    parser.add_argument("--unless-used", action="store_true", help="not if it has accounts")
    options = parser.parse_args()
    django.setup()
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    if options.fill and not (options.unless_used and get_user_model().objects.exists()):
        call_command("load_demo")
        _note_logins()
    _say_where_the_site_is()


def _say_where_the_site_is() -> None:
    """The port may be another than at the last start."""
    from example.shop.demo.tree import place_site  # noqa: PLC0415  # needs Django

    place_site()


def _note_logins() -> None:
    """Keep the accounts in a file, so that the demo can say them at every start."""
    from example.shop.demo.world import EDITOR, MEMBER, PASSWORD  # noqa: PLC0415  # needs Django

    lines = [f"editor        {EDITOR} / {PASSWORD}", f"member        {MEMBER} / {PASSWORD}"]
    (settings.VAR_DIR / "logins.txt").write_text("\n".join(lines))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example.settings")
    main()
