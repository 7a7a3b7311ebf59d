from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.directory import directory
from crm.errors import NotAllowedError
from crm.settings.logins import actor_of
from crm.tables.records import task
from crm.tasks.changes import (
    NewTask,
    Postponement,
    TaskEnd,
    create_tasks,
    end_tasks,
    postpone_tasks,
    set_awaited_deadlines,
)
from engine.deadline import AfterEvent, Due
from engine.duration import Duration
from engine.event import Event
from tests.crm.dealing import cost, events

AT = datetime(2026, 3, 3, 10, tzinfo=UTC)
DUE = Due.at_moment(AT, "Europe/Kyiv")
LATER = Due.at_moment(AT + timedelta(days=1), "Europe/Kyiv")
AFTER_WON = AfterEvent(kind="after_event", event="deal.won", lasting=Duration(amount=2, unit="hours"))


def created(work, number=1, **values):
    items = [NewTask(1, f"Call {one}", DUE, None, deal_id=one, **values) for one in range(1, number + 1)]
    return [answer.ids[0] for answer in create_tasks(work, items, by=SYSTEM)]


def row_of(work, task_id):
    [row] = work.rows(select(task).where(task.c.id == task_id))
    return row


def test_a_task_keeps_its_wall_time_and_its_moment(database):
    with database.work() as work:
        [task_id] = created(work)

    with database.reading() as work:
        row = row_of(work, task_id)
        assert (row.title, row.due_at, row.due_wall, row.due_zone) == ("Call 1", AT, "2026-03-03T12:00", "Europe/Kyiv")
        assert row.status == 0


def test_the_supervisor_of_the_responsible_watches_unless_another_is_named(database):
    with database.work() as work:
        users = directory(work).logins
        ann, boss, cid = (users[login].id for login in ("ann", "boss", "cid"))
        answers = create_tasks(
            work, [NewTask(1, "Call", DUE, ann), NewTask(1, "Call", DUE, ann, supervisor_id=cid)], by=SYSTEM
        )

        assert [row_of(work, one.ids[0]).supervisor_id for one in answers] == [boss, cid]


def test_the_same_task_of_the_same_maker_is_made_once_while_it_is_open(database):
    item = NewTask(1, "Call", DUE, None, deal_id=5, made_by="f/call", unless_open=True)
    with database.work() as work:
        first, twin = create_tasks(work, [item, item], by=SYSTEM)
        [again] = create_tasks(work, [item], by=SYSTEM)
        [other] = create_tasks(work, [item._replace(deal_id=6)], by=SYSTEM)
        end_tasks(work, [TaskEnd(first.ids[0])], by=SYSTEM)
        [after] = create_tasks(work, [item], by=SYSTEM)

    assert [one.code for one in (first, twin, again, other, after)] == ["done", "exists", "exists", "done", "done"]
    assert first.ids == twin.ids == again.ids


def test_a_task_of_a_lead_is_looked_for_on_the_lead(database):
    item = NewTask(1, "Call", DUE, None, lead_id=5, made_by="f/call", unless_open=True)
    with database.work() as work:
        create_tasks(work, [item], by=SYSTEM)

        answers = create_tasks(work, [item, item._replace(lead_id=6)], by=SYSTEM)

    assert [one.code for one in answers] == ["exists", "done"]


@pytest.mark.parametrize(("how", "status"), [("completed", 1), ("cancelled", 2)])
def test_a_task_ends_with_its_result(database, how, status):
    with database.work() as work:
        [task_id] = created(work)
        [answer] = end_tasks(work, [TaskEnd(task_id, how, "No answer")], by=SYSTEM)

    with database.reading() as work:
        row = row_of(work, task_id)
        assert (answer.code, row.status, row.result, row.version) == ("done", status, "No answer", 2)
        assert [subject for subject, _ in events(work, f"task.{how}")] == [task_id]


def test_a_task_ends_once(database):
    with database.work() as work:
        [task_id] = created(work)
        answers = end_tasks(work, [TaskEnd(task_id), TaskEnd(task_id, "cancelled"), TaskEnd(999)], by=SYSTEM)

    with database.reading() as work:
        assert [answer.code for answer in answers] == ["done", "not_open", "no_task"]
        assert row_of(work, task_id).status == 1
        assert events(work, "task.cancelled") == []


