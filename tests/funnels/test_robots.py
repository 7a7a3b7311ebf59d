from datetime import datetime, timedelta

import pytest

from blocks.catalogue import block_type
from engine.robot import StageRobots
from funnels.numbering import number
from funnels.robots import check_robots, compile_robots, funnel_key, robot_of
from tests.engine.checking import KNOWN
from tests.funnels.robots import MONDAY, Walk, moved, stage

AFTER_TWO_DAYS = {"kind": "after", "lasting": {"amount": 2, "unit": "days"}}
DAY_BEFORE = {"kind": "date", "field": "deal.field.delivery", "days": 1, "side": "before"}
ON_TASK = {"kind": "event", "events": ["task.completed"]}
LEAVING = {"kind": "leaving"}
GO_ON = {"type": "crm.change_stage", "config": {"stage": "offer"}}


class TestEntry:
    def test_robots_run_in_their_order(self):
        walk = Walk(stage({"id": "a"}, {"id": "b"}), moved())

        assert (walk.done, walk.outcome) == (["a", "b"], "end:next")

    def test_a_condition_that_does_not_hold_passes_one_robot_over(self):
        large = {"op": "greater", "field": "deal.amount", "value": 100}

        assert Walk(stage({"id": "a", "condition": large}, {"id": "b"}), moved(), deal={"amount": 90}).done == ["b"]
        assert Walk(stage({"id": "a", "condition": large}, {"id": "b"}), moved(), deal={"amount": 110}).done == [
            "a",
            "b",
        ]

    def test_a_robot_at_once_does_not_wait_for_the_one_above(self):
        walk = Walk(stage({"id": "a", "when": AFTER_TWO_DAYS}, {"id": "b", "order": "at_once"}), moved())

        assert (walk.done, walk.at) == (["b"], ["a--wait"])

    def test_what_the_robots_above_did_is_seen_by_those_below(self):
        robots = stage({"id": "a"}, {"id": "b", "condition": {"op": "has", "field": "deal.tags", "value": "a"}})

        assert Walk(robots, moved()).done == ["a", "b"]

    def test_another_plan_or_stage_starts_nothing(self):
        assert not Walk(stage({"id": "a"}), moved("offer")).started

    def test_a_robot_that_moves_the_deal_on_cancels_those_below(self):
        robots = stage({"id": "go", "action": GO_ON}, {"id": "b"}, {"id": "c", "if_left": "run"})

        assert Walk(robots, moved()).done == ["go", "c"]


class TestDelay:
    def test_a_delayed_robot_runs_when_its_time_has_come_and_those_below_follow(self):
        walk = Walk(stage({"id": "a", "when": AFTER_TWO_DAYS}, {"id": "b"}), moved())

        assert (walk.done, walk.rests[0].due_at) == ([], MONDAY + timedelta(days=2))
        assert walk.after(days=2).done == ["a", "b"]

    def test_a_second_delay_is_counted_from_the_entry_too(self):
        three = {"kind": "after", "lasting": {"amount": 3, "unit": "days"}}
        walk = Walk(stage({"id": "a", "when": AFTER_TWO_DAYS}, {"id": "b", "when": three}), moved()).after(days=2)

        assert (walk.done, walk.rests[0].due_at) == (["a"], MONDAY + timedelta(days=3))

    def test_a_deal_that_left_before_cancels_what_has_not_run(self):
        walk = Walk(stage({"id": "a", "when": AFTER_TWO_DAYS}, {"id": "b"}), moved())

        walk.happens("deal.moved", stage="offer")

        assert (walk.done, walk.outcome, walk.at) == ([], "end:interrupted", [])

    def test_a_robot_that_runs_anyway_outlives_the_stage(self):
        walk = Walk(stage({"id": "a", "when": AFTER_TWO_DAYS, "if_left": "run"}), moved())

        assert walk.happens("deal.moved", stage="offer").after(days=2).done == ["a"]

    def test_on_leaving_only_those_below_that_run_anyway_are_left(self):
        robots = stage({"id": "a", "when": AFTER_TWO_DAYS}, {"id": "b"}, {"id": "c", "if_left": "run"})

        assert Walk(robots, moved()).happens("deal.moved", stage="offer").done == ["c"]

    def test_a_deal_moved_on_meanwhile_waits_for_nothing(self):
        walk = Walk(stage({"id": "go", "action": GO_ON}, {"id": "a", "when": AFTER_TWO_DAYS}), moved())

        assert (walk.done, walk.at) == (["go"], [])


