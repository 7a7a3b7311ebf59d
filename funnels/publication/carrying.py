"""Runs are carried from one version of their funnel to another, or elsewhere, as was chosen for where they stand."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, select

from crm.access.actor import Actor
from crm.journal import LANES
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.block import Trigger
from engine.document import FunnelDocument
from engine.outcome import Wait
from engine.program import Program
from funnels.publication.choices_for_people import STAY, Choice, ChoiceKind, Choices
from funnels.publication.resting import AskedAnew, asked_anew, rest_of, rest_on
from funnels.repair import OF_PLACES, TOKEN_COLUMNS, MovedCounts, end, note_repair, state_with, take_off
from funnels.tables import funnel_version, publication_run, run, subscription, token

LIVE: Final = (1, 2)
"""Runs that wait and those that stand still with an error; who is in the archive stays as he is."""
_WAITING, _PARKED = LIVE
_RUN: Final = ("version_id", "status", "outcome", "enrol_key", "error", "attempts", "state")
_COLUMNS: Final = ("run_id", "fence", "publication_id", "version_id", "before")
_BY_NODE: Final = ("happened", "visits", "joined")


@dataclass(frozen=True, slots=True)
class Target:
    """The version that runs are carried to."""

    publication_id: int
    version_id: int
    document: FunnelDocument
    program: Program
    numbers: Mapping[str, int]

    def place(self, node: str) -> int | None:
        """Return the number of a node where a run may stand."""
        number = self.numbers.get(node)
        found = self.program.nodes.get(number) if number is not None else None
        return number if found is not None and not isinstance(found.block, Trigger) else None


def standing(work: Work, funnel_id: int, version_id: int) -> Sequence[Row[Any]]:
    """Return the runs inside a funnel that are on other versions than this one, locked, by id."""
    query = select(run).where(run.c.funnel_id == funnel_id, run.c.status.in_(LIVE), run.c.version_id != version_id)
    return work.rows(query.order_by(run.c.id).with_for_update())


def carry(work: Work, rows: Sequence[Row[Any]], to: Target, choices: Choices, *, by: Actor) -> Counter[ChoiceKind]:
    """Do with each of these locked runs what was chosen for where it stands; returns how many followed, were moved, let out.

    A run in several branches is carried only where the same was chosen for all its places.  What it was before is kept.  A fixed
    number of statements.
    """
    tokens = _tokens(work, rows)
    chosen = {row.id: _choice(tokens[row.id], to, choices) for row in rows}
    going = [row for row in rows if chosen[row.id].kind in ("follow", "move", "exit")]
    if not going:
        return Counter()
    waits = _waits(work, [one.id for row in going for one in tokens[row.id]])
    kept = [
        (row.id, row.fence + 1, to.publication_id, row.version_id, dumps(_before(row, tokens[row.id], waits)))
        for row in going
    ]
    work.insert(publication_run, _COLUMNS, kept)
    by_kind: dict[ChoiceKind, list[Row[Any]]] = defaultdict(list)
    for row in going:
        by_kind[chosen[row.id].kind].append(row)
    _follow(work, by_kind["follow"], tokens, to, by)
    _move(work, by_kind["move"], {row.id: chosen[row.id].node for row in by_kind["move"]}, to, by)
    end(work, [row.id for row in by_kind["exit"]], by=by)
    return Counter({kind: len(several) for kind, several in by_kind.items() if several})


def _choice(tokens: Sequence[Any], to: Target, choices: Choices) -> Choice:
    """Return what becomes of a run: what was chosen for all its places, where it can be done."""
    names = {number: name for name, number in to.numbers.items()}
    wanted = {choices.by_node.get(names.get(one.node, ""), choices.others) for one in tokens}
    choice = wanted.pop() if len(wanted) == 1 else STAY
    if choice.kind == "follow" and any(to.place(names.get(one.node, "")) is None for one in tokens):
        return STAY
    return choice


def _tokens(work: Work, rows: Sequence[Row[Any]]) -> Mapping[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    query = select(token).where(in_set(token.c.run_id, "runs")).order_by(token.c.id)
    for one in work.rows(query, {"runs": [row.id for row in rows]}):
        found[one.run_id].append(one)
    return found


def _waits(work: Work, token_ids: Sequence[int]) -> Mapping[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    query = select(subscription).where(in_set(subscription.c.token_id, "tokens")).order_by(subscription.c.id)
    for one in work.rows(query, {"tokens": list(token_ids)}):
        found[one.token_id].append(one)
    return found


def _before(row: Row[Any], tokens: Sequence[Any], waits: Mapping[int, Sequence[Any]]) -> dict[str, Any]:
    return {
        "run": {name: getattr(row, name) for name in _RUN},
        "tokens": [
            {
                "id": one.id,
                "node": one.node,
                "arrived_at": one.arrived_at.isoformat(),
                "due_at": one.due_at.isoformat() if one.due_at else None,
                "held_due_at": one.held_due_at.isoformat() if one.held_due_at else None,
                "is_arriving": one.is_arriving,
                "waits": [[wait.kind, wait.port, wait.about, wait.data] for wait in waits.get(one.id, ())],
            }
            for one in tokens
        ],
    }


def _follow(work: Work, rows: Sequence[Row[Any]], tokens: Mapping[int, Sequence[Any]], to: Target, by: Actor) -> None:
    """Put runs on the new version, each where it is.

    A wait that is another now counts from when somebody came; any other node that does something else now is asked anew.
    """
    if not rows:
        return
    anew = _asked_anew(work, {row.version_id for row in rows}, to)
    again: list[Any] = []
    rests: list[tuple[Any, Wait]] = []
    for row in rows:
        of = anew[row.version_id]
        asked = of.replaced if row.status == _PARKED else of.waiting
        for one in tokens[row.id]:
            if one.node in asked and not one.is_arriving:
                rest = rest_of(work, one, to.program) if one.node in of.resting else None
                if rest is None:
                    again.append(one)
                else:
                    rests.append((one, rest))
    rest_on(work, rests)
    work.execute(
        subscription.delete().where(in_set(subscription.c.token_id, "tokens")), {"tokens": [one.id for one in again]}
    )
    parked = {row.id for row in rows if row.status == _PARKED}
    columns = ("due_at", "held_due_at", "is_arriving")
    moments = [(one.id, None if one.run_id in parked else work.now, None, True) for one in again]
    work.update(token, ("id",), columns, moments)
    changes = []
    for row in rows:
        note_repair(work, row, {"how": "follow"}, by)
        changes.append((row.id, to.version_id, row.fence + 1, state_with(row, _forgotten(row, to))))
    work.update(run, ("id",), ("version_id", "fence", "state"), changes)


def _forgotten(row: Row[Any], to: Target) -> dict[str, Any]:
    """Return what changes in a run's memory, so that it holds only what the new version knows of."""
    state = json.loads(row.state or "{}")
    changes: dict[str, Any] = {
        part: {node: value for node, value in state[part].items() if int(node) in to.program.nodes} or None
        for part in _BY_NODE
        if part in state
    }
    if not any(isinstance(one.block, Trigger) and one.block.enrolment == "once" for one in to.program.triggers):
        changes["once"] = None
    return changes