def test_a_deadline_moves_with_a_reason_only(database):
    with database.work() as work:
        [task_id] = created(work)
        without, given = postpone_tasks(
            work, [Postponement(task_id, LATER, "  "), Postponement(task_id, LATER, "He is away")], by=SYSTEM
        )

    with database.reading() as work:
        assert (without.code, given.code) == ("reason_missing", "done")
        assert row_of(work, task_id).due_at == LATER.due_at
        [(_, data)] = events(work, "task.moved")
        assert data["reason"] == "He is away"
        assert datetime.fromisoformat(data["from"]) == AT


def test_what_is_over_is_not_postponed(database):
    with database.work() as work:
        [task_id] = created(work)
        end_tasks(work, [TaskEnd(task_id)], by=SYSTEM)

        answers = postpone_tasks(work, [Postponement(task_id, LATER, "why"), Postponement(9, LATER, "why")], by=SYSTEM)

    assert [answer.code for answer in answers] == ["not_open", "no_task"]


def won(person_id, at=AT):
    return Event(1, "deal.won", person_id, "deal", 5, {}, at)


def test_a_task_that_awaits_an_event_is_due_after_it(database):
    with database.work() as work:
        create_tasks(work, [NewTask(one, "Thank", None, None, AFTER_WON) for one in (1, 2)], by=SYSTEM)
        changed = set_awaited_deadlines(work, [won(1)])

    with database.reading() as work:
        assert changed == 1
        assert [row.due_at for row in work.rows(select(task.c.due_at).order_by(task.c.id))] == [
            AT + timedelta(hours=2),
            None,
        ]


def test_a_deadline_set_by_hand_is_not_moved_by_the_event(database):
    with database.work() as work:
        [answer] = create_tasks(work, [NewTask(1, "Thank", None, None, AFTER_WON)], by=SYSTEM)
        postpone_tasks(work, [Postponement(answer.ids[0], LATER, "sooner")], by=SYSTEM)

        changed = set_awaited_deadlines(work, [won(1)])

        assert changed == 0
        assert row_of(work, answer.ids[0]).due_at == LATER.due_at


def test_another_event_sets_nothing(database):
    with database.work() as work:
        create_tasks(work, [NewTask(1, "Thank", None, None, AFTER_WON)], by=SYSTEM)

        assert set_awaited_deadlines(work, [won(1)._replace(kind="deal.lost")]) == 0


@pytest.mark.parametrize("text", ['say "hi"', "back\\slash", "line\nbreak", "кирилиця"])
def test_any_type_of_task_is_kept_in_the_journal(database, text):
    with database.work() as work:
        created(work, type=text)

    with database.reading() as work:
        assert [data["type"] for _, data in events(work, "task.created")] == [text]


def test_a_marketer_has_no_tasks(database):
    with database.work() as work:
        mark = actor_of(work, "mark")
        for command in (create_tasks, end_tasks, postpone_tasks):
            with pytest.raises(NotAllowedError):
                command(work, [], by=mark)


@pytest.mark.parametrize(
    "act",
    [
        lambda work, ids: create_tasks(work, [NewTask(1, "Call", DUE, None) for _ in ids], by=SYSTEM),
        lambda work, ids: create_tasks(
            work,
            [NewTask(1, "Call", DUE, None, deal_id=one, made_by="f/n", unless_open=True) for one in ids],
            by=SYSTEM,
        ),
        lambda work, ids: end_tasks(work, [TaskEnd(one) for one in ids], by=SYSTEM),
        lambda work, ids: postpone_tasks(work, [Postponement(one, LATER, "why") for one in ids], by=SYSTEM),
    ],
    ids=["create", "create unless open", "end", "postpone"],
)
def test_two_hundred_tasks_cost_what_five_cost(database, act):
    with database.work() as work:
        ids = created(work, 205)

    few = cost(database, lambda work: act(work, ids[:5]))
    many = cost(database, lambda work: act(work, ids[5:]))

    assert many == few
