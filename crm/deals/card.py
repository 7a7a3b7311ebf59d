"""The card of a deal: what, who, how much, what next, since when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, or_, select

from crm.access.actor import Viewer
from crm.deals.facts import empty_of
from crm.deals.products import Line, lines_of
from crm.deals.recalling import recall_target
from crm.deals.visible import may_see
from crm.directory import Directory, Plan, Stage, User, directory
from crm.errors import NotFoundError
from crm.fields.links import with_titles
from crm.fields.shown import FieldShown, fields_shown
from crm.tables.journal import stage_stay
from crm.tables.records import company, contact, deal, lead, record_tag
from crm.tables.settings import loss_reason
from crm.tasks.listing import TaskShown, open_tasks_of
from db.work import Work
from engine.event import SUBJECT_CODES


@dataclass(frozen=True, slots=True)
class Who:
    """The person behind a deal, as far as he is known."""

    name: str | None
    phone: str | None
    email: str | None
    source: str | None
    company: str | None
    contact_id: int | None
    company_id: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A stage of the plan on the deal's way: ``state`` is ``been``, ``here`` or ``ahead``; ``lasted`` all the time in it."""

    stage: Stage
    state: str
    lasted: timedelta | None


@dataclass(frozen=True, slots=True)
class DealCard:
    """Everything that a card shows of the deal itself.

    ``amount`` is in minor units.  ``missing`` has the empty fields (``amount``, ``field.budget``) that each stage asks for, by
    the stage's key.  ``at`` is the moment it was read; ``recall_to`` where a closed deal goes when it is recalled.
    """

    id: int
    version: int
    title: str
    plan: Plan
    stage: Stage
    state: int
    amount: int
    currency: str
    owner: User | None
    person_id: int
    lead_id: int | None
    who: Who
    loss_reason: str | None
    created_at: datetime
    stage_entered_at: datetime
    closed_at: datetime | None
    tags: tuple[str, ...]
    fields: tuple[FieldShown, ...]
    steps: tuple[Step, ...]
    stays: tuple[tuple[int, datetime, datetime], ...]
    products: tuple[Line, ...]
    tasks: tuple[TaskShown, ...]
    missing: Mapping[str, tuple[str, ...]]
    at: datetime
    recall_to: Stage | None = None
    archived_at: datetime | None = None
    merged_into_id: int | None = None

    @property
    def needed(self) -> dict[str, str]:
        """The empty fields that a later stage asks for, with the name of the first such stage."""
        if self.state:
            return {}
        later = [one for one in self.plan.stages if one.position > self.stage.position and one.kind != "lost"]
        return {path: one.name for one in reversed(later) for path in self.missing.get(one.key, ())}

    @property
    def products_sum(self) -> int:
        """What the products cost together, in minor units."""
        return round(sum(line.quantity * line.price for line in self.products))


def deal_card(work: Work, deal_id: int, *, viewer: Viewer) -> DealCard:
    """Return the card of a deal.  Six queries, whatever hangs on it.

    Raises:
        NotFoundError: there is no such deal, or the viewer may not see it.
    """
    settings = directory(work)
    rows = work.rows(_DEAL.where(may_see(viewer)), {"deal": deal_id})
    if not rows:
        raise NotFoundError("deal", deal_id)
    row = rows[0]
    plan, stage = settings.plans[row.plan_id], settings.stages[row.stage_id]
    stays = tuple((one.stage_id, one.entered_at, one.left_at) for one in work.rows(_STAYS, {"deal": deal_id}))
    tags = [settings.tags[one.tag_id] for one in work.rows(_TAGS, {"record": deal_id}) if one.tag_id in settings.tags]
    return DealCard(
        row.id,
        row.version,
        row.title,
        plan,
        stage,
        row.state,
        row.amount,
        row.currency,
        settings.users.get(row.owner_id) if row.owner_id is not None else None,
        row.person_id,
        row.lead_id,
        _who(work, row),
        row.loss_reason,
        row.created_at,
        row.stage_entered_at,
        row.closed_at,
        tuple(sorted(tags, key=str.casefold)),
        with_titles(work, fields_shown(settings, "deal", row.fields), viewer=viewer),
        _steps(plan, row, stays, work.now),
        stays,
        lines_of(work, [deal_id]).get(deal_id, ()),
        open_tasks_of(work, "deal", deal_id),
        _missing(settings, plan, row),
        work.now,
        recall_target(plan, row.state, row.left_stage_id) if row.state else None,
        row.archived_at,
        row.merged_into_id,
    )


def _who(work: Work, row: Any) -> Who:
    """Return the person: the deal's own contact, else his oldest, else what the lead says.  One query."""
    found = work.rows(_CONTACTS, {"person": row.person_id, "contact": row.contact_id or 0})
    own = next((one for one in found if one.id == row.contact_id), found[0] if found else None)
    return Who(
        (own.name if own else None) or row.lead_name,
        (own.phone if own else None) or row.lead_phone,
        (own.email if own else None) or row.lead_email,
        row.lead_source,
        row.company_name or row.lead_company,
        own.id if own else None,
        row.company_id,
    )


def _steps(plan: Plan, row: Any, stays: tuple[tuple[int, datetime, datetime], ...], now: datetime) -> tuple[Step, ...]:
    lasted: dict[int, timedelta] = defaultdict(timedelta)
    for stage_id, entered, left in stays:
        lasted[stage_id] += left - entered
    if row.state == 0:
        lasted[row.stage_id] += now - row.stage_entered_at
    shown = [one for one in plan.stages if one.kind == "open" or one.id == row.stage_id]
    place = next(number for number, one in enumerate(shown) if one.id == row.stage_id)
    return tuple(
        Step(one, "here" if number == place else "been" if number < place else "ahead", lasted.get(one.id))
        for number, one in enumerate(shown)
    )


def _missing(settings: Directory, plan: Plan, row: Any) -> dict[str, tuple[str, ...]]:
    empty = {one.key: tuple(empty_of(settings, one.required_fields, row._mapping)) for one in plan.stages}
    return {key: paths for key, paths in empty.items() if paths}


_DEAL = (
    select(
        deal,
        company.c.name.label("company_name"),
        loss_reason.c.name.label("loss_reason"),
        lead.c.name.label("lead_name"),
        lead.c.phone.label("lead_phone"),
        lead.c.email.label("lead_email"),
        lead.c.source.label("lead_source"),
        lead.c.company_name.label("lead_company"),
    )
    .join_from(deal, company, company.c.id == deal.c.company_id, isouter=True)
    .join(lead, lead.c.id == deal.c.lead_id, isouter=True)
    .join(loss_reason, loss_reason.c.id == deal.c.loss_reason_id, isouter=True)
    .where(deal.c.id == bindparam("deal"))
)
_CONTACTS = (
    select(contact.c.id, contact.c.name, contact.c.phone, contact.c.email)
    .where(
        or_(contact.c.person_id == bindparam("person"), contact.c.id == bindparam("contact")),
        contact.c.archived_at.is_(None),
    )
    .order_by(contact.c.id)
    .limit(20)
)
_STAYS = (
    select(stage_stay.c.stage_id, stage_stay.c.entered_at, stage_stay.c.left_at)
    .where(stage_stay.c.deal_id == bindparam("deal"))
    .order_by(stage_stay.c.id)
)
_TAGS = select(record_tag.c.tag_id).where(
    record_tag.c.record_kind == SUBJECT_CODES["deal"], record_tag.c.record_id == bindparam("record")
)
