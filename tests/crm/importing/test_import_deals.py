"""Deals of a file become deals with all that hangs on them, once."""

from pathlib import Path

import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.directory import directory
from crm.importing.mapping import load_mapping
from crm.importing.users import import_users
from crm.settings.directories import NewLossReason, add_loss_reasons
from crm.settings.plans import NewPlan, create_plan
from crm.settings.stage_rules import NewStage
from crm.tables.importing import import_job
from crm.tables.records import comment, company, contact, deal, deal_product, person, record_tag
from crm.tables.settings import product, user_account
from tests.crm.importing.running import count, counts, reasons, recount_by_stage, rows, run, totals_by_stage

MAVEN_MAP = Path(__file__).parent / "maven.yaml"
STAGES = (NewStage("Prospecting"), NewStage("Engaging"), NewStage("Won", "won"), NewStage("Lost", "lost"))
HEAD = "id,title,stage,amount,owner,created at,close date,company,contact,phone,product,tags,comment,lost reason\n"


@pytest.fixture
def maven(database):
    """The company with the plan of the real data."""
    with database.work() as work:
        create_plan(work, NewPlan("Computers", STAGES, currency="USD"), by=SYSTEM)
    return database


def test_real_deals_reconcile_with_their_file(maven, data_dir):
    folder = data_dir / "maven_crm_sales"
    with maven.work() as work:
        team = import_users(work, folder / "sales_teams.csv", by=SYSTEM, plan="computers")
    mapping = load_mapping(MAVEN_MAP, kind="deals")

    first = run(maven, "deals", folder / "sales_pipeline.csv", mapping=mapping, plan="computers")
    second = run(maven, "deals", folder / "sales_pipeline.csv", mapping=mapping, plan="computers")

    assert (team.read, team.created, team.rejected) == (35, 41, 0)
    assert (counts(first), counts(second)) == ((8_800, 8_800, 0, 0), (8_800, 0, 0, 0))
    totals = totals_by_stage(maven)
    assert {name: deals for name, (deals, _) in totals.items()} == {
        "Prospecting": 500, "Engaging": 1_589, "Won": 4_238, "Lost": 2_473,
    }  # fmt: skip
    assert totals["Won"][1] == 1_000_553_400
    assert totals == recount_by_stage(maven)
    assert {row.name for row in rows(maven, product)} >= {"GTX Pro"}
    assert "GTXPro" not in {row.name for row in rows(maven, product)}
    assert [count(maven, table) for table in (company, product, deal_product)] == [85, 7, 8_800]


def test_real_agents_stand_under_their_managers(maven, data_dir):
    with maven.work() as work:
        import_users(work, data_dir / "maven_crm_sales" / "sales_teams.csv", by=SYSTEM)
        again = import_users(work, data_dir / "maven_crm_sales" / "sales_teams.csv", by=SYSTEM)

    with maven.reading() as work:
        settings = directory(work)
        moses = settings.user("moses.frase")
    assert (again.created, again.updated, again.rejected) == (0, 0, 0)
    assert (moses.name, moses.role) == ("Moses Frase", "manager")
    assert settings.users[moses.supervisor_id].name == "Dustin Brinkmann"
    assert sum(user.role == "supervisor" for user in settings.users.values()) == 6 + 1


def test_all_that_a_row_tells_is_kept(database, write):
    text = HEAD + (
        "D1,Big one,Talks,1500.50,ann,2026-01-05 10:00,,Acme,Eve Dow,+380501234567,Desk,\"a, b\",Hurry,\n"
        "D2,,won,200,BOB,2026-01-05,2026-02-01,acme,Eve Dow,+380501234567,Chair,,,\n"
        "D3,,closed - lost,,,,2026-02-02,,,,,,,Too expensive\n"
    ).replace("closed - lost", '"Closed, lost"')  # fmt: skip

    report = run(database, "deals", write(text), plan="wholesale")

    assert (counts(report), reasons(database, report)) == ((3, 3, 0, 0), [])
    one, two, three = sorted(rows(database, deal), key=lambda row: row.external_id)
    assert (one.title, one.amount, one.currency, one.state) == ("Big one", 150_050, "UAH", 0)
    assert (two.title, two.amount, two.state) == ("acme · Chair", 20_000, 1)
    assert (one.company_id, one.contact_id, one.person_id) == (two.company_id, two.contact_id, two.person_id)
    assert f"{one.created_at:%Y-%m-%d %H:%M}" == "2026-01-05 08:00"
    assert f"{two.closed_at:%Y-%m-%d %H:%M}" == "2026-01-31 22:00"
    assert (three.state, three.owner_id, three.created_at) == (2, None, three.closed_at)
    assert [count(database, table) for table in (contact, company, record_tag, comment)] == [1, 1, 2, 2]
    assert sorted((row.name, row.price) for row in rows(database, deal_product)) == [
        ("Chair", 20_000),
        ("Desk", 150_050),
    ]
    assert totals_by_stage(database) == recount_by_stage(database)


def test_a_known_reason_of_refusal_is_stored(database, write):
    with database.work() as work:
        add_loss_reasons(work, [NewLossReason("Too expensive")], by=SYSTEM)

    run(database, "deals", write("id,stage,lost reason\nD1,lost,too Expensive\n"), plan="wholesale")

    assert rows(database, deal)[0].loss_reason_id is not None
    assert count(database, comment) == 0


