"""Imports through the pages: a file is sent, assigned, tried, written and undone."""

import re

import pytest
from sqlalchemy import func, select

from crm.access.actor import EVERYTHING, SYSTEM
from crm.deals.board import board
from crm.directory import directory
from crm.importing.orders import find_order
from crm.importing.users import import_users
from crm.settings.plans import NewPlan, create_plan
from crm.settings.stage_rules import NewStage
from crm.tables.importing import import_order
from crm.tables.records import deal, lead
from funnels.doctor import examine
from tests.crm.importing.running import count, rows
from tests.crm.importing.test_known_headers import FILES
from tests.crm.importing.workbooks import row, text, value, write_workbook
from web.site import Limits
from workers.imports import do_imports

STAGES = (NewStage("Prospecting"), NewStage("Engaging"), NewStage("Won", "won"), NewStage("Lost", "lost"))
DEALS = (
    "id,title,stage,amount,owner,close date,contact,phone\n"
    '1,One,New,10.50,Ann,31.01.2026,"Ганна Є",+380501112233\n'
    "2,Two,Negotiation,20,Nobody Known,,Bob,+380501112244\n"
    "3,Three,Talks,=cmd(),Ann,,Cid,\n"
)


def post_file(client, content, kind="deals", name="table.csv"):
    """Send a file as a browser does."""
    head = f'--x\r\nContent-Disposition: form-data; name="kind"\r\n\r\n{kind}\r\n--x\r\n'
    head += f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    data = content.encode() if isinstance(content, str) else content
    return client.post(
        "/import/new", head.encode() + data + b"\r\n--x--\r\n", content_type="multipart/form-data; boundary=x"
    )


def send(client, content, kind="deals", name="table.csv"):
    """Send a file and return the address of its import."""
    answer = post_file(client, content, kind, name)
    assert answer.status_code == 303, answer.text
    return answer.location.removesuffix("/columns")


def picked(page):
    """What the selects of a page stand at, by name."""
    found = {}
    for name, body in re.findall(r'<select id="[^"]*" name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected', body)
        first = re.search(r'<option value="([^"]*)"', body)
        found[name] = chosen[1] if chosen else first[1] if first else ""
    return found


def assign(client, address, **other):
    answer = client.post(
        f"{address}/columns", picked(client.get(f"{address}/columns").text) | {"action": "next"} | other
    )
    assert answer.status_code == 303, answer.text
    return client.get(f"{address}/values").text


def work(house):
    return do_imports(house.database, worker="test")


def order_at(house, address):
    with house.database.reading() as work:
        return find_order(work, int(address.rpartition("/")[2]), viewer=EVERYTHING)


def test_a_file_goes_all_the_way_and_back(house):
    client = house.client("root")
    assert "Bring your leads and deals along" in client.get("/import").text
    address = send(client, DEALS)
    page = assign(client, address, plan="wholesale")
    assert "Negotiation" in page
    assert "Nobody Known" in page

    chosen = picked(page) | {"stage-1": "Talks", "owner-1": "-", "action": "check"}
    names = {text: name for name, text in re.findall(r'<label for="((?:stage|owner)-\d)">([^<]+)</label>', page)}
    chosen |= {names["Negotiation"]: "Talks", names["Nobody Known"]: "-"}
    assert client.post(f"{address}/values", chosen).status_code == 303
    assert 'hx-trigger="every 1s"' in client.get(address).text
    part = client.get("/import", headers={"HX-Request": "true"})
    assert (part.status_code, "being tried" in part.text, "<html" in part.text) == (200, True, False)
    assert "<html" not in client.get(f"{address}/progress", headers={"HX-Request": "true"}).text
    work(house)
    page = client.get(address).text
    assert "This would happen" in page
    assert "=cmd()" in page
    assert count(house.database, deal) == 0

    client.post(f"{address}/start")
    work(house)
    page = client.get(address).text
    assert "Imported" in page
    order = order_at(house, address)
    assert (order.created, order.rejected) == (2, 1)
    with house.database.reading() as reading:
        stages = directory(reading).stages
        assert {one.title: (stages[one.stage_id].key, one.amount) for one in rows(house.database, deal)} == {
            "One": ("new", 1050), "Two": ("talks", 2000),
        }  # fmt: skip

    errors = client.get(f"/import/jobs/{order.job_id}/rejected.csv")
    assert errors.mimetype == "text/csv"
    assert errors.text.splitlines()[1].startswith("4,")
    assert ",'=cmd()," in errors.text
    assert "One" in client.get(f"/import/jobs/{order.job_id}/records").text

    page = client.get(f"/import/jobs/{order.job_id}/undo").text
    assert "This is removed again" in page
    assert client.post(f"/import/jobs/{order.job_id}/undo").status_code == 303
    assert 'hx-trigger="every 1s"' in client.get(f"/import/jobs/{order.job_id}/undo").text
    work(house)
    assert "Undone" in client.get(f"/import/jobs/{order.job_id}/undo").text
    assert count(house.database, deal) == 0
    assert "undone" in client.get("/import").text


