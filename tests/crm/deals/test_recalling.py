"""Closed deals are taken up again by who may, with a reason, and where they belong."""

import pytest

from crm.access.actor import SYSTEM, Actor, ActorKind
from crm.access.viewers import actor_of
from crm.deals.moving import TAKEN_BACK, Move, move_deals
from crm.deals.recalling import LONGEST_REASON, Recall, recall_deals
from crm.directory import directory
from crm.errors import NotAllowedError
from crm.settings.directories import NewLossReason, add_loss_reasons
from crm.settings.stage_rules import NewStage
from crm.settings.stages import StageChange, add_stage, change_stage, remove_stage
from db.database import Database
from funnels.doctor import examine
from tests.crm.company import set_up_company
from tests.crm.dealing import cost, counted, events, opened, recounted, row_of, stage_of
from tests.workers.house import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def database(database_url, clock):
    made = Database(database_url, clock=clock)
    with made.work() as work:
        set_up_company(work)
        add_loss_reasons(work, [NewLossReason("Too dear", key="dear")], by=SYSTEM)
    yield made
    made.close()


def closed(work, *stages, loss_reason="dear"):
    [deal_id] = opened(work, owner_id=directory(work).user("ann").id)
    for stage in stages:
        [answer] = move_deals(work, [Move(deal_id, stage, loss_reason=loss_reason)], by=SYSTEM)
        assert answer.code == "done"
    return deal_id


def someone(work, login):
    settings = directory(work)
    return actor_of(settings, settings.user(login))


@pytest.mark.parametrize(
    ("stages", "back"),
    [
        (("closed_lost",), "new"),
        (("talks", "closed_lost"), "talks"),
        (("closed_won",), "talks"),
        (("closed_won", "closed_lost"), "new"),
    ],
)
def test_it_goes_where_it_belongs(database, stages, back):
    with database.work() as work:
        deal_id = closed(work, *stages)
        [answer] = recall_deals(work, [Recall(deal_id, " They  called ")], by=someone(work, "boss"))

    with database.reading() as work:
        assert (answer.code, stage_of(work, deal_id), row_of(work, deal_id).state) == ("done", back, 0)
        [(subject, data)] = events(work, "deal.recalled")
        assert (subject, data["reason"], data["stage"], data["from"]) == (deal_id, "They called", back, stages[-1])
        assert counted(work) == recounted(work)


def test_what_the_stage_requires_is_not_asked_for(database):
    with database.work() as work:
        deal_id = closed(work, "closed_won")
        change_stage(work, "wholesale", "talks", StageChange(required_fields=["contact"]), by=SYSTEM)
        [answer] = recall_deals(work, [Recall(deal_id, "A slip")], by=SYSTEM)

        assert (answer.code, stage_of(work, deal_id)) == ("done", "talks")


def test_where_its_stage_is_gone_it_is_undefined_and_the_books_balance(database):
    with database.work() as work:
        add_stage(work, "wholesale", NewStage("Visit"), by=SYSTEM)
        deal_id = closed(work, "visit", "closed_lost")
        remove_stage(work, "wholesale", "visit", by=SYSTEM, confirmed=True)
        [answer] = recall_deals(work, [Recall(deal_id, "They called")], by=SYSTEM)

        assert (answer.code, stage_of(work, deal_id)) == ("done", "undefined")
    with database.reading() as work:
        assert [one.code for one in examine(work, deep=True) if one.severity == "error"] == []


@pytest.mark.parametrize(
    ("reason", "code"),
    [("", "reason_missing"), (" \x00", "reason_missing"), ("x" * (LONGEST_REASON + 1), "reason_missing")],
)
def test_never_without_a_reason(database, reason, code):
    with database.work() as work:
        deal_id = closed(work, "closed_won")

        assert recall_deals(work, [Recall(deal_id, reason)], by=SYSTEM)[0].code == code
        assert stage_of(work, deal_id) == "closed_won"


