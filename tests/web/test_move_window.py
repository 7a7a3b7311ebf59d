"""The one window of a move: what it asks, what it refuses, and who was faster."""

import pytest

from crm.access.actor import SYSTEM
from crm.deals.moving import Move, move_deals
from crm.settings.directories import NewLossReason, add_loss_reasons
from crm.settings.field_definitions import NewField, add_fields
from crm.settings.logins import actor_of
from crm.settings.stages import StageChange, change_stage
from tests.crm.company import put_deals
from tests.crm.dealing import row_of, stage_of
from tests.web.test_boards import recount

SCRIPT = {"HX-Request": "true", "Accept": "application/json"}


@pytest.fixture
def asking(small_house):
    """A deal of Ann's; Talks asks for a contact and a visit, the lost stage for a reason."""
    with small_house.database.work() as work:
        [small_house.deal] = put_deals(work, 1, owner="ann")
        add_fields(work, [NewField("deal", "Visit", "date", key="visit")], by=SYSTEM)
        reasons = [NewLossReason("Too dear", key="dear"), NewLossReason("Other", key="other", asks_comment=True)]
        add_loss_reasons(work, reasons, by=SYSTEM)
        change_stage(work, "wholesale", "talks", StageChange(required_fields=["contact", "field.visit"]), by=SYSTEM)
    recount(small_house)
    return small_house


def state(house):
    with house.database.reading() as work:
        row = row_of(work, house.deal)
        return stage_of(work, house.deal), row.fields, row.contact_id is not None


GIVEN = {"stage": "talks", "stood": "new", "name": "Olena", "field.visit": "2026-03-04"}


def test_it_asks_for_what_is_missing_and_no_more(asking):
    client = asking.client("ann")
    asked = client.get(f"/deals/{asking.deal}/move?goes_to=talks&stood_on=new&stage=new", headers=SCRIPT)
    assert asked.status_code == 200
    for name in ("name", "phone", "field.visit"):
        assert f'name="{name}"' in asked.text
    assert 'name="amount"' not in asked.text
    assert "<html" not in asked.text
    assert client.get(f"/deals/{asking.deal}/move?goes_to=closed_won&stood_on=new", headers=SCRIPT).status_code == 204
    assert "<html" in client.get(f"/deals/{asking.deal}/move?goes_to=talks&stood_on=new&stage=new").text


def test_what_is_given_is_kept_and_the_deal_moves(asking):
    answer = asking.client("ann").post(f"/deals/{asking.deal}/move?owner=me", GIVEN, headers=SCRIPT)
    assert answer.status_code == 200
    assert answer.json["cards"][0]["stage"] == "talks"
    assert answer.json["columns"]["talks"]["deals"] == 1
    assert state(asking) == ("talks", {"visit": "2026-03-04"}, True)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "Fill this in"),
        ({"field.visit": ""}, "Fill this in"),
        ({"field.visit": "soon"}, "soon"),
        ({"phone": "5"}, "no phone number"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(asking, wrong, said):
    answer = asking.client("ann").post(f"/deals/{asking.deal}/move", {**GIVEN, **wrong}, headers=SCRIPT)
    assert answer.status_code == 422
    assert said in answer.text
    if "name" not in wrong:
        assert 'value="Olena"' in answer.text
    assert state(asking) == ("new", None, False)


def test_a_reason_must_be_chosen_and_some_ask_for_a_comment(asking):
    client = asking.client("ann")

    def lose(**given):
        return client.post(f"/deals/{asking.deal}/move", {"stage": "closed_lost", **given}, headers=SCRIPT)

    assert "Choose a reason" in lose().text
    assert "asks for a comment" in lose(reason="other").text
    assert lose(reason="nonsense").status_code == 422
    assert state(asking)[0] == "new"
    assert lose(reason="other", comment="They moved away").status_code == 200
    assert "They moved away" in client.get(f"/deals/{asking.deal}").text


def test_who_comes_late_is_told_who_was_faster_and_where_it_went(asking):
    with asking.database.work() as work:
        move_deals(work, [Move(asking.deal, "closed_won")], by=actor_of(work, "boss"))
    client = asking.client("ann")
    answers = [
        client.get(f"/deals/{asking.deal}/move?goes_to=talks&stood_on=new", headers=SCRIPT),
        client.post(f"/deals/{asking.deal}/move", GIVEN, headers=SCRIPT),
        client.send("POST", f"/api/deals/{asking.deal}/move", {"stage": "talks", "stood": "new"}),
    ]
    for answer in answers:
        assert answer.status_code == 409, answer.text[:600]
        assert "Boss has moved this deal to “Closed, won”" in answer.json["error"]["message"]
        assert answer.json["update"]["cards"][0]["stage"] == "closed_won"
    assert "Boss has moved" in client.post(f"/deals/{asking.deal}/move", GIVEN).text
    assert state(asking) == ("closed_won", None, False)


def test_a_card_leads_to_the_window_and_a_browser_without_scripts_to_its_page(asking):
    client = asking.client("ann")
    asked = client.post(f"/deals/{asking.deal}/stage", {"stage": "talks"}, headers={"HX-Request": "true"})
    assert asked.status_code == 204
    assert "ask-move" in asked.headers["HX-Trigger"]
    plain = client.post(f"/deals/{asking.deal}/stage", {"stage": "talks"})
    assert plain.status_code == 303
    page = client.get(plain.location)
    assert "Move to “Talks”" in page.text
    assert client.post(f"/deals/{asking.deal}/move", GIVEN).status_code == 303
    assert state(asking)[0] == "talks"


def test_a_deal_of_somebody_else_is_not_there(asking):
    client = asking.client("bob")
    assert client.get(f"/deals/{asking.deal}/move?goes_to=talks").status_code == 404
    assert client.post(f"/deals/{asking.deal}/move", GIVEN).status_code == 404
