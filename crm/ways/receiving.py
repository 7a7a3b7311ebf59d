"""Something comes to a webhook: it is recognised, read by the webhook's mapping, and told to funnels; once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal

from sqlalchemy import func, select

from crm.access.actor import RIGHTS, Actor, ActorKind
from crm.directory import directory
from crm.importing.values import CellProblem, parse_boolean
from crm.journal import cause_of, journal
from crm.people.identity import Identity
from crm.people.persons import persons_of
from crm.tables.ways import webhook_delivery
from crm.ways.given import GivenLead, Taken, Wrong, check_values, is_text, take_leads
from crm.ways.kinds import Mapped, Webhook
from crm.ways.repeats import keep, reserve
from crm.ways.webhooks import SHOWN
from db.types import dumps
from db.work import Work
from engine.text import LazyText, _l

MOST_BYTES: Final = 256 * 1024
KEPT_PAYLOADS: Final = 5
KEPT_CHARACTERS: Final = 20_000
MOST_LEAVES: Final = 400
DEEPEST: Final = 12
LONGEST_TOLD: Final = 200
SAME_ID: Final = timedelta(hours=24)
SAME_CONTENT: Final = timedelta(minutes=10)
"""How long a delivery is recognised by its id, and one without an id by its content."""
_IDENTITIES: Final[tuple[Literal["phone", "email"], ...]] = ("phone", "email")
_COLUMNS: Final = ("id", "webhook_id", "received_at", "lead_id", "payload", "problems")


@dataclass(frozen=True, slots=True)
class Came:
    """What came: the payload as JSON has it, how it is recognised again, and for how long."""

    payload: Any
    mark: str
    within: timedelta = SAME_CONTENT


@dataclass(frozen=True, slots=True)
class Received:
    """What became of it: the id of the delivery; ``repeated`` where it had come before."""

    code: Literal["received", "repeated"]
    delivery_id: int
    lead_id: int | None


def receive(work: Work, webhook: Webhook, items: Sequence[Came]) -> list[Received]:
    """Take what came to a webhook; one answer per item, in order.

    Lead, events and the mark against repeats are one transaction.  A value that does not fit is left out, and the delivery says
    so: nothing is lost for a mistyped phone.  The number of statements does not grow with the number of items.
    """
    scope = f"webhook:{webhook.id}"
    first = {item.mark: number for number, item in reversed(list(enumerate(items)))}
    known = reserve(work, scope, dict.fromkeys(first, ""), within=max((item.within for item in items), default=SAME_ID))
    new = [number for mark, number in first.items() if mark not in known]
    read = [_read(webhook, flat(items[number].payload)) for number in new]
    leads, persons = _record(work, webhook, read)
    ids = work.ids("webhook_delivery", len(new))
    answers = {mark: Received("repeated", kept.answer[0], kept.answer[1]) for mark, kept in known.items()}
    fresh: dict[int, Received] = {}
    rows, notes, by = [], journal(work), _actor(webhook)
    for place, (number, one, delivery_id) in enumerate(zip(new, read, ids, strict=True)):
        lead_id = leads[place].lead_id if leads else None
        data: dict[str, object] = {"webhook": webhook.key, **one.told}
        if lead_id:
            data |= {"target": "lead", "id": lead_id}
        notes.add("webhook.received", persons[place], persons[place], data, cause_of(by), plan=webhook.key)
        wrong = (*one.wrong, *(leads[place].wrong if leads else ()))
        problems = [(_path_of(webhook, each.where), each.words.msgid, dict(each.words.params)) for each in wrong]
        at, told = work.stored(work.now), dumps(problems) if problems else None
        rows.append((delivery_id, webhook.id, at, lead_id or None, _sample(items[number].payload), told))
        fresh[number] = Received("received", delivery_id, lead_id or None)
        answers[items[number].mark] = Received("repeated", delivery_id, lead_id or None)
    work.insert(webhook_delivery, _COLUMNS, rows)
    keep(work, scope, [(items[number].mark, 202, [one.delivery_id, one.lead_id]) for number, one in fresh.items()])
    if rows:
        _forget(work, webhook)
    return [fresh.get(number) or answers[item.mark] for number, item in enumerate(items)]


def flat(payload: object) -> dict[str, object]:
    """Return the values of a payload by path (``order.items.0.name``): at most 400, at most 12 levels deep."""
    found: dict[str, object] = {}
    for path, value in _leaves(payload, (), 0):
        if len(found) >= MOST_LEAVES:
            break
        found.setdefault(path, value)
    return found


def _sample(payload: object) -> str:
    """Return what is kept of a payload: the beginnings of its values, by path."""
    kept: dict[str, object] = {}
    size = 0
    for path, value in flat(payload).items():
        shown = value[:LONGEST_TOLD] if isinstance(value, str) else value
        size += len(path) + len(str(shown))
        if size > KEPT_CHARACTERS:
            break
        kept[path] = shown
    return dumps(kept)


def _leaves(value: object, path: tuple[str, ...], depth: int) -> Iterator[tuple[str, object]]:
    if depth > DEEPEST:
        return
    match value:
        case dict():
            for key, inside in value.items():
                yield from _leaves(inside, (*path, str(key)), depth + 1)
        case list():
            for number, inside in enumerate(value[:MOST_LEAVES]):
                yield from _leaves(inside, (*path, str(number)), depth + 1)
        case _:
            yield ".".join(path) or "value", value


@dataclass(frozen=True, slots=True)
class _Read:
    """What a payload says: about the lead, and for conditions."""

    lead: Mapping[str, object]
    told: Mapping[str, object]
    wrong: tuple[Wrong, ...]


def _read(webhook: Webhook, values: Mapping[str, object]) -> _Read:
    lead: dict[str, object] = {}
    told: dict[str, object] = {}
    wrong: list[Wrong] = []
    for one in webhook.mapping:
        value = values.get(one.path)
        if value is None or value == "":
            continue
        if not one.target.startswith("value."):
            lead[one.target] = _in_words(value) if not one.target.startswith("field.") else value
            continue
        kept = _told(one, value)
        if isinstance(kept, LazyText):
            wrong.append(Wrong(one.target, kept))
        else:
            told[one.target] = kept
    return _Read(lead, told, tuple(wrong))


def _in_words(value: object) -> str:
    """Return a value as a text: ``True`` and whole numbers as JSON writes them."""
    return value if isinstance(value, str) else json.dumps(value)


def _told(one: Mapped, value: object) -> object:
    """Return a value for conditions, as the kind that was chosen, or why it cannot be."""
    match one.kind:
        case "number":
            try:
                number = float(str(value).replace(",", "."))
            except ValueError:
                number = float("nan")
            if isinstance(value, bool) or not abs(number) < 2**53:
                return _l("“{value}” is no number", value=str(value)[:60])
            return int(number) if number.is_integer() else number
        case "bool":
            truth = value if isinstance(value, bool) else parse_boolean(_in_words(value))
            return truth.reason if isinstance(truth, CellProblem) else truth
        case "text":
            text = _in_words(value).replace("\x00", "")[:LONGEST_TOLD]
            return text if is_text(text) else _l("the text has characters that do not exist")


def _record(work: Work, webhook: Webhook, read: Sequence[_Read]) -> tuple[list[Taken], list[int]]:
    """Record the leads, where the webhook makes such, and return the persons."""
    if webhook.makes_leads:
        taken = take_leads(work, [_given(webhook, one) for one in read], by=_WEBHOOKS)
        return taken, [one.person_id for one in taken]
    settings = directory(work)
    identities: list[list[Identity]] = []
    for one in read:
        fitting = check_values(settings, {key: one.lead[key] for key in _IDENTITIES if key in one.lead}).columns
        identities.append([(key, fitting[key]) for key in _IDENTITIES if fitting.get(key)])
    return [], persons_of(work, identities)


def _given(webhook: Webhook, one: _Read) -> GivenLead:
    values = {key: value for key, value in one.lead.items() if key not in ("comment", "external_id")}
    if webhook.source:
        values.setdefault("source", webhook.source)
    if webhook.channel:
        values["channel"] = webhook.channel
    external_id = one.lead.get("external_id")
    return GivenLead(
        values,
        str(one.lead.get("comment", "")),
        external_id=str(external_id) if external_id else None,
        title=webhook.name,
        lenient=True,
        cause=cause_of(_actor(webhook)),
    )


def _path_of(webhook: Webhook, target: str) -> str:
    return next((one.path for one in webhook.mapping if one.target == target), target)


def _forget(work: Work, webhook: Webhook) -> None:
    """Keep the content of the last few deliveries only, and nothing of very old ones."""
    mine = webhook_delivery.c.webhook_id == webhook.id
    with_payload = mine & webhook_delivery.c.payload.is_not(None)
    last = select(webhook_delivery.c.id).where(with_payload).order_by(webhook_delivery.c.id.desc()).limit(KEPT_PAYLOADS)
    oldest = work.scalar(select(func.min(last.subquery().c.id)))
    work.execute(
        webhook_delivery.update()
        .where(with_payload, webhook_delivery.c.id < oldest)
        .values(payload=None, problems=None)
    )
    work.execute(webhook_delivery.delete().where(mine, webhook_delivery.c.received_at < work.now - SHOWN))


def _actor(webhook: Webhook) -> Actor:
    return Actor(ActorKind.WEBHOOK, webhook.id)


_WEBHOOKS: Final = Actor(ActorKind.WEBHOOK, rights=RIGHTS)
