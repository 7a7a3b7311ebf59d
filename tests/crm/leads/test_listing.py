"""The list of leads, a lead's own page, and leads that are typed in."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.access.actor import EVERYTHING, SYSTEM
from crm.access.viewers import viewer_of
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.errors import NotFoundError
from crm.finding.addresses import wanted_from
from crm.finding.leads import PAGE, lead_page
from crm.leads.card import EnteredLead, enter_leads, lead_card
from crm.leads.listing import known_sources
from crm.leads.visible import visible_leads
from crm.records.comments import comments_of
from crm.settings.field_definitions import NewField, add_fields
from crm.tables.records import field_value, lead
from tests.crm.company import put_lead
from tests.crm.dealing import events


def viewer(work, login):
    settings = directory(work)
    return viewer_of(settings, settings.user(login))


def wanted_of(work, **parts):
    parameters = [("q" if name == "text" else name, value) for name, value in parts.items()]
    return wanted_from(parameters, "lead", directory(work))


def page_of(work, seen_by=EVERYTHING, after=None, **parts):
    return lead_page(work, wanted_of(work, **parts), viewer=seen_by, after=after)


def titles(work, **wanted):
    return [one.title for one in page_of(work, **wanted).leads]


@pytest.fixture
def leads(database):
    with database.work() as work:
        ann = directory(work).user("ann").id
        rows = (
            ("Bunk bed", "Олег Бондар", "+380671234567", "oleh@example.com", "Ads", "not_processed", ann),
            ("Sofa", "Iryna", "+4930901820", "iryna@example.org", "site", "junk", None),
            ("50% off", "Jack", None, None, "ads", "quality", None),
        )
        for title, name, phone, email, source, status, owner in rows:
            put_lead(
                work, title=title, title_fold=title.casefold(), name=name, name_fold=name.casefold(), phone=phone,
                email=email, source=source, source_fold=source.casefold(), status=status, owner_id=owner,
            )  # fmt: skip
    return database


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["50% off", "Sofa", "Bunk bed"]),
        ({"status": "junk"}, ["Sofa"]),
        ({"source": "ADS"}, ["50% off", "Bunk bed"]),
        ({"owner": "ann"}, ["Bunk bed"]),
        ({"owner": "-"}, ["50% off", "Sofa"]),
        ({"owner": "nobody-of-us"}, []),
        ({"text": "бонд"}, ["Bunk bed"]),
        ({"text": "IRYNA@"}, ["Sofa"]),
        ({"text": "067 123-45"}, ["Bunk bed"]),
        ({"text": "0%"}, ["50% off"]),
        ({"text": "_"}, []),
        ({"source": "ads", "status": "quality", "text": "jack"}, ["50% off"]),
    ],
)
def test_leads_are_filtered(leads, wanted, found):
    with leads.reading() as work:
        assert titles(work, **wanted) == found


def test_they_come_newest_first_in_pages(database):
    with database.work() as work:
        ids = [put_lead(work) for _ in range(PAGE + 3)]
    with database.reading() as work:
        directory(work)
        before = work.statements
        first, following = page_of(work)
        cost = work.statements - before
        second, end = page_of(work, after=following)

    assert [one.id for one in (*first, *second)] == ids[::-1]
    assert (len(first), end) == (PAGE, None)
    assert cost == 2


def test_a_lead_shows_the_deals_of_its_person(database):
    with database.work() as work:
        lead_id = put_lead(work)
        person_id = work.scalar(select(lead.c.person_id).where(lead.c.id == lead_id))
        new = NewDeal(person_id, "wholesale", title="x", owner_id=directory(work).user("ann").id, lead_id=lead_id)
        open_deals(work, [new, new], by=SYSTEM)
    with database.reading() as work:
        [[shown], _] = page_of(work)
        [[hidden], _] = page_of(work, viewer(work, "bob"))

    assert [(one.plan, one.stage) for one in shown.deals] == [("Wholesale", "New")] * 2
    assert hidden.deals == ()


@pytest.mark.parametrize(
    ("owner", "who", "seen"),
    [("ann", "ann", True), ("ann", "bob", False), ("ann", "boss", True), (None, "bob", True), (None, "cid", False)],
)
def test_who_sees_a_lead(database, owner, who, seen):
    with database.work() as work:
        lead_id = put_lead(work, owner_id=directory(work).user(owner).id if owner else None)
        as_who = viewer(work, who)
        assert bool(visible_leads(work, [lead_id], as_who)) is seen
        assert bool(page_of(work, as_who).leads) is seen
        if not seen:
            with pytest.raises(NotFoundError):
                lead_card(work, lead_id, viewer=as_who)


def test_sources_are_those_of_leads(leads):
    with leads.reading() as work:
        assert sorted(known_sources(work)) == ["Ads", "ads", "site"]


class TestTypedIn:
    def test_a_lead_gets_all_that_was_typed(self, database):
        with database.work() as work:
            add_fields(work, [NewField("lead", "Budget", "number", key="budget")], by=SYSTEM)
        with database.work() as work:
            new = EnteredLead(
                name="Oleh", phone="+38 (067) 123 45 67", email="OLEH@Example.com", company="Zerno", source="fair",
                comment="tall", fields={"budget": "12.5"},
            )  # fmt: skip
            [answer] = enter_leads(work, [new], by=SYSTEM)
        with database.reading() as work:
            card = lead_card(work, answer.ids[0], viewer=EVERYTHING)
            [said] = comments_of(work, "lead", [answer.ids[0]])[answer.ids[0]]
            rows = work.rows(select(field_value.c.number))

        assert (card.title, card.phone, card.email, card.company) == (
            "Oleh",
            "+380671234567",
            "oleh@example.com",
            "Zerno",
        )
        assert [one.value for one in card.fields] == [12.5]
        assert said.body == "tall"
        assert [row.number for row in rows] == [12.5]

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({}, "needs a name"),
            ({"phone": "12"}, "no phone"),
            ({"email": "x"}, "no e-mail"),
            ({"name": "x", "channel": "moon"}, "no channel"),
            ({"name": "x", "fields": {"moon": "1"}}, "no such field"),
        ],
    )
    def test_what_does_not_fit_is_refused_alone(self, database, values, words):
        with database.work() as work:
            bad, good = enter_leads(work, [EnteredLead(**values), EnteredLead(name="Good")], by=SYSTEM)
            count = len(work.rows(select(lead.c.id)))

        assert (bad.code, words in bad.detail, good.code, count) == ("invalid", True, "done", 1)

    @pytest.mark.parametrize(("funnel", "only"), [(None, False), ("", True), ("spring", True)])
    def test_it_is_seen_by_the_funnels_that_were_chosen(self, database, funnel, only):
        with database.work() as work:
            enter_leads(work, [EnteredLead(name="Oleh", funnel=funnel)], by=SYSTEM)
        with database.reading() as work:
            [(_, data)] = events(work, "lead.created")

        assert ("only" in data) is only
        assert data.get("only") == (funnel if only else None)

    def test_statements_do_not_grow_with_leads(self, database):
        costs = []
        for number in (2, 40):
            with database.work() as work:
                directory(work)
                before = work.statements
                new = [EnteredLead(name="x", phone=f"+38067{number:02}{one:05}", comment="x") for one in range(number)]
                enter_leads(work, new, by=SYSTEM)
                work.finish()
                costs.append(work.statements - before)

        assert costs[1] <= costs[0]  # the first leases ids


def test_leads_that_came_long_ago_keep_their_moment(database):
    with database.work() as work:
        moment = work.now - timedelta(days=400)
        lead_id = put_lead(work, created_at=moment)
        assert lead_card(work, lead_id, viewer=EVERYTHING).created_at == moment
