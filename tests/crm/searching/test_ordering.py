"""Deals in the order of a list: the same, page by page, as when all of them are sorted."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, true

from crm.access.actor import SYSTEM
from crm.deals.moving import Move, move_deals
from crm.directory import directory
from crm.fields.changes import FieldChange, set_fields
from crm.searching.ordering import SORTS, TITLE, in_order, in_ranks, in_stages
from crm.tables.records import deal, task
from crm.tasks.changes import NewTask, create_tasks
from engine.deadline import Due
from tests.crm.dealing import opened

_DUE = (
    select(func.min(task.c.due_at))
    .where(task.c.deal_id == deal.c.id, task.c.status == 0)
    .correlate(deal)
    .scalar_subquery()
)
KEYS = {
    "deal.amount": deal.c.amount,
    "deal.title": func.substr(deal.c.title_fold, 1, TITLE),
    "deal.created_at": deal.c.created_at,
    "deal.closed_at": deal.c.closed_at,
    "next_task": _DUE,
}


@pytest.fixture
def ordered(database, keep):
    """Deals of few amounts and titles, some closed, some with tasks; of a third the index does not know what is new."""
    with database.work() as work:
        ids = opened(work, 24)
        _change(work, ids)
    keep(database)
    with database.work() as work:
        fresh = opened(work, 6)
        _change(work, [*fresh, *ids[:6]])
    return database


def _change(work, ids):
    changes = [
        FieldChange("deal", id_, {"amount": 100 * (place * 7 % 5), "title": f"Deal {place * 11 % 7}"})
        for place, id_ in enumerate(ids)
    ]
    set_fields(work, changes, by=SYSTEM)
    move_deals(work, [Move(id_, "closed_won" if id_ % 2 else "talks") for id_ in ids[::3]], by=SYSTEM)
    persons = dict(work.rows(select(deal.c.id, deal.c.person_id)))
    due = [
        NewTask(
            persons[id_], "Call", Due.at_moment(work.now + timedelta(days=place % 4), "Europe/Kyiv"), None, None, id_
        )
        for place, id_ in enumerate(ids[::2])
    ]
    create_tasks(work, due, by=SYSTEM)


@pytest.mark.parametrize("sort", list(SORTS))
@pytest.mark.parametrize("descending", [False, True])
def test_pages_are_those_of_the_whole_order(ordered, sort, descending):
    key = KEYS[sort]
    turned = key.desc().nulls_last() if descending else key.asc().nulls_last()
    by_id = deal.c.id.desc() if descending else deal.c.id.asc()
    with ordered.reading() as work:
        plan = directory(work).plan("wholesale").id
        whole = [row.id for row in work.rows(select(deal.c.id).order_by(turned, by_id))]
        paged, after = [], None
        while found := in_order(work, sort, key, true(), plan_ids=[plan], descending=descending, after=after, limit=7):
            paged += [row.id for row in found.rows]
            if not found.rows:
                break
            after = (found.rows[-1].key, found.rows[-1].id)

    assert paged == ([] if ordered.is_sqlite else whole)


@pytest.mark.parametrize("sort", list(SORTS))
@pytest.mark.parametrize("descending", [False, True])
def test_pages_that_read_few_deals_show_all_that_fit_in_the_end(ordered, sort, descending):
    key = KEYS[sort]
    turned = key.desc().nulls_last() if descending else key.asc().nulls_last()
    by_id = deal.c.id.desc() if descending else deal.c.id.asc()
    fits = deal.c.id % 5 == 0
    with ordered.reading() as work:
        plan = directory(work).plan("wholesale").id
        whole = [row.id for row in work.rows(select(deal.c.id).where(fits).order_by(turned, by_id))]
        paged, after = [], None
        while True:
            found = in_order(
                work, sort, key, fits, plan_ids=[plan], descending=descending, after=after, limit=50, reach=3
            )
            if found is None:
                break
            paged += [row.id for row in found.rows]
            if found.end is None:
                break
            after = found.end

    assert paged == ([] if ordered.is_sqlite else whole)


def test_it_costs_four_statements(ordered):
    with ordered.reading() as work:
        plan = directory(work).plan("wholesale").id
        before = work.statements
        in_order(work, "deal.amount", deal.c.amount, true(), plan_ids=[plan], descending=True, after=None, limit=5)

    assert work.statements - before == (0 if ordered.is_sqlite else 4)


@pytest.mark.parametrize("descending", [False, True])
def test_ranks_come_as_they_are_listed_and_the_others_last(ordered, descending):
    with ordered.reading() as work:
        stages = [stage.id for stage in directory(work).plan("wholesale").stages][1:]
        places = {id_: place for place, id_ in enumerate(stages)}
        sign = -1 if descending else 1
        whole = sorted(
            work.rows(select(deal.c.id, deal.c.stage_id)),
            key=lambda row: (row.stage_id not in places, sign * places.get(row.stage_id, 0), sign * row.id),
        )
        ranks, others = [deal.c.stage_id == id_ for id_ in stages], deal.c.stage_id.not_in(stages)
        paged, after = [], None
        while page := in_ranks(work, ranks, others, true(), descending=descending, after=after, limit=7):
            paged += [row.id for row in page]
            after = (page[-1].key, page[-1].id)

    assert paged == [row.id for row in whole]


@pytest.mark.parametrize("descending", [False, True])
def test_stages_are_merged_by_when_their_deals_came(ordered, descending):
    moment = deal.c.stage_entered_at
    order = (moment.desc(), deal.c.id.desc()) if descending else (moment, deal.c.id)
    with ordered.reading() as work:
        plan = directory(work).plan("wholesale")
        whole = [row.id for row in work.rows(select(deal.c.id).order_by(*order))]
        places = [(plan.id, stage.id) for stage in plan.stages]
        paged, after = [], None
        while page := in_stages(work, places, true(), descending=descending, after=after, limit=7):
            paged += [row.id for row in page]
            after = (page[-1].key, page[-1].id)

    assert paged == whole
