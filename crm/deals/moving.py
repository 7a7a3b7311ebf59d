"""Move deals between the stages of their plan.  All rules of moving stand here, whoever moves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import bindparam, select

from crm.access.actor import Actor, ActorKind
from crm.deals.facts import deal_record, empty_of
from crm.deals.totals import totals
from crm.directory import Directory, Plan, Stage, directory
from crm.journal import Cause, cause_of, journal
from crm.records.visible import not_yours, only_seen
from crm.tables.journal import stage_stay
from crm.tables.records import deal
from db.sets import in_set
from db.work import Work
from engine.request import DONE, Result
from engine.text import _l

RECALL_RIGHTS: Final = frozenset({"deals.recall"})
"""Who has them may take up closed deals again."""
TAKEN_BACK: Final = timedelta(minutes=10)
"""So long after closing a deal whoever closed it may put it back to where it was: it was a slip."""
_STAY = ("deal_id", "entered_at", "left_at", "stage_id", "ended_by")
_CHANGED = ("stage_id", "state", "loss_reason_id", "left_stage_id", "stage_entered_at", "closed_at", "version")


@dataclass(frozen=True, slots=True)
class Move:
    """A deal and the key of the stage it goes to; ``version`` refuses a move made on an old view of the deal.

    ``stood`` is the key of the stage it was seen on: the move is refused only where somebody has moved it on meanwhile, whatever
    else was changed.  ``recall`` says why a closed deal is taken up again: then nothing is asked of it, see
    ``crm.deals.recalling``; neither where its stage goes away (``is_unasked``).
    """

    deal_id: int
    stage: str
    only_forward: bool = False
    loss_reason: str | None = None
    version: int | None = None
    cause: Cause | None = None
    recall: str = ""
    stood: str | None = None
    is_unasked: bool = False


def move_deals(work: Work, items: Sequence[Move], *, by: Actor) -> list[Result]:
    """Move deals; one answer per item, in order.  A deal that is named twice goes one way after the other.

    ``done`` (also where it is on the stage already: then nothing is written), ``no_deal``, ``not_yours``, ``no_stage``,
    ``not_forward`` (the item or the stage where it stands forbids to go back; a person takes back a slip within ``TAKEN_BACK``),
    ``required_missing`` (a required field is empty, or the stage asks for a reason), ``no_reason``, ``stale``, ``closed``.  Three
    statements, whatever the number; a fourth where closed deals are moved.  Stages that were jumped over are recorded.

    A closed deal stays closed for people and other programs: it is recalled, by who has ``RECALL_RIGHTS``, with a reason.
    Without one everybody takes back only what he closed himself within ``TAKEN_BACK``, to the stage where it was.
    """
    by.require("deals.edit")
    if any(item.recall for item in items):
        by.require_all(RECALL_RIGHTS)
    settings = directory(work)
    query = only_seen(select(deal).where(in_set(deal.c.id, "deals")), "deal", by)
    query = query.order_by(deal.c.id).with_for_update()
    found = {row.id: dict(row._mapping) for row in work.rows(query, {"deals": [item.deal_id for item in items]})}
    slips = closing_slips(work, found.values(), by)
    answers: list[Result] = []
    changed: dict[int, tuple[object, ...]] = {}
    stays: list[tuple[object, ...]] = []
    for item in items:
        row = found.get(item.deal_id)
        if row is None:
            answers.append(Result("no_deal", detail=_l("there is no deal {deal}", deal=item.deal_id)))
            continue
        if not by.may_change("deals.edit", row["owner_id"]):
            answers.append(not_yours(row["id"]))
            continue
        refusal, target = checked(work, settings, row, item, by, slips)
        if refusal is not None or target is None:
            answers.append(refusal or Result(DONE, (row["id"],), {"deal": deal_record(settings, row)}))
            continue
        cause = item.cause or cause_of(by)
        after = _write(work, settings, row, target, item, cause)
        found[item.deal_id] = after
        changed[row["id"]] = (row["id"], *(after[name] for name in _CHANGED))
        stays.append((row["id"], row["stage_entered_at"], work.now, row["stage_id"], cause.caused_by))
        answers.append(Result(DONE, (row["id"],), {"deal": deal_record(settings, after)}))
    work.update(deal, ("id",), _CHANGED, list(changed.values()))
    work.insert(stage_stay, _STAY, stays)
    return answers


def checked(
    work: Work, settings: Directory, row: Mapping[str, Any], item: Move, by: Actor, slips: Slips
) -> tuple[Result | None, Stage | None]:
    """Return why a deal, given as its row, may not move there, or where it goes; neither where it is there already.

    Reads and writes nothing: whoever fills a deal before it moves asks with the row as it will be.  ``slips`` are those of
    ``closing_slips``.  Whose the deal is was asked before.
    """
    plan = settings.plans[row["plan_id"]]
    target = plan.by_key.get(item.stage)
    here = settings.stages.get(row["stage_id"])
    if target is None:
        return Result(
            "no_stage", detail=_l("the plan “{plan}” has no stage “{stage}”", plan=plan.key, stage=item.stage)
        ), None
    if item.version is not None and item.version != row["version"]:
        return Result("stale", (row["id"],), detail=_l("the deal was changed meanwhile; look at it again")), None
    if here is not None and target.id == here.id:
        return None, None
    if item.stood is not None and here is not None and item.stood != here.key:
        return Result("stale", (row["id"],), detail=_l("the deal was moved meanwhile; look at it again")), None
    if item.only_forward and here is not None and target.position < here.position:
        return Result(
            "not_forward",
            (row["id"],),
            detail=_l("the stage “{stage}” is before “{here}”", stage=target.key, here=here.key),
        ), None
    if here is not None and _must_not_go_back(work, row, here, target, item, by):
        words = _l("from “{here}” deals only go forward, and “{stage}” is before it", here=here.name, stage=target.name)
        return Result("not_forward", (row["id"],), detail=words), None
    if _stays_closed(row, target, item, slips):
        words = _RECALL if by.rights >= RECALL_RIGHTS else _CLOSED
        return Result("closed", (row["id"],), detail=words), None
    if item.loss_reason is not None and item.loss_reason not in settings.loss_reason_keys:
        return Result(
            "no_reason", (row["id"],), detail=_l("there is no loss reason “{reason}”", reason=item.loss_reason)
        ), None
    missing = missing_fields(settings, target, row, item)
    if missing and not (item.recall or item.is_unasked):
        return Result(
            "required_missing",
            (row["id"],),
            detail=_l("the stage “{stage}” needs: {fields}", stage=target.key, fields=", ".join(missing)),
        ), None
    return None, target


def would_answer(work: Work, item: Move, *, by: Actor) -> Result | None:
    """Return why a move would be refused now; ``None`` where it would not.  Two queries at most."""
    query = only_seen(select(deal).where(deal.c.id == item.deal_id), "deal", by)
    rows = [row._mapping for row in work.rows(query)]
    if not rows:
        return Result("no_deal", detail=_l("there is no deal {deal}", deal=item.deal_id))
    if not by.may_change("deals.edit", rows[0]["owner_id"]):
        return not_yours(item.deal_id)
    return checked(work, directory(work), rows[0], item, by, closing_slips(work, rows, by))[0]


def _must_not_go_back(work: Work, row: Mapping[str, Any], here: Stage, target: Stage, item: Move, by: Actor) -> bool:
    """True where the stage lets deals only go forward, and this is neither forward nor a person's slip taken back."""
    if not here.only_forward or here.kind != "open" or target.position > here.position:
        return False
    if item.recall or item.is_unasked:
        return False
    return by.kind is not ActorKind.USER or bool(work.now - row["stage_entered_at"] > TAKEN_BACK)


