"""Contacts and companies: their lists and cards, who may see them, merging, files and bookings on cards."""

import csv
import io
import re

import pytest

from crm.access.actor import SYSTEM
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.fields.changes import FieldChange, set_fields
from crm.people.companies import NewCompany, find_or_create_companies
from crm.people.contacts import NewContact, find_or_create_contacts
from crm.settings.field_definitions import NewField, add_fields
from crm.settings.organization import OrganizationChange, change_organization
from crm.settings.resources import add_resource
from tests.web.test_boards import statements

HTMX = {"HX-Request": "true"}


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


def test_a_list_takes_as_many_statements_for_many_as_for_few(house):
    paths = ("/contacts", "/companies", "/contacts?group=owner&sort=-open_deals&type=client")
    client = house.client("root")
    costs = []
    for number in (2, 12):
        for one in range(number):
            phone = f"+3806711{number:02}{one:03}"
            put_client(house, f"Client {number} {one}", phone=phone, company=f"Firm {number} {one}")
        costs.append([min(statements(house, client, path) for _ in range(2)) for path in paths])

    assert costs[0] == costs[1]


def test_lists_are_filtered_sorted_and_paged(small_house):
    for one in range(60):
        put_client(small_house, f"Client {one:02}", phone=f"+38067111{one:04}")
    client = small_house.client("ann")

    first = client.get("/contacts?sort=name").text
    more = re.findall(r'href="(/contacts\?[^"]*after=[^"]*)"', first)[0].replace("&amp;", "&")
    second = client.get(more).text
    rows = client.get(more, headers=HTMX).text

    assert "Client 00" in first
    assert "Client 55" not in first
    assert "Client 55" in second
    assert "Client 00" not in second
    assert rows.lstrip().startswith("<tr")
    assert "Client 07" in client.get("/contacts?q=67%20111%2000%2007").text
    assert "Client 08" not in client.get("/contacts?q=67%20111%2000%2007").text
    assert "60 contacts" in client.get("/contacts/total").text
    assert client.get("/contacts?after=nonsense").status_code == 400
    assert client.get("/contacts?nothing=1").status_code == 422


def test_contacts_and_companies_take_the_filter_of_deals(small_house):
    with small_house.database.work() as work:
        add_fields(work, [NewField("contact", "Size", "choice", ["S", "L"], key="size")], by=SYSTEM)
    put_client(small_house, company="Acme")
    client = small_house.client("ann")

    page = client.get("/contacts?type=client&add=contact.field.size").text
    sent_by_form = client.get("/contacts?type=client&type=partner&owner.how=&q=")
    saved = client.post(
        "/filters", {"subject": "contact", "name": "My clients", "query": "type=client", "next": "/contacts"}
    )
    shown = client.get("/contacts").text

    assert "Ivan" in page
    assert 'name="size"' in page
    assert sent_by_form.location == "/contacts?type=client%7Cpartner"
    assert saved.status_code == 303
    assert "My clients" in shown
    assert "Mine" in shown
    assert "Ivan" not in client.get("/contacts?type=!client").text
    assert "Acme" in client.get("/companies?q=petrenko").text
    assert "Show all" in client.get("/companies?owner=ann").text


def test_clients_are_grouped_and_each_group_leads_to_its_own(small_house):
    put_client(small_house, company="Acme")
    put_client(small_house, "Olena", phone="+380502223344")
    client = small_house.client("ann")

    page = client.get("/contacts?group=company.name").text
    groups = re.findall(r'<tr><td><a href="(/contacts[^"]*)">([^<]*)</a></td><td class="num">1</td>', page)

    assert [words for _, words in groups] == ["Acme", "none"]
    assert "Ivan" in client.get(groups[0][0]).text
    assert "Olena" not in client.get(groups[0][0]).text.split("<main")[1]
    assert "Olena" in client.get(groups[1][0]).text
    assert client.get("/contacts?group=phone").status_code == 404


