from datetime import timedelta

import pytest
from pydantic import ValidationError

from blocks.logic_join import Join
from engine.outcome import Fail, Leave, Merged, TimedOut, Wait
from tests.blocks.asking import NOW, context

HOUR = {"amount": 1, "unit": "hours"}
NEVER = {"amount": 1, "unit": "hours", "calendar": "company", "window": {"weekdays": ["sun"]}}


@pytest.mark.parametrize(
    ("settings", "arrived", "coming", "goes_on"),
    [
        ({}, 1, 0, True),
        ({}, 5, 1, False),
        ({"wait_for": "any"}, 1, 9, True),
        ({"wait_for": "number", "number": 2}, 1, 0, False),
        ({"wait_for": "number", "number": 2}, 2, 1, True),
    ],
)
def test_it_goes_on_when_enough_came(settings, arrived, coming, goes_on):
    outcome = Join(**settings).run(context(signal=Merged(arrived, coming)))

    assert outcome == (Leave() if goes_on else Wait(for_branches=True))


def test_it_waits_no_longer_than_its_timeout():
    join = Join(timeout=HOUR)

    assert join.run(context(signal=Merged(1, 1))) == Wait(NOW + timedelta(hours=1), for_branches=True)
    assert join.run(context(signal=TimedOut())) == Leave("timeout")
    assert (join.ports(), Join().ports()) == (("next", "timeout"), ("next",))


def test_hours_that_never_come_are_a_failure():
    assert isinstance(Join(timeout=NEVER).run(context(signal=Merged(1, 1))), Fail)


@pytest.mark.parametrize("settings", [{"wait_for": "number"}, {"number": 2}])
def test_a_number_goes_with_waiting_for_a_number(settings):
    with pytest.raises(ValidationError, match="say how many branches"):
        Join(**settings)
