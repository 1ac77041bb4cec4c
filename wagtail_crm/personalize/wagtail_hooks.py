from collections.abc import Iterable

from wagtail import hooks

from wagtail_crm.tracking.snapshots import SnapshotPart

from .words import build_words


@hooks.register("register_crm_snapshot_parts")
def register_snapshot_parts() -> Iterable[SnapshotPart]:
    return [SnapshotPart("words", build_words)]