Slips = Mapping[int, int] | None
"""Where an actor may put deals back that he closed just now, by their ids; ``None`` where he may move any."""


def closing_slips(work: Work, rows: Iterable[Mapping[str, Any]], by: Actor) -> Slips:
    """Return what of these deals' closings was a slip of the actor.  One query where such deals are among them."""
    if by.kind not in (ActorKind.USER, ActorKind.API):
        return None
    fresh = [row for row in rows if row["state"] and row["closed_at"] and work.now - row["closed_at"] <= TAKEN_BACK]
    if not fresh:
        return {}
    ends = {row["id"]: (row["closed_at"], row["left_stage_id"]) for row in fresh}
    closers = work.rows(_CLOSERS, {"deals": sorted(ends), "by": by.packed})
    return {row.deal_id: ends[row.deal_id][1] for row in closers if row.left_at == ends[row.deal_id][0]}


def _stays_closed(row: Mapping[str, Any], target: Stage, item: Move, slips: Slips) -> bool:
    if row["state"] == 0 or slips is None or item.recall:
        return False
    return slips.get(row["id"]) != target.id


_CLOSERS: Final = select(stage_stay.c.deal_id, stage_stay.c.left_at).where(
    in_set(stage_stay.c.deal_id, "deals"), stage_stay.c.ended_by == bindparam("by")
)
_CLOSED: Final = _l("the deal is closed: only who has the right to recall closed deals takes it up again")
_RECALL: Final = _l("the deal is closed: recall it on its card, and say why")