class TestDate:
    DELIVERY = datetime(2026, 3, 10, 12, tzinfo=MONDAY.tzinfo)

    def test_a_robot_runs_before_the_date_in_a_field(self):
        walk = Walk(stage({"id": "a", "when": DAY_BEFORE}), moved(), deal={"field.delivery": self.DELIVERY})

        assert walk.rests[0].due_at == self.DELIVERY - timedelta(days=1)
        assert walk.after(days=8).done == ["a"]

    def test_a_robot_runs_after_the_date_in_a_field(self):
        when = {**DAY_BEFORE, "side": "after"}
        walk = Walk(stage({"id": "a", "when": when}), moved(), deal={"field.delivery": self.DELIVERY})

        assert walk.rests[0].due_at == self.DELIVERY + timedelta(days=1)

    def test_a_date_that_moves_takes_the_robot_with_it(self):
        walk = Walk(stage({"id": "a", "when": DAY_BEFORE}), moved(), deal={"field.delivery": self.DELIVERY})

        walk.happens("deal.changed", **{"field.delivery": self.DELIVERY + timedelta(days=5)})

        assert (walk.done, walk.rests[0].due_at) == ([], self.DELIVERY + timedelta(days=4))

    def test_a_deal_without_a_date_is_passed_over(self):
        assert Walk(stage({"id": "a", "when": DAY_BEFORE}, {"id": "b"}), moved()).done == ["b"]

    @pytest.mark.parametrize(("if_past", "done"), [("run", ["a", "b"]), ("skip", ["b"])])
    def test_a_moment_that_has_passed_is_made_up_for_or_skipped(self, if_past, done):
        robots = stage({"id": "a", "when": {**DAY_BEFORE, "if_past": if_past}}, {"id": "b"})

        assert Walk(robots, moved(), deal={"field.delivery": MONDAY}).done == done

    def test_a_deal_that_left_cancels_it(self):
        walk = Walk(stage({"id": "a", "when": DAY_BEFORE}), moved(), deal={"field.delivery": self.DELIVERY})

        assert walk.happens("deal.moved", stage="offer").outcome == "end:interrupted"


class TestOrigin:
    def test_an_import_starts_nothing_unless_asked(self):
        assert not Walk(stage({"id": "a"}), moved(origin="import")).started
        assert Walk(stage({"id": "a", "by_origin": {"import": True}}), moved(origin="import")).done == ["a"]

    def test_of_robots_that_differ_only_those_asked_run(self):
        robots = stage({"id": "a"}, {"id": "b", "by_origin": {"import": True, "hand": False}})

        assert Walk(robots, moved(origin="import")).done == ["b"]
        assert Walk(robots, moved(origin="hand")).done == ["a"]
        assert Walk(robots, moved(origin="api")).done == ["a", "b"]

    def test_a_delay_of_a_robot_not_asked_holds_nobody_up(self):
        robots = stage({"id": "a", "when": AFTER_TWO_DAYS}, {"id": "b", "by_origin": {"import": True}})

        assert Walk(robots, moved(origin="import")).done == ["b"]

    @pytest.mark.parametrize(("on_recall", "started"), [("ignore", False), ("run", True)])
    def test_a_recall_counts_only_when_asked(self, on_recall, started):
        assert Walk(stage({"id": "a", "on_recall": on_recall}), moved(origin="recall")).started is started

    def test_a_recall_that_is_off_by_origin_does_not_count(self):
        robots = stage({"id": "a", "on_recall": "run", "by_origin": {"recall": False}})

        assert not Walk(robots, moved(origin="recall")).started


class TestSkippedStage:
    JUMP = moved("won", skipped=["new", "offer"])

    def test_a_stage_jumped_over_starts_nothing(self):
        assert not Walk(stage({"id": "a"}), self.JUMP).started

    def test_a_robot_may_run_all_the_same(self):
        assert Walk(stage({"id": "a", "if_skipped": "run"}), self.JUMP).done == ["a"]

    def test_others_of_the_stage_do_not(self):
        robots = stage({"id": "a"}, {"id": "b", "if_skipped": "run"}, {"id": "c", "when": AFTER_TWO_DAYS})

        assert Walk(robots, self.JUMP).done == ["b"]

    def test_on_an_ordinary_entry_such_a_robot_is_like_others(self):
        robots = stage({"id": "go", "action": GO_ON}, {"id": "b", "if_skipped": "run"})

        assert Walk(robots, moved()).done == ["go"]


