import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given

from engine.condition import Reason, compile
from engine.condition_reasons import plain_value
from engine.facts import Facts
from tests.engine.conditions import NOW, TREE, conditions, records

DEAL = {"amount": 90, "stage": None, "tags": frozenset({"b", "a"}), "is_paid": False, "called": NOW, "title": "Двері"}
FACTS = Facts({"deal": DEAL, "changed": {"deal.amount": 50}, "run": {"visited": frozenset({"call"})}})


def reason(leaf):
    return compile(TREE.validate_python(leaf)).explain(FACTS, NOW)


def of(field, op, value):
    return {"op": op, "field": f"deal.{field}", "value": value}


NO = of("amount", "greater", 100)
YES = of("amount", "greater", 80)


@pytest.mark.parametrize(
    ("leaf", "text"),
    [
        (NO, "deal.amount is 90, needs more than 100"),
        (YES, "deal.amount is 90, which fits more than 80"),
        (of("amount", "greater_or_equal", 100), "deal.amount is 90, needs 100 or more"),
        (of("amount", "less", 50), "deal.amount is 90, needs less than 50"),
        (of("amount", "less_or_equal", 50.5), "deal.amount is 90, needs 50.5 or less"),
        ({"op": "between", "field": "deal.amount", "low": 1, "high": 5}, "deal.amount is 90, needs from 1 to 5"),
        (of("stage", "is", "new"), "deal.stage is empty, needs new"),
        (of("stage", "is", ""), "deal.stage is empty, needs empty"),
        (of("is_paid", "is", True), "deal.is_paid is no, needs yes"),
        (of("title", "is_not", "двері"), "deal.title is Двері, needs anything but двері"),
        ({"op": "in", "field": "deal.title", "values": ["a", 5]}, "deal.title is Двері, needs one of: a, 5"),
        ({"op": "not_in", "field": "deal.title", "values": ["двері"]}, "deal.title is Двері, needs none of: двері"),
        (of("title", "contains", "вікн"), "deal.title is Двері, needs a text with вікн"),
        (of("title", "not_contains", "две"), "deal.title is Двері, needs a text without две"),
        (of("title", "starts_with", "в"), "deal.title is Двері, needs a text that begins with в"),
        ({"op": "empty", "field": "deal.title"}, "deal.title is Двері, needs no value"),
        ({"op": "not_empty", "field": "deal.stage"}, "deal.stage is empty, needs a value"),
        (of("tags", "has", "vip"), "deal.tags is a, b, needs vip among them"),
        ({"op": "has_any", "field": "deal.tags", "values": ["x", "y"]}, "deal.tags is a, b, needs any of: x, y"),
        ({"op": "has_all", "field": "deal.tags", "values": ["a", "y"]}, "deal.tags is a, b, needs all of: a, y"),
        (
            of("called", "before", "2026-06-05"),
            "deal.called is 2026-06-05T13:00:00+00:00, needs before 2026-06-05",
        ),
        (of("stage", "after", {"days": -3, "hours": 2}), "deal.stage is empty, needs after -3 d 2 h"),
        (of("stage", "after", {}), "deal.stage is empty, needs after 0 min"),
        (of("stage", "within_last", {"weeks": 1}), "deal.stage is empty, needs the last 1 w"),
        (of("stage", "within_next", {"minutes": 5}), "deal.stage is empty, needs the next 5 min"),
        ({"op": "changed", "field": "deal.amount"}, "deal.amount changed"),
        ({"op": "changed", "field": "deal.stage"}, "deal.stage did not change"),
        (of("amount", "was", 90), "deal.amount is 50, needs 90"),
        ({"op": "visited", "node": "call"}, "the run was at call"),
        ({"op": "visited", "node": "mail"}, "the run was not at mail"),
        ({"op": "not", "of": YES}, "unwanted: deal.amount is 90, which fits more than 80"),
        ({"op": "not", "of": NO}, "as wanted, not so: deal.amount is 90, needs more than 100"),
        ({"op": "all", "of": [YES]}, "all conditions hold"),
        ({"op": "all", "of": [NO]}, "not all conditions hold"),
        ({"op": "any", "of": [YES]}, "one of the conditions holds"),
        ({"op": "any", "of": [NO]}, "none of the conditions holds"),
    ],
)
def test_a_reason_names_the_field_the_value_seen_and_what_is_needed(leaf, text):
    assert reason(leaf).text == text


@pytest.mark.parametrize(
    ("tree", "field"),
    [
        ({"op": "all", "of": [YES, {"op": "any", "of": [of("stage", "is", "x"), NO]}, NO]}, "deal.stage"),
        ({"op": "all", "of": [{"op": "any", "of": [NO, YES]}, of("title", "is", "x")]}, "deal.title"),
        (NO, "deal.amount"),
    ],
)
def test_the_first_failing_comparison_is_found(tree, field):
    assert reason(tree).first_failing().field == field


def test_an_unwanted_part_fails_as_a_whole():
    assert reason({"op": "all", "of": [YES, {"op": "not", "of": YES}]}).first_failing().op == "not"


def test_an_empty_any_fails_by_itself():
    assert reason({"op": "any", "of": []}).first_failing().op == "any"


def test_nothing_fails_where_the_condition_holds():
    assert reason(YES).first_failing() is None


@given(conditions, records)
def test_reasons_survive_json(condition, records):
    found = compile(condition).explain(Facts(records), NOW)

    assert Reason.from_plain(json.loads(json.dumps(found.plain()))) == found


def test_reasons_are_short_in_json():
    assert reason({"op": "all", "of": [NO]}).plain() == [0, "all", [[0, "greater", "deal.amount", 90, [100]]]]


@pytest.mark.parametrize("plain", [[], [1], [1, "all", "x"], [1, "is", "a.b", 2]])
def test_what_is_no_reason_is_refused(plain):
    with pytest.raises(ValueError, match="not a reason"):
        Reason.from_plain(plain)


def test_an_unknown_operator_has_no_text():
    with pytest.raises(ValueError, match="no operator 'like'"):
        _ = Reason(False, "like", "a.b").text


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (True, True),
        (Decimal("5.00"), 5),
        (Decimal("5.5"), 5.5),
        (date(2026, 6, 5), "2026-06-05"),
        (datetime(2026, 6, 5, 1, tzinfo=UTC), "2026-06-05T01:00:00+00:00"),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 199 + "…"),
        (frozenset({"b", 1, "a"}), (1, "a", "b")),
        ([2, 1], (2, 1)),
        (tuple(range(30)), tuple(range(20))),
    ],
)
def test_a_seen_value_is_kept_plain_and_short(value, plain):
    assert plain_value(value) == plain
