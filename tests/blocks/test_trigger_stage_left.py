import pytest

from blocks.trigger_stage_left import StageLeft
from tests.blocks.asking import event


@pytest.mark.parametrize(
    ("settings", "refusal"),
    [
        ({}, None),
        ({"stages": ["new"]}, None),
        ({"stages": ["offer"]}, "the stage left is new"),
        ({"to": ["offer"]}, None),
        ({"to": ["won"]}, "the next stage is offer"),
        ({"origins": ["robot"]}, "it was moved by hand"),
        ({"origins": ["hand"]}, None),
        ({"plan": "retail"}, "the sales plan is b2b"),
    ],
)
def test_it_takes_the_moves_it_was_set_to(settings, refusal):
    moved = event("deal.moved", plan="b2b", from_="new", stage="offer", skipped=[])

    assert StageLeft(**{"plan": "b2b", **settings}).accepts(moved) == refusal
