"""Use a template: make what it needs and is missing, and the funnel as a draft, or the plan; once, and undone once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Row, select

from crm.access.actor import Actor
from crm.directory import Plan, directory
from crm.errors import InvalidError, NotFoundError
from crm.settings.change import clean_name, note_only
from crm.settings.keys import new_key
from crm.tables.settings import organization
from db.types import dumps
from db.work import Work
from engine.document import FunnelDocument
from engine.text import _l
from funnels.draft_versions import draft_changed
from funnels.drafts import RESERVED
from funnels.gallery.making import Made, make_plan, need_fields, need_forms, need_reasons
from funnels.gallery.mapping import Keys, StageName, mapped, moved_by, reasons_named, stages_named, with_values
from funnels.gallery.models import FunnelTemplate
from funnels.gallery.tables import template_use
from funnels.gallery.templates import FUNNELS, PLANS, funnel_template, plan_template
from funnels.gallery.texts import Say
from funnels.tables import funnel

NEW: Final = ""
"""Stands for a plan that is to be made."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A template, and what was decided about it.

    ``token`` is of the page on which it was asked for: the same once more makes nothing.  ``plans`` say for each plan of the
    template which of the company's is meant, ``NEW`` for one to be made; ``stages`` which of its stages; ``dates`` are the
    answers to what the template asks.
    """

    template: str
    token: str
    name: str = ""
    plans: Mapping[str, str] = field(default_factory=dict)
    stages: Mapping[StageName, str] = field(default_factory=dict)
    dates: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Used:
    """What came of it: the key of the funnel (or of the plan), and kinds and keys of all that was made, in order."""

    id: int
    template: str
    opens: str
    made: tuple[tuple[str, str], ...]
    again: bool = False


def use_funnels(work: Work, wishes: Sequence[Wish], *, say: Say, by: Actor) -> list[Used]:
    """Make drafts of templates, with what is missing; all or none, and nothing for a token that came before.

    Raises:
        NotAllowedError: the actor may not edit funnels, or not make what is missing.
        NotFoundError: there is no such template, plan or stage.
        InvalidError: something cannot be; it says what.
    """
    by.require("funnels.edit")
    return [_known(work, wish) or _use_funnel(work, wish, say=say, by=by) for wish in wishes]


def use_plans(work: Work, wishes: Sequence[Wish], *, say: Say, by: Actor) -> list[Used]:
    """Make sales plans of templates; as ``use_funnels``."""
    by.require("plans.edit")
    return [_known(work, wish) or _use_plan(work, wish, say=say, by=by) for wish in wishes]


def _use_funnel(work: Work, wish: Wish, *, say: Say, by: Actor) -> Used:
    template = funnel_template(wish.template, say)
    made = Made()
    keys = _keys(work, template, wish, made, say=say, by=by)
    need_fields(work, template.fields, made, by=by)
    need_forms(work, template.forms, made, by=by)
    values = _values(work, template, wish)
    document = with_values(mapped(template.document, keys), values)
    if values:
        document = document.model_copy(update={"tests": moved_by(document.tests, _days_later(template, values))})
    name = clean_name(wish.name or template.document.name, _l("the funnel's name"))
    taken = {row.key for row in work.rows(select(funnel.c.key))} | RESERVED
    key = new_key(name, taken, wanted=None if template.key in taken or wish.name else template.key, otherwise="funnel")
    _draft(work, document.model_copy(update={"key": key, "name": name}), by=by)
    made.note("funnel", [key])
    return _remember(work, wish, key, made, by=by)


def _use_plan(work: Work, wish: Wish, *, say: Say, by: Actor) -> Used:
    made = Made()
    plan = make_plan(work, plan_template(wish.template, say), made, by=by, name=wish.name)
    return _remember(work, wish, plan.key, made, by=by)


def _keys(work: Work, template: FunnelTemplate, wish: Wish, made: Made, *, say: Say, by: Actor) -> Keys:
    plans: dict[str, str] = {}
    stages: dict[StageName, str] = {}
    reasons = reasons_named(template.document)
    for role in template.plans:
        chosen = wish.plans.get(role, NEW)
        wanted = plan_template(role, say)
        if chosen == NEW:
            plan = make_plan(work, wanted, made, by=by)
        else:
            plan = directory(work).plan(chosen)
            if plan.is_archived:
                raise InvalidError(_l("the plan “{plan}” is in the archive: take another", plan=plan.name))
            need_reasons(work, [one for one in wanted.loss_reasons if one.key in reasons], made, by=by)
        plans[role] = plan.key
        for place in stages_named(template.document):
            if place[0] == role:
                stages[place] = _stage(plan, place, wish)
    return Keys(plans, stages)


def _stage(plan: Plan, place: StageName, wish: Wish) -> str:
    chosen = wish.stages.get(place) or proposed_stage(plan, place[1])
    if chosen not in plan.by_key:
        raise InvalidError(
            _l("say which stage of “{plan}” stands for “{stage}” of the template", plan=plan.name, stage=place[1])
        )
    return chosen


def proposed_stage(plan: Plan, key: str) -> str:
    """Return which stage of a plan stands for one of a template: of the same key, else the won or the lost one; else none."""
    if key in plan.by_key:
        return key
    return next((one.key for one in plan.stages if one.kind == key), "")


def _values(work: Work, template: FunnelTemplate, wish: Wish) -> dict[str, object]:
    found: dict[str, object] = {}
    for asked in template.asks:
        day = wish.dates.get(asked.key) or (work.now + timedelta(days=asked.days_from_now)).date()
        if day < work.now.date():
            raise InvalidError(_l("{what}: {day} is over", what=asked.name, day=day.isoformat()))
        found.update(dict.fromkeys(asked.places, day.isoformat()))
    return found


def _days_later(template: FunnelTemplate, values: Mapping[str, object]) -> int:
    """Return how many days after the template's own date the one is that was given first."""
    place, day = next(iter(values.items()))
    node, _, setting = place.partition(".")
    own = next(one.config[setting] for one in template.document.nodes if one.id == node)
    return (date.fromisoformat(str(day)) - date.fromisoformat(own)).days


