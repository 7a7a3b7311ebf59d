from datetime import UTC, datetime, timedelta

import pytest

from blocks.task_create import TaskCreate
from engine.deadline import Due
from engine.outcome import Fail, Leave
from tests.blocks.asking import NOW, context

IN_A_DAY = {"kind": "days_in_stage", "days": 1, "calendar": "none"}
BEFORE = {"kind": "days_before", "field": "deal.field.delivery", "days": 2, "calendar": "none", "at": "10:00"}
FIXED = {"kind": "fixed_date", "day": "2026-04-01", "at": "12:00"}
AFTER = {"kind": "after_event", "event": "deal.won", "lasting": {"amount": 2, "unit": "hours"}}
NEVER = {"amount": 1, "unit": "hours", "calendar": "company", "window": {"weekdays": ["sun"]}}


def task(deadline, records=None, **more):
    outcome = TaskCreate(**{"name": "Call {lead.name}", "deadline": deadline, **more}).run(context(records))
    assert isinstance(outcome, Leave)
    return outcome.effects[0]


@pytest.mark.parametrize(
    ("deadline", "records", "due_at"),
    [
        (IN_A_DAY, {}, NOW + timedelta(days=1)),
        (IN_A_DAY, {"deal": {"stage_entered_at": NOW - timedelta(hours=5)}}, NOW + timedelta(hours=19)),
        (
            BEFORE,
            {"deal": {"field.delivery": datetime(2026, 3, 20, tzinfo=UTC)}},
            datetime(2026, 3, 18, 10, tzinfo=UTC),
        ),
        (FIXED, {}, datetime(2026, 4, 1, 12, tzinfo=UTC)),
        (AFTER, {"event": {"deal.won": NOW}}, NOW + timedelta(hours=2)),
    ],
)
def test_each_kind_of_deadline_is_a_moment(deadline, records, due_at):
    made = task(deadline, records)

    assert isinstance(made.due, Due)
    assert made.due.due_at == due_at


def test_a_task_says_what_to_do_and_who():
    made = task(
        IN_A_DAY, {"lead": {"name": "Ira"}}, text="About {lead.name}", type="call", responsible="anna", unless_open=True
    )

    assert (made.title, made.text, made.type, made.responsible, made.unless_open) == (
        "Call Ira",
        "About Ira",
        "call",
        "anna",
        True,
    )
    assert made.deadline.kind == "days_in_stage"


def test_a_task_after_an_event_that_has_not_happened_has_no_moment_yet():
    made = task(AFTER)

    assert made.due is None
    assert made.deadline.kind == "after_event"


def test_an_empty_date_field_is_a_failure():
    outcome = TaskCreate(name="x", deadline=BEFORE).run(context({"deal": {}}))

    assert outcome == Fail("no_date", "there is no date in deal.field.delivery")


def test_hours_that_never_come_are_a_failure():
    block = TaskCreate(name="x", deadline={**AFTER, "lasting": NEVER})

    assert isinstance(block.run(context({"event": {"deal.won": NOW}})), Fail)


@pytest.mark.parametrize(
    ("deadline", "paths"),
    [
        (IN_A_DAY, {"deal.stage_entered_at"}),
        ({**IN_A_DAY, "days_field": "deal.field.tempo"}, {"deal.stage_entered_at", "deal.field.tempo"}),
        (BEFORE, {"deal.field.delivery"}),
        ({**BEFORE, "days_field": "deal.field.tempo"}, {"deal.field.delivery", "deal.field.tempo"}),
        (FIXED, set()),
        (AFTER, {"event.deal.won"}),
    ],
)
def test_it_looks_at_what_its_deadline_counts_from(deadline, paths):
    assert TaskCreate(name="x", deadline=deadline).paths() == paths


def test_its_task_stands_on_the_deal_or_the_lead():
    assert TaskCreate(name="x", deadline=FIXED).records() == {"lead", "deal"}


def test_it_awaits_the_event_of_its_deadline():
    assert TaskCreate(name="x", deadline=AFTER).awaits() == {"deal.won"}
    assert TaskCreate(name="x", deadline=FIXED).awaits() == frozenset()


def test_a_deadline_that_depends_on_the_moment_alone_is_worked_out_once_for_a_batch():
    block = TaskCreate(name="x", deadline=IN_A_DAY)
    first, second = context(), context()
    second.memo = first.memo

    made = [block.run(ctx).effects[0].due for ctx in (first, second)]

    assert made[0] is made[1]
