"""Quick fixes: what is offered, that it does what it says, and that it takes its problem away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.catalogue import block_type
from engine.changing import Fix, RemoveNode, SetValue, changed, put
from engine.checks import check
from engine.document import Edge, FunnelDocument, Node
from engine.fixes import with_fixes
from engine.publish_problem import error
from engine.text import _l
from tests.engine.checking import ASK, FIELDS, JOIN, KNOWN, PAUSE, PLANS, SPLIT, START, TAG, funnel

A, B = {"id": "a", **TAG}, {"id": "b", **TAG}
END = {"id": "end", "type": "logic.exit"}
MAIL = {"id": "mail", "type": "message.send_email", "config": {"subject": "S", "text": "T"}}


class Offers:
    def offered(self, kind, within=None):
        match kind:
            case "plan":
                return [(key, key.title()) for key in PLANS]
            case "stage":
                keys = [key for plan, stages in PLANS.items() if within in (None, plan) for key in stages]
                return [(key, key.title()) for key in keys]
            case "user":
                return [("ann", "Ann")]
            case "field":
                return [(key, key) for key in FIELDS]
        return []

    def port(self, key):
        return key


OFFERS = Offers()


def fixed(document):
    """Return what is wrong, by code, with the titles of the fixes; and the problems."""
    problems = with_fixes(check(document, block_type, KNOWN), document, block_type, OFFERS)
    return {one.code: [str(fix.title) for fix in one.fixes] for one in problems}, problems


AT_ZZ = {"op": "visited", "node": "zz"}
IN_GONE = {"plan": "retail", "stages": ["new", "gone"]}
TASK = {"id": "a", "type": "task.create", "config": {"name": "Call"}}
CASES = {
    "the one block that nobody leads to": (
        funnel([START, {"id": "ask", **ASK}, A, B], "start -> ask", "ask.yes -> a"),
        "port_unwired",
        ["Lead “no” to “Add tags”", "Lead it to an end"],
    ),
    "an end that is there": (
        funnel([START, {"id": "ask", **ASK}, END], "start -> ask", "ask.yes -> end"),
        "port_unwired",
        ["Lead it to an end"],
    ),
    "a block that nobody leads to": (
        funnel([START, {"id": "ask", **ASK}, A, B], "start -> ask", "ask.yes -> a", "a -> end"),
        "node_unreachable",
        ["Remove the block"],
    ),
    "a loose way to it": (
        funnel([START, A, B], "start -> a"),
        "node_unreachable",
        ["Lead “next” of “Add tags” here", "Remove the block"],
    ),
    "a wrong port": (
        funnel([START, A, B], "start -> a", "a.maybe -> b"),
        "port_missing",
        ["Lead it from “next”", "Remove the line"],
    ),
    "a line to nowhere": (funnel([START, A], "start -> a", "a -> gone"), "edge_to_nowhere", ["Remove the line"]),
    "a line from nowhere": (funnel([START, A], "start -> a", "gone -> a"), "edge_from_nowhere", ["Remove the line"]),
    "two lines": (
        funnel([START, A, B], "start -> a", "start -> b"),
        "port_double",
        ["Go all the ways at once", "Keep only the way to “Add tags”"],
    ),
    "no trigger": (funnel([A]), "trigger_none", ["Begin with “Lead created”"]),
    "a circle": (
        funnel([START, A, B], "start -> a", "a -> b", "b -> a"),
        "cycle_endless",
        ["Go round at most three times", "Wait a day each time round"],
    ),
    "a join with nothing to join": (
        funnel([START, {"id": "j", **JOIN}, A], "start -> j", "j -> a"),
        "join_incomplete",
        ["Take it out: the ways come together without it"],
    ),
    "a join that is never skipped": (
        funnel([START, {"id": "j", **JOIN, "condition": ASK["config"]["condition"]}], "start -> j"),
        "join_condition",
        ["Remove the condition"],
    ),
    "a join for too many": (
        funnel(
            [START, {"id": "s", **SPLIT}, {"id": "j", **JOIN, "config": {"wait_for": "number", "number": 3}}],
            "start -> s",
            "s.branch_1 -> j",
            "s.branch_2 -> j",
        ),
        "join_incomplete",
        ["Wait for all that come"],
    ),
    "a port after the end": (
        funnel([START, END, A], "start -> end", "end -> a"),
        "port_missing",
        ["Remove the line"],
    ),
    "many lines": (
        funnel(
            [START, *({"id": f"n{one}", **TAG} for one in range(21))], *(f"start -> n{one}" for one in range(21))
        ),
        "port_double",
        ["Keep only the way to “Add tags”"],
    ),
    "a block that is not there": (
        funnel([START, {"id": "logic_exit", "type": "crm.fly"}, {"id": "ask", **ASK}], "start -> ask", "ask -> logic_exit"),
        "block_unknown",
        ["Remove the block"],
    ),
    "no name is like it": (
        funnel([START, {"id": "a", "type": "crm.add_comment", "config": {"text": "{deal.zzz_qqq_www}"}}], "start -> a"),
        "template_path_unknown",
        [],
    ),
    "a node that a condition names": (
        funnel([START, {"id": "ask", "type": "logic.condition", "config": {"condition": AT_ZZ}}], "start -> ask"),
        "reference_missing",
        [],
    ),
    "a setting that people say themselves": (
        funnel([START, {"id": "a", "type": "crm.add_comment"}], "start -> a"),
        "setting_missing",
        [],
    ),
    "a setting inside another": (
        funnel([START, {"id": "a", "type": "crm.set_fields", "config": {"changes": [{}]}}], "start -> a"),
        "setting_missing",
        [],
    ),
    "an own setting that is wrong": (
        funnel([START, {"id": "wait", "type": "wait.duration", "config": {"lasting": 3}}], "start -> wait"),
        "setting_wrong",
        [],
    ),
    "a twin": (funnel([START, {**START, "id": "two"}, A], "start -> a", "two -> a"), "trigger_double", ["Remove the second one"]),
    "a letter at night": (
        funnel([START, {"id": "wait", **PAUSE}, MAIL], "start -> wait", "wait -> mail"),
        "message_any_hour",
        ["Wait for working hours before it"],
    ),
    "a deadline": (funnel([START, TASK], "start -> a"), "setting_missing", ["Due in a day"]),
    "a setting too much": (
        funnel([START, {**A, "config": {"tags": ["hot"], "tag": "x"}}], "start -> a"),
        "setting_wrong",
        ["Remove the setting"],
    ),
    "somebody who has left": (
        funnel([START, {"id": "a", "type": "people.assign_manager", "config": {"owner": "bob"}}], "start -> a"),
        "reference_missing",
        ["Leave it empty", "Choose “Ann”"],
    ),
    "a name that is nearly right": (
        funnel([START, {"id": "a", "type": "crm.add_to_plan", "config": {"plan": "retial"}}], "start -> a"),
        "reference_missing",
        ["Choose “Retail”", "Choose “Service”"],
    ),
    "no user is like it": (
        funnel([START, {"id": "a", "type": "people.assign_manager", "config": {"owner": "zzz"}}], "start -> a"),
        "reference_missing",
        ["Leave it empty", "Choose “Ann”"],
    ),
    "no field is like it, and one is needed": (
        funnel([START, {"id": "a", "type": "wait.until_date", "config": {"field": "deal.field.zzz"}}], "start -> a"),
        "reference_missing",
        [],
    ),
    "one of several": (
        funnel([{**START, "type": "trigger.stage_entered", "config": IN_GONE}, A], "start -> a"),
        "reference_missing",
        ["Choose “New”", "Choose “Offer”", "Choose “Won”", "Take “gone” out"],
    ),
    "a field in a text": (
        funnel([START, {"id": "a", "type": "crm.add_comment", "config": {"text": "From {lead.sorce|upper}"}}], "start -> a"),
        "template_path_unknown",
        ["Put in “lead.source” instead"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_plainly_meant_is_offered_and_takes_the_problem_away(case):
    document, code, titles = CASES[case]

    found, problems = fixed(document)

    assert found[code] == titles
    problem = next(one for one in problems if one.code == code)
    for fix in problem.fixes:
        after = check(changed(document, fix.changes), block_type, KNOWN)
        assert problem not in after, fix.title


def test_the_only_plan_there_is_is_offered():
    document = funnel([{**START, "type": "trigger.stage_entered"}, A], "start -> a")

    class One(Offers):
        def offered(self, kind, within=None):
            return [("retail", "Retail")] if kind == "plan" else []

    [problem] = with_fixes(check(document, block_type, KNOWN), document, block_type, One())

    assert problem.fixes == (Fix("Choose “Retail”", (SetValue("start", ("config", "plan"), "retail"),)),)


def test_the_only_stage_is_offered_once_its_plan_is_known():
    config = {"plan": "service"}
    known = funnel([START, {"id": "a", "type": "crm.change_stage", "config": config}], "start -> a")
    unknown = funnel([START, {"id": "a", "type": "crm.change_stage"}], "start -> a")

    assert fixed(known)[0]["setting_missing"] == ["Choose “New”"]
    assert fixed(unknown)[0]["setting_missing"] == []


def test_changes_are_told_as_json_by_what_they_do():
    document = funnel([START, A, B], "start -> a", "start -> b")
    split, keep = (fix.changes for fix in fixed(document)[1][0].fixes)

    assert [one.plain()["op"] for one in (*split, *keep)] == ["add", "connect", "connect", "connect", "connect"]
    assert RemoveNode("a").plain() == {"op": "remove", "node": "a"}
    assert SetValue("a", ("title",), "T").plain() == {"op": "set", "node": "a", "path": ["title"], "value": "T"}
    gone = fixed(funnel([START, A], "start -> a", "a -> gone"))[1][0].fixes[0].changes[0]
    assert gone.plain() == {"op": "disconnect", "from": "a", "port": "next", "to": "gone"}
    assert len(changed(document, [split[0], split[0]]).nodes) == 4


def test_a_removed_node_takes_its_lines_with_it_and_what_is_not_there_changes_nothing():
    document = funnel([START, A, B], "start -> a", "a -> b")

    assert changed(document, [RemoveNode("a")]).edges == ()
    assert changed(document, [RemoveNode("z"), SetValue("z", ("title",), "Z")]) == document


def test_a_place_inside_settings_is_given_another_value_or_none():
    plain = {"config": {"stages": ["a", "b"]}}

    put(plain, ("config", "stages", 0), None)
    put(plain, ("config", "stages", 7), "z")
    put(plain, ("config", "stages", 7, "x"), "z")
    put(plain, ("list", 0), "z")
    put(plain, ("config", "new", "x"), 1)
    put(plain, ("title",), "T")

    assert plain == {"config": {"stages": ["b"], "new": {"x": 1}}, "title": "T", "list": []}


def test_what_only_robots_may_set_is_left_empty_and_other_things_are_left_to_people():
    document = funnel(
        [{**START, "config": {"existing_per_hour": 5}}, A, {"id": "fly", "type": "crm.fly"}], "start -> a"
    )
    wrong = [
        error("existing_only_for_robots", "start", "existing_per_hour", _l("wrong")),
        error("existing_only_for_robots", "fly", "existing_per_hour", _l("wrong")),
        error("node_double", "a", None, _l("wrong")),
    ]

    robots, *others = with_fixes(wrong, document, block_type, OFFERS)

    assert robots.fixes == (Fix("Leave it empty", (SetValue("start", ("config", "existing_per_hour")),)),)
    assert [one.fixes for one in others] == [(), ()]


kinds = st.sampled_from(
    [{"type": START["type"]}, TAG, ASK, SPLIT, JOIN, PAUSE, {"type": "logic.go_to"}, {"type": "logic.exit"}, {"type": "crm.fly"}]
)  # fmt: skip
ids = st.sampled_from("abcdef")
ports = st.sampled_from(["next", "yes", "no", "branch_1", "branch_2", "limit", "failed", "skipped"])
documents = st.builds(
    lambda nodes, edges: FunnelDocument(key="f", name="F", nodes=nodes, edges=edges),
    st.lists(st.builds(lambda id_, kind: Node(id=id_, **kind), ids, kinds), max_size=7, unique_by=lambda one: one.id).map(tuple),
    st.lists(st.builds(lambda a, port, b: Edge(source=a, port=port, target=b), ids, ports, ids), max_size=12).map(tuple),
)  # fmt: skip


@given(documents)
def test_every_fix_of_any_document_takes_its_problem_away(document):
    for problem in with_fixes(check(document, block_type, KNOWN), document, block_type, OFFERS):
        for fix in problem.fixes:
            after = changed(document, fix.changes)

            assert problem not in check(after, block_type, KNOWN), (problem, fix)
