"""Records that are the same become one: what hangs on the other goes over, and the other says where it went."""

import pytest
from sqlalchemy import select

from crm.access.actor import EVERYTHING, SYSTEM
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.fields.changes import FieldChange, set_fields
from crm.leads.recording import NewLead, record_leads
from crm.people.companies import NewCompany, find_or_create_companies
from crm.people.contact_card import contact_card
from crm.people.contacts import NewContact, find_or_create_contacts
from crm.people.merging import Merge
from crm.people.persons import match_persons
from crm.people.twins import same_name, twins_of
from crm.records.archiving import restore_records
from crm.records.comments import NewComment, add_comments, comments_of
from crm.records.tags import TagChange, change_tags
from crm.settings.field_definitions import NewField, add_fields
from crm.tables.records import contact, deal, lead
from crm.tasks.changes import NewTask, create_tasks
from funnels.doctor import examine
from funnels.merging import merge
from tests.crm.dealing import counted, events, recounted


@pytest.fixture
def twins(database):
    """Two contacts of two persons; the second has a lead, a deal, a task, a comment and a tag."""
    with database.work() as work:
        add_fields(
            work,
            [NewField("contact", "Size", key="size"), NewField("deal", "Guest", "contact", key="guest")],
            by=SYSTEM,
        )
        [first] = find_or_create_contacts(
            work, [NewContact("Ivan Petrenko", ["+380671112233"], type="client")], by=SYSTEM
        )
        [second] = find_or_create_contacts(
            work, [NewContact("Ivan Petrenko", ["+380502223344"], ["ivan@example.com"], city="Kyiv")], by=SYSTEM
        )
        (one, own_person), (other, person) = first.ids, second.ids
        [recorded] = record_leads(work, [NewLead("Lead", phone="+380502223344")], by=SYSTEM)
        [opened] = open_deals(
            work, [NewDeal(person, "wholesale", contact_id=other, lead_id=recorded.ids[0])], by=SYSTEM
        )
        create_tasks(work, [NewTask(person, "Call", None, None)], by=SYSTEM)
        add_comments(work, [NewComment("contact", other, person, "Likes tea")], by=SYSTEM)
        change_tags(work, [TagChange("contact", other, person, frozenset({"VIP"}))], by=SYSTEM)
        set_fields(
            work,
            [
                FieldChange("contact", other, {"field.size": "XL"}),
                FieldChange("deal", opened.ids[0], {"field.guest": other}),
            ],
            by=SYSTEM,
        )
    return one, other, own_person, person, opened.ids[0]


def test_everything_of_the_other_is_the_survivors(database, twins):
    one, other, own_person, person, deal_id = twins

    with database.work() as work:
        [answer] = merge(work, [Merge("contact", one, other)], by=SYSTEM)

    with database.reading() as work:
        card = contact_card(work, one, viewer=EVERYTHING)
        [sold] = work.rows(select(deal).where(deal.c.id == deal_id))
        assert (answer.code, answer.ids) == ("done", (one,))
        assert (card.phones, card.emails) == (("+380671112233", "+380502223344"), ("ivan@example.com",))
        assert (card.city, card.type, card.tags) == ("Kyiv", "client", ("VIP",))
        assert [field.value for field in card.fields] == ["XL"]
        assert [task.title for task in card.own.tasks] == ["Call"]
        assert (sold.contact_id, sold.person_id, sold.fields) == (one, own_person, {"guest": one})
        assert [one.body for one in comments_of(work, "contact", [one])[one]] == ["Likes tea"]
        assert {row.person_id for row in work.rows(select(lead.c.person_id))} == {own_person}
        [gone] = work.rows(select(contact).where(contact.c.id == other))
        assert (gone.merged_into_id, gone.archived_at is not None) == (one, True)
        assert [data["from"] for _, data in events(work, "contact.merged")] == [other]
        assert [data["from"] for _, data in events(work, "person.merged")] == [person]
        assert counted(work) == recounted(work)
        assert [one.code for one in examine(work, deep=True) if one.severity == "error"] == []


def test_whoever_comes_with_the_others_phone_is_the_survivor(database, twins):
    one, other, own_person, _, _ = twins
    with database.work() as work:
        merge(work, [Merge("contact", one, other)], by=SYSTEM)

    with database.work() as work:
        [found] = match_persons(work, [[("phone", "+380502223344")]])
        [again] = find_or_create_contacts(work, [NewContact("Ivan", ["+380502223344"])], by=SYSTEM)

    assert found.person_id == own_person
    assert (again.code, again.ids[0]) == ("exists", one)


