"""The example site's Celery, less patient than a site's, so that a test ends in minutes."""

from example.celery import app
from wagtail_crm.tracking import buffer

# Milliseconds after which what a killed worker held is given to another one.
buffer.CLAIM_AFTER = 2_000
# Seconds between the rounds of the sweeper.
ROUND = 2.0


@app.on_after_finalize.connect
def sweep_often(sender, **kwargs):
    sender.conf.beat_schedule["crm-drain"]["schedule"] = ROUND
