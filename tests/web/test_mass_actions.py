"""Mass actions on pages and through the API: looked at, done at once or by a worker, watched, taken back."""

import csv
import io
import re

import pytest
from openpyxl import load_workbook

from crm.access.actor import EVERYTHING, SYSTEM
from crm.deals.moving import Move, move_deals
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.leads.recording import NewLead, record_leads
from crm.people.persons import persons_of
from crm.settings.directories import NewLossReason, add_loss_reasons
from crm.tables.records import deal, lead
from funnels.mass.asking import AT_ONCE
from funnels.mass.listing import mass_actions
from tests.web.test_api import Program
from tests.web.test_deal_lists import exported
from tests.web.test_mass_starts import statements, with_funnel, words
from workers.mass_actions import do_mass_actions

HTMX = {"HX-Request": "true"}


def opened(house, number, owner="ann", title="Deal"):
    with house.database.work() as work:
        owner_id = directory(work).user(owner).id
        items = [
            NewDeal(person, "wholesale", title=f"{title} {each}", owner_id=owner_id)
            for each, person in enumerate(persons_of(work, [()] * number))
        ]
        return [answer.ids[0] for answer in open_deals(work, items, by=SYSTEM)]


@pytest.fixture
def sales(small_house):
    with small_house.database.work() as work:
        add_loss_reasons(work, [NewLossReason("Too dear", key="dear")], by=SYSTEM)
    small_house.deals = opened(small_house, 3) + opened(small_house, 2, "bob", "Bob's")
    return small_house


def asked(client, **form):
    given = {"kind": "deal", "what": "stage", "stage": "wholesale:talks", **form}
    return client.post("/mass-actions", given, headers=HTMX)


def chosen(house, number=5):
    return ",".join(map(str, house.deals[:number]))


def stages(house):
    with house.database.reading() as work:
        settings = directory(work)
        return [settings.stages[row.stage_id].key for row in work.rows(deal.select().order_by(deal.c.id))]


def every(house):
    with house.database.reading() as work:
        return [one.one for one in mass_actions(work, viewer=EVERYTHING)[0]]


class TestTheForm:
    def test_it_says_how_many_and_what_there_is_to_choose(self, sales):
        page = sales.client("boss").post(
            "/mass-actions/new", {"kind": "deal", "what": "stage", "chosen": chosen(sales)}, headers=HTMX
        )

        assert "Change the stage 5 deals" in words(page)
        assert 'value="wholesale:talks"' in page.text
        assert "<html" not in page.text

    @pytest.mark.parametrize(
        "what", ["stage", "owner", "tag", "untag", "field", "close", "recall", "plan", "start", "stop", "archive", ""]
    )
    def test_every_action_has_one_also_as_a_page(self, sales, what):
        with_funnel(sales)
        page = sales.client("root").get(
            "/mass-actions/new", query_string={"kind": "deal", "what": what, "within": "wholesale"}
        )

        assert (page.status_code, "<html" in page.text) == (200, True)
        assert "5 deals" in words(page)

    def test_a_look_says_what_cannot_be_done_and_why(self, sales):
        with sales.database.work() as work:
            move_deals(work, [Move(sales.deals[0], "talks")], by=SYSTEM)
        given = {"kind": "deal", "what": "stage", "chosen": f"{chosen(sales)},987654321", "stage": "wholesale:talks"}

        look = words(sales.client("boss").post("/mass-actions/look", given))

        assert "can be done: 4 cannot: 1 1 it is so already 1 not there any more, or not yours to see" in look
        assert "Deal 0 · Deal 1 · Deal 2" in look
        assert (every(sales), stages(sales).count("talks")) == ([], 1)

    def test_a_field_is_asked_for_as_its_type_wants(self, sales):
        given = {"kind": "lead", "what": "field", "field": "status"}
        page = sales.client("root").post("/mass-actions/new", given, headers=HTMX)

        assert 'value="quality"' in page.text

    def test_the_archive_is_a_list_whose_records_are_taken_out_of_it(self, sales):
        client = sales.client("boss")
        asked(client, what="archive", chosen=chosen(sales, 2))
        on_board = client.get("/boards/wholesale?archived_at=*")
        assert on_board.location == "/boards/wholesale/list?archived_at=*"
        for path in ("/deals", "/boards/wholesale/list"):
            page = client.get(f"{path}?archived_at=*")
            assert re.findall(r'data-act="(\w+)"', page.text) == ["restore"]
            assert sorted(re.findall(r'id="row-(\d+)"', page.text)) == [str(one) for one in sales.deals[:2]]
            assert ("data-edit" in page.text, ">2 deals" in page.text) == (False, True)
        assert 'data-act="archive"' in client.get("/deals").text
        assert 'data-act="restore"' not in client.get("/deals?archived_at=-").text
        form = client.post(
            "/mass-actions/new", {"kind": "deal", "what": "restore", "query": "archived_at=*"}, headers=HTMX
        )
        assert "Restore 2 deals" in words(form)
        assert "can be done: 2" in words(form)

        answer = asked(client, what="restore", query="archived_at=*", stage="")

        assert (answer.status_code, every(sales)[0].done) == (204, 2)
        assert "No deals fit" in words(client.get("/deals?archived_at=*"))

    def test_nobody_is_offered_what_he_may_not_do(self, sales):
        assert "data-act" not in sales.client("ann").get("/boards/wholesale").text
        offered = sales.client("mark").get("/leads").text
        assert 'data-act="tag"' in offered
        assert 'data-act="owner"' not in offered
        assert 'data-act="recall"' in sales.client("boss").get("/boards/wholesale/list").text


