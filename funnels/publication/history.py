"""Publications: each is written down with what was chosen for those inside, and the last can be taken back once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, exists, func, null, or_, select

from crm.access.actor import Actor
from crm.journal import LANES
from db.sets import in_set
from db.types import dumps
from db.work import Work
from funnels.publication.choices_for_people import Choices
from funnels.repair import MovedCounts, note_repair
from funnels.tables import publication, publication_place, publication_run, run, subscription, token

_ENDED, _CANCELLED = 10, 11
_PLACE = ("publication_id", "node", "choice", "target", "per_hour", "is_over")
_TOKEN = (
    "id", "run_id", "person_id", "lane", "node", "arrived_at", "due_at", "held_due_at", "is_arriving",
)  # fmt: skip
_WAIT = ("token_id", "person_id", "kind", "port", "about", "data")
_RUN = ("version_id", "status", "outcome", "enrol_key", "error", "attempts", "state", "fence", "ended_at")


def note_publication(
    work: Work, row: Row[Any], version_id: int, numbers: Mapping[str, int], choices: Choices, *, by: Actor
) -> int:
    """Write down that a version of a funnel was published, and what was chosen; returns the publication's id.

    What those inside were before the publication before is forgotten: it can be taken back no more.
    """
    older = select(publication.c.id).where(publication.c.funnel_id == row.id)
    work.execute(
        publication_run.update()
        .where(publication_run.c.publication_id.in_(older), publication_run.c.before.is_not(None))
        .values(before=null())
    )
    [publication_id] = work.ids("publication", 1)
    work.execute(
        publication.insert().values(
            id=publication_id,
            funnel_id=row.id,
            version_id=version_id,
            before_id=row.version_id,
            state_before=row.state,
            published_at=work.now,
            published_by=by.packed,
        )
    )
    places = [
        (publication_id, numbers[node], one.kind, numbers.get(one.node), one.per_hour or None, False)
        for node, one in sorted(choices.by_node.items())
        if one.kind != "stay"
    ]
    work.insert(publication_place, _PLACE, places)
    return publication_id


def last_publication(work: Work, funnel_id: int) -> Row[Any] | None:
    """Return the last publication of a funnel; ``None`` where it was never published."""
    query = select(publication).where(publication.c.funnel_id == funnel_id).order_by(publication.c.id.desc()).limit(1)
    rows = work.rows(query)
    return rows[0] if rows else None


def moved_on(publication_id: int, version_id: int) -> ColumnElement[int]:
    """Return how many runs a publication cannot be taken back for: who came on the version, or went on since he was carried."""
    carried = exists().where(
        publication_run.c.run_id == run.c.id,
        publication_run.c.publication_id == publication_id,
        publication_run.c.fence == run.c.fence,
    )
    touched = exists().where(publication_run.c.run_id == run.c.id, publication_run.c.publication_id == publication_id)
    of_it = or_(run.c.version_id == version_id, touched)
    return select(func.count()).select_from(run).where(of_it, ~carried).scalar_subquery()


def put_back(work: Work, publication_id: int, *, by: Actor) -> int:
    """Put the runs that a publication carried back to where they stood; returns how many.  A fixed number of statements."""
    query = (
        select(publication_run.c.before, run)
        .join(run, run.c.id == publication_run.c.run_id)
        .where(publication_run.c.publication_id == publication_id)
        .order_by(run.c.id)
        .with_for_update(of=run)
    )
    rows = work.rows(query)
    there = select(token.c.id, token.c.run_id, token.c.node).where(in_set(token.c.run_id, "runs"))
    gone = work.rows(there, {"runs": [row.id for row in rows]})
    work.execute(
        subscription.delete().where(in_set(subscription.c.token_id, "tokens")), {"tokens": [one.id for one in gone]}
    )
    work.delete(token, ("id",), [(one.id,) for one in gone])
    counts = MovedCounts()
    funnel_of = {row.id: row.funnel_id for row in rows}
    known = {one["id"] for row in rows for one in row.before["tokens"]}
    present = {one.id for one in gone}
    for one in gone:
        counts.entered[funnel_of[one.run_id], one.node] -= one.id not in known
    tokens, waits, runs = [], [], []
    for row in rows:
        note_repair(work, row, {"how": "put_back"}, by)
        before = row.before
        if row.status >= _ENDED:
            counts.left[row.funnel_id, 0] -= 1
        for one in before["tokens"]:
            counts.left[row.funnel_id, one["node"]] -= one["id"] not in present
            tokens.append(_token(work, row, one))
            waits += [
                (one["id"], row.person_id, kind, port, about, dumps(data) if data is not None else None)
                for kind, port, about, data in one["waits"]
            ]
        kept = before["run"]
        runs.append((row.id, *(kept[name] for name in _RUN[:-2]), row.fence + 1, None))
    work.insert(token, _TOKEN, tokens)
    work.insert(subscription, _WAIT, waits)
    work.update(run, ("id",), _RUN, runs)
    counts.write(work)
    work.execute(publication_run.delete().where(publication_run.c.publication_id == publication_id))
    return len(rows)


def _token(work: Work, row: Any, kept: Mapping[str, Any]) -> Sequence[Any]:
    moments = [work.stored(datetime.fromisoformat(kept[name])) if kept[name] else None for name in _TOKEN[5:8]]
    return (kept["id"], row.id, row.person_id, row.person_id % LANES, kept["node"], *moments, kept["is_arriving"])
