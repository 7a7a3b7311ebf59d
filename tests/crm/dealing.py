"""Deals through their commands, and the laws that hold after every one of them."""

import json

from sqlalchemy import func, select

from crm.access.actor import SYSTEM
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.people.persons import persons_of
from crm.tables.journal import event, stage_stay, stage_total
from crm.tables.records import deal
from engine.event import EVENT_KINDS


def persons(work, number):
    return persons_of(work, [()] * number)


def opened(work, number=1, plan="wholesale", **values):
    """Open deals of new persons and return their ids."""
    items = [NewDeal(person_id, plan, **values) for person_id in persons(work, number)]
    answers = open_deals(work, items, by=SYSTEM)
    assert {answer.code for answer in answers} == {"done"}
    return [answer.ids[0] for answer in answers]


def row_of(work, deal_id):
    [row] = work.rows(select(deal).where(deal.c.id == deal_id))
    return row


def stage_of(work, deal_id):
    return directory(work).stages[row_of(work, deal_id).stage_id].key


def owner_of(work, deal_id):
    owner = row_of(work, deal_id).owner_id
    return directory(work).users[owner].login if owner else None


def events(work, kind):
    rows = work.rows(select(event).where(event.c.kind == EVENT_KINDS[kind].code).order_by(event.c.id))
    return [(row.subject_id, json.loads(row.data)) for row in rows]


def stays(work):
    rows = work.rows(select(stage_stay).order_by(stage_stay.c.id))
    stages = directory(work).stages
    return [(row.deal_id, stages[row.stage_id].key, row.left_at - row.entered_at) for row in rows]


def counted(work):
    """What the totals say, by plan, stage, owner and currency; nothing for zero."""
    keys = (stage_total.c.plan_id, stage_total.c.stage_id, stage_total.c.owner_id, stage_total.c.currency)
    rows = work.rows(select(*keys, func.sum(stage_total.c.deals), func.sum(stage_total.c.amount)).group_by(*keys))
    return {tuple(row[:4]): (int(row[4]), int(row[5])) for row in rows if int(row[4]) or int(row[5])}


def recounted(work):
    """The same from the deals themselves."""
    keys = (deal.c.plan_id, deal.c.stage_id, func.coalesce(deal.c.owner_id, 0), deal.c.currency)
    current = deal.c.archived_at.is_(None)
    rows = work.rows(select(*keys, func.count(), func.sum(deal.c.amount)).where(current).group_by(*keys))
    return {tuple(row[:4]): (int(row[4]), int(row[5])) for row in rows}


def cost(database, act):
    """The statements that one call takes, with what it writes at the end of its transaction."""
    with database.work() as work:
        directory(work)
        before = work.statements
        act(work)
        work.finish()
        return work.statements - before
