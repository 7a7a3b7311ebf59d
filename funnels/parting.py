"""Take merges back together with what they did to runs: while nothing has changed since, everything stands as it did before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Table, select, update

from crm.access.actor import Actor
from crm.fields.changes import TABLES
from crm.journal import LANES
from crm.people.images import Change, Images, Watched, changes_between, images_of, still_stands, turn_back
from crm.people.parting import (
    Call,
    Touched,
    calls_of,
    changed_since,
    free_names,
    keep_merges,
    note_parted,
    reach,
    recount,
    refusals,
)
from crm.people.twins import TwinKind
from crm.tables.journal import event, inbox
from db.sets import in_set
from db.work import Work
from engine.request import DONE, Result
from engine.text import _l
from funnels.lanes import lock_lanes
from funnels.repair import MovedCounts
from funnels.tables import outbox, refusal, run, subscription, token

_ENDED: Final = 10
_TABLES: Final[Mapping[str, Table]] = {
    table.name: table for table in (event, run, token, subscription, refusal, outbox)
}
_OF_PERSON: Final = [
    Watched(event, in_set(event.c.person_id, "persons"), ("person_id",)),
    Watched(run, in_set(run.c.person_id, "persons")),
    Watched(token, in_set(token.c.person_id, "persons")),
    Watched(subscription, in_set(subscription.c.person_id, "persons")),
    Watched(refusal, in_set(refusal.c.person_id, "persons"), ("person_id",)),
    Watched(outbox, in_set(outbox.c.person_id, "persons"), ("person_id", "lane", "state")),
]


def lock_persons(work: Work, persons: Sequence[int]) -> None:
    """Let no worker be with these persons until the end of the transaction."""
    lock_lanes(work, persons)
    if work.is_sqlite:
        work.database.upheavals += 1  # a worker of this process that begins after this commits looks again


def standing(work: Work, touched: Touched) -> Images:
    """Return all that a merge may touch, as it stands.  A fixed number of statements."""
    return images_of(work, [*reach(work), *_OF_PERSON], touched)


def keep(work: Work, pairs: Sequence[tuple[TwinKind, int, int]], touched: Touched, before: Images) -> None:
    """Keep what merges have changed since ``before``; what the journal has new is its own."""
    changed = changes_between(before, standing(work, touched))
    changed["event"] = [one for one in changed.get("event", ()) if one.before is not None]
    keep_merges(work, pairs, touched, {name: several for name, several in changed.items() if several})


def part(work: Work, ids: Sequence[int], *, by: Actor) -> list[Result]:
    """Take merges back; one answer each: ``done``, ``changed`` (something has since), ``undone``, ``no_record``, ``not_yours``.

    All rows stand as before the merge, runs too; what is due for them is done then.  Statements do not grow with what was merged,
    but with the number of merges.
    """
    calls = calls_of(work, sorted(set(ids)))
    lock_persons(work, sorted({one for call in calls.values() for one in call.touched["persons"]}))
    refused = refusals(work, list(calls.values()), by)
    answers: dict[int, Result] = {}
    for call in calls.values():
        answers[call.id] = refused.get(call.id) or _part(work, call, by)
    if any(answer.code == DONE for answer in answers.values()):
        work.after_commit(work.database.poke)
    return [answers.get(id_, Result("no_record", (id_,), detail=_l("there is no such merge"))) for id_ in ids]


def _part(work: Work, call: Call, by: Actor) -> Result:
    now = standing(work, call.touched)
    tables = {**_TABLES, **{one.table.name: one.table for one in reach(work)}}
    changed = call.changes(tables)
    if not still_stands(changed, now):
        return changed_since(call)
    recount(work, changed.get("deal", ()), now)
    free_names(work, changed.get("company", ()))
    turn_back(work, changed, tables)
    _move_inbox(work, [one.key[0] for one in changed.get("event", ())])
    _count_back(work, changed, now)
    note_parted(work, call, _persons(work, call), by)
    return Result(DONE, (call.id,))


def _move_inbox(work: Work, event_ids: list[int]) -> None:
    """Let events that wait stand in the lanes of their persons again.  One statement."""
    whose = select(event.c.person_id % LANES).where(event.c.id == inbox.c.event_id).scalar_subquery()
    moved = update(inbox).where(in_set(inbox.c.event_id, "events"))
    work.execute(moved.values(lane=whose), {"events": event_ids})


def _count_back(work: Work, changed: Mapping[str, Sequence[Change]], now: Images) -> None:
    """Let runs that the merge ended be counted where they are again."""
    counts = MovedCounts()
    runs: Mapping[Any, Any] = now["run"]
    for one in changed.get("run", ()):
        if one.before and one.after and one.before.get("status", _ENDED) < _ENDED <= one.after.get("status", 0):
            counts.left[runs[one.key]["funnel_id"], 0] -= 1
    for one in changed.get("token", ()):
        if one.before is not None and one.after is None:
            counts.left[runs[one.before["run_id"],]["funnel_id"], one.before["node"]] -= 1
    counts.write(work)


def _persons(work: Work, call: Call) -> dict[tuple[TwinKind, int], int]:
    found: dict[tuple[TwinKind, int], int] = {}
    for kind in sorted({pair[0] for pair in call.pairs} - {"company"}):
        table = TABLES[kind]
        ids = [id_ for one, *pair in call.pairs if one == kind for id_ in pair]
        rows = work.rows(select(table.c.id, table.c.person_id).where(in_set(table.c.id, "ids")), {"ids": ids})
        found.update({(kind, row.id): row.person_id for row in rows})
    return found
