"""The index of words follows the journal, and what is found does not depend on how far it has come."""

from datetime import timedelta

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import func, or_, select

from crm.access.actor import EVERYTHING, SYSTEM
from crm.deals.opening import NewDeal, open_deals
from crm.fields.changes import FieldChange, set_fields
from crm.leads.recording import NewLead, record_leads
from crm.people.companies import NewCompany, find_or_create_companies
from crm.people.contacts import NewContact, find_or_create_contacts
from crm.records.search import search
from crm.searching.asking import look_up
from crm.searching.hints import hint
from crm.searching.keeping import Keeper, is_known
from crm.searching.looks import look_for, looks_for, words_of
from crm.tables.records import deal, lead
from crm.tables.searching import deal_order, search_text
from db.database import Database

NAMES = ("Олег Бондар", "Anna Shevchenko", "Іван Ткачук", "Maria da Silva", "Ян O'Brien", "Li")


@pytest.fixture
def filled(database):
    """Forty leads of six names, each with a contact and a deal; every eighth deal is of Zerno."""
    with database.work() as work:
        [company] = find_or_create_companies(work, [NewCompany("Zerno LLC")], by=SYSTEM)
        new = [
            NewLead(f"Order A-{number:03d}", NAMES[number % 6], f"+38067{number:07d}", f"client{number}@example.com")
            for number in range(40)
        ]
        leads = record_leads(work, new, by=SYSTEM)
        contacts = [NewContact(NAMES[number % 6], person_id=one.ids[1]) for number, one in enumerate(leads)]
        made = find_or_create_contacts(work, contacts, by=SYSTEM)
        deals = [
            NewDeal(
                one.ids[1],
                "wholesale",
                title=f"{('Диван', 'Kitchen', 'Стіл')[number % 3]} № {number}",
                lead_id=one.ids[0],
                contact_id=contact.ids[0],
                company_id=company.ids[0] if number % 8 == 0 else None,
            )
            for number, (one, contact) in enumerate(zip(leads, made, strict=True))
        ]
        open_deals(work, deals, by=SYSTEM)
    return database


TEXTS = (
    "диван", "№ 7", "kitchen 3", "бонд", "бондар олег", "o'brien", "zerno", "client7@", "example.com", "+38067 000 00 07",
    "0000012", "A-01", "li", "nothing", "стіл nothing", "а", "%", "_", "order a-039",
)  # fmt: skip


def hits(database, text):
    with database.reading() as work:
        return {
            kind: [(hit.id, hit.title) for hit in found]
            for kind, found in search(work, text, viewer=EVERYTHING).items()
        }


def test_the_same_is_found_before_the_index_knows_it_and_afterwards(filled, keep):
    before = [hits(filled, text) for text in TEXTS]

    keep(filled)

    assert [hits(filled, text) for text in TEXTS] == before


def test_a_hint_holds_for_every_deal_and_lead_that_has_the_text(filled, keep):
    keep(filled)
    with filled.reading() as work:
        for table, kind in ((deal, "deal"), (lead, "lead")):
            for text in TEXTS:
                words = words_of(text)
                each = (or_(*(look.fits for look in looks_for(kind, (word,)))) for word in words)
                fits = set(work.rows(select(table.c.id).where(*each)))
                hinted = set(work.rows(select(table.c.id).where(hint(work, kind, text))))
                assert fits <= hinted, (kind, text)


def test_what_came_or_changed_since_is_found_too(filled, keep):
    keep(filled)
    with filled.work() as work:
        [answer] = record_leads(work, [NewLead("Гамак садовий", "Zoë Quill", email="zoe@quill.example")], by=SYSTEM)
        [old] = [row.id for row in work.rows(select(lead.c.id).where(lead.c.title == "Order A-007"))]
        set_fields(work, [FieldChange("lead", old, {"title": "Order renamed"})], by=SYSTEM)

    fresh = [hits(filled, text) for text in ("гамак", "quill", "renamed", "a-007")]
    keep(filled)

    assert fresh == [hits(filled, text) for text in ("гамак", "quill", "renamed", "a-007")]
    assert fresh[0] == {"lead": [(answer.ids[0], "Гамак садовий")]}
    assert fresh[2] == {"lead": [(old, "Order renamed")]}
    assert fresh[3] == {}


def test_deals_are_hinted_at_by_the_new_name_of_their_contact(filled, keep):
    keep(filled)
    with filled.work() as work:
        [contact_id, deal_id] = work.rows(select(deal.c.contact_id, deal.c.id).order_by(deal.c.id).limit(1))[0]
        set_fields(work, [FieldChange("contact", contact_id, {"name": "Quentin"})], by=SYSTEM)
    keep(filled)

    with filled.reading() as work:
        hinted = [row.id for row in work.rows(select(deal.c.id).where(hint(work, "deal", "quentin")))]

    assert deal_id in hinted
    assert hinted == [deal_id] or filled.is_sqlite


def test_an_event_that_becomes_visible_late_is_followed(company_url, keep):
    first = Database(company_url)
    if first.is_sqlite:  # one writer at a time: nothing becomes visible out of turn
        first.close()
        return
    keep(first)
    keeper = Keeper(first)
    with first.work() as slow:
        record_leads(slow, [NewLead("Slow lead")], by=SYSTEM)
        slow.finish()  # its event has its number, and is not committed
        with first.work() as quick:
            record_leads(quick, [NewLead("Quick lead")], by=SYSTEM)
        for _ in range(5):
            keeper.step()
        with first.reading() as work:
            assert not is_known(work)
    keep(first)

    with first.reading() as work:
        assert is_known(work)
        known = work.scalar(select(func.count()).select_from(search_text))
    first.close()
    assert known == 2


def test_nothing_is_kept_on_sqlite(sqlite_url):
    database = Database(sqlite_url)
    asked = []
    sqlalchemy_event.listen(database.engine, "connect", lambda *_: asked.append(1))

    Keeper(database).keep_up(timedelta(seconds=1))

    database.close()
    assert asked == []


def test_what_was_there_before_is_read_through(filled, keep):
    keep(filled)
    with filled.work() as work:
        counts = [work.scalar(select(func.count()).select_from(table)) for table in (search_text, deal_order)]

    assert counts == ([0, 0] if filled.is_sqlite else [40 * 4 + 1, 40])


def test_looking_up_costs_two_statements(filled, keep):
    keep(filled)
    for words in (("zerno",), ("диван", "№"), ("nothing",)):
        with filled.reading() as work:
            before = work.statements
            look_up(work, [look_for("deal", words), look_for("lead", words), look_for("contact", words)])
            assert work.statements - before <= 2
