"""What holds for every task, whoever makes it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.directory import directory
from crm.tables.records import deal, task
from crm.tasks.changes import NewTask, Postponement, create_tasks, postpone_tasks
from engine.deadline import Due
from engine.request import DONE
from tests.crm.company import put_deals

FRIDAY = Due.at_moment(datetime(2030, 3, 1, 10, tzinfo=UTC), "Europe/Kyiv")
MONDAY = Due.at_moment(FRIDAY.due_at + timedelta(days=3), "Europe/Kyiv")


def postpone(database, task_id, reason):
    with database.work() as work:
        [result] = postpone_tasks(work, [Postponement(task_id, MONDAY, reason)], by=SYSTEM)
    return result.code


def row_of(database, task_id):
    with database.reading() as work:
        [row] = work.rows(select(task).where(task.c.id == task_id))
    return row


@pytest.fixture
def call(database):
    """A task of ann, due on a Friday."""
    with database.work() as work:
        [deal_id] = put_deals(work, 1)
        person_id = work.scalar(select(deal.c.person_id).where(deal.c.id == deal_id))
        ann = directory(work).user("ann").id
        [made] = create_tasks(work, [NewTask(person_id, "Call", FRIDAY, ann, deal_id=deal_id)], by=SYSTEM)
    return made.ids[0]


def test_a_task_has_a_responsible_person_and_that_persons_supervisor(database, call):
    row = row_of(database, call)

    with database.reading() as work:
        users = directory(work).users
    assert (users[row.responsible_id].login, users[row.supervisor_id].login) == ("ann", "boss")


def test_no_deadline_moves_without_a_reason(database, call):
    assert postpone(database, call, "  ") == "reason_missing"
    assert row_of(database, call).due_at == FRIDAY.due_at


def test_a_deadline_moves_with_its_reason(database, call):
    assert postpone(database, call, "The client is ill") == DONE
    assert row_of(database, call).due_at == MONDAY.due_at
