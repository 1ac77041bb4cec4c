from collections.abc import Iterable

from django.urls import URLPattern, path
from wagtail import hooks

from wagtail_crm.tracking.snapshots import SnapshotPart

from .preview_bar import choose_member
from .words import build_words


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLPattern]:
    return [path("crm/preview-member/", choose_member, name="crm_preview_member")]


@hooks.register("register_crm_snapshot_parts")
def register_snapshot_parts() -> Iterable[SnapshotPart]:
    return [SnapshotPart("words", build_words)]
