"""Without a broker: ``crm_run`` every few seconds, as cron would do it every minute."""

import time

import django
from django.core.management import call_command
from django.db import close_old_connections

SECONDS = 15


def main() -> None:
    django.setup()
    while True:
        call_command("crm_run")
        close_old_connections()
        time.sleep(SECONDS)


if __name__ == "__main__":
    main()
