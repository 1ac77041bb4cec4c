"""Who they are: one list of people, what a site wants to know of them, what they agreed to."""

import datetime
import uuid

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Value
from django.db.models.functions import Concat, Lower
from django.utils import timezone
from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from modelcluster.contrib.taggit import ClusterTaggableManager
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from taggit.models import ItemBase, TagBase

from .names import full_name
from .querysets import AttributeDefinitionQuerySet, ConsentRecordQuerySet, MemberQuerySet


class MemberTag(TagBase):
    """A word editors put on members; apart from the tags of pages and images."""

    free_tagging = True

    class Meta:
        verbose_name = _("member tag")
        verbose_name_plural = _("member tags")


class Member(ClusterableModel):
    """A person: prospect (no account), registered, or withdrawn. There is no second list."""

    class Status(models.TextChoices):
        PROSPECT = "prospect", _("Prospect")
        REGISTERED = "registered", _("Registered")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    uuid = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="crm_member",
    )
    status = models.CharField(
        _("status"), max_length=12, choices=Status.choices, default=Status.PROSPECT
    )
    email = models.EmailField(_("e-mail"), blank=True)
    email_key = models.CharField(
        max_length=320,
        null=True,
        blank=True,
        unique=True,
        editable=False,
        help_text="The address as names.email_key() normalises it; null when there is none.",
    )
    code = models.CharField(
        _("customer code"),
        max_length=64,
        null=True,
        blank=True,
        unique=True,
        help_text=_("The number this person has in your shop or other systems."),
    )
    family_name = models.CharField(_("family name"), max_length=100, blank=True)
    given_name = models.CharField(_("given name"), max_length=100, blank=True)
    family_name_kana = models.CharField(_("family name (kana)"), max_length=100, blank=True)
    given_name_kana = models.CharField(_("given name (kana)"), max_length=100, blank=True)
    language = models.CharField(_("language"), max_length=12, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    attributes = models.JSONField(
        _("attributes"), default=dict, blank=True, encoder=DjangoJSONEncoder
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=pgettext_lazy("member", "owner"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("The colleague who looks after this person."),
    )
    tags = ClusterTaggableManager(
        through="wagtail_crm_members.TaggedMember", blank=True, verbose_name=_("tags")
    )
    created_at = models.DateTimeField(_("in the list since"), default=timezone.now, editable=False)
    registered_at = models.DateTimeField(_("registered"), null=True, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True, editable=False)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    # Everything an editor may search by in one column, kept by the database whoever writes.
    search_text = models.GeneratedField(
        expression=Lower(
            Concat(
                "family_name",
                "given_name",
                Value(" "),
                "given_name",
                "family_name",
                Value(" "),
                "family_name_kana",
                "given_name_kana",
                Value(" "),
                "email",
                Value(" "),
                "code",
                output_field=models.TextField(),
            )
        ),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = MemberQuerySet.as_manager()

    # Nothing asks where a member is used; indexing every save would double its cost.
    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        permissions = [("export_member", _("Can export members"))]
        indexes = [
            # The admin list: newest first, all or filtered by status.
            models.Index(fields=["-created_at"], name="crm_member_newest"),
            models.Index(fields=["status", "-created_at"], name="crm_member_status_newest"),
            # Member.objects.active_since(), and the list ordered by last visit.
            models.Index(fields=["-last_seen_at"], name="crm_member_last_seen"),
            # Who registered on a day: those for whom the rule "registered" falls due.
            models.Index(fields=["registered_at"], name="crm_member_registered"),
            # The list in the order of the Japanese syllabary.
            models.Index(
                fields=["family_name_kana", "given_name_kana"], name="crm_member_by_reading"
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email or self.code or gettext("Member %s") % self.pk

    @property
    def full_name(self) -> str:
        """Family and given name in the order of the member's language."""
        return full_name(self.family_name, self.given_name, self.language or get_language() or "")

    @property
    def full_name_kana(self) -> str:
        """The reading of the name, as Japanese lists sort by it."""
        return f"{self.family_name_kana} {self.given_name_kana}".strip()

    @property
    def tag_names(self) -> list[str]:
        return sorted(item.tag.name for item in self.tagged_items.all())

    @property
    def is_registered(self) -> bool:
        return self.status == self.Status.REGISTERED

    @property
    def was_just_seen(self) -> bool:
        """Within the hour: visits are noted by the hour, and no more than that may be said."""
        hour = datetime.timedelta(hours=1)
        return self.last_seen_at is not None and timezone.now() - self.last_seen_at < hour


class TaggedMember(ItemBase):
    tag = models.ForeignKey(MemberTag, related_name="tagged_members", on_delete=models.CASCADE)
    content_object = ParentalKey(Member, related_name="tagged_items", on_delete=models.CASCADE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tag", "content_object"], name="crm_member_tagged_once")
        ]


class AttributeDefinition(models.Model):
    """A field the site defines: its key in ``Member.attributes``, its type, where it is asked."""

    class Type(models.TextChoices):
        TEXT = "text", _("Short text")
        LONG_TEXT = "long_text", _("Long text")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        BOOLEAN = "boolean", _("Yes or no")
        CHOICE = "choice", _("One of a list")
        CHOICES = "choices", _("Several of a list")

    class Place(models.TextChoices):
        REGISTRATION = "registration", _("When registering and on my page")
        PROFILE = "profile", _("On my page")
        STAFF = "staff", _("Only staff")

    # What JSON paths, merge fields and CSV headers can all hold.
    key = models.CharField(
        _("key"),
        max_length=50,
        unique=True,
        validators=[
            RegexValidator(
                r"^[a-z][a-z0-9]*(_[a-z0-9]+)*\Z",
                _("Small letters, digits and single underscores, starting with a letter."),
            )
        ],
    )
    label = models.CharField(pgettext_lazy("attribute", "label"), max_length=100)
    translations = models.JSONField(
        default=dict,
        blank=True,
        editable=False,
        help_text='Label, help text and choices in other languages: {"ja": {"label": …}}.',
    )
    type = models.CharField(
        pgettext_lazy("attribute", "type"), max_length=12, choices=Type.choices, default=Type.TEXT
    )
    choices = models.TextField(
        _("choices"), blank=True, help_text=_("One per line; only for the list types.")
    )
    help_text = models.CharField(_("help text"), max_length=200, blank=True)
    place = models.CharField(
        _("asked"), max_length=12, choices=Place.choices, default=Place.PROFILE
    )
    required = models.BooleanField(_("required"), default=False)
    sort_order = models.PositiveIntegerField(_("order"), default=0)

    objects = AttributeDefinitionQuerySet.as_manager()

    class Meta:
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")
        ordering = ["sort_order", "id"]

    def __str__(self) -> str:
        return self.text("label")

    def text(self, name: str) -> str:
        """``label``, ``help_text`` or ``choices`` in the active language, else as first written."""
        language = (get_language() or "").split("-")[0]
        return self.translations.get(language, {}).get(name) or getattr(self, name)

    @property
    def choice_values(self) -> list[str]:
        """What is stored: the lines of ``choices`` in the language they were first written in."""
        return [line.strip() for line in self.choices.splitlines() if line.strip()]

    @property
    def choice_pairs(self) -> list[tuple[str, str]]:
        """(stored value, label in the active language), as a form field wants them."""
        values = self.choice_values
        labels = [line.strip() for line in self.text("choices").splitlines() if line.strip()]
        return list(zip(values, labels if len(labels) == len(values) else values, strict=True))


class ConsentRecord(models.Model):
    """One answer to one request for consent; append-only, the newest per purpose is current.

    Kept as proof of consent (GDPR Art. 7(1); Japan's Act on Specified Electronic Mail, Art. 3).
    """

    class Purpose(models.TextChoices):
        EMAIL = "email", _("E-mail")
        PROFILING = "profiling", _("Personal content")

    member = models.ForeignKey(
        Member, related_name="consent_records", on_delete=models.CASCADE, verbose_name=_("member")
    )
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose.choices)
    granted = models.BooleanField(_("granted"))
    version = models.CharField(_("version of the text"), max_length=20)
    source = models.CharField(_("where"), max_length=100)
    at = models.DateTimeField(_("at"), default=timezone.now)
    is_current = models.BooleanField(default=True)

    objects = ConsentRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-at", "-id"]
        default_permissions = ("view",)
        # The admin list of consents, newest first.
        indexes = [models.Index(fields=["-at"], name="crm_consent_newest")]
        constraints = [
            # One answer in force; also the index behind Member.objects.consented_to().
            models.UniqueConstraint(
                fields=["member", "purpose"],
                condition=models.Q(is_current=True),
                name="crm_consent_one_current",
            )
        ]

    def __str__(self) -> str:
        answer = _("yes") if self.granted else _("no")
        return f"{self.get_purpose_display()}: {answer}"


class Registration(models.Model):
    """What somebody typed while registering, until their e-mail address is confirmed.

    Deleted once it became a member, so that nothing personal is kept twice.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="crm_registration"
    )
    # One filled-in form makes one account, however often its button is pressed.
    token = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    names = models.JSONField(default=dict)
    attributes = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    consents = models.JSONField(default=dict, help_text="Purpose to true or false.")
    language = models.CharField(max_length=12, blank=True)
    started_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.user)
