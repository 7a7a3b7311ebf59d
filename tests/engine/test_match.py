import pytest

from engine.event import EVENT_KINDS, Event
from engine.facts import Facts
from engine.match import MAX_DEPTH, NotMatched, awaited, match, told
from engine.outcome import Awaited
from tests.engine.drawing import NOW, program

FILTER = {"condition": {"op": "is", "field": "trigger.source", "value": "social"}}


def event(kind="manual.start", *, subject_id=5, funnel=None, depth=0, **data):
    return Event(1, kind, 7, EVENT_KINDS[kind].subject, subject_id, data, NOW, depth=depth, origin="api", funnel=funnel)


def tried(happened, config=None, **node):
    drawn = program({"start": ("start", config or {}, node)}, "")
    return match(drawn, drawn.triggers[0], happened, Facts({"lead": {"name": "A"}}), NOW)


def test_an_event_that_fits_starts_a_run():
    assert tried(event(label="start", source="social"), **FILTER) is None


def test_an_event_tells_its_values_and_where_it_came_from():
    assert told(event(label="start", source="social")) == {
        "label": "start",
        "source": "social",
        "kind": "manual.start",
        "origin": "api",
        "occurred_at": NOW,
    }


@pytest.mark.parametrize(
    ("happened", "code"),
    [
        (event(label="start", funnel="f"), "self_caused"),
        (event(label="start", depth=MAX_DEPTH), "too_deep"),
        (event(label="other"), "settings"),
        (event(label="start", source="email"), "filter"),
    ],
)
def test_an_event_that_does_not_fit_says_why(happened, code):
    refused = tried(happened, **FILTER)

    assert isinstance(refused, NotMatched)
    assert refused.code == code
    assert (refused.reason is not None) == (code == "filter")


@pytest.mark.parametrize("happened", [event(label="start", funnel="other"), event(label="start", depth=MAX_DEPTH - 1)])
def test_other_funnels_may_stand_behind_it(happened):
    assert tried(happened) is None


def test_a_funnel_may_be_told_to_start_itself():
    assert tried(event(label="start", funnel="f"), {"self_caused": True}) is None


WON = Awaited("deal.won", "won")
OFFER = Awaited("deal.moved", "offer", {"stage": "offer"}, "deal")
TASK = Awaited("task.completed", "done", None, "deal")


@pytest.mark.parametrize(
    ("happened", "deal_id", "found"),
    [
        (event("deal.won"), None, WON),
        (event("deal.moved", stage="offer"), 5, OFFER),
        (event("deal.moved", stage="call"), 5, None),
        (event("deal.moved", stage="offer"), 6, None),
        (event("deal.moved", stage="offer"), None, None),
        (event("task.completed", subject_id=9, deal=5), 5, TASK),
        (event("task.completed", subject_id=5), 5, None),
        (event("task.completed", subject_id=5), None, None),
        (event("tag.added"), 5, None),
    ],
)
def test_the_first_awaited_event_that_it_is_ends_the_wait(happened, deal_id, found):
    assert awaited((WON, OFFER, TASK), happened, deal_id=deal_id) == found
