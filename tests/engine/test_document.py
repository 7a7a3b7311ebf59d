import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.document import FunnelDocument
from tests.engine.drawing import document

IDS = ["a", "b", "c"]
SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5)
NODES = st.fixed_dictionaries(
    {"type": st.sampled_from(["test.step", "logic.join"])},
    optional={
        "title": st.text(max_size=5),
        "note": st.none() | st.text(max_size=5),
        "config": st.dictionaries(st.text(max_size=5), SCALARS, max_size=3),
        "condition": st.just({"op": "empty", "field": "lead.name"}),
        "on_error": st.just({"then": "continue"}),
        "when_late": st.fixed_dictionaries({"then": st.sampled_from(["skip", "ask"])}),
        "layout": st.fixed_dictionaries({"x": st.floats(-9, 9), "y": st.integers(0, 9)}),
    },
)
EDGES = st.fixed_dictionaries(
    {"from": st.sampled_from(IDS), "to": st.sampled_from(IDS)}, optional={"port": st.sampled_from(["next", "no"])}
)
NAMES = st.sampled_from(IDS)
NOTES = st.fixed_dictionaries(
    {"id": NAMES},
    optional={"text": st.text(max_size=9), "x": st.floats(-9, 9), "y": st.integers(0, 9), "colour": NAMES},
)
GROUPS = st.fixed_dictionaries(
    {"id": NAMES}, optional={"name": st.text(max_size=5), "nodes": st.lists(NAMES, max_size=3), "folded": st.booleans()}
)
DRAWINGS = st.fixed_dictionaries(
    {},
    optional={
        kind: st.lists(one, max_size=3, unique_by=lambda one: one["id"])
        for kind, one in (("notes", NOTES), ("groups", GROUPS))
    },
)
DOCUMENTS = st.builds(
    lambda nodes, edges, **more: FunnelDocument.model_validate(
        {
            "key": "f",
            "nodes": [{"id": name, **node} for name, node in zip(IDS, nodes, strict=True)],
            "edges": edges,
            **more,
        }
    ),
    st.lists(NODES, min_size=3, max_size=3),
    st.lists(EDGES, max_size=4),
    name=st.text(min_size=1, max_size=9),
    drawing=DRAWINGS,
)


@given(DOCUMENTS)
def test_what_is_written_is_read_back_the_same(drawn):
    again = FunnelDocument.model_validate(drawn.plain())

    assert again == drawn
    assert again.logic_hash() == drawn.logic_hash()


@given(DOCUMENTS, st.randoms(use_true_random=False))
def test_order_words_and_places_are_no_logic(drawn, random):
    plain = drawn.plain()
    nodes = [{**node, "title": "T", "note": "N", "layout": {"x": 1}} for node in plain["nodes"]]
    edges = list(plain.get("edges", ()))
    random.shuffle(nodes)
    random.shuffle(edges)

    moved = FunnelDocument.model_validate(
        {**plain, "name": "Other", "note": "N", "nodes": nodes, "edges": edges, "drawing": {"notes": [{"id": "n"}]}}
    )

    assert moved.logic_hash() == drawn.logic_hash()


def test_settings_and_lines_are_logic():
    nodes = {"a": ("rests", {"hours": 1}), "b": "step"}

    hashes = {
        document(nodes, "a>b").logic_hash(),
        document(nodes, "b>a").logic_hash(),
        document(nodes, "a.other>b").logic_hash(),
        document({**nodes, "a": ("rests", {"hours": 2})}, "a>b").logic_hash(),
    }

    assert len(hashes) == 4


@pytest.mark.parametrize(
    "wrong", [{"key": "Ä"}, {"name": ""}, {"schema": 2}, {"nodes": [{"id": "a b", "type": "x"}]}, {"odd": 1}]
)
def test_what_is_no_funnel_is_refused(wrong):
    with pytest.raises(ValidationError):
        FunnelDocument.model_validate({"key": "f", "name": "F", "nodes": [], **wrong})
