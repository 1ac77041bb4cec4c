"""The example site as the processes of the kill test run it: without Celery."""

from tests.live_settings import *  # noqa: F403
from tests.live_settings import WAGTAIL_CRM

WAGTAIL_CRM = WAGTAIL_CRM | {"USE_WORKERS": False}
