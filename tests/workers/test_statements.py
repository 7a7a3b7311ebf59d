"""Sets, not rows: what a batch costs does not grow with the number of runs."""

import pytest

from tests.workers.test_branches import JOIN
from tests.workers.test_main_job import MAIN
from tests.workers.test_wait_events import INTERRUPTED
from workers.batch import run_batch


def cost(house, number, begin):
    """Statements per superstep of the first batch of ``number`` runs: all of them, or those of the lanes that one batch locks."""
    begin(number)
    done = run_batch(house.database, limit=1000)
    assert done.events + done.runs >= min(number, 4)
    house.drain(limit=1000)
    return done.statements / done.supersteps


@pytest.mark.parametrize(
    "funnel",
    [MAIN, MAIN.replace("op: in, values: [ads, site]", "op: empty"), JOIN.format(config="{}"), INTERRUPTED],
    ids=["main", "no deal", "branches", "waits"],
)
def test_three_hundred_new_runs_cost_what_five_cost(house, funnel):
    house.publish(funnel)
    house.leads(3, source="ads")
    house.drain()

    few = cost(house, 5, lambda number: house.leads(number, source="ads"))
    many = cost(house, 300, lambda number: house.leads(number, source="ads"))

    assert many - few <= 2


def test_three_hundred_timers_cost_what_five_cost(house):
    house.publish(JOIN.format(config="{}"))

    def five_and_more(number):
        house.leads(number)
        house.drain(limit=1000)
        house.clock.forward(hours=1)

    few = cost(house, 5, five_and_more)
    house.clock.forward(days=2)
    house.drain(limit=1000)
    many = cost(house, 300, five_and_more)

    assert many - few <= 2


def test_three_hundred_events_that_end_waits_cost_what_five_cost(house):
    house.publish(INTERRUPTED)

    def heard(number):
        leads = house.leads(number)
        house.drain(limit=1000)
        persons = [row.person_id for row in house.runs()][-number:]
        for person_id, lead_id in zip(persons, leads, strict=True):
            house.tell("comment.added", person_id, lead_id)

    few = cost(house, 5, heard)
    many = cost(house, 300, heard)

    assert many - few <= 2
