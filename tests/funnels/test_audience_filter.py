"""The filter of a list as a condition: who is seen in the list is who is meant."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.access.actor import EVERYTHING, SYSTEM
from crm.directory import directory
from crm.finding.addresses import wanted_from
from crm.finding.leads import lead_page
from crm.tables.records import lead
from funnels.audience_filter import AudienceFilter, condition_of
from funnels.audiences import audience, audience_words
from tests.crm.company import put_lead, set_up_company

TODAY = date(2026, 3, 2)
FILTERS = [
    {}, {"status": "in_work"}, {"source": "Ads"}, {"source": "aDS", "status": "in_work"}, {"owner": "ann"}, {"owner": "-"},
    {"owner": "nobody-here"}, {"text": "  gREEN   oven "}, {"text": "ann@"}, {"text": "050 12"}, {"text": "05"}, {"text": "100%"},
    {"text": "_"}, {"text": "Оля", "source": "Ads"},
]  # fmt: skip


@pytest.fixture(scope="module")
def database(databases):
    from db.database import Database

    with databases.migrated("sqlite") as url:
        made = Database(url)
        with made.work() as work:
            set_up_company(work)
        with made.work() as work:
            ann = directory(work).user("ann").id
            for values in (
                {"source": "ads", "status": "in_work", "owner_id": ann},
                {"source": "ads", "name": "Оля", "name_fold": "оля"},
                {"source": "fair", "status": "in_work", "phone": "+380501234567"},
                {"title": "Green Oven", "title_fold": "green oven", "email": "ann@example.com"},
                {"title": "100% wool_", "title_fold": "100% wool_", "owner_id": ann, "phone": "+38067050"},
                {},
            ):
                folds = {"source_fold": values["source"].casefold()} if "source" in values else {}
                put_lead(work, **values, **folds)
        yield made
        made.close()


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
def test_who_is_seen_in_the_list_of_leads_is_who_is_meant(database, wanted):
    with database.reading() as work:
        parameters = [("q" if name == "text" else name, value) for name, value in wanted.items()]
        seen = lead_page(work, wanted_from(parameters, "lead", directory(work)), viewer=EVERYTHING).leads
        condition = condition_of(AudienceFilter("lead", **wanted), TODAY)
        meant = work.rows(select(lead.c.id).where(audience(work, "lead", condition, SYSTEM)))

    assert {row.id for row in meant} == {one.id for one in seen}
    assert (condition is None) == (wanted == {})


def test_the_first_and_the_last_day_are_both_meant():
    one, later = date(2026, 2, 1), date(2026, 2, 3)
    field = {"field": "deal.created_at"}

    assert condition_of(AudienceFilter("deal", since=one, until=later), TODAY) == {
        "op": "between", **field, "low": "2026-02-01", "high": "2026-02-03",
    }  # fmt: skip
    assert condition_of(AudienceFilter("deal", since=one), TODAY)["high"] == "2026-03-02"
    assert condition_of(AudienceFilter("deal", until=later), TODAY) == {"op": "before", **field, "value": "2026-02-04"}
    ahead = condition_of(AudienceFilter("deal", since=TODAY + timedelta(days=1)), TODAY)
    assert ahead["low"] == ahead["high"]


def test_filters_of_deals_can_be_asked_and_are_said(database):
    wanted = AudienceFilter(
        "deal", "oven 1234", "ann", "hot", date(2026, 2, 1), None, plan="wholesale", stage="new", is_open=True
    )
    condition = condition_of(wanted, TODAY)
    with database.reading() as work:
        audience(work, "deal", condition, SYSTEM)
        words = audience_words("deal", condition, directory(work))

    assert str(words).startswith("deals: deal's sales plan is Wholesale, and deal's stage is New, and")
    assert "deal's manager is Ann" in words
    assert "from 2026-02-01 to 2026-03-02" in words


def test_nobody_left_out_is_said_so(database):
    with database.reading() as work:
        settings = directory(work)
        assert audience_words("lead", None, settings) == "all leads"
        status = {"op": "is", "field": "lead.status", "value": "in_work"}
        assert audience_words("lead", status, settings) == "leads: lead's status is “In work”"
        assert audience_words("deal", {"op": "gone"}, settings) == "deals: {'op': 'gone'}"
