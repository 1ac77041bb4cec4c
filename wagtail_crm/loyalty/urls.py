from django.urls import path

from .views.portal import PointsView

app_name = "wagtail_crm_loyalty"
urlpatterns = [path("me/points/", PointsView.as_view(), name="points")]
