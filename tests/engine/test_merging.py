import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.document import FunnelDocument
from engine.errors import DocumentError
from engine.merging import Conflict, merge, taking, worked_on_by_both
from tests.engine.test_diff import TAG, drawn
from tests.engine.test_document import DOCUMENTS

A = {**TAG, "id": "a"}
B = {**TAG, "id": "b"}
C = {**TAG, "id": "c"}
BASE = drawn(A, B, C, edges=["a>b", "b>c"])


def ids(document):
    return [node.id for node in document.nodes]


def lines(document):
    return sorted(f"{edge.source}.{edge.port}>{edge.target}" for edge in document.edges)


def fields(found):
    return [(one.node, one.field) for one in found.conflicts]


def test_edits_of_different_nodes_merge():
    ours = drawn({**A, "title": "Ours"}, B, C, {**TAG, "id": "d"}, edges=["a>b", "b>c", "c>d"])
    theirs = drawn(A, {**B, "config": {"tags": ["cold"], "on": "deal"}}, C, edges=["a>c", "b>c"], name="G")

    found = merge(BASE, ours, theirs)

    assert found.conflicts == ()
    assert found.document == drawn(
        {**A, "title": "Ours"},
        {**B, "config": {"tags": ["cold"], "on": "deal"}},
        C,
        {**TAG, "id": "d"},
        edges=["a>c", "b>c", "c>d"],
        name="G",
    )


def test_different_settings_of_one_node_merge():
    ours = drawn({**A, "title": "Ours", "config": {"tags": ["hot"], "on": "lead"}}, B, C, edges=["a>b", "b>c"])
    theirs = drawn({**A, "note": "N", "config": {"tags": ["cold"], "on": "deal", "x": 1}}, B, C, edges=["a>b", "b>c"])

    found = merge(BASE, ours, theirs)

    assert found.conflicts == ()
    node = found.document.nodes[0]
    assert (node.title, node.note, node.config) == ("Ours", "N", {"tags": ["cold"], "on": "lead", "x": 1})


def test_the_same_setting_of_one_node_is_a_conflict_with_all_three_values():
    ours = drawn({**A, "config": {"tags": ["warm"], "on": "deal"}}, B, C, edges=["a>b"], name="O")
    theirs = drawn({**A, "config": {"tags": ["cold"]}}, B, C, edges=["a>b", "b>a"], name="T")

    found = merge(BASE, ours, theirs)

    assert found.conflicts == (
        Conflict(None, "name", "F", "O", "T"),
        Conflict("a", "config.tags", ["hot"], ["warm"], ["cold"]),
        Conflict("b", "port.next", ["c"], [], ["a"]),
    )
    assert (found.document.name, found.document.nodes[0].config) == ("O", {"tags": ["warm"]})
    assert lines(found.document) == ["a.next>b"]


def test_who_removes_what_nobody_works_on_is_heard():
    ours = drawn(A, C, edges=["a>c"])
    theirs = drawn(A, {**B, "layout": {"x": 9}}, {**C, "title": "T"}, edges=["a>b", "b>c"])

    found = merge(BASE, ours, theirs)

    assert (found.conflicts, ids(found.document), lines(found.document)) == ((), ["a", "c"], ["a.next>c"])


@pytest.mark.parametrize(
    ("nodes", "edges"),
    [
        ([A, {**B, "title": "T"}, C], ["a>b", "b>c"]),
        ([A, B, C], ["a>b", "b>c", "c>b"]),
        ([A, B, C], ["a>b", "b.failed>c", "b>c"]),
    ],
)
def test_what_one_removed_and_the_other_worked_on_stays_with_its_lines(nodes, edges):
    theirs = drawn(*nodes, edges=edges)

    found = merge(BASE, drawn(A, C), theirs)

    assert fields(found) == [("b", "")]
    assert found.conflicts[0].ours is None
    assert found.document == theirs


def test_a_port_that_leads_elsewhere_since_is_not_put_back():
    found = merge(BASE, drawn(A, C, edges=["a>c"]), drawn(A, {**B, "title": "T"}, C, edges=["a>b", "b>c"]))

    assert fields(found) == [("b", "")]
    assert lines(found.document) == ["a.next>c", "b.next>c"]


def test_a_line_that_only_lost_its_end_does_not_stand_against_a_new_one():
    found = merge(BASE, drawn(A, C), drawn(A, B, C, edges=["a>c", "b>c"]))

    assert (found.conflicts, lines(found.document)) == ((), ["a.next>c"])


