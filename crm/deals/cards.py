"""Deals as cards: what a board and a list show of each, read by a fixed number of statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true, union_all

from crm.access.actor import Viewer
from crm.deals.visible import may_see
from crm.directory import Directory, Plan, directory
from crm.fields.columns import home_region
from crm.people.identity import normalise_phone
from crm.tables.records import contact, deal, lead, person_identity, record_tag, task
from db.sets import in_set
from db.work import Work
from engine.event import SUBJECT_CODES

PAGE = 20
"""So many cards a column shows at first, and more with every step down."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which deals are wanted: a text in title, name, e-mail or phone; an owner's id (0: nobody); a tag's id."""

    text: str = ""
    owner_id: int | None = None
    tag_id: int | None = None
    is_late: bool = False

    @property
    def is_plain(self) -> bool:
        """True where counts kept ready give the sums: by owner, or all."""
        return not self.text and self.tag_id is None and not self.is_late


class Place(NamedTuple):
    """Where a page of cards ends: the next one begins after it."""

    entered_at: datetime
    deal_id: int


@dataclass(frozen=True, slots=True)
class NextTask:
    """The open task that is due first; ``due_at`` ``None`` is without a deadline."""

    id: int
    title: str
    due_at: datetime | None
    responsible_id: int | None


@dataclass(frozen=True, slots=True)
class Card:
    """A deal as it is shown in passing.  ``amount`` is in minor units of ``currency``; ``who`` is the contact or lead's name."""

    id: int
    plan_id: int
    stage_id: int
    owner_id: int | None
    title: str
    who: str
    amount: int
    currency: str
    state: int
    tags: tuple[str, ...]
    task: NextTask | None
    open_tasks: int
    created_at: datetime
    stage_entered_at: datetime
    version: int

    def is_late(self, now: datetime) -> bool:
        """True where it needs a person now: open, and without a task or with one overdue."""
        if self.state != 0:
            return False
        return self.task is None or (self.task.due_at is not None and self.task.due_at < now)


def board_cards(
    work: Work, plan: Plan, *, viewer: Viewer, wanted: Filter | None = None, limit: int = PAGE
) -> dict[int, list[Card]]:
    """Return the first cards of every stage of a plan, by stage, those that came last first.  Five statements."""
    fits = _fits(work, plan, viewer, wanted or Filter())
    parts = [select(_page(fits, deal.c.stage_id == stage.id, None, limit).subquery()) for stage in plan.stages]
    found = _cards(work, work.rows(union_all(*parts)) if parts else ())
    stages: dict[int, list[Card]] = {stage.id: [] for stage in plan.stages}
    for card in found:
        stages[card.stage_id].append(card)
    return stages


def stage_cards(
    work: Work,
    plan: Plan,
    stage_id: int,
    *,
    viewer: Viewer,
    after: Place | None = None,
    wanted: Filter | None = None,
    limit: int = PAGE,
) -> list[Card]:
    """Return cards of one stage, from a place on.  Five statements."""
    fits = _fits(work, plan, viewer, wanted or Filter())
    return _cards(work, work.rows(_page(fits, deal.c.stage_id == stage_id, after, limit)))


def list_cards(
    work: Work,
    plan: Plan,
    *,
    viewer: Viewer,
    after: Place | None = None,
    wanted: Filter | None = None,
    limit: int = 100,
) -> list[Card]:
    """Return the cards of a plan whatever their stage, those that moved last first, from a place on.  Five statements."""
    fits = _fits(work, plan, viewer, wanted or Filter())
    return _cards(work, work.rows(_page(fits, true(), after, limit)))


def cards_of(work: Work, deal_ids: Sequence[int], *, viewer: Viewer) -> list[Card]:
    """Return the cards of these deals, as far as the viewer may see them.  Five statements."""
    query = select(*_COLUMNS).where(in_set(deal.c.id, "deals"), may_see(viewer))
    return _cards(work, work.rows(query, {"deals": list(deal_ids)}))


class Sums(NamedTuple):
    """How many deals fit a filter in a stage, and their sums in minor units by currency."""

    deals: int
    sums: Mapping[str, int]


def sums_of(work: Work, plan: Plan, *, viewer: Viewer, wanted: Filter) -> dict[int, Sums]:
    """Count what fits a filter that no kept count answers, by stage.  One statement."""
    query = (
        select(deal.c.stage_id, deal.c.currency, func.count(), func.sum(deal.c.amount))
        .where(_fits(work, plan, viewer, wanted))
        .group_by(deal.c.stage_id, deal.c.currency)
    )
    counts: dict[int, int] = {}
    sums: dict[int, dict[str, int]] = {}
    for stage_id, currency, number, amount in work.rows(query):
        counts[stage_id] = counts.get(stage_id, 0) + number
        sums.setdefault(stage_id, {})[currency] = int(amount)
    return {stage_id: Sums(number, sums[stage_id]) for stage_id, number in counts.items()}


_COLUMNS = (
    deal.c.id,
    deal.c.plan_id,
    deal.c.stage_id,
    deal.c.owner_id,
    deal.c.title,
    deal.c.amount,
    deal.c.currency,
    deal.c.state,
    deal.c.lead_id,
    deal.c.contact_id,
    deal.c.created_at,
    deal.c.stage_entered_at,
    deal.c.version,
)


