"""Public addresses of every installed room: ``path("crm/", include("wagtail_crm.urls"))``."""

from importlib.util import find_spec

from django.apps import apps
from django.urls import include, path

urlpatterns = [
    path("", include(f"{config.name}.urls"))
    for config in apps.get_app_configs()
    if config.name.startswith("wagtail_crm.") and find_spec(f"{config.name}.urls")
]
