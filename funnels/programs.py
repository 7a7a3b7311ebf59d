"""Programs ready to run: those of published versions by the events that start them, older ones as runs need them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog
from pydantic import ValidationError
from sqlalchemy import select

from blocks.catalogue import block_type
from crm.directory import directory
from db.sets import in_set
from db.work import Work
from engine.block import Trigger
from engine.document import FunnelDocument
from engine.event import EVENT_KINDS
from engine.program import Program, ProgramNode, build
from engine.standing import Arrival
from funnels.tables import funnel, funnel_version
from voronka_error import VoronkaError

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Published:
    """A version ready to run."""

    funnel_id: int
    version_id: int
    program: Program


@dataclass(frozen=True, slots=True)
class Start:
    """A trigger of a published version; the plan, form or webhook, and the stages it is meant for (``None`` and none: any).

    ``narrows`` names what ``only`` is the key of.  ``closed`` is the state of a funnel that lets nobody in at present: whoever
    would have started is refused for it.
    """

    of: Published
    node: ProgramNode
    only: str | None
    stages: frozenset[str]
    narrows: str = "plan"
    closed: str = ""
    trigger: Trigger = field(init=False)
    steps: tuple[tuple[int, str], ...] = field(init=False)
    """The step of the trigger, with which each run begins."""
    arrivals: tuple[Arrival, ...] = field(init=False)
    """Where it goes on from there."""

    def __post_init__(self) -> None:
        node = self.node
        assert isinstance(node.block, Trigger)
        first = node.exits.get(node.main)
        object.__setattr__(self, "trigger", node.block)
        object.__setattr__(self, "steps", ((node.number, node.main),))
        object.__setattr__(self, "arrivals", (Arrival(first),) if first is not None else ())


@dataclass(slots=True)
class Programs:
    """All programs of one state of the settings.  ``by_kind`` gives the triggers for the code of an event's kind.

    ``zone`` is the company's: in it the days of their conditions begin.  ``broken`` are versions that cannot be read any more (a
    block is gone), and why: they start nothing, and their runs are parked.  ``halted`` are funnels whose runs walk no further:
    the paused and the stopped ones.
    """

    version: int
    zone: str
    by_version: dict[int, Published] = field(default_factory=dict)
    by_kind: dict[int, tuple[Start, ...]] = field(default_factory=dict)
    broken: dict[int, str] = field(default_factory=dict)
    keys: Mapping[int, str] = field(default_factory=dict)
    halted: frozenset[int] = frozenset()


def programs(work: Work, *, versions: Iterable[int] = ()) -> Programs:
    """Return the programs, with those of ``versions`` (older ones that runs are on) among them.

    No query while the settings stay as they are and all versions are known.
    """
    stamp = directory(work).version
    found: Programs | None = work.database.cache.get("programs")
    if found is None or found.version != stamp:
        found = _read(work, stamp, found)
        if not work.memo.get("settings_changed"):
            work.database.cache["programs"] = found
    missing = sorted({one for one in versions if one not in found.by_version and one not in found.broken})
    if missing:
        _load(work, found, missing)
    return found


_LISTENING: Final = frozenset({"published", "paused", "draining"})
"""States in which a funnel's triggers are asked; only a published one lets anybody in."""


def _read(work: Work, stamp: int, before: Programs | None) -> Programs:
    rows = work.rows(select(funnel.c.id, funnel.c.key, funnel.c.version_id, funnel.c.state).order_by(funnel.c.id))
    fresh = Programs(
        stamp,
        directory(work).calendar.zone,
        keys={row.id: row.key for row in rows},
        halted=frozenset(row.id for row in rows if row.state in ("paused", "stopped")),
    )
    if before is not None and before.zone == fresh.zone:
        fresh.by_version = dict(before.by_version)  # a version never changes
    wanted = {row.version_id: row.state for row in rows if row.state in _LISTENING and row.version_id is not None}
    missing = [one for one in wanted if one not in fresh.by_version]
    if missing:
        _load(work, fresh, missing)
    starts: dict[int, list[Start]] = defaultdict(list)
    for version_id, state in wanted.items():
        if version_id not in fresh.by_version:
            log.error("version_broken", version_id=version_id, error=fresh.broken[version_id])
            continue
        published = fresh.by_version[version_id]
        for node in published.program.triggers:
            assert isinstance(node.block, Trigger)
            only, stages = node.block.only, getattr(node.block, "stages", None) or ()
            for kind in sorted(node.block.kinds):
                closed = "" if state == "published" else state
                starts[EVENT_KINDS[kind].code].append(
                    Start(published, node, only, frozenset(stages), node.block.narrows, closed)
                )
    fresh.by_kind = {kind: tuple(several) for kind, several in starts.items()}
    return fresh


def _load(work: Work, into: Programs, version_ids: Iterable[int]) -> None:
    query = select(
        funnel_version.c.id, funnel_version.c.funnel_id, funnel_version.c.document, funnel_version.c.numbers
    ).where(in_set(funnel_version.c.id, "ids"))
    for row in work.rows(query, {"ids": list(version_ids)}):
        try:
            program = build(FunnelDocument.model_validate(row.document), row.numbers, block_type, zone=into.zone)
        except (VoronkaError, ValidationError) as wrong:
            into.broken[row.id] = str(wrong)
            continue
        into.by_version[row.id] = Published(row.funnel_id, row.id, program)
