"""Links between records that no foreign key watches: what is named exists."""

from __future__ import annotations

from sqlalchemy import Column, Table, and_, or_, select

from crm.tables.distribution import assignment, assignment_round
from crm.tables.journal import event, stage_stay
from crm.tables.records import (
    comment,
    company,
    contact,
    deal,
    deal_product,
    field_value,
    lead,
    person,
    person_identity,
    record_tag,
    task,
)
from crm.tables.settings import channel, field, loss_reason, product, sales_plan, stage, tag, user_account
from db.work import Work
from engine.event import SUBJECT_CODES
from engine.text import _l
from funnels.doctoring.finding import Finding, found
from funnels.tables import funnel, funnel_version, outbox, run

_RECORDS = {"lead": lead, "contact": contact, "company": company, "deal": deal}
_LINKS: tuple[tuple[Table, str, Table], ...] = (
    (person, "merged_into_id", person),
    (person_identity, "person_id", person),
    (lead, "person_id", person),
    (lead, "owner_id", user_account),
    (lead, "contact_id", contact),
    (lead, "company_id", company),
    (lead, "channel_id", channel),
    (contact, "person_id", person),
    (contact, "company_id", company),
    (deal, "person_id", person),
    (deal, "plan_id", sales_plan),
    (deal, "stage_id", stage),
    (deal, "left_stage_id", stage),
    (deal, "owner_id", user_account),
    (deal, "lead_id", lead),
    (deal, "contact_id", contact),
    (deal, "company_id", company),
    (deal, "loss_reason_id", loss_reason),
    (deal_product, "deal_id", deal),
    (deal_product, "product_id", product),
    (task, "person_id", person),
    (task, "deal_id", deal),
    (task, "lead_id", lead),
    (task, "responsible_id", user_account),
    (task, "supervisor_id", user_account),
    (task, "run_id", run),
    (record_tag, "tag_id", tag),
    (comment, "person_id", person),
    (comment, "author_id", user_account),
    (field_value, "field_id", field),
    (stage_stay, "deal_id", deal),
    (event, "person_id", person),
    (run, "funnel_id", funnel),
    (run, "version_id", funnel_version),
    (run, "person_id", person),
    (run, "event_id", event),
    (outbox, "person_id", person),
    (outbox, "run_id", run),
    (outbox, "deal_id", deal),
    (outbox, "lead_id", lead),
    (assignment_round, "plan_id", sales_plan),
    (assignment, "user_id", user_account),
)
_BY_KIND: tuple[tuple[Table, str, str], ...] = (
    (record_tag, "record_kind", "record_id"),
    (comment, "record_kind", "record_id"),
    (run, "subject_kind", "subject_id"),
    (assignment, "record_kind", "record_id"),
)
_REPORT = _l("this should not happen: keep a copy of the database and report it")


def links(work: Work) -> list[Finding]:
    """Check every link; 0 and nothing name nobody.  One query each."""
    findings: list[Finding] = []
    for table, name, target in _LINKS:
        findings += _broken(work, table, table.c[name], target)
    for table, kind, name in _BY_KIND:
        for what, target in _RECORDS.items():
            findings += _broken(work, table, table.c[name], target, only=table.c[kind] == SUBJECT_CODES[what])  # type: ignore[index]  # its keys are kinds
    for what, target in _RECORDS.items():
        of_kind = field_value.c.field_id.in_(select(field.c.id).where(field.c.record_kind == what))
        findings += _broken(work, field_value, field_value.c.record_id, target, only=of_kind)
    return [*findings, *_strange_stages(work), *_wrong_states(work)]


def _broken(work: Work, table: Table, column: Column[int], target: Table, *, only: object = None) -> list[Finding]:
    other = target.alias("target")
    query = (
        select(next(iter(table.primary_key.columns)))
        .outerjoin(other, other.c.id == column)
        .where(column.is_not(None), column != 0, other.c.id.is_(None))
    )
    if only is not None:
        query = query.where(only)  # type: ignore[arg-type]  # a condition
    return found(
        work,
        query,
        "link_broken",
        lambda count: _l(
            "{table}.{column} names what is not there in {target}: {count}",
            table=table.name,
            column=column.name,
            target=target.name,
            count=count,
        ),
        _REPORT,
    )


def _strange_stages(work: Work) -> list[Finding]:
    query = select(deal.c.id).join(stage, stage.c.id == deal.c.stage_id).where(stage.c.plan_id != deal.c.plan_id)
    return found(
        work,
        query,
        "deal_in_strange_stage",
        lambda count: _l("deals in a stage of another plan: {count}", count=count),
        _REPORT,
    )


def _wrong_states(work: Work) -> list[Finding]:
    """Find deals that are open in a closing stage, or the other way round, or closed at no moment."""
    wrong = or_(
        and_(stage.c.kind == "won", deal.c.state != 1),
        and_(stage.c.kind == "lost", deal.c.state != 2),
        and_(stage.c.kind.in_(("open", "undefined")), deal.c.state != 0),
        and_(deal.c.state != 0, deal.c.closed_at.is_(None)),
    )
    return found(
        work,
        select(deal.c.id).join(stage, stage.c.id == deal.c.stage_id).where(wrong),
        "deal_state_wrong",
        lambda count: _l("deals whose state is not that of their stage: {count}", count=count),
        _REPORT,
    )
