from datetime import timedelta

import pytest
from pydantic import ValidationError

from blocks.wait_event import WaitEvent
from engine.outcome import Awaited, Fail, Happened, Leave, TimedOut, Wait
from tests.blocks.asking import NOW, context, event

WON = {"port": "won", "event": "deal.won"}
OFFER = {"port": "offer", "event": "deal.moved", "where": {"stage": "offer"}}
DAY = {"amount": 1, "unit": "days"}
NEVER = {"amount": 1, "unit": "hours", "calendar": "company", "window": {"weekdays": ["sun"]}}


def test_it_waits_for_its_events_and_no_longer_than_its_timeout():
    block = WaitEvent(events=[WON, OFFER], about_the="deal", timeout=DAY)

    assert block.run(context()) == Wait(
        NOW + timedelta(days=1),
        (Awaited("deal.won", "won", None, "deal"), Awaited("deal.moved", "offer", {"stage": "offer"}, "deal")),
    )


def test_without_a_timeout_it_waits_for_ever():
    assert WaitEvent(events=[WON]).run(context()) == Wait(None, (Awaited("deal.won", "won"),))


def test_what_came_names_the_port():
    block = WaitEvent(events=[WON], timeout=DAY)

    assert block.run(context(signal=Happened(event("deal.won"), "won"))) == Leave("won")
    assert block.run(context(signal=TimedOut())) == Leave("timeout")


def test_events_may_share_a_port():
    block = WaitEvent(events=[WON, {**OFFER, "port": "won"}], timeout=DAY)

    assert block.ports() == ("won", "timeout")
    assert WaitEvent(events=[WON]).ports() == ("won",)
    assert block.awaits() == {"deal.won", "deal.moved"}


def test_hours_that_never_come_are_a_failure():
    assert isinstance(WaitEvent(events=[WON], timeout=NEVER).run(context()), Fail)


@pytest.mark.parametrize("port", ["timeout", "failed", "skipped"])
def test_ports_with_a_meaning_of_their_own_are_refused(port):
    with pytest.raises(ValidationError, match="take another name"):
        WaitEvent(events=[{**WON, "port": port}])


def test_an_event_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(ValidationError, match=r"there is no event deal.wun; choose one of .*deal\.won"):
        WaitEvent(events=[{"port": "a", "event": "deal.wun"}])


def test_who_is_here_already_waits_from_when_he_came():
    came = NOW - timedelta(hours=20)
    calendar = context().calendar

    assert WaitEvent(events=[WON], timeout=DAY).rest_since(came, NOW, calendar) == Wait(
        NOW + timedelta(hours=4), (Awaited("deal.won", "won"),)
    )
    assert WaitEvent(events=[WON]).rest_since(came, NOW, calendar) == Wait(None, (Awaited("deal.won", "won"),))
    assert WaitEvent(events=[WON], timeout=NEVER).rest_since(came, NOW, calendar) is None