class TestDoing:
    def test_few_are_done_at_once_with_an_undo(self, sales):
        client = sales.client("boss")
        answer = asked(client, chosen=chosen(sales))

        assert (answer.status_code, set(stages(sales))) == (204, {"talks"})
        [one] = every(sales)
        assert f'"/mass-actions/{one.id}/undo"' in answer.headers["HX-Trigger"]
        assert "records-changed" in answer.headers["HX-Trigger"]

        back = client.post(f"/mass-actions/{one.id}/undo", headers=HTMX)
        assert (back.status_code, set(stages(sales)), every(sales)[0].state) == (204, {"new"}, "undone")

    def test_what_was_not_done_is_said_and_leads_to_the_records(self, sales):
        client = sales.client("boss")
        answer = asked(client, what="close", how="lost", reason="dear", chosen=f"{chosen(sales)},987654321")

        assert "5 of 6 done · left out: 1 Which, and why Undo Close" in words(answer)
        page = words(client.get(f"/mass-actions/{every(sales)[0].id}?outcome=skipped"))
        assert "Deal 987654321 there is no deal 987654321" in page

    def test_all_that_the_list_shows_are_meant_and_no_more(self, sales):
        answer = asked(sales.client("boss"), within="wholesale", query="owner=bob&sort=title")

        assert (answer.status_code, stages(sales)) == (204, [*["new"] * 3, "talks", "talks"])

    def test_many_are_left_to_a_worker_and_watched(self, sales):
        client = sales.client("boss")
        ids = ",".join(map(str, [*sales.deals, *range(10**6, 10**6 + AT_ONCE)]))
        answer = asked(client, chosen=ids)
        address = answer.headers["HX-Redirect"]
        assert "Under way" in words(client.get(address))
        assert 'hx-trigger="every 1s"' in client.get(address).text

        do_mass_actions(sales.database)

        page = client.get(address)
        assert "every 1s" not in page.text
        assert f"5 of {AT_ONCE + 5} done · left out: {AT_ONCE}" in words(page)
        table = list(csv.reader(io.StringIO(client.get(f"{address}/records.csv?outcome=done").text.lstrip("\ufeff"))))
        assert [row[1] for row in table[1:]] == ["Deal 0", "Deal 1", "Deal 2", "Bob's 0", "Bob's 1"]

    def test_without_scripts_it_leads_to_its_page_where_it_is_taken_back(self, sales):
        client = sales.client("boss")
        answer = client.post(
            "/mass-actions", {"kind": "deal", "what": "tag", "tags": "VIP, spring", "chosen": chosen(sales)}
        )
        page = client.get(answer.location)
        assert "Take 5 back" in words(page)

        back = client.post(f"{answer.location}/undo")

        assert "taken back: 5" in words(client.get(back.location))

    @pytest.mark.parametrize(
        ("wrong", "why"),
        [
            ({"stage": ""}, "Choose a stage."),
            ({"stage": "wholesale:closed_lost"}, "Say why they are lost."),
            ({"stage": "wholesale:nowhere"}, "nowhere"),
            ({"what": "dance"}, "Choose what is to be done."),
            ({"chosen": "1,x"}, "cannot be read"),
            ({"chosen": "", "query": "budget=5"}, "budget"),
            ({"chosen": "", "within": "nowhere"}, "nowhere"),
            ({"chosen": "", "within": "wholesale", "query": "owner=cid"}, "Nobody is meant"),
        ],
    )
    def test_what_cannot_be_is_refused_beside_the_form(self, sales, wrong, why):
        answer = asked(sales.client("boss"), **{"chosen": chosen(sales), **wrong})

        assert (answer.status_code, answer.headers["HX-Reswap"]) == (422, "outerHTML")
        assert why in words(answer)
        assert (every(sales), set(stages(sales))) == ([], {"new"})

    def test_hidden_deals_are_not_touched(self, sales):
        with sales.database.work() as work:
            [hidden] = opened_for_root(work)
        sales.deals.append(hidden)
        asked(sales.client("boss"), chosen=chosen(sales, 6))

        assert stages(sales) == [*["talks"] * 5, "new"]

    def test_leads_get_deals_owners_and_fields(self, sales):
        with sales.database.work() as work:
            ids = [
                answer.ids[0]
                for answer in record_leads(work, [NewLead(f"Lead {one}", source="ads") for one in range(3)], by=SYSTEM)
            ]
        client = sales.client("root")
        for form in (
            {"what": "plan", "plan": "wholesale:new"}, {"what": "owner", "owner": "~wholesale"},
            {"what": "field", "field": "status", "value": "quality"},
        ):  # fmt: skip
            answer = client.post("/mass-actions", {"kind": "lead", "query": "source=ads", **form}, headers=HTMX)
            assert answer.status_code == 204, words(answer)
        with sales.database.reading() as work:
            rows = work.rows(lead.select().where(lead.c.id.in_(ids)))
        assert {(row.status, row.owner_id is not None) for row in rows} == {("quality", True)}
        assert len(stages(sales)) == 8


