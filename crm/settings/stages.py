"""Stages of a plan: add, change, reorder, remove."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, select

from crm.access.actor import Actor
from crm.deals.moving import Move, move_deals
from crm.directory import Plan, Stage, directory
from crm.errors import InvalidError, NotFoundError
from crm.finding.stages import ask_for_another_stage, filters_naming
from crm.settings.change import KEPT, Kept, Refers, check_version, given, note, require_unused, row_by_key
from crm.settings.stage_rules import (
    MOST_STAGES,
    STAGE_COLUMNS,
    UNDEFINED,
    NewStage,
    check_forward,
    check_reason,
    known_colour,
    known_dwell,
    known_exit_fact,
    known_probability,
    known_required,
    stage_name,
    stage_row,
)
from crm.tables.records import deal
from crm.tables.settings import sales_plan, stage
from db.work import Work
from engine.text import _l, _ln


@dataclass(frozen=True, slots=True)
class StageChange:
    """What to change of a stage; ``KEPT`` stays.  Key and kind never change.

    ``team`` is the login of the user whose team works there; ``dwell_days`` ``None`` is no limit.
    """

    name: str | Kept = KEPT
    colour: str | Kept = KEPT
    asks_reason: bool | Kept = KEPT
    required_fields: Sequence[str] | Kept = KEPT
    probability: int | Kept | None = KEPT
    is_folded: bool | Kept = KEPT
    is_automatic: bool | Kept = KEPT
    only_forward: bool | Kept = KEPT
    dwell_days: int | Kept | None = KEPT
    team: str | Kept | None = KEPT
    exit_fact: str | Kept = KEPT


@dataclass(frozen=True, slots=True)
class StageForm:
    """What a form needs beside the stage of the directory.  ``is_automatic``: its probability is what history says."""

    probability: int | None
    is_folded: bool
    version: int
    is_automatic: bool = False


def add_stage(work: Work, plan_key: str, new: NewStage, *, by: Actor, before: str | None = None) -> str:
    """Add an intermediate stage before the one named, or before the first closed one; returns its key.

    Raises:
        NotFoundError: the plan or the stage named does not exist.
        InvalidError: a value cannot be, or it is not an intermediate stage.
    """
    by.require("plans.edit")
    plan = _locked(work, plan_key)
    if new.kind != "open":
        raise InvalidError(_l("a plan has one won and one lost stage already"))
    if len(plan.stages) > MOST_STAGES:
        raise InvalidError(_l("a plan has at most {limit} stages", limit=MOST_STAGES))
    order = [one.key for one in plan.stages]
    place = order.index(_stage(plan, before).key if before else next(s.key for s in plan.stages if s.kind != "open"))
    row = stage_row(new, place, {*order, UNDEFINED}, directory(work))
    [stage_id] = work.ids("stage", 1)
    work.insert(stage, STAGE_COLUMNS, [(stage_id, plan.id, *row)])
    ids = [one.id for one in plan.stages]
    _place(work, [*ids[:place], stage_id, *ids[place:]])
    note(work, "stage", f"{plan_key}.{row[0]}", "created", stage_id, by)
    return str(row[0])


def change_stage(
    work: Work, plan_key: str, stage_key: str, change: StageChange, *, by: Actor, version: int | None = None
) -> None:
    """Change a stage.

    Raises:
        NotFoundError: the plan, the stage or a required field does not exist.
        InvalidError: a value cannot be.
        StaleError: the stage was changed since ``version``.
    """
    by.require("plans.edit")
    row = _row(work, plan_key, stage_key)
    check_version("stage", row.id, version, row.version)
    values = given({"is_folded": change.is_folded, "is_automatic": change.is_automatic})
    if not isinstance(change.only_forward, Kept):
        check_forward(row.kind, change.only_forward)
        values["only_forward"] = change.only_forward
    if not isinstance(change.dwell_days, Kept):
        values["dwell_days"] = known_dwell(change.dwell_days)
    if not isinstance(change.team, Kept):
        values["team_id"] = directory(work).user(change.team).id if change.team else None
    if not isinstance(change.exit_fact, Kept):
        values["exit_fact"] = known_exit_fact(change.exit_fact)
    if not isinstance(change.name, Kept):
        values["name"] = stage_name(change.name)
    if not isinstance(change.colour, Kept):
        values["colour"] = known_colour(change.colour)
    if not isinstance(change.probability, Kept):
        values["probability"] = known_probability(change.probability)
    if not isinstance(change.asks_reason, Kept):
        check_reason(row.kind, change.asks_reason)
        values["asks_reason"] = change.asks_reason
    if not isinstance(change.required_fields, Kept):
        values["required_fields"] = known_required(change.required_fields, directory(work))
    if values:
        work.execute(stage.update().where(stage.c.id == row.id).values(version=row.version + 1, **values))
        note(work, "stage", f"{plan_key}.{stage_key}", "changed", row.id, by)


def reorder_stages(work: Work, plan_key: str, stage_keys: Sequence[str], *, by: Actor) -> None:
    """Put the stages of a plan in this order; "Undefined" stays last where it is not named.

    Raises:
        NotFoundError: there is no such plan.
        InvalidError: the stages named are not those of the plan, each once.
    """
    by.require("plans.edit")
    plan = _locked(work, plan_key)
    wanted = [*stage_keys] if UNDEFINED in stage_keys else [*stage_keys, UNDEFINED]
    if sorted(wanted) != sorted(plan.by_key):
        raise InvalidError(_l("name each stage of the plan once: {known}", known=", ".join(plan.by_key)))
    _place(work, [plan.by_key[key].id for key in wanted])
    note(work, "plan", plan_key, "stages_reordered", plan.id, by)


def remove_stage(
    work: Work,
    plan_key: str,
    stage_key: str,
    *,
    by: Actor,
    refers: Refers | None = None,
    confirmed: bool = False,
    replacement: str = UNDEFINED,
) -> int:
    """Remove an intermediate stage; its deals go to "Undefined", or to the replacement named.  Returns how many went.

    Saved filters that ask for it ask for the replacement; with "Undefined" they stay, and find nothing.

    Raises:
        NotFoundError: the plan or the stage does not exist.
        InvalidError: it is a closed one, "Undefined", or the last intermediate one.
        InUseError: funnels or robots refer to it, and it was not ``confirmed``.
    """
    by.require("plans.edit")
    plan = _locked(work, plan_key)
    gone = _stage(plan, stage_key)
    if gone.kind != "open":
        raise InvalidError(_l("the stage “{stage}” belongs to every plan and stays", stage=gone.name))
    if sum(one.kind == "open" for one in plan.stages) == 1:
        raise InvalidError(_l("“{stage}” is the last intermediate stage and stays", stage=gone.name))
    if not confirmed:
        filters = filters_naming(work, plan_key, stage_key)
        named = [_ln("{count} saved filter", "{count} saved filters", filters)] if filters else []
        require_unused("stage", stage_key, named, refers, plan=plan_key)
    instead = _stage(plan, replacement)
    if instead.id == gone.id or instead.kind in ("won", "lost"):
        raise InvalidError(_l("“{stage}” cannot take the deals of a removed stage", stage=instead.name))
    if instead.kind == "open":
        ask_for_another_stage(work, plan_key, stage_key, instead.key, by=by)
    current = select(deal.c.id).where(deal.c.stage_id == gone.id, deal.c.archived_at.is_(None))
    deals = [row.id for row in work.rows(current)]
    if deals:
        anybodys = replace(by, rights=by.rights | {"deals.edit"}, sees=None)
        move_deals(work, [Move(deal_id, instead.key, is_unasked=True) for deal_id in deals], by=anybodys)
    work.execute(deal.update().where(deal.c.stage_id == gone.id).values(stage_id=instead.id))  # those in the archive
    work.execute(deal.update().where(deal.c.left_stage_id == gone.id).values(left_stage_id=instead.id))
    work.execute(stage.delete().where(stage.c.id == gone.id))
    note(work, "stage", f"{plan_key}.{stage_key}", "removed", gone.id, by)
    return len(deals)


def stage_form(work: Work, plan_key: str, stage_key: str) -> StageForm:
    """Return what the settings' form shows beside the stage of the directory.  One query.

    Raises:
        NotFoundError: the plan or the stage does not exist.
    """
    row = _row(work, plan_key, stage_key)
    return StageForm(row.probability, row.is_folded, row.version, row.is_automatic)


def stage_forms(work: Work, plan_key: str) -> dict[str, StageForm]:
    """Return the same of all stages of a plan, by key.  One query.

    Raises:
        NotFoundError: the plan does not exist.
    """
    plan = directory(work).plan(plan_key)
    columns = (stage.c.key, stage.c.probability, stage.c.is_folded, stage.c.version, stage.c.is_automatic)
    rows = work.rows(select(*columns).where(stage.c.plan_id == plan.id))
    return {row.key: StageForm(row.probability, row.is_folded, row.version, row.is_automatic) for row in rows}


def _locked(work: Work, plan_key: str) -> Plan:
    row_by_key(work, sales_plan, "sales plan", plan_key)
    return directory(work).plan(plan_key)


def _stage(plan: Plan, key: str) -> Stage:
    if key not in plan.by_key:
        raise NotFoundError("stage", key)
    return plan.by_key[key]


def _row(work: Work, plan_key: str, stage_key: str) -> Row[Any]:
    stage_id = _stage(directory(work).plan(plan_key), stage_key).id
    row: Row[Any] = work.rows(select(stage).where(stage.c.id == stage_id).with_for_update())[0]
    return row


def _place(work: Work, stage_ids: Sequence[int]) -> None:
    work.update(stage, ("id",), ("position",), [(stage_id, place) for place, stage_id in enumerate(stage_ids)])
