"""Compare what came of a story with what was to be true at its end; each difference in words, with what was seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import select

from crm.directory import directory
from crm.tables.records import record_tag
from crm.tables.settings import tag
from engine.document import FunnelDocument
from engine.story import DealThen, FunnelTest, SentThen, TaskThen, Then, moment_of
from engine.text import LazyText, _l
from workers.rehearsal import Walk, World
from workers.rehearsal.walks import Deal, Sent, Task


def failures(world: World, document: FunnelDocument, test: FunnelTest) -> tuple[LazyText, ...]:
    """Return what is not as the test says, in the order in which it says it; none where all is."""
    walks = [one for one in world.walks() if one.funnel == document.key]
    return (*_unknown(document, test.then), *_ways(walks, test.then), *_things(world, document, test.then))


def passed(world: World, document: FunnelDocument) -> tuple[str, ...]:
    """Return the nodes that were passed, in order, and those where somebody rests."""
    walks = [one for one in world.walks() if one.funnel == document.key]
    return tuple(node for walk in walks for node in (*walk.nodes, *(one.node for one in walk.rests)))


def _unknown(document: FunnelDocument, then: Then) -> Iterator[LazyText]:
    """Name the nodes that the funnel does not have: they were renamed or removed."""
    known = {node.id for node in document.nodes}
    named = [*then.went_through, *then.not_through, *(then.rests_at or ()), *then.no_task_from, *then.not_sent_from]
    named += [one.from_ for one in then.tasks if one.from_ is not None]
    named += [one.from_ for one in then.sent if one.from_ is not None]
    for node in dict.fromkeys(named):
        if node not in known:
            yield _l("the funnel has no node “{node}”", node=node)


def _ways(walks: Sequence[Walk], then: Then) -> Iterator[LazyText]:
    for walk in walks:
        if walk.state == "parked" and not {one.node for one in walk.rests} & set(then.rests_at or ()):
            where = ", ".join(one.node for one in walk.rests)
            why = str((walk.error or {}).get("message", ""))
            yield _l("somebody stands still at “{node}”: {why}", node=where, why=why)
    if then.started is not None and then.started != bool(walks):
        yield _l("nobody came in") if then.started else _l("somebody came in")
    went = [node for walk in walks for node in walk.nodes]
    if then.went_through and not any(_in_order(then.went_through, walk.nodes) for walk in walks):
        seen = " → ".join(went) or "–"
        yield _l("the way is {seen}, and not through {wanted}", seen=seen, wanted=" → ".join(then.went_through))
    for node in then.not_through:
        if node in went:
            yield _l("“{node}” was passed", node=node)
    if then.rests_at is not None:
        rests = sorted({one.node for walk in walks for one in walk.rests})
        if rests != sorted(set(then.rests_at)):
            wanted = ", ".join(then.rests_at) or "–"
            yield _l("somebody rests at {seen}, and not at {wanted}", seen=", ".join(rests) or "–", wanted=wanted)
    if then.ended is not None:
        is_over = bool(walks) and all(walk.state == "ended" for walk in walks)
        if is_over != then.ended:
            yield _l("somebody is still inside, or nobody came in") if then.ended else _l("all have come to the end")


def _in_order(wanted: Sequence[str], seen: Sequence[str]) -> bool:
    left = iter(seen)
    return all(node in left for node in wanted)


def _things(world: World, document: FunnelDocument, then: Then) -> Iterator[LazyText]:
    if then.deal is not None:
        yield from _deal(world.deals(), then.deal)
    tasks = world.tasks()
    with world.work() as work:
        zone = ZoneInfo(directory(work).calendar.zone)
        tags = {row.name for row in work.rows(select(tag.c.name).join(record_tag, record_tag.c.tag_id == tag.c.id))}
    for wanted in then.tasks:
        if not any(_is_task(one, wanted, document.key, zone) for one in tasks):
            seen = "; ".join(_task_words(one, zone) for one in tasks) or "–"
            yield _l("there is no such task ({wanted}); there are: {seen}", wanted=_wanted(wanted), seen=seen)
    for node in then.no_task_from:
        if any(one.made_by == f"{document.key}/{node}" for one in tasks):
            yield _l("“{node}” made a task", node=node)
    sent = [one for one in world.messages() if one.channel != "http"]
    for letter in then.sent:
        if not any(_is_sent(one, letter) for one in sent):
            seen = (
                "; ".join(f"{one.node}: {one.payload.get('to')}, {one.payload.get('subject')}" for one in sent) or "–"
            )
            yield _l("no such message was sent ({wanted}); there are: {seen}", wanted=_wanted(letter), seen=seen)
    for node in then.not_sent_from:
        if any(one.node == node for one in sent):
            yield _l("“{node}” sent a message", node=node)
    missing = [one for one in then.tags if one not in tags]
    if missing:
        yield _l("there is no tag {tags}", tags=", ".join(missing))


def _deal(deals: Sequence[Deal], wanted: DealThen) -> Iterator[LazyText]:
    there = [one for one in deals if wanted.plan in (None, one.plan)]
    if not there:
        yield _l("there is no deal on the plan “{plan}”", plan=wanted.plan) if wanted.plan else _l("there is no deal")
        return
    last = there[-1]
    for name in ("stage", "owner", "amount"):
        value, seen = getattr(wanted, name), getattr(last, name)
        if value is not None and value != seen:
            yield _l("the deal's {what} is {seen}, and not {wanted}", what=_NAMES[name], seen=seen or "–", wanted=value)


_NAMES = {"stage": _l("stage"), "owner": _l("manager"), "amount": _l("amount")}


def _is_task(one: Task, wanted: TaskThen, funnel: str, zone: ZoneInfo) -> bool:
    return (
        wanted.from_ in (None, (one.made_by or "").removeprefix(f"{funnel}/"))
        and (wanted.name is None or wanted.name in one.title)
        and wanted.to in (None, one.responsible)
        and (wanted.due is None or (one.due_at is not None and _shown(one, zone) == moment_of(wanted.due).isoformat()))
        and (wanted.done is None or wanted.done != one.is_open)
    )


def _shown(one: Task, zone: ZoneInfo) -> str:
    """Return when a task is due by the company's clock, to the minute."""
    if one.due_at is None:
        return ""
    return one.due_at.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0).isoformat()


def _task_words(one: Task, zone: ZoneInfo) -> str:
    node = (one.made_by or "").rpartition("/")[2]
    due = _shown(one, zone)[:16].replace("T", " ")
    return ", ".join(part for part in (node, f"“{one.title}”", one.responsible or "", due) if part)


def _is_sent(one: Sent, wanted: SentThen) -> bool:
    words = f"{one.payload.get('subject', '')}\n{one.payload.get('text', '')}"
    return (
        wanted.from_ in (None, one.node)
        and wanted.to in (None, one.payload.get("to"))
        and (wanted.says is None or wanted.says in words)
    )


def _wanted(wanted: TaskThen | SentThen) -> str:
    plain = wanted.model_dump(mode="json", by_alias=True, exclude_none=True)
    return ", ".join(f"{name}: {value}" for name, value in plain.items())
