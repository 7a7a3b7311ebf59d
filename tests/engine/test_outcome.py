import pytest

from engine.outcome import Awaited, Wait
from tests.engine.drawing import NOW


def test_a_wait_that_nothing_ends_is_refused():
    with pytest.raises(ValueError, match="a moment or an event"):
        Wait()


@pytest.mark.parametrize("wait", [{"until": NOW}, {"events": (Awaited("deal.won", "next"),)}, {"for_branches": True}])
def test_any_way_to_wake_is_enough(wait):
    assert Wait(**wait)
