import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.deals.owners import NewOwner, assign_owners
from crm.errors import NotAllowedError
from crm.leads.recording import NewLead, record_leads
from crm.settings.logins import actor_of
from crm.settings.pool import set_taking
from crm.settings.users import deactivate_users
from crm.tables.distribution import assignment
from tests.crm.dealing import cost, counted, events, opened, owner_of, recounted, row_of


def assign(work, *items, by=SYSTEM):
    return assign_owners(work, items, by=by)


def test_a_deal_is_given_to_a_person_by_name(database):
    with database.work() as work:
        [deal_id] = opened(work)
        [answer] = assign(work, NewOwner("deal", deal_id, "cid"))

        assert (answer.code, owner_of(work, deal_id)) == ("done", "cid")
        assert answer.records["deal"]["owner"] == "cid"
        assert row_of(work, deal_id).version == 2


def test_a_deal_that_stays_with_its_owner_is_unchanged(database):
    with database.work() as work:
        [deal_id] = opened(work)
        [answer] = assign(work, NewOwner("deal", deal_id, "ann"))

    with database.reading() as work:
        assert answer.code == "unchanged"
        assert events(work, "deal.assigned") == []


def test_the_distribution_chooses_where_no_name_is_given(database):
    with database.work() as work:
        deals = opened(work, 4)
        assign(work, *(NewOwner("deal", deal_id, "cid") for deal_id in deals))

        assign(work, *(NewOwner("deal", deal_id) for deal_id in deals))

        assert [owner_of(work, deal_id) for deal_id in deals] == ["ann", "bob", "ann", "bob"]
        assert len(work.rows(select(assignment))) == 8


def test_a_lead_is_given_through_the_distribution_of_a_plan(database):
    with database.work() as work:
        [lead] = record_leads(work, [NewLead("Ann")], by=SYSTEM)
        [without] = assign(work, NewOwner("lead", lead.ids[0]))
        [answer] = assign(work, NewOwner("lead", lead.ids[0], plan="wholesale"))

    with database.reading() as work:
        assert (without.code, answer.code) == ("no_plan", "done")
        assert answer.records["lead"]["owner"] == "ann"
        assert [subject for subject, _ in events(work, "lead.assigned")] == [lead.ids[0]]


def test_what_is_wrong_is_answered_in_its_place(database):
    with database.work() as work:
        deactivate_users(work, ["cid"], by=SYSTEM)
        [deal_id] = opened(work)

        answers = assign(
            work,
            NewOwner("deal", 999, "ann"),
            NewOwner("deal", deal_id, "nobody"),
            NewOwner("lead", 7),
        )
        gone = assign(work, NewOwner("deal", deal_id, "cid"))

    assert [answer.code for answer in answers] == ["no_record", "no_user", "no_record"]
    assert gone[0].code == "no_user"


def test_where_nobody_takes_the_owner_stays(database):
    with database.work() as work:
        [deal_id] = opened(work)
        set_taking(work, "wholesale", ["ann", "bob"], is_taking=False, by=SYSTEM)

    with database.work() as work:
        [answer] = assign(work, NewOwner("deal", deal_id))

        assert (answer.code, owner_of(work, deal_id)) == ("no_manager", "ann")


def test_totals_follow_the_owner(database):
    with database.work() as work:
        deals = opened(work, 3, amount=100)
        assign(work, NewOwner("deal", deals[0], "cid"))

    with database.reading() as work:
        assert counted(work) == recounted(work)


def test_the_journal_knows_both_owners(database):
    with database.work() as work:
        [deal_id] = opened(work)
        before = row_of(work, deal_id).owner_id
        assign(work, NewOwner("deal", deal_id, "cid"))

    with database.reading() as work:
        [(subject, data)] = events(work, "deal.assigned")
        assert (subject, data["from"], data["owner"]) == (deal_id, before, row_of(work, deal_id).owner_id)


def test_of_a_record_named_twice_the_later_owner_stays(database):
    with database.work() as work:
        [deal_id] = opened(work)
        assign(work, NewOwner("deal", deal_id, "cid"), NewOwner("deal", deal_id, "bob"))

    with database.reading() as work:
        assert owner_of(work, deal_id) == "bob"
        assert counted(work) == recounted(work)


def test_a_marketer_assigns_no_deals(database):
    with database.work() as work, pytest.raises(NotAllowedError):
        assign(work, NewOwner("deal", 1, "ann"), by=actor_of(work, "mark"))


def test_two_hundred_cost_what_five_cost(database):
    with database.work() as work:
        deals = opened(work, 205)
        assign(work, NewOwner("deal", deals[0]))

    few = cost(database, lambda work: assign(work, *(NewOwner("deal", one) for one in deals[:5])))
    many = cost(database, lambda work: assign(work, *(NewOwner("deal", one) for one in deals[5:])))

    assert many - few <= 1  # ids come in blocks
