import pytest
from sqlalchemy import func, select

from crm.access.actor import SYSTEM
from crm.people.companies import NewCompany, find_or_create_companies
from crm.tables.journal import event
from crm.tables.records import company
from engine.event import EVENT_KINDS


def test_a_company_is_made_once_however_its_name_is_written(database):
    with database.work() as work:
        first = find_or_create_companies(work, [NewCompany("Ромашка"), NewCompany(" РОМАШКА ")], by=SYSTEM)
        second = find_or_create_companies(work, [NewCompany("ромашка")], by=SYSTEM)

    assert [answer.code for answer in (*first, *second)] == ["done", "exists", "exists"]
    assert {answer.ids for answer in (*first, *second)} == {first[0].ids}


def test_a_new_company_is_in_the_journal_once(database):
    with database.work() as work:
        find_or_create_companies(work, [NewCompany("Acme"), NewCompany("ACME"), NewCompany("Beta")], by=SYSTEM)

    with database.reading() as work:
        code = EVENT_KINDS["company.created"].code
        assert work.scalar(select(func.count()).select_from(event).where(event.c.kind == code)) == 2


def test_a_company_without_a_name_is_refused_alone(database):
    with database.work() as work:
        answers = find_or_create_companies(
            work, [NewCompany(" "), NewCompany("Acme"), NewCompany("x" * 600)], by=SYSTEM
        )

    assert [answer.code for answer in answers] == ["invalid", "done", "invalid"]


@pytest.mark.parametrize("count", [1, 200])
def test_many_companies_cost_as_many_statements_as_one(database, count):
    with database.work() as work:
        find_or_create_companies(work, [NewCompany("first")], by=SYSTEM)
        work.flush()
        before = work.statements

        find_or_create_companies(work, [NewCompany(f"company {n}") for n in range(count)], by=SYSTEM)
        work.flush()

        assert work.statements - before == 2
        assert work.scalar(select(func.count()).select_from(company)) == count + 1
