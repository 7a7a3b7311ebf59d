from hypothesis import given
from hypothesis import strategies as st

from engine.document import FunnelDocument
from funnels.numbering import number


def funnel(*ids):
    return FunnelDocument(key="calls", name="Calls", nodes=tuple({"id": node, "type": "logic.exit"} for node in ids))


def test_nodes_are_numbered_from_one_in_the_order_of_the_document():
    assert number({}, funnel("start", "call", "end")) == {"start": 1, "call": 2, "end": 3}


def test_a_node_keeps_its_number_wherever_it_moves():
    assert number({"start": 1, "call": 2}, funnel("call", "wait", "start")) == {"start": 1, "call": 2, "wait": 3}


def test_the_number_of_a_removed_node_is_never_given_to_another():
    after_removal = number({"start": 1, "call": 2}, funnel("start"))

    assert number(after_removal, funnel("start", "mail")) == {"start": 1, "call": 2, "mail": 3}


def test_a_node_that_comes_back_finds_its_number():
    after_removal = number({"start": 1, "call": 2}, funnel("start"))

    assert number(after_removal, funnel("start", "call")) == {"start": 1, "call": 2}


ids = st.sampled_from("abcdefgh")


@given(st.lists(st.lists(ids, unique=True), min_size=1))
def test_through_any_edits_numbers_stay_and_differ(versions):
    numbers = {}
    for version in versions:
        before, numbers = numbers, number(numbers, funnel(*version))

        assert before.items() <= numbers.items()
        assert set(version) <= set(numbers)
        assert sorted(numbers.values()) == list(range(1, len(numbers) + 1))
