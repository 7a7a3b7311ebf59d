import pytest
from pydantic import ValidationError

from engine.robot import MOST_AT_ONCE, Robot, StageRobots

ACTION = {"type": "crm.add_tags", "config": {"tags": ["hot"]}}


def robot(**settings):
    return Robot.model_validate({"id": "tag", "action": ACTION, **settings})


def test_a_robot_runs_on_every_entry_after_the_one_above_unless_told_otherwise():
    plain = robot()

    assert plain.when.kind == "entry"
    assert (plain.order, plain.again, plain.if_skipped, plain.if_left) == (
        "after_previous",
        "each_entry",
        "ignore",
        "cancel",
    )
    assert (plain.on_recall, plain.existing) == ("ignore", "new_only")
    assert plain.origins == ("hand", "robot", "system", "api")


@pytest.mark.parametrize(
    ("settings", "origins"),
    [
        ({"by_origin": {"import": True}}, ("hand", "robot", "system", "api", "import")),
        ({"by_origin": {"hand": False, "robot": False}}, ("api",)),
        ({"by_origin": {"api": False}, "on_recall": "run"}, ("hand", "robot", "system", "recall")),
        ({"by_origin": {"recall": False}, "on_recall": "run"}, ("hand", "robot", "system", "api")),
        ({"by_origin": {"hand": False, "robot": False, "api": False}, "on_recall": "run"}, ("recall",)),
    ],
)
def test_a_robot_answers_to_the_origins_that_are_on(settings, origins):
    assert robot(**settings).origins == origins


@pytest.mark.parametrize(
    ("settings", "alone"),
    [
        ({}, False),
        ({"when": {"kind": "leaving"}}, False),
        ({"again": "first_entry"}, True),
        ({"again": {"days": 30}}, True),
        ({"existing": {"per_hour": 100}}, True),
        ({"when": {"kind": "event", "events": ["task.completed"]}}, True),
    ],
)
def test_a_robot_that_listens_or_remembers_stands_alone(settings, alone):
    assert robot(**settings).stands_alone is alone


OFF = {"hand": False, "robot": False, "api": False, "import": False, "recall": False}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"id": "left"}, "the id left is taken"),
        ({"id": "two--dashes"}, "String should match pattern"),
        ({"id": "Upper"}, "String should match pattern"),
        ({"by_origin": OFF}, "switch on one origin"),
        ({"by_origin": {**OFF, "recall": True}}, "the robot would never run"),
        ({"when": {"kind": "leaving"}, "existing": {"per_hour": 5}}, "a robot on leaving takes new ones only"),
        ({"when": {"kind": "event", "events": ["moon.full"]}}, "there is no event moon.full"),
        ({"when": {"kind": "event", "events": []}}, "at least 1 item"),
        ({"when": {"kind": "sometimes"}}, "does not match any of the expected tags"),
        ({"again": {"days": 0}}, "greater than or equal to 1"),
        ({"speed": 9}, "Extra inputs are not permitted"),
    ],
)
def test_a_robot_that_makes_no_sense_is_refused(settings, said):
    with pytest.raises(ValidationError, match=said):
        robot(**settings)


def stage(*robots):
    return StageRobots.model_validate({"plan": "retail", "stage": "new", "robots": robots})


def test_two_robots_of_one_id_are_refused():
    with pytest.raises(ValidationError, match="two robots have the id tag"):
        stage({"id": "tag", "action": ACTION}, {"id": "tag", "action": ACTION})


def test_too_many_robots_at_once_are_refused():
    robots = [{"id": f"r{number}", "action": ACTION, "order": "at_once"} for number in range(MOST_AT_ONCE)]

    with pytest.raises(ValidationError, match="fewer than 20 robots may start at once"):
        stage(*robots)
    assert len(stage(*robots[1:]).robots) == MOST_AT_ONCE - 1


def test_a_stage_may_have_no_robots():
    assert stage().robots == ()