def test_a_field_is_taken_where_it_was_chosen(database, twins):
    one, other, *_ = twins
    with database.work() as work:
        set_fields(work, [FieldChange("contact", one, {"city": "Lviv", "field.size": "S"})], by=SYSTEM)

    with database.work() as work:
        merge(work, [Merge("contact", one, other, frozenset({"field.size"}))], by=SYSTEM)

    with database.reading() as work:
        card = contact_card(work, one, viewer=EVERYTHING)
        assert (card.city, card.fields[0].value) == ("Lviv", "XL")


@pytest.mark.parametrize(
    ("which", "versions", "code"), [("same", None, "same"), ("none", None, "no_record"), ("other", (1, 1), "stale")]
)
def test_what_cannot_be_merged_stays_as_it_is(database, twins, which, versions, code):
    one, other, *_ = twins
    gone = {"same": one, "none": 987654, "other": other}[which]
    with database.work() as work:
        [answer] = merge(work, [Merge("contact", one, gone, versions=versions)], by=SYSTEM)

    with database.reading() as work:
        assert answer.code == code
        assert work.rows(select(contact.c.id).where(contact.c.archived_at.is_not(None))) == []


def test_a_record_is_in_one_merge_of_a_call_and_what_was_merged_stays_away(database, twins):
    one, other, *_ = twins
    with database.work() as work:
        answers = merge(work, [Merge("contact", one, other), Merge("contact", other, one)], by=SYSTEM)
    with database.work() as work:
        [back] = restore_records(work, [("contact", other)], by=SYSTEM)

    assert [answer.code for answer in answers] == ["done", "twice"]
    assert back.code == "merged"


def test_companies_become_one_and_the_old_name_leads_to_it(database):
    with database.work() as work:
        new = [NewCompany("Acme"), NewCompany("ТОВ «Acme»")]
        one, other = (answer.ids[0] for answer in find_or_create_companies(work, new, by=SYSTEM))
        [person] = find_or_create_contacts(work, [NewContact("Ivan", company_id=other)], by=SYSTEM)
        open_deals(work, [NewDeal(person.ids[1], "wholesale", company_id=other)], by=SYSTEM)

    with database.work() as work:
        merge(work, [Merge("company", one, other)], by=SYSTEM)
        [again] = find_or_create_companies(work, [NewCompany("ТОВ «Acme»")], by=SYSTEM)

    with database.reading() as work:
        assert (again.code, again.ids) == ("exists", (one,))
        assert {row.company_id for row in work.rows(select(deal.c.company_id))} == {one}
        assert {row.company_id for row in work.rows(select(contact.c.company_id))} == {one}


def test_of_two_deals_one_is_left_and_sums_are_right(database):
    with database.work() as work:
        [person] = find_or_create_contacts(work, [NewContact("Ivan")], by=SYSTEM)
        new = [
            NewDeal(person.ids[1], "wholesale", amount=amount, title=title)
            for amount, title in ((100, "A"), (700, "B"))
        ]
        one, other = (answer.ids[0] for answer in open_deals(work, new, by=SYSTEM))
        create_tasks(work, [NewTask(person.ids[1], "Call", None, None, deal_id=other)], by=SYSTEM)

    with database.work() as work:
        merge(work, [Merge("deal", one, other, frozenset({"amount"}))], by=SYSTEM)

    with database.reading() as work:
        rows = {row.id: row for row in work.rows(select(deal))}
        assert (rows[one].amount, rows[one].title, rows[other].merged_into_id) == (700, "A", one)
        assert counted(work) == recounted(work)
        assert sum(count for count, _ in counted(work).values()) == 1


@pytest.mark.parametrize(
    ("name", "same"),
    [("ТОВ «Ромашка»", "Ромашка"), ("ACME, Inc.", "acme"), ("Acme LLC", "ACME Ltd"), ("Зелёный дом", "зеленый  ДОМ")],
)
def test_names_of_companies_are_compared_without_forms_and_signs(name, same):
    assert same_name(name) == same_name(same)


def test_a_card_knows_who_may_be_the_same(database, twins):
    one, other, *_ = twins
    with database.reading() as work:
        card = contact_card(work, one, viewer=EVERYTHING)
        found = twins_of(work, "contact", card, viewer=EVERYTHING)

    assert [(twin.id, twin.why) for twin in found] == [(other, "name")]


def test_a_card_lists_what_belongs_to_it_with_sums(database, twins):
    _, other, _, _, deal_id = twins
    with database.reading() as work:
        card = contact_card(work, other, viewer=EVERYTHING)
        settings = directory(work)

    assert [one.id for one in card.own.deals] == [deal_id]
    assert (card.own.worth.deals, card.own.lead_count) == ({"open": 1}, 1)
    assert settings.fields["contact", "size"].type == "text"
