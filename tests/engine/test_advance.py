"""A walk ends where a run rests, ends, fails or asks, and loses nothing on the way."""

from datetime import timedelta
from itertools import pairwise

import pytest

from engine.advance import STEPS_PER_WALK, advance, resume
from engine.effect import AddTags, CreateTask, SetFields
from engine.outcome import Happened, TimedOut
from engine.request import DONE, MoveDeal, Result
from engine.standing import Arrival, Ask, Failure, Rest, Standing
from tests.engine.drawing import CALENDAR, NOW, Run, program


def line(*blocks, edges=""):
    names = ["start", *(f"n{number}" for number in range(1, len(blocks) + 1))]
    ways = " ".join(f"{one}>{other}" for one, other in pairwise(names))
    return program(dict(zip(names, ["start", *blocks], strict=True)), f"{ways} {edges}")


def test_a_walk_goes_on_until_the_end_and_says_by_which_port():
    run = Run(line("step", ("step", {"port": "other"})))

    run.start()

    assert run.steps == ["start.next", "n1.next", "n2.other"]
    assert run.last.outcome == "end:other"
    assert run.last.standing.resting == ()


def test_effects_know_their_step_and_are_facts_at_once():
    run = Run(line("step", ("step", {}, {"condition": {"op": "has_any", "field": "lead.tags", "values": ["n1"]}})))

    run.start()

    assert run.last.effects == [(1, AddTags(frozenset({"n1"}), "lead")), (2, AddTags(frozenset({"n2"}), "lead"))]
    assert run.facts.get("lead.tags") == {"n1", "n2"}


def test_a_run_rests_and_wakes_where_it_was():
    run = Run(line("rests", "step"))

    run.start()

    assert run.last.rests == [Rest(2, NOW + timedelta(hours=1))]
    assert run.last.standing.resting == (2,)
    assert run.last.outcome is None

    run.wake("n1")

    assert run.last.outcome == "end:next"


def test_an_event_leaves_by_its_own_port():
    run = Run(program({"start": "start", "w": "rests", "a": "step"}, "start>w w.next>a"))
    run.start()

    run.wake("w", signal=Happened(None, "next"))

    assert run.steps[-1] == "a.next"


def test_a_condition_that_does_not_hold_goes_straight_on_or_by_skipped():
    skipping = ("step", {}, {"condition": {"op": "not_empty", "field": "lead.name"}})
    plain = Run(line(skipping, "step"))
    wired = Run(program({"start": "start", "a": skipping, "b": "step", "c": "step"}, "start>a a>b a.skipped>c"))

    plain.start()
    wired.start()

    assert plain.steps == ["start.next", "n1.next", "n2.next"]
    assert len(plain.last.effects) == 1
    assert wired.steps == ["start.next", "a.skipped", "c.next"]


def test_the_filter_of_a_trigger_is_not_asked_again():
    drawn = program(
        {"start": ("start", {}, {"condition": {"op": "not_empty", "field": "lead.name"}}), "a": "step"},
        "start>a start.skipped>a",
    )
    run = Run(drawn)

    run.start()

    assert run.steps == ["start.next", "a.next"]


def test_a_request_stops_the_walk_and_its_answer_goes_on():
    run = Run(line("step", "asks", "step"))
    run.start()
    asked = run.last

    answered = resume(
        run.program,
        asked,
        Result(DONE, records={"deal": {"stage": "offer"}}),
        asked.facts,
        NOW,
        calendar=CALENDAR,
        seed=1,
    )

    assert asked.ask == Ask(3, MoveDeal("offer"))
    assert asked.outcome is None
    assert [run.names[node] for node, _ in answered.steps] == ["n2", "n3"]
    assert answered.facts.get("deal.stage") == "offer"
    assert [effect.tags for _, effect in (*asked.effects, *answered.effects)] == [{"n1"}, {"n3"}]
    assert answered.outcome == "end:next"


@pytest.mark.parametrize(
    ("code", "wired", "step", "failure"),
    [
        ("no_deal", "", "n1.no_deal", None),
        ("no_deal", "n1.no_deal>n2", "n2.next", None),
        ("odd", "", "start.next", Failure(2, "odd", "the command answered odd")),
        ("failed", "", "start.next", Failure(2, "failed", "the command answered failed")),
        ("odd", "n1.failed>n2", "n2.next", None),
    ],
)
def test_the_code_of_an_answer_names_the_port(code, wired, step, failure):
    run = Run(program({"start": "start", "n1": "asks", "n2": "step"}, f"start>n1 {wired}"))
    run.start()

    run.take(resume(run.program, run.last, Result(code), run.facts, NOW, calendar=CALENDAR, seed=1))

    assert run.steps[-1] == step
    assert run.last.failure == failure


