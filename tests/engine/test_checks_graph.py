import pytest

from blocks.catalogue import block_type
from engine.block import Block
from engine.checks import check
from engine.outcome import Leave
from tests.engine.checking import ASK, KNOWN, PAUSE, SPLIT, START, TAG, errors, found, funnel

A, B, C = {"id": "a", **TAG}, {"id": "b", **TAG}, {"id": "c", **TAG}
LOOP = {"id": "back", "type": "logic.go_to"}
WAIT = {"id": "wait", **PAUSE}
COND = {"op": "is", "field": "lead.source", "value": "ads"}


def test_a_clean_funnel_has_no_problems():
    document = funnel(
        [START, {"id": "ask", **ASK}, A, WAIT, {"id": "end", "type": "logic.exit"}],
        "start -> ask",
        "ask.yes -> a",
        "a -> wait",
        "wait -> end",
        "ask.no -> end",
    )

    assert found(document) == []


DRAWINGS = {
    "a node nobody reaches": (funnel([START, A, B], "start -> a"), [("node_unreachable", "b", None)]),
    "two nodes of one id": (funnel([START, A, A], "start -> a"), [("node_double", "a", None)]),
    "a port that is not there": (funnel([START, A, B], "start -> a", "a.maybe -> b"), [("port_missing", "a", "maybe")]),
    "a port after the end": (
        funnel([START, {"id": "end", "type": "logic.exit"}, A], "start -> end", "end -> a"),
        [("port_missing", "end", "next")],
    ),
    "skipped without a condition": (
        funnel([START, A, B], "start -> a", "a -> b", "a.skipped -> b"),
        [("port_missing", "a", "skipped")],
    ),
    "skipped with a condition": (
        funnel([START, {**A, "condition": COND}, B], "start -> a", "a -> b", "a.skipped -> b"),
        [],
    ),
    "skipped when late": (
        funnel([START, {**WAIT, "when_late": {"then": "skip"}}, B], "start -> wait", "wait -> b", "wait.skipped -> b"),
        [],
    ),
    "any action may fail": (funnel([START, A, B], "start -> a", "a.failed -> b", "a -> b"), []),
    "a trigger does not fail": (
        funnel([START, A, B], "start -> a", "start.failed -> b", "a -> b"),
        [("port_missing", "start", "failed")],
    ),
    "two lines from a port": (funnel([START, A, B], "start -> a", "start -> b"), [("port_double", "start", "next")]),
    "a line to nowhere": (funnel([START, A], "start -> a", "a -> gone"), [("edge_to_nowhere", "a", "next")]),
    "a line from nowhere": (funnel([START, A], "start -> a", "gone -> a"), [("edge_from_nowhere", None, None)]),
    "a line into a trigger": (
        funnel([START, A], "start -> a", "a -> start"),
        [("cycle_endless", "start", None), ("edge_into_trigger", "a", "next")],
    ),
    "no trigger": (funnel([A, B], "a -> b"), [("trigger_none", None, None)]),
    "nothing at all": (funnel([]), [("trigger_none", None, None)]),
    "a circle": (funnel([START, A, B], "start -> a", "a -> b", "b -> a"), [("cycle_endless", "a", None)]),
    "a circle of one": (funnel([START, A], "start -> a", "a -> a"), [("cycle_endless", "a", None)]),
    "a circle that rests": (funnel([START, A, WAIT], "start -> a", "a -> wait", "wait -> a"), []),
    "a circle with a limit": (funnel([START, A, LOOP], "start -> a", "a -> back", "back -> a"), []),
    "a circle through the limit": (
        funnel([START, A, LOOP], "start -> a", "a -> back", "back.limit -> a"),
        [("cycle_endless", "a", None)],
    ),
    "a rest that may be skipped": (
        funnel([START, A, {**WAIT, "condition": COND}], "start -> a", "a -> wait", "wait -> a"),
        [("cycle_endless", "a", None)],
    ),
    "a skip that leads out": (
        funnel([START, A, B, {**WAIT, "condition": COND}], "start -> a", "a -> wait", "wait -> a", "wait.skipped -> b"),
        [],
    ),
    "a rest that may fail into the circle": (
        funnel([START, A, WAIT], "start -> a", "a -> wait", "wait.failed -> a", "wait -> a"),
        [("cycle_endless", "a", None)],
    ),
    "a rest that goes on after an error": (
        funnel([START, A, {**WAIT, "on_error": {"then": "continue"}}], "start -> a", "a -> wait", "wait -> a"),
        [("cycle_endless", "a", None)],
    ),
    "two circles": (
        funnel(
            [START, {"id": "p", **SPLIT}, A, B], "start -> p", "p.branch_1 -> a", "p.branch_2 -> b", "a -> a", "b -> b"
        ),
        [("cycle_endless", "a", None), ("cycle_endless", "b", None)],
    ),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_judged(name):
    document, expected = DRAWINGS[name]

    assert errors(document) == expected


def test_a_long_circle_is_named_by_its_first_nodes():
    names = "abcdefg"
    nodes = [START, *({"id": name, **TAG} for name in names)]
    lines = ["start -> a", *(f"{one} -> {other}" for one, other in zip(names, "bcdefga", strict=True))]

    (problem,) = check(funnel(nodes, *lines), block_type, KNOWN)

    assert "a, b, c, d, e, ..." in problem.message


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("start -> ask", "ask.yes -> a"), "nothing follows the port no:"),
        (("start -> ask",), "nothing follows the ports yes, no:"),
    ],
)
def test_a_port_that_leads_nowhere_is_a_warning(lines, said):
    problems = check(funnel([START, {"id": "ask", **ASK}, A], *lines), block_type, KNOWN)

    (warning,) = [one for one in problems if one.severity == "warning"]
    assert (warning.code, warning.node) == ("port_unwired", "ask")
    assert said in str(warning)


def test_a_last_block_needs_no_exit():
    assert found(funnel([START, A], "start -> a")) == []


def test_a_block_of_which_only_the_failure_is_wired_has_a_loose_end():
    assert ("warning", "port_unwired", "a", None) in found(funnel([START, A, B], "start -> a", "a.failed -> b"))


def test_what_depends_on_an_unknown_block_is_not_judged():
    document = funnel([{"id": "start", "type": "trigger.comet"}, A], "start.tail -> a", "a -> start")

    assert errors(document) == [("block_unknown", "start", None)]


class Nameless(Block):
    """A resting block that names no main port and no other."""

    key = "test.nameless"
    title = "Nameless"
    group = "wait"
    main = None
    rests = True

    def run(self, ctx):
        return Leave()


def test_a_resting_block_without_a_main_port_has_no_way_round():
    document = funnel([START, {"id": "n", "type": "test.nameless", "condition": COND}], "start -> n")

    assert errors(document, {"test.nameless": Nameless, START["type"]: block_type(START["type"])}.get) == []
