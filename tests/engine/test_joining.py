"""Branches become one again: all, any, a number; late, cancelled, failed and lost ones."""

from datetime import timedelta

import pytest

from engine.outcome import TimedOut
from engine.standing import Arrival, Standing
from tests.engine.drawing import NOW, Run, program

SPLIT = "start>p p.branch_1>a p.branch_2>b a>j b>j j>end"


def split(join=None, a="rests", b="rests"):
    return program(
        {"start": "start", "p": "parallel", "a": a, "b": b, "j": ("join", join or {}), "end": "step"},
        SPLIT + (" j.timeout>end" if join and "timeout" in join else ""),
    )


def test_a_join_waits_for_all_branches_and_goes_on_once():
    run = Run(split())
    run.start()

    first = run.wake("a")
    resting = run.at
    last = run.wake("b")

    assert first.outcome is None
    assert resting == ["b", "j"]
    assert last.outcome == "end:next"
    assert run.steps.count("end.next") == 1
    assert run.rests == []


def test_both_branches_in_one_walk_are_joined():
    run = Run(split(a="step", b="step"))

    run.start()

    assert run.steps == ["start.next", "p.branch_1", "a.next", "b.next", "j.next", "end.next"]
    assert run.last.outcome == "end:next"


def test_two_lines_from_a_choice_are_one_branch():
    drawn = program(
        {"start": "start", "p": "parallel", "a": "step", "c": "rests", "d": "step", "j": "join", "end": "step"},
        "start>p p.branch_1>a a>c a.other>d c>j d>j p.branch_2>d j>end",
    )
    run = Run(drawn)
    run.start()

    run.wake("c")

    assert run.last.outcome == "end:next"
    assert run.steps.count("end.next") == 1


def test_a_branch_that_ended_is_not_waited_for():
    drawn = program(
        {"start": "start", "p": "parallel", "a": "step", "b": "rests", "c": "step", "j": "join", "end": "step"},
        "start>p p.branch_1>a a>j p.branch_2>b b>c c.other>j j>end",
    )
    run = Run(drawn)
    run.start()

    run.wake("b")

    assert run.steps[-1] == "end.next"
    assert run.last.outcome == "end:next"


def test_a_side_branch_that_leads_elsewhere_is_not_waited_for():
    drawn = program(
        {
            "start": "start",
            "p": ("parallel", {"branches": 3}),
            "a": "step",
            "b": "step",
            "side": ("rests", {"hours": 999}),
            "j": "join",
            "end": "step",
        },
        "start>p p.branch_1>a p.branch_2>b p.branch_3>side a>j b>j j>end",
    )
    run = Run(drawn)

    run.start()

    assert run.steps.count("end.next") == 1
    assert run.at == ["side"]
    assert run.last.outcome is None


def test_any_goes_on_at_once_and_swallows_the_late():
    run = Run(split({"wait_for": "any"}))
    run.start()

    run.wake("a")
    first = list(run.steps)
    run.wake("b")

    assert first[-1] == "end.next"
    assert run.steps[-1] == "j.merged"
    assert run.steps.count("end.next") == 1
    assert run.last.outcome is not None
    assert run.standing.joined == {}


def test_any_with_cancel_drops_the_rest():
    run = Run(split({"wait_for": "any", "cancel_rest": True}))
    run.start()

    run.wake("a")

    assert run.at == []
    assert run.last.outcome == "end:next"


def test_cancel_takes_those_still_in_the_queue():
    drawn = program(
        {
            "start": "start",
            "p": ("parallel", {"branches": 3}),
            "b": "step",
            "j": ("join", {"wait_for": "any", "cancel_rest": True}),
            "end": "step",
        },
        "start>p p.branch_1>j p.branch_2>b p.branch_3>j b>j j>end",
    )
    run = Run(drawn)

    run.start()

    assert run.steps == ["start.next", "p.branch_1", "j.next", "end.next"]