def test_another_block_and_other_settings_do_not_mix():
    exit_ = {"id": "a", "type": "logic.exit"}
    ours, theirs = drawn(exit_, B, C), drawn({**A, "config": {"tags": ["cold"], "on": "deal"}}, B, C)

    found = merge(BASE, ours, theirs)

    assert fields(found) == [("a", "block")]
    assert (found.document.nodes[0].type, found.document.nodes[0].config) == ("logic.exit", {})
    assert merge(BASE, theirs, BASE).document == theirs
    assert merge(BASE, ours, drawn(A, {**B, "title": "T"}, C)).document.nodes[0].type == "logic.exit"


def test_two_new_nodes_of_one_id_are_compared():
    new = {**TAG, "id": "new"}
    ours, theirs = drawn(A, B, C, new), drawn(A, B, C, {**new, "config": {"tags": ["cold"], "on": "deal"}}, name="T")

    assert fields(merge(BASE, ours, theirs)) == [("new", "config.tags")]
    assert merge(BASE, ours, drawn(A, B, C, new, name="T")).conflicts == ()


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ("acb", "abc", "acb"),
        ("abc", "bca", "bca"),
        ("bac", "acb", "abc"),
        ("xabc", "aybc", "xaybc"),
        ("aybc", "axzbc", "axzybc"),
        ("aybc", "abycx", "aybcx"),
    ],
)
def test_the_order_of_nodes_does_not_depend_on_who_is_ours(ours, theirs, expected):
    first, second = (drawn(*({**TAG, "id": name} for name in order)) for order in (ours, theirs))

    for pair in ((first, second), (second, first)):
        assert "".join(ids(merge(drawn(A, B, C), *pair).document)) == expected


def test_limits_are_merged_as_one():
    ours, theirs = drawn(A, B, C, limits={"failures": None}), drawn(A, B, C, limits={"effects_per_hour": 5})

    assert merge(BASE, ours, drawn(A, B, C, name="T")).document.limits.failures is None
    assert fields(merge(BASE, ours, theirs)) == [(None, "limits")]


def drawing(notes=(), groups=()):
    return {"drawing": {"notes": notes, "groups": groups}}


def test_notes_and_groups_merge_by_their_ids():
    group = {"id": "g", "nodes": ["a", "b"]}
    base = drawn(A, B, C, **drawing([{"id": "n", "text": "N"}, {"id": "old"}], [group]))
    ours = drawn(A, B, C, **drawing([{"id": "n", "text": "N", "x": 9}, {"id": "our"}], [{**group, "folded": True}]))
    theirs = drawn(A, B, C, **drawing([{"id": "n", "text": "M"}, {"id": "old"}], [{**group, "name": "G"}]))

    for pair in ((ours, theirs), (theirs, ours)):
        found = merge(base, *pair)
        assert found.conflicts == ()
        assert found.document == drawn(
            A,
            B,
            C,
            **drawing([{"id": "n", "text": "M", "x": 9}, {"id": "our"}], [{**group, "name": "G", "folded": True}]),
        )


def test_a_note_that_both_changed_is_a_conflict():
    base = drawn(A, **drawing([{"id": "n", "text": "N"}], [{"id": "g"}]))
    ours = drawn(A, **drawing([{"id": "n", "text": "O"}]))
    theirs = drawn(A, **drawing([{"id": "n", "text": "T"}], [{"id": "g", "name": "T"}]))

    found = merge(base, ours, theirs)

    assert fields(found) == [(None, "drawing.notes.n.text"), (None, "drawing.groups.g")]
    assert found.document == drawn(A, **drawing([{"id": "n", "text": "O"}], [{"id": "g", "name": "T"}]))


def test_nodes_that_both_worked_on_are_named_wherever_they_are_drawn():
    ours = drawn({**A, "title": "Ours"}, {**B, "layout": {"x": 1}}, C, edges=["a>b", "b>c"])
    theirs = drawn({**A, "note": "N"}, {**B, "title": "T"}, C, edges=["a>b", "b>a"])

    assert worked_on_by_both(BASE, ours, theirs) == ("a",)
    assert worked_on_by_both(BASE, drawn(A, B, C, edges=["a>b", "b>b"]), theirs) == ("b",)
    assert worked_on_by_both(BASE, ours, ours) == ()


def test_single_nodes_are_taken_as_another_has_them():
    theirs = drawn({**A, "title": "T"}, C, {**TAG, "id": "d"}, edges=["a>c", "c>d", "d>a"])

    assert taking(BASE, theirs, ["a", "b"]) == drawn({**A, "title": "T"}, C, edges=["a>c"])
    assert taking(BASE, theirs, ["d"]) == drawn(A, B, C, {**TAG, "id": "d"}, edges=["a>b", "b>c", "d>a"])
    assert taking(BASE, theirs, []) == BASE


