import pytest

from blocks.catalogue import block_type
from engine.checks import check
from funnels.file_errors import FunnelFileError
from funnels.reading import read
from tests.engine.checking import KNOWN

HEAD = "key: calls\nname: Calls\nnodes:\n  - {id: start, type: trigger.lead_created}\n"
LINE = "edges:\n  - {from: start, to: a}\n"

UNREADABLE = {
    "an alias": (
        HEAD + "  - &tag {id: a, type: crm.add_tags}\n  - *tag\n",
        "line 5, column 5: an anchor (&tag) is not allowed here",
    ),
    "a billion laughs": ("a: &a [x, x]\nb: &b [*a, *a]\n", "line 1, column 4: an anchor (&a) is not allowed here"),
    "a tag": (HEAD + "  - !!python/object/apply:os.system [ls]\n", "line 5, column 5: a tag ("),
    "a tab": (HEAD + "\t- {id: a, type: b}\n", "line 5, column 1: a tab stands where only spaces may"),
    "a setting twice": (HEAD + "name: Again\n", "line 5, column 1: name stands here a second time"),
    "a second funnel": (HEAD + "---\n" + HEAD, "line 5, column 1: a second document begins here"),
    "a list for a name": (HEAD.replace("Calls", "[Calls]"), "line 2, column 1: name: a text is expected"),
    "a number for an id": (
        HEAD + "  - {id: 7, type: crm.add_tags}\n",
        "line 5, column 6: nodes.1.id: a text is expected; put quotes round a number",
    ),
    "an id with a space": (
        HEAD + "  - {id: the call, type: crm.add_tags}\n",
        "line 5, column 6: nodes.1.id: this may not be written so",
    ),
    "a line without an end": (HEAD + "edges:\n  - {from: start}\n", "line 6, column 5: edges.0.to: this is required"),
    "a condition of no kind": (
        HEAD + "  - {id: a, type: b, condition: {op: sounds_like}}\n",
        "nodes.1.condition: one of these is expected: 'all', 'any'",
    ),
    "a newer format": ("schema: 2\n" + HEAD, "line 1, column 1: schema: one of these is expected: 1"),
    "a table": ("name;phone\nAnn;123\n", "settings as `key: value` are expected here"),
    "a picture": ("\x89PNG\r\n\x1a\n\0\0", "may not stand in a file"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_says_where_and_why(name):
    text, said = UNREADABLE[name]

    with pytest.raises(FunnelFileError) as caught:
        read(text)

    assert said in str(caught.value)


UNFIT = {
    "an unknown block": (
        "  - {id: a, type: crm.fly}\n" + LINE,
        "a: there is no block crm.fly; `voronka funnel blocks` lists the catalogue",
    ),
    "an id twice": (
        "  - {id: a, type: logic.exit}\n  - {id: a, type: logic.exit}\n" + LINE,
        "a: 2 nodes have the id a; give each its own",
    ),
    "a circle": (
        "  - {id: a, type: logic.go_to}\n" + LINE + "  - {from: a, port: limit, to: a}\n",
        "a: a run could go round for ever: a.",
    ),
    "a template naming a missing field": (
        "  - {id: a, type: crm.add_comment, config: {text: 'Hi {lead.nick}'}}\n" + LINE,
        "a.text: there is no field lead.nick (character 4)",
    ),
    "a text for a number": (
        "  - {id: a, type: logic.parallel, config: {branches: many}}\n" + LINE,
        "a.branches: a whole number is expected",
    ),
    "a stage that was removed": (
        "  - {id: a, type: crm.change_stage, config: {plan: retail, stage: trial}}\n" + LINE,
        "a.stage: there is no stage trial in the sales plan retail",
    ),
}


@pytest.mark.parametrize("name", UNFIT)
def test_a_file_that_can_be_read_but_not_published_names_node_and_setting(name):
    text, said = UNFIT[name]

    problems = check(read(HEAD + text), block_type, KNOWN)

    assert str(problems[0]).startswith(said)
    assert problems[0].severity == "error"
