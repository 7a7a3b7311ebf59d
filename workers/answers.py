"""What runs ask of commands: each kind of request is answered by one call of one command for the whole batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from crm.deals.moving import Move, move_deals
from crm.deals.opening import NewDeal, open_deals
from crm.deals.owners import NewOwner, assign_owners
from crm.directory import directory
from db.work import Work
from engine.request import DONE, AssignManager, MoveDeal, OpenDeal, Result
from workers.walker import RUNS, Walker


def answer(work: Work, asking: Sequence[Walker], *, batch_id: int) -> list[Result]:
    """Answer the requests that walkers stand before; one answer each, in order."""
    opening: list[tuple[int, NewDeal]] = []
    moving: list[tuple[int, Move]] = []
    giving: list[tuple[int, NewOwner]] = []
    answers: list[Result | None] = [None] * len(asking)
    for number, walker in enumerate(asking):
        assert walker.last is not None
        assert walker.last.ask is not None
        request = walker.last.ask.request
        match request:
            case OpenDeal():
                item = _new_deal(work, walker, request)
                if isinstance(item, Result):
                    answers[number] = item
                else:
                    opening.append((number, item))
            case MoveDeal():
                if walker.deal_id is None:
                    answers[number] = Result("no_deal", detail="the run has no deal to move")
                else:
                    move = Move(
                        walker.deal_id, request.stage, request.only_forward, request.loss_reason, cause=walker.cause
                    )
                    moving.append((number, move))
            case AssignManager():
                giving_to = _new_owner(walker, request)
                if isinstance(giving_to, Result):
                    answers[number] = giving_to
                else:
                    giving.append((number, giving_to))
            case _:
                assert_never(request)
    if opening:
        results = open_deals(work, [item for _, item in opening], by=RUNS, batch_id=batch_id)
        for (number, item), result in zip(opening, results, strict=True):
            answers[number] = result
            if item.if_open == "move" and result.code == DONE and _stands_elsewhere(result, item):
                moving.append((number, Move(result.ids[0], str(item.stage), cause=item.cause)))
    if moving:
        results = move_deals(work, [item for _, item in moving], by=RUNS)
        for (number, _), result in zip(moving, results, strict=True):
            answers[number] = result
    if giving:
        results = assign_owners(work, [item for _, item in giving], by=RUNS, batch_id=batch_id)
        for (number, _), result in zip(giving, results, strict=True):
            answers[number] = _with_record(asking[number], result)
    return [result if result is not None else Result("no_answer") for result in answers]


def _new_deal(work: Work, walker: Walker, request: OpenDeal) -> NewDeal | Result:
    owner_id = None
    if request.owner is not None:
        user = directory(work).logins.get(request.owner)
        if user is None or not user.is_active:
            return Result("no_user", detail=f"there is no active user {request.owner!r}")
        owner_id = user.id
    assert walker.last is not None
    return NewDeal(
        walker.person_id,
        request.plan,
        request.stage,
        request.title,
        request.amount,
        owner_id=owner_id,
        lead_id=walker.lead_id,
        if_open=request.if_open,
        values=walker.last.facts.get,
        cause=walker.cause,
    )


def _new_owner(walker: Walker, request: AssignManager) -> NewOwner | Result:
    if walker.deal_id is not None:
        return NewOwner("deal", walker.deal_id, request.owner, request.plan, walker.cause)
    if walker.lead_id is not None:
        return NewOwner("lead", walker.lead_id, request.owner, request.plan, walker.cause)
    return Result("no_record", detail="the run has neither a deal nor a lead to give to somebody")


def _stands_elsewhere(result: Result, item: NewDeal) -> bool:
    return item.stage is not None and result.records["deal"].get("stage") != item.stage


def _with_record(walker: Walker, result: Result) -> Result:
    """Let the answer's facts keep what the run knew of the record beside the owner."""
    assert walker.last is not None
    known = walker.last.facts.records
    records = {name: {**known.get(name, {}), **record} for name, record in result.records.items()}
    return Result(result.code, result.ids, records, result.detail)
