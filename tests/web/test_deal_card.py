"""The card of a deal: looked at, changed, and who may."""

import json

import pytest
from sqlalchemy import event

from crm.access.actor import SYSTEM
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.leads.recording import NewLead, record_leads
from crm.people.persons import persons_of
from crm.settings.directories import NewLossReason, add_loss_reasons
from crm.settings.field_definitions import NewField, add_fields
from crm.settings.roles import add_role
from crm.settings.users import NewUser, add_users
from tests.crm.company import put_deals
from tests.crm.dealing import owner_of, row_of, stage_of

HTMX = {"HX-Request": "true"}


def put_deal(house, owner="ann", **values):
    with house.database.work() as work:
        new = NewLead(name="Олег Бондар", phone="+380671234567", email="oleh@example.com", source="ads")
        [lead] = record_leads(work, [new], by=SYSTEM)
        owner_id = directory(work).user(owner).id if owner else None
        item = NewDeal(
            lead.ids[1],
            "wholesale",
            title=values.pop("title", "Bunk bed"),
            amount=2_740_000,
            lead_id=lead.ids[0],
            owner_id=owner_id,
            is_unowned=owner is None,
            **values,
        )
        [answer] = open_deals(work, [item], by=SYSTEM)
    return answer.ids[0]


def stored(house, deal_id):
    with house.database.reading() as work:
        return row_of(work, deal_id)


def fields(house, deal_id, **values):
    shown = {"title": "Bunk bed", "amount": "27400", "name": "Олег Бондар", "phone": "+380671234567"}
    return {"version": stored(house, deal_id).version, **shown, "email": "oleh@example.com", **values}


def test_it_says_what_who_how_much_and_since_when(house):
    deal_id = put_deal(house)
    page = house.client("ann").get(f"/deals/{deal_id}").text

    for words in ("Bunk bed", "Олег Бондар", "+380 67 123 4567", "from ads", "27,400", "Wholesale", "No open task"):
        assert words in page
    assert "New lead from ads" in page
    assert "Nothing watches this" in page


def test_htmx_gets_a_drawer_and_then_only_the_card(house):
    deal_id = put_deal(house)
    client = house.client("ann")
    drawer = client.get(f"/deals/{deal_id}", headers=HTMX).text
    inside = client.get(f"/deals/{deal_id}", headers={**HTMX, "HX-Target": "card"}).text

    assert drawer.startswith('<div class="drawer" role="dialog"')
    assert "<html" not in drawer
    assert inside.startswith('<div id="card"')
    assert "<html" in client.get(f"/deals/{deal_id}", headers={**HTMX, "HX-History-Restore-Request": "true"}).text


@pytest.mark.parametrize(
    ("owner", "who", "status"),
    [("ann", "ann", 200), ("ann", "bob", 404), ("ann", "boss", 200), (None, "bob", 200), (None, "cid", 404)],
)
def test_who_may_see_it(house, owner, who, status):
    deal_id = put_deal(house, owner)
    client = house.client(who)

    assert client.get(f"/deals/{deal_id}").status_code == status
    assert client.get(f"/deals/{deal_id}/timeline").status_code == status


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("fields", {"version": "1", "title": "Mine"}),
        ("stage", {"stage": "talks"}),
        ("owner", {"owner": "bob"}),
        ("tags", {"add": "vip"}),
        ("comments", {"body": "hello"}),
        ("tasks", {"title": "Call"}),
        ("products", {"version": "1", "product": ["Bed"], "quantity": ["1"], "price": ["1"]}),
    ],
)
def test_a_stranger_changes_nothing(small_house, what, data):
    deal_id = put_deal(small_house)
    before = stored(small_house, deal_id)

    assert small_house.client("bob").post(f"/deals/{deal_id}/{what}", data).status_code == 404
    assert small_house.client("mark").post(f"/deals/{deal_id}/{what}", data).status_code == 403
    assert stored(small_house, deal_id) == before