@pytest.mark.parametrize(("number", "left"), [(1, ["b", "c"]), (2, ["c"]), (3, [])])
def test_a_number_of_branches_is_enough(number, left):
    drawn = program(
        {
            "start": "start",
            "p": ("parallel", {"branches": 3}),
            "a": "rests",
            "b": "rests",
            "c": "rests",
            "j": ("join", {"wait_for": "number", "number": number}),
            "end": "rests",
        },
        "start>p p.branch_1>a p.branch_2>b p.branch_3>c a>j b>j c>j j>end",
    )
    run = Run(drawn)
    run.start()

    for name in ("a", "b", "c")[:number]:
        run.wake(name)

    assert run.at == sorted([*left, "end"])


def test_fewer_than_the_number_go_on_when_nobody_else_can_come():
    run = Run(split({"wait_for": "number", "number": 5}))
    run.start()

    run.wake("a")
    run.wake("b")

    assert run.steps[-1] == "end.next"
    assert run.last.outcome == "end:next"


TIMEOUT = {"timeout": {"amount": 30, "unit": "minutes"}}


def test_a_join_that_took_too_long_leaves_by_timeout_and_the_late_are_swallowed():
    run = Run(split(TIMEOUT, b=("rests", {"hours": 9})))
    run.start()
    run.wake("a")

    run.wake("j")
    timed_out = list(run.steps)
    run.wake("b")

    assert timed_out[-2:] == ["j.timeout", "end.next"]
    assert run.steps[len(timed_out) :] == ["b.next", "j.merged"]
    assert run.last.outcome is not None


def test_the_timeout_counts_from_the_first_branch():
    run = Run(split(TIMEOUT, b=("rests", {"hours": 9})))
    run.start()

    run.wake("a")

    assert [rest.due_at for rest in run.rests if rest.node == 5] == [NOW + timedelta(hours=1, minutes=30)]


def test_a_timeout_with_cancel_drops_the_branches_on_their_way():
    run = Run(split({**TIMEOUT, "cancel_rest": True}, b=("rests", {"hours": 9})))
    run.start()
    run.wake("a")

    run.wake("j")

    assert run.rests == []
    assert run.last.outcome == "end:next"


def test_the_timeout_and_the_last_branch_at_one_moment_go_on_once():
    run = Run(split(TIMEOUT, b=("rests", {"hours": 1})))
    run.start()
    run.wake("a")

    run.wake("b", "j")

    assert run.steps.count("end.next") == 1
    assert run.last.outcome is not None


def test_a_timeout_of_a_join_that_went_on_is_swallowed():
    run = Run(split(TIMEOUT))
    run.start()

    run.walk(Arrival(5, TimedOut()))

    assert run.steps[-1] == "j.merged"


def test_a_failed_branch_is_waited_for():
    run = Run(split(a="step", b="fails"))

    run.start()

    assert run.last.failure is not None
    assert run.at == ["j"]
    assert "end.next" not in run.steps


def test_a_branch_that_fails_after_the_join_went_on_still_is_its_late_one():
    run = Run(split({"wait_for": "any"}, a="step", b=("fails", {"after_rest": True})))
    run.start()

    run.wake("b")

    assert run.last.failure is not None
    assert run.standing.joined == {5: -1}


def test_a_join_in_a_loop_works_each_round():
    drawn = program(
        {
            "start": "start",
            "g": ("go_to", {"max_visits": 3}),
            "p": "parallel",
            "a": "step",
            "b": "rests",
            "j": "join",
            "end": "step",
        },
        "start>g g>p g.limit>end p.branch_1>a p.branch_2>b a>j b>j j>g",
    )
    run = Run(drawn)
    run.start()

    for _ in range(3):
        run.wake("b")

    assert run.steps.count("j.next") == 3
    assert run.last.outcome == "end:next"


def test_what_a_round_left_behind_is_cancelled_by_the_next():
    drawn = program(
        {
            "start": "start",
            "p": "parallel",
            "a": "rests",
            "b": ("rests", {"hours": 99}),
            "j": ("join", {"wait_for": "any"}),
        },
        "start>p p.branch_1>a p.branch_2>b a>j b>j j>p",
    )
    run = Run(drawn)
    run.start()

    run.wake("a")

    assert run.at == ["a", "b"]
    assert run.standing.joined == {}