def test_real_deals_come_by_the_pages_and_go_without_a_trace(small_house, data_dir):
    folder = data_dir / "maven_crm_sales"
    with small_house.database.work() as writing:
        create_plan(writing, NewPlan("Computers", STAGES, currency="USD"), by=SYSTEM)
        import_users(writing, folder / "sales_teams.csv", by=SYSTEM, plan="computers")
    client = small_house.client("root")

    address = send(client, (folder / "sales_pipeline.csv").read_bytes(), name="sales_pipeline.csv")
    page = assign(client, address, plan="computers")
    assert "unknown" not in page
    client.post(f"{address}/values", picked(page) | {"action": "import", "funnels": "none"})
    work(small_house)

    order = order_at(small_house, address)
    assert (order.state, order.read, order.created, order.rejected) == ("finished", 8_800, 8_800, 0)
    with small_house.database.reading() as reading:
        columns = {one.name: one.tally for one in board(reading, "computers", viewer=EVERYTHING).columns}
    assert {name: one.deals for name, one in columns.items() if one.deals} == {
        "Prospecting": 500, "Engaging": 1_589, "Won": 4_238, "Lost": 2_473,
    }  # fmt: skip
    assert columns["Won"].sums == {"USD": 1_000_553_400}

    client.post(f"/import/jobs/{order.job_id}/undo")
    work(small_house)
    with small_house.database.reading() as reading:
        assert not any(one.tally.deals for one in board(reading, "computers", viewer=EVERYTHING).columns)
        assert examine(reading, deep=True) == ()
    assert [
        count(small_house.database, table)
        for table in (deal, deal.metadata.tables["person"], deal.metadata.tables["company"])
    ] == [0, 0, 0]


@pytest.mark.parametrize("name", sorted(FILES))
def test_exports_of_other_systems_come_by_the_pages(small_house, data_dir, name):
    client = small_house.client("root")
    address = send(client, (data_dir / "crm_export_headers" / name).read_bytes(), FILES[name], name)
    page = assign(client, address, plan="wholesale" if FILES[name] == "deals" else "")
    chosen = picked(page)
    chosen |= {one: "wholesale" for one in chosen if one.startswith("plan-")}
    chosen |= {one: chosen[one] or "New" for one in chosen if one.startswith("stage-")}
    client.post(f"{address}/values", chosen | {"action": "import"})
    work(small_house)

    order = order_at(small_house, address)
    assert (order.state, str(order.problem or "")) == ("finished", "")
    expected = {"bitrix24_rest_crm.deal.list.csv": (3, 0), "bitrix_stats_messy_deals.csv": (10, 1)}
    assert (order.created, order.rejected) == expected.get(name, (0, 0))


def test_leads_of_a_workbook_come_by_the_pages(small_house, tmp_path):
    client = small_house.client("root")
    sheets = {
        "Empty": row(1, text("A1", "What")),
        "People": row(1, text("A1", "Name"), text("B1", "Phone"))
        + row(2, text("A2", "Ann"), value("B2", 380501112233)),
    }
    address = send(client, write_workbook(tmp_path / "a.xlsx", sheets).read_bytes(), "leads", "a.xlsx")
    client.post(f"{address}/columns", {"action": "read", "sheet": "People"})
    page = assign(client, address)
    client.post(f"{address}/values", picked(page) | {"action": "import", "tag": "fair"})
    work(small_house)

    assert [(one.name, one.phone) for one in rows(small_house.database, lead)] == [("Ann", "+380501112233")]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "empty"),
        ("a.xlsx", b"PK\x03\x04" + bytes(100), "damaged"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ".xls"),
        ("a.csv", b"%PDF-1.4 and so on", "PDF"),
        ("a.csv", b"\0" * 300, "not a table"),
    ],
)
def test_what_is_no_table_is_refused_beside_the_file(small_house, name, content, words):
    client = small_house.client("root")
    answer = post_file(client, content, name=name)
    assert answer.status_code == 422
    assert words in answer.text
    assert count(small_house.database, import_order) == 0
    assert client.post("/import/new", {"kind": "deals"}, content_type="multipart/form-data").status_code == 422


