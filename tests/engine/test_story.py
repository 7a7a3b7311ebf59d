"""Tests of funnels: how a story is written, what is refused, and what a change of one is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from blocks.catalogue import block_type
from engine.diff import difference
from engine.document import FunnelDocument
from engine.merging import merge
from engine.story import FunnelTest, Given, Then, moment_of
from engine.story_steps import (
    EXAMPLES,
    ClockShows,
    DealCloses,
    DealMoves,
    DealOpens,
    FieldSet,
    FormSent,
    LeadComes,
    Pressed,
    TagPut,
    TaskDone,
    TimePasses,
    step_of,
    written,
)

STEPS = {
    "lead comes in": LeadComes(),
    "lead comes in again": LeadComes(again=True),
    "form webinar is sent": FormSent("webinar"),
    "deal is opened": DealOpens(),
    "deal moves to second_call": DealMoves("second_call"),
    "deal is won": DealCloses("won"),
    "deal is lost": DealCloses("lost"),
    "deal is lost: expensive": DealCloses("lost", "expensive"),
    "task is done": TaskDone(),
    "task from call-1 is done": TaskDone("call-1"),
    "deal.amount becomes 50000": FieldSet("deal", "amount", 50000),
    "lead.field.city becomes New York": FieldSet("lead", "field.city", "New York"),
    'deal.field.code becomes "7"': FieldSet("deal", "field.code", "7"),
    "deal.field.city becomes null": FieldSet("deal", "field.city", None),
    "tag very big is added": TagPut("very big", is_on=True),
    "tag VIP is removed": TagPut("VIP", is_on=False),
    "button start is pressed": Pressed("start"),
    "2 working days later": TimePasses(2, "days", works=True),
    "1 hour later": TimePasses(1, "hours"),
    "at 2026-03-05 10:00": ClockShows("2026-03-05 10:00"),
}
THEN = Then(ended=True)


def document(*tests, **more):
    nodes = [{"id": "lead", "type": "trigger.lead_created"}]
    return FunnelDocument.model_validate({"key": "a", "name": "A", "nodes": nodes, "tests": tests, **more})


def story(name, **then):
    return {"name": name, "when": ["lead comes in"], "then": then or {"ended": True}}


@pytest.mark.parametrize(("text", "step"), STEPS.items())
def test_a_step_is_read_and_written_as_it_was(text, step):
    assert step_of(text) == step
    assert written(step) == text


def test_the_examples_are_steps_of_every_kind():
    assert {type(step_of(text)) for text in EXAMPLES} == {type(step) for step in STEPS.values()}


def test_what_is_no_step_is_refused_with_what_there_is():
    with pytest.raises(ValidationError, match=r"“lead flies” is no step of a story.*lead comes in; "):
        FunnelTest(name="a", when=("lead flies",), then=THEN)


@given(value=st.one_of(st.integers(), st.booleans(), st.none(), st.text(st.characters(codec="ascii"), max_size=20)))
def test_any_value_of_a_field_is_read_as_it_was_written(value):
    step = FieldSet("deal", "field.a", value)

    assert step_of(written(step)) == step


def test_a_moment_is_a_day_and_a_time():
    assert moment_of(Given(at="2026-03-05 10:00").at).hour == 10
    with pytest.raises(ValidationError, match="write a day and a time of day"):
        Given(at="tomorrow")


def test_a_test_that_asks_for_nothing_is_refused():
    with pytest.raises(ValidationError, match="say what shall be true"):
        Then()


def test_two_tests_of_one_name_are_refused():
    with pytest.raises(ValidationError, match="two tests are called “a”"):
        document(story("a"), story("a"))


def test_tests_are_no_part_of_what_a_funnel_does_but_of_what_was_tested():
    bare, one, other = document(), document(story("a")), document(story("a", ended=False))

    assert bare.logic_hash() == one.logic_hash()
    assert len({one.tested_hash(), other.tested_hash(), bare.tested_hash()}) == 3
    assert document(story("a"), name="Called otherwise").tested_hash() == one.tested_hash()


def test_each_test_that_came_went_or_changed_is_a_change_of_its_own():
    found = difference(
        document(story("a"), story("b"), story("same")),
        document(story("b", ended=False), story("same"), story("c")),
        block_type,
    )

    assert [(one.path, one.before is None, one.after is None) for one in found.settings] == [
        ("tests.a", False, True),
        ("tests.b", False, False),
        ("tests.c", True, False),
    ]


def test_two_edits_of_different_tests_are_both_kept():
    base = document(story("a"), story("b"))
    ours = document(story("a", ended=False), story("b"))
    theirs = document(story("a"), story("c"))

    found = merge(base, ours, theirs)

    assert [(one.name, one.then.ended) for one in found.document.tests] == [("a", False), ("c", True)]
    assert found.conflicts == ()
    assert merge(base, theirs, ours).document == found.document


def test_the_same_test_changed_in_two_ways_is_a_conflict():
    base = document(story("a"))
    found = merge(base, document(story("a", ended=False)), document(story("a", started=False)))

    assert [one.field for one in found.conflicts] == ["tests.a"]
    assert found.document.tests[0].then.ended is False


def test_the_nodes_that_an_end_names_are_known():
    then = {
        "went_through": ["a"],
        "not_through": ["b"],
        "rests_at": ["c"],
        "tasks": [{"from": "d"}, {"name": "Call"}],
        "no_task_from": ["e"],
        "sent": [{"from": "f"}, {"says": "hello"}],
        "not_sent_from": ["g"],
    }

    assert FunnelTest.model_validate({"name": "All", "then": then}).nodes == frozenset("abcdefg")
    assert FunnelTest.model_validate({"name": "None", "then": {"ended": True}}).nodes == frozenset()