def test_columns_of_each_list_are_chosen_and_kept_apart(small_house):
    put_client(small_house, company="Acme")
    client = small_house.client("ann")

    client.post("/lists/contacts/columns", {"column": ["contact.email", "contact.city"], "next": "/contacts"})
    page = client.get("/contacts").text

    assert ">City</a></th>" in page
    assert ">Open deals</a></th>" not in page
    assert ">Open deals</a></th>" in client.get("/companies").text
    client.post("/lists/contacts/columns", {"usual": "yes", "next": "/contacts"})
    assert ">Open deals</a></th>" in client.get("/contacts").text
    assert client.post("/lists/others/columns", {"column": ["contact.email"]}).status_code == 404


def test_what_fits_is_exported_as_far_as_it_is_seen(house):
    from openpyxl import load_workbook

    with house.database.work() as work:
        add_fields(work, [NewField("contact", "Budget", "money", key="budget")], by=SYSTEM)
    contact_id, _ = put_client(house, "=1+1", company="Acme")
    put_client(house, "Olena", owner="bob", phone="+380502223344")
    with house.database.work() as work:
        set_fields(work, [FieldChange("contact", contact_id, {"field.budget": 125050})], by=SYSTEM)
    client = house.client("boss")
    client.post(
        "/lists/contacts/columns",
        {"column": ["company.name", "open_deals", "contact.field.budget"], "next": "/contacts"},
    )

    answer = client.get("/contacts/export.csv?sort=name")
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    with client.get("/companies/export.xlsx") as book:
        cells = [[cell.value for cell in row] for row in load_workbook(io.BytesIO(book.data)).active.iter_rows()]

    assert rows[0] == ["Number", "Contact", "Company", "Open deals", "Budget"]
    assert rows[1:] == [[str(contact_id), "'=1+1", "Acme", "1", "1250.50"], [rows[2][0], "Olena", "", "1", ""]]
    assert cells[1][1:4] == ["Acme", 1, 1]
    assert house.client("ann").get("/contacts/export.csv").status_code == 403


def test_an_archived_contact_is_found_in_the_archive_alone_and_comes_back(small_house):
    contact_id, _ = put_client(small_house)
    client = small_house.client("ann")

    client.post(f"/contacts/{contact_id}/archive")
    away = client.get("/contacts").text, client.get("/contacts?archived_at=*").text
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


def merge_two(house):
    """Two contacts that were merged on the page; returns both, and the page after that."""
    one, _ = put_client(house)
    other, _ = put_client(house, phone="+380502223344")
    client = house.client("ann")
    asked = client.get(f"/merge/contact/{one}/{other}").text
    client.post(f"/merge/contact/{one}/{other}", dict(re.findall(r'name="(own|other)" value="(\d+)"', asked)))
    return one, other, client.get(f"/contacts/{one}").text


def test_a_merge_is_taken_back_from_the_note_and_from_the_card_of_who_went(small_house):
    one, other, page = merge_two(small_house)
    client = small_house.client("ann")
    address = f"/merge/contact/{other}/undo"
    gone = client.get(f"/contacts/{other}").text

    back = client.post(address)
    again = client.post(address)

    assert f'class="toast" data-kind="ok" method="post" action="{address}"' in page
    assert f'action="{address}"' in gone
    assert back.location == f"/contacts/{other}"
    assert "Parted again" in client.get(f"/contacts/{one}").text
    assert "Edit" in client.get(f"/contacts/{other}").text
    assert again.status_code == 404


def test_a_merge_after_which_something_changed_stays_and_says_so(small_house):
    one, other, _ = merge_two(small_house)
    client = small_house.client("ann")
    client.post(f"/contacts/{one}/tags", {"add": "new"})

    refused = client.post(f"/merge/contact/{other}/undo")
    page = client.get(refused.location).text

    assert "something has changed since they were merged" in page
    assert f'href="/contacts/{one}"' in page
    assert small_house.client("bob").post(f"/merge/contact/{other}/undo").status_code == 404


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
