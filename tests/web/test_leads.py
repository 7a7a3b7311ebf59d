"""Leads: the list, a new one, a lead's own page; and search from anywhere."""

import json

import pytest
from sqlalchemy import select

from crm.directory import directory
from crm.tables.records import deal, lead
from tests.crm.company import put_lead

HTMX = {"HX-Request": "true"}
CARD = {**HTMX, "HX-Target": "card"}


def put(house, owner="ann", **values):
    with house.database.work() as work:
        owner_id = directory(work).user(owner).id if owner else None
        return put_lead(work, owner_id=owner_id, title="Sofa", title_fold="sofa", **values)


def stored(house, lead_id):
    with house.database.reading() as work:
        return work.rows(select(lead).where(lead.c.id == lead_id))[0]


def test_the_list_says_who_came_and_can_be_filtered(house):
    put(house, name="Олег", phone="+380671234567", source="ads")
    client = house.client("ann")
    page = client.get("/leads").text

    for words in ("Sofa", "Олег", "+380 67 123 4567", "ads", "Not processed"):
        assert words in page
    assert "No lead fits" in client.get("/leads?q=nothing").text
    assert "Sofa" not in house.client("bob").get("/leads").text


def test_an_empty_list_teaches(house):
    page = house.client("ann").get("/leads").text
    assert "A lead is somebody who showed interest" in page
    assert 'href="/leads/new"' in page


def test_the_list_costs_the_same_with_many_leads(house):
    from tests.web.test_deal_card import statements

    client = house.client("ann")
    put(house)
    few = statements(house, client, "/leads")
    for _ in range(40):
        put(house)

    assert statements(house, client, "/leads") <= few


def test_a_new_lead_is_recorded_and_shown(house):
    client = house.client("ann")
    assert "Which funnels may start" in client.get("/leads/new").text
    answer = client.post(
        "/leads", {"name": "Oleh", "phone": "+38 067 123 45 67", "owner": "ann", "comment": "tall", "source": "fair"}
    )
    page = client.get(answer.location).text

    assert answer.status_code == 303
    for words in ("Oleh", "+380 67 123 4567", "tall", "New lead from fair", "Nothing watches this"):
        assert words in page


@pytest.mark.parametrize("data", [{}, {"phone": "12", "name": "Typed"}, {"email": "nobody", "name": "Typed"}])
def test_what_does_not_fit_is_said_and_kept(small_house, data):
    answer = small_house.client("ann").post("/leads", data)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert ("Typed" in answer.text) is bool(data)
    with small_house.database.reading() as work:
        assert work.rows(select(lead.c.id)) == []


def test_status_and_owner_change_within_the_list(house):
    lead_id = put(house)
    client = house.client("ann")
    changed = client.post(f"/leads/{lead_id}/status", {"status": "in_work"}, headers=HTMX)
    given = client.post(f"/leads/{lead_id}/owner", {"owner": "bob"}, headers=HTMX)

    assert (changed.status_code, given.status_code) == (204, 204)
    assert json.loads(changed.headers["HX-Trigger"])["note"]["undo"]["values"] == {"status": "not_processed"}
    assert stored(house, lead_id).status == "in_work"
    assert client.get(f"/leads/{lead_id}").status_code == 404


def test_who_works_on_a_plan_takes_a_lead_of_nobody(house):
    lead_id = put(house, owner=None)
    answer = house.client("bob").post(f"/leads/{lead_id}/owner", {"owner": "bob"}, headers=CARD)

    assert answer.status_code == 200
    assert stored(house, lead_id).owner_id is not None
    assert house.client("cid").post(f"/leads/{lead_id}/owner", {"owner": "cid"}).status_code == 404


def test_fields_are_saved_and_an_old_view_loses_nothing(house):
    lead_id = put(house, name="Oleh")
    client = house.client("ann")
    old = stored(house, lead_id).version
    saved = client.post(f"/leads/{lead_id}/fields", {"version": old, "title": "Bed", "source": "fair"}, headers=CARD)
    stale = client.post(f"/leads/{lead_id}/fields", {"version": old, "title": "My title"}, headers=CARD)

    assert (saved.status_code, stale.status_code) == (200, 409)
    assert (stored(house, lead_id).title, stored(house, lead_id).source) == ("Bed", "fair")
    assert 'value="My title"' in stale.text


def test_comments_tags_and_tasks_hang_on_a_lead(house):
    lead_id = put(house)
    client = house.client("ann")
    client.post(f"/leads/{lead_id}/comments", {"body": "called"})
    client.post(f"/leads/{lead_id}/tags", {"add": "vip"})
    client.post(f"/leads/{lead_id}/tasks", {"title": "Call again", "day": "2031-01-02"})
    page = client.get(f"/leads/{lead_id}").text

    for words in ("called", "Take off the tag vip", "Call again", "Tags added: vip"):
        assert words in page


def test_a_deal_is_opened_from_a_lead(house):
    lead_id = put(house)
    answer = house.client("ann").post(f"/leads/{lead_id}/deals", {"plan": "wholesale"})
    with house.database.reading() as work:
        [row] = work.rows(select(deal))

    assert (row.lead_id, row.title, answer.location) == (lead_id, "Sofa", f"/deals/{row.id}")


@pytest.mark.parametrize("what", ["fields", "status", "owner", "tags", "comments", "tasks", "deals"])
def test_a_stranger_changes_nothing(small_house, what):
    lead_id = put(small_house)
    before = stored(small_house, lead_id)
    data = {
        "fields": {"version": "1", "title": "x"}, "status": {"status": "junk"}, "owner": {"owner": "bob"},
        "tags": {"add": "x"}, "comments": {"body": "x"}, "tasks": {"title": "x"}, "deals": {"plan": "wholesale"},
    }[what]  # fmt: skip

    assert small_house.client("bob").post(f"/leads/{lead_id}/{what}", data).status_code == 404
    assert stored(small_house, lead_id) == before


def test_search_answers_with_a_part_and_as_a_page(house):
    lead_id = put(house)
    client = house.client("ann")
    part = client.get("/search?q=sof", headers=HTMX).text

    assert f'href="/leads/{lead_id}"' in part
    assert "<html" not in part
    assert f'href="/leads/{lead_id}"' in client.get("/search?q=sof").text
    assert "Nothing found" in house.client("bob").get("/search?q=sof", headers=HTMX).text
