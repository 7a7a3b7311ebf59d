import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.catalogue import block_type
from engine.diff import LineChange, NodeChange, SettingChange, difference
from engine.document import FunnelDocument
from tests.engine.test_document import DOCUMENTS

START = {"id": "start", "type": "trigger.lead_created"}
TAG = {"id": "tag", "type": "crm.add_tags", "config": {"tags": ["hot"], "on": "deal"}}


def drawn(*nodes, edges=(), **more):
    plain = {"key": "f", "name": "F", **more, "nodes": nodes, "edges": [_edge(edge) for edge in edges]}
    return FunnelDocument.model_validate(plain)


def _edge(text):
    source, _, target = text.partition(">")
    source, _, port = source.partition(".")
    return {"from": source, "to": target, **({"port": port} if port else {})}


def found(before, after):
    return difference(before, after, block_type)


def test_nodes_come_go_and_change():
    other = {**TAG, "title": "Hot", "config": {"tags": ["cold"], "on": "deal"}, "when_late": {"then": "skip"}}
    end = {"id": "end", "type": "logic.exit"}

    said = found(drawn(START, TAG), drawn(end, other))

    assert (said.added, said.removed, said.triggers) == (("end",), ("start",), ("start",))
    changed = [
        SettingChange("title", None, "Hot"),
        SettingChange("when_late.then", "run_now", "skip"),
        SettingChange("config.tags.0", "hot", "cold"),
    ]
    assert said.changed == (NodeChange("tag", tuple(changed)),)
    assert (said.renamed, said.reworked) == (("tag",), frozenset({"tag"}))


@pytest.mark.parametrize(
    ("before", "after", "paths"),
    [
        ({"tags": ["a"]}, {"tags": ["a", "b"]}, ["config.tags"]),
        ({"on": "deal"}, {}, ["config.on"]),
        ({}, {"on": None}, ["config.on"]),
        ({"on": 1}, {"on": True}, ["config.on"]),
        ({"condition": {"op": "empty"}}, {"condition": {"op": "not_empty"}}, ["config.condition"]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 2, "b": 3}}, ["config.a.b"]),
    ],
)
def test_a_setting_is_named_by_its_path(before, after, paths):
    said = found(drawn({**TAG, "config": before}), drawn({**TAG, "config": after}))

    assert [one.path for one in said.changed[0].settings] == paths


def test_words_for_people_are_no_logic():
    said = found(drawn(TAG), drawn({**TAG, "title": "T", "note": "N"}, name="G", note="M"))

    assert [(one.path, one.before, one.after) for one in said.settings] == [("name", "F", "G"), ("note", None, "M")]
    assert (said.reworked, said.changed[0].is_logic) == (frozenset(), False)


def test_lines_lead_elsewhere():
    before = drawn(START, TAG, {**TAG, "id": "gone"}, edges=["start>tag", "tag>start", "gone>tag", "tag.failed>start"])
    after = drawn(START, TAG, edges=["start>start", "tag>start", "tag.failed>start", "tag.failed>tag"])

    said = found(before, after)

    assert said.lines == (
        LineChange("start", "next", "tag", "start"),
        LineChange("tag", "failed", None, "tag"),
        LineChange("gone", "next", "tag", None),
    )
    assert said.reworked == frozenset({"start", "tag"})


def test_a_line_that_is_drawn_twice_is_no_difference():
    once, twice = drawn(START, TAG, edges=["start>tag"]), drawn(START, TAG, edges=["start>tag", "start>tag"])

    assert not found(once, twice)
    assert found(once, drawn(START, TAG))


def test_a_block_that_is_not_there_starts_nothing():
    said = found(drawn({"id": "a", "type": "no.such"}), drawn({"id": "a", "type": "trigger.manual_start"}))

    assert [one.path for one in said.changed[0].settings] == ["type"]
    assert said.triggers == ("a",)


def test_a_line_from_nowhere_comes_last():
    assert found(drawn(START), drawn(START, edges=["none>start", "start>none"])).lines == (
        LineChange("start", "next", None, "none"),
        LineChange("none", "next", None, "start"),
    )


@given(DOCUMENTS, st.randoms(use_true_random=False))
def test_order_and_places_are_no_difference(document, random):
    plain = document.plain()
    nodes = [{**node, "layout": {"x": 70}} for node in plain["nodes"]]
    edges = list(plain.get("edges", ()))
    random.shuffle(nodes)
    random.shuffle(edges)

    said = found(document, FunnelDocument.model_validate({**plain, "nodes": nodes, "edges": edges}))

    assert {one.source for one in said.lines} == set()
    assert not said
    assert set(said.moved) == {node["id"] for node in nodes}


@given(DOCUMENTS, DOCUMENTS)
def test_what_does_the_same_has_no_difference_in_logic(one, other):
    said = found(one, other)
    nothing = not (said.added or said.removed or said.reworked)

    assert nothing == (same(one) == same(other))
    assert found(other, one).added == tuple(name for name in ids(one) if name in said.removed)


def ids(document):
    return [node.id for node in document.nodes]


def same(document):
    """The logic without lines that are drawn twice, which say nothing."""
    plain = document.plain()
    plain["edges"] = [dict(edge) for edge in {tuple(sorted(edge.items())) for edge in plain.get("edges", ())}]
    return FunnelDocument.model_validate(plain).logic_hash()
