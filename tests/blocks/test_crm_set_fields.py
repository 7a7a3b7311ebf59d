import pytest
from pydantic import ValidationError

from blocks.crm_set_fields import SetFieldsBlock
from engine import setting
from engine.effect import SetFields
from engine.outcome import Fail, Leave
from tests.blocks.asking import context

RECORDS = {"lead": {"source": "social", "name": ""}, "deal": {"field.budget": 5}}


def changed(*changes, **more):
    return SetFieldsBlock(changes=changes, **more).run(context(RECORDS))


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ({"value": 7}, 7),
        ({"value": 1.5}, 1.5),
        ({"value": True}, True),
        ({"value": "from {lead.source}"}, "from social"),
        ({"copy_of": "deal.field.budget"}, 5),
        ({}, None),
    ],
)
def test_a_field_gets_its_value(change, value):
    outcome = changed({"field": "lead.field.x", **change})

    assert outcome == Leave(effects=(SetFields({"field.x": value}, "lead"),))
    assert type(outcome.effects[0].values["field.x"]) is type(value)


def test_the_fields_of_a_record_are_written_together():
    outcome = changed({"field": "lead.a", "value": 1}, {"field": "deal.b", "value": 2}, {"field": "lead.c", "value": 3})

    assert outcome.effects == (SetFields({"a": 1, "c": 3}, "lead"), SetFields({"b": 2}, "deal"))


def test_filled_fields_may_be_left_alone():
    outcome = changed({"field": "lead.source", "value": "x"}, {"field": "lead.name", "value": "y"}, only_if_empty=True)

    assert outcome == Leave(effects=(SetFields({"name": "y"}, "lead"),))


def test_it_fails_without_the_record():
    assert changed({"field": "company.size", "value": 1}) == Fail("no_record", "the run has no company")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"field": "person.name", "value": 1}, "fields of person cannot be set"),
        ({"field": "deal.stage", "value": "won"}, "deal.stage cannot be set here"),
        ({"field": "deal.x", "value": 1, "copy_of": "deal.y"}, "give a value or a field to copy, not both"),
    ],
)
def test_what_makes_no_sense_is_refused(change, words):
    with pytest.raises(ValidationError, match=words):
        SetFieldsBlock(changes=[change])


def test_all_fields_it_names_are_looked_at():
    block = SetFieldsBlock(changes=[{"field": "lead.a", "value": "{deal.b}"}, {"field": "lead.c", "copy_of": "deal.d"}])

    assert setting.paths(block) == {"lead.a", "deal.b", "lead.c", "deal.d"}
