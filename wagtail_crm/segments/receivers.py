"""Membership follows what people do, who they are, and what editors publish."""

from typing import Any
from uuid import UUID

import swapper
from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import receiver
from wagtail.signals import post_page_move, published, unpublished

from wagtail_crm.members.models import AttributeDefinition, MemberTag
from wagtail_crm.members.signals import member_changed, member_created, member_withdrawn
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.signals import (
    events_recorded,
    visitor_forgotten,
    visitor_judged,
    visitor_linked,
    visitor_unlinked,
)

from . import actions, histories, page_changes, static, tasks
from .compiled import lately_live_segments
from .models import Segment
from .rules import page_tags


@receiver(events_recorded)
def follow_events(events: tuple[NewEvent, ...], **kwargs: Any) -> None:
    actions.refresh_members(events=events)
    histories.follow(events, lately_live_segments())


@receiver([visitor_linked, visitor_unlinked, visitor_judged])
def follow_linked_visitor(visitor_id: UUID, member_id: int, kinds: set[str], **kwargs: Any) -> None:
    histories.forget([visitor_id])
    if member_id:
        actions.refresh_or_wait(member_ids={member_id}, kinds=kinds)


@receiver(visitor_forgotten)
def forget_visitor(visitor_id: UUID, **kwargs: Any) -> None:
    histories.forget([visitor_id])


@receiver(member_changed)
def follow_changes(member_ids: set[int], fields: set[str], **kwargs: Any) -> None:
    actions.refresh_or_wait(member_ids=member_ids, fields=fields)


@receiver(member_created)
def follow_new_member(member: Any, **kwargs: Any) -> None:
    # Every segment depends on the status: somebody new belongs to all that ask for nothing.
    actions.refresh_or_wait(member_ids={member.pk}, fields={"status"})


@receiver(member_withdrawn)
def forget_withdrawn_member(member: Any, **kwargs: Any) -> None:
    static.forget_members(member_ids={member.pk})


@receiver([published, unpublished], sender=Segment)
def count_published_segment(instance: Segment, **kwargs: Any) -> None:
    actions.note_published_rules(segment=instance)
    actions.follow_named_object(thing=instance)
    transaction.on_commit(lambda: tasks.count(instance.pk), robust=True)
    transaction.on_commit(tasks.count_waiting, robust=True)


@receiver(post_delete, sender=Segment)
@receiver(post_delete, sender=MemberTag)
@receiver(post_delete, sender=AttributeDefinition)
@receiver(post_save, sender=AttributeDefinition)
# Before: Wagtail forgets where a page was used in the moment it goes.
@receiver(pre_delete, sender=swapper.get_model_name("wagtailcore", "Page"))
def follow_named_object(instance: Model, **kwargs: Any) -> None:
    if actions.follow_named_object(thing=instance):
        transaction.on_commit(tasks.count_waiting, robust=True)


@receiver(post_save, sender=AttributeDefinition)
def follow_returned_attribute(**kwargs: Any) -> None:
    """Rules know attributes by key: one that was deleted, or renamed, may be there again."""
    if actions.follow_returned_object():
        transaction.on_commit(tasks.count_waiting, robust=True)


@receiver(pre_delete, sender=swapper.get_model_name("wagtailcore", "Page"))
def follow_page_that_goes(instance: Any, **kwargs: Any) -> None:
    """What was done there does not count any more for rules that do not name it themselves."""
    _ask_again(instance.pk, page_changes.concerned(instance.pk))


def follow_tagged_page(
    instance: Any, created: bool = True, raw: bool = False, **kwargs: Any
) -> None:
    """A tag was put on a page, or taken off. A fixture may name tags that come only later."""
    page_id = page_tags.page_of(instance) if created and not raw else None
    if page_id:
        _ask_again(page_id, page_changes.asking_for_tag(instance.tag.name))


def follow_renamed_tag(instance: Model, created: bool, **kwargs: Any) -> None:
    """Rules know the tags of pages by name; nobody knows what this one was called before."""
    segments = () if created else page_changes.asking_for_tag()
    if segments and actions.mark_changed(segments=Segment.objects.filter(pk__in=segments)):
        transaction.on_commit(tasks.count_waiting, robust=True)


for model in page_tags.models_of_tags():
    post_save.connect(follow_tagged_page, sender=model)
    post_delete.connect(follow_tagged_page, sender=model)
    post_save.connect(follow_renamed_tag, sender=model.tag_model())


def _ask_again(page_id: int, segment_ids: set[int]) -> None:
    if segment_ids:
        transaction.on_commit(lambda: _ask(page_id, segment_ids), robust=True)


def _ask(page_id: int, segment_ids: set[int]) -> None:
    if page_changes.ask_again(page_id=page_id, segment_ids=segment_ids):
        tasks.count_waiting()


@receiver(post_page_move)
def follow_moved_page(parent_page_before: Any, parent_page_after: Any, **kwargs: Any) -> None:
    """Rules that mean all pages below one mean others now: those above the old and new place."""
    page_changes.forget_places(parent=parent_page_after)
    if parent_page_before.pk == parent_page_after.pk:
        return
    above = {
        page.pk: page
        for parent in (parent_page_before, parent_page_after)
        for page in [*parent.get_ancestors(), parent]
    }
    changed = [actions.follow_named_object(thing=page) for page in above.values()]
    if any(changed):
        transaction.on_commit(tasks.count_waiting, robust=True)
