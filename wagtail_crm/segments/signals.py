"""Facts about who is in which segment, sent after commit."""

from django.dispatch import Signal

# Arguments of both: segment_id (int), member_ids (set of int).
segment_entered = Signal()
segment_left = Signal()