def missing_fields(settings: Directory, target: Stage, row: Mapping[str, Any], item: Move) -> list[str]:
    """Return the fields that the target stage requires and the deal does not have; ``loss_reason`` counts as one."""
    missing = empty_of(settings, target.required_fields, row)
    if target.asks_reason and item.loss_reason not in settings.loss_reason_keys:
        missing.append("loss_reason")
    return missing


def skipped(plan: Plan, here: Stage | None, target: Stage) -> list[str]:
    """Return the keys of the open stages that a move forward jumps over."""
    if here is None or target.kind == "undefined":
        return []
    return [one.key for one in plan.stages if one.kind == "open" and here.position < one.position < target.position]


def _write(
    work: Work, settings: Directory, row: Mapping[str, Any], target: Stage, item: Move, cause: Cause
) -> dict[str, Any]:
    """Record the move's events and sums; return the deal's row as it will be."""
    plan = settings.plans[row["plan_id"]]
    here = settings.stages.get(row["stage_id"])
    came_from = here.key if here is not None else None
    reason = settings.loss_reason_keys.get(item.loss_reason) if item.loss_reason is not None else None
    person, amount, currency = row["person_id"], row["amount"], row["currency"]
    notes = journal(work)
    moved = {"plan": plan.key, "from": came_from, "stage": target.key, "amount": amount}
    jumped = skipped(plan, here, target)
    if jumped:
        moved["skipped"] = jumped
    is_recall = row["state"] != 0 and target.state == 0
    if is_recall:
        moved["recall"] = True
    notes.add("deal.moved", person, row["id"], moved, cause, plan=plan.key)
    if is_recall:
        recalled = {"plan": plan.key, "stage": target.key, "from": came_from}
        if item.recall:
            recalled["reason"] = item.recall
        notes.add("deal.recalled", person, row["id"], recalled, cause, plan=plan.key)
    elif target.state == 1:
        won = {"plan": plan.key, "stage": target.key, "from": came_from, "amount": amount, "currency": currency}
        notes.add("deal.won", person, row["id"], won, cause, plan=plan.key)
    elif target.state == 2:
        lost = {"plan": plan.key, "stage": target.key, "from": came_from, "reason": item.loss_reason}
        notes.add("deal.lost", person, row["id"], lost, cause, plan=plan.key)
    sums = totals(work)
    sums.add(plan.id, row["stage_id"], row["owner_id"], currency, amount, deals=-1)
    sums.add(plan.id, target.id, row["owner_id"], currency, amount, deals=1)
    closes = target.state != 0
    return {
        **row,
        "stage_id": target.id,
        "state": target.state,
        "loss_reason_id": reason if target.state == 2 else None,
        "left_stage_id": (row["stage_id"] if row["state"] == 0 else row["left_stage_id"]) if closes else None,
        "stage_entered_at": work.now,
        "closed_at": work.now if closes else None,
        "version": row["version"] + 1,
    }
