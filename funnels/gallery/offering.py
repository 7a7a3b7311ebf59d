"""What using a template would make here, before it is used."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

from crm.access.actor import Viewer
from crm.directory import Directory, FieldDefinition, Manager, Plan, Stage, directory
from db.work import Work
from funnels.gallery.making import who_sells
from funnels.gallery.mapping import stages_named
from funnels.gallery.models import FunnelTemplate, PlanTemplate
from funnels.gallery.templates import plan_template
from funnels.gallery.texts import Say
from funnels.gallery.using import proposed_stage
from funnels.seeing import require_sight


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """A plan that a template needs: its template, which of the company's is proposed (empty: a new one), the stages it names."""

    role: str
    template: PlanTemplate
    proposed: str
    stages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """What a funnel template asks and makes.  ``token`` is of this page.  ``fields``, ``reasons`` and ``forms`` are missing ones.

    ``lacking`` are the rights that the viewer lacks for making what is missing; plans need theirs only where one is made.
    """

    token: str
    plans: tuple[PlanOffer, ...]
    existing: tuple[Plan, ...]
    fields: tuple[str, ...]
    forms: tuple[str, ...]
    may_make_plans: bool
    lacking: tuple[str, ...]


def offer(work: Work, template: FunnelTemplate, *, say: Say, viewer: Viewer) -> Offer:
    """Return what using a template would ask and make.

    Raises:
        NotAllowedError: the viewer may not look at funnels.
    """
    require_sight(viewer)
    settings = directory(work)
    existing = tuple(sorted(_open(settings), key=lambda plan: plan.name.casefold()))
    named = stages_named(template.document)
    plans = []
    for role in template.plans:
        stages = tuple(stage for of, stage in named if of == role)
        plans.append(PlanOffer(role, plan_template(role, say), _proposed(settings, role, stages), stages))
    fields = tuple(one.name for one in template.fields if (one.record, one.key) not in settings.fields)
    forms = tuple(one.name for one in template.forms if one.key not in settings.forms)
    may_make_plans = {"plans.edit", "settings.edit"} <= viewer.rights
    lacking = ("settings.edit",) if fields and "settings.edit" not in viewer.rights else ()
    return Offer(secrets.token_urlsafe(12), tuple(plans), existing, fields, forms, may_make_plans, lacking)


def _open(settings: Directory) -> list[Plan]:
    return [plan for plan in settings.plans.values() if not plan.is_archived]


def _proposed(settings: Directory, role: str, stages: tuple[str, ...]) -> str:
    """Return the plan of the same key where its stages answer to all that the template names."""
    plan = settings.plan_keys.get(role)
    if plan is None or plan.is_archived or not all(proposed_stage(plan, stage) for stage in stages):
        return ""
    return plan.key


def as_if_made(settings: Directory, template: FunnelTemplate, *, say: Say) -> Directory:
    """Return the settings as they would be with what a template needs, so that its document can be read in words."""
    sellers = tuple(Manager(one, is_taking=True) for one in sorted(who_sells(settings)))
    plans = {role: _as_plan(plan_template(role, say), sellers) for role in template.plans}
    fields: dict[tuple[str, str], FieldDefinition] = {
        (one.record, one.key): FieldDefinition(0, one.record, one.key, one.name, one.type, one.options)
        for one in template.fields
    }
    return replace(
        settings,
        plans={**settings.plans, **{-place: plan for place, plan in enumerate(plans.values(), 1)}},
        plan_keys={**settings.plan_keys, **plans},
        fields={**settings.fields, **fields},
    )


def _as_plan(template: PlanTemplate, sellers: tuple[Manager, ...]) -> Plan:
    stages = tuple(
        Stage(0, one.key, one.name, one.kind, place, 0, one.asks_reason, one.required, one.colour or "")
        for place, one in enumerate(template.stages)
    )
    by_key = {one.key: one for one in stages}
    rules = ("even", "related", "evenly")
    return Plan(0, template.key, template.name, 0, "", "", "", *rules, stages, sellers, False, by_key)
