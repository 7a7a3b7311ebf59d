"""Boards: what they show, to whom, and in how many statements."""

import re
import sys
from html import unescape
from unittest.mock import patch

import pytest

from benchmarks.statements import counted
from crm.access.actor import SYSTEM
from crm.deals.moving import Move, move_deals
from crm.deals.owners import NewOwner, assign_owners
from crm.directory import directory
from tests.crm.company import put_deals


def deals(house, number=1, **where):
    with house.database.work() as work:
        return put_deals(work, number, **where)


def recount(house):
    """Deals that were put past all commands are counted."""
    from sqlalchemy import func, select

    from crm.tables.journal import stage_total
    from crm.tables.records import deal

    with house.database.work() as work:
        rows = work.rows(
            select(deal.c.plan_id, deal.c.stage_id, deal.c.owner_id, func.count(), func.sum(deal.c.amount)).group_by(
                deal.c.plan_id, deal.c.stage_id, deal.c.owner_id
            )
        )
        columns = ("plan_id", "stage_id", "owner_id", "currency", "deals", "amount")
        work.execute(stage_total.delete())
        work.insert(stage_total, columns, [(row[0], row[1], row[2] or 0, "UAH", row[3], int(row[4])) for row in rows])


def statements(house, client, path):
    """How many statements a page takes, counted at the driver."""
    house.database.engine.dispose()
    with counted() as counter, patch("db.database.SURE_FOR", 3600):  # nor asks a connection that lay there how it is
        client.get(path)
        warm = counter.calls
        assert client.get(path).status_code == 200
        taken = counter.calls - warm
    house.database.engine.dispose()
    return taken


def test_a_board_shows_columns_with_count_and_sum(house):
    deals(house, 3, owner="ann")
    deals(house, 2, stage="talks", owner="bob")
    recount(house)
    page = house.client("root").get("/boards/wholesale").text
    assert page.count('<li class="card') == 5
    assert "5 deals · ₴\u202f500" in page
    assert "₴\u202f300" in page


def test_under_other_filters_counts_come_apart(house):
    deals(house, 25, owner="ann")
    deals(house, 3, stage="talks", owner="bob")
    client = house.client("root")
    page = client.get("/boards/wholesale?amount=1..").text
    assert page.count('<li class="card') == 23
    assert ">20+</span>" in page
    assert "data-uncounted" in page
    assert "28 deals" not in page

    told = client.get("/api/boards/wholesale/totals?amount=1..").json
    assert told["columns"]["new"] == {"deals": 25, "words": "₴\u202f2,500"}
    assert told["columns"]["talks"]["deals"] == 3
    assert told["total"].startswith("28 deals")
    assert client.get("/api/boards/wholesale/totals?owner=bob").json["columns"]["new"]["deals"] == 0
    assert house.client("bob").get("/api/boards/wholesale/totals?amount=1..").json["total"].startswith("3 deals")
    assert house.client("cid").get("/api/boards/wholesale/totals?amount=1..").status_code == 404


def test_where_all_that_fits_is_shown_it_is_counted_at_once(house):
    deals(house, 3, owner="ann")
    page = house.client("root").get("/boards/wholesale?amount=1..").text
    assert "3 deals · ₴\u202f300" in page
    assert "data-uncounted" not in page


def test_a_column_that_stopped_early_looks_further(house, monkeypatch):
    for _ in range(6):  # each came at a moment of its own
        deals(house, 1, owner="ann")
    monkeypatch.setattr(sys.modules["web.pages.boards"], "FIRST", 2)  # its blueprint stands in its place
    monkeypatch.setattr("crm.deals.reach.FIRST", 2)
    client = house.client("root")
    page = client.get("/boards/wholesale?amount=99999..").text
    [further] = re.findall(r'hx-get="(/boards/wholesale/stages/new[^"]+)"', page)
    assert "Looking further…" in page

    rest = client.get(unescape(further)).text

    assert "hx-get" not in rest


def test_a_manager_sees_his_own_and_nobodys(house):
    [mine], [others], [nobodys] = deals(house, owner="ann"), deals(house, owner="bob"), deals(house)
    recount(house)
    page = house.client("ann").get("/boards/wholesale").text
    assert f"deal-{mine}" in page
    assert f"deal-{nobodys}" in page
    assert f"deal-{others}" not in page
    assert "2 deals" in page


def test_a_supervisor_sees_his_team(house):
    [own], [others] = deals(house, owner="ann"), deals(house, owner="mark")
    recount(house)
    page = house.client("boss").get("/boards/wholesale").text
    assert f"deal-{own}" in page
    assert f"deal-{others}" not in page


def test_a_plan_of_others_is_not_there(house):
    assert house.client("cid").get("/boards/wholesale").status_code == 404
    assert house.client("ann").get("/boards/nothing").status_code == 404


FILTERS = [
    ("owner=ann", 3),
    ("owner=me", 3),
    ("owner=nobody", 1),
    ("owner=xyz", 0),
    ("q=deal", 6),
    ("q=%25", 0),
    ("late=1", 6),
    ("tag=vip", 0),
]


@pytest.mark.parametrize(("query", "seen"), FILTERS)
def test_a_filter_narrows_cards_counts_and_sums(small_house, query, seen):
    deals(small_house, 3, owner="ann")
    deals(small_house, 2, owner="bob")
    deals(small_house, 1)
    recount(small_house)
    client = small_house.client("boss" if query != "owner=me" else "ann")
    for path in ("/boards/wholesale", "/boards/wholesale/list"):
        page = client.get(f"{path}?{query}").text
        assert page.count('id="deal-') + page.count('href="/deals/') >= seen
        assert f">{seen} deal" in page


