"""Eight thousand real deals: the board and the reports say what a script says that reads nothing but the files."""

import csv
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from crm.access.actor import EVERYTHING, SYSTEM
from crm.deals.board import board
from crm.directory import directory
from crm.importing.answers import Target
from crm.importing.mapping import load_mapping
from crm.importing.run import Import, run_import
from crm.importing.users import import_users
from crm.reports.asked import Asked
from crm.reports.reporting import report
from crm.settings.organization import NewOrganization, set_up
from crm.settings.plans import NewPlan, create_plan
from crm.settings.stage_rules import NewStage
from db.database import Database

MAPPING = Path(__file__).parents[1] / "crm" / "importing" / "maven.yaml"
STAGES = (NewStage("Prospecting"), NewStage("Engaging"), NewStage("Won", "won"), NewStage("Lost", "lost"))


@pytest.fixture
def database(database_url, data_dir):
    """The company of the files: its people, and its deals on one plan."""
    made = Database(database_url)
    folder = data_dir / "maven_crm_sales"
    with made.work() as work:
        set_up(work, NewOrganization("Computers", zone="UTC", currency="USD"))
        create_plan(work, NewPlan("Computers", STAGES, currency="USD"), by=SYSTEM)
        import_users(work, folder / "sales_teams.csv", by=SYSTEM, plan="computers")
    target, mapping = Target(plan="computers"), load_mapping(MAPPING, kind="deals")
    run_import(made, Import("deals", folder / "sales_pipeline.csv", mapping, target), by=SYSTEM)
    yield made
    made.close()


@pytest.fixture
def expected(data_dir):
    """Won, lost and the sum won by agent, by supervisor and by product, counted with nothing but the standard library."""
    folder = data_dir / "maven_crm_sales"
    with (folder / "sales_teams.csv").open(encoding="utf-8", newline="") as file:
        teams = {row["sales_agent"]: row["manager"] for row in csv.DictReader(file)}
    found = {kind: defaultdict(Counter) for kind in ("owner", "supervisor", "product")}
    with (folder / "sales_pipeline.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["deal_stage"] not in ("Won", "Lost"):
                continue
            agent = row["sales_agent"]
            product = row["product"].replace("GTXPro", "GTX Pro")
            for kind, name in (("owner", agent), ("supervisor", teams[agent]), ("product", product)):
                found[kind][name][row["deal_stage"]] += 1
                if row["deal_stage"] == "Won":
                    found[kind][name]["sum"] += int(row["close_value"])
    return found


@pytest.fixture
def stood(data_dir):
    """Deals and their sum in cents, by stage and by agent, counted with nothing but the standard library."""
    found = {kind: defaultdict(Counter) for kind in ("stage", "agent")}
    with (data_dir / "maven_crm_sales" / "sales_pipeline.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for kind, name in (("stage", row["deal_stage"]), ("agent", row["sales_agent"])):
                found[kind][name]["deals"] += 1
                found[kind][name]["sum"] += int(row["close_value"] or 0) * 100
    return found


def figures(tally):
    return {"deals": tally.deals, "sum": tally.sums.get("USD", 0)}


def test_the_board_and_the_reports_say_what_the_files_say(database, expected, stood):
    with database.reading() as work:
        shown = board(work, "computers", viewer=EVERYTHING)
        columns = {one.name: one.tally for one in shown.columns}
        rows = {one.name: one.tally for one in shown.managers if one.tally.deals}
        assert len(directory(work).users) >= 41
        found = {
            (kind, period): report(work, Asked(type="sales", groups=(kind,), **period_of(period)), viewer=EVERYTHING)
            for kind in expected
            for period in ("all", "chosen")
        }

    deals = {name: tally.deals for name, tally in columns.items() if tally.deals}
    assert deals == {"Prospecting": 500, "Engaging": 1_589, "Won": 4_238, "Lost": 2_473}
    assert columns["Won"].sums == {"USD": 1_000_553_400}
    assert {name: figures(columns[name]) for name in deals} == stood["stage"]
    assert {name: figures(tally) for name, tally in rows.items()} == stood["agent"]
    assert figures(shown.total) == {"deals": 8_800, "sum": 1_000_553_400}
    for (kind, _), one in found.items():
        [table] = one.tables
        places = [table.column(key) for key in ("won", "lost", "won_share", "won_sum")]
        said = {line.names[0]: tuple(line.cells[place].value for place in places) for line in table.lines}
        assert said == {
            name: (
                counts["Won"],
                counts["Lost"],
                counts["Won"] / (counts["Won"] + counts["Lost"]),
                {"USD": counts["sum"] * 100},
            )
            for name, counts in expected[kind].items()
        }
        assert table.total is not None
        assert [table.total.cells[place].value for place in places[:2]] == [4_238, 2_473]
    assert [len(one) for one in expected.values()] == [30, 6, 7]


def period_of(period):
    """All time, which is answered from kept counts; and a stretch that holds all of it, which is not."""
    return {"period": "all"} if period == "all" else {"period": "chosen", "since": "2016-01-01", "until": "2018-12-31"}
