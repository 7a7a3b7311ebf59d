"""Calls about mass actions: look, ask, watch, go on, abort, take back."""

from __future__ import annotations

from typing import Any, Final, cast

from funnels.mass import asking
from funnels.mass.action import RIGHT
from funnels.mass.actions import read_action
from funnels.mass.asking import NewMassAction
from funnels.mass.listing import ListedMassAction, find_mass_action, results
from funnels.mass.listing import mass_actions as page_of
from funnels.mass.looking import glance
from web.pages.api.calls import Answer, Asked, call
from web.pages.api.mass_action_shapes import (
    MassAction,
    MassActionIn,
    MassActionLook,
    MassActionRecord,
    MassActionRecords,
    MassActionRecordsQuery,
    MassActions,
    MassActionsQuery,
    Outcome,
)
from web.pages.api.shapes import BIGGEST_ID
from web.texts import translated

_ID: Final = f"<int(max={BIGGEST_ID}):mass_action_id>"
_SEES: Final = "records.see_all"
"""What a key does not see, it cannot change."""


@call(
    "POST",
    "/mass-actions",
    "Do one thing to many leads or deals, or only look whom that means",
    right=RIGHT,
    takes=(MassActionIn,),
    answers={201: (MassAction,), 200: (MassActionLook,)},
)
def ask_for_mass_action(asked: Asked) -> Answer:
    """Ask for a mass action; with ``dry_run`` say how many there are, and change nothing."""
    asked.by.require(_SEES)
    body: MassActionIn = asked.body
    chosen = tuple(sorted(set(body.ids))) if body.ids is not None else None
    new = NewMassAction(body.kind, read_action(body.action), chosen, body.condition)
    if body.dry_run:
        found = glance(asked.work, new, by=asked.by)
        return 200, MassActionLook(audience=found.audience, unseen=found.unseen, first=list(found.first))
    one = asking.ask(asked.work, new, by=asked.by)
    return 201, _one(asked, one.id)


@call(
    "GET",
    "/mass-actions",
    "List mass actions, the newest first",
    right=RIGHT,
    query=MassActionsQuery,
    answers={200: (MassActions,)},
)
def list_mass_actions(asked: Asked) -> Answer:
    """Return a page of mass actions."""
    asked.by.require(_SEES)
    wanted: MassActionsQuery = asked.query
    found, following = page_of(asked.work, viewer=asked.viewer, before=wanted.before, limit=wanted.limit)
    return 200, MassActions(mass_actions=[_told(one) for one in found], next=following or None)


@call(
    "GET", f"/mass-actions/{_ID}", "See how far a mass action is", right=RIGHT, answers={200: (MassAction,)}, refusals=(404,)
)  # fmt: skip
def read_mass_action(asked: Asked, mass_action_id: int) -> Answer:
    """Return a mass action."""
    asked.by.require(_SEES)
    return 200, _one(asked, mass_action_id)


@call(
    "GET",
    f"/mass-actions/{_ID}/records",
    "See what became of each record",
    right=RIGHT,
    query=MassActionRecordsQuery,
    answers={200: (MassActionRecords,)},
    refusals=(404,),
)
def list_mass_action_records(asked: Asked, mass_action_id: int) -> Answer:
    """Return a page of what became of the records."""
    asked.by.require(_SEES)
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


@call(
    "POST",
    f"/mass-actions/{_ID}/go",
    "Go on after a trouble",
    right=RIGHT,
    answers={200: (MassAction,)},
    refusals=(404, 409, 422),
)
def go_on_with_mass_action(asked: Asked, mass_action_id: int) -> Answer:
    """Go on with a mass action that is held."""
    asked.by.require(_SEES)
    asking.go_on(asked.work, mass_action_id, by=asked.by)
    return 200, _one(asked, mass_action_id)


@call(
    "POST",
    f"/mass-actions/{_ID}/abort",
    "Do nothing more; what is done stays",
    right=RIGHT,
    answers={200: (MassAction,)},
    refusals=(404, 409, 422),
)
def abort_mass_action(asked: Asked, mass_action_id: int) -> Answer:
    """Abort a mass action."""
    asked.by.require(_SEES)
    asking.abort(asked.work, mass_action_id, by=asked.by)
    return 200, _one(asked, mass_action_id)


@call(
    "POST",
    f"/mass-actions/{_ID}/undo",
    "Take it back where nothing has changed since",
    right=RIGHT,
    answers={200: (MassAction,)},
    refusals=(404, 409, 422),
)
def undo_mass_action(asked: Asked, mass_action_id: int) -> Answer:
    """Ask for a mass action to be taken back."""
    asked.by.require(_SEES)
    asking.undo(asked.work, mass_action_id, by=asked.by)
    return 200, _one(asked, mass_action_id)


def _one(asked: Asked, mass_action_id: int) -> MassAction:
    return _told(find_mass_action(asked.work, mass_action_id, viewer=asked.viewer))


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
