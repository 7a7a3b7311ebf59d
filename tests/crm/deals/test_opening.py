from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.errors import NotAllowedError
from crm.settings.logins import actor_of
from crm.settings.plans import NewPlan, PlanChange, archive_plan, change_plan, create_plan
from crm.settings.pool import set_taking
from crm.tables.distribution import assignment
from crm.tables.records import deal
from tests.crm.company import STAGES
from tests.crm.dealing import cost, counted, events, opened, owner_of, persons, recounted, row_of, stage_of


def answers_of(work, *items, by=SYSTEM):
    return open_deals(work, items, by=by)


def test_a_deal_begins_in_the_first_stage_with_the_average_check_of_its_plan(database):
    with database.work() as work:
        change_plan(work, "wholesale", PlanChange(average_check=250_00), by=SYSTEM)
        [deal_id] = opened(work)

    with database.reading() as work:
        row = row_of(work, deal_id)
        assert (stage_of(work, deal_id), row.amount, row.currency, row.state) == ("new", 250_00, "UAH", 0)
        assert row.created_at == row.stage_entered_at
        assert row.closed_at is None


def test_deals_of_an_even_plan_go_to_its_managers_in_turn(database):
    with database.work() as work:
        deals = opened(work, 5)

        owners = [owner_of(work, deal_id) for deal_id in deals]

    assert owners == ["ann", "bob", "ann", "bob", "ann"]


def test_deals_of_a_manual_plan_have_no_owner_until_somebody_gives_them_one(database):
    with database.work() as work:
        create_plan(work, NewPlan("Manual", STAGES, distribution="manual", managers=("ann",)), by=SYSTEM)
        [deal_id] = opened(work, plan="manual")

        assert owner_of(work, deal_id) is None


def test_an_owner_who_is_named_gets_the_deal_and_the_turn_does_not_move(database):
    with database.work() as work:
        cid = directory(work).user("cid").id
        [named] = opened(work, owner_id=cid)
        deals = opened(work, 2)

        assert owner_of(work, named) == "cid"
        assert [owner_of(work, deal_id) for deal_id in deals] == ["ann", "bob"]


def test_where_nobody_takes_deals_the_answer_says_so_and_nothing_is_opened(database):
    with database.work() as work:
        set_taking(work, "wholesale", ["ann", "bob"], is_taking=False, by=SYSTEM)

    with database.work() as work:
        [answer] = answers_of(work, NewDeal(persons(work, 1)[0], "wholesale"))

        assert (answer.code, answer.ids) == ("no_manager", ())
        assert work.rows(select(deal)) == []


def test_a_customer_who_comes_again_goes_to_his_manager(database):
    with database.work() as work:
        change_plan(work, "wholesale", PlanChange(first_rule="related"), by=SYSTEM)
        [person_id] = persons(work, 1)
        bob = directory(work).user("bob").id
        answers_of(work, NewDeal(person_id, "wholesale", owner_id=bob))

        [related] = answers_of(work, NewDeal(person_id, "wholesale"))
        others = opened(work, 2)

        assert owner_of(work, related.ids[0]) == "bob"
        assert [owner_of(work, one) for one in others] == ["ann", "bob"]
        rows = work.rows(select(assignment.c.record_id, assignment.c.reason).order_by(assignment.c.record_id))
        assert [tuple(row) for row in rows] == [(related.ids[0], 3), (others[0], 1), (others[1], 1)]


def test_a_manager_who_is_away_does_not_get_his_old_customer(database):
    with database.work() as work:
        change_plan(work, "wholesale", PlanChange(first_rule="related"), by=SYSTEM)
        [person_id] = persons(work, 1)
        answers_of(work, NewDeal(person_id, "wholesale", owner_id=directory(work).user("bob").id))
        set_taking(work, "wholesale", ["bob"], is_taking=False, by=SYSTEM)

        [answer] = answers_of(work, NewDeal(person_id, "wholesale"))

        assert owner_of(work, answer.ids[0]) == "ann"


@pytest.mark.parametrize(
    ("if_open", "code", "is_new"),
    [("leave", "already_there", False), ("use", "done", False), ("move", "done", False), ("another", "done", True)],
)
def test_an_open_deal_of_the_person_is_treated_as_asked(database, if_open, code, is_new):
    with database.work() as work:
        [person_id] = persons(work, 1)
        [first] = answers_of(work, NewDeal(person_id, "wholesale"))

        [answer] = answers_of(work, NewDeal(person_id, "wholesale", if_open=if_open))

        assert (answer.code, answer.ids[0] != first.ids[0]) == (code, is_new)
        assert answer.records["deal"]["id"] == answer.ids[0]


