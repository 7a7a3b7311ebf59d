from typing import Annotated, ClassVar

import pytest
from pydantic import BaseModel, field_validator

from blocks.catalogue import block_type
from engine.block import Block
from engine.checks import check
from engine.condition import Condition
from engine.outcome import Leave
from engine.publish_problem import PublishProblem
from engine.setting import Reference
from engine.text import _l
from tests.engine.checking import ASK, KNOWN, START, TAG, errors, found, funnel


class Rule(BaseModel):
    """A group of settings with a condition in it."""

    when: Condition


class Picky(Block):
    """A block with settings of every kind that the checks look into."""

    key: ClassVar = "test.picky"
    title: ClassVar = "Picky"
    group: ClassVar = "crm"
    type_version: ClassVar = 2

    rules: tuple[Rule, ...] = ()
    place: Annotated[str, Reference("node")] | None = None
    country: Annotated[str, Reference("country")] | None = None
    channel: Annotated[str, Reference("channel")] | None = None
    form: Annotated[str, Reference("form")] | None = None
    webhook: Annotated[str, Reference("webhook")] | None = None
    low: int = 0
    high: int = 9

    @field_validator("low")
    @classmethod
    def _is_low(cls, low):
        if low > 5:
            raise ValueError("too high" if low > 7 else _l("{low} is too high", low=low))
        return low

    def run(self, ctx):
        return Leave()


def catalogue(key):
    return Picky if key == Picky.key else block_type(key)


def picky(**config):
    return funnel([START, {"id": "n", "type": "test.picky", "type_version": 2, "config": config}], "start -> n")


def node(type_, **config):
    return funnel([START, {"id": "n", "type": type_, "config": config}], "start -> n")


SETTINGS = {
    "an unknown block": (node("crm.fly"), [("block_unknown", "n", None)]),
    "a block of another version": (
        funnel([START, {"id": "n", "type": "test.picky", "config": {}}], "start -> n"),
        [("block_version", "n", None)],
    ),
    "a required setting is absent": (node("crm.add_comment"), [("setting_missing", "n", "text")]),
    "a required setting is empty": (node("crm.add_comment", text=""), [("setting_missing", "n", "text")]),
    "a required list is empty": (node("crm.set_fields", changes=[]), [("setting_missing", "n", "changes")]),
    "an unknown setting": (node("crm.add_comment", text="x", colour="red"), [("setting_wrong", "n", "colour")]),
    "all wrong settings at once": (
        picky(low=9, high="many", speed=1),
        [("setting_wrong", "n", "high"), ("setting_wrong", "n", "low"), ("setting_wrong", "n", "speed")],
    ),
    "a template that cannot be read": (node("crm.add_comment", text="Hi {lead"), [("setting_wrong", "n", "text")]),
    "a template that names a missing field": (
        node("crm.add_comment", text="Hi {lead.nick}"),
        [("template_path_unknown", "n", "text")],
    ),
    "a template that names a field": (node("crm.add_comment", text="From {lead.source}, {trigger.origin}"), []),
    "a plan that is not there": (
        node("crm.add_to_plan", plan="export", stage="new"),
        [("reference_missing", "n", "plan")],
    ),
    "a stage of another plan": (
        node("crm.add_to_plan", plan="service", stage="offer"),
        [("reference_missing", "n", "stage")],
    ),
    "a stage of no plan": (node("crm.change_stage", stage="paid"), [("reference_missing", "n", "stage")]),
    "a stage of some plan": (node("crm.change_stage", stage="offer"), []),
    "a user that is not there": (node("people.assign_manager", owner="bob"), [("reference_missing", "n", "owner")]),
    "a loss reason that is not there": (
        node("crm.change_stage", stage="new", loss_reason="rain"),
        [("reference_missing", "n", "loss_reason")],
    ),
    "a tag that is not there": (node("crm.add_tags", tags=["cold"]), [("reference_missing", "n", "tags.0")]),
    "a field that is not there": (
        node("crm.set_fields", changes=[{"field": "lead.nick", "value": "x"}]),
        [("reference_missing", "n", "changes.0.field")],
    ),
    "a channel that is not there": (picky(channel="radio"), [("reference_missing", "n", "channel")]),
    "a form that is not there": (picky(form="ask"), [("reference_missing", "n", "form")]),
    "a webhook that is not there": (picky(webhook="shop"), [("reference_missing", "n", "webhook")]),
    "a country that is not there": (picky(country="ZZ"), [("reference_missing", "n", "country")]),
    "a node that is not there": (picky(place="gone"), [("reference_missing", "n", "place")]),
    "a node that is there": (picky(place="start"), []),
    "a condition in a group of settings": (
        picky(rules=[{"when": {"op": "is", "field": "lead.nick", "value": "x"}}]),
        [("condition_field_unknown", "n", "rules.0.when.field")],
    ),
    "a condition of a wrong type": (
        node("logic.condition", condition={"op": "greater", "field": "lead.source", "value": 3}),
        [("condition_operator_unfit", "n", "condition.op")],
    ),
    "a condition with an unfit value": (
        node("logic.condition", condition={"op": "all", "of": [{"op": "is", "field": "deal.amount", "value": "much"}]}),
        [("condition_value_unfit", "n", "condition.of.0.value")],
    ),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_are_judged(name):
    document, expected = SETTINGS[name]

    assert errors(document, catalogue) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"op": "empty", "field": "lead.nick"}, [("condition_field_unknown", "n", "condition.field")]),
        ({"op": "visited", "node": "gone"}, [("reference_missing", "n", "condition.node")]),
        ({"op": "not", "of": {"op": "visited", "node": "gone"}}, [("reference_missing", "n", "condition.of.node")]),
        ({"op": "visited", "node": "start"}, []),
        ({"op": "is", "field": "trigger.origin", "value": "hand"}, []),
    ],
)
def test_the_condition_of_a_node_is_judged(condition, expected):
    assert errors(funnel([START, {"id": "n", **TAG, "condition": condition}], "start -> n")) == expected


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"low": 6}, "n.low: 6 is too high"),
        ({"low": 8}, "n.low: too high"),
        (
            {"high": True, "country": 7},
            "n.country: a text is expected; put quotes round a number that is meant as a text",
        ),
        ({"place": "gone"}, "n.place: there is no node gone"),
    ],
)
def test_a_problem_says_what_is_wrong(config, said):
    assert str(check(picky(**config), catalogue, KNOWN)[0]) == said


