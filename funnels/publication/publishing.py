"""Funnels and their versions: save a draft, check it, publish it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, func, select

from blocks.catalogue import block_type
from crm.access.actor import Actor
from crm.directory import directory
from crm.records.tags import ensure_tags
from crm.settings.change import clean_text
from crm.settings.change import note as note_change
from crm.tables.journal import event_watch
from crm.tables.records import task
from db.work import Work
from engine.block import Trigger
from engine.checks import check
from engine.document import FunnelDocument
from engine.event import EVENT_KINDS
from engine.program import Program, build
from engine.publish_problem import PublishProblem, error, in_order
from engine.setting import references
from engine.text import _l
from funnels.draft_versions import draft_changed
from funnels.errors import FunnelNotFoundError, NotPublishableError
from funnels.known import Installation
from funnels.numbering import number
from funnels.publication.carrying import Target, carry, standing
from funnels.publication.choices_for_people import ALL_STAY, ChoiceKind, Choices, require_possible
from funnels.publication.history import note_publication
from funnels.robot_chains import EXISTING
from funnels.states import lock_runs
from funnels.stories.asking import problem_of_tests
from funnels.tables import funnel, funnel_version, run

_EXISTING_SETTING: Final = "existing_per_hour"


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """A funnel in the list: its state, its published version's number (0: none), and how many runs are inside or parked."""

    key: str
    name: str
    state: str
    version: int
    changed_at: datetime
    waiting: int
    parked: int


def save_draft(work: Work, document: FunnelDocument, *, by: Actor) -> int:
    """Keep a document as the draft of its funnel, made where the key is new; returns the funnel's id.

    What is published goes on as it is until ``publish``.
    """
    by.require("funnels.edit")
    plain = document.plain()
    row = _find(work, document.key, locked=True)
    if row is not None:
        changes = {"name": document.name, "draft": plain, "changed_at": work.now, "version": row.version + 1}
        work.execute(funnel.update().where(funnel.c.id == row.id).values(**changes))
        draft_changed(work, [row.id], by)
        return int(row.id)
    [funnel_id] = work.ids("funnel", 1)
    work.execute(
        funnel.insert().values(
            id=funnel_id,
            key=document.key,
            name=document.name,
            state="draft",
            draft=plain,
            numbers={},
            changed_at=work.now,
            version=1,
        )
    )
    draft_changed(work, [funnel_id], by)
    return funnel_id


def draft(work: Work, key: str) -> FunnelDocument:
    """Return the draft of a funnel.

    Raises:
        FunnelNotFoundError: there is no such funnel.
    """
    row = _find(work, key)
    if row is None:
        raise FunnelNotFoundError(key)
    return FunnelDocument.model_validate(row.draft)


def problems(work: Work, document: FunnelDocument) -> tuple[PublishProblem, ...]:
    """Return what the publish checks find, errors first."""
    found = check(document, block_type, Installation(directory(work)))
    return in_order((*found, *_existing(document)), [node.id for node in document.nodes])


def _existing(document: FunnelDocument) -> Iterator[PublishProblem]:
    """Refuse triggers that shall also take those who match now: robots of a stage alone have the way in for these."""
    if any(node.id == EXISTING for node in document.nodes):
        return
    message = _l(
        "only robots of a stage take those who match already: leave this empty, publish, and let them in by a mass start, "
        "through the trigger “Started by hand”"
    )
    for node in document.nodes:
        if node.config.get(_EXISTING_SETTING) is not None:
            yield error("existing_only_for_robots", node.id, _EXISTING_SETTING, message)


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing came to: the version's number, and how many of those inside followed, were moved, let out."""

    number: int
    carried: Counter[ChoiceKind]


def publish(work: Work, key: str, *, by: Actor, despite_tests: bool = False) -> int:
    """Publish the draft as the next version and return its number; the same draft again is the same version.

    Runs that are under way stay on their version.  A paused funnel stays paused; a draining or stopped one lets people in again.

    Raises:
        FunnelNotFoundError: there is no such funnel.
        NotPublishableError: the checks found errors; nothing changed.
    """
    return publish_as_planned(work, key, ALL_STAY, by=by, despite_tests=despite_tests).number