class TestEvents:
    def test_a_robot_answers_to_each_event_while_the_deal_is_there(self):
        walk = Walk(stage({"id": "a", "when": ON_TASK}), moved())

        assert walk.done == []
        assert walk.happens("task.completed").happens("task.completed").done == ["a", "a"]

    def test_leaving_ends_it(self):
        walk = Walk(stage({"id": "a", "when": ON_TASK}), moved())

        assert walk.happens("deal.moved", stage="offer").outcome == "neutral"

    def test_another_deals_move_does_not(self):
        walk = Walk(stage({"id": "a", "when": ON_TASK}), moved())

        assert walk.happens("deal.moved").at == ["a--wait"]

    def test_an_event_that_comes_with_the_leaving_is_too_late(self):
        walk = Walk(stage({"id": "a", "when": {"kind": "event", "events": ["deal.moved"]}}), moved())

        assert walk.happens("deal.moved", stage="offer").done == []

    def test_it_stands_alone_beside_the_others(self):
        keys = [
            document.key for document in compile_robots(stage({"id": "a"}, {"id": "b", "when": ON_TASK}), block_type)
        ]

        assert keys == ["robots.retail.new", "robots.retail.new.b"]


class TestLeaving:
    LEFT = moved("offer", came_from="new")

    def test_robots_run_when_the_deal_has_left(self):
        assert Walk(stage({"id": "a", "when": LEAVING}, {"id": "b", "when": LEAVING}), self.LEFT).done == ["a", "b"]

    def test_coming_is_not_leaving(self):
        assert not Walk(stage({"id": "a", "when": LEAVING}), moved()).started

    def test_they_have_a_funnel_of_their_own(self):
        keys = [
            document.key for document in compile_robots(stage({"id": "a", "when": LEAVING}, {"id": "b"}), block_type)
        ]

        assert keys == ["robots.retail.new", "robots.retail.new.left"]

    def test_those_that_differ_in_origin_are_told_apart(self):
        robots = stage({"id": "a", "when": LEAVING}, {"id": "b", "when": LEAVING, "by_origin": {"hand": False}})

        assert Walk(robots, self.LEFT).done == ["a"]


def trigger(robots, at=0):
    return compile_robots(robots, block_type)[at].nodes[0].config


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {"enrolment": "restart"}),
        ({"again": "first_entry"}, {"enrolment": "once"}),
        ({"again": {"days": 30}}, {"enrolment": "restart", "cooldown": {"amount": 30, "unit": "days"}}),
        ({"existing": {"per_hour": 200}}, {"enrolment": "restart", "existing_per_hour": 200}),
        ({"if_left": "run"}, {"enrolment": "restart"}),
        ({"if_left": "run", "when": AFTER_TWO_DAYS}, {"enrolment": "parallel"}),
        ({"when": LEAVING}, {"enrolment": "parallel"}),
        ({"when": LEAVING, "again": "first_entry"}, {"enrolment": "once"}),
    ],
)
def test_what_a_robot_remembers_is_kept_by_its_trigger(settings, expected):
    config = trigger(stage({"id": "a", **settings}))

    assert {
        name: config.get(name) for name in ("enrolment", "cooldown", "existing_per_hour") if name in config
    } == expected


class TestKeys:
    @pytest.mark.parametrize(
        ("plan", "name"),
        [("retail", "new"), ("Продажі", "new"), ("a.b", "c"), ("a", "b.c"), ("a" * 40, "b" * 40), ("a" * 40, "b" * 41)],
    )
    def test_a_stage_has_a_key_that_leaves_room_for_a_robot(self, plan, name):
        document = StageRobots.model_validate(
            {
                "plan": plan,
                "stage": name,
                "robots": [
                    {
                        "id": "r" * 24,
                        "again": "first_entry",
                        "action": {"type": "crm.add_tags", "config": {"tags": ["x"]}},
                    }
                ],
            }
        )

        assert compile_robots(document, block_type)[0].key.startswith(funnel_key(plan, name))

    def test_keys_of_different_stages_differ(self):
        pairs = [("a.b", "c"), ("a", "b.c"), ("a", "b"), ("Ä", "b"), ("a" * 40, "b"), ("a" * 40, "c")]

        assert len({funnel_key(*pair) for pair in pairs}) == len(pairs)

    def test_a_node_names_its_robot(self):
        ids = ["stage--entered", "stage--branches", "call", "call--wait", "stage--wait"]

        assert [robot_of(node) for node in ids] == [None, None, "call", "call", "stage"]


