import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.document import Edge, FunnelDocument, Layout, Node, OnError, WhenLate
from engine.robot import Action, AfterStay, AgainAfter, ByOrigin, ExistingNow, Robot, StageRobots
from funnels.file_errors import FunnelFileError
from funnels.reading import MOST_BYTES, decoded, read, read_any, read_file, read_robots, write, write_robots

SMALL = """\
key: calls
name: Call everybody
nodes:
  - id: start
    type: trigger.lead_created
  - id: new
    type: logic.condition
    config:
      condition:
        op: is
        field: lead.source
        value: ads
    layout: {x: 10, y: 20.5}
  - id: call
    type: task.create
edges:
  - {from: start, to: new}
  - {from: new, port: yes, to: call}
"""


def test_a_file_is_written_as_it_was_read():
    assert write(read(SMALL)) == SMALL


def test_a_port_named_yes_stays_a_word():
    assert read(SMALL).edges[1].port == "yes"


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("- 1", ["line 1, column 1: settings as `key: value` are expected here, not a list"]),
        ("hello", ["line 1, column 1: settings as `key: value` are expected here, not 'hello'"]),
        (
            "key: calls\n",
            ["line 1, column 1: name: this is required", "line 1, column 1: nodes: this is required"],
        ),
        ("key: calls\nname: x\nnodes: 7\n", ["line 3, column 1: nodes: a list is expected"]),
        (
            "key: calls\nname: 7\nnodes: []\n",
            ["line 2, column 1: name: a text is expected; put quotes round a number that is meant as a text"],
        ),
        (
            "key: calls\nname: ''\nnodes: []\n",
            ["line 2, column 1: name: this is required"],
        ),
        (
            "key: calls\nname: x\nnodes:\n  - id: a\n    typ: b\n",
            [
                "line 4, column 5: nodes.0.type: this is required",
                "line 5, column 5: nodes.0.typ: there is no such setting; is the name written right?",
            ],
        ),
        (
            "key: calls\nname: x\nnodes:\n  - id: a\n    type: b\n    when_late:\n      then: never\n      after_minutes: 0\n",
            [
                "line 7, column 7: nodes.0.when_late.then: one of these is expected: 'run_now', 'next_window', 'skip' or 'ask'",
                "line 8, column 7: nodes.0.when_late.after_minutes: at least 1 is expected",
            ],
        ),
        (
            "key: calls\nname: x\nnodes:\n  - {id: a, type: b, condition: {op: sounds_like, field: lead.x}}\n",
            None,
        ),
    ],
)
def test_a_file_that_is_no_funnel_is_refused_with_every_place(text, places):
    with pytest.raises(FunnelFileError) as caught:
        read(text)

    assert places is None or str(caught.value).splitlines() == places


def test_no_more_than_twenty_places_are_named():
    with pytest.raises(FunnelFileError) as caught:
        read("key: calls\nname: x\nnodes:\n" + "  - {}\n" * 100)

    assert len(caught.value.places) == 20


def test_of_a_file_of_fifty_megabytes_only_the_beginning_is_read(tmp_path):
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(50_000_000)

    with pytest.raises(FunnelFileError, match="larger than 1 MB"):
        read_file(path)


def test_a_text_that_is_too_large_is_refused_before_it_is_read():
    with pytest.raises(FunnelFileError, match="larger than 1 MB"):
        read("я" * (MOST_BYTES // 2 + 1))


def test_a_file_that_is_not_utf_8_names_the_place():
    with pytest.raises(FunnelFileError) as caught:
        decoded("key: calls\nname: Звонки".encode("cp1251"))

    assert str(caught.value) == "line 2, column 7: this is not UTF-8; save the file in that encoding"


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path):
    path = tmp_path / "calls.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.encode())

    assert read_file(path) == read(SMALL)


def test_a_file_with_robots_is_a_stages_robots():
    robots = read_any("plan: retail\nstage: new\nrobots:\n  - {id: call, action: {type: task.create}}\n")

    assert robots == StageRobots(
        plan="retail", stage="new", robots=(Robot(id="call", action=Action(type="task.create")),)
    )


def test_two_robots_of_the_same_id_are_refused():
    with pytest.raises(FunnelFileError, match="two robots have the id call"):
        read_robots(
            "plan: p\nstage: s\nrobots:\n  - {id: call, action: {type: t}}\n  - {id: call, action: {type: t}}\n"
        )


def test_all_settings_of_a_robot_are_written_and_read_back():
    robots = StageRobots(
        plan="retail",
        stage="new",
        robots=(
            Robot(
                id="call",
                title="Call",
                when=AfterStay(kind="after", lasting={"amount": 2, "unit": "days", "calendar": "company"}),
                order="at_once",
                action=Action(type="task.create", config={"title": "Call {person.name}"}),
                condition={"op": "not_empty", "field": "deal.amount"},
                again=AgainAfter(days=30),
                if_skipped="run",
                if_left="run",
                on_recall="run",
                by_origin=ByOrigin(hand=False, import_=True),
                existing=ExistingNow(per_hour=100),
            ),
        ),
    )

    assert read_robots(write_robots(robots)) == robots


def edge(source, port, target):
    return Edge(source=source, port=port, target=target)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,8}", fullmatch=True) | st.sampled_from(
    ["yes", "no", "7", "null", "1e5", "0x10"]
)
conditions = st.sampled_from(
    [
        {"op": "is", "field": "lead.source", "value": "yes"},
        {
            "op": "any",
            "of": [
                {"op": "empty", "field": "deal.amount"},
                {"op": "not", "of": {"op": "has", "field": "lead.tags", "value": "1"}},
            ],
        },
        {"op": "within_last", "field": "deal.created_at", "value": {"days": 3}},
    ]
)
nodes = st.builds(
    Node,
    id=ids,
    type=ids,
    type_version=st.integers(1, 3),
    title=st.none() | texts,
    note=st.none() | texts,
    config=st.dictionaries(texts, json_values, max_size=4),
    condition=st.none() | conditions,
    on_error=st.builds(OnError, then=st.sampled_from(["hold", "continue"])),
    when_late=st.builds(
        WhenLate, then=st.sampled_from(["run_now", "next_window", "skip", "ask"]), after_minutes=st.integers(1, 10**6)
    ),
    layout=st.none()
    | st.builds(
        Layout, x=st.floats(allow_nan=False, allow_infinity=False), y=st.floats(-1e6, 1e6), colour=st.none() | texts
    ),
)
documents = st.builds(
    FunnelDocument,
    key=st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,20}", fullmatch=True),
    name=texts.filter(bool),
    note=st.none() | texts,
    nodes=st.lists(nodes, max_size=4).map(tuple),
    edges=st.lists(st.builds(edge, ids, texts, ids), max_size=4).map(tuple),
)


@settings(max_examples=50)
@given(documents)
def test_a_document_written_and_read_is_the_same_and_is_written_the_same_again(document):
    text = write(document)

    assert read(text) == document
    assert write(read(text)) == text
