"""Not asking a server again that failed a moment ago, so that no page waits for it."""

import time

# Seconds for which a server that failed is left alone.
REST_AFTER_FAILURE = 5.0


class Breaker:
    """Remembers for a few seconds, in this process, that something failed."""

    def __init__(self) -> None:
        self._until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the server is to be left alone."""
        return time.monotonic() < self._until

    def trip(self) -> None:
        """It failed: leave it alone from now on."""
        self._until = time.monotonic() + REST_AFTER_FAILURE

    def reset(self) -> None:
        """Ask it again at once."""
        self._until = 0.0