def test_numbers_of_nodes_survive_the_edits_of_a_marketer():
    (before,) = compile_robots(stage({"id": "a"}, {"id": "b", "when": AFTER_TWO_DAYS}), block_type)
    numbers = number({}, before)

    (after,) = compile_robots(stage({"id": "b", "when": AFTER_TWO_DAYS}, {"id": "c", "order": "at_once"}), block_type)

    assert number(numbers, after).items() >= {"b": numbers["b"], "b--wait": numbers["b--wait"]}.items()


class TestChecks:
    def found(self, *robots):
        return [(one.code, one.node, one.field) for one in check_robots(stage(*robots), block_type, KNOWN)]

    def test_robots_that_make_sense_have_no_problems(self):
        tag = {"type": "crm.add_tags", "config": {"tags": ["hot"]}}
        each = [
            {"id": f"r{number}", "when": when, "action": tag}
            for number, when in enumerate((AFTER_TWO_DAYS, DAY_BEFORE, ON_TASK, LEAVING))
        ]

        assert self.found(*each) == []

    def test_a_block_that_is_no_action_is_refused(self):
        assert self.found({"id": "a", "action": {"type": "wait.duration"}}) == [
            ("robot_not_action", "a", "action.type")
        ]

    def test_an_unknown_action_is_refused(self):
        assert self.found({"id": "a", "action": {"type": "crm.fly"}}) == [("block_unknown", "a", None)]

    def test_a_wrong_setting_of_an_action_is_named_as_the_robots(self):
        assert self.found({"id": "a", "action": {"type": "crm.add_comment"}}) == [
            ("setting_missing", "a", "action.config.text")
        ]

    def test_a_wrong_date_field_is_named_as_the_robots(self):
        wrong = {
            "id": "a",
            "when": {**DAY_BEFORE, "field": "deal.birthday"},
            "action": {"type": "crm.add_comment", "config": {"text": "x"}},
        }

        assert self.found(wrong) == [("reference_missing", "a", "when.field")]

    @pytest.mark.parametrize("if_left", ["run", "cancel"])
    @pytest.mark.parametrize(
        ("condition", "place"),
        [
            ({"op": "empty", "field": "deal.nick"}, "condition.field"),
            ({"op": "all", "of": [{"op": "empty", "field": "deal.nick"}]}, "condition.of.0.field"),
        ],
    )
    def test_a_wrong_condition_is_named_as_the_robots(self, if_left, condition, place):
        wrong = {
            "id": "a",
            "if_left": if_left,
            "condition": condition,
            "action": {"type": "crm.add_comment", "config": {"text": "x"}},
        }

        assert self.found(wrong) == [("condition_field_unknown", "a", place)]

    def test_a_plan_that_does_not_exist_belongs_to_no_robot(self):
        robots = StageRobots.model_validate(
            {
                "plan": "export",
                "stage": "new",
                "robots": [{"id": "a", "action": {"type": "crm.add_comment", "config": {"text": "x"}}}],
            }
        )

        assert [(one.code, one.node, one.field) for one in check_robots(robots, block_type, KNOWN)] == [
            ("reference_missing", None, "plan")
        ]


def test_a_stage_without_robots_is_no_funnel():
    assert compile_robots(stage(), block_type) == ()


def test_a_test_goes_with_the_funnel_of_the_robots_that_it_names():
    robots = [{"id": "a"}, {"id": "left-it", "when": LEAVING}, {"id": "alone", "when": ON_TASK}]
    thens = {
        "first": {"went_through": ["a"]},
        "leaving": {"not_through": ["left-it"], "no_task_from": ["left-it"]},
        "alone": {"rests_at": ["alone"]},
        "none": {"started": False},
        "unknown": {"tasks": [{"from": "nobody"}]},
    }
    plain = {"plan": "sales", "stage": "offer", "robots": [{**one, "action": GO_ON} for one in robots]}
    tests = [{"name": name, "then": then} for name, then in thens.items()]

    compiled = compile_robots(StageRobots.model_validate({**plain, "tests": tests}), block_type)

    assert [[test.name for test in one.tests] for one in compiled] == [
        ["first", "none", "unknown"],
        ["leaving"],
        ["alone"],
    ]
    assert compile_robots(StageRobots.model_validate({**plain, "robots": [], "tests": tests}), block_type) == ()
