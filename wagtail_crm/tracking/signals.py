"""Facts about the log, sent after commit."""

from django.dispatch import Signal

# Events are in the log. Argument: events (tuple of NewEvent, with members resolved).
# Sent at least once: a worker that dies between commit and acknowledgement tells it again,
# so receivers key what they do on event.id.
events_recorded = Signal()

# What browsers did before they had a name belongs to a member now.
# Arguments: visitor_id (UUID), member_id (int), kinds (set of str).
visitor_linked = Signal()

# What a browser did counts no more, or again: it was judged to be a machine, or no machine.
# Arguments: visitor_id (UUID), member_id (int) whose events they are, 0 for nobody's, kinds (set
# of str). Sent for each of them.
visitor_judged = Signal()

# The browser said no: what is known of it elsewhere goes too. Argument: visitor_id (UUID).
visitor_forgotten = Signal()

# It was somebody else: what the browser's owner got with it is theirs no more. Same arguments.
visitor_unlinked = Signal()