def test_fields_are_saved_with_the_contact(house):
    with house.database.work() as work:
        add_fields(
            work,
            [
                NewField("deal", "Address", "text", key="address"),
                NewField("deal", "Deposit", "money", key="deposit"),
                NewField("deal", "Floors", "choices", ("1", "2", "3"), key="floors"),
            ],
            by=SYSTEM,
        )
    deal_id = put_deal(house)
    data = fields(house, deal_id, title="Two beds", amount="1 054,50", name="Oleh B.", company="Zerno")
    data |= {"field.address": "Lviv", "field.deposit": "12.30", "field.floors": ["", "1", "3"]}
    answer = house.client("ann").post(f"/deals/{deal_id}/fields", data)
    row = stored(house, deal_id)
    page = house.client("ann").get(f"/deals/{deal_id}").text

    assert answer.status_code == 303
    assert (row.title, row.amount) == ("Two beds", 105_450)
    assert row.fields == {"address": "Lviv", "deposit": 1230, "floors": ["1", "3"]}
    for words in ("Oleh B.", "Zerno", "Lviv", "12.30", "1, 3", "Changed:"):
        assert words in page


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"amount": "much"}, "“much” is no amount"),
        ({"title": ""}, ""),
        ({"phone": "12"}, "no phone number"),
        ({"email": "nobody"}, "no e-mail address"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_written(small_house, wrong, words):
    deal_id = put_deal(small_house)
    before = stored(small_house, deal_id)
    answer = small_house.client("ann").post(
        f"/deals/{deal_id}/fields", fields(small_house, deal_id, company="Typed", **wrong), headers=HTMX
    )

    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="Typed"' in answer.text
    assert stored(small_house, deal_id) == before


def test_who_saves_an_old_view_is_told_and_loses_nothing(house):
    deal_id = put_deal(house)
    old = fields(house, deal_id, title="My title", amount="100")
    house.client("boss").post(f"/deals/{deal_id}/fields", fields(house, deal_id, title="Their title"))
    answer = house.client("ann").post(f"/deals/{deal_id}/fields", old, headers={**HTMX, "HX-Target": "card"})

    assert answer.status_code == 409
    assert answer.headers["HX-Reswap"] == "outerHTML"
    assert "Somebody else has changed this deal meanwhile" in answer.text
    assert 'value="My title"' in answer.text
    assert stored(house, deal_id).title == "Their title"

    again = house.client("ann").post(f"/deals/{deal_id}/fields", {**old, "version": stored(house, deal_id).version})
    assert again.status_code == 303
    assert stored(house, deal_id).title == "My title"


def test_it_moves_and_the_move_can_be_taken_back(house):
    deal_id = put_deal(house)
    client = house.client("ann")
    answer = client.post(f"/deals/{deal_id}/stage", {"stage": "talks"}, headers=HTMX)
    told = json.loads(answer.headers["HX-Trigger"])

    assert told["deal-changed"] == {"id": deal_id}
    with house.database.reading() as work:
        assert stage_of(work, deal_id) == "talks"
    undo = told["note"]["undo"]
    client.post(undo["address"], undo["values"])
    with house.database.reading() as work:
        assert stage_of(work, deal_id) == "new"


def test_a_lost_deal_says_why(house):
    with house.database.work() as work:
        add_loss_reasons(work, [NewLossReason("Too expensive", key="dear")], by=SYSTEM)
    deal_id = put_deal(house)
    client = house.client("ann")
    asked = client.post(f"/deals/{deal_id}/stage", {"stage": "closed_lost"})
    window = client.get(asked.location).text
    lost = client.post(f"/deals/{deal_id}/stage", {"stage": "closed_lost", "reason": "dear"})

    assert asked.status_code == 303
    assert "Why is it lost?" in window
    assert lost.status_code == 303
    assert "Too expensive" in client.get(f"/deals/{deal_id}").text


def test_an_old_view_moves_nothing(small_house):
    deal_id = put_deal(small_house)
    answer = small_house.client("ann").post(f"/deals/{deal_id}/stage", {"stage": "talks", "version": "99"})

    assert answer.status_code == 409
    with small_house.database.reading() as work:
        assert stage_of(work, deal_id) == "new"


def test_who_hands_a_deal_over_is_led_away_where_he_may_see_it_no_more(house):
    deal_id = put_deal(house)
    answer = house.client("ann").post(f"/deals/{deal_id}/owner", {"owner": "bob"}, headers=HTMX)

    assert answer.status_code == 204
    assert json.loads(answer.headers["HX-Trigger"])["drawer-closes"] is True
    with house.database.reading() as work:
        assert owner_of(work, deal_id) == "bob"


def test_the_choice_of_the_owner_is_explained(house):
    with house.database.work() as work:
        [answer] = open_deals(work, [NewDeal(persons_of(work, [()])[0], "wholesale", title="x")], by=SYSTEM)
    page = house.client("boss").get(f"/deals/{answer.ids[0]}").text

    assert "The plan gives deals evenly" in page
    assert "the order of the plan decided" in page


def test_tags_come_and_go(house):
    deal_id = put_deal(house)
    client = house.client("ann")
    client.post(f"/deals/{deal_id}/tags", {"add": "vip, big  one"})
    assert "Take off the tag big one" in client.get(f"/deals/{deal_id}").text

    answer = client.post(f"/deals/{deal_id}/tags", {"remove": "vip"}, headers=HTMX)
    assert "Take off the tag vip" not in answer.text
    assert json.loads(answer.headers["HX-Trigger"])["note"]["undo"]["values"] == {"add": "vip"}


def test_a_comment_stands_in_the_timeline_as_it_was_written(house):
    deal_id = put_deal(house)
    client = house.client("ann")
    client.post(f"/deals/{deal_id}/comments", {"body": "<b>he</b> called\nagain"})

    assert "&lt;b&gt;he&lt;/b&gt; called\nagain" in client.get(f"/deals/{deal_id}").text


def test_a_task_is_set_for_the_owner(house):
    deal_id = put_deal(house)
    client = house.client("boss")
    data = {"title": "Check payment", "day": "2031-03-05", "at": "14:30", "type": "call"}
    assert client.post(f"/deals/{deal_id}/tasks", data).status_code == 303
    page = client.get(f"/deals/{deal_id}").text

    assert "Check payment" in page
    assert "5 Mar" in page


def test_products_are_saved_with_their_sum(house):
    deal_id = put_deal(house)
    client = house.client("ann")
    lines = {"product": ["Bed", "Legs", ""], "quantity": ["2", "1,5", ""], "price": ["100", "10.50", ""]}
    answer = client.post(f"/deals/{deal_id}/products", {"version": stored(house, deal_id).version, **lines})
    page = client.get(f"/deals/{deal_id}").text

    assert answer.status_code == 303
    assert "215.75" in page
    wrong = {"product": ["Bed"], "quantity": ["two"], "price": ["1"]}
    refused = client.post(f"/deals/{deal_id}/products", {"version": stored(house, deal_id).version, **wrong})
    assert (refused.status_code, "no quantity" in refused.text) == (422, True)


def test_the_card_costs_the_same_however_much_happened(house):
    quiet, busy = put_deal(house), put_deal(house)
    client = house.client("ann")
    for number in range(12):
        client.post(f"/deals/{busy}/comments", {"body": f"No. {number}"})
        client.post(f"/deals/{busy}/tasks", {"title": f"No. {number}"})
    costs = [statements(house, client, f"/deals/{deal_id}") for deal_id in (quiet, quiet, busy)]

    assert costs[2] - costs[1] <= 2  # the texts of comments and the titles of tasks, each at once
    assert costs[2] < 40


def statements(house, client, path):
    seen = []

    def note(*_args):
        seen.append(1)

    event.listen(house.database.engine, "before_cursor_execute", note)
    client.get(path)
    event.remove(house.database.engine, "before_cursor_execute", note)
    return len(seen)


def test_a_closed_deal_is_taken_up_again_by_who_may(small_house):
    deal_id = put_deal(small_house)
    ann, boss = small_house.client("ann"), small_house.client("boss")
    ann.post(f"/deals/{deal_id}/stage", {"stage": "closed_won"})
    assert "Recall deal" not in ann.get(f"/deals/{deal_id}").text
    assert "Recall deal" in boss.get(f"/deals/{deal_id}").text

    assert ann.post(f"/deals/{deal_id}/recall", {"why": "x"}).status_code == 403
    assert boss.post(f"/deals/{deal_id}/recall", {"why": " "}).status_code == 422
    assert boss.post(f"/deals/{deal_id}/recall", {"why": "They called"}).status_code == 303

    page = boss.get(f"/deals/{deal_id}").text
    assert ("They called" in page, stored(small_house, deal_id).state) == (True, 0)
    assert boss.post(f"/deals/{deal_id}/recall", {"why": "x"}).status_code == 422


def test_who_changes_only_his_own_has_no_buttons_on_others(small_house):
    with small_house.database.work() as work:
        [deal_id] = put_deals(work, 1, owner="bob")
        key = add_role(work, "Reader", ["deals.edit", "records.see_all"], by=SYSTEM)
        add_users(work, [NewUser("rita", "Rita", key)], by=SYSTEM)
    client = small_house.client("rita")

    page = client.get(f"/deals/{deal_id}").text
    assert 'id="edit-form"' not in page
    assert 'id="hand-over"' not in page
    refused = client.post(f"/deals/{deal_id}/stage", {"stage": "talks"})
    assert refused.status_code == 422
    assert "belongs to somebody else" in refused.text


def test_recalling_says_where_the_deal_goes(small_house):
    with small_house.database.work() as work:
        [deal_id] = put_deals(work, 1, owner="ann")
    ann, boss = small_house.client("ann"), small_house.client("boss")
    ann.post(f"/deals/{deal_id}/stage", {"stage": "closed_won"})

    page = boss.get(f"/deals/{deal_id}").text
    assert "It goes back to “Talks”" in page
    assert "Recall deal" not in ann.get(f"/deals/{deal_id}").text
    assert ann.post(f"/deals/{deal_id}/recall", {"why": "x"}).status_code == 403
    refused = boss.post(f"/deals/{deal_id}/stage", {"stage": "talks"})
    assert refused.status_code == 422
    assert "recall it on its card" in refused.text
