"""Contacts and companies: their lists and cards, who may see them, merging, files and bookings on cards."""

import io
import re

import pytest

from crm.access.actor import EVERYTHING, SYSTEM
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.people.companies import NewCompany, find_or_create_companies
from crm.people.contacts import NewContact, find_or_create_contacts
from crm.people.listing import PeopleFilter, company_list, contact_list
from crm.settings.field_definitions import NewField, add_fields
from crm.settings.organization import OrganizationChange, change_organization
from crm.settings.resources import add_resource


def put_client(house, name="Ivan Petrenko", *, owner="ann", amount=100_00, company=None, phone="+380671112233"):
    """A contact with a deal of somebody; returns the ids of contact and deal."""
    with house.database.work() as work:
        firm = find_or_create_companies(work, [NewCompany(company)], by=SYSTEM)[0].ids[0] if company else None
        [made] = find_or_create_contacts(work, [NewContact(name, [phone], type="client", company_id=firm)], by=SYSTEM)
        user = directory(work).user(owner).id
        new = NewDeal(
            made.ids[1],
            "wholesale",
            title=f"Deal of {name}",
            amount=amount,
            owner_id=user,
            contact_id=made.ids[0],
            company_id=firm,
        )
        [opened] = open_deals(work, [new], by=SYSTEM)
    return made.ids[0], opened.ids[0]


def test_a_contact_is_made_by_hand_and_its_type_is_required(small_house):
    client = small_house.client("ann")

    refused = client.post("/contacts", {"name": "Olena"})
    made = client.post(
        "/contacts", {"name": "Olena", "type": "client", "phone": "+380 67 111 22 33", "company": "Acme"}
    )
    page = client.get(made.location).text

    assert refused.status_code == 422
    assert made.status_code == 303
    assert "Olena" in page
    assert "Acme" in page
    assert "Olena" in client.get("/contacts").text
    assert "Acme" in client.get("/companies").text


def test_who_sees_no_deal_and_no_lead_of_a_contact_does_not_see_it(small_house):
    contact_id, _ = put_client(small_house, company="Acme")
    ann, bob = small_house.client("ann"), small_house.client("bob")

    assert ann.get(f"/contacts/{contact_id}").status_code == 200
    assert bob.get(f"/contacts/{contact_id}").status_code == 404
    assert "Ivan" not in bob.get("/contacts").text
    assert "Acme" not in bob.get("/companies").text
    assert bob.post(f"/contacts/{contact_id}/tags", {"add": "mine"}).status_code == 404


def test_a_card_has_the_deals_with_sums_and_leads_to_the_company(small_house):
    contact_id, deal_id = put_client(small_house, company="Acme")
    client = small_house.client("ann")
    page = client.get(f"/contacts/{contact_id}").text
    [company] = re.findall(r'href="(/companies/\d+)"', page)[:1]

    assert f"/deals/{deal_id}" in page
    assert "1 open deal" in page
    assert "Deal of Ivan Petrenko" in client.get(company).text
    assert f"/contacts/{contact_id}" in client.get(f"/deals/{deal_id}").text


def test_fields_are_saved_and_who_comes_late_keeps_what_he_typed(small_house):
    contact_id, _ = put_client(small_house)
    client = small_house.client("ann")
    body = {"version": "1", "name": "Ivan P.", "type": "partner", "phone": "+380671112233", "city": "Lviv"}

    saved = client.post(f"/contacts/{contact_id}/fields", body)
    late = client.post(f"/contacts/{contact_id}/fields", {**body, "city": "Odesa"})

    assert (saved.status_code, late.status_code) == (303, 409)
    assert "Odesa" in late.text
    assert "Lviv" in client.get(f"/contacts/{contact_id}").text


def test_tags_comments_tasks_and_deals_from_the_card(small_house):
    contact_id, _ = put_client(small_house, company="Acme")
    client = small_house.client("ann")
    page = client.get(f"/contacts/{contact_id}").text
    company = re.findall(r'href="(/companies/\d+)"', page)[0]

    for base in (f"/contacts/{contact_id}", company):
        about = {"about": f"contact-{contact_id}"} if base == company else {}
        assert client.post(f"{base}/tags", {"add": "VIP"}).status_code == 303
        assert client.post(f"{base}/comments", {"body": f"Remember {base}"}).status_code == 303
        assert client.post(f"{base}/tasks", {"title": f"Call {base}", **about}).status_code == 303
        opened = client.post(f"{base}/deals", {"plan": "wholesale"})
        assert opened.location.startswith("/deals/")
        shown = client.get(base).text
        assert "VIP" in shown
        assert f"Remember {base}" in shown
        assert f"Call {base}" in shown
        assert opened.location in shown