def test_a_join_reached_again_without_its_parallel_cancels_the_rest():
    drawn = program(
        {
            "start": "start",
            "p": "parallel",
            "a": "step",
            "b": ("rests", {"hours": 99}),
            "j": ("join", {"wait_for": "any"}),
            "x": "rests",
        },
        "start>p p.branch_1>a p.branch_2>b a>j b>j j>x x>j",
    )
    run = Run(drawn)
    run.start()

    run.wake("x")

    assert run.at == ["x"]
    assert run.steps.count("j.next") == 2


def test_a_join_that_leads_to_itself_goes_on_each_time():
    drawn = program(
        {"start": "start", "p": "parallel", "r": "rests", "j": "join"}, "start>p p.branch_1>j p.branch_2>r r>j j>j"
    )
    run = Run(drawn)
    run.start()

    run.wake("r")

    assert all(rest.arriving for rest in run.rests)
    assert len(run.rests) == 1


def test_nested_joins_finish_inside_out():
    drawn = program(
        {
            "start": "start",
            "p": "parallel",
            "q": "parallel",
            "a": "rests",
            "b": "rests",
            "c": "rests",
            "i": "join",
            "j": "join",
            "end": "step",
        },
        "start>p p.branch_1>q p.branch_2>c q.branch_1>a q.branch_2>b a>i b>i i>j c>j j>end",
    )
    run = Run(drawn)
    run.start()

    for name in ("c", "a", "b"):
        assert run.last.outcome is None
        run.wake(name)

    assert run.steps[-3:] == ["i.next", "j.next", "end.next"]
    assert run.last.outcome == "end:next"


def test_an_inner_join_in_an_outer_loop_does_not_touch_the_outer_branch():
    drawn = program(
        {
            "start": "start",
            "p": "parallel",
            "q": "parallel",
            "a": "step",
            "b": ("rests", {"hours": 50}),
            "y": ("rests", {"hours": 9}),
            "i": ("join", {"wait_for": "any", "cancel_rest": True}),
            "j": "join",
            "r": "rests",
        },
        "start>p p.branch_1>q p.branch_2>y q.branch_1>a q.branch_2>b a>i b>i i>j y>j j>r r>p",
    )
    run = Run(drawn)

    run.start()

    assert run.at == ["j", "y"]


def test_joins_that_wait_for_each_other_go_on():
    drawn = program(
        {
            "start": "start",
            "p": ("parallel", {"branches": 3}),
            "i": "join",
            "j": "join",
            "far": ("rests", {"hours": 99}),
            "a": "rests",
            "b": "rests",
        },
        "start>p p.branch_1>i p.branch_2>j p.branch_3>far i>a a>j j>b b>i",
    )
    run = Run(drawn)

    run.start()

    assert "far" in run.at
    assert set(run.at) & {"a", "b"}


def test_a_join_with_no_parallel_before_it_lets_everybody_pass():
    run = Run(program({"start": "start", "j": "join", "end": "step"}, "start>j j>end"))

    run.start()

    assert run.last.outcome == "end:next"


def test_a_condition_on_a_join_is_not_looked_at():
    drawn = program(
        {
            "start": "start",
            "p": "parallel",
            "j": ("join", {}, {"condition": {"op": "empty", "field": "lead.id"}}),
            "end": "step",
        },
        "start>p p.branch_1>j p.branch_2>j j>end",
    )
    run = Run(drawn, {"lead": {"id": 1}})

    run.start()

    assert run.steps.count("end.next") == 1


def test_an_end_drops_everybody():
    drawn = program(
        {"start": "start", "p": "parallel", "a": "rests", "b": "rests", "end": "ends"},
        "start>p p.branch_1>a p.branch_2>b a>end",
    )
    run = Run(drawn)
    run.start()

    run.wake("a")

    assert run.last.outcome == "success"
    assert run.rests == []
    assert run.standing == Standing()


def test_a_branch_that_meets_the_token_coming_back_does_not_lose_it():
    drawn = program(
        {
            "start": "start",
            "p": "parallel",
            "a": "step",
            "b": "rests",
            "j": ("join", {"wait_for": "any"}),
        },
        "start>p p.branch_1>a p.branch_2>b a>j b>j j>b",
    )
    run = Run(drawn)
    run.start()

    run.wake("b")

    assert run.at == ["b"]
    assert run.steps.count("j.next") == 2
