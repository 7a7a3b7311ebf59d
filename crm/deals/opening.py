"""Open deals on sales plans, each given to the manager whom the plan's distribution chooses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import func, select

from crm.access.actor import Actor
from crm.deals import there_already
from crm.deals.distribution import RELATED, record, reserve
from crm.deals.totals import totals
from crm.directory import Plan, Stage, directory
from crm.journal import Cause, cause_of, journal
from crm.records.visible import no_record, unseen
from crm.tables.records import deal
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.event import SUBJECT_CODES
from engine.request import DONE, IfOpen, Result
from engine.template import parse
from engine.text import _l

_DEAL = SUBJECT_CODES["deal"]
_COLUMNS = (
    "id",
    "person_id",
    "plan_id",
    "stage_id",
    "owner_id",
    "title",
    "title_fold",
    "amount",
    "currency",
    "state",
    "lead_id",
    "contact_id",
    "company_id",
    "external_id",
    "loss_reason_id",
    "created_at",
    "stage_entered_at",
    "closed_at",
    "version",
)


class NewDeal(NamedTuple):
    """A deal to open.

    ``plan`` and ``stage`` are keys; ``stage`` ``None`` is the plan's first.  ``amount`` is in minor units, ``None`` the plan's
    average check; ``currency`` ``None`` is the plan's.  ``title`` ``None`` is the plan's own template, filled from ``values``.
    ``owner_id`` ``None`` lets the plan decide.  ``if_open`` says what to do about an open deal of the person on the plan.
    ``opened_at`` and ``closed_at`` are for deals that happened elsewhere, earlier.  ``cause`` is what stands behind this one, if
    not the actor himself.
    """

    person_id: int
    plan: str
    stage: str | None = None
    title: str | None = None
    amount: int | None = None
    currency: str | None = None
    owner_id: int | None = None
    lead_id: int | None = None
    contact_id: int | None = None
    company_id: int | None = None
    external_id: str | None = None
    loss_reason: str | None = None
    if_open: IfOpen = "another"
    values: Callable[[str], object] | None = None
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    is_unowned: bool = False
    cause: Cause | None = None


def open_deals(work: Work, items: Sequence[NewDeal], *, by: Actor, batch_id: int = 0) -> list[Result]:
    """Open deals; one answer per item, in order.

    ``done`` (ids: the deal), ``exists`` (the external id is known; ids: that deal), ``already_there`` (ids: the open deal),
    ``no_manager`` (the plan is even and nobody takes), ``no_plan`` and ``no_stage`` (the key is gone), ``no_record`` (the lead is
    gone).  The answers carry the deal's facts.  The number of statements grows with the number of *plans*, not of items.

    Plans and leads that the actor does not see are gone for him; persons, contacts and companies are found by what one knows
    of them.
    """
    by.require("deals.create")
    settings = directory(work)
    answers: list[Result | None] = [None] * len(items)
    places: list[tuple[Plan, Stage] | None] = []
    known: dict[tuple[str, str | None], tuple[Plan, Stage]] = {}
    for number, item in enumerate(items):
        place = known.get((item.plan, item.stage))
        if place is not None:
            places.append(place)
            continue
        plan = settings.plan_keys.get(item.plan)
        if plan is None or plan.is_archived or not (by.sees is None or by.sees.sees_plan(plan.id)):
            answers[number] = Result("no_plan", detail=_l("there is no sales plan “{plan}”", plan=item.plan))
            places.append(None)
            continue
        stage = plan.first_stage if item.stage is None else plan.by_key.get(item.stage)
        if stage is None:
            answers[number] = Result(
                "no_stage", detail=_l("the plan “{plan}” has no stage “{stage}”", plan=item.plan, stage=item.stage)
            )
            places.append(None)
            continue
        place = known[item.plan, item.stage] = plan, stage
        places.append(place)
    _refuse_unseen(work, items, answers, by)
    twins = there_already.answer_known(work, items, answers)
    there_already.answer_already_open(work, settings, items, places, answers)
    repeated = there_already.answer_repeated(items, places, answers)
    owners = _owners(work, items, places, answers, batch_id)
    _insert(work, items, places, answers, owners, by)
    for number, first in twins.items():
        made = answers[first]
        answers[number] = Result("exists", made.ids) if made is not None and made.code == DONE else made
    for number, first in repeated.items():
        made = answers[first]
        if made is not None and made.code == DONE and items[number].if_open == "leave":
            made = made._replace(code="already_there")
        answers[number] = made
    return [answer if answer is not None else Result(DONE) for answer in answers]


def _refuse_unseen(work: Work, items: Sequence[NewDeal], answers: list[Result | None], by: Actor) -> None:
    """Answer the items whose lead is not there for the actor.  One query, none where he is not held to what he sees."""
    hidden = unseen(work, (("lead", item.lead_id) for item in items if item.lead_id is not None), by)
    for number, item in enumerate(items if hidden else ()):
        if answers[number] is None and item.lead_id is not None and ("lead", item.lead_id) in hidden:
            answers[number] = no_record("lead", item.lead_id)


def _owners(
    work: Work,
    items: Sequence[NewDeal],
    places: Sequence[tuple[Plan, Stage] | None],
    answers: list[Result | None],
    batch_id: int,
) -> dict[int, int | None]:
    """Choose the owner of each item: as given, by relation, or by the plan's second rule.  Refuses where nobody takes."""
    owners: dict[int, int | None] = {}
    undecided: dict[int, list[int]] = defaultdict(list)
    plans: dict[int, Plan] = {}
    for number, (item, place, answer) in enumerate(zip(items, places, answers, strict=True)):
        if answer is not None or place is None:
            continue
        plan = place[0]
        if item.owner_id is not None or item.is_unowned or plan.distribution == "manual":
            owners[number] = item.owner_id
        else:
            undecided[plan.id].append(number)
            plans[plan.id] = plan
    given: list[tuple[int, tuple[int, int, int, int, int]]] = work.memo.setdefault("given", [])
    given.clear()
    for plan_id, all_numbers in sorted(undecided.items()):
        plan, numbers = plans[plan_id], all_numbers
        if plan.first_rule == "related":
            related = related_managers(work, plan, [items[number].person_id for number in numbers])
            for number in all_numbers:
                owner = related.get(items[number].person_id)
                if owner is not None:
                    owners[number] = owner
                    given.append((number, (0, 0, owner, RELATED, _DEAL)))
            numbers = [number for number in all_numbers if number not in owners]
        chosen = reserve(work, plan, len(numbers), batch_id=batch_id)
        if chosen is None:
            nobody = Result("no_manager", detail=_l("nobody on the plan “{plan}” takes deals now", plan=plan.key))
            for number in numbers:
                answers[number] = nobody
            continue
        round_id, users, reason = chosen.id, chosen.users, chosen.reason
        for number in numbers[len(users) :]:
            answers[number] = Result("no_manager", detail=_FULL)
        owners.update(zip(numbers, users, strict=False))
        given += [
            (number, (round_id, at, user, reason, _DEAL))
            for at, (number, user) in enumerate(zip(numbers, users, strict=False))
        ]
    return owners