def opened_for_root(work):
    [person] = persons_of(work, [()])
    new = NewDeal(person, "wholesale", title="Hidden", owner_id=directory(work).user("root").id)
    return [answer.ids[0] for answer in open_deals(work, [new], by=SYSTEM)]


def test_the_list_says_what_was_done_to_whom(sales):
    asked(sales.client("boss"), chosen=chosen(sales))
    asked(sales.client("root"), what="owner", owner="~", within="wholesale", query="owner=bob")

    page = words(sales.client("root").get("/mass-actions"))

    assert "Change the owner by the distribution of their plans № 2" in page
    assert "Change the stage to the stage “Talks” № 1 chosen deals finished 5 of 5 done" in page
    assert "№ 2" not in words(sales.client("boss").get("/mass-actions"))


def test_pages_take_as_many_statements_for_many_records_as_for_few(sales):
    client = sales.client("boss")
    asked(client, what="tag", tags="few", chosen=chosen(sales, 2))
    few = statements(sales, lambda: client.get("/mass-actions/1"))
    sales.deals += opened(sales, 40)
    asked(client, what="tag", tags="many", chosen=chosen(sales, 45))

    assert statements(sales, lambda: client.get("/mass-actions/2")) == few


BODY = {"kind": "deal", "action": {"action": "stage", "stage": "talks"}}


class TestTheApi:
    def test_one_is_looked_at_asked_for_watched_and_taken_back(self, sales):
        program = Program(sales)
        body = {**BODY, "ids": sales.deals}
        look = program.post("/mass-actions", {**body, "dry_run": True})
        assert (look.status_code, look.json["audience"], look.json["first"][0]) == (200, 5, "Deal 0")

        made = program.post("/mass-actions", body)
        assert (made.status_code, made.json["state"]) == (201, "running")
        do_mass_actions(sales.database)
        path = f"/mass-actions/{made.json['id']}"
        assert (program.get(path).json["state"], program.get(path).json["done"], set(stages(sales))) == (
            "finished",
            5,
            {"talks"},
        )
        records = program.get(f"{path}/records?limit=2").json
        assert [one["outcome"] for one in records["records"]] == ["done", "done"]
        assert records["next"] == sales.deals[1]

        assert program.post(f"{path}/undo").json["state"] == "undoing"
        do_mass_actions(sales.database)
        assert (program.get("/mass-actions").json["mass_actions"][0]["undone"], set(stages(sales))) == (5, {"new"})

    @pytest.mark.parametrize(
        "wrong",
        [
            {"action": {"action": "dance"}},
            {"action": {}},
            {"action": {"action": "stage"}},
            {"condition": {"op": "x"}},
            {"ids": [0]},
        ],
    )
    def test_what_cannot_be_is_refused(self, sales, wrong):
        assert Program(sales).post("/mass-actions", {**BODY, **wrong}).status_code == 422
        assert every(sales) == []


