from django.urls import path

from .views import portal

app_name = "wagtail_crm_members"
urlpatterns = [
    path("me/", portal.MyPageView.as_view(), name="me"),
    path("me/profile/", portal.ProfileView.as_view(), name="profile"),
    path("me/settings/", portal.SettingsView.as_view(), name="settings"),
    path("me/consent/", portal.ConsentView.as_view(), name="consent"),
    path("me/language/", portal.LanguageView.as_view(), name="language"),
    path("me/data/", portal.DataView.as_view(), name="data"),
    path("me/withdraw/", portal.WithdrawView.as_view(), name="withdraw"),
    path("me/join/", portal.JoinView.as_view(), name="join"),
    path("goodbye/", portal.GoodbyeView.as_view(), name="goodbye"),
]
