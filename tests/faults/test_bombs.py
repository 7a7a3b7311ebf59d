"""One lead that breaks its block, or its process, stands still alone; all others go through."""

import json

import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.tables.journal import inbox
from funnels.repair import retry
from funnels.tables import MAX_ATTEMPTS, run
from tests.faults.office import DONE
from workers import suspicion
from workers.batch import run_batch


def parked(office):
    with office.database.reading() as work:
        return [(row.id, json.loads(row.error)["code"]) for row in work.rows(select(run).where(run.c.status == 2))]


@pytest.mark.parametrize("how", ["raise", "hang", "garbage"])
def test_a_block_that_goes_wrong_parks_its_run_alone(office, worker, how):
    office.leads(10)
    office.leads(1, title="bomb")
    office.leads(10)

    assert worker.run(office.url, bomb=how, limit=50) == DONE

    assert [code for _, code in parked(office)] == ["block_error"]
    assert office.finished() == 20
    assert office.findings() == []


def test_a_block_that_ends_its_process_is_found_and_parked_alone(office, worker):
    office.leads(10)
    office.leads(1, title="bomb")
    office.leads(10)

    ends = [worker.run(office.url, bomb="exit", limit=50) for _ in range(2 * MAX_ATTEMPTS)]

    # A death that the next worker is too quick to have swept up is not counted.
    assert MAX_ATTEMPTS <= ends.count(9) < len(ends)
    assert ends == sorted(ends, reverse=True)
    assert ends[-1] == DONE
    assert [code for _, code in parked(office)] == ["batch_error"]
    assert office.finished() == 20
    assert office.findings() == []


def test_a_parked_run_goes_on_when_its_block_is_mended(office, worker):
    office.leads(5)
    office.leads(1, title="bomb")
    while worker.run(office.url, bomb="exit", limit=50) != DONE:
        pass

    with office.database.work() as work:
        retry(work, [run_id for run_id, _ in parked(office)], by=SYSTEM)

    assert worker.run(office.url) == DONE
    office.check_each_lead_once()


@pytest.mark.parametrize(
    ("deaths", "together"),
    [(0, [100, 0]), (1, [32, 64, 4, 0]), (2, [1, 2, 4, 8, 16, 32, 32, 5, 0]), (3, [1] * 100 + [0])],
)
def test_who_was_there_when_a_process_ended_is_tried_in_groups_that_grow_while_it_lives_or_alone(
    office, deaths, together, monkeypatch
):
    monkeypatch.setattr(suspicion, "SETTLING", (0.0, 0.0))
    office.leads(100)
    with office.database.work() as work:
        work.execute(inbox.update().values(attempts=deaths))

    assert [run_batch(office.database).events for _ in together] == together