def test_a_newer_file_changes_and_moves_deals(database, write):
    run(
        database,
        "deals",
        write("id,stage,amount,owner,product\nD1,New,100,ann,Desk\nD2,New,100,ann,Desk\n"),
        plan="wholesale",
    )

    newer = write("id,stage,amount,owner,product,close date\nD1,won,150,bob,Chair,2026-03-01\nD2,New,100,ann,Desk,\n")
    report = run(database, "deals", newer, plan="wholesale")

    assert counts(report) == (2, 0, 1, 0)
    one = next(row for row in rows(database, deal) if row.external_id == "D1")
    assert (one.amount, one.state, f"{one.closed_at:%d.%m}") == (15_000, 1, "28.02")
    assert sorted(row.name for row in rows(database, deal_product)) == ["Chair", "Desk"]
    assert totals_by_stage(database) == recount_by_stage(database)


def test_an_id_twice_in_a_file_is_one_deal(database, write):
    report = run(database, "deals", write("id,amount\nD1,100\nD1,120\nD1,120\n"), plan="wholesale")

    assert counts(report) == (3, 1, 1, 0)
    assert [row.amount for row in rows(database, deal)] == [12_000]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("D1,,Nowhere,,", "the plan “Wholesale” has no stage “Nowhere”; it has: New, Talks, Closed, won, Closed, lost"),
        ("D1,Retail,,,", "there is no sales plan “Retail”; there are: Wholesale"),
        ("D1,,,nobody,", "there is no user “nobody”: add the user, or repeat with --create-users"),
        ("D1,,,,L1", "there is no lead with the id “L1”: import the leads first"),
    ],
)
def test_a_deal_that_has_no_place_is_rejected(database, write, row, reason):
    report = run(database, "deals", write(f"id,pipeline,stage,owner,lead id\n{row}\n"), plan="wholesale")

    assert (counts(report), reasons(database, report)) == ((1, 0, 0, 1), [(2, reason)])


def test_a_deal_without_any_plan_is_rejected(database, write):
    report = run(database, "deals", write("id,title\nD1,One\n"))

    assert reasons(database, report) == [(2, "the row names no sales plan: tell one with --plan")]


def test_a_deal_of_a_lead_is_of_its_person(database, write):
    run(database, "leads", write("id,phone\nL1,+380501234567\n"))

    run(database, "deals", write("id,lead id,contact\nD1,L1,Ann Lee\n"), plan="wholesale")

    [one] = rows(database, deal)
    assert one.lead_id is not None
    assert count(database, person) == 1
    assert [row.person_id for row in rows(database, contact)] == [one.person_id]


def test_contacts_are_known_by_their_id(database, write):
    run(database, "deals", write("id,contact id,contact\nD1,P1,Ann\nD2,P1,Ann\n"), plan="wholesale")
    run(database, "deals", write("id,contact id,contact\nD3,P1,Ann\n"), plan="wholesale")

    assert len({row.contact_id for row in rows(database, deal)}) == 1
    assert (count(database, contact), count(database, person)) == (1, 1)


def test_unknown_owners_become_managers_where_that_is_wanted(database, write):
    run(
        database,
        "deals",
        write("id,owner\nD1,Moses Frase\nD2,eve@example.com\nD3,Moses  frase\n"),
        plan="wholesale",
        makes_users=True,
    )

    with database.reading() as work:
        made = work.rows(select(user_account.c.login, user_account.c.email).where(user_account.c.login.like("%e%")))
    assert {("moses.frase", None), ("eve", "eve@example.com")} <= {tuple(row) for row in made}


def test_open_deals_of_nobody_are_distributed_and_closed_ones_are_not(database, write):
    run(database, "deals", write("id,stage\nD1,New\nD2,New\nD3,won\n"), plan="wholesale")

    owners = {row.external_id: row.owner_id for row in rows(database, deal)}
    assert owners["D1"] != owners["D2"]
    assert owners["D3"] is None


def test_an_amount_in_another_kind_of_money_is_refused(database, write):
    with database.work() as work:
        create_plan(work, NewPlan("Japan", STAGES, currency="JPY"), by=SYSTEM)

    report = run(database, "deals", write("id,pipeline,amount,currency\nD1,Japan,100,\nD2,Japan,100,JPY\n"))

    assert reasons(database, report) == [(2, "the plan “Japan” counts in JPY: map a currency")]
    assert [(row.amount, row.currency) for row in rows(database, deal)] == [(100, "JPY")]


def test_statements_do_not_grow_with_rows(database, write):
    def statements(number):
        seen = []
        original = type(database).commit

        def commit(self, work):
            original(self, work)
            seen.append(work.statements)

        type(database).commit = commit
        try:
            text = HEAD + "".join(
                f"{number}-{n},,Talks,{n},ann,2026-01-05,,Firm {number}-{n},Name {n},+38050{number:03}{n:04},P{number}-{n},t,c,\n"
                for n in range(number)
            )
            assert counts(run(database, "deals", write(text), plan="wholesale"))[1] == number
        finally:
            type(database).commit = original
        return max(seen)

    statements(3)

    assert statements(900) <= statements(9) + 2
    assert count(database, import_job) == 3
