"""Points: the rules that give them, the books they are kept in, and the ranks they bring."""

import swapper
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_crm.members.models import Member
from wagtail_crm.segments.models import Segment
from wagtail_crm.tracking.kinds import event_kinds

from .amounts import in_points, signed
from .forms import EarningRuleForm
from .querysets import AccountQuerySet, EarningRuleQuerySet, EntryQuerySet, RankQuerySet


class EarningRule(models.Model):
    """For what members get points, and how many."""

    class Frequency(models.TextChoices):
        EACH = "each", _("Each time")
        DAILY = "daily", _("Once a day")
        ONCE = "once", _("Only once")

    label = models.CharField(
        _("name"),
        max_length=100,
        help_text=_("Members read it in the history of their points."),
    )
    kind = models.CharField(_("for"), max_length=40)
    page = models.ForeignKey(
        swapper.get_model_name("wagtailcore", "Page"),
        verbose_name=_("only on this page"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text=_("And on the pages below it. Leave it empty for every page."),
    )
    points = models.PositiveIntegerField(_("points"), validators=[MinValueValidator(1)])
    per_value = models.PositiveIntegerField(
        _("for every"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_(
            "100 with 1 point gives one point for every ¥100 of a purchase. Leave it empty to "
            "give the same points whatever the amount."
        ),
    )
    frequency = models.CharField(
        _("how often"), max_length=5, choices=Frequency.choices, default=Frequency.EACH
    )
    segment = models.ForeignKey(
        Segment,
        verbose_name=_("only for members in"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("Leave it empty to give them to every member."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    starts_at = models.DateTimeField(
        _("from"), default=timezone.now, help_text=_("What happened before gives no points.")
    )
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)

    objects = EarningRuleQuerySet.as_manager()
    base_form_class = EarningRuleForm

    class Meta:
        verbose_name = _("earning rule")
        verbose_name_plural = _("earning rules")
        ordering = ["label", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(points__gt=0), name="crm_earning_rule_gives_points"
            ),
            models.CheckConstraint(
                condition=models.Q(per_value=None) | models.Q(per_value__gt=0),
                name="crm_earning_rule_divides",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def amount(self) -> str:
        """ "50 pt" or "1 pt for every 100 yen"."""
        points = in_points(self.points)
        if not self.per_value:
            return points
        kind = event_kinds.get(self.kind)
        words = {
            "points": points,
            "value": number_format(self.per_value, force_grouping=True),
            "unit": kind.unit if kind else "",
        }
        return (gettext("%(points)s for every %(value)s %(unit)s") % words).rstrip()

    @property
    def is_running(self) -> bool:
        """Whether what happens now earns points by it."""
        now = timezone.now()
        not_over = self.ends_at is None or now < self.ends_at
        return self.is_active and self.starts_at <= now and not_over

    @property
    def state(self) -> str:
        if not self.is_active:
            return gettext("Switched off")
        if self.is_running:
            return gettext("Gives points")
        return gettext("Ended") if self.starts_at <= timezone.now() else gettext("Not begun")

    def clean(self) -> None:
        if self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": gettext("It must end after it begins.")})


class Rank(models.Model):
    """What members reach who earned so many points lately; see :mod:`.period`.

    One that is given up stays until nobody has it any more.
    """

    name = models.CharField(_("name"), max_length=100, help_text=_("Members read it."))
    points = models.PositiveIntegerField(
        _("points needed"),
        validators=[MinValueValidator(1)],
        help_text=_("Who has fewer has a lower rank, or none."),
    )
    benefit = models.CharField(
        _("what it brings"),
        max_length=200,
        blank=True,
        help_text=_("Members read it on their page, for example: free shipping."),
    )
    is_ending = models.BooleanField(default=False, editable=False)

    objects = RankQuerySet.as_manager()

    class Meta:
        verbose_name = _("rank")
        verbose_name_plural = _("ranks")
        ordering = ["points", "pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(points__gt=0), name="crm_rank_needs_points"),
            models.UniqueConstraint(
                fields=["points"],
                condition=models.Q(is_ending=False),
                name="crm_rank_of_points",
            ),
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(is_ending=False),
                name="crm_rank_of_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        others = type(self).objects.in_use().exclude(pk=self.pk)
        taken = {
            "name": others.filter(name=self.name).exists()
            and gettext("Another rank has this name."),
            "points": others.filter(points=self.points).exists()
            and gettext("Another rank needs as many points."),
        }
        if errors := {name: text for name, text in taken.items() if text}:
            raise ValidationError(errors)

    @property
    def needed(self) -> str:
        """ "1,000 pt"."""
        return in_points(self.points)


class Recount(models.Model):
    """That the ranks of everybody are to be looked at again, and how far that is: one row.

    ``basis`` says what they are computed from: ranks, and the period.
    """

    THE_ONE = 1

    basis = models.TextField()
    position = models.BigIntegerField(default=0, help_text="The last account that is done.")
    asked_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("recount of ranks")
        verbose_name_plural = _("recounts of ranks")
        default_permissions = ()

    def __str__(self) -> str:
        return self.basis


class Account(models.Model):
    """One side of the books: a member, or where points come from and go to.

    ``balance`` and ``earned`` are kept for members only, in the transaction that writes the
    entry. The other accounts are the same few rows for everybody: a running balance on them
    would make all workers wait for each other, so theirs is the sum of their entries.

    ``rank``, or having none, stands since ``rank_since`` and until ``rank_until``, the day from
    which it may be another by time alone. ``rank_points`` are at least those that count for it:
    exact when that was looked at last, too many once older ones have left the period. So most
    entries are written without asking for others.
    """

    class Kind(models.TextChoices):
        MEMBER = "member", _("Member")
        ISSUED = "issued", _("Earned")
        ADJUSTED = "adjusted", _("Adjusted")
        SPENT = "spent", _("Spent")
        EXPIRED = "expired", _("Expired")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.MEMBER)
    member = models.OneToOneField(
        Member,
        verbose_name=_("member"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="points_account",
    )
    balance = models.BigIntegerField(_("points"), default=0)
    earned = models.BigIntegerField(_("earned in all"), default=0)
    last_entry_at = models.DateTimeField(_("last movement"), null=True, blank=True)
    rank = models.ForeignKey(
        Rank,
        verbose_name=_("rank"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="accounts",
        db_index=False,
    )
    rank_since = models.DateTimeField(_("rank since"), null=True, blank=True)
    rank_until = models.DateField(null=True, blank=True)
    rank_points = models.BigIntegerField(default=0)

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("points account")
        verbose_name_plural = _("points accounts")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="member", member__isnull=False)
                | (~models.Q(kind="member") & models.Q(member__isnull=True)),
                name="crm_points_account_of_member",
            ),
            models.CheckConstraint(
                condition=models.Q(balance__gte=0), name="crm_points_not_negative"
            ),
            models.UniqueConstraint(
                fields=["kind"],
                condition=models.Q(member__isnull=True),
                name="crm_points_account_of_kind",
            ),
        ]
        indexes = [
            # The rule "points at least", and who comes next to the top.
            models.Index(fields=["balance", "member"], name="crm_points_by_balance"),
            # The rule "rank is"; how many have each rank.
            models.Index(
                fields=["rank", "member"],
                name="crm_points_by_rank",
                condition=models.Q(rank__isnull=False),
            ),
            # Whose rank time alone may change.
            models.Index(
                fields=["rank_until"],
                name="crm_points_rank_due",
                condition=models.Q(rank_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display() if self.member is None else str(self.member)


class Entry(models.Model):
    """A movement of ``amount`` points from ``counterpart`` to ``account``, and back if negative.

    Both sides of the double entry are one row, so that no entry can be out of balance. ``key``
    says what it is for: the same thing cannot be booked twice. Entries are never changed.
    """

    key = models.CharField(max_length=160, unique=True)
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="entries", db_index=False
    )
    counterpart = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField(_("points"))
    balance = models.BigIntegerField(_("balance"), help_text="Of the account, after it.")
    label = models.CharField(_("for"), max_length=200, blank=True)
    rule = models.ForeignKey(
        EarningRule,
        verbose_name=_("earning rule"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="entries",
    )
    event_id = models.UUIDField(null=True, blank=True)
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    at = models.DateTimeField(_("at"), default=timezone.now)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("movement of points")
        verbose_name_plural = _("movements of points")
        default_permissions = ("view",)
        permissions = [("adjust_points", _("Can give and take points by hand"))]
        constraints = [
            models.CheckConstraint(condition=~models.Q(amount=0), name="crm_entry_moves_points"),
            models.CheckConstraint(
                condition=~models.Q(account=models.F("counterpart")),
                name="crm_entry_between_two_accounts",
            ),
        ]
        indexes = [
            # The history of one member, newest first.
            models.Index(fields=["account", "-id"], name="crm_entry_history"),
            # What an event earned; the sweeper asks for events that earned nothing.
            models.Index(
                fields=["event_id"],
                name="crm_entry_event",
                condition=models.Q(event_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount:+} {self.text}"

    @property
    def signed(self) -> str:
        """ "+1,200 pt"."""
        return signed(self.amount)

    @property
    def balance_text(self) -> str:
        return in_points(self.balance)

    @property
    def text(self) -> str:
        """What it was for, as the member reads it."""
        return self.label or self.counterpart.get_kind_display()
