"""Leads and deals as programs read them, in sets, as far as the viewer may see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select

from crm.access.actor import Viewer
from crm.deals.visible import may_see
from crm.directory import directory
from crm.leads.visible import may_see_lead
from crm.tables.records import deal, lead, record_tag
from db.sets import in_set
from db.work import Work
from engine.event import SUBJECT_CODES

_STATES = ("open", "won", "lost")


def leads_as_told(work: Work, ids: Sequence[int], viewer: Viewer) -> dict[int, dict[str, Any]]:
    """Return those of the leads that the viewer may see, by id.  Two queries."""
    settings = directory(work)
    query = select(lead).where(in_set(lead.c.id, "ids"), may_see_lead(viewer))
    rows = work.rows(query, {"ids": list(ids)})
    tags: dict[int, list[str]] = defaultdict(list)
    for record_id, tag_id in work.rows(_TAGS, {"kind": SUBJECT_CODES["lead"], "ids": [row.id for row in rows]}):
        tags[record_id].append(settings.tags[tag_id])
    return {
        row.id: {
            "id": row.id,
            "person": row.person_id,
            "title": row.title,
            "name": row.name,
            "phone": row.phone,
            "email": row.email,
            "company": row.company_name,
            "source": row.source,
            "channel": settings.channels.get(row.channel_id),
            "status": row.status,
            "owner": _login(settings, row.owner_id),
            "external_id": row.external_id,
            "fields": row.fields or {},
            "tags": sorted(tags[row.id]),
            "created_at": row.created_at,
            "version": row.version,
        }
        for row in rows
    }


def deals_as_told(work: Work, ids: Sequence[int], viewer: Viewer) -> dict[int, dict[str, Any]]:
    """Return those of the deals that the viewer may see, by id.  One query."""
    query = select(deal).where(in_set(deal.c.id, "ids"), may_see(viewer))
    return {row.id: _deal(work, row) for row in work.rows(query, {"ids": list(ids)})}


def page_of_deals(
    work: Work, viewer: Viewer, *, plan_id: int | None, stage_id: int | None, after: int, limit: int
) -> list[dict[str, Any]]:
    """Return deals by id from above ``after``.  One query."""
    query = (
        select(deal)
        .where(deal.c.id > after, deal.c.archived_at.is_(None), may_see(viewer))
        .order_by(deal.c.id)
        .limit(limit)
    )
    if plan_id is not None:
        query = query.where(deal.c.plan_id == plan_id)
    if stage_id is not None:
        query = query.where(deal.c.stage_id == stage_id)
    return [_deal(work, row) for row in work.rows(query)]


def _deal(work: Work, row: Any) -> dict[str, Any]:
    settings = directory(work)
    stage = settings.stages.get(row.stage_id)
    return {
        "id": row.id,
        "person": row.person_id,
        "title": row.title,
        "plan": settings.plans[row.plan_id].key,
        "stage": stage.key if stage is not None else None,
        "state": _STATES[row.state],
        "amount": row.amount,
        "currency": row.currency,
        "owner": _login(settings, row.owner_id),
        "lead": row.lead_id,
        "external_id": row.external_id,
        "loss_reason": settings.loss_reasons.get(row.loss_reason_id),
        "fields": row.fields or {},
        "created_at": row.created_at,
        "stage_entered_at": row.stage_entered_at,
        "closed_at": row.closed_at,
        "version": row.version,
    }


def _login(settings: Any, user_id: int | None) -> str | None:
    user = settings.users.get(user_id)
    return user.login if user is not None else None


_TAGS = select(record_tag.c.record_id, record_tag.c.tag_id).where(
    record_tag.c.record_kind == bindparam("kind"), in_set(record_tag.c.record_id, "ids")
)
