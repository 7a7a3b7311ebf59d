from hypothesis import given
from hypothesis import strategies as st

from blocks.catalogue import block_type
from engine.checks import check, check_together
from engine.document import Edge, FunnelDocument, Node
from engine.robot import StageRobots
from tests.engine.checking import ASK, JOIN, KNOWN, PAUSE, SPLIT, START, TAG, funnel

FEEDING = funnel([START, {"id": "add", "type": "crm.add_to_plan", "config": {"plan": "retail"}}], "start -> add")


def test_an_even_plan_that_no_block_feeds_is_a_warning():
    (problem,) = check_together([FEEDING], block_type, even_plans=["service", "retail"])

    assert (problem.severity, problem.code) == ("warning", "plan_unfed")
    assert "service" in problem.message


def test_a_stage_without_a_robot_that_creates_a_task_is_a_warning():
    robots = StageRobots.model_validate(
        {"plan": "retail", "stage": "new", "robots": [{"id": "call", "action": {"type": "task.create"}}]}
    )
    tags = StageRobots.model_validate(
        {"plan": "retail", "stage": "offer", "robots": [{"id": "tag", "action": {"type": "crm.add_tags"}}]}
    )

    problems = check_together([], block_type, robots=[robots, tags], stages=[("retail", "new"), ("retail", "offer")])

    assert [(one.code, str(one)) for one in problems] == [
        ("stage_without_task", "the stage offer of retail has no robot that creates a task")
    ]


def test_nothing_asked_is_nothing_found():
    assert check_together([FEEDING], block_type) == ()


kinds = st.sampled_from(
    [
        {"type": START["type"]},
        TAG,
        ASK,
        SPLIT,
        JOIN,
        PAUSE,
        {"type": "logic.go_to"},
        {"type": "logic.exit"},
        {"type": "crm.fly"},
        {"type": "crm.add_comment"},
    ]
)
ids = st.sampled_from("abcdef")
ports = st.sampled_from(["next", "yes", "no", "branch_1", "branch_2", "limit", "failed", "skipped"])
documents = st.builds(
    lambda nodes, edges: FunnelDocument(key="f", name="F", nodes=nodes, edges=edges),
    st.lists(st.builds(lambda id_, kind: Node(id=id_, **kind), ids, kinds), max_size=7).map(tuple),
    st.lists(st.builds(lambda a, port, b: Edge(source=a, port=port, target=b), ids, ports, ids), max_size=12).map(
        tuple
    ),
)


@given(documents)
def test_any_document_is_judged_the_same_each_time_and_errors_come_first(document):
    problems = check(document, block_type, KNOWN)

    assert problems == check(document, block_type, KNOWN)
    assert len(set(problems)) == len(problems)
    severities = [one.severity for one in problems]
    assert severities == sorted(severities)
