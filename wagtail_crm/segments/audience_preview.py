"""What an editor sees of audiences in a preview: every block says for whom it is, and why."""

from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from .audience import Audience, Decision
from .audience_words import explain, summary
from .models import Segment


def is_preview(context: Any) -> bool:
    """Whether an editor is looking at a draft of a page."""
    return bool(context) and getattr(context.get("request"), "is_preview", False)


def shows_everything(context: Any) -> bool:
    """Whether the preview is nobody's in particular, and so shows every block."""
    return getattr(context.get("request"), "crm_preview", None) is None


def marked(html: str, audience: Audience, decision: Decision | None) -> SafeString:
    """A block with a small label: why it is shown or hidden, or for whom it is."""
    names = names_of(audience)
    text = explain(decision, names) if decision else summary(audience, names)
    context = {"html": html, "text": text, "hidden": bool(decision and not decision.shown)}
    return render_to_string("wagtail_crm/segments/marker.html", context)


def names_of(audience: Audience) -> dict[int, str]:
    """The names of the segments an audience speaks of."""
    wanted = audience.segments | audience.excluded
    return dict(Segment.objects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}
