"""An import in a real Chromium: the file, its columns, its progress, the board, and how it goes again."""

import threading
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from crm.access.actor import EVERYTHING, SYSTEM
from crm.deals.board import board
from crm.importing.users import import_users
from crm.settings.plans import NewPlan, create_plan
from crm.tables.importing import import_record
from crm.tables.records import company, deal, deal_product, person
from funnels.doctor import examine
from tests.crm.importing.running import count
from tests.web.test_imports import STAGES
from workers.imports import do_imports, imports_due
from workers.lookout import Lookout


@pytest.fixture
def worker(small_house):
    """Somebody who carries imports out as they are asked for, while his ``may_work`` is set."""
    may_work = threading.Event()
    may_work.set()

    def work():
        if may_work.wait(0.1):
            do_imports(small_house.database, worker="test", until=lambda: lookout.is_stopping)

    lookout = Lookout(
        small_house.database,
        work,
        due=imports_due,
        sweeps=False,
    )
    lookout.start()
    yield SimpleNamespace(may_work=may_work)
    lookout.stop()


@pytest.mark.first
def test_real_deals_are_sent_assigned_imported_and_undone(small_house, page_of, axe, worker, data_dir):
    folder = data_dir / "maven_crm_sales"
    with small_house.database.work() as work:
        create_plan(work, NewPlan("Computers", STAGES, currency="USD"), by=SYSTEM)
        import_users(work, folder / "sales_teams.csv", by=SYSTEM, plan="computers")
    page = page_of(small_house, "root", "/import")

    page.get_by_role("link", name="New import").first.click()
    page.set_input_files("[name=file]", folder / "sales_pipeline.csv")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("select[name=c1]")).to_have_value("deal.external_id")
    assert axe(page) == []
    page.locator("#f-plan").select_option(label="Computers")
    page.get_by_role("button", name="On to the values").click()
    page.get_by_role("radio", name="They start no funnel").check()
    assert axe(page) == []
    worker.may_work.clear()
    page.get_by_role("button", name="Import now").click()
    page.get_by_role("progressbar").wait_for()
    worker.may_work.set()
    page.get_by_role("heading", name="Imported").wait_for()
    assert page.locator(".tally dd").all_inner_texts() == ["8,800", "8,800", "0", "0"]
    assert axe(page) == []

    with small_house.database.reading() as work:
        tallies = {one.name: one.tally for one in board(work, "computers", viewer=EVERYTHING).columns}
    assert [tallies[name].deals for name in ("Prospecting", "Engaging", "Won", "Lost")] == [500, 1_589, 4_238, 2_473]
    assert tallies["Won"].sums == {"USD": 1_000_553_400}

    page.get_by_role("link", name="Undo").click()
    page.get_by_role("button", name="Undo the import").wait_for()
    assert axe(page) == []
    page.get_by_role("button", name="Undo the import").click()
    page.get_by_role("heading", name="Undone", exact=True).wait_for()
    assert [count(small_house.database, table) for table in (deal, deal_product, company, person, import_record)] == [
        0
    ] * 5
    with small_house.database.reading() as work:
        assert not any(one.tally.deals for one in board(work, "computers", viewer=EVERYTHING).columns)
        assert examine(work, deep=True) == ()
