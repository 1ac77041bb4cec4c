"""The package's one Django setting, ``WAGTAIL_CRM``, read lazily and with defaults.

Each property names its key in lower case: ``crm_settings.redis_url`` reads
``WAGTAIL_CRM["REDIS_URL"]``. Nothing is cached, so ``override_settings`` works.
"""

from datetime import timedelta
from typing import Any, Literal

from django.conf import settings

ConsentMode = Literal["off", "notice", "opt_in"]
WithdrawalPolicy = Literal["keep", "erase", "choose"]


class CrmSettings:
    """Typed view of ``settings.WAGTAIL_CRM``; every public property is one allowed key."""

    @staticmethod
    def raw() -> dict[str, Any]:
        """The dictionary as the site wrote it; empty when the setting is absent."""
        return getattr(settings, "WAGTAIL_CRM", {})

    def _read(self, key: str, default: Any) -> Any:
        return self.raw().get(key, default)

    @classmethod
    def names(cls) -> frozenset[str]:
        """Every key that ``WAGTAIL_CRM`` may hold."""
        return frozenset(
            name.upper() for name, value in vars(cls).items() if isinstance(value, property)
        )

    @property
    def base_template(self) -> str:
        """The site's own template that member pages extend; it has a block ``content``."""
        return self._read("BASE_TEMPLATE", "base.html")

    @property
    def redis_url(self) -> str | None:
        """Redis that buffers events, e.g. ``redis://127.0.0.1:6379/1``. None: write directly."""
        return self._read("REDIS_URL", None)

    @property
    def redis_timeout(self) -> float:
        """Seconds a page may wait for the buffer before its events are written directly."""
        return float(self._read("REDIS_TIMEOUT", 0.25))

    @property
    def use_workers(self) -> bool:
        """Whether Celery workers run; by default when there is a Redis. Otherwise use crm_run."""
        return bool(self._read("USE_WORKERS", self.redis_url is not None))

    @property
    def stream_max_length(self) -> int:
        """Events the buffer may hold; above it pages write directly, so memory stays bounded."""
        return int(self._read("STREAM_MAX_LENGTH", 1_000_000))

    @property
    def ingest_batch_size(self) -> int:
        """Events that one transaction of the ingest writes."""
        return int(self._read("INGEST_BATCH_SIZE", 5_000))

    @property
    def beacon_rate(self) -> int:
        """Reports that a visitor's browser may send per minute; more are refused."""
        return int(self._read("BEACON_RATE", 60))

    @property
    def cache_alias(self) -> str:
        """Django cache that holds what is known of a visitor between requests."""
        return self._read("CACHE_ALIAS", "default")

    @property
    def snapshot_timeout(self) -> int:
        """Seconds after which a cached member snapshot is read again from the database."""
        return int(self._read("SNAPSHOT_TIMEOUT", 900))

    @property
    def consent_mode(self) -> ConsentMode:
        """``opt_in``: record after a yes; ``notice``: until a no; ``off``: without asking."""
        return self._read("CONSENT_MODE", "opt_in")

    @property
    def consent_version(self) -> str:
        """Version of the consent text in force; raising it asks again whoever agreed."""
        return str(self._read("CONSENT_VERSION", "1"))

    @property
    def visitor_cookie_name(self) -> str:
        """Cookie that carries the random id of a consenting visitor."""
        return self._read("VISITOR_COOKIE_NAME", "crm_visitor")

    @property
    def consent_cookie_name(self) -> str:
        """Cookie that remembers the visitor's answer to the consent bar."""
        return self._read("CONSENT_COOKIE_NAME", "crm_consent")

    @property
    def cookie_age(self) -> timedelta:
        """How long both cookies live."""
        return self._read("COOKIE_AGE", timedelta(days=365))

    @property
    def track_staff(self) -> bool:
        """Whether people who may enter the Wagtail admin are recorded too."""
        return bool(self._read("TRACK_STAFF", False))

    @property
    def country_header(self) -> str | None:
        """Header in which the proxy says the visitor's country, e.g. ``CF-IPCountry``."""
        return self._read("COUNTRY_HEADER", None)

    @property
    def machine_views_per_minute(self) -> int:
        """Page views in a minute from which a visitor is a machine; 0: no number is too many."""
        return int(self._read("MACHINE_VIEWS_PER_MINUTE", 60))

    @property
    def machine_views_per_hour(self) -> int:
        """Page views in an hour from which a visitor is a machine; 0: no number is too many."""
        return int(self._read("MACHINE_VIEWS_PER_HOUR", 600))

    @property
    def event_retention_days(self) -> int:
        """Days after which raw events are dropped; totals stay."""
        return int(self._read("EVENT_RETENTION_DAYS", 730))

    @property
    def event_anonymise_days(self) -> int | None:
        """Days after which raw events no longer say whose they were; totals stay. None: never."""
        days = self._read("EVENT_ANONYMISE_DAYS", None)
        return None if days is None else int(days)

    @property
    def total_retention_days(self) -> int | None:
        """Days after which daily totals go too, and what segments know by them. None: never."""
        days = self._read("TOTAL_RETENTION_DAYS", None)
        return None if days is None else int(days)

    @property
    def withdrawal_policy(self) -> WithdrawalPolicy:
        """Data of members who leave: ``keep``, ``erase``, or let them ``choose``."""
        return self._read("WITHDRAWAL_POLICY", "choose")

    @property
    def registration_retention_days(self) -> int:
        """Days after which a registration whose address was never confirmed is deleted."""
        return int(self._read("REGISTRATION_RETENTION_DAYS", 30))

    @property
    def rank_months(self) -> int:
        """Months for which points count towards a member's rank; 0: for good."""
        return int(self._read("RANK_MONTHS", 12))

    @property
    def group_depth(self) -> int:
        """How deep an editor may nest groups of segment rules."""
        return int(self._read("GROUP_DEPTH", 12))

    @property
    def count_timeout(self) -> float:
        """Seconds a count may take while an editor waits for it; then it is cut off."""
        return float(self._read("COUNT_TIMEOUT", 5))

    @property
    def run_at_once(self) -> int:
        """Members up to whom an action on a segment is done at once, while the editor waits."""
        return int(self._read("RUN_AT_ONCE", 1_000))

    @property
    def run_file_days(self) -> int:
        """Days after which files made from a segment, and the rest of cancelled actions, go."""
        return int(self._read("RUN_FILE_DAYS", 7))

    @property
    def run_days(self) -> int:
        """Days after which the list forgets what was done to a segment; its history stays."""
        return int(self._read("RUN_DAYS", 365))

    @property
    def mail_from(self) -> str:
        """Sender of campaigns that name none; the site's ``DEFAULT_FROM_EMAIL`` when unset."""
        return self._read("MAIL_FROM", None) or settings.DEFAULT_FROM_EMAIL

    @property
    def base_url(self) -> str:
        """Address of the public site that links in mails begin with; unset: the default Site's."""
        return self._read("BASE_URL", "")

    @property
    def mail_lease(self) -> int:
        """Seconds after which deliveries of a worker that gave no sign of life are taken over."""
        return int(self._read("MAIL_LEASE", 300))

    @property
    def mail_workers(self) -> int:
        """Workers that send one campaign at the same time, when so many are free."""
        return int(self._read("MAIL_WORKERS", 4))

    @property
    def mail_connections(self) -> int:
        """Connections to the mail server, each with one to the database, of one such worker."""
        return int(self._read("MAIL_CONNECTIONS", 3))

    @property
    def mail_attempts(self) -> int:
        """How often a mail is tried when the mail server asks to come back later."""
        return int(self._read("MAIL_ATTEMPTS", 5))

    @property
    def mail_batch_size(self) -> int:
        """Deliveries that one worker claims at a time."""
        return int(self._read("MAIL_BATCH_SIZE", 100))

    @property
    def mail_recognition_days(self) -> int:
        """Days after sending in which a link of a mail tells whose browser it is; 0: never."""
        return int(self._read("MAIL_RECOGNITION_DAYS", 14))

    @property
    def confirm_above(self) -> int:
        """Recipients above which an editor types the number before sending."""
        return int(self._read("CONFIRM_ABOVE", 500))


crm_settings = CrmSettings()