def test_branches_beside_a_request_go_on_after_it():
    drawn = program(
        {
            "start": "start",
            "p": ("parallel", {"branches": 3}),
            "w": "rests",
            "q": "asks",
            "c": "step",
            "j": "join",
            "end": "step",
        },
        "start>p p.branch_1>w p.branch_2>q p.branch_3>c w>j q>j c>j j>end",
    )
    run = Run(drawn)
    run.start()
    asked = run.last

    answered = resume(run.program, asked, Result(DONE), asked.facts, NOW, calendar=CALENDAR, seed=1)

    assert [run.names[arrival.node] for arrival in asked.arrivals] == ["c"]
    assert [run.names[rest.node] for rest in answered.rests] == ["w", "j"]
    assert [run.names[number] for number in answered.standing.resting] == ["w", "j"]
    assert answered.outcome is None


def test_an_answer_can_drop_what_came_to_rest_before_it():
    drawn = program(
        {
            "start": "start",
            "p": "parallel",
            "w": "rests",
            "q": "asks",
            "j": ("join", {"wait_for": "any", "cancel_rest": True}),
            "end": "step",
        },
        "start>p p.branch_1>w p.branch_2>q w>j q>j j>end",
    )
    run = Run(drawn)
    run.start()

    answered = resume(run.program, run.last, Result(DONE), run.facts, NOW, calendar=CALENDAR, seed=1)

    assert answered.rests == []
    assert answered.outcome == "end:next"


def test_a_failure_stands_still_with_its_words():
    run = Run(line("fails", "step"))

    run.start()

    assert run.last.failure == Failure(2, "broken", "it broke")
    assert run.last.outcome is None
    assert run.steps == ["start.next"]


@pytest.mark.parametrize(
    ("block", "edges", "steps"),
    [
        ("fails", "n1.failed>n2", ["start.next", "n1.failed", "n2.next"]),
        (("fails", {}, {"on_error": {"then": "continue"}}), "n1>n2", ["start.next", "n1.next", "n2.next"]),
    ],
)
def test_a_failure_takes_its_port_or_goes_on(block, edges, steps):
    run = Run(program({"start": "start", "n1": block, "n2": "step"}, f"start>n1 {edges}"))

    run.start()

    assert run.steps == steps
    assert run.last.failure is None


def test_a_token_that_fails_on_waking_says_so():
    run = Run(line(("fails", {"after_rest": True})))
    run.start()

    run.wake("n1")

    assert run.last.failure.woken is True


def test_a_failure_keeps_the_other_tokens():
    three = {"start": "start", "p": ("parallel", {"branches": 3}), "a": "fails", "b": "step", "c": "rests"}
    run = Run(program(three, "start>p p.branch_1>a p.branch_2>b p.branch_3>c"))

    run.start()

    assert run.rests == [Rest(4, NOW, arriving=True), Rest(5, NOW, arriving=True)]
    assert run.last.arrivals == ()


def test_woken_tokens_are_settled_beside_a_failure():
    fails = ("fails", {"after_rest": True})
    nodes = {
        "start": "start",
        "p": ("parallel", {"branches": 4}),
        "a": fails,
        "b": fails,
        "c": ("asks", {"after_rest": True}),
        "d": ("rests", {"hours": 0}),
        "e": "step",
    }
    run = Run(program(nodes, "start>p p.branch_1>a p.branch_2>b p.branch_3>c p.branch_4>d d>e"))
    run.start()

    run.wake("a", "b", "c", "d")

    assert run.last.failure.node == 3
    assert run.last.ask is None
    assert run.rests == [Rest(4, NOW), Rest(5, NOW, arriving=True), Rest(7, NOW, arriving=True)]


def test_a_node_that_is_gone_is_a_failure():
    run = Run(line("rests"))
    run.start()
    run.program.nodes.pop(2)

    run.wake("n1")

    assert run.last.failure.code == "node_gone"


def test_a_walk_that_takes_too_long_rests_as_it_was():
    run = Run(program({"start": "start", "a": "step", "b": "step"}, "start>a a>b b>a"))

    run.start()

    assert len(run.steps) == STEPS_PER_WALK
    assert run.rests == [Rest(3, NOW, arriving=True)]
    assert sum(run.standing.visits.values()) == STEPS_PER_WALK - 1


def test_only_nodes_on_cycles_are_counted():
    run = Run(line("step", "step"))

    run.start()

    assert run.standing.visits == {}


LATE = timedelta(hours=2)


@pytest.mark.parametrize(
    ("then", "by", "steps", "failure"),
    [
        ("run_now", LATE, ["n1.next", "n2.next"], None),
        ("skip", LATE, ["n1.skipped"], None),
        ("skip", timedelta(minutes=59), ["n1.next", "n2.next"], None),
        ("ask", LATE, [], "late"),
        ("next_window", LATE, ["n1.next", "n2.next"], None),
    ],
)
def test_what_wakes_late_follows_its_rule(then, by, steps, failure):
    run = Run(line(("rests", {}, {"when_late": {"then": then}}), "step"))
    run.start()

    run.wake("n1", late=by)

    assert run.steps[1:] == steps
    assert (run.last.failure.code if run.last.failure else None) == failure


