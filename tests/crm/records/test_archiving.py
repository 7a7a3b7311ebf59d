"""Records in the archive: off boards, lists, counts and search, and not there for commands."""

import pytest
from sqlalchemy import select

from crm.access.actor import EVERYTHING, SYSTEM
from crm.deals.board import board
from crm.deals.card import deal_card
from crm.deals.cards import Filter, board_cards, cards_of, sums_of
from crm.deals.moving import Move, move_deals
from crm.directory import directory
from crm.fields.changes import FieldChange, set_fields
from crm.finding.leads import lead_page
from crm.finding.wanted import Wanted
from crm.people.companies import NewCompany, find_or_create_companies
from crm.people.contacts import NewContact, find_or_create_contacts
from crm.records.archiving import archive_records, restore_records
from crm.records.search import search
from crm.settings.stages import remove_stage
from crm.tables.records import deal, task
from crm.tasks.changes import NewTask, create_tasks
from crm.tasks.listing import open_tasks_of
from funnels.doctor import examine
from tests.crm.company import put_lead
from tests.crm.dealing import cost, counted, opened, recounted


def codes(answers):
    return [answer.code for answer in answers]


def test_an_archived_deal_is_nowhere_but_on_its_own_card(database):
    with database.work() as work:
        first, second = opened(work, 2, amount=100)
        answers = archive_records(work, [("deal", first), ("deal", 987654)], by=SYSTEM)

    with database.reading() as work:
        plan, text = directory(work).plan("wholesale"), Filter(owner_id=None, is_late=True)
        assert codes(answers) == ["done", "no_record"]
        assert {one.id for several in board_cards(work, plan, viewer=EVERYTHING).values() for one in several} == {
            second
        }
        assert [one.id for one in cards_of(work, [first, second], viewer=EVERYTHING)] == [second]
        assert sum(one.deals for one in sums_of(work, plan, viewer=EVERYTHING, wanted=text).values()) == 1
        assert board(work, "wholesale", viewer=EVERYTHING).total.deals == 1
        assert first not in [hit.id for hit in search(work, "Deal", viewer=EVERYTHING).get("deal", ())]
        assert deal_card(work, first, viewer=EVERYTHING).archived_at is not None
        assert counted(work) == recounted(work)
        assert [one.code for one in examine(work, deep=True) if one.severity == "error"] == []


def test_it_comes_back_as_it_was_with_its_tasks(database):
    with database.work() as work:
        [deal_id] = opened(work, 1, amount=100)
        create_tasks(work, [NewTask(1, "Call", None, None, deal_id=deal_id)], by=SYSTEM)

    with database.work() as work:
        before = board(work, "wholesale", viewer=EVERYTHING)
        archive_records(work, [("deal", deal_id)], by=SYSTEM)
        aside = open_tasks_of(work, "deal", deal_id)
        again = archive_records(work, [("deal", deal_id)], by=SYSTEM)
    with database.work() as work:
        back = restore_records(work, [("deal", deal_id)], by=SYSTEM)

    with database.reading() as work:
        assert (aside, codes(again), codes(back)) == ((), ["unchanged"], ["done"])
        assert [one.title for one in open_tasks_of(work, "deal", deal_id)] == ["Call"]
        assert board(work, "wholesale", viewer=EVERYTHING) == before
        assert counted(work) == recounted(work)


@pytest.mark.parametrize(
    "act",
    [
        lambda work, deal_id: move_deals(work, [Move(deal_id, "talks")], by=SYSTEM),
        lambda work, deal_id: set_fields(work, [FieldChange("deal", deal_id, {"amount": 5})], by=SYSTEM),
    ],
)
def test_no_command_touches_what_is_archived(database, act):
    with database.work() as work:
        [deal_id] = opened(work, 1)
        archive_records(work, [("deal", deal_id)], by=SYSTEM)

    with database.work() as work:
        [answer] = act(work, deal_id)
        [row] = work.rows(select(deal.c.version).where(deal.c.id == deal_id))

    assert answer.code in ("no_deal", "no_record")
    assert row.version == 2


def test_leads_contacts_and_companies_go_off_their_lists(database):
    with database.work() as work:
        lead_id = put_lead(work, name="Olena", name_fold="olena")
        work.insert(task, ("id", "person_id", "lead_id", "title", "type", "status", "created_at", "version"),
                    [(1, 1, lead_id, "Call", "todo", 0, work.now, 1)])  # fmt: skip
        [firm] = find_or_create_companies(work, [NewCompany("Olena and sons")], by=SYSTEM)
        [known] = find_or_create_contacts(work, [NewContact("Olena")], by=SYSTEM)
    everything = [("lead", lead_id), ("company", firm.ids[0]), ("contact", known.ids[0])]

    with database.work() as work:
        found = search(work, "olena", viewer=EVERYTHING)
        answers = archive_records(work, everything, by=SYSTEM)

    with database.reading() as work:
        assert set(found) == {"lead", "company", "contact"}
        assert codes(answers) == ["done"] * 3
        assert search(work, "olena", viewer=EVERYTHING) == {}
        assert lead_page(work, Wanted("lead"), viewer=EVERYTHING).leads == ()
        assert open_tasks_of(work, "lead", lead_id) == ()


def test_what_is_archived_on_a_stage_that_goes_comes_back_undefined(database):
    with database.work() as work:
        [deal_id] = opened(work, 1, stage="talks")
        archive_records(work, [("deal", deal_id)], by=SYSTEM)
        remove_stage(work, "wholesale", "talks", by=SYSTEM)

    with database.work() as work:
        restore_records(work, [("deal", deal_id)], by=SYSTEM)

    with database.reading() as work:
        assert deal_card(work, deal_id, viewer=EVERYTHING).stage.kind == "undefined"
        assert counted(work) == recounted(work)


def test_many_cost_as_many_statements_as_one(database):
    with database.work() as work:
        few, many = opened(work, 1), opened(work, 50)

    def put_away(ids):
        return cost(database, lambda work: archive_records(work, [("deal", one) for one in ids], by=SYSTEM))

    assert put_away(few) == put_away(many)
