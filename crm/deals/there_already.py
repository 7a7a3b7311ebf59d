"""What is there already when deals are to be opened: known external ids, open deals, and twins in the same call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from crm.deals.facts import deal_record
from crm.directory import Directory, Plan, Stage
from crm.tables.records import deal
from db.sets import in_set, span
from db.work import Work
from engine.request import DONE, Result

if TYPE_CHECKING:
    from crm.deals.opening import NewDeal

_OPEN = select(deal.c.id, deal.c.person_id).where(deal.c.state == 0, deal.c.archived_at.is_(None))
_OPEN_OF_PERSON = _OPEN.where(in_set(deal.c.person_id, "persons"))
_OPEN_OF_PERSONS_BETWEEN = _OPEN.where(deal.c.person_id.between(bindparam("first"), bindparam("last")))
_BY_ID = select(deal).where(in_set(deal.c.id, "deals")).order_by(deal.c.id)


def answer_known(work: Work, items: Sequence[NewDeal], answers: list[Result | None]) -> dict[int, int]:
    """Answer the items whose external id is known; returns those that repeat an earlier item's, with its number.

    One query where there are external ids.
    """
    asking = {item.external_id for item in items if item.external_id is not None}
    if not asking:
        return {}
    query = select(deal.c.external_id, deal.c.id).where(in_set(deal.c.external_id, "ids"))
    known = {row.external_id: row.id for row in work.rows(query, {"ids": sorted(asking)})}
    first: dict[str, int] = {}
    twins: dict[int, int] = {}
    for number, item in enumerate(items):
        if item.external_id is None or answers[number] is not None:
            continue
        if item.external_id in known:
            answers[number] = Result("exists", (known[item.external_id],))
        elif first.setdefault(item.external_id, number) != number:
            answers[number] = Result("exists")
            twins[number] = first[item.external_id]
    return twins


def answer_already_open(
    work: Work,
    settings: Directory,
    items: Sequence[NewDeal],
    places: Sequence[tuple[Plan, Stage] | None],
    answers: list[Result | None],
) -> None:
    """Answer the items whose person has an open deal on the plan, where that matters.  One query."""
    asking = [number for number, item in enumerate(items) if item.if_open != "another" and answers[number] is None]
    if not asking:
        return
    persons = [items[number].person_id for number in asking]
    close = span(persons, thinned=6)
    first, last = close or (0, 0)
    query = _OPEN_OF_PERSON if close is None else _OPEN_OF_PERSONS_BETWEEN
    rows, wanted = work.tuples(query, {"persons": persons, "first": first, "last": last}), frozenset(persons)
    asked = [deal_id for deal_id, person_id in rows if person_id in wanted]
    open_now: dict[tuple[int, int], Mapping[str, object]] = {}
    if asked:
        for row in work.rows(_BY_ID, {"deals": asked}):
            open_now.setdefault((row.person_id, row.plan_id), dict(row._mapping))
    for number in asking:
        place = places[number]
        found = open_now.get((items[number].person_id, place[0].id)) if place is not None else None
        if found is not None:
            facts = deal_record(settings, found)
            code = DONE if items[number].if_open in ("use", "move") else "already_there"
            answers[number] = Result(code, (int(str(found["id"])),), {"deal": facts})


def answer_repeated(
    items: Sequence[NewDeal], places: Sequence[tuple[Plan, Stage] | None], answers: list[Result | None]
) -> dict[int, int]:
    """Return the items that ask about an open deal which an earlier one is to open, with its number."""
    first: dict[tuple[int, int], int] = {}
    repeated: dict[int, int] = {}
    for number, (item, place) in enumerate(zip(items, places, strict=True)):
        if answers[number] is not None or place is None:
            continue
        who = (item.person_id, place[0].id)
        if item.if_open != "another" and who in first:
            answers[number] = _LIKE_ANOTHER
            repeated[number] = first[who]
        elif place[1].state == 0:
            first.setdefault(who, number)
    return repeated


_LIKE_ANOTHER = Result("like_another")
