"""Calls about mass actions: look, ask, what became of records, and what all jobs have, with taking back."""

from __future__ import annotations

from typing import Any, Final, cast

from funnels.jobs import RIGHT
from funnels.mass import asking
from funnels.mass.actions import read_action
from funnels.mass.asking import NewMassAction
from funnels.mass.listing import ListedMassAction, find_mass_action, mass_actions, results
from funnels.mass.looking import glance
from web.pages.api.calls import Answer, Asked, call
from web.pages.api.jobs import SEES, Change, JobCalls
from web.pages.api.mass_action_shapes import (
    MassAction,
    MassActionIn,
    MassActionLook,
    MassActionRecord,
    MassActionRecords,
    MassActionRecordsQuery,
    MassActions,
    Outcome,
)
from web.texts import translated


def _told(listed: ListedMassAction) -> MassAction:
    one = listed.one
    given: dict[str, Any] = one.action.model_dump(mode="json")
    return MassAction(
        id=one.id,
        kind=one.kind,
        action=given,
        condition=one.condition,
        state=one.state,
        audience=one.audience,
        done=one.done,
        skipped=one.skipped,
        failed=one.failed,
        undone=one.undone,
        kept=one.kept,
        problem=translated(one.problem) if one.problem is not None else None,
        asked_by=listed.asked_by or None,
        asked_at=one.asked_at,
        ended_at=one.ended_at,
    )


_CALLS: Final = JobCalls(
    "/mass-actions",
    "mass_action_id",
    ("mass action", "mass actions"),
    MassAction,
    MassActions,
    lambda found, following: MassActions(mass_actions=found, next=following),
    find_mass_action,
    mass_actions,
    _told,
)


@call(
    "POST",
    _CALLS.path,
    "Do one thing to many leads or deals, or only look whom that means",
    right=RIGHT,
    takes=(MassActionIn,),
    answers={201: (MassAction,), 200: (MassActionLook,)},
)
def ask_for_mass_action(asked: Asked) -> Answer:
    """Ask for a mass action; with ``dry_run`` say how many there are, and change nothing."""
    asked.by.require(SEES)
    body: MassActionIn = asked.body
    chosen = tuple(sorted(set(body.ids))) if body.ids is not None else None
    new = NewMassAction(body.kind, read_action(body.action), chosen, body.condition)
    if body.dry_run:
        found = glance(asked.work, new, by=asked.by)
        return 200, MassActionLook(audience=found.audience, unseen=found.unseen, first=list(found.first))
    return 201, _CALLS.answer(asked, asking.ask(asked.work, new, by=asked.by).id)


@call(
    "GET",
    f"{_CALLS.one}/records",
    "See what became of each record",
    right=RIGHT,
    query=MassActionRecordsQuery,
    answers={200: (MassActionRecords,)},
    refusals=(404,),
)
def list_mass_action_records(asked: Asked, mass_action_id: int) -> Answer:
    """Return a page of what became of the records."""
    asked.by.require(SEES)
    wanted: MassActionRecordsQuery = asked.query
    one = find_mass_action(asked.work, mass_action_id, viewer=asked.viewer).one
    found, following = results(
        asked.work, one, viewer=asked.viewer, outcome=wanted.outcome or "", after=wanted.after, limit=wanted.limit
    )
    records = [
        MassActionRecord(id=each.about.id, outcome=cast(Outcome, each.outcome), reason=translated(each.words) or None)
        for each in found
    ]
    return 200, MassActionRecords(records=records, next=following or None)


_CALLS.declare(
    (
        Change("go", "go_on_with_mass_action", "Go on after a trouble, or where it was aborted", asking.go_on),
        Change("abort", "abort_mass_action", "Do nothing more; what is done stays", asking.abort),
        Change("undo", "undo_mass_action", "Take it back where nothing has changed since", asking.undo),
    )
)
