"""Which segments members are in, for the snapshot that pages read."""

from collections.abc import Sequence

from .models import Membership


def build_segment_ids(member_ids: Sequence[int]) -> dict[int, list[int]]:
    """Ids of the live segments of each member."""
    segments: dict[int, list[int]] = {member: [] for member in member_ids}
    rows = Membership.objects.of_members(member_ids).of_live_segments()
    for member, segment in rows.values_list("member_id", "segment_id"):
        segments[member].append(segment)
    return segments
