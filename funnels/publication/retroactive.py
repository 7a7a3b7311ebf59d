"""Those who match a trigger already when it is published: how many there are, and how they are let in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from blocks.trigger_deal_won import DealWon
from blocks.trigger_lead_created import LeadCreated
from blocks.trigger_manual_start import ManualStart
from blocks.trigger_stage_entered import StageEntered
from crm.access.actor import Actor
from crm.errors import InvalidError, NotAllowedError
from db.work import Work
from engine.block import Trigger
from engine.document import Edge, FunnelDocument, Layout, Node
from funnels.jobs import RIGHT
from funnels.listing import ROBOTS
from funnels.mass_starts import MassStart, NewMassStart, ask, count
from funnels.publication.plan import Plan
from funnels.starting import RIGHTS, Kind
from funnels.words.reading import block_of, name_of

Plain = dict[str, Any]
_BESIDE: Final = 150.0
"""How far below its trigger the one for those who match already is drawn."""


@dataclass(frozen=True, slots=True)
class Match:
    """A new or changed trigger, and how many leads or deals it would apply to now; ``condition`` finds them."""

    node: str
    name: str
    kind: Kind
    condition: Plain | None
    count: int


@dataclass(frozen=True, slots=True)
class Wish:
    """Those who match a trigger shall start: so many a minute, a ``sample`` first (0: none)."""

    node: str
    per_minute: int
    sample: int


def matching(work: Work, plan: Plan, *, by: Actor) -> tuple[Match, ...]:
    """Return the triggers that come with the plan and apply to somebody already, as far as the actor may start them.

    One query for each such trigger.  A trigger that asks how something came about, or for more than the record knows, has none.
    """
    if plan.key.startswith(ROBOTS) or RIGHT not in by.rights:
        return ()
    found = []
    for name in plan.difference.triggers:
        node = next((one for one in plan.document.nodes if one.id == name), None)
        whom = _whom(node) if node is not None else None
        if node is None or whom is None or _target(plan.document, name) is None:
            continue
        kind, condition = whom
        if RIGHTS[kind] in by.rights:
            try:
                number = count(work, NewMassStart(plan.key, kind, condition), by=by)
            except (InvalidError, NotAllowedError):  # it asks for what only an event knows
                continue
            if number:
                found.append(Match(name, name_of(node), kind, condition, number))
    return tuple(found)


def with_buttons(
    document: FunnelDocument, nodes: Iterable[str], label: str, *, keeps_condition: bool = True
) -> tuple[FunnelDocument, dict[str, str]]:
    """Return the document with a trigger “Started by hand” beside each of these, and the labels of their buttons.

    One that leads to the same node already, under the same condition or none, is used as it is.  The condition of the trigger is
    that of its button, too, where ``keeps_condition``.
    """
    labels: dict[str, str] = {}
    for name in nodes:
        node = next(one for one in document.nodes if one.id == name)
        target = _target(document, name)
        assert target is not None
        there = next((one for one in document.nodes if _is_button_for(document, one, node, target)), None)
        if there is not None:
            block = block_of(there)
            assert isinstance(block, ManualStart)
            labels[name] = block.label
            continue
        labels[name] = _free(
            label, {block.label for block in map(block_of, document.nodes) if isinstance(block, ManualStart)}
        )
        document = _with_button(document, node, target, labels[name], keeps_condition=keeps_condition)
    return document, labels


def start_matching(
    work: Work, key: str, matches: Sequence[Match], wishes: Sequence[Wish], labels: dict[str, str], *, by: Actor
) -> list[MassStart]:
    """Ask for the mass starts, once the version with their buttons is published.

    Raises:
        InvalidError: a rate or a sample cannot be, or the very same is under way.
        NotAllowedError: the actor may not start many.
    """
    of = {one.node: one for one in matches}
    return [
        ask(
            work,
            NewMassStart(key, of[one.node].kind, of[one.node].condition, one.per_minute, one.sample, labels[one.node]),
            by=by,
        )
        for one in wishes
    ]


def _whom(node: Node) -> tuple[Kind, Plain | None] | None:
    """Return which records a trigger would apply to now, as a plain condition; ``None`` where only an event can tell."""
    block = block_of(node)
    parts: list[Plain] = []
    kind: Kind
    match block:
        case LeadCreated() if not block.origins:
            kind = "lead"
            parts += _among("lead.source", block.sources) + _among("lead.channel", block.channels)
        case StageEntered() if not block.origins:
            kind = "deal"
            parts += _among("deal.plan", {block.plan}) + _among("deal.stage", block.stages)
            parts += [] if block.stages else _among("deal.state", {"open"})
        case DealWon():
            kind = "deal"
            parts += _among("deal.state", {"won"}) + _among("deal.plan", {block.plan} - {None})  # type: ignore[arg-type]  # no None
            parts += _among("deal.currency", {block.currency} - {None})  # type: ignore[arg-type]  # no None
            if block.amount_at_least is not None:
                parts.append({"op": "greater_or_equal", "field": "deal.amount", "value": block.amount_at_least})
        case _:
            return None
    if node.condition is not None:
        parts.append(node.condition.model_dump(mode="json", by_alias=True, exclude_defaults=True))
    return kind, parts[0] if len(parts) == 1 else {"op": "all", "of": parts} if parts else None


def _among(field: str, values: Iterable[str]) -> list[Plain]:
    several = sorted(values)
    if len(several) == 1:
        return [{"op": "is", "field": field, "value": several[0]}]
    return [{"op": "in", "field": field, "values": several}] if several else []


def _target(document: FunnelDocument, name: str) -> str | None:
    return next((edge.target for edge in document.edges if edge.source == name and edge.port == "next"), None)


def _is_button_for(document: FunnelDocument, one: Node, trigger: Node, target: str) -> bool:
    block = block_of(one)
    return (
        isinstance(block, ManualStart)
        and _target(document, one.id) == target
        and (one.condition == trigger.condition or one.condition is None)
    )


def _free(label: str, taken: set[str]) -> str:
    return next(
        one for one in (label, *(f"{label} {number}" for number in range(2, len(taken) + 3))) if one not in taken
    )


def _with_button(
    document: FunnelDocument, trigger: Node, target: str, label: str, *, keeps_condition: bool
) -> FunnelDocument:
    block = block_of(trigger)
    assert isinstance(block, Trigger)
    taken = {one.id for one in document.nodes}
    id_ = _free(f"{trigger.id}_already", taken)
    config: Plain = {"label": label, "enrolment": block.enrolment}
    if block.cooldown is not None:
        config["cooldown"] = block.cooldown.model_dump(mode="json", exclude_defaults=True)
    layout = trigger.layout
    node = Node(
        id=id_.replace(" ", "_"),
        type=ManualStart.key,
        config=config,
        condition=trigger.condition if keeps_condition else None,
        layout=Layout(x=layout.x, y=layout.y + _BESIDE) if layout is not None else None,
    )
    edge = Edge.model_validate({"from": node.id, "port": "next", "to": target})
    return document.model_copy(update={"nodes": (*document.nodes, node), "edges": (*document.edges, edge)})