@pytest.mark.parametrize(("if_open", "code"), [("leave", "already_there"), ("use", "done")])
def test_two_deals_of_one_person_in_one_call_are_one(database, if_open, code):
    with database.work() as work:
        item = NewDeal(persons(work, 1)[0], "wholesale", if_open=if_open)

        first, second = answers_of(work, item, item)

        assert (first.code, second.code) == ("done", code)
        assert first.ids == second.ids
        assert len(work.rows(select(deal))) == 1


def test_a_closed_deal_or_one_on_another_plan_is_no_open_one(database):
    with database.work() as work:
        create_plan(work, NewPlan("Manual", STAGES, distribution="manual"), by=SYSTEM)
        [person_id] = persons(work, 1)
        answers_of(work, NewDeal(person_id, "wholesale", "closed_won"), NewDeal(person_id, "manual"))

        [answer] = answers_of(work, NewDeal(person_id, "wholesale", if_open="leave"))

        assert answer.code == "done"


def test_what_is_wrong_with_one_is_answered_in_its_place_and_stops_no_other(database):
    with database.work() as work:
        create_plan(work, NewPlan("Old", STAGES), by=SYSTEM)
        archive_plan(work, "old", by=SYSTEM)
        one, two, three, four = persons(work, 4)

        answers = answers_of(
            work,
            NewDeal(one, "nowhere"),
            NewDeal(two, "wholesale"),
            NewDeal(three, "wholesale", "nowhere"),
            NewDeal(four, "old"),
        )

    assert [answer.code for answer in answers] == ["no_plan", "done", "no_stage", "no_plan"]
    assert "nowhere" in answers[0].detail


def test_an_external_id_that_is_known_opens_nothing(database):
    with database.work() as work:
        [person_id] = persons(work, 1)
        item = NewDeal(person_id, "wholesale", external_id="A-1")

        first, twin = answers_of(work, item, item)
        [again] = answers_of(work, item)

    assert [first.code, twin.code, again.code] == ["done", "exists", "exists"]
    assert first.ids == twin.ids == again.ids


def test_a_deal_that_was_closed_elsewhere_comes_with_its_dates_and_events(database):
    begin, end = datetime(2025, 1, 2, tzinfo=UTC), datetime(2025, 2, 3, tzinfo=UTC)
    with database.work() as work:
        [deal_id] = opened(work, stage="closed_won", amount=500, opened_at=begin, closed_at=end)

    with database.reading() as work:
        row = row_of(work, deal_id)
        assert (row.created_at, row.closed_at, row.stage_entered_at, row.state) == (begin, end, end, 1)
        assert [data["amount"] for _, data in events(work, "deal.won")] == [500]


def test_the_title_comes_from_the_template_of_the_plan(database):
    with database.work() as work:
        change_plan(work, "wholesale", PlanChange(deal_title="For {lead.title}"), by=SYSTEM)
        [named] = opened(work, title="Own")
        [filled] = opened(work, values={"lead.title": "Ann"}.get)

        assert [row_of(work, one).title for one in (named, filled)] == ["Own", "For Ann"]


def test_every_deal_is_in_the_journal_and_in_the_totals(database):
    with database.work() as work:
        deals = opened(work, 3, amount=100)

    with database.reading() as work:
        assert [subject for subject, _ in events(work, "deal.created")] == deals
        assert events(work, "deal.created")[0][1]["stage"] == "new"
        assert counted(work) == recounted(work)


def test_a_marketer_opens_no_deals(database):
    with database.work() as work, pytest.raises(NotAllowedError):
        answers_of(work, NewDeal(1, "wholesale"), by=actor_of(work, "mark"))


def test_nothing_asked_is_nothing_done(database):
    with database.work() as work:
        assert answers_of(work) == []


def test_two_hundred_deals_cost_what_five_cost(database):
    with database.work() as work:
        people = persons(work, 205)

    with database.work() as work:
        answers_of(work, NewDeal(people[0], "wholesale"))  # the next round folds this one's counters

    few = cost(database, lambda work: answers_of(work, *(NewDeal(one, "wholesale") for one in people[:5])))
    many = cost(database, lambda work: answers_of(work, *(NewDeal(one, "wholesale") for one in people[5:])))

    assert many - few <= 1  # ids come in blocks


def test_only_ones_own_open_deals_count_however_far_apart_persons_are(database):
    with database.work() as work:
        several = persons(work, 7)
        work.ids("person", 500)
        [far] = persons(work, 1)
        answers_of(work, NewDeal(several[1], "wholesale"), NewDeal(far, "wholesale"))

        near = answers_of(work, *(NewDeal(one, "wholesale", if_open="leave") for one in (several[0], several[2])))
        apart = answers_of(work, *(NewDeal(one, "wholesale", if_open="leave") for one in (several[3], far)))

        assert [answer.code for answer in near] == ["done", "done"]
        assert [answer.code for answer in apart] == ["done", "already_there"]
