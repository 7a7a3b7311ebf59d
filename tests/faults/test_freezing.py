"""A worker that oversleeps loses its claim: the server ends its session, others do the work, and its own commit fails."""

import os
import signal

import pytest

from tests.faults.office import DONE

SHORT = "-c idle_in_transaction_session_timeout=1s -c statement_timeout=3s"


@pytest.fixture
def dialect():
    return "postgresql"


@pytest.mark.parametrize(
    "point", ["before:commit", "after:deal", "after:reservation", "after:batch", "after:update:run", "amid:copy"]
)
def test_a_frozen_worker_saves_nothing(office, worker, second_worker, point):
    office.leads(12)
    frozen = worker.start(office.url, freeze_at=point, time_limits=SHORT, limit=12)
    assert worker.wait() == "stopped"

    assert second_worker.run(office.url, time_limits=SHORT, limit=12) == DONE
    before = office.finished()
    os.kill(frozen, signal.SIGCONT)

    assert worker.wait() == DONE
    assert before == office.finished() == 12
    office.check_each_lead_once()
