import json

import pytest
from hypothesis import given
from pydantic import TypeAdapter, ValidationError

from engine.condition import RecordCondition, leaves
from tests.engine.conditions import PATHS, TREE, conditions, record_leaves, trees

RECORDS = TypeAdapter(RecordCondition)
LEAF = {"op": "empty", "field": "lead.source"}


def nested(depth):
    tree = LEAF
    for _ in range(depth - 1):
        tree = {"op": "not", "of": tree}
    return tree


@given(conditions)
def test_a_condition_survives_json(condition):
    assert TREE.validate_json(TREE.dump_json(condition)) == condition


@given(conditions)
def test_a_condition_survives_json_without_its_defaults(condition):
    plain = json.loads(json.dumps(TREE.dump_python(condition, mode="json", exclude_defaults=True)))

    assert TREE.validate_python(plain) == condition


@given(trees(record_leaves(PATHS.filter(lambda path: path.startswith(("lead", "deal", "person"))))))
def test_what_reads_records_only_is_of_both_scopes(tree):
    assert RECORDS.validate_python(tree) == TREE.validate_python(tree)


@pytest.mark.parametrize(
    ("leaf", "complaint"),
    [
        ({"op": "is", "field": "trigger.text", "value": "x"}, r"is trigger\.text is known only while a funnel runs"),
        ({"op": "empty", "field": "variable.x"}, r"empty variable\.x is known only"),
        ({"op": "changed", "field": "lead.source"}, r"changed lead\.source is known only"),
        ({"op": "was", "field": "lead.source", "value": 1}, r"was lead\.source is known only"),
        ({"op": "visited", "node": "call"}, "visited call is known only"),
    ],
)
def test_a_filter_refuses_what_only_a_run_knows_and_says_where(leaf, complaint):
    tree = {"op": "all", "of": [LEAF, {"op": "not", "of": leaf}]}

    with pytest.raises(ValidationError, match=complaint + r".*\(of\.1\.of\)"):
        RECORDS.validate_python(tree)
    with pytest.raises(ValidationError, match=complaint + r".*\(/\)"):
        RECORDS.validate_python(leaf)


@pytest.mark.parametrize(
    ("leaf", "complaint"),
    [
        ({"op": "like", "field": "lead.source", "value": "x"}, "op"),
        ({"op": "is", "field": "source", "value": "x"}, "pattern"),
        ({"op": "is", "field": "lead..source", "value": "x"}, "pattern"),
        ({"op": "is", "field": "lead.source"}, "value"),
        ({"op": "is", "field": "lead.source", "value": "a\0b"}, "pattern"),
        ({"op": "is", "field": "lead.source", "value": float("nan")}, "finite"),
        ({"op": "is", "field": "lead.source", "value": None}, "value"),
        ({"op": "in", "field": "lead.source", "values": []}, "at least 1"),
        ({"op": "contains", "field": "lead.source", "value": ""}, "at least 1"),
        ({"op": "greater", "field": "lead.x", "value": "5"}, "valid integer"),
        ({"op": "greater", "field": "lead.x", "value": True}, "valid integer"),
        ({"op": "before", "field": "lead.x", "value": "tomorrow"}, "write a day as 2026-12-31"),
        ({"op": "before", "field": "lead.x", "value": "2026-06-05T10:00:00"}, "distance from UTC"),
        ({"op": "before", "field": "lead.x", "value": "1066-10-14"}, "between 1900 and 2200"),
        ({"op": "before", "field": "lead.x", "value": {"days": 36_500, "hours": 1}}, "hundred years"),
        ({"op": "within_last", "field": "lead.x", "value": {"days": -1}}, "more than nothing"),
        ({"op": "within_last", "field": "lead.x", "value": {}}, "more than nothing"),
        ({"op": "between", "field": "lead.x", "low": 2, "high": 1}, "lower end comes first"),
        ({"op": "between", "field": "lead.x", "low": 2, "high": "2026-06-05"}, "both ends are numbers"),
        ({"op": "between", "field": "lead.x", "low": "2026-06-05", "high": "2026-06-06T00:00:00Z"}, "both are moments"),
        ({"op": "all", "of": [{"op": "all", "of": [LEAF] * 300}] * 2}, "at most 500 comparisons"),
        (nested(21), "at most 20 levels"),
        ({"op": "all", "of": [nested(20)]}, "at most 20 levels"),
        (nested(5000), "recursion|depth"),
    ],
)
def test_a_condition_that_means_nothing_is_refused(leaf, complaint):
    with pytest.raises(ValidationError, match=complaint):
        TREE.validate_python(leaf)


def test_twenty_levels_are_fine():
    assert TREE.validate_python(nested(20))


def test_an_empty_group_has_one_level():
    assert list(leaves(TREE.validate_python({"op": "all", "of": []}))) == []


def test_leaves_come_in_order_with_their_places():
    tree = {"op": "any", "of": [LEAF, {"op": "not", "of": LEAF}, {"op": "all", "of": [LEAF]}]}

    assert [where for where, _ in leaves(TREE.validate_python(tree))] == ["of.0", "of.1.of", "of.2.of.0"]
