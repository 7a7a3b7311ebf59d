import pytest

from tests.engine.checking import ASK, JOIN, PAUSE, SPLIT, START, TAG, errors, funnel

A, B, C, D = ({"id": name, **TAG} for name in "abcd")
P, Q = {"id": "p", **SPLIT}, {"id": "q", **SPLIT}
J, K = {"id": "j", **JOIN}, {"id": "k", **JOIN}
IF = {"id": "if", **ASK}
WAIT = {"id": "wait", **PAUSE}
UNMET = [("join_incomplete", "j", None)]


def of(number):
    return {**J, "config": {"wait_for": "number", "number": number}}


FORK = ("start -> p", "p.branch_1 -> a", "p.branch_2 -> b", "a -> j")

JOINS = {
    "both branches come": (funnel([START, P, A, B, J], *FORK, "b -> j"), []),
    "any of two": (funnel([START, P, A, B, {**J, "config": {"wait_for": "any"}}], *FORK, "b -> j"), []),
    "two of two": (funnel([START, P, A, B, of(2)], *FORK, "b -> j"), []),
    "three of two": (funnel([START, P, A, B, of(3)], *FORK, "b -> j"), UNMET),
    "one branch ends before": (funnel([START, P, A, B, J], *FORK), UNMET),
    "no parallel at all": (funnel([START, A, J], "start -> a", "a -> j"), UNMET),
    "the ways of a condition": (
        funnel([START, IF, A, B, J], "start -> if", "if.yes -> a", "if.no -> b", "a -> j", "b -> j"),
        UNMET,
    ),
    "a condition in a branch": (
        funnel(
            [START, P, IF, A, B, C, J],
            "start -> p",
            "p.branch_1 -> if",
            "p.branch_2 -> c",
            "if.yes -> a",
            "if.no -> b",
            "a -> j",
            "b -> j",
            "c -> j",
        ),
        [],
    ),
    "three, but two are one condition's": (
        funnel(
            [START, P, IF, A, B, C, of(3)],
            "start -> p",
            "p.branch_1 -> if",
            "p.branch_2 -> c",
            "if.yes -> a",
            "if.no -> b",
            "a -> j",
            "b -> j",
            "c -> j",
        ),
        UNMET,
    ),
    "a parallel within a parallel makes three": (
        funnel(
            [START, P, Q, A, of(3)],
            "start -> p",
            "p.branch_1 -> q",
            "p.branch_2 -> a",
            "q.branch_1 -> j",
            "q.branch_2 -> j",
            "a -> j",
        ),
        [],
    ),
    "two triggers start two runs": (
        funnel([START, {"id": "hand", "type": "trigger.manual_start"}, J], "start -> j", "hand -> j"),
        UNMET,
    ),
    "a join nobody reaches is only unreachable": (
        funnel([START, A, J, B], "start -> a", "b -> j"),
        [("node_unreachable", "j", None), ("node_unreachable", "b", None)],
    ),
    "a join without a line is only unreachable": (
        funnel([START, A, J], "start -> a"),
        [("node_unreachable", "j", None)],
    ),
    "a circle before the parallel": (
        funnel(
            [START, WAIT, IF, P, J],
            "start -> wait",
            "wait -> if",
            "if.no -> wait",
            "if.yes -> p",
            "p.branch_1 -> j",
            "p.branch_2 -> j",
        ),
        [],
    ),
    "a circle without a parallel stays one": (
        funnel([START, WAIT, IF, J], "start -> wait", "wait -> if", "if.no -> wait", "if.yes -> j"),
        UNMET,
    ),
    "a circle of one stays one": (funnel([START, WAIT, J], "start -> wait", "wait.failed -> j", "wait -> wait"), UNMET),
    "a circle with a parallel makes any number": (
        funnel([START, P, WAIT, of(9)], "start -> p", "p.branch_1 -> wait", "wait -> p", "p.branch_2 -> j"),
        [],
    ),
    "a join in the circle counts its first round": (
        funnel([START, P, J, WAIT], "start -> p", "p.branch_1 -> j", "p.branch_2 -> j", "j -> wait", "wait -> p"),
        [],
    ),
    "a branch through another join": (
        funnel(
            [START, P, Q, K, A, J],
            "start -> p",
            "p.branch_1 -> q",
            "q.branch_1 -> k",
            "q.branch_2 -> k",
            "k -> j",
            "p.branch_2 -> j",
            "j -> a",
        ),
        [],
    ),
    "an unreadable block may split": (
        funnel(
            [START, {"id": "p", "type": "logic.parallel", "config": {"branches": 0}}, J],
            "start -> p",
            "p.branch_1 -> j",
            "p.branch_2 -> j",
        ),
        [("setting_wrong", "p", "branches")],
    ),
    "a join is never skipped": (
        funnel(
            [START, P, A, B, {**J, "condition": {"op": "is", "field": "lead.source", "value": "x"}}], *FORK, "b -> j"
        ),
        [("join_condition", "j", "condition")],
    ),
}


@pytest.mark.parametrize("name", JOINS)
def test_a_join_is_refused_only_where_it_can_never_complete(name):
    document, expected = JOINS[name]

    assert errors(document) == expected