def _asked_anew(work: Work, versions: set[int], to: Target) -> Mapping[int, AskedAnew]:
    """Return for each old version the nodes that are asked anew."""
    query = select(funnel_version.c.id, funnel_version.c.document).where(in_set(funnel_version.c.id, "ids"))
    return {
        row.id: asked_anew(FunnelDocument.model_validate(row.document), to.document, to.program, to.numbers)
        for row in work.rows(query, {"ids": sorted(versions)})
    }


def _move(work: Work, rows: Sequence[Row[Any]], nodes: Mapping[int, str], to: Target, by: Actor) -> None:
    """Put runs on a node of the new version; all their tokens leave."""
    if not rows:
        return
    counts: MovedCounts = take_off(work, rows)
    places, changes = [], []
    for row, token_id in zip(rows, work.ids("token", len(rows)), strict=True):
        number = to.numbers[nodes[row.id]]
        places.append((token_id, row.id, row.person_id, row.person_id % LANES, number, work.now, work.now, True))
        counts.entered[row.funnel_id, number] += 1
        note_repair(work, row, {"how": "move", "node": nodes[row.id]}, by)
        state = state_with(row, {**_forgotten(row, to), **dict.fromkeys(OF_PLACES)})
        changes.append((row.id, to.version_id, _WAITING, None, 0, row.fence + 1, state))
    work.insert(token, TOKEN_COLUMNS, places)
    counts.write(work)
    work.update(run, ("id",), ("version_id", "status", "error", "attempts", "fence", "state"), changes)
