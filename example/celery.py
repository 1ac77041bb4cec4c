from celery import Celery

app = Celery("example")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_after_finalize.connect
def schedule_crm_jobs(sender, **kwargs):
    from wagtail_crm.jobs import beat_schedule  # noqa: PLC0415  # apps are ready only now

    sender.conf.beat_schedule.update(beat_schedule())
