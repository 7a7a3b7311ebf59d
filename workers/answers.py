"""What runs ask of commands: each kind of request is answered by one call of one command for the whole batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from sqlalchemy import select

from crm.conditions.facts import load
from crm.deals.moving import Move, move_deals
from crm.deals.opening import NewDeal, open_deals
from crm.deals.owners import NewOwner, assign_owners
from crm.directory import directory
from crm.tables.records import deal
from db.sets import in_set
from db.work import Work
from engine.facts import Record
from engine.request import DONE, AssignManager, MoveDeal, OpenDeal, Result
from engine.text import _l
from workers.walker import RUNS, Walker


def answer(work: Work, asking: Sequence[Walker], *, batch_id: int) -> list[Result]:
    """Answer the requests that walkers stand before; one answer each, in order."""
    opening: list[tuple[int, NewDeal]] = []
    moving: list[tuple[int, Move]] = []
    giving: list[tuple[int, NewOwner]] = []
    answers: list[Result | None] = [None] * len(asking)
    on_plans = _on_plans(work, asking)
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
                deal_id = walker.deal_id if request.plan is None else on_plans.get((walker.person_id, request.plan))
                if deal_id is None:
                    answers[number] = Result("no_deal", detail=_no_deal(request))
                else:
                    move = Move(deal_id, request.stage, request.only_forward, request.loss_reason, cause=walker.cause)
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
            answers[number] = result
    return _with_whole_records(
        work, asking, [result if result is not None else Result("no_answer") for result in answers]
    )


def _on_plans(work: Work, asking: Sequence[Walker]) -> dict[tuple[int, str], int]:
    """Return the open deals of those who ask for the one on a certain plan, by person and plan: the run's own, else the oldest.

    One query where somebody asks so.
    """
    wanted = [
        walker
        for walker in asking
        if walker.last is not None
        and walker.last.ask is not None
        and isinstance(walker.last.ask.request, MoveDeal)
        and walker.last.ask.request.plan is not None
    ]
    if not wanted:
        return {}
    plans, own = directory(work).plans, {walker.deal_id for walker in wanted}
    found: dict[tuple[int, str], int] = {}
    for deal_id, person_id, plan_id in work.rows(_OPEN, {"persons": [walker.person_id for walker in wanted]}):
        place = (person_id, plans[plan_id].key)
        if deal_id in own or place not in found:
            found[place] = deal_id
    return found


_OPEN = (
    select(deal.c.id, deal.c.person_id, deal.c.plan_id)
    .where(in_set(deal.c.person_id, "persons"), deal.c.state == 0, deal.c.archived_at.is_(None))
    .order_by(deal.c.id)
)


def _no_deal(request: MoveDeal) -> str:
    if request.plan is None:
        return _l("the run has no deal to move")
    return _l("the person has no open deal on the sales plan “{plan}”", plan=request.plan)


def _new_deal(work: Work, walker: Walker, request: OpenDeal) -> NewDeal | Result:
    owner_id = None
    if request.owner is not None:
        user = directory(work).logins.get(request.owner)
        if user is None or not user.is_active:
            return Result("no_user", detail=_l("there is no active user “{login}”", login=request.owner))
        owner_id = user.id
    assert walker.facts is not None
    plan, stage, title, amount, _, if_open = request
    by_whom = (walker.lead_id, None, None, None, None, if_open, walker.facts.get, None, None, False, walker.cause)
    return NewDeal(walker.person_id, plan, stage, title, amount, None, owner_id, *by_whom)


def _new_owner(walker: Walker, request: AssignManager) -> NewOwner | Result:
    if walker.deal_id is not None:
        return NewOwner("deal", walker.deal_id, request.owner, request.plan, walker.cause)
    if walker.lead_id is not None:
        return NewOwner("lead", walker.lead_id, request.owner, request.plan, walker.cause)
    return Result("no_record", detail=_l("the run has neither a deal nor a lead to give to somebody"))


def _stands_elsewhere(result: Result, item: NewDeal) -> bool:
    return item.stage is not None and result.records["deal"].get("stage") != item.stage


def _with_whole_records(work: Work, asking: Sequence[Walker], results: Sequence[Result]) -> list[Result]:
    """Let the answers' records keep what the runs knew of them: tags, open tasks.

    Deals that were there before, but are new to their runs, are read: a fixed number of queries where there are such.
    """
    whole: list[Result] = []
    strangers: list[int] = []
    for number, (walker, result) in enumerate(zip(asking, results, strict=True)):
        assert walker.facts is not None
        known_before: dict[str, Record] = {}
        for name, record in result.records.items():
            known = walker.facts.records.get(name)
            if known is not None and known.get("id") == record.get("id", known.get("id")):
                known_before[name] = {**known, **record}
            elif name == "deal" and "tags" not in record:
                strangers.append(number)
        whole.append(result._replace(records={**result.records, **known_before}) if known_before else result)
    if strangers:
        programs = [asking[number].program for number in strangers]
        found = load(
            work,
            [asking[number].subject._replace(deal_id=whole[number].ids[0]) for number in strangers],
            records=frozenset[str]().union(*(program.records for program in programs)),
            paths=frozenset[str]().union(*(program.paths for program in programs)),
        )
        for number, facts in zip(strangers, found, strict=True):
            read = {name: facts.records[name] for name in ("deal", "company") if name in facts.records}
            whole[number] = whole[number]._replace(records={**whole[number].records, **read})
    return whole
