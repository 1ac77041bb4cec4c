"""Addresses of the screens of segments beside those of the snippet."""

from django.urls import URLPattern, path

from .views import acting, runs, static
from .views.audience import audience_view
from .views.overlap import OverlapView
from .views.why import WhyView

urlpatterns: list[URLPattern] = [
    path("crm/audience/", audience_view, name="crm_audience"),
    path("crm/segment/act/<int:pk>/", acting.ChooseActionView.as_view(), name="crm_segment_act"),
    path(
        "crm/segment/act/<int:pk>/<slug:action>/",
        acting.ActView.as_view(),
        name="crm_segment_act_on",
    ),
    path("crm/segment/runs/<int:pk>/", runs.RunsView.as_view(), name="crm_segment_runs"),
    path("crm/segmentrun/<int:pk>/", runs.RunView.as_view(), name="crm_segment_run"),
    path(
        "crm/segmentrun/<int:pk>/progress/",
        runs.RunProgressView.as_view(),
        name="crm_segment_run_progress",
    ),
    path(
        "crm/segmentrun/<int:pk>/cancel/",
        runs.CancelRunView.as_view(),
        name="crm_segment_run_cancel",
    ),
    path(
        "crm/segmentrun/<int:pk>/resume/",
        runs.ResumeRunView.as_view(),
        name="crm_segment_run_resume",
    ),
    path("crm/segmentrun/<int:pk>/file/", runs.RunFileView.as_view(), name="crm_segment_run_file"),
    path("crm/segment/static/", static.NewStaticView.as_view(), name="crm_segment_static"),
    path(
        "crm/staticsegment/<int:pk>/upload/", static.UploadView.as_view(), name="crm_segment_upload"
    ),
    path(
        "crm/staticsegment/<int:pk>/members/",
        static.ChangeMembersView.as_view(),
        name="crm_segment_members",
    ),
    path(
        "crm/staticsegment/<int:pk>/rename/", static.RenameView.as_view(), name="crm_segment_rename"
    ),
    path("crm/segment/freeze/<int:pk>/", static.FreezeView.as_view(), name="crm_segment_freeze"),
    path("crm/segment/overlap/<int:pk>/", OverlapView.as_view(), name="crm_segment_overlap"),
    path("crm/segment/why/<int:pk>/", WhyView.as_view(), name="crm_segment_why"),
]
