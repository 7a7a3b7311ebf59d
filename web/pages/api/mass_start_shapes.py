"""What the calls about mass starts take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from funnels.audiences import MOST_CHOSEN
from funnels.mass_starts import MOST_IN_SAMPLE, MOST_PER_MINUTE
from web.pages.api.shapes import Answered, Id, Taken


class MassStartIn(Taken):
    """Whom to let in where: the records in `ids`, or all for which a condition holds, through the trigger Started by hand."""

    funnel: str = Field(min_length=1, max_length=200, description="The key of a published funnel")
    kind: Literal["lead", "deal"] = Field("lead", description="Which records; a key needs the right to edit them")
    condition: dict[str, Any] | None = Field(None, description="The condition, as funnels write it; without it all")
    ids: list[Id] | None = Field(None, min_length=1, max_length=MOST_CHOSEN, description="Only these")
    per_minute: int = Field(6000, ge=1, le=MOST_PER_MINUTE, description="How many a minute at most")
    sample: int = Field(0, ge=0, le=MOST_IN_SAMPLE, description="Let so many in first, then wait for `go`")
    button: str | None = Field(None, max_length=200, description="Which button, where the funnel has several")
    dry_run: bool = Field(False, description="Only say how many there are, and who would be first")


class MassStartLook(Answered):
    """Whom it would let in now: how many, and the names of those who would be first."""

    audience: int
    first: list[str]


class MassStart(Answered):
    """A mass start: `started` of `audience` are let in.  `problem` says why it is held, where not for the sample."""

    id: int
    funnel: str
    button: str
    kind: Literal["lead", "deal"]
    condition: dict[str, Any] | None
    state: Literal["sampling", "held", "running", "aborted", "finished"]
    audience: int
    started: int
    per_minute: int
    sample: int
    problem: str | None
    asked_by: str | None
    asked_at: datetime
    ended_at: datetime | None


class MassStarts(Answered):
    """A page of mass starts, the newest first; ``next`` is the ``before`` of the next page, null on the last."""

    mass_starts: list[MassStart]
    next: int | None
