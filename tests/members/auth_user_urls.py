from django.urls import include, path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls

urlpatterns = [
    path("admin/", include(wagtailadmin_urls)),
    path("crm/", include("wagtail_crm.urls")),
    path("accounts/", include("wagtail_crm.members.account_urls")),
    path("", include(wagtail_urls)),
]
