"""What other rooms show of a member: on my page, and on the member's page in the admin."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from django.http import HttpRequest
from django.template.loader import render_to_string

from wagtail_crm.registry import Registry

from .models import Member

# portal: a card on my page. admin: a tab of the member's page in the admin.
# admin_header: a few words beside the name ("Gold · 1,240 pt"). admin_card: small cards above
# the tabs ("purchases ¥48,200 · 6 · last 9 days ago"), each a <section class="crm-figure">.
Where = Literal["portal", "admin", "admin_header", "admin_card"]
Context = dict[str, Any]


@dataclass(frozen=True)
class MemberPanel:
    """A part of a member's page, contributed through ``register_crm_member_panels``.

    Give either ``template_name`` with ``context`` (a function of request and member; the
    template also gets ``request``, ``member`` and ``panel``; None hides the panel), or
    ``render``, which returns safe HTML ("" hides the panel). Portal panels begin with an
    ``<h2>``; tabs get theirs from ``label``. ``permission`` is the full name of the permission
    an editor needs to see it, e.g. ``wagtail_crm_loyalty.view_entry``; only for the admin.
    ``related`` names one-to-one relations of the member that it reads in the admin, where they
    are fetched with the member. The same room needs one panel, with its own slug, for each place.
    """

    slug: str
    label: Any = ""
    order: int = 100
    where: Where = "portal"
    template_name: str = ""
    context: Callable[[HttpRequest, Member], Context | None] | None = None
    render: Callable[[HttpRequest, Member], str] | None = None
    permission: str = ""
    related: tuple[str, ...] = ()

    def html(self, request: HttpRequest, member: Member) -> str:
        """The panel as safe HTML, or nothing when it has nothing to show."""
        if self.render is not None:
            return self.render(request, member)
        context = self.context(request, member) if self.context else {}
        if context is None:
            return ""
        context = {"member": member, "panel": self, **context}
        return render_to_string(self.template_name, context, request=request)

    def allowed(self, request: HttpRequest) -> bool:
        """Whether this visitor may see it."""
        return not self.permission or request.user.has_perm(self.permission)


member_panels: Registry[MemberPanel] = Registry("register_crm_member_panels", MemberPanel)


def relations_shown_to_staff() -> set[str]:
    """What panels of a member's page in the admin read of the member, to be fetched at once."""
    panels = (panel for panel in member_panels.values() if panel.where != "portal")
    return {name for panel in panels for name in panel.related}


def panels_at(where: Where, request: HttpRequest) -> list[MemberPanel]:
    """The panels of one place that this visitor may see, in order."""
    panels = [panel for panel in member_panels.values() if panel.where == where]
    return sorted(
        (panel for panel in panels if panel.allowed(request)), key=lambda panel: panel.order
    )
