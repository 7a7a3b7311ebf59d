"""Every effect once: as many tasks and deals of a run as it went by the blocks that make them, and an event for each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Table, func, literal_column, select

from blocks.crm_add_to_plan import AddToPlan
from blocks.task_create import TaskCreate
from crm.tables.journal import event
from crm.tables.records import deal, lead, task
from db.sets import in_set
from db.work import Work
from engine.block import Block
from engine.event import EVENT_KINDS
from engine.program import ProgramNode
from engine.text import _l
from funnels.doctoring.finding import Finding, found, named
from funnels.programs import Published, programs
from funnels.tables import FORGOTTEN, publication_run, run, step

_RUN = 2  # the kind of a packed actor
_AT_ONCE = 5000
_REPORT = _l("this should not happen: keep a copy of the database and report it")
_EARLIER = (
    select(publication_run.c.version_id)
    .where(publication_run.c.run_id == step.c.run_id, publication_run.c.fence > step.c.fence)
    .order_by(publication_run.c.fence)
    .limit(1)
    .correlate(step)
    .scalar_subquery()
)
_WALKED_ON = func.coalesce(_EARLIER, run.c.version_id).label("walked_on")
"""The version that a step was walked on: runs may have been carried to another since."""


def made(work: Work) -> list[Finding]:
    """Check tasks and deals that runs made against the blocks they went by, as far as the ways of runs are kept.

    By run where one made several of a kind: not more than it went by.  By block in sum: not fewer either, where the block always
    makes one.
    """
    walked = _walked(work)
    tasks = select(task.c.run_id, func.count()).where(task.c.run_id.is_not(None)).group_by(task.c.run_id)
    by_run = event.c.caused_by // 16
    opened = (
        select(event.c.caused_by, func.count())
        .where(event.c.kind == EVENT_KINDS["deal.created"].code, event.c.caused_by % 16 == _RUN)
        .group_by(event.c.caused_by)
    )
    several_tasks = {row[0]: row[1] for row in work.rows(tasks.having(func.count() > 1))}
    several_deals = {row[0] // 16: row[1] for row in work.rows(opened.having(func.count() > 1))}
    task_sums = (
        select(run.c.funnel_id, func.count())
        .select_from(task)
        .join(run, run.c.id == task.c.run_id)
        .where(run.c.fence != FORGOTTEN)
        .group_by(run.c.funnel_id)
    )
    deal_sums = (
        select(run.c.funnel_id, func.count())
        .select_from(event)
        .join(run, run.c.id == by_run)
        .where(event.c.kind == EVENT_KINDS["deal.created"].code, event.c.caused_by % 16 == _RUN)
        .where(run.c.fence != FORGOTTEN)
        .group_by(run.c.funnel_id)
    )
    return [
        *named(
            _too_many(work, several_tasks, TaskCreate),
            "task_twice",
            lambda count: _l("runs that made more tasks than they went by blocks that make them: {count}", count=count),
            _REPORT,
        ),
        *named(
            _too_many(work, several_deals, AddToPlan),
            "deal_twice",
            lambda count: _l(
                "runs that opened more deals than they went by blocks that open them: {count}", count=count
            ),
            _REPORT,
        ),
        *named(
            _differing(walked, TaskCreate, {row[0]: row[1] for row in work.rows(task_sums)}),
            "task_count_wrong",
            lambda count: _l("funnels whose tasks are not as many as their runs asked for: {count}", count=count),
            _REPORT,
        ),
        *named(
            _differing(walked, AddToPlan, {row[0]: row[1] for row in work.rows(deal_sums)}),
            "deal_count_wrong",
            lambda count: _l("funnels whose deals are not as many as their runs asked for: {count}", count=count),
            _REPORT,
        ),
    ]


def journalled(work: Work) -> list[Finding]:
    """Check that each lead, deal and task has exactly one event of its creation."""
    findings: list[Finding] = []
    for table, kind in ((lead, "lead.created"), (deal, "deal.created"), (task, "task.created")):
        findings += _unmatched(work, table, EVENT_KINDS[kind].code)
    return findings


def _unmatched(work: Work, table: Table, kind: int) -> list[Finding]:
    created = select(event.c.subject_id.label("id"), func.count().label("events")).where(event.c.kind == kind)
    counted = created.group_by(event.c.subject_id).subquery()
    record = select(table.c.id).outerjoin(counted, counted.c.id == table.c.id)
    ghost = select(counted.c.id).outerjoin(table, table.c.id == counted.c.id).where(table.c.id.is_(None))
    return [
        *found(
            work,
            record.where(func.coalesce(counted.c.events, 0) != 1),
            f"{table.name}_not_journalled",
            lambda count: _l(
                "{table}: records without exactly one event of their creation: {count}", table=table.name, count=count
            ),
            _REPORT,
        ),
        *found(
            work,
            ghost,
            f"{table.name}_lost",
            lambda count: _l(
                "{table}: records that the journal knows and that are not there: {count}", table=table.name, count=count
            ),
            _REPORT,
        ),
    ]


class _Walked:
    """How often all runs together left each node, by version: ``left[version][node number, port]``."""

    def __init__(self) -> None:
        self.left: dict[int, Counter[tuple[int, str]]] = defaultdict(Counter)
        self.of: dict[int, Published] = {}
        self.skipped: dict[int, int] = {}  # by hand, per funnel: they left a node that made nothing


def _walked(work: Work) -> _Walked:
    """Count by path: runs of one version go few different ways."""
    query = (
        select(_WALKED_ON, step.c.path, func.count())
        .join(run, run.c.id == step.c.run_id)
        .group_by(literal_column("walked_on"), step.c.path)
    )
    walked = _Walked()
    for version_id, path, times in work.rows(query):
        left = walked.left[version_id]
        for place in _places(path):
            left[place] += times
    walked.of = dict(programs(work, versions=list(walked.left)).by_version)
    skipped = (
        select(run.c.funnel_id, func.count())
        .select_from(event)
        .join(run, run.c.id == event.c.subject_id)
        .where(event.c.kind == EVENT_KINDS["run.repaired"].code, event.c.data.like('%"skip"%'))
        .where(run.c.fence != FORGOTTEN)
        .group_by(run.c.funnel_id)
    )
    walked.skipped = {row[0]: row[1] for row in work.rows(skipped)}
    return walked


def _differing(walked: _Walked, maker: type[Block], made_by_funnel: dict[int, int]) -> list[int]:
    """Return the funnels that made more, or fewer where each of their blocks always makes one."""
    most: Counter[int] = Counter()
    least: Counter[int] = Counter()
    for version_id, left in walked.left.items():
        of = walked.of.get(version_id)
        for node in of.program.nodes.values() if of is not None else ():
            if of is not None and isinstance(node.block, maker):
                times = left[node.number, node.main]
                most[of.funnel_id] += times
                least[of.funnel_id] += times if _always_makes(node) else 0
    return [
        funnel_id
        for funnel_id in sorted({*most, *made_by_funnel})
        if not least[funnel_id] - walked.skipped.get(funnel_id, 0)
        <= made_by_funnel.get(funnel_id, 0)
        <= most[funnel_id]
    ]


def _always_makes(node: ProgramNode) -> bool:
    """True where leaving a node by its main port means that it has made something new."""
    if node.guard is not None or node.on_error == "continue":
        return False
    block = node.block
    if isinstance(block, TaskCreate):
        return not block.unless_open
    return isinstance(block, AddToPlan) and block.if_open in ("another", "leave")


def _too_many(work: Work, made_by_run: dict[int, int], maker: type[Block]) -> list[int]:
    """Return the runs that made more than they went by blocks that make one."""
    wrong: list[int] = []
    for run_ids in _chunks(sorted(made_by_run)):
        query = (
            select(step.c.run_id, _WALKED_ON, step.c.path)
            .join(run, run.c.id == step.c.run_id)
            .where(in_set(step.c.run_id, "runs"))
        )
        rows = work.rows(query, {"runs": run_ids})
        known = programs(work, versions={row.walked_on for row in rows}).by_version
        makers = {
            version_id: {
                (node.number, node.main) for node in of.program.nodes.values() if isinstance(node.block, maker)
            }
            for version_id, of in known.items()
        }
        visits: Counter[int] = Counter()
        for row in rows:
            visits[row.run_id] += sum(place in makers[row.walked_on] for place in _places(row.path))
        kept = {row.run_id for row in rows}
        old = [run_id for run_id in run_ids if run_id not in kept]
        forgotten = select(run.c.id).where(in_set(run.c.id, "runs"), run.c.fence == FORGOTTEN)
        cleared = {row.id for row in work.rows(forgotten, {"runs": old})} if old else set()
        wrong += [run_id for run_id in run_ids if run_id not in cleared and made_by_run[run_id] > visits[run_id]]
    return wrong


def _places(path: str) -> Iterator[tuple[int, str]]:
    for part in path.split():
        number, _, port = part.partition(":")
        yield int(number), port


def _chunks(ids: Sequence[int]) -> Iterable[Sequence[Any]]:
    return (ids[at : at + _AT_ONCE] for at in range(0, len(ids), _AT_ONCE))
