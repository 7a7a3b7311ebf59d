"""Take closed deals up again: to the stage they were lost from, or the last one before the deal was won."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from crm.access.actor import Actor
from crm.deals.moving import RECALL_RIGHTS, Move, move_deals
from crm.directory import Plan, Stage, directory
from crm.records.visible import only_seen
from crm.tables.records import deal
from db.sets import in_set
from db.work import Work
from engine.request import Result
from engine.text import _l

LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class Recall:
    """A closed deal, and why it is taken up again; ``version`` refuses what was decided on an old view of it."""

    deal_id: int
    reason: str
    version: int | None = None


def recall_deals(work: Work, items: Sequence[Recall], *, by: Actor) -> list[Result]:
    """Take deals up again; one answer per item.  Who did it, when and why is in the journal.

    ``done``, ``no_deal``, ``not_yours``, ``not_closed``, ``reason_missing``, ``stale``.  A lost deal goes back to the stage it
    was closed from ("Undefined" where that is gone), a won one to the last intermediate stage of its plan; what these stages
    require is not asked for.  Four statements, whatever the number.

    Raises:
        NotAllowedError: the actor lacks one of ``RECALL_RIGHTS``.
    """
    by.require_all(RECALL_RIGHTS)
    by.require("deals.edit")
    settings = directory(work)
    columns = deal.c.id, deal.c.plan_id, deal.c.state, deal.c.left_stage_id
    query = only_seen(select(*columns).where(in_set(deal.c.id, "deals")), "deal", by).order_by(deal.c.id)
    rows = work.rows(query.with_for_update(), {"deals": [item.deal_id for item in items]})
    found = {row.id: row for row in rows}
    answers: list[Result | None] = []
    moves: list[Move] = []
    for item in items:
        row, reason = found.pop(item.deal_id, None), " ".join(item.reason.replace("\x00", "").split())
        refusal = _refusal(item, row, reason)
        answers.append(refusal)
        if refusal is None and row is not None:
            target = recall_target(settings.plans[row.plan_id], row.state, row.left_stage_id)
            moves.append(Move(item.deal_id, target.key, version=item.version, recall=reason))
    moved = iter(move_deals(work, moves, by=by))
    return [answer if answer is not None else next(moved) for answer in answers]


def recall_target(plan: Plan, state: int, left_stage_id: int | None) -> Stage:
    """Return where a closed deal goes when it is recalled; ``state`` is 1 for a won one."""
    opened = [stage for stage in plan.stages if stage.kind == "open"]
    if state == 1:
        return opened[-1]
    left = next((stage for stage in opened if stage.id == left_stage_id), None)
    return left or next(stage for stage in plan.stages if stage.kind == "undefined")


def _refusal(item: Recall, row: Any, reason: str) -> Result | None:
    if row is None:
        return Result("no_deal", detail=_l("there is no deal {deal}", deal=item.deal_id))
    if row.state == 0:
        return Result("not_closed", (row.id,), detail=_l("the deal is open"))
    if not reason:
        return Result("reason_missing", (row.id,), detail=_l("say why the deal is taken up again"))
    if len(reason) > LONGEST_REASON:
        return Result(
            "reason_missing", (row.id,), detail=_l("a reason has at most {limit} characters", limit=LONGEST_REASON)
        )
    return None
