from hypothesis import given
from hypothesis import strategies as st

from blocks.catalogue import block_type
from engine.program import build
from engine.robot import StageRobots
from funnels.numbering import number
from funnels.reading import read, read_robots, write, write_robots
from funnels.robots import check_robots, compile_robots, robot_of
from tests.engine.checking import KNOWN
from tests.funnels.robots import Walk, moved

actions = st.sampled_from(
    [
        {"type": "crm.add_tags", "config": {"tags": ["hot"]}},
        {"type": "crm.add_tags", "config": {"tags": ["hot"], "on": "deal"}},
        {"type": "crm.change_stage", "config": {"stage": "offer"}},
    ]
)
whens = st.sampled_from(
    [
        {"kind": "entry"},
        {"kind": "leaving"},
        {"kind": "after", "lasting": {"amount": 2, "unit": "days", "calendar": "company"}},
        {"kind": "date", "field": "deal.field.delivery", "days": 3, "if_past": "skip"},
        {"kind": "date", "field": "deal.field.delivery", "side": "after"},
        {"kind": "event", "events": ["task.completed", "deal.won"]},
        {"kind": "event", "events": ["deal.moved"]},
    ]
)
conditions = st.sampled_from(
    [
        None,
        {"op": "greater", "field": "deal.amount", "value": 100},
        {"op": "all", "of": [{"op": "is", "field": "trigger.origin", "value": "hand"}]},
    ]
)
robots = st.fixed_dictionaries(
    {
        "id": st.from_regex(r"[a-z0-9]{1,3}(-[a-z0-9]{1,3})?", fullmatch=True).filter(lambda id_: id_ != "left"),
        "action": actions,
    },
    optional={
        "when": whens,
        "order": st.sampled_from(["after_previous", "at_once"]),
        "condition": conditions,
        "again": st.sampled_from(["each_entry", "first_entry", {"days": 30}]),
        "if_skipped": st.sampled_from(["ignore", "run"]),
        "if_left": st.sampled_from(["cancel", "run"]),
        "on_recall": st.sampled_from(["ignore", "run"]),
        "by_origin": st.fixed_dictionaries(
            {"hand": st.just(True)}, optional={"robot": st.booleans(), "import": st.booleans(), "recall": st.booleans()}
        ),
        "existing": st.sampled_from(["new_only", {"per_hour": 60}]),
        "on_error": st.sampled_from([{"then": "hold"}, {"then": "continue"}]),
        "when_late": st.sampled_from([{"then": "run_now"}, {"then": "skip", "after_minutes": 30}]),
    },
).filter(lambda robot: not (robot.get("when") == {"kind": "leaving"} and isinstance(robot.get("existing"), dict)))
stages = st.lists(robots, max_size=6, unique_by=lambda robot: robot["id"]).map(
    lambda drawn: StageRobots.model_validate({"plan": "retail", "stage": "new", "robots": drawn})
)


@given(stages)
def test_all_robots_compile_to_funnels_that_pass_the_checks(stage):
    assert check_robots(stage, block_type, KNOWN) == ()


@given(stages)
def test_compiling_twice_gives_the_same(stage):
    assert compile_robots(stage, block_type) == compile_robots(stage, block_type)


@given(stages)
def test_every_robot_is_one_action_of_one_funnel(stage):
    nodes = [node.id for document in compile_robots(stage, block_type) for node in document.nodes]

    assert sorted(node for node in nodes if robot_of(node) == node) == sorted(robot.id for robot in stage.robots)


@given(stages)
def test_funnels_of_a_stage_have_their_own_keys_and_can_be_built_and_written(stage):
    documents = compile_robots(stage, block_type)

    assert len({document.key for document in documents}) == len(documents)
    for document in documents:
        build(document, number({}, document), block_type)
        assert read(write(document)) == document


@given(stages)
def test_robots_written_and_read_are_the_same(stage):
    assert read_robots(write_robots(stage)) == stage


@given(stages, st.sampled_from(["hand", "robot", "import", "recall"]))
def test_a_deal_that_left_has_nothing_waiting_but_what_runs_anyway(stage, origin):
    lasting = {robot.id for robot in stage.robots if robot.if_left == "run"}

    for at, document in enumerate(compile_robots(stage, block_type)):
        if document.nodes[0].type == "trigger.stage_entered":
            walk = Walk(stage, moved(origin=origin), at=at).happens("deal.moved", stage="offer")
            assert {robot_of(node) for node in walk.at} <= lasting
