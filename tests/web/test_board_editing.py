"""The board in edit mode, and how each person looks at it."""

import pytest

from crm.access.actor import EVERYTHING, SYSTEM
from crm.deals.board import board
from crm.directory import directory
from crm.settings.field_definitions import NewField, add_fields
from crm.settings.stages import StageChange, change_stage
from funnels.publication.publishing import draft, publish, save_draft
from funnels.reading import read
from tests.crm.company import put_deals
from tests.web.test_boards import recount, statements

FORM = {
    "name": "Talks", "colour": "#3b82f6", "chance": "fixed", "probability": "40", "team": "boss", "is_folded": "yes",
    "only_forward": "yes", "dwell_days": "7", "exit_fact": "Signed", "required": ["amount", "contact"], "version": "1",
}  # fmt: skip
LIKES_TALKS = """
key: won
name: Won deals come back
nodes:
  - {id: start, type: trigger.stage_entered, config: {plan: wholesale, stages: [closed_won]}}
  - {id: back, type: crm.change_stage, config: {plan: wholesale, stage: talks}}
edges:
  - {from: start, to: back}
"""


def stages(house):
    with house.database.reading() as work:
        return directory(work).plan("wholesale")


def keys(house):
    return [one.key for one in stages(house).stages]


def test_columns_are_added_changed_and_put_in_order(small_house):
    client = small_house.client("root")
    assert client.post("/boards/wholesale/edit", {"name": "Offer", "before": "talks"}).status_code == 303
    assert keys(small_house)[:3] == ["new", "offer", "talks"]
    assert client.post("/boards/wholesale/edit/talks", FORM).status_code == 303
    order = ["talks", "new", "offer", "closed_won", "closed_lost"]
    assert client.send("PUT", "/api/boards/wholesale/order", {"stages": order}).status_code == 204
    client.post("/boards/wholesale/edit/talks/move", {"to": "right"})
    assert keys(small_house) == ["new", "talks", "offer", "closed_won", "closed_lost", "undefined"]

    talks = stages(small_house).by_key["talks"]
    assert (talks.colour, talks.is_folded, talks.dwell_days, talks.exit_fact) == ("#3b82f6", True, 7, "Signed")
    assert talks.required_fields == ("amount", "contact")
    page = client.get("/boards/wholesale/edit").text
    for words in ("40 % win", "at most 7 days", "Signed", "Only forward from here", "Team of Boss"):
        assert words in page


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"name": ""}, 422),
        ({"probability": "140"}, 422),
        ({"dwell_days": "soon"}, 422),
        ({"required": ["person_id"]}, 422),
        ({"version": "7"}, 409),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(small_house, wrong, status):
    answer = small_house.client("root").post("/boards/wholesale/edit/talks", {**FORM, **wrong})
    assert answer.status_code == status
    assert stages(small_house).by_key["talks"].dwell_days is None


def test_an_order_that_is_none_is_refused(small_house):
    client = small_house.client("root")
    for stages_ in (["talks"], ["new", "new", "talks", "closed_won", "closed_lost"], "talks"):
        assert client.send("PUT", "/api/boards/wholesale/order", {"stages": stages_}).status_code == 422
    assert keys(small_house)[0] == "new"


def test_there_is_one_won_and_one_lost_column_for_good(small_house):
    client = small_house.client("root")
    for key in ("closed_won", "closed_lost"):
        client.post(f"/boards/wholesale/edit/{key}/remove", {"confirmed": "yes"})
    assert [one.kind for one in stages(small_house).stages] == ["open", "open", "won", "lost", "undefined"]
    assert client.get("/boards/wholesale/edit/undefined").status_code == 404


def test_deals_of_a_removed_column_are_shown_as_undefined_until_they_are_gone(small_house):
    with small_house.database.work() as work:
        put_deals(work, 2, stage="talks", owner="ann")
    recount(small_house)
    client = small_house.client("root")
    assert 'data-stage="undefined"' not in client.get("/boards/wholesale").text
    client.post("/boards/wholesale/edit/talks/remove")
    assert "2 deals went to “Undefined”" in client.get("/boards/wholesale/edit").text
    assert 'data-stage="undefined"' in client.get("/boards/wholesale").text