def test_a_lead_becomes_a_contact(small_house):
    client = small_house.client("ann")
    lead = client.post(
        "/leads", {"name": "Oksana", "phone": "+380 67 555 44 33", "company": "Sun", "owner": "ann"}
    ).location

    refused = client.post(f"{lead}/contact", {"type": ""})
    made = client.post(f"{lead}/contact", {"type": "client"})

    assert refused.status_code == 422
    page = client.get(made.location).text
    assert "Oksana" in page
    assert "Sun" in page
    assert made.location in client.get(lead).text


def test_a_list_costs_the_same_whatever_its_length(house):
    costs = []
    for number in (3, 30):
        for one in range(number):
            put_client(house, f"Client {number} {one}", phone=f"+3806711{number:02}{one:03}")
        with house.database.reading() as work:
            directory(work)
            before = work.statements
            contact_list(work, PeopleFilter("client"), viewer=EVERYTHING)
            company_list(work, PeopleFilter(), viewer=EVERYTHING)
            costs.append(work.statements - before)

    assert costs[0] == costs[1]


def test_lists_are_filtered_sorted_and_paged(small_house):
    for one in range(60):
        put_client(small_house, f"Client {one:02}", phone=f"+38067111{one:04}")
    client = small_house.client("ann")

    first = client.get("/contacts?sort=name").text
    more = re.findall(r'href="(/contacts\?[^"]*after=[^"]*)"', first)[0].replace("&amp;", "&")
    second = client.get(more).text

    assert "Client 00" in first
    assert "Client 55" not in first
    assert "Client 55" in second
    assert "Client 00" not in second
    assert "Client 07" in client.get("/contacts?q=67%20111%2000%2007").text
    assert "Client 08" not in client.get("/contacts?q=67%20111%2000%2007").text


def test_an_archived_contact_is_found_in_the_archive_alone_and_comes_back(small_house):
    contact_id, _ = put_client(small_house)
    client = small_house.client("ann")

    client.post(f"/contacts/{contact_id}/archive")
    away = client.get("/contacts").text, client.get("/contacts?archived=yes").text
    card = client.get(f"/contacts/{contact_id}").text
    client.post(f"/contacts/{contact_id}/restore")

    assert "Ivan" not in away[0].split("<main")[1]
    assert "Ivan" in away[1]
    assert "Restore" in card
    assert "Ivan" in client.get("/contacts").text


@pytest.mark.parametrize("room", ["deals", "leads"])
def test_deals_and_leads_go_and_come_back_by_their_cards(small_house, room):
    client = small_house.client("ann")
    if room == "deals":
        address, where = f"/deals/{put_client(small_house)[1]}", "/boards/wholesale/list"
    else:
        address, where = client.post("/leads", {"name": "Deal of Ivan", "owner": "ann"}).location, "/leads"

    before = client.get(where).text
    assert client.post(f"{address}/archive").status_code == 303
    away = client.get(where).text
    assert client.post(f"{address}/restore").status_code == 303

    assert "Deal of Ivan" in before
    assert "Deal of Ivan" not in away
    assert "Deal of Ivan" in client.get(where).text


def test_two_contacts_are_merged_on_a_page_that_asks(small_house):
    one, _ = put_client(small_house)
    other, deal_id = put_client(small_house, phone="+380502223344")
    client = small_house.client("ann")

    card = client.get(f"/contacts/{one}").text
    asked = client.get(f"/merge/contact/{one}/{other}").text
    versions = dict(re.findall(r'name="(own|other)" value="(\d+)"', asked))
    merged = client.post(f"/merge/contact/{one}/{other}", {**versions, "take.phone": "other"})

    assert f"/merge/contact/{one}/{other}" in card
    assert merged.location == f"/contacts/{one}"
    page = client.get(merged.location).text
    assert f"/deals/{deal_id}" in page
    assert "+380 50 222 3344" in page
    assert f"/contacts/{one}" in client.get(f"/contacts/{other}").text
    assert client.get(f"/merge/contact/{one}/{other}").status_code == 404