def test_a_problem_of_the_whole_document_has_no_place():
    assert str(PublishProblem("error", "x", None, None, _l("all is wrong"))) == "all is wrong"


HAS_PHONE = {"op": "not_empty", "field": "lead.phone"}


class TestTwoTriggers:
    def problems(self, first, second):
        nodes = [{"id": "one", **first}, {"id": "two", **second}, {"id": "n", **TAG}]
        return errors(funnel(nodes, "one -> n", "two -> n"))

    def test_of_the_same_kind_and_settings_are_one_too_many(self):
        trigger = {"type": "trigger.lead_created", "condition": HAS_PHONE}

        assert self.problems(trigger, trigger) == [("trigger_double", "two", None)]

    def test_with_different_conditions_are_two(self):
        assert (
            self.problems({"type": "trigger.lead_created", "condition": HAS_PHONE}, {"type": "trigger.lead_created"})
            == []
        )

    def test_with_different_settings_are_two(self):
        entered = {"type": "trigger.stage_entered", "config": {"plan": "retail", "stages": ["new"]}}

        assert self.problems(entered, {**entered, "config": {"plan": "retail", "stages": ["offer"]}}) == []

    def test_that_cannot_be_read_are_not_compared(self):
        broken = {"type": "trigger.stage_entered"}

        assert self.problems(broken, broken) == [("setting_missing", "one", "plan"), ("setting_missing", "two", "plan")]


def test_errors_come_before_warnings_and_both_as_the_nodes_stand():
    document = funnel([START, {"id": "b", **ASK}, {"id": "a", "type": "crm.fly"}], "start -> b", "b.yes -> a")

    assert found(document) == [("error", "block_unknown", "a", None), ("warning", "port_unwired", "b", None)]
