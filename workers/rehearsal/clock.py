"""A clock that stands still until somebody sets it forward."""

from __future__ import annotations

from datetime import datetime


class VirtualClock:
    """Shows the moment it was set to; it never goes back."""

    def __init__(self, at: datetime) -> None:
        self.now = at

    def __call__(self) -> datetime:
        """Read it."""
        return self.now

    def forward_to(self, moment: datetime) -> None:
        """Set it forward; what has passed already leaves it as it is."""
        self.now = max(self.now, moment)
