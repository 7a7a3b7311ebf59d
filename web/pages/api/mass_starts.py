"""Calls about mass starts: look, ask, and what all jobs have."""

from __future__ import annotations

from typing import Final

from funnels import mass_starts
from funnels.jobs import RIGHT
from funnels.mass.start_listing import ListedMassStart, find_mass_start
from funnels.mass.start_listing import mass_starts as page_of
from funnels.mass_starts import NewMassStart
from web.pages.api.calls import Answer, Asked, call
from web.pages.api.jobs import SEES, Change, JobCalls
from web.pages.api.mass_start_shapes import MassStart, MassStartIn, MassStartLook, MassStarts
from web.texts import translated


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


_CALLS: Final = JobCalls(
    "/mass-starts",
    "mass_start_id",
    ("mass start", "mass starts"),
    MassStart,
    MassStarts,
    lambda found, following: MassStarts(mass_starts=found, next=following),
    find_mass_start,
    page_of,
    _told,
)


@call(
    "POST",
    _CALLS.path,
    "Let an audience into a funnel little by little, or only look whom that means",
    right=RIGHT,
    takes=(MassStartIn,),
    answers={201: (MassStart,), 200: (MassStartLook,)},
)
def ask_for_mass_start(asked: Asked) -> Answer:
    """Ask for a mass start; with ``dry_run`` say how many there are, and change nothing."""
    asked.by.require(SEES)
    body: MassStartIn = asked.body
    chosen = tuple(body.ids) if body.ids is not None else None
    new = NewMassStart(body.funnel, body.kind, body.condition, body.per_minute, body.sample, body.button, chosen)
    if body.dry_run:
        found = mass_starts.look(asked.work, new, by=asked.by)
        return 200, MassStartLook(audience=found.audience, first=list(found.first))
    return 201, _CALLS.answer(asked, mass_starts.ask(asked.work, new, by=asked.by).id)


_CALLS.declare(
    (
        Change(
            "go",
            "go_on_with_mass_start",
            "Let the others in: after the sample, a trouble, or where it was aborted",
            mass_starts.go_on,
        ),
        Change("abort", "abort_mass_start", "Let nobody in any more; who is inside stays", mass_starts.abort),
    )
)
