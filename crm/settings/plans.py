"""Sales plans: boards of stages with their managers and distribution rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from sqlalchemy import select

from crm.access.actor import Actor
from crm.deals.distribution import join_pool
from crm.directory import Plan, directory
from crm.errors import InvalidError
from crm.settings.change import (
    KEPT,
    Kept,
    Refers,
    check_version,
    clean_name,
    clean_text,
    given,
    note,
    require_unused,
    row_by_key,
)
from crm.settings.keys import new_key
from crm.settings.organization import known_currency
from crm.settings.pool import set_managers
from crm.settings.stage_rules import STAGE_COLUMNS, NewStage, stage_rows
from crm.tables.settings import sales_plan, stage
from db.work import Work
from engine.template import TemplateError, parse
from engine.text import _l

Distribution = Literal["manual", "even"]
FirstRule = Literal["none", "random", "related"]
SecondRule = Literal["evenly", "fewest"]

LONGEST_CHAT_LABEL: Final = 12
LARGEST_AMOUNT: Final = 10**15

_COLUMNS: Final = (
    "id",
    "key",
    "name",
    "average_check",
    "currency",
    "chat_label",
    "description",
    "deal_title",
    "distribution",
    "first_rule",
    "second_rule",
    "is_archived",
    "version",
)


@dataclass(frozen=True, slots=True)
class NewPlan:
    """A plan to create.

    ``average_check`` is in minor units of ``currency``, which is the company's when ``None``.  ``deal_title`` is a template for
    new deals; empty leaves the choice to whoever opens one.  ``managers`` are logins.  ``key`` ``None`` is made from the name.
    """

    name: str
    stages: Sequence[NewStage]
    key: str | None = None
    average_check: int = 0
    currency: str | None = None
    chat_label: str = ""
    description: str = ""
    deal_title: str = ""
    distribution: Distribution = "manual"
    first_rule: FirstRule = "none"
    second_rule: SecondRule = "evenly"
    managers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class PlanChange:
    """What to change of a plan; ``KEPT`` stays.  The key never changes."""

    name: str | Kept = KEPT
    average_check: int | Kept = KEPT
    currency: str | Kept = KEPT
    chat_label: str | Kept = KEPT
    description: str | Kept = KEPT
    deal_title: str | Kept = KEPT
    distribution: Distribution | Kept = KEPT
    first_rule: FirstRule | Kept = KEPT
    second_rule: SecondRule | Kept = KEPT


def create_plan(work: Work, new: NewPlan, *, by: Actor) -> Plan:
    """Create a plan with its stages and managers; a folded stage "Undefined" comes with it.

    Raises:
        InvalidError: a value cannot be; or there is not exactly one won, one lost and at least one open stage.
        NotFoundError: a manager does not exist.
    """
    by.require("plans.edit")
    settings = directory(work)
    key = new_key(new.name, settings.plan_keys, wanted=new.key, otherwise="plan")
    [plan_id] = work.ids("sales_plan", 1)
    values = {
        "name": new.name,
        "average_check": new.average_check,
        "currency": new.currency or settings.organization["currency"],
        "chat_label": new.chat_label,
        "description": new.description,
        "deal_title": new.deal_title,
        "distribution": new.distribution,
        "first_rule": new.first_rule,
        "second_rule": new.second_rule,
    }
    checked = _checked(values)
    work.insert(sales_plan, _COLUMNS, [(plan_id, key, *(checked[name] for name in _COLUMNS[2:-2]), False, 1)])
    stages = stage_rows(new.stages, settings)
    ids = work.ids("stage", len(stages))
    work.insert(stage, STAGE_COLUMNS, [(id_, plan_id, *row) for id_, row in zip(ids, stages, strict=True)])
    note(work, "plan", key, "created", plan_id, by)
    set_managers(work, key, new.managers, by=by)
    return directory(work).plan(key)


def change_plan(work: Work, key: str, change: PlanChange, *, by: Actor, version: int | None = None) -> Plan:
    """Change a plan's settings.  The distribution may be changed at any time; "evenly" then starts afresh.

    Deals that exist keep their currency.

    Raises:
        NotFoundError: there is no such plan.
        InvalidError: a value cannot be.
        StaleError: the plan was changed since ``version``.
    """
    by.require("plans.edit")
    values = _checked(given({name: getattr(change, name) for name in _COLUMNS[2:-2]}))
    row = row_by_key(work, sales_plan, "sales plan", key)
    check_version("sales_plan", row.id, version, row.version)
    if values:
        work.execute(sales_plan.update().where(sales_plan.c.id == row.id).values(version=row.version + 1, **values))
        changed = sorted(name for name, value in values.items() if value != getattr(row, name))
        note(work, "plan", key, "changed", row.id, by, {"fields": changed})
    plan = directory(work).plan(key)
    if values.get("second_rule", row.second_rule) != row.second_rule:
        join_pool(work, plan.id, [manager.user_id for manager in plan.managers])
    return plan


def archive_plan(work: Work, key: str, *, by: Actor, refers: Refers | None = None, confirmed: bool = False) -> None:
    """Put a plan away; its deals remain.

    Raises:
        NotFoundError: there is no such plan.
        InUseError: funnels or robots refer to it, and it was not ``confirmed``.
    """
    by.require("plans.edit")
    row = row_by_key(work, sales_plan, "sales plan", key)
    if row.is_archived:
        return
    if not confirmed:
        require_unused("plan", key, (), refers)
    _set_archived(work, row.id, True)
    note(work, "plan", key, "archived", row.id, by)


def restore_plan(work: Work, key: str, *, by: Actor) -> None:
    """Bring an archived plan back.

    Raises:
        NotFoundError: there is no such plan.
    """
    by.require("plans.edit")
    row = row_by_key(work, sales_plan, "sales plan", key)
    if row.is_archived:
        _set_archived(work, row.id, False)
        note(work, "plan", key, "restored", row.id, by)


@dataclass(frozen=True, slots=True)
class PlanForm:
    """What a form needs beside the plan of the directory."""

    description: str
    version: int


def plan_form(work: Work, key: str) -> PlanForm:
    """Return what the settings' form shows beside the plan of the directory.  One query.

    Raises:
        NotFoundError: there is no such plan.
    """
    plan = directory(work).plan(key)
    [row] = work.rows(select(sales_plan.c.description, sales_plan.c.version).where(sales_plan.c.id == plan.id))
    return PlanForm(row.description, row.version)


def _set_archived(work: Work, plan_id: int, is_archived: bool) -> None:
    work.execute(
        sales_plan.update()
        .where(sales_plan.c.id == plan_id)
        .values(is_archived=is_archived, version=sales_plan.c.version + 1)
    )


def _checked(values: dict[str, object]) -> dict[str, object]:
    checked: dict[str, object] = {}
    for name, value in values.items():
        match name, value:
            case "name", str():
                checked[name] = clean_name(value, _l("the plan's name"))
            case "average_check", int():
                if not 0 <= value <= LARGEST_AMOUNT:
                    raise InvalidError(_l("the average check cannot be {amount}", amount=value))
                checked[name] = value
            case "currency", str():
                checked[name] = known_currency(value)
            case "chat_label", str():
                checked[name] = _chat_label(value)
            case "description", str():
                checked[name] = clean_text(value, _l("the description"))
            case "deal_title", str():
                checked[name] = _template(value)
            case (("distribution" | "first_rule" | "second_rule"), _):
                known = get_args(_RULES[name])
                if value not in known:
                    raise InvalidError(
                        _l("“{value}” is no rule of distribution: choose {known}", value=value, known=", ".join(known))
                    )
                checked[name] = value
            case _:
                raise InvalidError(_l("{value} cannot be here", value=value))
    return checked


_RULES: Final = {"distribution": Distribution, "first_rule": FirstRule, "second_rule": SecondRule}


def _chat_label(text: str) -> str:
    label = " ".join(text.replace("\x00", "").split())
    if len(label) > LONGEST_CHAT_LABEL:
        raise InvalidError(
            _l("the chat label “{label}” is longer than {limit} characters", label=label, limit=LONGEST_CHAT_LABEL)
        )
    return label


def _template(text: str) -> str:
    source = text.strip()
    try:
        parse(source)
    except TemplateError as error:
        raise InvalidError(_l("the deals' title: {reason}", reason=error.args[0])) from error
    return source
