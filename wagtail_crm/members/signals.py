"""Facts about people, sent after commit. Receivers must stand being told twice."""

from django.dispatch import Signal

# A person entered the list. Arguments: member.
member_created = Signal()

# Something about people changed. Arguments: member_ids (set of int), fields (set of str:
# model fields, "attributes.<key>", "tags", "consent.<purpose>").
member_changed = Signal()

# An account was confirmed and belongs to the member now. Arguments: member.
member_registered = Signal()

# The member left. Arguments: member, user_id (the account that was theirs, or None).
member_withdrawn = Signal()

# The member answered a request for consent. Arguments: member, record (ConsentRecord).
consent_changed = Signal()