def test_a_file_that_is_too_large_is_refused(small_house):
    small_house.app.config["MAX_CONTENT_LENGTH"] = Limits().upload_bytes // 64
    client = small_house.client("root")
    answer = post_file(client, bytes(2_000_000))
    assert answer.status_code == 413
    assert count(small_house.database, import_order) == 0


@pytest.mark.parametrize(
    ("content", "created", "rejected"),
    [
        ("id,title\n1,A\n2,B,C,D\n3\n4,D\n", 2, 2),
        (b"id,title\n1,A\n2,\x00B\n", 1, 1),
        ("id;title\n1;Привіт\n2;Сделка\n".encode("cp1251"), 2, 0),
        ("id,title," + ",".join(f"c{n}" for n in range(198)) + "\n1,A" + ",x" * 198 + "\n", 1, 0),
        ("id,title\n1,A\n2," + "x" * 1_200_000 + "\n3,B\n", 2, 1),
    ],
    ids=["ragged", "NUL", "cp1251", "200 columns", "a line too long"],
)
def test_hostile_rows_are_rejected_and_the_others_are_in(small_house, content, created, rejected):
    client = small_house.client("root")
    address = send(client, content)
    page = assign(client, address, plan="wholesale")
    client.post(f"{address}/values", picked(page) | {"action": "import"})
    work(small_house)
    order = order_at(small_house, address)
    assert (order.created, order.rejected) == (created, rejected)


def test_a_file_is_read_in_another_way(small_house):
    client = small_house.client("root")
    address = send(client, "id;title\n1;A,B\n")
    assert "semicolon" in client.get(f"{address}/columns").text
    client.post(f"{address}/columns", {"action": "read", "separator": ",", "header": "no", "encoding": "cp1251"})
    page = client.get(f"{address}/columns").text
    assert "without a heading" in page
    assert "CP1251" in page


def test_two_columns_cannot_go_to_one_place(small_house):
    client = small_house.client("root")
    address = send(client, "id,title,other\n1,A,B\n")
    answer = client.post(f"{address}/columns", {"c2": "deal.title", "c3": "deal.title", "action": "next"})
    assert answer.status_code == 422
    assert "goes to deal.title already" in answer.text
    assert client.post(f"{address}/columns", {"action": "next"}).status_code == 422


def test_deals_need_a_plan_and_an_import_that_came_to_nothing_is_deleted(small_house):
    client = small_house.client("root")
    address = send(client, "id,title\n1,A\n")
    page = assign(client, address, plan="")
    answer = client.post(f"{address}/values", {"action": "import"})
    assert answer.status_code == 422
    assert "Choose the sales plan" in answer.text
    assert page
    assert client.post(f"{address}/forget").status_code == 303
    assert count(small_house.database, import_order) == 0
    assert count(small_house.database, deal.metadata.tables["stored_piece"]) == 0


def test_who_may_not_import_sees_nothing(small_house):
    address = send(small_house.client("root"), DEALS)
    ann = small_house.client("ann")
    for path in ("/import", "/import/new", address, f"{address}/columns", f"{address}/values", "/import/jobs/1/undo"):
        assert ann.get(path).status_code == 403
    assert ann.post("/import/new", {"kind": "deals"}).status_code == 403


def test_the_list_takes_as_many_statements_for_few_as_for_many(small_house, monkeypatch):
    from db.work import Work

    client, counts = small_house.client("root"), []
    send(client, DEALS)
    seen = []
    original = Work.flush
    monkeypatch.setattr(Work, "flush", lambda self: (seen.append(1), original(self))[1])
    for number in (2, 30):
        with small_house.database.work() as writing:
            have = writing.scalar(select(func.count()).select_from(import_order))
            [first] = [dict(one._mapping) for one in writing.rows(select(import_order).limit(1))]
            for id_ in range(have, number):
                writing.execute(import_order.insert().values(**first | {"id": 1000 + id_}))
        seen.clear()
        client.get("/import")
        counts.append(len(seen))
    assert counts[0] == counts[1]
