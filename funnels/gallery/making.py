"""What a template needs, made where it is missing: plans with their stages and robots, fields, reasons, forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import func, select

from blocks.catalogue import block_type
from crm.access.actor import Actor, ActorKind
from crm.directory import Directory, Plan, directory
from crm.errors import InvalidError
from crm.settings.directories import NewLossReason, add_loss_reasons
from crm.settings.field_definitions import NewField, add_fields
from crm.settings.plans import NewPlan, create_plan, restore_plan
from crm.settings.stage_rules import NewStage
from crm.settings.stages import StageChange, change_stage
from crm.tables.records import deal
from crm.ways.forms import FormText, add_forms
from crm.ways.kinds import FormField
from db.work import Work
from engine.robot import StageRobots
from engine.text import _l
from funnels.gallery.models import NeededField, NeededForm, NeededReason, PlanTemplate
from funnels.publication.publishing import publish, save_draft
from funnels.robots import compile_robots

MANAGER: Final = "manager"
"""The built-in role of those who sell."""


@dataclass(slots=True)
class Made:
    """What was made, in order: kinds and keys."""

    things: list[tuple[str, str]] = field(default_factory=list)

    def note(self, kind: str, keys: Sequence[str]) -> None:
        """Remember things of a kind."""
        self.things += [(kind, key) for key in keys]


def may(by: Actor, right: str) -> bool:
    """True where the actor may do what needs a right."""
    return by.kind not in (ActorKind.USER, ActorKind.API) or right in by.rights


def need_fields(work: Work, needed: Sequence[NeededField], made: Made, *, by: Actor) -> None:
    """See to it that there are these fields.

    Raises:
        InvalidError: there is a field with one of the keys, and it is of another type.
    """
    known = directory(work).fields
    missing = []
    for one in needed:
        there = known.get((one.record, one.key))
        if there is None:
            missing.append(NewField(one.record, one.name, one.type, one.options, one.key))
        elif there.type != one.type:
            raise InvalidError(
                _l(
                    "there is a field “{name}” ({key}) already, and it is of another type: the template needs {type}",
                    name=there.name,
                    key=f"{one.record}.{one.key}",
                    type=one.type,
                )
            )
    if missing:
        add_fields(work, missing, by=by)
        made.note("field", [f"{one.record_kind}.{one.key}" for one in missing])


def need_reasons(work: Work, needed: Sequence[NeededReason], made: Made, *, by: Actor) -> None:
    """See to it that there are these reasons of refusal."""
    known = directory(work).loss_reason_keys
    missing = [NewLossReason(one.name, one.key, one.for_leads, one.for_deals) for one in needed if one.key not in known]
    if missing:
        made.note("loss_reason", add_loss_reasons(work, missing, by=by))


def need_forms(work: Work, needed: Sequence[NeededForm], made: Made, *, by: Actor) -> None:
    """See to it that there are these forms."""
    missing = [one for one in needed if one.key not in directory(work).forms]
    new = [
        FormText(
            one.name,
            tuple(FormField(item.key, item.label, item.required) for item in one.fields),
            one.title,
            one.intro,
            one.button,
            one.thanks,
            source=one.source,
        )
        for one in missing
    ]
    if new:
        made.note("form", add_forms(work, new, by=by, keys=[one.key for one in missing]))


def make_plan(work: Work, template: PlanTemplate, made: Made, *, by: Actor, name: str = "") -> Plan:
    """Make a plan with its stages, rules, fields, reasons and robots; everybody who sells works on it.

    One that was put away and never had a deal comes back instead.  Robots are published by who may publish, else they are
    drafts.

    Raises:
        NotAllowedError: he may not edit plans, or settings where a field or a reason is missing.
        InvalidError: something cannot be; it says what.
    """
    by.require("plans.edit")
    need_fields(work, template.fields, made, by=by)
    need_reasons(work, template.loss_reasons, made, by=by)
    settings = directory(work)
    there = settings.plan_keys.get(template.key)
    if there is not None and there.is_archived and not name and not _has_deals(work, there):
        restore_plan(work, there.key, by=by)
        made.note("plan", [there.key])
        return directory(work).plan(there.key)
    sellers = sorted(settings.users[one].login for one in who_sells(settings))
    stages = [
        NewStage(one.name, one.kind, one.colour, one.asks_reason, [*one.required], is_folded=False, key=one.key)
        for one in template.stages
    ]
    plan = create_plan(
        work,
        NewPlan(
            name or template.name,
            stages,
            key=template.key if there is None else None,
            chat_label=template.chat_label,
            description=template.about,
            deal_title=template.deal_title,
            distribution="even",
            first_rule="related",
            managers=sellers,
        ),
        by=by,
    )
    made.note("plan", [plan.key])
    for one in template.stages:
        if one.dwell_days is not None or one.exit_fact or one.only_forward:
            rules = StageChange(dwell_days=one.dwell_days, exit_fact=one.exit_fact, only_forward=one.only_forward)
            change_stage(work, plan.key, one.key, rules, by=by)
    made.note("funnel", _robots(work, template, plan.key, by=by))
    return directory(work).plan(plan.key)


def who_sells(settings: Directory) -> list[int]:
    """Return the ids of the active users who sell: those of the role of managers."""
    return [user.id for user in settings.users.values() if user.is_active and user.role == MANAGER]


def _robots(work: Work, template: PlanTemplate, plan: str, *, by: Actor) -> list[str]:
    if not may(by, "funnels.edit"):
        return []
    keys = []
    for one in template.robots:
        robots = StageRobots(plan=plan, stage=one.stage, robots=one.robots)
        for document in compile_robots(robots, block_type):
            save_draft(work, document, by=by)
            if may(by, "funnels.publish"):
                publish(work, document.key, by=by)
            keys.append(document.key)
    return keys


def _has_deals(work: Work, plan: Plan) -> bool:
    return bool(work.scalar(select(func.count()).select_from(deal).where(deal.c.plan_id == plan.id)))
