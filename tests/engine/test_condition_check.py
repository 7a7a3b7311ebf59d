import pytest

from engine.condition import check
from engine.condition_check import KINDS
from tests.engine.conditions import TREE


class Fields:
    def kind(self, path):
        name = path.removeprefix("lead.")
        return name if name in KINDS else None


def problems(tree):
    return [(problem.where, problem.code) for problem in check(TREE.validate_python(tree), Fields())]


def leaf(kind, op, value=None, **more):
    return {"op": op, "field": f"lead.{kind}", **({} if value is None else {"value": value}), **more}


@pytest.mark.parametrize(
    "tree",
    [
        leaf("text", "is", "x"),
        leaf("text", "contains", "x"),
        leaf("choice", "in", values=["a", "b"]),
        leaf("number", "greater", 1.5),
        leaf("number", "between", low=1, high=2.5),
        leaf("money", "is", 100),
        leaf("date", "is", "2026-06-05"),
        leaf("date", "before", {"days": -3}),
        leaf("date", "between", low="2026-06-05", high="2026-06-06"),
        leaf("datetime", "within_last", {"days": 3}),
        leaf("bool", "is", True),
        leaf("tags", "has_any", values=["vip"]),
        leaf("tags", "has", "vip"),
        leaf("reference", "is", 7),
        leaf("reference", "is_not", "kyiv"),
        leaf("money", "changed"),
        leaf("text", "was", "x"),
        leaf("tags", "empty"),
        {"op": "visited", "node": "call"},
    ],
)
def test_a_condition_that_fits_its_fields_has_no_problems(tree):
    assert problems(tree) == []


@pytest.mark.parametrize(
    ("tree", "where", "code"),
    [
        (leaf("colour", "is", "red"), "field", "field_unknown"),
        (leaf("text", "greater", 5), "op", "operator_unfit"),
        (leaf("tags", "is", "vip"), "op", "operator_unfit"),
        (leaf("datetime", "is", "2026-06-05"), "op", "operator_unfit"),
        (leaf("text", "has", "x"), "op", "operator_unfit"),
        (leaf("text", "is", 5), "value", "value_unfit"),
        (leaf("number", "is", "5"), "value", "value_unfit"),
        (leaf("number", "is", True), "value", "value_unfit"),
        (leaf("number", "between", low="2026-06-05", high="2026-06-06"), "low", "value_unfit"),
        (leaf("money", "is", 1.5), "value", "value_unfit"),
        (leaf("date", "is", "tomorrow"), "value", "value_unfit"),
        (leaf("date", "is", "20260605"), "value", "value_unfit"),
        (leaf("date", "between", low=1, high=2), "low", "value_unfit"),
        (leaf("bool", "is", 1), "value", "value_unfit"),
        (leaf("choice", "in", values=["a", 5]), "values.1", "value_unfit"),
        (leaf("tags", "has_all", values=["a", 5]), "values.1", "value_unfit"),
        ({"op": "all", "of": [leaf("text", "empty"), leaf("x", "empty")]}, "of.1.field", "field_unknown"),
    ],
)
def test_a_problem_says_where_and_what(tree, where, code):
    assert problems(tree) == [(where, code)]


def test_every_problem_is_found():
    assert len(problems({"op": "any", "of": [leaf("x", "empty"), leaf("text", "is", 5), leaf("y", "empty")]})) == 3


def test_a_problem_is_told_in_words():
    (problem,) = check(TREE.validate_python(leaf("tags", "is", "vip")), Fields())

    assert problem.message == "is cannot be asked of lead.tags, a field of kind tags"
