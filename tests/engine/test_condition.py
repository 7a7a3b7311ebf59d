from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.condition import Not, compile
from engine.facts import Facts
from tests.engine.conditions import DAYS, NOW, TREE, conditions, records

LEAD = {
    "source": "Сайт",
    "street": "Straße 5",
    "amount": 90,
    "weight": 1.5,
    "exact": Decimal("1.5"),
    "none": None,
    "blank": "",
    "list": (),
    "is_vip": True,
    "owner": 7,
    "born": DAYS[1],  # 2026-06-05
    "called": NOW,  # 2026-06-05 13:00 UTC, 16:00 in Kyiv
    "tags": frozenset({"VIP", "Їжак"}),
    "products": (3, 5),
}


def holds(leaf, zone="UTC", **more):
    condition = {"field": "lead.source", **leaf}
    return compile(TREE.validate_python(condition), zone).test(Facts({"lead": LEAD, **more}), NOW)


def field(name, op, value, **more):
    return {"op": op, "field": f"lead.{name}", "value": value, **more}


@pytest.mark.parametrize(
    ("leaf", "answer"),
    [
        (field("source", "is", "Сайт"), True),
        (field("source", "is", "сАЙТ"), True),
        (field("source", "is", "Сайти"), False),
        (field("street", "is", "STRASSE 5"), True),  # ß folds to ss
        (field("source", "is_not", "сайт"), False),
        (field("source", "is_not", "реклама"), True),
        (field("none", "is", ""), False),
        (field("none", "is_not", "x"), True),  # nothing is not anything
        (field("missing", "is", "x"), False),
        (field("amount", "is", 90), True),
        (field("amount", "is", 90.0), True),
        (field("amount", "is", "90"), False),
        (field("exact", "is", 1.5), True),
        (field("is_vip", "is", True), True),
        (field("is_vip", "is", False), False),
        (field("is_vip", "is", 1), False),
        (field("owner", "is", True), False),
        (field("born", "is", "2026-06-05"), True),
        (field("called", "is", "2026-06-05"), False),
    ],
)
def test_a_value_is_what_is_asked(leaf, answer):
    assert holds(leaf) is answer


@pytest.mark.parametrize(
    ("name", "values", "answer"),
    [
        ("source", ["реклама", "САЙТ"], True),
        ("source", ["реклама", 90], False),
        ("amount", ["90", 90], True),
        ("amount", [True, 91], False),
        ("is_vip", [1], False),
        ("is_vip", [True], True),
        ("born", ["2026-06-05"], True),
        ("none", ["", 0, False], False),
        ("tags", ["VIP"], False),
    ],
)
def test_a_value_is_one_of_a_list(name, values, answer):
    assert holds({"op": "in", "field": f"lead.{name}", "values": values}) is answer
    assert holds({"op": "not_in", "field": f"lead.{name}", "values": values}) is not answer


@pytest.mark.parametrize(
    ("leaf", "answer"),
    [
        (field("source", "contains", "АЙ"), True),
        (field("source", "contains", "%"), False),
        (field("source", "not_contains", "АЙ"), False),
        (field("none", "contains", "x"), False),
        (field("none", "not_contains", "x"), True),
        (field("amount", "contains", "9"), False),
        (field("source", "starts_with", "са"), True),
        (field("source", "starts_with", "ай"), False),
        (field("amount", "starts_with", "9"), False),
    ],
)
def test_a_text_has_a_part(leaf, answer):
    assert holds(leaf) is answer


@pytest.mark.parametrize(
    ("name", "answer"),
    [("none", True), ("missing", True), ("blank", True), ("list", True), ("source", False), ("is_vip", False)],
)
def test_nothing_an_empty_text_and_an_empty_list_are_empty(name, answer):
    assert holds({"op": "empty", "field": f"lead.{name}"}) is answer
    assert holds({"op": "not_empty", "field": f"lead.{name}"}) is not answer


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("amount", 89, 91), ("amount", 89.5, 90.5), ("weight", 1, 2), ("exact", 1.4, 1.6)],
)
def test_a_number_lies_between_smaller_and_greater_ones(name, low, high):
    assert holds(field(name, "greater", low))
    assert holds(field(name, "greater_or_equal", low))
    assert holds(field(name, "less", high))
    assert holds(field(name, "less_or_equal", high))
    assert not holds(field(name, "greater", high))
    assert not holds(field(name, "less", low))
    assert holds({"op": "between", "field": f"lead.{name}", "low": low, "high": high})


@pytest.mark.parametrize(
    ("op", "answer"),
    [("greater", False), ("greater_or_equal", True), ("less", False), ("less_or_equal", True)],
)
def test_a_limit_itself_belongs_to_or_equal(op, answer):
    assert holds(field("amount", op, 90)) is answer