def related_managers(work: Work, plan: Plan, persons: Iterable[int]) -> dict[int, int]:
    """Return the manager of the plan whom each person has dealt with last: the owner of the newest deal.  One query."""
    takers = [one.user_id for one in directory(work).takers(plan, work.now)]
    newest = (
        select(deal.c.person_id, func.max(deal.c.id).label("id"))
        .where(in_set(deal.c.person_id, "persons"), in_set(deal.c.owner_id, "takers"))
        .group_by(deal.c.person_id)
        .subquery()
    )
    statement = select(deal.c.person_id, deal.c.owner_id).join(newest, newest.c.id == deal.c.id)
    return {row.person_id: row.owner_id for row in work.rows(statement, {"persons": list(persons), "takers": takers})}


def _insert(
    work: Work,
    items: Sequence[NewDeal],
    places: Sequence[tuple[Plan, Stage] | None],
    answers: list[Result | None],
    owners: Mapping[int, int | None],
    by: Actor,
) -> None:
    """Gather the rows of what is to be opened, with their events, sums and assignments."""
    numbers = [number for number, answer in enumerate(answers) if answer is None]
    if not numbers:
        return
    settings, now, cause_by_actor = directory(work), work.now, cause_of(by)
    ids = work.ids("deal", len(numbers))
    id_of = dict(zip(numbers, ids, strict=True))
    rows: list[tuple[object, ...]] = []
    happened: dict[str, list[tuple[int, int, str, Cause]]] = defaultdict(list)
    sums: dict[tuple[int, int, int | None, str], list[int]] = defaultdict(list)
    kinds: dict[tuple[int, int], _Kind] = {}
    add_event, stored, users = journal(work).add_text, work.stored, settings.users
    stored_now = stored(now)
    for number, deal_id in id_of.items():
        item, place = items[number], places[number]
        assert place is not None
        (
            person, _, _, title, amount, currency, _, lead_id, contact_id, company_id, external_id, lost, _, values,
            opened_at, closed_at, _, cause,
        ) = item  # fmt: skip
        kind = kinds.get((place[0].id, place[1].id))
        if kind is None:
            kind = kinds[place[0].id, place[1].id] = _Kind(*place)
        plan, stage, state = kind.plan, kind.stage, kind.stage.state
        owner = owners.get(number)
        if title is None:
            title = kind.title.render(values or _no_value) or plan.name
        if amount is None:
            amount = plan.average_check
        currency = currency or plan.currency
        opened = opened_at or now
        closed = (closed_at or now) if state else None
        reason = settings.loss_reason_keys.get(lost) if lost is not None else None
        opened_stored = stored_now if opened is now else stored(opened)
        closed_stored = stored(closed) if closed is not None else None
        rows.append(
            (
                deal_id,
                person,
                plan.id,
                stage.id,
                owner,
                title,
                title.casefold(),
                amount,
                currency,
                state,
                lead_id,
                contact_id,
                company_id,
                external_id,
                reason,
                opened_stored,
                closed_stored or opened_stored,
                closed_stored,
                1,
            )
        )
        data = f'{kind.data}"owner":{owner or 0},"amount":{amount},"lead":{lead_id or 0}}}'
        cause = cause or cause_by_actor
        if opened_at is None and not state:
            happened[plan.key].append((person, deal_id, data, cause))
        else:
            add_event("deal.created", person, deal_id, data, cause, plan=plan.key, occurred_at=opened_at)
        if state:
            ended = {"plan": plan.key, "stage": stage.key, "from": None, "amount": amount, "currency": currency}
            name = "deal.won" if state == 1 else "deal.lost"
            add_event(name, person, deal_id, dumps(ended), cause, plan=plan.key, occurred_at=closed)
        sums[plan.id, stage.id, owner, currency].append(amount)
        user = users.get(owner) if owner is not None else None
        answers[number] = Result(
            DONE,
            (deal_id,),
            {
                "deal": {
                    "id": deal_id,
                    "title": title,
                    "plan": plan.key,
                    "stage": stage.key,
                    "amount": amount,
                    "currency": currency,
                    "owner": user.login if user is not None else None,
                    "owner_id": owner,
                    "lead_id": lead_id,
                    "lost_reason": lost if reason is not None else None,
                    "created_at": opened,
                    "stage_entered_at": closed or opened,
                    "closed_at": closed,
                    "tags": _NO_TAGS,
                    "open_tasks": 0,
                }
            },
        )
    for plan_key, events in happened.items():
        journal(work).add_rows("deal.created", events, plan=plan_key)
    for (plan_id, stage_id, owner_id, currency_), amounts in sums.items():
        totals(work).add_opened(plan_id, stage_id, owner_id, currency_, amounts)
    work.insert(deal, _COLUMNS, rows)
    given = work.memo.pop("given", ())
    record(work, [(id_of[number], *place) for number, place in given if number in id_of])


_FULL: Final = _l("everybody who takes deals has as many as he can")


class _Kind:
    """What all deals that are opened in one stage of one plan have in common."""

    __slots__ = ("data", "plan", "stage", "title")

    def __init__(self, plan: Plan, stage: Stage) -> None:
        self.plan, self.stage = plan, stage
        self.title = parse(plan.deal_title)
        self.data = f'{{"plan":"{plan.key}","stage":"{stage.key}",'


_NO_TAGS = frozenset[str]()


def _no_value(_path: str) -> None:
    return None
