"""Starting runs by hand: the button of a trigger “Started by hand” is pressed for leads and deals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select

from blocks.trigger_manual_start import ManualStart
from crm.access.actor import Actor
from crm.directory import directory
from crm.errors import InvalidError, NotAllowedError, NotFoundError
from crm.journal import cause_of, journal
from crm.records.visible import out_of_reach, unseen
from crm.tables.records import deal, lead
from db.sets import in_set
from db.work import Work
from engine.event import EVENT_KINDS
from engine.text import _l
from funnels.errors import FunnelNotFoundError
from funnels.programs import programs
from funnels.words.names import STATES

Kind = Literal["lead", "deal"]
RIGHTS = {"lead": "leads.edit", "deal": "deals.edit"}


@dataclass(frozen=True, slots=True)
class Record:
    """A lead or deal: its person, the key of its sales plan and the lead it came from, where it has these."""

    kind: Kind
    id: int
    person_id: int
    plan: str | None = None
    lead_id: int | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """A record to start in a funnel."""

    kind: Kind
    record_id: int
    person_id: int


def records_of(work: Work, kind: Kind, ids: Sequence[int]) -> dict[int, Record]:
    """Return the records with these ids; unknown ones are left out.  One query."""
    if not ids:
        return {}
    if kind == "lead":
        leads = select(lead.c.id, lead.c.person_id).where(in_set(lead.c.id, "ids"), lead.c.archived_at.is_(None))
        rows = work.rows(leads, {"ids": list(ids)})
        return {row.id: Record(kind, row.id, row.person_id) for row in rows}
    plans = directory(work).plans
    columns = (deal.c.id, deal.c.person_id, deal.c.plan_id, deal.c.lead_id)
    deals = select(*columns).where(in_set(deal.c.id, "ids"), deal.c.archived_at.is_(None))
    rows = work.rows(deals, {"ids": list(ids)})
    return {row.id: Record(kind, row.id, row.person_id, plans[row.plan_id].key, row.lead_id) for row in rows}


def buttons(work: Work, funnel: str) -> tuple[str, ...]:
    """Return the labels of the buttons of a published funnel, in the order of its triggers.

    Raises:
        FunnelNotFoundError: there is no such funnel.
    """
    known = programs(work)
    if funnel not in known.keys.values():
        raise FunnelNotFoundError(funnel)
    starts = known.by_kind.get(EVENT_KINDS["manual.start"].code, ())
    blocks = [one.node.block for one in starts if one.of.program.funnel == funnel]
    return tuple(dict.fromkeys(block.label for block in blocks if isinstance(block, ManualStart)))


def open_buttons(work: Work) -> tuple[tuple[str, str], ...]:
    """Return the buttons that may be pressed now: the key of the funnel, and the label."""
    starts = programs(work).by_kind.get(EVENT_KINDS["manual.start"].code, ())
    found = [(one.of.program.funnel, one.node.block.label) for one in starts
             if not one.closed and isinstance(one.node.block, ManualStart)]  # fmt: skip
    return tuple(sorted(set(found)))


def require_open(work: Work, funnel: str) -> None:
    """Refuse a funnel that lets nobody in at present: whoever is started would be refused, and not come again by himself.

    Raises:
        InvalidError: it is paused, or draining.
    """
    starts = programs(work).by_kind.get(EVENT_KINDS["manual.start"].code, ())
    closed = next((one.closed for one in starts if one.of.program.funnel == funnel), "")
    if closed:
        raise InvalidError(_l("the funnel “{funnel}” is {state}: it lets nobody in",
                              funnel=funnel, state=STATES.get(closed, closed)))  # fmt: skip


def button_of(work: Work, funnel: str, button: str | None) -> str:
    """Return the button that is meant; without a name the only one there is.

    Raises:
        FunnelNotFoundError: there is no such funnel.
        InvalidError: it is not published, or has no such button; the message names those there are.
    """
    labels = buttons(work, funnel)
    if not labels:
        raise InvalidError(
            _l("the funnel “{funnel}” has no trigger “Started by hand” in a published version", funnel=funnel)
        )
    if button is None and len(labels) > 1:
        raise InvalidError(_l("the funnel “{funnel}” has several buttons, name one: {known}",
                              funnel=funnel, known=", ".join(labels)))  # fmt: skip
    label = labels[0] if button is None else button
    if label not in labels:
        raise InvalidError(_l("the funnel “{funnel}” has no button “{button}”; there are: {known}",
                              funnel=funnel, button=label, known=", ".join(labels)))  # fmt: skip
    return label


def start_by_hand(work: Work, funnel: str, items: Sequence[Start], *, button: str | None = None, by: Actor) -> None:
    """Press a button of one funnel for records; runs start when a worker looks.  Other funnels with such a button stay still.

    Without ``button`` it is the only one there is.

    Raises:
        FunnelNotFoundError: there is no such funnel.
        InvalidError: it is not published, or has no such button; the message names those there are.
        NotAllowedError: the actor may not edit such records, or not those of others.
        NotFoundError: one of the records is not there, or the actor may not see it.
    """
    for kind in {item.kind for item in items}:
        by.require(RIGHTS[kind])
    hidden = unseen(work, ((item.kind, item.record_id) for item in items), by)
    if hidden:
        raise NotFoundError(*min(hidden))
    foreign = out_of_reach(work, ((item.kind, item.record_id) for item in items), by)
    if foreign:
        raise NotAllowedError(f"{RIGHTS['deal' if ('deal', min(foreign)[1]) in foreign else 'lead']}_all")
    label = button_of(work, funnel, button)
    notes, cause = journal(work), cause_of(by)
    for item in items:
        data = {"only": funnel, "label": label, "target": item.kind, "id": item.record_id}
        notes.add("manual.start", item.person_id, item.record_id, data, cause)
