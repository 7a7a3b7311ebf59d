"""Eight thousand real leads through a funnel: every count reconciles with the file, and a second import adds nothing."""

import csv
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from crm.access.actor import EVERYTHING, SYSTEM
from crm.deals.board import board
from crm.importing.run import Import, run_import
from crm.settings.organization import NewOrganization, set_up
from crm.settings.plans import NewPlan, create_plan
from crm.settings.stage_rules import NewStage
from crm.settings.users import NewUser, add_users
from crm.tables.records import deal, lead, record_tag, task
from db.database import Database
from funnels.doctor import examine
from funnels.publication.publishing import publish, save_draft
from funnels.reading import read
from workers.drain import drain

FUNNEL = (Path(__file__).parent / "olist.yaml").read_text(encoding="utf-8")
STAGES = (NewStage("New"), NewStage("Won", "won"), NewStage("Lost", "lost"))
FRIDAY = datetime(2026, 3, 6, 15, tzinfo=ZoneInfo("America/Sao_Paulo")).astimezone(UTC)
PAID, UNKNOWN, OTHER = 3054, 1159, 3787


@pytest.fixture
def sellers(data_dir):
    """The sales representatives of the file of closed deals."""
    with (data_dir / "olist" / "closed_deals.csv").open(encoding="utf-8", newline="") as file:
        return sorted({row["sr_id"] for row in csv.DictReader(file)})


@pytest.fixture
def database(database_url, sellers):
    """The company: two plans, each evenly for all sellers, and the funnel."""
    database = Database(database_url, clock=lambda: FRIDAY)
    with database.work() as work:
        set_up(work, NewOrganization("Marketplace", zone="America/Sao_Paulo", currency="BRL"))
        add_users(work, [NewUser(f"sr{number}", name) for number, name in enumerate(sellers)], by=SYSTEM)
        logins = tuple(f"sr{number}" for number in range(len(sellers)))
        for key in ("paid", "other"):
            create_plan(work, NewPlan(key, STAGES, key=key, distribution="even", managers=logins), by=SYSTEM)
        document = read(FUNNEL)
        save_draft(work, document, by=SYSTEM)
        publish(work, document.key, by=SYSTEM)
    yield database
    database.close()


def test_leads_go_where_their_origin_says(database, data_dir, sellers):
    job = Import("leads", data_dir / "olist" / "marketing_qualified_leads.csv")

    first = run_import(database, job, by=SYSTEM)
    drain(database)
    second = run_import(database, job, by=SYSTEM)
    drain(database)

    assert (first.read, first.created, first.updated, first.rejected) == (8000, 8000, 0, 0)
    assert (second.read, second.created, second.updated, second.rejected) == (8000, 0, 0, 0)
    with database.work() as work:
        boards = {key: board(work, key, viewer=EVERYTHING) for key in ("paid", "other")}
        rows = {
            table.name: work.scalar(select(func.count()).select_from(table)) for table in (lead, deal, task, record_tag)
        }
        shares = work.rows(
            select(deal.c.plan_id, deal.c.owner_id, func.count()).group_by(deal.c.plan_id, deal.c.owner_id)
        )
        assert examine(work, deep=True) == ()
    assert {key: one.columns[0].tally.deals for key, one in boards.items()} == {"paid": PAID, "other": OTHER}
    assert rows == {"lead": 8000, "deal": PAID + OTHER, "task": PAID + OTHER, "record_tag": UNKNOWN}
    assert sorted(Counter(deals for _, _, deals in shares).items()) == [(138, 4), (139, 18), (172, 19), (173, 3)]
    assert len(sellers) == 22


def test_a_task_is_due_in_one_working_day(database, data_dir):
    run_import(database, Import("leads", data_dir / "olist" / "marketing_qualified_leads.csv"), by=SYSTEM)

    drain(database, limit=1000)

    with database.reading() as work:
        dues = work.rows(select(task.c.due_wall, func.count()).group_by(task.c.due_wall))
    assert [tuple(row) for row in dues] == [("2026-03-09T15:00", PAID + OTHER)]