def test_a_merge_asks_for_both_to_be_seen(small_house):
    one, _ = put_client(small_house)
    other, _ = put_client(small_house, owner="bob", phone="+380502223344")
    client = small_house.client("ann")

    assert client.get(f"/merge/contact/{one}/{other}").status_code == 404
    assert client.post(f"/merge/contact/{one}/{other}", {"own": "1", "other": "1"}).status_code == 404


@pytest.fixture
def equipped(small_house):
    """A deal of Ann, and fields of the kinds that need more than a line."""
    with small_house.database.work() as work:
        add_fields(
            work,
            [
                NewField("deal", "Papers", "file", key="papers"),
                NewField("deal", "Hall", "resource", key="hall"),
                NewField("deal", "Place", "address", key="place"),
                NewField("deal", "Guest", "contact", key="guest"),
                NewField("deal", "Notes", "long_text", key="notes"),
            ],
            by=SYSTEM,
        )
        add_resource(work, "Small hall", by=SYSTEM)
        change_organization(work, OrganizationChange(map_site="openstreetmap"), by=SYSTEM)
    contact_id, deal_id = put_client(small_house)
    return small_house, contact_id, deal_id


def save(client, deal_id, version, **values):
    body = {"version": str(version), "title": "Deal", "amount": "1", "name": "Ivan Petrenko", "phone": "+380671112233"}
    fields = {name.replace("__", "."): value for name, value in values.items()}
    return client.post(f"/deals/{deal_id}/fields", {**body, **fields}, content_type="multipart/form-data")


def test_a_file_is_kept_on_a_card_and_given_back_to_be_saved_only(equipped):
    house, _, deal_id = equipped
    client = house.client("ann")

    saved = save(client, deal_id, 1, field__papers=["", (io.BytesIO(b"<script>alert(1)</script>"), "оферта.pdf")])
    page = client.get(f"/deals/{deal_id}").text
    [address] = re.findall(rf'href="(/deals/{deal_id}/files/papers/[0-9a-f]+)"', page)
    with client.get(address) as answer:
        data, headers = answer.data, answer.headers

    assert saved.status_code == 303
    assert "оферта.pdf" in page
    assert data == b"<script>alert(1)</script>"
    assert headers["Content-Disposition"].startswith("attachment")
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert house.client("bob").get(address).status_code == 404

    gone = save(client, deal_id, 2, field__papers="", field__papers__drop=address.rpartition("/")[2])
    assert gone.status_code == 303
    assert "оферта.pdf" not in client.get(f"/deals/{deal_id}").text.split("timeline")[0]
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("name", ["virus.exe", "page.html", "picture.svg", "noending"])
def test_what_could_run_is_not_taken(equipped, name):
    house, _, deal_id = equipped

    answer = save(house.client("ann"), deal_id, 1, field__papers=["", (io.BytesIO(b"x"), name)])

    assert answer.status_code == 422
    assert name in answer.text


def test_an_address_leads_to_the_map_a_contact_to_its_card_and_a_hall_is_booked_once(equipped):
    house, contact_id, deal_id = equipped
    client = house.client("ann")
    values = {
        "field__place": "Kyiv, Khreshchatyk 1",
        "field__guest": f"{contact_id} · Ivan",
        "field__notes": "One\nTwo",
        "field__hall": "",
        "field__hall__resource": "small_hall",
        "field__hall__from": "2026-03-02T10:00",
        "field__hall__to": "2026-03-02T12:00",
    }
    assert save(client, deal_id, 1, **values).status_code == 303
    page = client.get(f"/deals/{deal_id}").text
    _, other = put_client(house, "Other", phone="+380502223344")
    taken = save(
        client,
        other,
        1,
        **{name: value for name, value in values.items() if "hall" in name},
        name="Other",
        phone="+380502223344",
    )

    assert "https://www.openstreetmap.org/search?query=Kyiv%2C%20Khreshchatyk%201" in page
    assert f'href="/contacts/{contact_id}"' in page
    assert "Small hall" in page
    assert taken.status_code == 422
    assert "booked already" in taken.text
    week = client.get("/bookings?week=2026-03-02").text
    assert "Small hall" in week
    assert f"/deals/{deal_id}" in week


def test_records_are_suggested_while_one_types(small_house):
    contact_id, _ = put_client(small_house)

    assert f'value="{contact_id} · Ivan Petrenko"' in small_house.client("ann").get("/pick/contact?x=petr").text
    assert "Ivan" not in small_house.client("bob").get("/pick/contact?x=petr").text
