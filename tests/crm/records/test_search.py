"""Search from anywhere, as each viewer may."""

import pytest

from crm.access.actor import EVERYTHING, SYSTEM
from crm.access.viewers import viewer_of
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.leads.recording import NewLead, record_leads
from crm.people.companies import NewCompany, find_or_create_companies
from crm.people.contacts import NewContact, find_or_create_contacts
from crm.records.search import MOST, search


@pytest.fixture
def filled(database):
    """Олег Бондар: a lead, a contact and a deal of ann's, with the company Zerno."""
    with database.work() as work:
        ann = directory(work).user("ann").id
        new = NewLead("Bunk bed", "Олег Бондар", "+380671234567", "oleh@example.com", source="ads", owner_id=ann)
        [answer] = record_leads(work, [new], by=SYSTEM)
        lead_id, person_id = answer.ids
        [company] = find_or_create_companies(work, [NewCompany("Zerno LLC")], by=SYSTEM)
        contact = NewContact("Олег Бондар", phones=("+380671234567",), person_id=person_id)
        find_or_create_contacts(work, [contact], by=SYSTEM)
        item = NewDeal(
            person_id, "wholesale", title="Two mattresses", lead_id=lead_id, owner_id=ann, company_id=company.ids[0]
        )
        open_deals(work, [item], by=SYSTEM)
    return database


def found(database, text, login=None):
    with database.reading() as work:
        settings = directory(work)
        viewer = viewer_of(settings, settings.user(login)) if login else EVERYTHING
        return {kind: [hit.title for hit in hits] for kind, hits in search(work, text, viewer=viewer).items()}


EVERY = {"deal": ["Two mattresses"], "lead": ["Bunk bed"], "contact": ["Олег Бондар"]}


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("mattress", {"deal": ["Two mattresses"]}),
        ("MATTRESSES two", {"deal": ["Two mattresses"]}),
        ("бондар олег", EVERY),
        ("oleh@exam", EVERY),
        ("+380 67 123-45-67", EVERY),
        ("(067) 123 45", EVERY),
        ("zerno", {"company": ["Zerno LLC"]}),
        ("bunk", {"lead": ["Bunk bed"]}),
        ("%", {}),
        ("x", {}),
        ("nothing like it", {}),
        ("   ", {}),
    ],
)
def test_what_fits_is_found(filled, text, hits):
    assert found(filled, text) == hits


@pytest.mark.parametrize(
    ("login", "sees"), [("ann", True), ("boss", True), ("mark", True), ("bob", False), ("cid", False)]
)
def test_nobody_finds_what_he_may_not_see(filled, login, sees):
    for text in ("бондар", "+380671234567", "zerno", "oleh@example.com"):
        assert bool(found(filled, text, login)) is sees, text


def test_each_kind_is_cut_short_and_the_newest_come_first(database):
    with database.work() as work:
        record_leads(work, [NewLead(f"Sofa {number}") for number in range(MOST + 4)], by=SYSTEM)

    assert found(database, "sofa") == {"lead": [f"Sofa {number}" for number in range(MOST + 3, 3, -1)]}


def test_a_hit_leads_to_the_deal_or_lead_that_shows_it(filled):
    with filled.reading() as work:
        hits = search(work, "zerno", viewer=EVERYTHING)["company"]
        persons = search(work, "бондар", viewer=EVERYTHING)["contact"]

    assert [hit.opens[0] for hit in (*hits, *persons)] == ["deal", "deal"]


def test_it_costs_the_same_however_much_is_found(filled):
    costs = []
    for text in ("zerno", "бондар"):
        with filled.reading() as work:
            directory(work)
            before = work.statements
            search(work, text, viewer=EVERYTHING)
            costs.append(work.statements - before)

    assert max(costs) <= 10
