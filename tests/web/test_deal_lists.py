"""Lists of deals: sorted, grouped, with columns of one's own, and changed where they stand."""

import csv
import io
import json
import re

import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.directory import directory
from crm.settings.directories import NewLossReason, add_loss_reasons
from crm.settings.roles import add_role
from crm.settings.users import NewUser, add_users
from crm.tables.journal import event
from crm.tables.records import deal
from engine.event import EVENT_KINDS
from tests.web.test_boards import deals, recount, statements

HTMX = {"HX-Request": "true"}


def stored(house, deal_id):
    with house.database.reading() as work:
        return work.rows(select(deal).where(deal.c.id == deal_id))[0]


def shown(page):
    return [int(one) for one in re.findall(r'<tr[^>]* id="row-(\d+)"', page)]


def fewest(house, client, path):
    """How many statements a page takes; the first time what is remembered later is read too."""
    return min(statements(house, client, path) for _ in range(2))


def exported(house):
    """What the journal knows of files that were saved."""
    query = select(event.c.data).where(event.c.kind == EVENT_KINDS["records.exported"].code)
    with house.database.reading() as work:
        return [json.loads(row.data) for row in work.rows(query)]


def change(house, deal_id, **values):
    with house.database.work() as work:
        work.execute(deal.update().where(deal.c.id == deal_id).values(**values))


def test_the_list_of_all_plans_shows_what_one_may_see(house):
    [mine], [others], [nobodys] = deals(house, owner="ann"), deals(house, owner="bob"), deals(house)
    recount(house)
    page = house.client("ann").get("/deals").text

    assert shown(page) == [nobodys, mine]
    assert ">2 deals" in page
    assert "Wholesale" in page
    assert f"/deals/{others}" not in page
    assert "2 deals" in house.client("ann").get("/deals/total").text
    assert house.client("cid").get("/deals/total?of=wholesale").status_code == 404


@pytest.mark.parametrize("path", ["/deals", "/boards/wholesale/list"])
def test_it_is_sorted_by_any_column_and_read_on_by_key(house, path):
    ids = deals(house, 120, owner="ann")
    for number, id_ in enumerate(ids[:20]):
        change(house, id_, amount=(number * 7 % 20) * 100)
    client = house.client("ann")
    page = client.get(f"{path}?sort=-amount").text
    found = shown(page)
    assert 'aria-sort="descending"' in page
    [more] = re.findall(r'hx-get="([^"]+after=[^"]+)"', page)
    found += shown(client.get(more.replace("&amp;", "&"), headers=HTMX).text)

    assert sorted(found) == sorted(ids)
    amounts = [stored(house, id_).amount for id_ in found]
    assert amounts == sorted(amounts, reverse=True)


def test_lost_deals_are_grouped_by_reason_and_each_group_leads_to_exactly_its_deals(house):
    with house.database.work() as work:
        add_loss_reasons(
            work, [NewLossReason("Too dear", key="dear"), NewLossReason("Too late", key="late")], by=SYSTEM
        )
        dear, late = (directory(work).loss_reason_keys[key] for key in ("dear", "late"))
    ids = deals(house, 5, stage="closed_lost", owner="ann")
    deals(house, 3, owner="ann")
    recount(house)
    for id_, reason in zip(ids, (dear, dear, dear, late, None), strict=True):
        change(house, id_, loss_reason_id=reason, state=2)
    client = house.client("ann")
    page = client.get("/deals?state=lost&group=lost_reason").text
    groups = re.findall(r'<tr><td><a href="([^"]+)">([^<]+)</a></td><td class="num">(\d+)</td>', page)

    assert [(words, int(count)) for _, words, count in groups] == [("Too dear", 3), ("Too late", 1), ("none", 1)]
    for address, _, count in groups:
        assert f">{count} deal" in client.get(address.replace("&amp;", "&")).text
    assert client.get("/deals?group=title").status_code == 404


def test_columns_are_chosen_and_kept(small_house):
    deals(small_house, owner="ann")
    client = small_house.client("ann")
    before = client.get("/deals").text
    chosen = client.post("/lists/deals/columns", {"column": ["deal.created_at", "contact.phone"], "next": "/deals"})
    page = client.get("/deals").text

    assert chosen.status_code == 303
    assert "Next task</a></th>" in before
    assert "Next task</a></th>" not in page
    assert ">Phone</a></th>" in page
    assert "Next task</a></th>" in small_house.client("root").get("/deals").text
    client.post("/lists/deals/columns", {"usual": "yes", "next": "/deals"})
    assert "Next task</a></th>" in client.get("/deals").text


