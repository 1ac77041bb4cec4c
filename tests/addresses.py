"""Every address of the site, and those of the CRM in the admin, with real ids filled in."""

import re

from django.urls import URLResolver, get_resolver
from wagtail.admin.views.bulk_action.registry import bulk_action_registry

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^()]*(?:\([^)]*\)[^()]*)*\)")


def addresses(patterns, prefix=""):
    """(route, view) of every address of the site."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        else:
            yield route, pattern.callback


def is_ours(route, view):
    model = getattr(view, "view_initkwargs", {}).get("model")
    return "/crm/" in route or "wagtail_crm" in route or is_crm_model(model)


def is_crm_model(model):
    return getattr(model, "__module__", "").startswith("wagtail_crm")


def has_parameter(route):
    return PARAMETER.search(route) is not None


def crm_addresses():
    return [
        (route, view)
        for route, view in addresses(get_resolver().url_patterns)
        if route.startswith("admin/") and is_ours(route, view)
    ]


def bulk_addresses(objects):
    bulk_action_registry._scan_for_bulk_actions()
    for app, models in bulk_action_registry.actions.items():
        for model, actions in models.items():
            if app.startswith("wagtail_crm"):
                chosen = f"?id={objects[model].pk}"
                yield from (f"/admin/bulk/{app}/{model}/{action}/{chosen}" for action in actions)


def filled_in(route, objects):
    """An address with real ids in the place of its parameters."""
    words = route.rstrip("$").split("/")
    thing = next(objects[word] for word in words if word in objects)
    known = {
        "pk": thing.pk,
        "revision_id": getattr(thing, "latest_revision_id", 0),
        "revision_id_a": "earliest",
        "revision_id_b": "latest",
        "action": "tag",
    }
    return "/" + PARAMETER.sub(
        lambda match: str(known[match[1] or match[2]]), route.rstrip("$").replace("\\.", ".")
    )
