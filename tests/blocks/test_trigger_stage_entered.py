import pytest

from blocks.trigger_stage_entered import StageEntered
from tests.blocks.asking import event

JUMP = {"plan": "b2b", "from": "new", "stage": "offer", "skipped": ["call"]}


def moved(origin="hand", **data):
    return event("deal.moved", origin=origin, **{**JUMP, **data})


@pytest.mark.parametrize(
    ("settings", "refusal"),
    [
        ({}, None),
        ({"stages": ["offer", "won"]}, None),
        ({"stages": ["call"]}, "the stage is offer"),
        ({"stages": ["call"], "also_skipped": True}, None),
        ({"stages": ["won"], "also_skipped": True}, "the stage is offer"),
        ({"origins": ["hand"]}, None),
        ({"origins": ["robot"]}, "it was moved by hand"),
        ({"plan": "retail"}, "the sales plan is b2b"),
    ],
)
def test_it_takes_the_moves_it_was_set_to(settings, refusal):
    assert StageEntered(**{"plan": "b2b", **settings}).accepts(moved()) == refusal


def test_a_new_deal_enters_its_first_stage():
    trigger = StageEntered(plan="b2b", stages=["new"], also_skipped=True)

    assert trigger.accepts(event("deal.created", plan="b2b", stage="new")) is None
    assert trigger.accepts(event("deal.created", plan="b2b", stage="call")) == "the stage is call"


def test_a_recall_counts_only_when_asked_for():
    assert StageEntered(plan="b2b").accepts(moved("recall")) == "the deal was recalled"
    assert StageEntered(plan="b2b", on_recall=True).accepts(moved("recall")) is None