def test_a_stage_is_changed_in_the_list_and_a_lost_deal_asks_why(house):
    with house.database.work() as work:
        add_loss_reasons(work, [NewLossReason("Too dear", key="dear")], by=SYSTEM)
    [deal_id] = deals(house, owner="ann")
    recount(house)
    client = house.client("ann")
    editor = client.get(f"/deals/{deal_id}/row?edit=stage", headers=HTMX).text
    moved = client.post(f"/deals/{deal_id}/row/stage", {"version": 1, "stage": "talks"}, headers=HTMX)
    why = client.post(f"/deals/{deal_id}/row/stage", {"version": 2, "stage": "closed_lost"}, headers=HTMX)
    asked = client.post(f"/deals/{deal_id}/row/stage", {"version": 2, "stage": "closed_lost"})
    window = client.get(asked.location).text
    lost = client.post(f"/deals/{deal_id}/move", {"stage": "closed_lost", "stood": "talks", "reason": "dear"})

    assert '<select name="stage"' in editor
    assert moved.status_code == 200
    assert json.loads(moved.headers["HX-Trigger"])["note"]["undo"]["values"] == {"stage": "new"}
    assert json.loads(why.headers["HX-Trigger"]) == {
        "ask-move": {"id": deal_id, "stage": "closed_lost", "stood": "talks"}
    }
    assert why.text.startswith("<tr")
    assert "Too dear" in window
    assert lost.status_code == 303
    assert stored(house, deal_id).state == 2


def test_what_would_be_refused_is_not_offered(house):
    with house.database.work() as work:
        role = add_role(work, "A clerk", ["deals.edit", "records.see_all"], by=SYSTEM)
        add_users(work, [NewUser("clerk", "Clerk", role)], by=SYSTEM)
    [own], [other] = deals(house, owner="clerk"), deals(house, owner="ann")
    recount(house)
    client = house.client("clerk")

    rows = {one: client.get(f"/deals/{one}/row").text for one in (own, other)}
    board = client.get("/boards/wholesale").text
    cards = {one: board.split(f'id="deal-{one}"')[1].split("</li>")[0] for one in (own, other)}

    assert ["data-edit" in rows[one] for one in (own, other)] == [True, False]
    assert ["data-move" in cards[one] for one in (own, other)] == [True, False]
    assert board.count('<li class="card late fixed"') + board.count('<li class="card fixed"') == 1


def test_owner_and_amount_are_changed_and_what_is_wrong_is_said_in_place(house):
    [deal_id] = deals(house, owner="ann")
    recount(house)
    client = house.client("boss")
    given = client.post(f"/deals/{deal_id}/row/owner", {"version": 1, "owner": "bob"}, headers=HTMX)
    stale = client.post(f"/deals/{deal_id}/row/amount", {"version": 1, "amount": "5"}, headers=HTMX)
    wrong = client.post(f"/deals/{deal_id}/row/amount", {"version": 2, "amount": "much"}, headers=HTMX)
    paid = client.post(f"/deals/{deal_id}/row/amount", {"version": 2, "amount": "1 250,50"}, headers=HTMX)

    assert (given.status_code, stale.status_code, wrong.status_code, paid.status_code) == (200, 422, 422, 200)
    assert 'value="much"' in wrong.text
    assert "changed meanwhile" in stale.text
    assert (stored(house, deal_id).amount, stored(house, deal_id).version) == (125050, 3)


def test_who_gives_his_deal_away_sees_its_row_go(house):
    [deal_id] = deals(house, owner="ann")
    recount(house)
    answer = house.client("ann").post(f"/deals/{deal_id}/row/owner", {"version": 1, "owner": "bob"}, headers=HTMX)

    assert (answer.status_code, answer.text) == (200, "")
    assert house.client("ann").get(f"/deals/{deal_id}/row").status_code == 404


@pytest.mark.parametrize("path", ["/deals", "/deals?group=owner", "/deals?sort=-amount&amount=1.."])
def test_a_list_takes_as_many_statements_for_many_deals_as_for_few(house, path):
    client = house.client("root")
    deals(house, 2, owner="ann")
    recount(house)
    few = fewest(house, client, path)
    deals(house, 90, owner="ann")
    deals(house, 90, stage="talks")
    recount(house)

    assert fewest(house, client, path) == few


def test_what_fits_is_exported_and_nothing_in_it_is_computed(house):
    ids = deals(house, 3, owner="ann")
    deals(house, 1, owner="bob")
    recount(house)
    change(house, ids[0], title='=HYPERLINK("http://evil")', amount=125050)
    client = house.client("boss")
    answer = client.get("/deals/export.csv?owner=ann&sort=amount")
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))

    assert answer.mimetype == "text/csv"
    assert exported(house) == [{"what": "deals", "rows": 3}]
    assert rows[0][:3] == ["Number", "Deal", "Sales plan"]
    assert [int(row[0]) for row in rows[1:]] == [ids[1], ids[2], ids[0]]
    assert rows[3][1] == '\'=HYPERLINK("http://evil")'
    assert rows[3][rows[0].index("Amount") : rows[0].index("Amount") + 2] == ["1250.50", "UAH"]


def test_a_workbook_holds_the_same(house):
    from openpyxl import load_workbook

    ids = deals(house, 3, owner="ann")
    recount(house)
    change(house, ids[0], title="=1+1\x07")
    with house.client("boss").get("/deals/export.xlsx?of=wholesale&sort=title") as answer:
        sheet = load_workbook(io.BytesIO(answer.data)).active
    rows = list(sheet.iter_rows())

    assert [cell.value for cell in rows[0]][:2] == ["Number", "Deal"]
    assert {row[0].value for row in rows[1:]} == set(ids)
    assert (rows[1][1].value, rows[1][1].data_type) == ("=1+1 ", "s")


def test_who_may_not_export_gets_no_file(small_house):
    client = small_house.client("ann")

    assert client.get("/deals/export.csv").status_code == 403
    assert "export.csv" not in client.get("/deals").text
