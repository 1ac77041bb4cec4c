"""Every change of who people are. Signals are sent once the transaction is committed."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from wagtail_crm.conf import crm_settings

from . import signals
from .models import ConsentRecord, Member, Registration
from .names import email_key
from .personal_data import personal_data

NAME_FIELDS = ("family_name", "given_name", "family_name_kana", "given_name_kana")


class MemberExists(Exception):
    """Somebody else in the list already has this e-mail address or code."""

    def __init__(self, member: Member) -> None:
        super().__init__(f"Member {member.pk} already has it.")
        self.member = member


@transaction.atomic
def create_member(*, email: str = "", **fields: Any) -> Member:
    """Add a person to the list; ``fields`` are fields of ``Member``.

    Raises ``MemberExists`` when the mailbox already belongs to somebody.
    """
    existing = Member.objects.with_email(email).first()
    if existing:
        raise MemberExists(existing)
    member = Member.objects.create(email=email, email_key=email_key(email), **fields)
    _send(signals.member_created, member=member)
    return member


@transaction.atomic
def update_member(
    *, member: Member, fields: Mapping[str, Any] = {}, attributes: Mapping[str, Any] = {}
) -> Member:
    """Write ``fields`` and merge ``attributes`` (a value of None removes one).

    Raises ``MemberExists`` when the new mailbox belongs to somebody else.
    """
    member = Member.objects.select_for_update().get(pk=member.pk)
    changed = {name for name, value in fields.items() if getattr(member, name) != value}
    if "email" in changed:
        other = Member.objects.with_email(fields["email"]).exclude(pk=member.pk).first()
        if other:
            raise MemberExists(other)
        member.email_key = email_key(fields["email"])
    for name in changed:
        setattr(member, name, fields[name])
    changed |= _merge_attributes(member, attributes)
    if changed:
        member.save()
        announce_change(member_ids={member.pk}, fields=changed)
    return member


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
) -> None:
    """Put tags on members and take others off, by name."""
    add, remove, touched = list(add), list(remove), set()
    for member in members:
        member.tags.add(*add)
        member.tags.remove(*remove)
        member.save()
        touched.add(member.pk)
    announce_change(member_ids=touched, fields={"tags"})


@transaction.atomic
def start_registration(
    *,
    user: AbstractBaseUser,
    names: Mapping[str, str],
    attributes: Mapping[str, Any],
    consents: Mapping[str, bool],
    language: str = "",
) -> Registration:
    """Keep what was typed until the address is confirmed; typing it again replaces it."""
    registration, _created = Registration.objects.update_or_create(
        user=user,
        defaults={
            "names": dict(names),
            "attributes": dict(attributes),
            "consents": dict(consents),
            "language": language,
        },
    )
    return registration


@transaction.atomic
def register_member(*, user: Any, verified_email: str) -> Member:
    """Make the owner of a confirmed address a registered member; calling it again changes nothing.

    A prospect with that mailbox becomes this member and keeps their history. Only a confirmed
    address may be passed: otherwise anybody could take over somebody's record by signing up.
    """
    existing = Member.objects.select_for_update().filter(user=user).first()
    if existing and existing.is_registered:
        return existing
    registration = Registration.objects.select_for_update().filter(user=user).first()
    member = existing or _claim_or_create(verified_email)
    member.user = user
    member.status = Member.Status.REGISTERED
    member.registered_at = timezone.now()
    member.withdrawn_at = None
    if registration:
        _apply_registration(member, registration)
    member.save()
    _send(signals.member_registered, member=member)
    announce_change(member_ids={member.pk}, fields={"status", "user", "attributes"})
    return member


def _claim_or_create(verified_email: str) -> Member:
    claimable = Member.objects.select_for_update().with_email(verified_email)
    member = claimable.filter(user__isnull=True).first()
    return member or create_member(email=verified_email)


def _apply_registration(member: Member, registration: Registration) -> None:
    for name in NAME_FIELDS:
        setattr(member, name, registration.names.get(name) or getattr(member, name))
    member.attributes |= registration.attributes
    member.language = registration.language or member.language
    for purpose, granted in registration.consents.items():
        record_consent(member=member, purpose=purpose, granted=granted, source="registration")
    registration.delete()


@transaction.atomic
def record_consent(
    *, member: Member, purpose: str, granted: bool, source: str, version: str = ""
) -> ConsentRecord:
    """Write down an answer; the same answer to the same text is not written twice."""
    version = version or crm_settings.consent_version
    current = ConsentRecord.objects.select_for_update().current()
    previous = current.filter(member=member, purpose=purpose).first()
    if previous and (previous.granted, previous.version) == (granted, version):
        return previous
    current.filter(member=member, purpose=purpose).update(is_current=False)
    record = ConsentRecord.objects.create(
        member=member, purpose=purpose, granted=granted, source=source, version=version
    )
    _send(signals.consent_changed, member=member, record=record)
    announce_change(member_ids={member.pk}, fields={f"consent.{purpose}"})
    return record


@transaction.atomic
def withdraw_member(*, member: Member, erase: bool = False) -> Member:
    """The member leaves: the account is closed, consent ends, and with ``erase`` the data go too.

    The row stays, so that totals still add up; erased, it says nothing about anybody.
    """
    member = Member.objects.select_for_update().get(pk=member.pk)
    for purpose in ConsentRecord.Purpose.values:
        record_consent(member=member, purpose=purpose, granted=False, source="withdrawal")
    if member.user is not None:
        member.user.is_active = False
        member.user.save(update_fields=["is_active"])
    member.status = Member.Status.WITHDRAWN
    member.withdrawn_at = timezone.now()
    if erase:
        _erase(member)
    member.save()
    _send(signals.member_withdrawn, member=member)
    announce_change(member_ids={member.pk}, fields={"status"})
    return member


def _erase(member: Member) -> None:
    for name in (*NAME_FIELDS, "email", "time_zone", "language"):
        setattr(member, name, "")
    member.email_key = member.code = member.owner = None
    member.attributes = {}
    for declared in personal_data.values():
        declared.erase_rows_of(member)
    if member.user is not None:
        member.user.delete()
        member.user = None


def announce_change(*, member_ids: set[int], fields: set[str]) -> None:
    """Tell the other rooms, after commit, that these members changed in these fields."""
    if member_ids and fields:
        _send(signals.member_changed, member_ids=member_ids, fields=fields)


def _send(signal: Any, **facts: Any) -> None:
    transaction.on_commit(partial(signal.send_robust, sender=Member, **facts))
