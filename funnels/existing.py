"""Deals that stand in a stage already when a robot is published: they start little by little, each once."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from blocks.trigger_manual_start import ManualStart
from blocks.trigger_stage_entered import StageEntered
from crm.access.actor import SYSTEM
from crm.directory import directory
from crm.journal import cause_of, journal
from crm.tables.journal import event, inbox
from crm.tables.records import deal
from db.work import Work
from engine.event import EVENT_KINDS, SUBJECT_CODES
from funnels.programs import programs
from funnels.robot_chains import EXISTING_LABEL
from funnels.tables import funnel, funnel_version, run


@dataclass(frozen=True, slots=True)
class Taking:
    """A published robot that takes the deals of its stage, so many an hour."""

    funnel_id: int
    key: str
    plan: str
    stages: frozenset[str]
    per_hour: int


def takings(work: Work) -> list[Taking]:
    """Return the robots that take deals already in their stage.  No query while the settings stay as they are."""
    found: dict[str, Taking] = {}
    for start in programs(work).by_kind.get(EVENT_KINDS["deal.moved"].code, ()):
        block, of = start.node.block, start.of
        if start.closed or not isinstance(block, StageEntered) or block.existing_per_hour is None:
            continue
        others = (one.block for one in of.program.triggers)
        if any(isinstance(one, ManualStart) and one.label == EXISTING_LABEL for one in others):
            key = of.program.funnel
            found[key] = Taking(of.funnel_id, key, block.plan, block.stages, block.existing_per_hour)
    return list(found.values())


def start_existing(work: Work, taking: Taking, most: int) -> int:
    """Start at most so many of the deals that were in the stage when the robot was published; returns how many.

    A deal is passed over that has been through since it came into the stage, was started already for this version, or has
    something in the inbox that may start it.  Two statements, beside what the journal writes; whoever else does the same waits.
    """
    published = (
        select(funnel_version.c.published_at)
        .join(funnel, funnel.c.version_id == funnel_version.c.id)
        .where(funnel.c.id == taking.funnel_id, funnel.c.state == "published")
        .with_for_update(of=funnel)
    )
    since = work.scalar(published)
    plan = directory(work).plan_keys.get(taking.plan)
    if since is None or plan is None:
        return 0
    been = select(run.c.id).where(
        run.c.person_id == deal.c.person_id,
        run.c.funnel_id == taking.funnel_id,
        run.c.subject_kind == SUBJECT_CODES["deal"],
        run.c.subject_id == deal.c.id,
        run.c.started_at >= deal.c.stage_entered_at,
    )
    asked = select(event.c.id).where(
        event.c.person_id == deal.c.person_id,
        event.c.kind == EVENT_KINDS["manual.start"].code,
        event.c.subject_id == deal.c.id,
        event.c.recorded_at >= since,
        event.c.data.contains(f'"only":"{taking.key}"', autoescape=True),
    )
    coming = (
        select(inbox.c.event_id)
        .join(event, event.c.id == inbox.c.event_id)
        .where(event.c.person_id == deal.c.person_id)
    )
    query = (
        select(deal.c.id, deal.c.person_id)
        .where(
            deal.c.plan_id == plan.id,
            deal.c.archived_at.is_(None),
            deal.c.stage_id.in_([stage.id for stage in plan.stages if stage.key in taking.stages]),
            deal.c.stage_entered_at <= since,
        )
        .where(~been.exists(), ~asked.exists(), ~coming.exists())
        .order_by(deal.c.id)
        .limit(most)
    )
    rows = work.rows(query)
    notes, cause = journal(work), cause_of(SYSTEM)
    for row in rows:
        data = {"only": taking.key, "label": EXISTING_LABEL, "target": "deal", "id": row.id}
        notes.add("manual.start", row.person_id, row.id, data, cause)
    return len(rows)
