"""Several workers on one PostgreSQL: nothing is done twice, nothing is left."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.workers.house import House, a_house
from tests.workers.test_main_job import MAIN
from tests.workers.test_wait_events import INTERRUPTED
from workers.batch import run_batch


@pytest.fixture
def house(databases):
    with a_house(databases, "postgresql") as made:
        yield made
        made.check()


def drain_together(house, workers=3):
    """Let several workers, each a process of its own, drain until the inbox is empty."""
    others = [House(house.url, house.clock) for _ in range(workers)]

    def work(one):
        while run_batch(one.database, limit=40) or one.waiting_events():
            pass

    try:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(work, others))
    finally:
        for one in others:
            one.close()


def test_every_lead_has_one_deal_one_task_and_one_tag(house):
    house.publish(MAIN)
    house.leads(400, source="ads")

    drain_together(house)

    assert Counter(row.lead_id for row in house.deals()) == Counter(range(1, 401))
    assert len(house.tasks()) == len(house.tags()) == 400
    assert {state for state, _ in house.states()} == {"completed"}


def test_deals_are_given_out_evenly_by_several_workers(house):
    house.publish(MAIN)
    house.leads(301, source="ads")

    drain_together(house)

    owners = Counter(place[2] for place in house.places())
    assert abs(owners["ann"] - owners["bob"]) <= 1


def test_each_wait_ends_once(house):
    house.publish(INTERRUPTED)
    leads = house.leads(150)
    house.drain()
    for row, lead_id in zip(house.runs(), leads, strict=True):
        house.tell("comment.added", row.person_id, lead_id)

    drain_together(house)

    assert house.tags() == ["spoke"] * 150