def test_what_cannot_be_recalled_is_answered(database):
    with database.work() as work:
        open_one, other = closed(work), closed(work, "closed_won")
        asked = [Recall(open_one, "x"), Recall(987654321, "x"), Recall(other, "x", version=1)]

        assert [one.code for one in recall_deals(work, asked, by=SYSTEM)] == ["not_closed", "no_deal", "stale"]


def test_whoever_closed_it_takes_back_a_slip_and_no_more(database, clock):
    with database.work() as work:
        ann, boss = someone(work, "ann"), someone(work, "boss")
        first, second, third = closed(work, "talks"), closed(work), closed(work, "closed_won")
        for deal_id in (first, second):
            assert move_deals(work, [Move(deal_id, "closed_won")], by=ann)[0].code == "done"
        with pytest.raises(NotAllowedError):
            recall_deals(work, [Recall(first, "x")], by=ann)
        with pytest.raises(NotAllowedError):
            move_deals(work, [Move(first, "talks", recall="x")], by=ann)
    clock.forward(minutes=9)
    with database.work() as work:
        assert move_deals(work, [Move(first, "new")], by=ann)[0].code == "closed", "it was on another stage"
        assert move_deals(work, [Move(first, "closed_lost", loss_reason="dear")], by=ann)[0].code == "closed"
        assert move_deals(work, [Move(third, "new")], by=ann)[0].code == "closed", "she did not close it"
        assert move_deals(work, [Move(first, "talks")], by=ann)[0].code == "done"
    clock.now += TAKEN_BACK
    with database.work() as work:
        assert move_deals(work, [Move(second, "new")], by=ann)[0].code == "closed", "it is too late"
        assert move_deals(work, [Move(second, "closed_won")], by=ann)[0].code == "done", "it is there already"
        assert recall_deals(work, [Recall(second, "x")], by=boss)[0].code == "done"


def test_who_may_recall_says_why_too(database, clock):
    with database.work() as work:
        deal_id = closed(work, "talks", "closed_lost")
        boss = someone(work, "boss")
        moved = [move_deals(work, [Move(deal_id, to)], by=boss)[0].code for to in ("talks", "closed_won")]

        assert moved == ["closed", "closed"]
        assert recall_deals(work, [Recall(deal_id, "They called")], by=boss)[0].code == "done"


def test_a_robot_moves_what_is_closed(database):
    with database.work() as work:
        deal_id = closed(work, "closed_won")

        assert move_deals(work, [Move(deal_id, "talks")], by=Actor(ActorKind.RUN, 7))[0].code == "done"


def test_what_was_jumped_over_on_the_way_is_told_and_a_recall_adds_nothing_to_it(database):
    with database.work() as work:
        deal_id = closed(work, "closed_won")
        recall_deals(work, [Recall(deal_id, "A slip")], by=someone(work, "boss"))

    with database.reading() as work:
        moves = [data for subject, data in events(work, "deal.moved") if subject == deal_id]
        assert [data.get("skipped") for data in moves] == [["talks"], None]
        assert [data.get("recall") for data in moves] == [None, True]


def test_a_recalled_deal_counts_as_open_again(database):
    with database.work() as work:
        deal_id = closed(work, "closed_lost")
        recall_deals(work, [Recall(deal_id, "They called")], by=someone(work, "boss"))

    with database.reading() as work:
        row = row_of(work, deal_id)
        assert (row.state, row.closed_at, row.loss_reason_id, row.left_stage_id) == (0, None, None, None)
        assert counted(work) == recounted(work)


def test_many_cost_what_few_cost(database):
    with database.work() as work:
        few = [Recall(closed(work, "closed_won"), "x") for _ in range(2)]
        many = [Recall(closed(work, "closed_won"), "x") for _ in range(20)]

    assert cost(database, lambda work: recall_deals(work, few, by=SYSTEM)) == cost(
        database, lambda work: recall_deals(work, many, by=SYSTEM)
    )
