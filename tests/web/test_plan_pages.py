"""Sales plans in the settings: made, changed, with their people and stages."""

import pytest

from crm.access.actor import SYSTEM
from crm.directory import directory
from crm.settings.plans import plan_form
from funnels.publication.publishing import publish, save_draft
from funnels.reading import read
from funnels.states import stop
from tests.crm.company import put_deals

PLAN = {
    "name": "Retail",
    "currency": "UAH",
    "average_check": "12 500,50",
    "distribution": "even",
    "second_rule": "fewest",
}
FEEDER = """
key: feeder
name: Feeder
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: open, type: crm.add_to_plan, config: {plan: wholesale, stage: talks}}
edges:
  - {from: created, to: open}
"""


def plan(house, key="wholesale"):
    with house.database.reading() as work:
        return directory(work).plan(key)


def managers(house, key="wholesale"):
    with house.database.reading() as work:
        users = directory(work).users
        return [(users[one.user_id].login, one.is_taking) for one in directory(work).plan(key).managers]


def version(house, key="wholesale"):
    with house.database.reading() as work:
        return plan_form(work, key).version


@pytest.mark.parametrize("login", ["ann", "boss", "mark"])
def test_plans_are_the_administrators_concern(small_house, login):
    client = small_house.client(login)
    for path in ("/settings/plans", "/settings/new-plan", "/settings/plans/wholesale"):
        assert client.get(path).status_code == 403
    for path in (
        "/settings/plans/wholesale/people",
        "/settings/plans/wholesale/stages/new/remove",
        "/settings/plans/wholesale/archive",
    ):
        assert client.post(path, {}).status_code == 403


def test_a_plan_is_made_and_can_be_called_new(small_house):
    client = small_house.client("root")
    made = client.post("/settings/new-plan", {**PLAN, "name": "New", "chat_label": "retail"})
    assert made.location == "/settings/plans/new#pool"
    assert client.get("/settings/plans/new").status_code == 200
    found = plan(small_house, "new")
    assert (found.average_check, found.second_rule, found.chat_label) == (1_250_050, "fewest", "retail")
    assert [one.kind for one in found.stages] == ["open", "open", "won", "lost", "undefined"]


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"average_check": "much"}, {"average_check": "-5"}, {"chat_label": "x" * 13}, {"deal_title": "{lead.title"},
     {"distribution": "magic"}, {"currency": "gold"}, {"key": "x"}, {"average_check": "1e400"}],
)  # fmt: skip
def test_a_plan_that_cannot_be_is_refused(small_house, wrong):
    answer = small_house.client("root").post("/settings/new-plan", {**PLAN, **wrong})
    assert answer.status_code == 422
    with small_house.database.reading() as work:
        assert list(directory(work).plan_keys) == ["wholesale"]


def test_a_plan_is_changed_and_says_from_when_it_holds(small_house):
    client = small_house.client("root")
    sent = {**PLAN, "name": "Wholesale", "version": version(small_house), "first_rule": "related"}
    answer = client.post("/settings/plans/wholesale", sent)
    assert answer.status_code == 303
    assert "The next lead goes by the new rule" in client.get(answer.location).text
    assert (plan(small_house).first_rule, plan(small_house).second_rule) == ("related", "fewest")
    assert client.post("/settings/plans/wholesale", sent).status_code == 409


@pytest.mark.parametrize(("rules", "words"), [
    (("none", "evenly"), "got the fewest so far"), (("random", "fewest"), "a draw decides"),
    (("related", "evenly"), "comes to him again"),
])  # fmt: skip
def test_every_rule_is_explained(small_house, rules, words):
    page = small_house.client("root").get("/settings/plans/wholesale").text
    assert words in page.split(f"g-{'-'.join(rules)}")[1].split("</p>")[0]


def test_people_join_leave_and_are_absent(small_house):
    client = small_house.client("root")
    client.post(
        "/settings/plans/wholesale/people", {"managers": ["ann", "bob", "cid"], "taking": ["ann", "cid", "mark"]}
    )
    assert managers(small_house) == [("ann", True), ("bob", False), ("cid", True)]
    client.post("/settings/plans/wholesale/people", {"managers": ["cid", "bob"], "taking": ["bob"]})
    assert managers(small_house) == [("bob", True), ("cid", False)]
    client.post("/settings/plans/wholesale/people", {})
    assert managers(small_house) == []


def test_people_weigh_more_and_have_room_for_so_many(small_house):
    client = small_house.client("root")
    sent = {"managers": ["ann", "bob"], "taking": ["ann", "bob"], "weight.ann": "3", "capacity.ann": "40",
            "weight.bob": "1", "capacity.bob": ""}  # fmt: skip
    assert client.post("/settings/plans/wholesale/people", sent).status_code == 303

    assert [(one.weight, one.capacity) for one in plan(small_house).managers] == [(3, 40), (1, None)]
    for name, value in (
        ("weight.ann", "0"),
        ("weight.ann", "much"),
        ("capacity.ann", "-1"),
        ("capacity.ann", "1" * 20),
    ):
        answer = client.post("/settings/plans/wholesale/people", {**sent, name: value})
        assert "notice" in client.get(answer.location).text or "toast" in client.get(answer.location).text
    assert [(one.weight, one.capacity) for one in plan(small_house).managers] == [(3, 40), (1, None)]