@pytest.mark.parametrize("name", ["none", "source", "is_vip", "born", "tags"])
@pytest.mark.parametrize("op", ["greater", "greater_or_equal", "less", "less_or_equal"])
def test_what_is_no_number_is_on_no_side_of_a_limit(name, op):
    assert not holds(field(name, op, 0))
    assert not holds({"op": "between", "field": f"lead.{name}", "low": -1, "high": 1})


@pytest.mark.parametrize(
    ("leaf", "answer"),
    [
        (field("tags", "has", "vip"), True),
        (field("tags", "has", "їЖАК"), True),
        (field("tags", "has", "vi"), False),
        (field("products", "has", 5), True),
        (field("products", "has", "5"), False),
        (field("source", "has", "Сайт"), False),
        ({"op": "has_any", "field": "lead.tags", "values": ["cold", "VIP"]}, True),
        ({"op": "has_any", "field": "lead.tags", "values": ["cold"]}, False),
        ({"op": "has_any", "field": "lead.none", "values": ["cold"]}, False),
        ({"op": "has_all", "field": "lead.tags", "values": ["їжак", "VIP", "vip"]}, True),
        ({"op": "has_all", "field": "lead.tags", "values": ["cold", "VIP"]}, False),
    ],
)
def test_tags_and_lists_have_what_is_asked(leaf, answer):
    assert holds(leaf) is answer


@pytest.mark.parametrize(
    ("leaf", "answer"),
    [
        ({"op": "changed", "field": "deal.stage"}, True),
        ({"op": "changed", "field": "lead.source"}, False),
        ({"op": "was", "field": "deal.stage", "value": "NEW"}, True),
        ({"op": "was", "field": "deal.stage", "value": "won"}, False),
        ({"op": "was", "field": "lead.source", "value": "сайт"}, True),  # untouched, so it still is
        ({"op": "was", "field": "company.name", "value": "ACME"}, False),
        ({"op": "is", "field": "trigger.text", "value": "так"}, True),
    ],
)
def test_the_event_is_known_while_a_funnel_runs(leaf, answer):
    changed = {"deal.stage": "new"}

    assert holds(leaf, changed=changed, trigger={"text": "Так"}) is answer


def test_a_run_remembers_the_nodes_it_visited():
    visited = {"visited": frozenset({"call"})}

    assert compile(TREE.validate_python({"op": "visited", "node": "call"})).test(Facts({"run": visited}), NOW)
    assert not compile(TREE.validate_python({"op": "visited", "node": "mail"})).test(Facts({"run": visited}), NOW)
    assert not compile(TREE.validate_python({"op": "visited", "node": "call"})).test(Facts({}), NOW)


YES = {"op": "is", "field": "lead.amount", "value": 90}
NO = {"op": "is", "field": "lead.amount", "value": 91}


@pytest.mark.parametrize(
    ("tree", "answer"),
    [
        ({"op": "all", "of": []}, True),
        ({"op": "all", "of": [YES, YES]}, True),
        ({"op": "all", "of": [YES, NO]}, False),
        ({"op": "any", "of": []}, False),
        ({"op": "any", "of": [NO, YES]}, True),
        ({"op": "any", "of": [NO, NO]}, False),
        ({"op": "not", "of": NO}, True),
        ({"op": "not", "of": {"op": "any", "of": [YES, NO]}}, False),
    ],
)
def test_groups_join_their_parts(tree, answer):
    assert compile(TREE.validate_python(tree)).test(Facts({"lead": LEAD}), NOW) is answer


def test_a_compiled_condition_says_what_it_reads():
    tree = {"op": "all", "of": [YES, {"op": "not", "of": {"op": "visited", "node": "call"}}, YES]}

    assert compile(TREE.validate_python(tree)).paths == {"lead.amount", "run.visited"}


@given(conditions, records, st.sampled_from(["UTC", "Europe/Kyiv", "Pacific/Auckland"]))
def test_the_reasons_agree_with_the_answer(condition, records, zone):
    compiled = compile(condition, zone)

    reason = compiled.explain(Facts(records), NOW)

    assert reason.passed is compiled.test(Facts(records), NOW)
    assert (reason.first_failing() is None) is reason.passed
    assert str(reason.text)


@given(conditions, records)
def test_not_is_the_complement(condition, records):
    negated = Not(op="not", of=condition)

    assert compile(negated).test(Facts(records), NOW) is not compile(condition).test(Facts(records), NOW)


OPPOSITES = [("is", "is_not"), ("contains", "not_contains")]


@pytest.mark.parametrize(("op", "opposite"), OPPOSITES)
@given(records=records, path=st.sampled_from(["lead.source", "person.tags"]), value=st.sampled_from(["сайт", "AD"]))
def test_a_negative_operator_is_the_complement(op, opposite, records, path, value):
    yes = compile(TREE.validate_python({"op": op, "field": path, "value": value}))
    no = compile(TREE.validate_python({"op": opposite, "field": path, "value": value}))

    assert yes.test(Facts(records), NOW) is not no.test(Facts(records), NOW)
