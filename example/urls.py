from django.conf import settings
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.i18n import set_language
from django.views.static import serve
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

urlpatterns = [
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    path("crm/", include("wagtail_crm.urls")),
    path("accounts/", include("wagtail_crm.members.account_urls")),
    # Without a token, so that showing the switch gives nobody a cookie; it only sets a language.
    path("i18n/setlang/", csrf_exempt(set_language), name="set_language"),
    path("", include("example.shop.urls")),
    # Uploads by Django itself: good enough for an example, whatever DEBUG says.
    path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}),
    path("", include(wagtail_urls)),
]