def test_an_even_plan_that_no_published_funnel_feeds_is_told(small_house):
    client = small_house.client("root")
    assert 'id="unfed"' in client.get("/settings/plans/wholesale").text
    assert "no funnel feeds it" in client.get("/settings/plans").text
    with small_house.database.work() as work:
        save_draft(work, read(FEEDER), by=SYSTEM)
    assert 'id="unfed"' in client.get("/settings/plans/wholesale").text, "a draft feeds nobody"
    with small_house.database.work() as work:
        publish(work, "feeder", by=SYSTEM)
    assert 'id="unfed"' not in client.get("/settings/plans/wholesale").text
    assert "no funnel feeds it" not in client.get("/settings/plans").text
    with small_house.database.work() as work:
        stop(work, ["feeder"], by=SYSTEM)
    assert 'id="unfed"' in client.get("/settings/plans/wholesale").text


def test_a_plan_by_hand_needs_no_funnel(small_house):
    client = small_house.client("root")
    client.post("/settings/plans/wholesale", {**PLAN, "distribution": "manual", "version": version(small_house)})

    assert 'id="unfed"' not in client.get("/settings/plans/wholesale").text


def test_a_title_is_tried_before_it_is_saved(small_house):
    client = small_house.client("root")
    assert "Oak kitchen, 3 m" in client.post("/settings/plan-title", {"deal_title": "{lead.title}!"}).text
    assert "<b>&lt;i&gt;</b>" in client.post("/settings/plan-title", {"deal_title": "<i>"}).text
    assert "error" in client.post("/settings/plan-title", {"deal_title": "{lead"}).text


class TestStages:
    def keys(self, house):
        return [one.key for one in plan(house).stages]

    def test_they_are_added_moved_and_changed(self, small_house):
        client = small_house.client("root")
        client.post("/settings/plans/wholesale/stages", {"name": "Payment", "colour": "#F59E0B"})
        assert self.keys(small_house) == ["new", "talks", "payment", "closed_won", "closed_lost", "undefined"]
        client.post("/settings/plans/wholesale/stages/payment/move", {"to": "up"})
        assert self.keys(small_house)[:3] == ["new", "payment", "talks"]
        client.post("/settings/plans/wholesale/stages/new/move", {"to": "up"})
        assert self.keys(small_house)[0] == "new"
        sent = {"name": "Paid?", "colour": "#14b8a6", "required": ["amount"], "probability": "40", "version": 1}
        client.post("/settings/plans/wholesale/stages/payment", sent)
        stage = plan(small_house).by_key["payment"]
        assert (stage.name, stage.colour, stage.required_fields) == ("Paid?", "#14b8a6", ("amount",))
        client.post("/settings/plans/wholesale/stages/payment", {**sent, "name": "Late"})
        assert plan(small_house).by_key["payment"].name == "Paid?"

    def test_the_lost_stage_asks_for_the_reason_or_not(self, small_house):
        client = small_house.client("root")
        client.post("/settings/plans/wholesale/stages/closed_lost", {"name": "Lost", "colour": "#9ca3af", "version": 1})
        assert not plan(small_house).by_key["closed_lost"].asks_reason

    @pytest.mark.parametrize("wrong", [{"name": ""}, {"colour": "red"}, {"colour": ""}, {"kind": "won"}])
    def test_what_cannot_be_is_refused(self, small_house, wrong):
        client = small_house.client("root")
        client.post("/settings/plans/wholesale/stages", {"name": "Payment", "colour": "#f59e0b", **wrong})
        assert len(self.keys(small_house)) == 5

    def test_a_stage_that_funnels_name_goes_only_after_saying_so(self, small_house):
        with small_house.database.work() as work:
            save_draft(work, read(FEEDER), by=SYSTEM)
            put_deals(work, 2, stage="talks")
        client = small_house.client("root")
        asked = client.post("/settings/plans/wholesale/stages/talks/remove", {})
        assert asked.status_code == 422
        assert "Feeder" in asked.text
        assert "talks" in self.keys(small_house)
        client.post("/settings/plans/wholesale/stages/talks/remove", {"confirmed": "yes"})
        assert "talks" not in self.keys(small_house)

    @pytest.mark.parametrize("stage", ["closed_won", "undefined"])
    def test_closed_ones_stay(self, small_house, stage):
        small_house.client("root").post(f"/settings/plans/wholesale/stages/{stage}/remove", {"confirmed": "yes"})
        assert stage in self.keys(small_house)


def test_a_plan_is_archived_and_comes_back(small_house):
    with small_house.database.work() as work:
        save_draft(work, read(FEEDER), by=SYSTEM)
    client = small_house.client("root")
    assert "Feeder" in client.post("/settings/plans/wholesale/archive", {}).text
    assert not plan(small_house).is_archived
    client.post("/settings/plans/wholesale/archive", {"confirmed": "yes"})
    assert plan(small_house).is_archived
    client.post("/settings/plans/wholesale/restore")
    assert not plan(small_house).is_archived
