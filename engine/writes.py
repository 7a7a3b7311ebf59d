"""What blocks write that others may write too, and the events that follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

What = Literal["stage", "owner", "field", "tag"]


@dataclass(frozen=True, slots=True)
class Write:
    """Something of a record that a block writes.

    ``of`` is the record (``lead``, ``deal``), or for a stage the plan, empty where the deal may be on any.  ``key`` is the field,
    the tag or the stage; empty for an owner.  ``takes_off`` is True for a tag that is taken off.
    """

    what: What
    of: str
    key: str = ""
    takes_off: bool = False


@dataclass(frozen=True, slots=True)
class Caused:
    """An event about a deal that may follow: its kind, and what is known of its data; a value of ``None`` may be any."""

    kind: str
    data: Mapping[str, str | None]
