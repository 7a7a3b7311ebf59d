"""Where each deal of an import goes: its plan and stage, its owner, the lead it came from; or why it cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from crm.deals.products import Line
from crm.directory import Directory, Plan, Stage, User, directory
from crm.fields.values import Typed
from crm.importing.answers import Answer, Target, rejected
from crm.importing.parts import company_name, owner_of, plain, typed_fields
from crm.importing.rows import DealRow
from crm.importing.staff import Staff, folded
from crm.importing.values import decimals_of
from crm.tables.records import lead
from crm.tables.settings import loss_reason
from db.sets import in_set
from db.work import Work
from engine.text import LazyText, _l


@dataclass(frozen=True, slots=True)
class LeadOfDeal:
    """The lead that a deal came from."""

    id: int
    person_id: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a deal goes; ``comment`` is the row's, with a reason of refusal that the directory does not know."""

    plan: Plan
    stage: Stage
    owner: User | None
    lead: LeadOfDeal | None
    values: Mapping[str, Typed]
    loss_reason: str | None
    comment: str | None


def place_deals(
    work: Work, rows: Sequence[DealRow], target: Target, currency: str, staff: Staff
) -> list[Place | Answer]:
    """Return where each deal goes, or the rejection of its row.  At most two queries."""
    settings = directory(work)
    leads = _leads(work, [row.lead for row in rows])
    reasons = _reasons(work, settings) if any(row.loss_reason for row in rows) else {}
    plans = _Plans(settings, target.plan)
    return [_place(settings, row, plans, leads, reasons, currency, staff) for row in rows]


def title_of(row: DealRow, person: str | None) -> str | None:
    """Return what a deal is called: its title, else who buys what; ``None`` leaves it to the plan."""
    product = row.product.name if row.product is not None else None
    parts = (company_name(row.company) or person, product)
    return plain(row.title) or plain(" · ".join(part for part in parts if part)) or row.external_id


def line_of(row: DealRow) -> Line | None:
    """Return the product of a deal; without a price it is the amount shared among the pieces."""
    product = row.product
    if product is None:
        return None
    price = product.price
    if price is None:
        price = round((row.amount or 0) / float(product.quantity))
    return Line(product.name, float(product.quantity), price)


class _Plans:
    """Plans and stages by what files call them."""

    def __init__(self, settings: Directory, default: str | None) -> None:
        live = [plan for plan in settings.plans.values() if not plan.is_archived]
        self._plans = {folded(plan.name): plan for plan in live} | {plan.key: plan for plan in live}
        self._default = settings.plan_keys.get(default) if default is not None else None
        self._stages = {plan.id: stages_by_name(plan) for plan in live}

    def plan(self, text: str | None) -> Plan | LazyText:
        if text is None:
            return self._default or _l("the row names no sales plan: tell one with --plan")
        found = self._plans.get(folded(text))
        known = ", ".join(sorted({plan.name for plan in self._plans.values()}))
        return found or _l("there is no sales plan “{plan}”; there are: {known}", plan=text, known=known)

    def stage(self, plan: Plan, text: str | None) -> Stage | LazyText:
        if text is None:
            return plan.first_stage
        found = self._stages[plan.id].get(folded(text))
        known = ", ".join(stage.name for stage in plan.stages if stage.kind != "undefined")
        return found or _l(
            "the plan “{plan}” has no stage “{stage}”; it has: {known}", plan=plan.name, stage=text, known=known
        )


def stages_by_name(plan: Plan) -> dict[str, Stage]:
    """Return stages by folded name and key; ``won`` and ``lost`` are the closed ones, whatever they are called."""
    by_kind = {stage.kind: stage for stage in plan.stages if stage.kind in ("won", "lost")}
    return by_kind | {folded(stage.name): stage for stage in plan.stages} | dict(plan.by_key)


def _place(
    settings: Directory,
    row: DealRow,
    plans: _Plans,
    leads: Mapping[str, LeadOfDeal],
    reasons: Mapping[str, str],
    currency: str,
    staff: Staff,
) -> Place | Answer:
    plan = plans.plan(row.plan)
    if isinstance(plan, LazyText):
        return rejected(plan, "deal.plan")
    stage = plans.stage(plan, row.stage)
    owner, values = owner_of(staff, row.owner), typed_fields(settings, "deal", row.fields)
    for found, target in ((stage, "deal.stage"), (owner, "deal.owner"), (values, "")):
        if isinstance(found, LazyText):
            return rejected(found, target)
    if row.lead is not None and row.lead not in leads:
        return rejected(_l("there is no lead with the id “{lead}”: import the leads first", lead=row.lead), "deal.lead")
    if row.amount and row.currency is None and decimals_of(plan.currency) != decimals_of(currency):
        return rejected(
            _l("the plan “{plan}” counts in {currency}: map a currency", plan=plan.name, currency=plan.currency)
        )
    assert isinstance(stage, Stage)
    reason = reasons.get(folded(row.loss_reason)) if row.loss_reason else None
    comment = row.comment
    if row.loss_reason and (reason is None or stage.state != 2):
        comment = "\n".join(filter(None, (comment, str(_l("Reason of refusal: {reason}", reason=row.loss_reason)))))
    return Place(
        plan,
        stage,
        owner if isinstance(owner, User) else None,
        leads[row.lead] if row.lead is not None else None,
        values if isinstance(values, dict) else {},
        reason if stage.state == 2 else None,
        comment,
    )


def _leads(work: Work, external_ids: Sequence[str | None]) -> dict[str, LeadOfDeal]:
    wanted = sorted({one for one in external_ids if one is not None})
    if not wanted:
        return {}
    query = select(lead.c.external_id, lead.c.id, lead.c.person_id).where(in_set(lead.c.external_id, "ids"))
    return {row.external_id: LeadOfDeal(row.id, row.person_id) for row in work.rows(query, {"ids": wanted})}


def _reasons(work: Work, settings: Directory) -> dict[str, str]:
    """Return the keys of reasons of refusal by what files call them."""
    named = {folded(row.name): row.key for row in work.rows(select(loss_reason.c.name, loss_reason.c.key))}
    return named | {key: key for key in settings.loss_reason_keys}
