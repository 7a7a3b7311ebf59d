"""The same block that reaches one person too often: looked for among the steps, after a batch is committed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select

from db.database import Database
from db.sets import in_set
from db.work import Work
from engine.document import FunnelDocument
from engine.limits import Repeated, repeated
from engine.program import Program
from engine.text import LazyText, _l
from funnels.tables import funnel, funnel_version, run, step
from funnels.words.reading import name_of
from workers.walker import Walker

_NOT_DONE = frozenset({"failed", "skipped"})
"""Ports by which a block is left that reached nobody."""


def repeats(database: Database, careful: Mapping[int, Program], walkers: Sequence[Walker]) -> dict[int, LazyText]:
    """Return the funnels that reached somebody of a batch too often with one block, and how.

    One statement for each of the ``careful`` funnels whose runs reached anybody in the batch; another where somebody was reached
    too often.  What was before the funnel was let on the last time does not count.
    """
    persons: dict[int, set[int]] = {}
    for walker in walkers:
        program = careful.get(walker.of.funnel_id)
        if program is not None and any(node in program.reaching for node, _ in walker.steps):
            persons.setdefault(walker.of.funnel_id, set()).add(walker.person_id)
    found = {}
    for funnel_id, reached in persons.items():
        with database.reading() as work:
            program = careful[funnel_id]
            worst = _worst(work, funnel_id, program, sorted(reached))
            if worst is not None:
                found[funnel_id] = _words(work, funnel_id, program, worst)
    return found


def _worst(work: Work, funnel_id: int, program: Program, persons: Sequence[int]) -> Repeated | None:
    limit = program.limits.same_effect
    assert limit is not None
    values = {"funnel": funnel_id, "persons": list(persons), "since": work.now - limit.within}
    return repeated(limit, _passed(work.rows(_STEPS, values), program))


def _passed(rows: Sequence[Row[Any]], program: Program) -> Iterator[tuple[int, int]]:
    """Yield person and node for each time that a block reached somebody."""
    for row in rows:
        for one in row.path.split():
            number, _, port = one.partition(":")
            if int(number) in program.reaching and port not in _NOT_DONE:
                yield row.person_id, int(number)


def _words(work: Work, funnel_id: int, program: Program, worst: Repeated) -> LazyText:
    limit = program.limits.same_effect
    assert limit is not None
    query = select(funnel_version.c.document).join(funnel, funnel.c.version_id == funnel_version.c.id)
    document = FunnelDocument.model_validate(work.scalar(query.where(funnel.c.id == funnel_id)))
    id_ = program.nodes[worst.node].id
    name = next((name_of(node) for node in document.nodes if node.id == id_), id_)
    return _l(
        "“{node}” reached one person {count} times within {hours} hours, and no more than {limit} are allowed",
        node=name,
        count=worst.times,
        hours=limit.within_hours,
        limit=limit.times,
    )


_STEPS = (
    select(run.c.person_id, step.c.path)
    .join(step, step.c.run_id == run.c.id)
    .join(funnel, funnel.c.id == run.c.funnel_id)
    .where(in_set(run.c.person_id, "persons"), run.c.funnel_id == bindparam("funnel"))
    .where(step.c.at > bindparam("since"), (funnel.c.state_since.is_(None)) | (step.c.at >= funnel.c.state_since))
)
"""The steps of these persons in a funnel, lately, since it was let on the last time."""
