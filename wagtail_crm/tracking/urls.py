from django.urls import path

from .views.consent import ConsentView

app_name = "wagtail_crm_tracking"
urlpatterns = [path("consent/", ConsentView.as_view(), name="consent")]
