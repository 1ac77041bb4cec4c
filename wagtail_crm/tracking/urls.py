from django.urls import path

from .views.beacon import beacon
from .views.consent import ConsentView

app_name = "wagtail_crm_tracking"
urlpatterns = [
    path("beacon/", beacon, name="beacon"),
    path("consent/", ConsentView.as_view(), name="consent"),
]
