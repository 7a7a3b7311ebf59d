"""Give deals and leads to owners: to a person by name, or to whom the plan's distribution chooses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import select

from crm.access.actor import Actor
from crm.deals.distribution import record, reserve
from crm.deals.facts import deal_record
from crm.deals.opening import related_managers
from crm.deals.totals import totals
from crm.directory import directory
from crm.journal import Cause, cause_of, journal
from crm.records.visible import REACHING, no_record, not_yours, only_seen
from crm.tables.records import deal, lead
from db.sets import in_set
from db.work import Work
from engine.event import SUBJECT_CODES
from engine.request import DONE, Result
from engine.text import _l

NOBODY: Final = ""
"""Instead of a login: nobody has it then."""


@dataclass(frozen=True, slots=True)
class NewOwner:
    """A deal or lead, and who gets it.

    ``owner`` is a login, or ``NOBODY``.  ``None`` lets the distribution of ``plan`` (a key; ``None``: the deal's own) decide.
    ``version`` refuses a change made on an old view of the record.
    """

    kind: Literal["deal", "lead"]
    record_id: int
    owner: str | None = None
    plan: str | None = None
    cause: Cause | None = None
    version: int | None = None


def assign_owners(work: Work, items: Sequence[NewOwner], *, by: Actor, batch_id: int = 0) -> list[Result]:
    """Give records to owners; one answer per item, in order.  Of a record that is named twice the later owner stays.

    ``done``, ``unchanged``, ``no_manager`` (nobody takes), ``no_user``, ``no_plan``, ``no_record``, ``not_yours``, ``stale``.
    The number of statements grows with the number of plans, not of items.
    """
    by.require("deals.edit")
    settings = directory(work)
    rows = {}
    tables: dict[Literal["deal", "lead"], Any] = {"deal": deal, "lead": lead}
    for kind, table in tables.items():
        wanted = [item.record_id for item in items if item.kind == kind]
        if wanted:
            query = only_seen(select(table).where(in_set(table.c.id, "records")), kind, by)
            found = work.rows(query.order_by(table.c.id).with_for_update(), {"records": wanted})
            rows.update({(kind, row.id): dict(row._mapping) for row in found})
    answers: list[Result | None] = [None] * len(items)
    chosen: dict[int, int | None] = {}
    undecided: dict[str, list[int]] = defaultdict(list)
    asked: set[tuple[str, int]] = set()
    for number, item in enumerate(items):
        row = rows.get((item.kind, item.record_id))
        if row is None:
            answers[number] = no_record(item.kind, item.record_id)
        elif not by.may_change(REACHING[item.kind], row["owner_id"]):
            answers[number] = not_yours(item.record_id)
        elif item.version is not None and item.version != row["version"]:
            answers[number] = Result(
                "stale", (item.record_id,), detail=_l("it was changed meanwhile; look at it again")
            )
        elif item.owner == NOBODY:
            chosen[number] = None
        elif item.owner is not None:
            user = settings.logins.get(item.owner)
            if user is None or not user.is_active:
                answers[number] = Result("no_user", detail=_l("there is no active user “{user}”", user=item.owner))
            else:
                chosen[number] = user.id
        else:
            own = settings.plans.get(row["plan_id"]) if item.kind == "deal" else None
            plan = settings.plan_keys.get(item.plan) if item.plan is not None else own
            if plan is None:
                answers[number] = Result(
                    "no_plan", detail=_l("there is no sales plan “{plan}” to choose a manager from", plan=item.plan)
                )
            elif (item.kind, item.record_id) in asked:
                answers[number] = Result("unchanged", (item.record_id,))
            else:
                asked.add((item.kind, item.record_id))
                undecided[plan.key].append(number)
    given: list[tuple[int, int, int, int, int, int]] = []
    for key, unowned in sorted(undecided.items()):
        plan, numbers = settings.plan_keys[key], unowned
        if plan.first_rule == "related":
            persons = {number: rows[items[number].kind, items[number].record_id]["person_id"] for number in unowned}
            related = related_managers(work, plan, persons.values())
            chosen |= {number: related[person] for number, person in persons.items() if person in related}
            numbers = [number for number in unowned if number not in chosen]
        round_ = reserve(work, plan, len(numbers), batch_id=batch_id)
        for place, number in enumerate(numbers):
            if round_ is None or place >= len(round_.users):
                answers[number] = Result(
                    "no_manager", detail=_l("nobody on the plan “{plan}” takes deals now", plan=key)
                )
                continue
            chosen[number] = taker = round_.users[place]
            given.append(
                (
                    items[number].record_id,
                    round_.id,
                    place,
                    taker,
                    round_.reason,
                    SUBJECT_CODES[items[number].kind],
                )
            )
    record(work, given)
    changes: dict[str, dict[int, tuple[int, int | None, int]]] = {"deal": {}, "lead": {}}
    for number, user_id in sorted(chosen.items()):
        item = items[number]
        row = rows[item.kind, item.record_id]
        user = settings.users.get(user_id) if user_id is not None else None
        login = user.login if user is not None else None  # who joined the company at this very moment
        after = {**row, "owner_id": user_id, "version": row["version"] + 1}
        facts = deal_record(settings, after) if item.kind == "deal" else {"owner": login, "owner_id": user_id}
        if row["owner_id"] == user_id:
            answers[number] = Result("unchanged", (item.record_id,), {item.kind: facts})
            continue
        plan_key = ""
        if item.kind == "deal":
            plan_key = settings.plans[row["plan_id"]].key
            sums = totals(work)
            sums.add(row["plan_id"], row["stage_id"], row["owner_id"], row["currency"], row["amount"], deals=-1)
            sums.add(row["plan_id"], row["stage_id"], user_id, row["currency"], row["amount"], deals=1)
        data = {"plan": plan_key, "owner": user_id, "from": row["owner_id"]}
        journal(work).add(
            f"{item.kind}.assigned", row["person_id"], item.record_id, data, item.cause or cause_of(by), plan=plan_key
        )
        rows[item.kind, item.record_id] = after
        changes[item.kind][item.record_id] = (item.record_id, user_id, after["version"])
        answers[number] = Result(DONE, (item.record_id,), {item.kind: facts})
    work.update(deal, ("id",), ("owner_id", "version"), list(changes["deal"].values()))
    work.update(lead, ("id",), ("owner_id", "version"), list(changes["lead"].values()))
    return [answer if answer is not None else Result("no_record") for answer in answers]
