from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from blocks.wait_until_date import WaitUntilDate
from engine.calendar import WorkingCalendar
from engine.event import Event
from engine.outcome import Awaited, Happened, Leave, TimedOut, Wait
from tests.blocks.asking import NOW, context

KYIV = WorkingCalendar(zone="Europe/Kyiv")
CHANGED = Happened(Event(1, "deal.changed", 7, "deal", 5, {}, NOW), "next")


def field(value, name="deal.field.delivery", **settings):
    record, _, key = name.partition(".")
    block = WaitUntilDate(field=name, **settings)
    return lambda **more: block.run(context({record: {key: value}}, **more))


def utc(*parts):
    return datetime(2026, *parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "settings", "until"),
    [
        (date(2026, 3, 10), {}, utc(3, 10, 7)),
        (date(2026, 3, 10), {"at": "12:30"}, utc(3, 10, 10, 30)),
        (date(2026, 3, 10), {"shift": -2}, utc(3, 8, 7)),
        (date(2026, 3, 28), {"shift": 1}, utc(3, 29, 6)),
        (date(2026, 3, 10), {"shift": 1, "unit": "weeks"}, utc(3, 17, 7)),
        (date(2026, 3, 10), {"shift": -90, "unit": "minutes"}, utc(3, 10, 5, 30)),
        (utc(3, 10, 15), {}, utc(3, 10, 15)),
        (utc(3, 10, 15), {"shift": -3, "unit": "hours"}, utc(3, 10, 12)),
        (utc(3, 10, 15), {"shift": -3, "unit": "hours", "at": "10:00"}, utc(3, 10, 5)),
        (utc(3, 10, 23), {"at": "10:00"}, utc(3, 11, 8)),
    ],
)
def test_a_date_field_with_its_shift_is_a_moment(value, settings, until):
    outcome = field(value, **settings)(calendar=KYIV)

    assert outcome == Wait(until, (Awaited("deal.changed", "next", about="deal"),))


def test_a_fixed_date_waits_for_nothing_else():
    assert WaitUntilDate(day="2026-03-05").run(context()) == Wait(utc(3, 5, 9))


def test_a_field_of_the_person_follows_the_person():
    assert field(date(2026, 3, 10), "lead.field.birthday")().events == (Awaited("lead.changed", "next"),)


@pytest.mark.parametrize(("name", "settings"), [("deal.x", {"follow": False}), ("trigger.x", {})])
def test_it_need_not_follow_the_field(name, settings):
    assert field(date(2026, 3, 10), name, **settings)().events == ()


def test_the_moment_leads_on():
    assert field(date(2026, 3, 2))(signal=TimedOut()) == Leave("next")


@pytest.mark.parametrize(("value", "port"), [(None, "empty"), ("soon", "empty"), (date(2026, 3, 1), "past")])
def test_no_date_and_a_past_date_have_their_ports(value, port):
    assert field(value)() == Leave(port)


def test_when_the_field_changes_the_wait_moves():
    assert field(date(2026, 3, 20))(signal=CHANGED).until == utc(3, 20, 9)
    assert field(None)(signal=CHANGED) == Leave("empty")
    assert field(date(2026, 2, 1))(signal=CHANGED) == Leave("past")


def test_a_field_that_moved_while_its_wait_ended_is_waited_for():
    assert field(date(2026, 3, 20))(signal=TimedOut()).until == utc(3, 20, 9)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "give a date or a date field"),
        ({"day": "2026-01-01", "field": "deal.x"}, "give a date or a date field"),
        ({"day": "2026-01-01", "shift": 4000}, "ten years"),
    ],
)
def test_what_makes_no_sense_is_refused(settings, words):
    with pytest.raises(ValidationError, match=words):
        WaitUntilDate(**settings)


def test_an_event_may_end_it_early():
    block = WaitUntilDate(field="deal.field.delivery", interrupt_on=["deal.won"])

    assert block.ports() == ("next", "empty", "past", "interrupted")
    assert block.awaits() == {"deal.changed", "deal.won"}
    assert block.run(context(signal=Happened(CHANGED.event, "interrupted"))) == Leave("interrupted")
    assert WaitUntilDate(day="2026-03-05").ports() == ("next", "empty", "past")
