"""Calls about mass starts: look, ask, watch, go on, abort."""

from __future__ import annotations

from typing import Final

from funnels import mass_starts
from funnels.mass_start_list import ListedMassStart, find_mass_start
from funnels.mass_start_list import mass_starts as page_of
from funnels.mass_starts import RIGHT, NewMassStart
from web.pages.api.calls import Answer, Asked, call
from web.pages.api.mass_start_shapes import MassStart, MassStartIn, MassStartLook, MassStarts, MassStartsQuery
from web.pages.api.shapes import BIGGEST_ID
from web.texts import translated

_ID: Final = f"<int(max={BIGGEST_ID}):mass_start_id>"
_SEES: Final = "records.see_all"
"""Whom a key does not see, it cannot let in."""


@call(
    "POST",
    "/mass-starts",
    "Let an audience into a funnel little by little, or only look whom that means",
    right=RIGHT,
    takes=(MassStartIn,),
    answers={201: (MassStart,), 200: (MassStartLook,)},
)
def ask_for_mass_start(asked: Asked) -> Answer:
    """Ask for a mass start; with ``dry_run`` say how many there are, and change nothing."""
    asked.by.require(_SEES)
    body: MassStartIn = asked.body
    new = NewMassStart(body.funnel, body.kind, body.condition, body.per_minute, body.sample, body.button)
    if body.dry_run:
        found = mass_starts.look(asked.work, new, by=asked.by)
        return 200, MassStartLook(audience=found.audience, first=list(found.first))
    one = mass_starts.ask(asked.work, new, by=asked.by)
    return 201, _one(asked, one.id)


@call(
    "GET",
    "/mass-starts",
    "List mass starts, the newest first",
    right=RIGHT,
    query=MassStartsQuery,
    answers={200: (MassStarts,)},
)
def list_mass_starts(asked: Asked) -> Answer:
    """Return a page of mass starts."""
    asked.by.require(_SEES)
    wanted: MassStartsQuery = asked.query
    found, following = page_of(asked.work, viewer=asked.viewer, before=wanted.before, limit=wanted.limit)
    return 200, MassStarts(mass_starts=[_told(one) for one in found], next=following or None)


@call(
    "GET", f"/mass-starts/{_ID}", "See how far a mass start is", right=RIGHT, answers={200: (MassStart,)}, refusals=(404,)
)  # fmt: skip
def read_mass_start(asked: Asked, mass_start_id: int) -> Answer:
    """Return a mass start."""
    asked.by.require(_SEES)
    return 200, _one(asked, mass_start_id)


@call(
    "POST",
    f"/mass-starts/{_ID}/go",
    "Let the others in, after the sample or a trouble",
    right=RIGHT,
    answers={200: (MassStart,)},
    refusals=(404, 409, 422),
)
def go_on_with_mass_start(asked: Asked, mass_start_id: int) -> Answer:
    """Go on with a mass start that is held."""
    asked.by.require(_SEES)
    mass_starts.go_on(asked.work, mass_start_id, by=asked.by)
    return 200, _one(asked, mass_start_id)


@call(
    "POST",
    f"/mass-starts/{_ID}/abort",
    "Let nobody in any more; who is inside stays",
    right=RIGHT,
    answers={200: (MassStart,)},
    refusals=(404, 409, 422),
)
def abort_mass_start(asked: Asked, mass_start_id: int) -> Answer:
    """Abort a mass start."""
    asked.by.require(_SEES)
    mass_starts.abort(asked.work, mass_start_id, by=asked.by)
    return 200, _one(asked, mass_start_id)


def _one(asked: Asked, mass_start_id: int) -> MassStart:
    return _told(find_mass_start(asked.work, mass_start_id, viewer=asked.viewer))


def _told(one: ListedMassStart) -> MassStart:
    start = one.start
    return MassStart(
        id=start.id,
        funnel=start.funnel,
        button=start.button,
        kind=start.kind,
        condition=start.condition,
        state=start.state,
        audience=start.audience,
        started=start.started,
        per_minute=start.per_minute,
        sample=start.sample,
        problem=translated(start.problem) if start.problem is not None else None,
        asked_by=one.asked_by or None,
        asked_at=start.asked_at,
        ended_at=start.ended_at,
    )
