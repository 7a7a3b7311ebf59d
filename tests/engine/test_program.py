import pytest

from engine.errors import DocumentError, UnknownBlockError
from engine.program import build
from tests.engine.drawing import catalogue, document, numbers, program

LOOP = "start>a a>b b>a"


def test_nodes_go_by_their_numbers():
    nodes = {"start": "start", "a": "step", "b": "step"}

    drawn = build(document(nodes, "start>a a.other>b"), {"start": 30, "a": 10, "b": 20}, catalogue)

    assert sorted(drawn.nodes) == [10, 20, 30]
    assert drawn.nodes[10].exits == {"other": 20}
    assert [node.id for node in drawn.triggers] == ["start"]
    assert drawn.node("b").number == 20
    assert drawn.node("c") is None


def test_cycles_are_known():
    drawn = program({"start": "start", "a": "step", "b": "step", "c": "step"}, LOOP + " c>c")

    assert {node.id for node in drawn.nodes.values() if node.cyclic} == {"a", "b", "c"}


def test_the_main_port_is_that_of_the_block_or_its_first():
    event = {"events": [{"port": "won", "event": "deal.won"}]}
    drawn = build(
        document({"a": "condition", "b": "ends"}, "").model_copy(update={"nodes": _nodes(event)}),
        {"a": 1, "b": 2, "c": 3},
        catalogue,
    )

    assert [node.main for node in drawn.nodes.values()] == ["yes", "won", "next"]


def _nodes(event):
    condition = {"condition": {"op": "empty", "field": "lead.name"}}
    return document({"a": ("condition", condition)}, "").nodes + tuple(
        node.model_copy(update={"type": type_, "config": config})
        for node, type_, config in zip(
            document({"b": "step", "c": "step"}, "").nodes, ["wait.event", "logic.exit"], [event, {}], strict=True
        )
    )


def test_the_facts_it_looks_at_are_those_of_guards_templates_fields_and_blocks():
    condition = {"op": "is", "field": "deal.stage", "value": "new"}
    drawn = build(
        document(
            {
                "start": "start",
                "a": ("step", {}, {"condition": condition}),
                "b": ("condition", {"condition": condition}),
            },
            "",
        ).model_copy(update={"nodes": _looking()}),
        {"a": 1, "b": 2},
        catalogue,
    )

    assert drawn.paths == {"deal.stage", "company.name", "deal.stage_entered_at"}
    assert drawn.records == {"deal", "company", "lead"}


def _looking():
    condition = {"op": "is", "field": "deal.stage", "value": "new"}
    a, b = document({"a": ("step", {}, {"condition": condition}), "b": "step"}, "").nodes
    comment = {"text": "{company.name}", "on": "deal"}
    task = {"name": "x", "deadline": {"kind": "days_in_stage", "days": 1}}
    return (
        a.model_copy(update={"type": "crm.add_comment", "config": comment}),
        b.model_copy(update={"type": "task.create", "config": task}),
    )


@pytest.mark.parametrize(
    ("nodes", "edges", "words"),
    [
        ({"a": "step"}, "a>b", "edge a.next -> b: there is no such node"),
        ({"a": "step"}, "b>a", "edge b.next -> a: there is no such node"),
        ({"a": "step"}, "a.wrong>a", "edge a.wrong -> a: there is no such port"),
        ({"a": "step", "b": "step"}, "a>b a>a", "edge a.next -> a: another edge leaves the port"),
        ({"a": ("step", {"port": 5})}, "", "node 'a', field 'port'"),
        ({"a": ("step", {"por": "x"})}, "", "node 'a', field 'por'"),
        ({"a": "join"}, "", None),
    ],
)
def test_what_cannot_run_is_refused_with_its_place(nodes, edges, words):
    if words is None:
        assert program(nodes, edges)
        return
    with pytest.raises(DocumentError, match=words):
        program(nodes, edges)


def test_settings_that_are_wrong_as_a_whole_name_the_config():
    with pytest.raises(DocumentError, match="field 'config'"):
        program({"a": ("join", {"number": 2})}, "")


def test_an_unknown_block_is_refused():
    with pytest.raises(UnknownBlockError, match=r"test\.nothing"):
        program({"a": "nothing"}, "")


def test_double_ids_and_missing_numbers_are_refused():
    twice = document({"a": "step"}, "")
    twice = twice.model_copy(update={"nodes": twice.nodes * 2})

    with pytest.raises(DocumentError, match="two nodes a"):
        build(twice, numbers({"a": "step"}), catalogue)
    with pytest.raises(DocumentError, match="node a has no number"):
        build(document({"a": "step"}, ""), {}, catalogue)
