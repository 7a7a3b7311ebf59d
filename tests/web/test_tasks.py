"""My tasks, and those of my team."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.directory import directory
from crm.tables.records import task
from crm.tasks.changes import NewTask, create_tasks
from crm.tasks.listing import TaskShown
from engine.deadline import Due
from tests.crm.company import put_lead
from web.pages.tasks import parts

HTMX = {"HX-Request": "true"}


def put_task(house, login="ann", hours=2.0, title="Call"):
    with house.database.work() as work:
        lead_id = put_lead(work, owner_id=directory(work).user(login).id, title="Sofa")
        due = Due.at_moment(work.now + timedelta(hours=hours), "Europe/Kyiv")
        new = NewTask(1, title, due, directory(work).user(login).id, lead_id=lead_id)
        return create_tasks(work, [new], by=SYSTEM)[0].ids[0]


def stored(house, task_id):
    with house.database.reading() as work:
        return work.rows(select(task).where(task.c.id == task_id))[0]


def test_my_tasks_are_mine(house):
    put_task(house, "ann", -3, "Late one")
    put_task(house, "bob", 3, "Not mine")
    page = house.client("ann").get("/tasks").text

    assert "Late one" in page
    assert 'data-part="late"' in page
    assert "Sofa" in page
    assert "Not mine" not in page
    assert "My team" not in page


def test_a_supervisor_sees_who_is_late_first(house):
    put_task(house, "ann", 30, "Easy")
    put_task(house, "bob", -3, "Late one")
    client = house.client("boss")
    page = client.get("/tasks?whose=team").text

    assert page.index('avatar a2"') < page.index('avatar a1"')
    assert "Easy" in page
    only = client.get("/tasks?whose=team&who=ann").text
    assert "Easy" in only
    assert "Late one" not in only


def test_nobody_sees_a_team_that_he_has_not(house):
    put_task(house, "bob", -3, "Late one")

    assert "Late one" not in house.client("ann").get("/tasks?whose=team&who=bob").text


def test_a_task_is_done_with_one_click_and_opened_again(house):
    task_id = put_task(house)
    client = house.client("ann")
    answer = client.post(f"/tasks/{task_id}/done", headers=HTMX)
    told = json.loads(answer.headers["HX-Trigger"])
    done = stored(house, task_id).status
    client.post(told["note"]["undo"]["address"], headers=HTMX)

    assert (answer.status_code, told["record-changed"], done) == (204, True, 1)
    assert stored(house, task_id).status == 0


def test_the_result_is_kept_and_a_browser_without_scripts_goes_back(house):
    task_id = put_task(house)
    answer = house.client("ann").post(f"/tasks/{task_id}/done", {"result": "he bought", "next": "/tasks?whose=mine"})

    assert answer.location == "/tasks?whose=mine"
    assert stored(house, task_id).result == "he bought"


def test_a_deadline_moves_with_a_reason_only(house):
    task_id = put_task(house)
    client = house.client("ann")
    refused = client.post(f"/tasks/{task_id}/postpone", {"day": "2031-05-06"}, headers=HTMX)
    before = stored(house, task_id)
    moved = client.post(
        f"/tasks/{task_id}/postpone", {"day": "2031-05-06", "at": "10:00", "reason": "he is away"}, headers=HTMX
    )

    assert (refused.status_code, moved.status_code) == (400, 204)
    assert before.due_at < stored(house, task_id).due_at
    assert stored(house, task_id).due_wall == "2031-05-06T10:00"


@pytest.mark.parametrize("what", ["done", "open", "postpone"])
def test_strangers_do_not_touch_it(house, what):
    task_id = put_task(house)
    before = stored(house, task_id)
    data = {"day": "2031-05-06", "reason": "x"}

    assert house.client("bob").post(f"/tasks/{task_id}/{what}", data if what == "postpone" else {}).status_code == 404
    assert stored(house, task_id) == before


def test_parts_are_by_when_a_task_is_due():
    now = datetime(2026, 3, 3, 12, tzinfo=UTC)  # a Tuesday
    moments = {"a": -1, "b": 6, "c": 15, "d": 24 * 5, "e": 24 * 9}
    tasks = [shown(title, now + timedelta(hours=hours)) for title, hours in moments.items()] + [shown("f", None)]
    found = parts(tasks, now, datetime(2026, 3, 4, tzinfo=UTC))

    assert [(one.key, [two.title for two in one.tasks]) for one in found] == [
        ("late", ["a"]), ("today", ["b"]), ("tomorrow", ["c"]), ("week", ["d"]), ("later", ["e"]), ("undated", ["f"]),
    ]  # fmt: skip


def shown(title, due_at):
    return TaskShown(
        1, title, None, "todo", due_at, False, None, None, "deal", 1, "x", None, None, datetime.now(UTC), 1
    )
