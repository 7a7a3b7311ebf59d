"""Calls about deals and sales plans."""

from __future__ import annotations

from typing import Final

from crm.deals.moving import Move, move_deals
from crm.ways.reading import deals_as_told, page_of_deals
from engine.request import DONE
from engine.text import LazyText, _l
from web.pages.api.calls import Answer, Asked, RefusedError, call, refuse
from web.pages.api.shapes import BIGGEST_ID, Deal, Deals, DealsQuery, MoveIn, Plan, Plans, Stage

_ID = f"<int(max={BIGGEST_ID}):deal_id>"
_STATUS: Final = {"stale": 409}
_WHERE: Final = {"stale": "version", "no_reason": "loss_reason", "no_stage": "stage"}


@call("GET", "/deals", "List deals", right="records.see_all", query=DealsQuery, answers={200: (Deals,)})
def list_deals(asked: Asked) -> Answer:
    """Return a page of deals in the order of their ids."""
    wanted: DealsQuery = asked.query
    plan = asked.settings.plan_keys.get(wanted.plan) if wanted.plan is not None else None
    if wanted.plan is not None and plan is None:
        refuse(422, "no_plan", _l("there is no sales plan {key}", key=wanted.plan), "plan")
    stage = plan.by_key.get(wanted.stage) if plan is not None and wanted.stage is not None else None
    if wanted.stage is not None and stage is None:
        refuse(422, "no_stage", _l("there is no stage {key} in any sales plan", key=wanted.stage), "stage")
    found = page_of_deals(
        asked.work,
        asked.viewer,
        plan_id=plan.id if plan is not None else None,
        stage_id=stage.id if stage is not None else None,
        after=wanted.after,
        limit=wanted.limit,
    )
    last = found[-1]["id"] if len(found) == wanted.limit else None
    return 200, Deals(deals=[Deal(**one) for one in found], next=last)


@call("GET", f"/deals/{_ID}", "Read a deal", right="records.see_all", answers={200: (Deal,)}, refusals=(404,))
def read_deal(asked: Asked, deal_id: int) -> Answer:
    """Return a deal; 404 for one that the key may not see."""
    return 200, _deal(asked, deal_id)


@call(
    "POST",
    f"/deals/{_ID}/move",
    "Move a deal to another stage of its plan",
    right="deals.edit",
    takes=(MoveIn,),
    answers={200: (Deal,)},
    refusals=(404,),
)
def move_deal(asked: Asked, deal_id: int) -> Answer:
    """Move a deal by the rules of the board, and return it."""
    body: MoveIn = asked.body
    move = Move(deal_id, body.stage, body.only_forward, body.loss_reason, body.version)
    [answer] = move_deals(asked.work, [move], by=asked.by)
    if answer.code == "no_deal":
        refuse(404, "not_found", _l("there is no deal {deal}", deal=deal_id), "deal_id")
    if answer.code != DONE:
        words = answer.detail if isinstance(answer.detail, LazyText) else _l("{problem}", problem=answer.detail)
        refuse(_STATUS.get(answer.code, 422), answer.code, words, _WHERE.get(answer.code))
    return 200, _deal(asked, deal_id)


@call("GET", "/plans", "List sales plans with their stages", answers={200: (Plans,)})
def list_plans(asked: Asked) -> Answer:
    """Return the plans that are not archived."""
    return 200, Plans(
        plans=[
            Plan(
                key=plan.key,
                name=plan.name,
                currency=plan.currency,
                stages=[Stage(key=one.key, name=one.name, kind=one.kind) for one in plan.stages],
            )
            for plan in sorted(asked.settings.plans.values(), key=lambda one: one.key)
            if not plan.is_archived
        ]
    )


def _deal(asked: Asked, deal_id: int) -> Deal:
    found = deals_as_told(asked.work, [deal_id], asked.viewer).get(deal_id)
    if found is None:
        raise RefusedError(404, "not_found", _l("there is no deal {deal}", deal=deal_id), "deal_id")
    return Deal(**found)
