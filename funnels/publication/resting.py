"""Who rests at a node that waits otherwise now: his wait counts from when he came, not from now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from blocks.catalogue import block_type
from crm.directory import directory
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.diff import difference
from engine.document import FunnelDocument
from engine.event import EVENT_KINDS
from engine.outcome import Wait
from engine.program import Program
from funnels.tables import subscription, token

_WAIT: Final = ("token_id", "person_id", "kind", "port", "about", "data")


@dataclass(frozen=True, slots=True)
class AskedAnew:
    """Nodes, by number, that are asked anew on another version.

    ``waiting`` for runs that wait, ``replaced`` for those that stand still, too: another block stands there.  At ``resting``
    ones only the settings of the block are others.
    """

    waiting: frozenset[int]
    replaced: frozenset[int]
    resting: frozenset[int]


def asked_anew(before: FunnelDocument, after: FunnelDocument, program: Program, numbers: Any) -> AskedAnew:
    """Return the nodes that are asked anew.

    Who waits for the answer to a message, or for other branches, goes on waiting; where another block stands, all are asked.
    """
    waiting, replaced, resting = set(), set(), set()
    for change in difference(before, after, block_type).changed:
        number = numbers[change.id]
        block = program.nodes[number].block
        if any(one.path == "type" for one in change.settings):
            replaced.add(number)
        elif change.is_logic and not block.sends and not block.joins:
            waiting.add(number)
            if all(one.path.startswith("config.") for one in change.settings if one.path not in ("title", "note")):
                resting.add(number)
    return AskedAnew(frozenset(waiting | replaced), frozenset(replaced), frozenset(resting))


def rest_of(work: Work, one: Any, program: Program) -> Wait | None:
    """Return what the token waits for on the new version, counted from when it came; ``None``: its node is asked anew."""
    return program.nodes[one.node].block.rest_since(one.arrived_at, work.now, directory(work).calendar)


def rest_on(work: Work, rests: Sequence[tuple[Any, Wait]]) -> None:
    """Let tokens rest where they are, each with another wait; those of a paused funnel keep theirs aside.  Three statements."""
    if not rests:
        return
    ids = [one.id for one, _ in rests]
    work.execute(subscription.delete().where(in_set(subscription.c.token_id, "tokens")), {"tokens": ids})
    moments, waits = [], []
    for one, wait in rests:
        is_held = one.held_due_at is not None
        moments.append((one.id, None if is_held else wait.until, wait.until if is_held else None))
        waits += [
            (
                one.id,
                one.person_id,
                EVENT_KINDS[on.kind].code,
                on.port,
                on.about,
                dumps(dict(on.where)) if on.where else None,
            )
            for on in wait.events
        ]
    work.update(token, ("id",), ("due_at", "held_due_at"), moments)
    work.insert(subscription, _WAIT, waits)
