"""Points for everybody in a segment."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from wagtail_crm.segments.runs.action import ActionForm, Batch, Options, SegmentAction

from .actions import give_points
from .amounts import in_points
from .forms import MOST_BY_HAND
from .kinds import POINTS_KIND, RANK_FIELD


class GiveForm(ActionForm):
    points = forms.IntegerField(
        label=_("Points"),
        min_value=1,
        max_value=MOST_BY_HAND,
        help_text=_("For each member."),
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=200, help_text=_("The member reads it in their history.")
    )


class GivePoints(SegmentAction):
    """The key of each entry names the run and the member: nobody gets the points twice."""

    slug = "points"
    label = _("Give points")
    description = _("The same number of points to each of these members, with a reason.")
    icon = "crm-points"
    order = 600
    permission = "wagtail_crm_loyalty.adjust_points"
    form_class = GiveForm

    def in_words(self, options: Options) -> str:
        words = {"points": in_points(options["points"]), "reason": options["reason"]}
        return gettext("Give %(points)s: %(reason)s") % words

    def button(self, options: Options, number: int) -> str:
        text = ngettext(
            "Give %(points)s to %%(n)s member", "Give %(points)s to %%(n)s members", number
        )
        return text % {"points": in_points(options["points"])}

    def apply(self, batch: Batch) -> None:
        give_points(
            keys={pk: batch.key_of(pk) for pk in batch.member_ids},
            points=batch.options["points"],
            reason=batch.options["reason"],
            staff=batch.run.started_by,
        )

    def touches(self, options: Options) -> Iterable[str]:
        return {POINTS_KIND, RANK_FIELD}