def test_columns_are_paged_and_nothing_comes_twice(house):
    import re

    put = deals(house, 75, owner="ann")
    recount(house)
    client = house.client("root")
    page = client.get("/boards/wholesale").text
    seen = re.findall(r'id="deal-(\d+)"', page)
    while found := re.search(r'hx-get="([^"]+after=[^"]+)"', page):
        page = client.get(found[1].replace("&amp;", "&")).text
        seen += re.findall(r'id="deal-(\d+)"', page)
    assert sorted(map(int, seen)) == sorted(put)
    assert len(set(seen)) == 75


@pytest.mark.parametrize("after", ["x", "bnVsbA==", "WzEsMl0=", "//"])
def test_a_broken_place_is_refused(small_house, after):
    assert small_house.client("root").get(f"/boards/wholesale/list?after={after}").status_code == 400


@pytest.mark.parametrize("path", ["/boards/wholesale", "/boards/wholesale/list", "/boards"])
def test_pages_take_as_many_statements_for_many_deals_as_for_few(house, path):
    client = house.client("root")
    deals(house, 2, owner="ann")
    recount(house)
    few = statements(house, client, path)
    deals(house, 200, owner="ann")
    deals(house, 200, stage="talks")
    recount(house)
    assert statements(house, client, path) == few


def test_changes_of_others_are_told(house):
    [first, second] = deals(house, 2, owner="ann")
    recount(house)
    client = house.client("ann")
    assert client.get("/api/boards/wholesale/changes?since=0").status_code in (200, 204)
    with house.database.work() as work:
        move_deals(work, [Move(first, "talks")], by=SYSTEM)
    told = client.get("/api/boards/wholesale/changes?since=0").json
    assert [(one["id"], one["stage"]) for one in told["cards"]] == [(first, "talks")]
    assert told["columns"]["talks"]["deals"] == 1
    assert client.get(f"/api/boards/wholesale/changes?since={told['number']}").status_code == 204
    with house.database.work() as work:
        assign_owners(work, [NewOwner("deal", second, "bob")], by=SYSTEM)
    assert second in client.get(f"/api/boards/wholesale/changes?since={told['number']}").json["gone"]


def test_a_deal_is_moved(house):
    [deal_id] = deals(house, owner="ann")
    recount(house)
    client = house.client("ann")
    answer = client.send("POST", f"/api/deals/{deal_id}/move", {"stage": "talks", "version": 1})
    assert answer.status_code == 200
    assert answer.json["cards"][0]["stage"] == "talks"
    assert answer.json["columns"]["talks"]["deals"] == 1
    stale = client.send("POST", f"/api/deals/{deal_id}/move", {"stage": "new", "version": 1})
    assert stale.status_code == 409


def test_what_others_change_appears_only_where_it_fits_the_filter(house):
    [mine], [bobs] = deals(house, owner="ann"), deals(house, owner="bob")
    recount(house)
    client = house.client("root")
    with house.database.work() as work:
        move_deals(work, [Move(one, "talks") for one in (mine, bobs)], by=SYSTEM)
    told = client.get("/api/boards/wholesale/changes?since=0&owner=ann").json
    assert [one["id"] for one in told["cards"]] == [mine]
    assert told["gone"] == [bobs]
    assert told["columns"]["talks"]["deals"] == 1


def test_a_lost_deal_asks_for_a_reason(house):
    from crm.settings.directories import NewLossReason, add_loss_reasons

    with house.database.work() as work:
        add_loss_reasons(work, [NewLossReason("Too dear", key="dear")], by=SYSTEM)
    [deal_id] = deals(house, owner="ann")
    recount(house)
    client = house.client("ann")
    answer = client.send("POST", f"/api/deals/{deal_id}/move", {"stage": "closed_lost"})
    assert answer.status_code == 422
    assert answer.json["error"]["code"] == "required_missing"
    assert "asks for a reason" in answer.json["error"]["message"]
    done = client.send("POST", f"/api/deals/{deal_id}/move", {"stage": "closed_lost", "loss_reason": "dear"})
    assert done.status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"stage": 5}, {"stage": "talks", "owner_id": 1}, [], {"stage": "talks", "version": "x"}]
)
def test_what_cannot_be_read_is_refused(small_house, body):
    [deal_id] = deals(small_house, owner="ann")
    assert small_house.client("ann").send("POST", f"/api/deals/{deal_id}/move", body).status_code == 422


def test_deals_of_others_can_be_neither_moved_nor_found(house):
    [others] = deals(house, owner="bob")
    assert house.client("ann").send("POST", f"/api/deals/{others}/move", {"stage": "talks"}).status_code == 404


def test_a_deal_is_added_with_its_contact(house):
    client = house.client("ann")
    body = {"stage": "new", "title": "Sofa", "name": "Олег", "phone": "+380671234567", "amount": "1 250,50"}
    answer = client.send("POST", "/api/boards/wholesale/deals", body)
    assert answer.status_code == 201
    [card] = answer.json["cards"]
    assert "Олег" in card["html"]
    assert "1,250.50" in card["html"]
    with house.database.reading() as work:
        assert directory(work).user("ann").name in card["html"]


@pytest.mark.parametrize(
    "wrong", [{"amount": "much"}, {"amount": "-5"}, {"phone": "5"}, {"stage": "nowhere"}, {"more": 1}]
)
def test_a_deal_that_cannot_be_is_refused_and_nothing_is_stored(house, wrong):
    client = house.client("ann")
    body = {"stage": "new", "title": "Sofa", "name": "Oleh", **wrong}
    assert client.send("POST", "/api/boards/wholesale/deals", body).status_code == 422
    assert "0 deals" in client.get("/boards/wholesale").text