def _draft(work: Work, document: FunnelDocument, *, by: Actor) -> None:
    [funnel_id] = work.ids("funnel", 1)
    row = (funnel_id, document.key, document.name, "draft", dumps(document.plain()), dumps({}), work.now, 1)
    work.insert(funnel, ("id", "key", "name", "state", "draft", "numbers", "changed_at", "version"), [row])
    draft_changed(work, [funnel_id], by)
    note_only(work, "funnel", document.key, "created", funnel_id, by)


_COLUMNS: Final = ("id", "token", "template", "opens", "made", "used_at", "used_by")


def _known(work: Work, wish: Wish) -> Used | None:
    """Return what came of a token before; whoever asks meanwhile waits here."""
    if wish.template not in (*FUNNELS, *PLANS):
        raise NotFoundError("template", wish.template)
    work.rows(select(organization.c.id).with_for_update())
    rows = work.rows(select(template_use).where(template_use.c.token == wish.token))
    return _used(rows[0], again=True) if rows else None


def _remember(work: Work, wish: Wish, opens: str, made: Made, *, by: Actor) -> Used:
    [use_id] = work.ids("template_use", 1)
    row = (use_id, wish.token, wish.template, opens, dumps([list(one) for one in made.things]), work.now, by.packed)
    work.insert(template_use, _COLUMNS, [row])
    note_only(work, "template", wish.template, "used", use_id, by)
    return Used(use_id, wish.template, opens, tuple(made.things))


def _used(row: Row[Any], *, again: bool = False) -> Used:
    return Used(row.id, row.template, row.opens, tuple((kind, key) for kind, key in row.made), again)
