"""What comes singly is taken before what came in numbers, as far as the order of one person's events lets it."""

import pytest
from sqlalchemy import select

from crm.journal import FEW
from crm.tables.journal import inbox
from crm.tables.records import lead
from tests.workers.test_main_job import MAIN
from workers.batch import run_batch
from workers.claim import BESIDE
from workers.drain import drain

NUMBERS = 3 * BESIDE
LIMIT = 2 * BESIDE


def test_a_lead_of_now_goes_before_those_of_an_import(house):
    house.publish(MAIN)
    house.leads(NUMBERS, source="ads")
    live = house.lead(source="ads")

    run_batch(house.database, limit=LIMIT)

    assert live in {row.lead_id for row in house.deals()}


def test_those_of_an_import_go_on_beside_it(house):
    house.publish(MAIN)
    house.leads(NUMBERS, source="ads")
    house.lead(source="ads")

    run_batch(house.database, limit=LIMIT)

    assert 1 < len(house.deals()) <= 1 + BESIDE


def test_all_are_done_in_the_end(house):
    house.publish(MAIN)
    house.leads(NUMBERS, source="ads")
    house.leads(FEW, source="ads")

    house.drain(limit=LIMIT)

    assert sorted(row.lead_id for row in house.deals()) == list(range(1, NUMBERS + FEW + 1))


def test_a_person_keeps_the_order_of_his_events(house):
    house.publish(MAIN)
    house.leads(NUMBERS, source="ads")
    *_, last = house.leads(FEW + 1, source="ads", phone="+380671112233")  # one person, known for his numbers
    second = house.lead(source="ads", phone="+380671112233")

    house.drain(limit=LIMIT)

    started = [row.subject_id for row in house.runs()]
    assert started.index(last) < started.index(second)
    assert len({row.person_id for row in house.rows(select(lead.c.person_id).where(lead.c.id >= last))}) == 1


def test_an_event_has_come_in_numbers_where_its_transaction_brought_many(house):
    house.publish(MAIN)
    house.leads(FEW)
    house.leads(FEW + 1)

    ranks = [row.rank for row in house.rows(select(inbox.c.rank).order_by(inbox.c.event_id))]

    assert ranks == [0] * FEW + [1] * (FEW + 1)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_batches_grow_while_what_came_in_numbers_fills_them(house, monkeypatch):
    house.publish(MAIN)
    house.leads(200, source="ads")

    assert sizes_of_batches(house, monkeypatch) == [16, 32, 64, 88, 0]


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("quiet", "sizes"), [(3600, [16] * 12 + [9, 0]), (0, [16, 16, 32, 64, 73, 0])])
def test_they_stay_small_for_a_while_after_somebody_came_singly(house, monkeypatch, quiet, sizes):
    monkeypatch.setattr("workers.drain.QUIET", quiet)
    house.publish(MAIN)
    house.leads(200, source="ads")
    house.lead(source="ads")

    assert sizes_of_batches(house, monkeypatch) == sizes


def sizes_of_batches(house, monkeypatch):
    """How many events each batch of a drain takes where the smallest is 16."""
    monkeypatch.setattr("workers.drain.BATCH", 16)
    monkeypatch.setattr("workers.drain.LARGEST", 128)
    sizes = []
    drain(house.database, progress=lambda done: sizes.append(done.events))
    return sizes
