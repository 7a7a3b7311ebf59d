"""What the calls about mass actions take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field

from funnels.audiences import MOST_CHOSEN
from funnels.mass.actions import ACTIONS
from web.pages.api.shapes import BIGGEST_ID, Answered, Id, Taken

Outcome = Literal["done", "skipped", "failed", "undone", "kept"]


class MassActionIn(Taken):
    """What is to be done to whom: to the records in `ids`, or to all for which a condition holds."""

    kind: Literal["lead", "deal"] = Field(description="Which records; a key needs the right to edit them")
    action: dict[str, Any] = Field(
        description=f"What is done, with `action`: {', '.join(f'`{key}`' for key in ACTIONS)}"
    )
    ids: list[Id] | None = Field(None, min_length=1, max_length=MOST_CHOSEN, description="Only these")
    condition: dict[str, Any] | None = Field(None, description="The condition, as funnels write it; without it all")
    dry_run: bool = Field(False, description="Only say how many there are, and who is first")


class MassActionRecordsQuery(Taken):
    """Which records of a mass action."""

    model_config = ConfigDict(extra="forbid", strict=False, frozen=True)

    outcome: Outcome | None = Field(None, description="Only those of which this became")
    after: int = Field(0, ge=0, le=BIGGEST_ID, description="Only with ids above; `next` of the page before")
    limit: int = Field(200, ge=1, le=1000, description="How many at most")


class MassActionLook(Answered):
    """Whom it is about: how many, the names of the first, and how many of those in `ids` are not there."""

    audience: int
    unseen: int
    first: list[str]


class MassAction(Answered):
    """A mass action: how far it is, and what became of the records.  `problem` says why it is held."""

    id: int
    kind: Literal["lead", "deal"]
    action: dict[str, Any]
    condition: dict[str, Any] | None
    state: Literal["running", "held", "aborted", "finished", "undoing", "undone"]
    audience: int
    done: int
    skipped: int
    failed: int
    undone: int
    kept: int
    problem: str | None
    asked_by: str | None
    asked_at: datetime
    ended_at: datetime | None


class MassActions(Answered):
    """A page of mass actions, the newest first; ``next`` is the ``before`` of the next page, null on the last."""

    mass_actions: list[MassAction]
    next: int | None


class MassActionRecord(Answered):
    """What became of one record, and why where it was not done or not taken back."""

    id: int
    outcome: Outcome
    reason: str | None


class MassActionRecords(Answered):
    """A page of records, by id; ``next`` is the ``after`` of the next page, null on the last."""

    records: list[MassActionRecord]
    next: int | None
