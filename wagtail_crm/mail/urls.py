from django.urls import path

from .views import public as views

app_name = "wagtail_crm_mail"
urlpatterns = [
    path("mail/o/<str:token>/", views.OpenView.as_view(), name="open"),
    path("mail/c/<str:token>/", views.ClickView.as_view(), name="click"),
    path("mail/u/<str:token>/", views.UnsubscribeView.as_view(), name="unsubscribe"),
    path("mail/s/<str:token>/", views.SubscribeView.as_view(), name="subscribe"),
]