def _page(fits: ColumnElement[bool], place: ColumnElement[bool], after: Place | None, limit: int) -> Select[Any]:
    query = select(*_COLUMNS).where(fits, place)
    if after is not None:
        query = query.where(
            or_(
                deal.c.stage_entered_at < after.entered_at,
                and_(deal.c.stage_entered_at == after.entered_at, deal.c.id < after.deal_id),
            )
        )
    return query.order_by(deal.c.stage_entered_at.desc(), deal.c.id.desc()).limit(limit)


def _fits(work: Work, plan: Plan, viewer: Viewer, wanted: Filter) -> ColumnElement[bool]:
    parts = [deal.c.plan_id == plan.id, may_see(viewer)]
    if wanted.owner_id is not None:
        parts.append(deal.c.owner_id.is_(None) if wanted.owner_id == 0 else deal.c.owner_id == wanted.owner_id)
    if wanted.tag_id is not None:
        tagged = select(record_tag.c.record_id).where(
            record_tag.c.record_kind == SUBJECT_CODES["deal"], record_tag.c.tag_id == wanted.tag_id
        )
        parts.append(deal.c.id.in_(tagged))
    if wanted.is_late:
        open_tasks = select(task.c.id).where(task.c.deal_id == deal.c.id, task.c.status == 0)
        parts.append(
            and_(deal.c.state == 0, or_(~open_tasks.exists(), open_tasks.where(task.c.due_at < work.now).exists()))
        )
    if wanted.text.strip():
        parts.append(_text(wanted.text.strip(), directory(work)))
    return and_(*parts)


def _text(text: str, settings: Directory) -> ColumnElement[bool]:
    """Return the condition that title, name, e-mail or phone hold a text, in any spelling of the phone."""
    like = "%" + text.casefold().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    names = select(contact.c.id).where(contact.c.name_fold.like(like, escape="\\"))
    leads = select(lead.c.id).where(lead.c.name_fold.like(like, escape="\\"))
    found = [
        deal.c.title_fold.like(like, escape="\\"),
        deal.c.contact_id.in_(names),
        deal.c.lead_id.in_(leads),
    ]
    identities = [and_(person_identity.c.kind == "email", person_identity.c.value.like(like, escape="\\"))]
    digits = "".join(letter for letter in text if letter.isdigit())
    if len(digits) >= 4 and all(letter in "+-() .\u00a0" or letter.isdigit() for letter in text):
        whole = normalise_phone(text, home_region(settings))
        identities.append(
            and_(
                person_identity.c.kind == "phone",
                or_(person_identity.c.value.like(f"%{digits}%"), person_identity.c.value == (whole or "")),
            )
        )
    if "@" in text or len(identities) > 1:
        found.append(deal.c.person_id.in_(select(person_identity.c.person_id).where(or_(*identities))))
    return or_(*found)


def _cards(work: Work, rows: Sequence[Any]) -> list[Card]:
    settings = directory(work)
    if not rows:
        return []
    deal_ids = [row.id for row in rows]
    contacts = dict(
        tuple(row) for row in work.rows(_CONTACTS, {"ids": sorted({row.contact_id for row in rows if row.contact_id})})
    )
    leads = dict(tuple(row) for row in work.rows(_LEADS, {"ids": sorted({row.lead_id for row in rows if row.lead_id})}))
    tags: dict[int, list[str]] = {}
    for deal_id, tag_id in work.rows(_TAGS, {"deals": deal_ids}):
        tags.setdefault(deal_id, []).append(settings.tags[tag_id])
    tasks: dict[int, list[NextTask]] = {}
    for row in work.rows(_TASKS, {"deals": deal_ids}):
        tasks.setdefault(row.deal_id, []).append(NextTask(row.id, row.title, row.due_at, row.responsible_id))
    return [
        Card(
            row.id,
            row.plan_id,
            row.stage_id,
            row.owner_id,
            row.title,
            contacts.get(row.contact_id) or leads.get(row.lead_id) or "",
            row.amount,
            row.currency,
            row.state,
            tuple(sorted(tags.get(row.id, ()), key=str.casefold)),
            _first(tasks.get(row.id, ())),
            len(tasks.get(row.id, ())),
            row.created_at,
            row.stage_entered_at,
            row.version,
        )
        for row in rows
    ]


def _first(tasks: Sequence[NextTask]) -> NextTask | None:
    dated = [one for one in tasks if one.due_at is not None]
    return min(dated, key=lambda one: (one.due_at, one.id)) if dated else next(iter(tasks), None)


_CONTACTS = select(contact.c.id, contact.c.name).where(in_set(contact.c.id, "ids"))
_LEADS = select(lead.c.id, lead.c.name).where(in_set(lead.c.id, "ids"))
_TAGS = select(record_tag.c.record_id, record_tag.c.tag_id).where(
    record_tag.c.record_kind == SUBJECT_CODES["deal"], in_set(record_tag.c.record_id, "deals")
)
_TASKS = (
    select(task.c.id, task.c.deal_id, task.c.title, task.c.due_at, task.c.responsible_id)
    .where(in_set(task.c.deal_id, "deals"), task.c.status == 0)
    .order_by(task.c.id)
)
