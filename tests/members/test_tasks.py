from datetime import timedelta

import pytest
from django.utils import timezone

from tests.members.factories import make_user
from wagtail_crm.jobs import jobs
from wagtail_crm.members import actions
from wagtail_crm.members.models import Registration


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "left"), [(30, 1), (10, 0)])
def test_the_job_keeps_registrations_as_long_as_the_setting_says(settings, days, left):
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"REGISTRATION_RETENTION_DAYS": days}
    user = make_user(confirmed=False)
    actions.start_registration(user=user, names={}, attributes={}, consents={})
    Registration.objects.update(started_at=timezone.now() - timedelta(days=20))
    jobs["forget_unconfirmed"]()
    assert Registration.objects.count() == left
