"""The example site as the workers of the kill test run it: small batches, a short lease."""

from tests.live_settings import *  # noqa: F403
from tests.live_settings import WAGTAIL_CRM

WAGTAIL_CRM = WAGTAIL_CRM | {
    "MAIL_BATCH_SIZE": 25,
    "MAIL_LEASE": 4,
    "MAIL_WORKERS": 1,
    # One mail at a time, so that the test can say which one was being accepted.
    "MAIL_CONNECTIONS": 1,
}
SILENCED_SYSTEM_CHECKS = ["wagtail_crm.W020"]