def test_a_document_with_two_nodes_of_one_id_is_refused():
    with pytest.raises(DocumentError, match="two nodes a"):
        merge(BASE, drawn(A, A), drawn(B))


@given(DOCUMENTS, DOCUMENTS)
def test_who_changed_nothing_takes_what_the_other_made(base, other):
    assert merge(base, base, other).document == other
    assert merge(base, other, base).document == other
    assert merge(base, other, other).document == other


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_a_merge_is_the_same_from_both_sides(base, one, other):
    there, back = merge(base, one, other), merge(base, other, one)

    mirrored = [(found.node, found.field, found.base, found.theirs, found.ours) for found in back.conflicts]
    assert [(found.node, found.field, found.base, found.ours, found.theirs) for found in there.conflicts] == mirrored
    assert there.conflicts or there.document == back.document


NAMES = ["a", "b", "c", "d", "e", "f"]
CHANGES = st.one_of(
    st.tuples(st.just("title"), st.text(max_size=3)),
    st.tuples(st.just("config"), st.integers(0, 9)),
    st.tuples(st.just("type"), st.sampled_from(["logic.exit", "logic.join"])),
    st.tuples(st.just("remove"), st.none()),
    st.tuples(st.just("wire"), st.sampled_from([*NAMES, "new"])),
    st.tuples(st.just("add"), st.text(max_size=3)),
)
EDITS = st.lists(st.tuples(st.sampled_from([0, 1, 2]), CHANGES), max_size=6)


def edited(plain, own, edits, new):
    """Return a document after edits of some of its nodes, and of new ones whose ids begin so."""
    nodes = {node["id"]: dict(node) for node in plain["nodes"]}
    edges = {(edge["from"], edge.get("port", "next")): edge["to"] for edge in plain.get("edges", ())}
    for number, (place, (what, value)) in enumerate(edits):
        name = own[place]
        if what == "add":
            nodes[f"{new}{number}"] = {"id": f"{new}{number}", "type": "logic.join", "title": value}
            edges[f"{new}{number}", "next"] = name
        elif name not in nodes:
            continue
        elif what == "remove":
            del nodes[name]
            edges = {at: to for at, to in edges.items() if name not in (at[0], to)}
        elif what == "wire":
            edges[name, "other"] = f"{new}{number}" if value == "new" else value
            nodes.setdefault(edges[name, "other"], {"id": edges[name, "other"], "type": "logic.join"})
        elif what == "config":
            nodes[name]["config"] = {**nodes[name].get("config", {}), "n": value}
        else:
            nodes[name][what] = value
    lines = [{"from": source, "port": port, "to": to} for (source, port), to in edges.items()]
    return FunnelDocument.model_validate({**plain, "nodes": list(nodes.values()), "edges": lines})


FUNNELS = st.builds(
    lambda edges: {
        "key": "f",
        "name": "F",
        "nodes": [{"id": name, "type": "test.step"} for name in NAMES],
        "edges": [{"from": source, "port": port, "to": to} for (source, port), to in edges.items()],
    },
    st.dictionaries(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(["next", "yes"])), st.sampled_from(NAMES), max_size=6
    ),
)


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_all_nodes_taken_from_one_are_his(base, ours, theirs):
    merged = merge(base, ours, theirs).document

    for one in (ours, theirs):
        taken = taking(merged, one, [node.id for node in (*merged.nodes, *one.nodes)])
        assert by_id(taken) == by_id(one)
        assert sorted(lines(taken)) == sorted(lines(one))


@given(FUNNELS, EDITS, EDITS)
def test_edits_of_different_nodes_are_both_kept(plain, of_ours, of_theirs):
    base = FunnelDocument.model_validate(plain)
    ours = edited(plain, NAMES[:3], of_ours, "o")
    theirs = edited(plain, NAMES[3:], of_theirs, "t")

    found = merge(base, ours, theirs)

    wired_to_removed = {one.node for one in found.conflicts}
    assert all(one.field == "" for one in found.conflicts)
    before, merged = by_id(base), by_id(found.document)
    for side in (by_id(ours), by_id(theirs)):
        for name in {*side, *before} - wired_to_removed:
            if side.get(name) != before.get(name):
                assert merged.get(name) == side.get(name)
    kept = set(lines(found.document))
    for side in (ours, theirs):
        assert {line for line in set(lines(side)) - set(lines(base)) if ends(line) <= set(merged)} <= kept
    assert set(lines(base)) & set(lines(ours)) & set(lines(theirs)) <= kept


def by_id(document):
    return {node.id: node for node in document.nodes}


def ends(line):
    source, _, target = line.partition(">")
    return {source.partition(".")[0], target}