def test_all_deals_of_a_column_are_put_away_and_brought_back(small_house):
    with small_house.database.work() as work:
        put_deals(work, 3, stage="talks", owner="ann")
    recount(small_house)
    client = small_house.client("root")
    assert "Restore all" not in client.get("/boards/wholesale/edit").text
    client.post("/boards/wholesale/edit/talks/archive")
    page = client.get("/boards/wholesale/edit").text
    assert "3 deals are archived" in page
    assert "Restore all archived deals of “Talks”" in page
    assert "Archive all deals of “Talks”" not in page
    client.post("/boards/wholesale/edit/talks/restore")
    assert "3 deals are back" in client.get("/boards/wholesale/edit").text
    with small_house.database.reading() as work:
        assert {one.key: one.tally.deals for one in board(work, "wholesale", viewer=EVERYTHING).columns}["talks"] == 3
    assert client.post("/boards/wholesale/edit/nowhere/archive").status_code == 404
    assert small_house.client("ann").post("/boards/wholesale/edit/talks/archive").status_code == 403


def test_a_column_in_use_says_where_and_asks_where_its_deals_go(small_house):
    with small_house.database.work() as work:
        put_deals(work, 1, stage="talks", owner="ann")
        save_draft(work, read(LIKES_TALKS), by=SYSTEM)
        publish(work, "won", by=SYSTEM)
    recount(small_house)
    client = small_house.client("root")
    refused = client.post("/boards/wholesale/edit/talks/remove")
    assert refused.status_code == 422
    assert "Won deals come back" in refused.text
    assert "talks" in keys(small_house)
    client.post("/boards/wholesale/edit/talks/remove", {"confirmed": "yes", "replacement": "new"})
    assert "talks" not in keys(small_house)
    assert "1 deal went to “New”" in client.get("/boards/wholesale/edit").text
    with small_house.database.reading() as work:
        assert next(node.config["stage"] for node in draft(work, "won").nodes if node.id == "back") == "new"


def test_each_person_keeps_his_folds_his_filter_and_what_cards_show(small_house):
    with small_house.database.work() as work:
        put_deals(work, 1, owner="ann")
        add_fields(work, [NewField("deal", "Size", "number", key="size")], by=SYSTEM)
    recount(small_house)
    ann, boss = small_house.client("ann"), small_house.client("boss")
    told = {"mode": "board", "query": "owner=me&late=1", "folds": {"talks": True}}
    assert ann.send("PUT", "/api/boards/wholesale/view", told).status_code == 204
    assert ann.get("/boards/wholesale/again").location == "/boards/wholesale?owner=me&late=1"
    assert boss.get("/boards/wholesale/again").location == "/boards/wholesale"
    assert 'class="column folded" data-stage="talks"' in ann.get("/boards/wholesale").text
    assert "column folded" not in boss.get("/boards/wholesale").text

    assert 'class="amount"' in ann.get("/boards/wholesale").text
    assert ann.post("/boards/wholesale/cards", {"shows": ["contact", "field.size"]}).status_code == 303
    assert 'class="amount"' not in ann.get("/boards/wholesale").text
    assert 'class="amount"' in boss.get("/boards/wholesale").text


@pytest.mark.parametrize("body", [{"mode": "x"}, {"query": "a b\n"}, {"folds": {"talks": 5.5}}, [], {"user": 1}])
def test_a_view_that_cannot_be_is_refused(small_house, body):
    assert small_house.client("ann").send("PUT", "/api/boards/wholesale/view", body).status_code == 422


def test_cards_that_stay_too_long_say_so(small_house):
    with small_house.database.work() as work:
        put_deals(work, 1, owner="ann")
        change_stage(work, "wholesale", "new", StageChange(dwell_days=3), by=SYSTEM)
    recount(small_house)
    client = small_house.client("ann")
    assert "age over" not in client.get("/boards/wholesale").text
    small_house.forward(days=4)
    assert "age over" in small_house.client("ann").get("/boards/wholesale").text


def test_cards_of_custom_fields_cost_one_statement_whatever_their_number(house):
    client = house.client("root")
    with house.database.work() as work:
        add_fields(work, [NewField("deal", "Size", "number", key="size")], by=SYSTEM)
        put_deals(work, 2, owner="ann")
    recount(house)
    client.post("/boards/wholesale/cards", {"shows": ["amount", "field.size"]})
    few = statements(house, client, "/boards/wholesale")
    edit = statements(house, client, "/boards/wholesale/edit")
    with house.database.work() as work:
        put_deals(work, 300, owner="ann")
    recount(house)
    assert statements(house, client, "/boards/wholesale") == few
    assert statements(house, client, "/boards/wholesale/edit") == edit
