from django.conf import settings
from django.urls import include, path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls

urlpatterns = [path("admin/", include(wagtailadmin_urls))]
if settings.VARIANT == "crm":
    urlpatterns += [
        path("crm/", include("wagtail_crm.urls")),
        path("accounts/", include("allauth.urls")),
    ]
urlpatterns += [path("", include(wagtail_urls))]