class TestFiles:
    """Exactly what is chosen is written into a file."""

    def rows(self, answer):
        assert answer.status_code == 200, words(answer)
        return list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))

    def test_deals_are_written_as_they_were_chosen_and_nothing_is_computed(self, sales):
        with sales.database.work() as work:
            work.execute(deal.update().where(deal.c.id == sales.deals[0]).values(title="=1+1"))
        picked = f"{sales.deals[2]},{sales.deals[0]},{sales.deals[3]},987654321"
        given = {"chosen": picked, "within": "wholesale", "query": "sort=title"}
        client = sales.client("boss")

        table = self.rows(client.post("/chosen/deal.csv", given))
        with client.post("/chosen/deal.xlsx", given) as answer:
            sheet = list(load_workbook(io.BytesIO(answer.data)).active.iter_rows())

        assert [row[:2] for row in table] == [
            ["Number", "Deal"], [str(sales.deals[2]), "Deal 2"], [str(sales.deals[0]), "'=1+1"], [str(sales.deals[3]), "Bob's 0"],
        ]  # fmt: skip
        assert [row[0].value for row in sheet[1:]] == [sales.deals[2], sales.deals[0], sales.deals[3]]
        assert (sheet[2][1].value, sheet[2][1].data_type) == ("=1+1", "s")
        assert exported(sales) == [{"what": "deals", "rows": 3}] * 2

    def test_all_that_a_list_shows_are_written_where_none_is_chosen(self, sales):
        with sales.database.work() as work:
            record_leads(work, [NewLead(f"Lead {one}", source="=ads") for one in range(3)], by=SYSTEM)
            record_leads(work, [NewLead("Other", source="fair")], by=SYSTEM)
        client = sales.client("boss")

        deals = self.rows(client.post("/chosen/deal.csv", {"within": "wholesale", "query": "owner=bob&sort=title"}))
        leads = self.rows(client.post("/chosen/lead.csv", {"query": "source=%3Dads&sort=title"}))
        one = self.rows(client.post("/chosen/lead.csv", {"chosen": leads[2][0]}))

        assert [row[1] for row in deals[1:]] == ["Bob's 0", "Bob's 1"]
        assert [row[1] for row in leads] == ["Lead", "Lead 0", "Lead 1", "Lead 2"]
        assert one[1] == leads[2]
        assert leads[1][6] == "'=ads"
        assert exported(sales)[1:] == [{"what": "leads", "rows": 3}, {"what": "leads", "rows": 1}]

    def test_what_is_hidden_or_in_the_archive_is_in_no_file(self, sales):
        with sales.database.work() as work:
            [hidden] = opened_for_root(work)
        client = sales.client("boss")
        asked(client, what="archive", chosen=chosen(sales, 1))
        given = {"chosen": f"{chosen(sales, 2)},{hidden}"}

        assert [row[1] for row in self.rows(client.post("/chosen/deal.csv", given))[1:]] == ["Deal 1"]
        archived = self.rows(client.post("/chosen/deal.csv", {**given, "query": "archived_at=*"}))
        assert [row[1] for row in archived[1:]] == ["Deal 0", "Deal 1"]

    def test_who_may_not_export_is_refused_and_offered_nothing(self, sales):
        client = sales.client("ann")

        assert client.post("/chosen/deal.csv", {"chosen": chosen(sales)}).status_code == 403
        assert "data-file" not in client.get("/deals").text
        assert 'data-file="/chosen/deal.xlsx"' in sales.client("boss").get("/deals").text
        assert sales.client("boss").post("/chosen/task.csv", {"chosen": "1"}).status_code == 404
        assert sales.client("boss").post("/chosen/deal.csv", {"chosen": "1,x"}).status_code == 422