def test_what_wakes_late_at_night_rests_until_the_office_opens():
    run = Run(line(("rests", {"hours": 2}, {"when_late": {"then": "next_window"}}), "step"))
    run.start()

    run.wake("n1", late=timedelta(hours=14))

    assert run.at == ["n1"]
    assert run.rests[0].due_at == CALENDAR.next_open(run.now) > run.now


def test_a_wake_without_a_moment_is_never_late():
    run = Run(line(("rests", {}, {"when_late": {"then": "ask"}}), "step"))
    run.start()
    run.rests = [Rest(2)]

    run.wake("n1", late=LATE)

    assert run.last.outcome == "end:next"


def test_nothing_to_do_and_nobody_left_is_the_end():
    run = Run(line("step"))

    run.walk()

    assert run.last.outcome == "done"


def test_a_walk_of_some_tokens_leaves_the_others_resting():
    run = Run(
        program(
            {"start": "start", "p": "parallel", "a": "rests", "b": ("rests", {"hours": 2})},
            "start>p p.branch_1>a p.branch_2>b",
        )
    )
    run.start()

    run.wake("a", signal=TimedOut())

    assert run.last.outcome is None
    assert run.last.standing.resting == (4,)


def no_tags(effect, facts):
    return ("no_tags", "tags are off") if facts.get("lead.strict") else None


@pytest.mark.parametrize(
    ("strict", "edges", "steps", "failure"),
    [
        (False, "", ["start.next", "a.next"], None),
        (True, "", ["start.next"], Failure(2, "no_tags", "tags are off")),
        (True, "a.failed>b", ["start.next", "a.failed", "b.next"], None),
    ],
)
def test_an_effect_that_cannot_be_applied_fails_its_block(strict, edges, steps, failure):
    drawn = program({"start": "start", "a": "step", "b": "go_to"}, f"start>a {edges}")
    run = Run(drawn, {"lead": {"strict": strict}})

    run.take(advance(drawn, Standing(), (Arrival(1),), run.facts, NOW, calendar=CALENDAR, seed=1, refusal=no_tags))

    assert run.steps == steps
    assert run.last.failure == failure
    assert len(run.last.effects) == (not strict)


def test_resuming_twice_comes_to_the_same():
    run = Run(line("step", "asks", "step", "rests"))
    run.start()
    asked = run.last

    first, second = (
        resume(run.program, asked, Result(DONE), asked.facts, NOW, calendar=CALENDAR, seed=1) for _ in range(2)
    )

    assert first.steps == second.steps
    assert first.rests == second.rests
    assert first.effects == second.effects
    assert first.standing == second.standing


def test_an_effect_may_be_put_right_before_it_is_applied():
    other = SetFields({"title": "Other"}, "lead")

    walked = advance(
        line("step", ("step", {}, {"condition": {"op": "empty", "field": "lead.name"}})),
        Standing(),
        (Arrival(1),),
        Run(line("step")).facts,
        NOW,
        calendar=CALENDAR,
        seed=1,
        refusal=lambda _effect, _facts: other,
    )

    assert [effect for _, effect in walked.effects] == [other, other]


def test_effects_that_are_fine_stay_as_they_are():
    walked = advance(
        line("step"),
        Standing(),
        (Arrival(1),),
        Run(line("step")).facts,
        NOW,
        calendar=CALENDAR,
        seed=1,
        refusal=lambda _effect, _facts: None,
    )

    assert [effect for _, effect in walked.effects] == [AddTags(frozenset({"n1"}), "lead")]


def test_a_refused_effect_of_a_guarded_node_fails_too():
    walked = advance(
        line(("step", {}, {"condition": {"op": "empty", "field": "lead.name"}})),
        Standing(),
        (Arrival(1),),
        Run(line("step")).facts,
        NOW,
        calendar=CALENDAR,
        seed=1,
        refusal=lambda _effect, _facts: ("no_record", "gone"),
    )

    assert walked.failure == Failure(2, "no_record", "gone")


def test_conditions_see_which_nodes_the_run_has_been_at():
    been = {"op": "visited", "node": "n1"}

    run = Run(line("step", "step", ("step", {}, {"condition": been})))
    run.start()

    assert run.facts.get("run.visited") == {"start", "n1", "n2", "n3"}


def test_a_program_knows_whose_outcome_nobody_looks_at():
    looked_at = line("step", ("step", {}, {"condition": {"op": "has_any", "field": "lead.tags", "values": ["n1"]}}))
    counted = line("step", ("step", {}, {"condition": {"op": "greater", "field": "deal.open_tasks", "value": 1}}))

    assert AddTags in line("step").unseen
    assert AddTags not in looked_at.unseen
    assert CreateTask not in counted.unseen


def test_a_very_long_way_is_walked_in_parts():
    run = Run(line(*["step"] * (STEPS_PER_WALK + 5)))

    run.start()

    assert len(run.steps) == STEPS_PER_WALK
    assert [rest.arriving for rest in run.last.rests] == [True]
