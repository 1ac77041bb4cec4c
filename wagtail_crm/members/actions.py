"""Every change of who people are. Signals are sent once the transaction is committed."""

import datetime
import logging
import uuid
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from wagtail.log_actions import log
from wagtail.log_actions import registry as log_registry

from wagtail_crm.conf import crm_settings
from wagtail_crm.expressions import IsOneOf, WithAnswer

from . import signals
from .accounts import close_account, confirmed_address, is_staff_account
from .models import ConsentRecord, Member, MemberTag, Registration, TaggedMember
from .names import clean_email, email_key, reading
from .personal_data import personal_data

logger = logging.getLogger(__name__)

NAME_FIELDS = ("family_name", "given_name", "family_name_kana", "given_name_kana")


class MemberExists(Exception):
    """Somebody else in the list already has this e-mail address or customer code."""

    def __init__(self, member: Member, field: str = "email") -> None:
        super().__init__(f"Member {member.pk} already has this {field}.")
        self.member = member
        self.field = field


class UnconfirmedAddress(Exception):
    """The account has no address that its owner has proved to be theirs."""


def create_member(*, email: str = "", **fields: Any) -> Member:
    """Add a person to the list; ``fields`` are fields of ``Member``.

    Raises ``MemberExists`` when the mailbox or the code already belongs to somebody.
    """
    fields = _cleaned({"email": email, **fields})
    try:
        with transaction.atomic():
            _refuse_duplicate(fields)
            member = Member.objects.create(**fields)
            _send(signals.member_created, member=member)
    except IntegrityError:
        _refuse_duplicate(fields)
        raise
    return member


def update_member(
    *, member: Member, fields: Mapping[str, Any] = {}, attributes: Mapping[str, Any] = {}
) -> Member:
    """Write ``fields`` and merge ``attributes`` (a value of None removes one).

    Raises ``MemberExists`` when the new mailbox or code belongs to somebody else.
    """
    fields = _cleaned(fields)
    try:
        with transaction.atomic():
            return _write(member, fields, attributes)
    except IntegrityError:
        _refuse_duplicate(fields, but=member)
        raise


def _write(member: Member, fields: Mapping[str, Any], attributes: Mapping[str, Any]) -> Member:
    member = Member.objects.select_for_update().get(pk=member.pk)
    changed = {name for name, value in fields.items() if getattr(member, name) != value}
    _refuse_duplicate({name: fields[name] for name in changed}, but=member)
    for name in changed:
        setattr(member, name, fields[name])
    changed |= _merge_attributes(member, attributes)
    if changed:
        member.save()
        announce_change(member_ids={member.pk}, fields=changed - {"email_key"})
    return member


def _cleaned(fields: Mapping[str, Any]) -> dict[str, Any]:
    cleaned = dict(fields)
    if "email" in cleaned:
        cleaned["email"] = clean_email(cleaned["email"] or "")
        cleaned["email_key"] = email_key(cleaned["email"])
    if "code" in cleaned:
        cleaned["code"] = (cleaned["code"] or "").strip() or None
    for name in {"family_name_kana", "given_name_kana"} & set(cleaned):
        cleaned[name] = reading(cleaned[name])
    return cleaned


def _refuse_duplicate(fields: Mapping[str, Any], but: Member | None = None) -> None:
    others = Member.objects.exclude(pk=but.pk) if but else Member.objects.all()
    for field, column in (("email", "email_key"), ("code", "code")):
        value = fields.get(column)
        other = others.filter(**{column: value}).first() if value else None
        if other:
            raise MemberExists(other, field)


def _merge_attributes(member: Member, attributes: Mapping[str, Any]) -> set[str]:
    changed = set()
    for key, value in attributes.items():
        if member.attributes.get(key) == value:
            continue
        if value is None:
            del member.attributes[key]
        else:
            member.attributes[key] = value
        changed.add(f"attributes.{key}")
    return changed


@transaction.atomic
def tag_members(
    *, members: Iterable[Member], add: Iterable[str] = (), remove: Iterable[str] = ()
) -> int:
    """Put tags on members and take others off, by name; how many members that were.

    Unknown tags to add are made.
    """
    member_ids = sorted(set(_ids(members)))
    # Tags and members in one order, so that two colleagues wait for each other and never in a ring.
    wanted = [_tag_named(name) for name in sorted({name.strip() for name in add} - {""})]
    TaggedMember.objects.bulk_create(
        [TaggedMember(tag=tag, content_object_id=pk) for tag in wanted for pk in member_ids],
        ignore_conflicts=True,
        batch_size=1000,
    )
    unwanted = TaggedMember.objects.filter(tag__name__in=list(remove))
    unwanted.filter(content_object__in=member_ids).delete()
    announce_change(member_ids=set(member_ids), fields={"tags"})
    return len(member_ids)


