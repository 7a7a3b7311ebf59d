"""What is allowed and seldom meant: ways nobody takes, waits of years, letters in the middle of the night."""

from itertools import pairwise

import pytest

from tests.engine.checking import START, TAG, found, funnel

A, B = {"id": "a", **TAG}, {"id": "b", **TAG}
MAIL = {"id": "mail", "type": "message.send_email", "config": {"subject": "S", "text": "T"}}
IS = {"op": "is", "field": "lead.source", "value": "ads"}


def codes(*nodes):
    """Return the warnings about blocks that follow one another."""
    ids = [START["id"], *(one["id"] for one in nodes)]
    lines = [f"{one} -> {other}" for one, other in pairwise(ids)]
    return [
        one[1:] for one in found(funnel([START, *nodes], *lines)) if one[0] == "warning" and one[1] != "port_unwired"
    ]


def wait(**lasting):
    return {"id": "wait", "type": "wait.duration", "config": {"lasting": {"amount": 1, "unit": "days", **lasting}}}


def until(**config):
    return {"id": "until", "type": "wait.until_date", "config": config}


WINDOW = {"id": "window", "type": "logic.time_window"}
DAY_WINDOW = {"hours": {"opens": "09:00", "closes": "18:00"}}
LETTERS = {
    "an answer at once": ([MAIL], False),
    "after a wait by the clock": ([wait(), MAIL], True),
    "something between": ([wait(), A, MAIL], True),
    "working hours": ([wait(calendar="company"), MAIL], False),
    "a time of day": ([wait(at="10:00"), MAIL], False),
    "hours of its own": ([wait(window=DAY_WINDOW), MAIL], False),
    "a window between": ([wait(), WINDOW, MAIL], False),
    "a window before the wait": ([WINDOW, wait(), MAIL], True),
    "a date keeps to the morning": ([wait(), until(day="2027-01-01"), MAIL], False),
}


@pytest.mark.parametrize("case", LETTERS)
def test_a_letter_that_may_go_out_at_night_is_a_warning(case):
    nodes, is_warned = LETTERS[case]

    assert codes(*nodes) == ([("message_any_hour", "mail", None)] if is_warned else [])


def test_a_wait_longer_than_a_year_is_a_warning_wherever_it_is_set():
    letter = {**MAIL, "config": {**MAIL["config"], "wait": True, "timeout": {"amount": 400, "unit": "days"}}}

    assert codes(wait(amount=366)) == []
    assert codes(wait(amount=367)) == [("wait_long", "wait", "lasting")]
    assert codes(letter) == [("wait_long", "mail", "timeout")]
    assert codes(until(field="deal.field.delivery", shift=53, unit="weeks")) == [("wait_long", "until", "shift")]
    assert codes(until(field="deal.field.delivery", shift=-53, unit="weeks")) == []


def switch(*cases):
    config = {"field": "lead.source", "cases": [{"port": port, "values": values} for port, values in cases]}
    return {"id": "ask", "type": "logic.switch", "config": config}


def asked(condition, type_="logic.condition"):
    return {"id": "ask", "type": type_, "config": {"condition": condition}}


SHADOWED = {
    "a case whose values are taken": (switch(("a", ["ads", "Fair"]), ("b", ["fair"])), "cases.1.values"),
    "a case with a value of its own": (switch(("a", ["ads"]), ("b", ["ads", "fair"])), None),
    "a condition that asks nothing": (asked({"op": "all", "of": []}), "condition"),
    "nothing of nothing": (asked({"op": "not", "of": {"op": "any", "of": []}}), "condition"),
    "a part decides": (asked({"op": "any", "of": [IS, {"op": "all", "of": []}]}), "condition"),
    "a part decides nothing": (asked({"op": "all", "of": [IS, {"op": "all", "of": []}]}), None),
    "a filter that lets nobody through": (asked({"op": "any", "of": []}, "logic.filter"), "condition"),
    "statuses that are taken": (
        {
            "id": "ask",
            "type": "action.http_request",
            "config": {
                "address": "https://example.org",
                "wait": True,
                "ports_by_status": [{"port": "a", "statuses": [404]}, {"port": "b", "statuses": [404]}],
            },
        },
        "ports_by_status.1.statuses",
    ),
}


@pytest.mark.parametrize("case", SHADOWED)
def test_a_way_that_nobody_ever_takes_is_a_warning(case):
    node, field = SHADOWED[case]

    assert codes(node) == ([("branch_shadowed", "ask", field)] if field else [])