def publish_as_planned(
    work: Work, key: str, choices: Choices, *, by: Actor, note: str = "", despite_tests: bool = False
) -> Published:
    """Do what ``publish`` does, and with those inside what was chosen for where they stand; ``note`` says what changed and why.

    What only makes sense for another version is refused, and so is a draft whose tests fail or were not run, unless it shall be
    published ``despite_tests``: the journal says so.  Where the draft is published already, those on older versions are
    carried to it.

    Raises:
        ChoiceError: a choice cannot be made; nothing changed.
        FunnelNotFoundError, NotPublishableError: as ``publish``.
    """
    by.require("funnels.publish")
    if choices:
        lock_runs(work, [key])  # before the funnel, as workers do
    row = _find(work, key, locked=True)
    if row is None:
        raise FunnelNotFoundError(key)
    document = FunnelDocument.model_validate(row.draft)
    found = problems(work, document)
    if any(one.severity == "error" for one in found):
        raise NotPublishableError(key, [one for one in found if one.severity == "error"])
    last = work.rows(
        select(funnel_version.c.id, funnel_version.c.number, funnel_version.c.document)
        .where(funnel_version.c.funnel_id == row.id)
        .order_by(funnel_version.c.number.desc())
        .limit(1)
    )
    is_same = last and last[0].id == row.version_id and last[0].document == row.draft
    is_open = row.state in ("published", "paused")
    if is_same and is_open and not choices:
        return Published(int(last[0].number), Counter())
    untested = None if is_same else problem_of_tests(work, document)
    if untested is not None and not despite_tests:
        raise NotPublishableError(key, [untested])
    numbers = number(row.numbers, document)
    program = build(document, numbers, block_type)
    require_possible(document, program, numbers, choices)
    if is_same and is_open:
        version_id, version_number = int(last[0].id), int(last[0].number)
    else:
        ensure_tags(work, sorted(_tags(program)))
        [version_id] = work.ids("funnel_version", 1)
        version_number = int(last[0].number) + 1 if last else 1
        work.execute(
            funnel_version.insert().values(
                id=version_id,
                funnel_id=row.id,
                number=version_number,
                document=row.draft,
                numbers=dict(numbers),
                logic_hash=document.logic_hash(),
                published_at=work.now,
                published_by=by.packed,
                note=clean_text(note, _l("The note")) or None,
            )
        )
        state = "paused" if row.state == "paused" else "published"
        changes = {"state": state, "version_id": version_id, "numbers": dict(numbers), "changed_at": work.now}
        if state == "published":
            changes |= {"state_since": work.now, "tripped": None}
        work.execute(funnel.update().where(funnel.c.id == row.id).values(version=row.version + 1, **changes))
        watch(work, row.id, program)
    publication_id = note_publication(work, row, version_id, numbers, choices, by=by)
    carried: Counter[ChoiceKind] = Counter()
    if choices:
        to = Target(publication_id, version_id, document, program, numbers)
        carried = carry(work, standing(work, row.id, version_id), to, choices, by=by)
    more = {"version": version_number, **({"carried": dict(carried)} if carried else {})}
    if untested is not None:
        more["despite_tests"] = True
    note_change(work, "funnel", key, "published", row.id, by, more)
    return Published(version_number, carried)


def funnels(work: Work) -> tuple[FunnelRow, ...]:
    """Return all funnels by key, with how many runs wait or are parked in each.  Two queries."""
    counts: dict[tuple[int, int], int] = {
        (row.funnel_id, row.status): row.runs
        for row in work.rows(
            select(run.c.funnel_id, run.c.status, func.count().label("runs"))
            .where(run.c.status < 10)
            .group_by(run.c.funnel_id, run.c.status)
        )
    }
    rows = work.rows(
        select(funnel, funnel_version.c.number)
        .outerjoin(funnel_version, funnel_version.c.id == funnel.c.version_id)
        .order_by(funnel.c.key)
    )
    return tuple(
        FunnelRow(
            row.key,
            row.name,
            row.state,
            row.number or 0,
            row.changed_at,
            counts.get((row.id, 1), 0),
            counts.get((row.id, 2), 0),
        )
        for row in rows
    )


def _find(work: Work, key: str, *, locked: bool = False) -> Row[Any] | None:
    query = select(funnel).where(funnel.c.key == key)
    rows = work.rows(query.with_for_update() if locked else query)
    return rows[0] if rows else None


def _tags(program: Program) -> set[str]:
    """Return the names of the tags that a program's blocks put on or take off."""
    return {found.key for node in program.nodes.values() for found in references(node.block) if found.kind == "tag"}


def watch(work: Work, funnel_id: int, program: Program | None) -> None:
    """Note which kinds of events the funnel looks at, so that the journal hands them over; of no program, none.

    Kinds that an earlier version's waits look at stay while runs of it are under way, or tasks count on them.
    """
    watched = {(EVENT_KINDS[kind].code, "") for kind in awaited_kinds(program)} if program is not None else set()
    for node in program.triggers if program is not None else ():
        if isinstance(node.block, Trigger):
            watched |= {(EVENT_KINDS[kind].code, node.block.only or "") for kind in node.block.kinds}
    old_runs = select(run.c.id).where(run.c.funnel_id == funnel_id, run.c.status < 10).limit(1)
    has_runs = bool(work.rows(old_runs))
    counted_on = {row.awaits for row in work.rows(select(task.c.awaits).where(task.c.awaits.is_not(None)).distinct())}
    rows = work.rows(select(event_watch.c.kind, event_watch.c.plan).where(event_watch.c.funnel_id == funnel_id))
    kept = {(row.kind, row.plan) for row in rows if has_runs or row.kind in counted_on}
    work.execute(event_watch.delete().where(event_watch.c.funnel_id == funnel_id))
    columns = ("funnel_id", "kind", "plan")
    work.insert(event_watch, columns, [(funnel_id, kind, plan) for kind, plan in sorted(watched | kept)])


def awaited_kinds(program: Program) -> frozenset[str]:
    """Return the kinds of events that end waits of the program."""
    return frozenset(kind for node in program.nodes.values() for kind in node.block.awaits())