def _ids(members: Iterable[Member]) -> list[int]:
    if isinstance(members, QuerySet):
        return list(members.values_list("pk", flat=True))
    return [member.pk for member in members]


def _tag_named(name: str) -> MemberTag:
    return MemberTag.objects.get_or_create(name=name)[0]


@transaction.atomic
def set_attribute(*, member_ids: Iterable[int], key: str, value: Any) -> int:
    """Write one attribute of many members, None to remove it; how many changed."""
    members = Member.objects.filter(IsOneOf("pk", member_ids)).order_by("pk")
    locked = members.select_for_update(no_key=True).values_list("pk", "attributes")
    changed = {pk for pk, attributes in locked if attributes.get(key) != value}
    Member.objects.filter(IsOneOf("pk", changed)).update(
        attributes=WithAnswer("attributes", key, value), updated_at=timezone.now()
    )
    announce_change(member_ids=changed, fields={f"attributes.{key}"})
    return len(changed)


@transaction.atomic
def assign_owner(*, members: Iterable[Member], owner: AbstractBaseUser | None) -> int:
    """Make a colleague responsible for members, or nobody; how many changed hands."""
    people = Member.objects.filter(pk__in=_ids(members))
    moved = people.exclude(owner=owner) if owner else people.exclude(owner=None)
    locked = moved.order_by("pk").select_for_update(no_key=True)
    member_ids = set(locked.values_list("pk", flat=True))
    changed = Member.objects.filter(pk__in=member_ids).update(
        owner=owner, updated_at=timezone.now()
    )
    announce_change(member_ids=member_ids, fields={"owner"})
    return changed


@transaction.atomic
def start_registration(
    *,
    user: Any,
    names: Mapping[str, str],
    attributes: Mapping[str, Any],
    consents: Mapping[str, bool],
    language: str = "",
    token: uuid.UUID | None = None,
) -> Registration:
    """Keep what was typed until the address is confirmed; typing it again replaces it.

    Raises ``IntegrityError`` when another account was made from the same form (``token``).
    """
    registration, _created = Registration.objects.update_or_create(
        user=user,
        defaults={
            "names": dict(names),
            "attributes": dict(attributes),
            "consents": dict(consents),
            "language": language,
            "token": token or uuid.uuid4(),
        },
    )
    return registration


@transaction.atomic
def forget_unconfirmed(*, before: datetime.datetime) -> int:
    """Delete what was typed, and the accounts made, by people who never confirmed their address."""
    stale = Registration.objects.filter(started_at__lt=before, user__last_login=None)
    users = get_user_model()._default_manager.filter(crm_registration__in=stale)
    unconfirmed = users.exclude(emailaddress__verified=True).exclude(crm_member__isnull=False)
    return unconfirmed.delete()[1].get(Registration._meta.label, 0)


@transaction.atomic
def register_member(*, user: Any, verified_email: str) -> Member:
    """Make the owner of a confirmed address a registered member; calling it again changes nothing.

    A prospect or a former member with that mailbox becomes this member and keeps their history.
    Only a confirmed address may be passed: otherwise anybody could take over somebody's record
    by signing up.
    """
    existing = Member.objects.select_for_update().of_user(user).first()
    if existing and existing.is_registered:
        return existing
    member = existing or _claim_or_create(verified_email)
    member.user = user
    member.status = Member.Status.REGISTERED
    member.registered_at = timezone.now()
    member.withdrawn_at = None
    registration = Registration.objects.select_for_update().filter(user=user).first()
    if registration:
        _apply_registration(member, registration)
    member.save()
    _send(signals.member_registered, member=member)
    announce_change(member_ids={member.pk}, fields={"status", "user", "attributes"})
    return member


def _claim_or_create(verified_email: str) -> Member:
    claimable = Member.objects.select_for_update().with_email(verified_email)
    member = claimable.filter(user__isnull=True).first()
    if member is None:
        _release_mailbox(verified_email)
        member = create_member(email=verified_email)
    return member


