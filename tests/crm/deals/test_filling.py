"""What a stage asks for is filled in and the deal moved, as one act."""

import pytest
from sqlalchemy import func, select

from crm.access.actor import EVERYTHING, SYSTEM, ActorKind
from crm.access.viewers import viewer_of
from crm.deals.filling import Filling, fill_and_move
from crm.deals.last_move import last_move
from crm.deals.moving import Move, move_deals, would_answer
from crm.directory import directory
from crm.people.contacts import NewContact
from crm.settings.directories import NewLossReason, add_loss_reasons
from crm.settings.field_definitions import NewField, add_fields
from crm.settings.logins import actor_of
from crm.settings.stages import StageChange, change_stage
from crm.tables.records import comment, company, contact
from tests.crm.dealing import cost, opened, owner_of, row_of, stage_of

NEEDED = ["amount", "owner", "contact", "company", "field.visit"]


@pytest.fixture
def asking(database):
    """The stage Talks asks for five things, the lost one for a reason."""
    with database.work() as work:
        add_fields(work, [NewField("deal", "Visit", "date", key="visit")], by=SYSTEM)
        add_loss_reasons(work, [NewLossReason("Too dear", key="dear")], by=SYSTEM)
        change_stage(work, "wholesale", "talks", StageChange(required_fields=NEEDED), by=SYSTEM)
    return database


def full(deal_id, **changes):
    values = {
        "values": {"amount": 500, "field.visit": "2026-03-04"},
        "owner": "bob",
        "company": "Acme",
        "contact": NewContact("Olena", ("+380671112233",)),
        "stood": "new",
        **changes,
    }
    return Filling(deal_id, "talks", **values)


def counts(work):
    return [work.scalar(select(func.count()).select_from(table)) for table in (contact, company, comment)]


def test_all_that_is_asked_for_is_given_at_once(asking):
    with asking.work() as work:
        [deal_id] = opened(work, amount=0)
        [answer] = fill_and_move(work, [full(deal_id, comment="They called")], by=SYSTEM)

    with asking.reading() as work:
        row = row_of(work, deal_id)
        assert answer.code == "done"
        assert (stage_of(work, deal_id), row.amount, owner_of(work, deal_id)) == ("talks", 500, "bob")
        assert row.contact_id is not None
        assert row.company_id is not None
        assert row.fields == {"visit": "2026-03-04"}
        assert counts(work) == [1, 1, 1]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"values": {"amount": 500}}, "required_missing"),
        ({"values": {"amount": 500, "field.visit": "soon"}}, "invalid"),
        ({"values": {"amount": 0, "field.visit": "2026-03-04"}}, "required_missing"),
        ({"owner": "nobody-at-all"}, "no_user"),
        ({"contact": NewContact("Olena", ("5",))}, "invalid_contact"),
        ({"company": " "}, "invalid"),
        ({"stood": "closed_won"}, "stale"),
        ({"version": 7}, "stale"),
    ],
)
def test_what_is_refused_writes_nothing(asking, changes, code):
    with asking.work() as work:
        [deal_id] = opened(work, amount=0)
        before = row_of(work, deal_id)
    with asking.work() as work:
        [answer] = fill_and_move(work, [full(deal_id, **changes)], by=SYSTEM)

    with asking.reading() as work:
        assert answer.code == code
        assert row_of(work, deal_id) == before
        assert counts(work) == [0, 0, 0]


def test_each_item_stands_for_itself(asking):
    with asking.work() as work:
        good, bad = opened(work, 2, amount=0)
        items = [full(good), full(bad, values={}), full(good), full(999)]
        answers = fill_and_move(work, items, by=SYSTEM)

        assert [one.code for one in answers] == ["done", "required_missing", "twice", "no_deal"]
        assert [stage_of(work, good), stage_of(work, bad)] == ["talks", "new"]


def test_two_hundred_cost_what_two_cost(asking):
    with asking.work() as work:
        deals = opened(work, 203, amount=0)

    def contact_of(number):
        return NewContact(f"Person {number}", (f"+38067{number:07d}",))

    def filled(chosen):
        return lambda work: fill_and_move(work, [full(one, contact=contact_of(one)) for one in chosen], by=SYSTEM)

    cost(asking, filled(deals[:1]))  # now the company is there

    few = cost(asking, filled(deals[1:3]))
    assert cost(asking, filled(deals[3:])) == few


def test_the_last_move_says_whose_it_was_and_where_to(asking):
    with asking.work() as work:
        [deal_id] = opened(work, owner_id=actor_of(work, "ann").id)
        assert last_move(work, deal_id, viewer=EVERYTHING) is None
        boss = actor_of(work, "boss")
    with asking.work() as work:
        move_deals(work, [Move(deal_id, "closed_lost", loss_reason="dear")], by=boss)

    with asking.reading() as work:
        found = last_move(work, deal_id, viewer=EVERYTHING)
        settings = directory(work)
        bob = viewer_of(settings, settings.user("bob"))
        assert (found.kind, found.actor_id, found.stage) == (ActorKind.USER, boss.id, "closed_lost")
        assert last_move(work, deal_id, viewer=bob) is None


def test_a_move_is_asked_before_it_is_made(asking):
    with asking.work() as work:
        [deal_id] = opened(work, amount=0)
        asked = [would_answer(work, Move(deal_id, stage), by=SYSTEM) for stage in ("talks", "closed_won", "nowhere")]

        assert [one.code if one else None for one in asked] == ["required_missing", None, "no_stage"]
        assert would_answer(work, Move(999, "talks"), by=SYSTEM).code == "no_deal"
