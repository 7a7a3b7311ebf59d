from datetime import timedelta

import pytest

from blocks.wait_duration import WaitDuration
from engine.outcome import Awaited, Fail, Happened, Leave, TimedOut, Wait
from tests.blocks.asking import NOW, context, event

HOUR = {"amount": 1, "unit": "hours"}
NEVER = {"amount": 1, "unit": "hours", "calendar": "company", "window": {"weekdays": ["sun"]}}


def test_it_waits_and_goes_on():
    assert WaitDuration(lasting=HOUR).run(context()) == Wait(NOW + timedelta(hours=1))
    assert WaitDuration(lasting=HOUR).run(context(signal=TimedOut())) == Leave()


@pytest.mark.parametrize(
    ("entered", "until"),
    [
        (NOW - timedelta(minutes=20), NOW + timedelta(minutes=40)),
        (NOW - timedelta(days=2), NOW),
        (None, NOW + timedelta(hours=1)),
        ("once", NOW + timedelta(hours=1)),
    ],
)
def test_it_counts_from_a_field(entered, until):
    block = WaitDuration(lasting=HOUR, since="deal.stage_entered_at")

    assert block.run(context({"deal": {"stage_entered_at": entered}})) == Wait(until)


def test_an_event_may_end_it_early():
    block = WaitDuration(lasting=HOUR, interrupt_on=["deal.won", "comment.added"])

    assert block.run(context()).events == (
        Awaited("deal.won", "interrupted", about="deal"),
        Awaited("comment.added", "interrupted"),
    )
    assert block.run(context(signal=Happened(event("deal.won"), "interrupted"))) == Leave("interrupted")
    assert block.ports() == ("next", "interrupted")
    assert block.awaits() == {"deal.won", "comment.added"}
    assert WaitDuration(lasting=HOUR).ports() == ("next",)


def test_hours_that_never_come_are_a_failure():
    assert isinstance(WaitDuration(lasting=NEVER).run(context()), Fail)


def test_who_is_here_already_waits_from_when_he_came():
    came = NOW - timedelta(minutes=20)
    block = WaitDuration(lasting=HOUR, interrupt_on=["comment.added"])

    assert block.rest_since(came, NOW, context().calendar) == Wait(
        NOW + timedelta(minutes=40), (Awaited("comment.added", "interrupted"),)
    )
    assert block.rest_since(NOW - timedelta(hours=3), NOW, context().calendar).until == NOW
    assert WaitDuration(lasting=HOUR, since="deal.stage_entered_at").rest_since(came, NOW, context().calendar) is None
    assert WaitDuration(lasting=NEVER).rest_since(came, NOW, context().calendar) is None