def _release_mailbox(verified_email: str, but: Member | None = None) -> None:
    """A mailbox belongs to whoever proved it; a row that only claims it goes without."""
    others = Member.objects.with_email(verified_email)
    for other in others.exclude(pk=but.pk) if but else others:
        logger.warning("Member %s lost a mailbox that somebody else confirmed.", other.pk)
        _write(other, {"email": "", "email_key": None}, {})


def _apply_registration(member: Member, registration: Registration) -> None:
    for name, value in _cleaned(registration.names).items():
        setattr(member, name, value or getattr(member, name))
    member.attributes |= registration.attributes
    member.language = registration.language or member.language
    for purpose, granted in registration.consents.items():
        if granted:  # a box left empty is not an answer; only yes is written down
            record_consent(member=member, purpose=purpose, granted=True, source="registration")
    registration.delete()


def join_with_account(*, user: Any) -> Member:
    """Somebody with an account of this site becomes a member.

    Raises ``UnconfirmedAddress`` when the account's address was never confirmed.
    """
    address = confirmed_address(user)
    if not address:
        raise UnconfirmedAddress
    return register_member(user=user, verified_email=address)


@transaction.atomic
def follow_account_address(*, member: Member, verified_email: str) -> Member:
    """The member's account has another, confirmed, main address from now on."""
    _release_mailbox(verified_email, but=member)
    return update_member(member=member, fields={"email": verified_email})


@transaction.atomic
def record_consent(
    *, member: Member, purpose: str, granted: bool, source: str, version: str = ""
) -> ConsentRecord:
    """Write down an answer; the same answer to the same text is not written twice."""
    version = version or crm_settings.consent_version
    Member.objects.select_for_update().get(pk=member.pk)  # one answer at a time
    current = ConsentRecord.objects.current().filter(member=member, purpose=purpose)
    previous = current.first()
    if previous and (previous.granted, previous.version) == (granted, version):
        return previous
    current.update(is_current=False)
    record = ConsentRecord.objects.create(
        member=member, purpose=purpose, granted=granted, source=source, version=version
    )
    _send(signals.consent_changed, member=member, record=record)
    announce_change(member_ids={member.pk}, fields={f"consent.{purpose}"})
    return record


@transaction.atomic
def withdraw_member(*, member: Member, erase: bool = False, by: Any = None) -> Member:
    """The member leaves: the account is closed, consent ends, and with ``erase`` the data go too.

    The row stays, so that totals still add up; erased, it says nothing about anybody. The
    account of a colleague stays open, it is only no member's any more. Again changes nothing.
    ``by`` is the colleague who did it, for the history; None when it was the member.
    """
    member = Member.objects.select_for_update().get(pk=member.pk)
    for record in ConsentRecord.objects.current().filter(member=member, granted=True):
        record_consent(member=member, purpose=record.purpose, granted=False, source="withdrawal")
    if member.user is not None:
        Registration.objects.filter(user=member.user).delete()
        if not is_staff_account(member.user):
            close_account(member.user)
    newly_gone, user_id = member.status != Member.Status.WITHDRAWN, member.user_id
    member.user = None
    member.status = Member.Status.WITHDRAWN
    member.withdrawn_at = member.withdrawn_at or timezone.now()
    if erase:
        _erase(member)
    member.save()
    if by is not None:
        action = "wagtail_crm.erase" if erase else "wagtail_crm.withdraw"
        log(instance=member, action=action, user=by, title=gettext("Member %s") % member.pk)
    if newly_gone:
        _send(signals.member_withdrawn, member=member, user_id=user_id)
    announce_change(member_ids={member.pk}, fields={"status", "user"})
    return member


def _erase(member: Member) -> None:
    # First: some tables know the person by the address that goes below.
    for declared in personal_data.values():
        declared.erase_rows_of(member)
    for name in (*NAME_FIELDS, "email", "time_zone", "language"):
        setattr(member, name, "")
    member.email_key = member.code = member.owner = None
    member.attributes = {}
    log_registry.get_logs_for_instance(member).update(label="", data={})


def announce_change(*, member_ids: set[int], fields: set[str]) -> None:
    """Tell the other rooms, after commit, that these members changed in these fields."""
    if member_ids and fields:
        _send(signals.member_changed, member_ids=member_ids, fields=fields)


def _send(signal: Any, **facts: Any) -> None:
    transaction.on_commit(partial(signal.send_robust, sender=Member, **facts))
