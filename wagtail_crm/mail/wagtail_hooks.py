from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Model
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail import hooks
from wagtail.log_actions import LogActionRegistry
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet

from wagtail_crm.jobs import Job
from wagtail_crm.members.panels import MemberPanel
from wagtail_crm.members.personal_data import PersonalData
from wagtail_crm.segments.rules.blocks import RuleBlock
from wagtail_crm.segments.rules.person import PersonFact
from wagtail_crm.segments.runs.action import SegmentAction
from wagtail_crm.tracking.kinds import EventKind

from . import events, panels, tasks
from .blocks import BLOCKS, MailBlock
from .erasure import forget_answers, forget_block
from .models import Campaign, Delivery, Suppression
from .policies import CampaignPermissionPolicy
from .rule_blocks import MailRuleBlock
from .rules import MAIL_FACT, load_mails
from .segment_action import SendMail
from .views.editing import GoOnMenuItem
from .viewsets import CampaignViewSet, SenderViewSet, SuppressionViewSet

register_permission_policy(Campaign, CampaignPermissionPolicy(Campaign))
register_snippet(CampaignViewSet)
register_snippet(SenderViewSet)
register_snippet(SuppressionViewSet)


@hooks.register("register_crm_mail_blocks")
def register_blocks() -> Iterable[MailBlock]:
    return [block() for block in BLOCKS]


@hooks.register("register_snippet_action_menu_item")
def register_action_menu_item(model: type[Model]) -> GoOnMenuItem | None:
    return GoOnMenuItem(order=-10) if model is Campaign else None


@hooks.register("register_crm_event_kinds")
def register_event_kinds() -> Iterable[EventKind]:
    return events.KINDS


@hooks.register("register_crm_person_facts")
def register_facts() -> Iterable[PersonFact]:
    return [PersonFact(MAIL_FACT, load_mails, tuple)]


@hooks.register("register_crm_segment_rules")
def register_rules() -> Iterable[RuleBlock]:
    return [MailRuleBlock()]


@hooks.register("register_crm_segment_actions")
def register_segment_actions() -> Iterable[SegmentAction]:
    return [SendMail()]


@hooks.register("register_crm_jobs")
def register_jobs() -> Iterable[Job]:
    return [Job("mail", tasks.sweep, timedelta(minutes=1), _("Sends campaigns that are due"))]


@hooks.register("register_crm_member_panels")
def register_member_panels() -> Iterable[MemberPanel]:
    return [
        MemberPanel(
            "mail",
            _("Mail"),
            order=400,
            where="admin",
            template_name="wagtail_crm/mail/member/tab.html",
            context=panels.mails_of,
            permission="wagtail_crm_mail.view_campaign",
        ),
        MemberPanel(
            "mail_numbers",
            _("Mail"),
            order=400,
            where="admin_card",
            template_name="wagtail_crm/mail/member/card.html",
            context=panels.mail_numbers,
            permission="wagtail_crm_mail.view_campaign",
        ),
    ]


@hooks.register("register_crm_personal_data")
def declare_personal_data() -> Iterable[PersonalData]:
    return [
        PersonalData(
            Delivery,
            exported=(
                "campaign__subject",
                "status",
                "sent_at",
                "opened_at",
                "clicked_at",
                "unsubscribed_at",
            ),
            erase=forget_answers,
            retention="As long as the campaign; numbers stay, without a name, after erasure.",
        ),
        PersonalData(
            Suppression,
            exported=("reason", "detail", "at"),
            erase=forget_block,
            retention="Until a colleague takes it off the list, or the member is erased.",
            rows=lambda member: Suppression.objects.of_key(member.email_key),
        ),
    ]


@hooks.register("register_log_actions")
def register_log_actions(actions: LogActionRegistry) -> None:
    for action, label, message in [
        ("audience", _("Choose the audience"), _("Chose who gets it")),
        ("time", _("Choose the time"), _("Chose when it is sent")),
        ("schedule", _("Schedule"), _("Scheduled it")),
        ("unschedule", _("Make a draft again"), _("Made it a draft again")),
        ("start", _("Start"), _("Started sending")),
        ("pause", _("Pause"), _("Paused sending")),
        ("resume", _("Go on"), _("Went on sending")),
        ("cancel", pgettext_lazy("campaign", "Cancel"), _("Cancelled the rest")),
        ("finish", _("Finish"), _("Everything was sent")),
    ]:
        actions.register_action(f"wagtail_crm.mail.{action}", label, message)
