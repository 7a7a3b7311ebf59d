from datetime import timedelta

import pytest

from crm.access.actor import SYSTEM
from crm.deals.moving import Move, move_deals
from crm.errors import NotAllowedError
from crm.fields.changes import FieldChange, set_fields
from crm.settings.directories import NewLossReason, add_loss_reasons
from crm.settings.field_definitions import NewField, add_fields
from crm.settings.logins import actor_of
from crm.settings.stages import StageChange, change_stage
from db.database import Database
from tests.crm.company import set_up_company
from tests.crm.dealing import cost, counted, events, opened, recounted, row_of, stage_of, stays
from tests.workers.house import MONDAY, Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def database(databases, dialect, clock):
    """The company, and a clock that the test moves."""
    with databases.furnished(dialect, _furnish, lambda: MONDAY) as url:
        made = Database(url, clock=clock)
        yield made
        made.close()


def _furnish(work):
    set_up_company(work)
    add_loss_reasons(work, [NewLossReason("Too dear", key="dear")], by=SYSTEM)


def move(work, deal_id, stage, **values):
    [answer] = move_deals(work, [Move(deal_id, stage, **values)], by=SYSTEM)
    return answer


@pytest.fixture
def deal_id(database):
    with database.work() as work:
        return opened(work, amount=700)[0]


def test_a_deal_that_moves_is_in_its_new_stage_and_the_journal_says_from_where(database, deal_id):
    with database.work() as work:
        answer = move(work, deal_id, "talks")

    with database.reading() as work:
        assert answer.code == "done"
        assert answer.records["deal"]["stage"] == stage_of(work, deal_id) == "talks"
        assert events(work, "deal.moved") == [
            (deal_id, {"plan": "wholesale", "from": "new", "stage": "talks", "amount": 700})
        ]
        assert row_of(work, deal_id).version == 2


def test_a_move_to_where_it_is_changes_nothing(database, deal_id):
    with database.work() as work:
        answer = move(work, deal_id, "new")

    with database.reading() as work:
        assert answer.code == "done"
        assert events(work, "deal.moved") == []
        assert row_of(work, deal_id).version == 1


def test_time_in_a_stage_is_kept_when_the_deal_leaves_it(database, deal_id, clock):
    for stage, hours in (("talks", 2), ("new", 3)):
        clock.forward(hours=hours)
        with database.work() as work:
            move(work, deal_id, stage)

    with database.reading() as work:
        assert stays(work) == [(deal_id, "new", timedelta(hours=2)), (deal_id, "talks", timedelta(hours=3))]
        assert row_of(work, deal_id).stage_entered_at == clock.now


def test_stages_that_are_jumped_over_are_named(database, deal_id):
    with database.work() as work:
        move(work, deal_id, "closed_won")

    with database.reading() as work:
        assert events(work, "deal.moved")[0][1]["skipped"] == ["talks"]


def test_going_back_jumps_over_nothing(database, deal_id):
    with database.work() as work:
        move(work, deal_id, "closed_won")
    with database.work() as work:
        move(work, deal_id, "new")

    with database.reading() as work:
        assert "skipped" not in events(work, "deal.moved")[1][1]


def test_a_deal_that_is_won_is_closed_and_says_so(database, deal_id, clock):
    with database.work() as work:
        move(work, deal_id, "closed_won")

    with database.reading() as work:
        row = row_of(work, deal_id)
        assert (row.state, row.closed_at) == (1, clock.now)
        assert events(work, "deal.won") == [
            (
                deal_id,
                {"plan": "wholesale", "stage": "closed_won", "from": "new", "amount": 700, "currency": "UAH"},
            )
        ]


def test_a_lost_deal_needs_its_reason(database, deal_id):
    with database.work() as work:
        without = move(work, deal_id, "closed_lost")
        unknown = move(work, deal_id, "closed_lost", loss_reason="nonsense")
        given = move(work, deal_id, "closed_lost", loss_reason="dear")

    with database.reading() as work:
        assert [without.code, unknown.code, given.code] == ["required_missing", "no_reason", "done"]
        assert "loss_reason" in without.detail
        assert events(work, "deal.lost")[0][1]["reason"] == "dear"
        assert given.records["deal"]["lost_reason"] == "dear"


def test_a_deal_taken_back_is_open_again_and_forgets_its_loss(database, deal_id):
    with database.work() as work:
        move(work, deal_id, "closed_lost", loss_reason="dear")
        move(work, deal_id, "talks")

    with database.reading() as work:
        row = row_of(work, deal_id)
        assert (row.state, row.closed_at, row.loss_reason_id, row.left_stage_id) == (0, None, None, None)
        assert [data["from"] for _, data in events(work, "deal.recalled")] == ["closed_lost"]


def test_the_stage_a_deal_was_closed_from_is_remembered_through_a_change_of_mind(database, deal_id):
    with database.work() as work:
        move(work, deal_id, "talks")
        talks = row_of(work, deal_id).stage_id
        move(work, deal_id, "closed_won")
        move(work, deal_id, "closed_lost", loss_reason="dear")

        assert row_of(work, deal_id).left_stage_id == talks


def test_fields_that_the_stage_requires_must_be_filled(database, deal_id):
    with database.work() as work:
        add_fields(work, [NewField("deal", "Visit", "date", key="visit")], by=SYSTEM)
        change_stage(work, "wholesale", "talks", StageChange(required_fields=["field.visit"]), by=SYSTEM)

    with database.work() as work:
        empty = move(work, deal_id, "talks")
        set_fields(work, [FieldChange("deal", deal_id, {"field.visit": "2026-03-04"})], by=SYSTEM)
        filled = move(work, deal_id, "talks")

    assert [empty.code, filled.code] == ["required_missing", "done"]
    assert "field.visit" in empty.detail


@pytest.mark.parametrize(
    ("start", "code", "stage"), [("new", "done", "talks"), ("closed_won", "not_forward", "closed_won")]
)
def test_only_forward_never_moves_back(database, start, code, stage):
    with database.work() as work:
        [deal_id] = opened(work, stage=start)

        answer = move(work, deal_id, "talks", only_forward=True)

        assert (answer.code, stage_of(work, deal_id)) == (code, stage)


def test_a_move_on_an_old_view_is_refused(database, deal_id):
    with database.work() as work:
        move(work, deal_id, "talks", version=1)
        stale = move(work, deal_id, "new", version=1)

        assert (stale.code, stage_of(work, deal_id)) == ("stale", "talks")


def test_each_item_is_answered_in_its_place(database, deal_id):
    with database.work() as work:
        items = [Move(999, "talks"), Move(deal_id, "nowhere"), Move(opened(work)[0], "talks")]
        answers = move_deals(work, items, by=SYSTEM)

    assert [answer.code for answer in answers] == ["no_deal", "no_stage", "done"]


def test_a_deal_named_twice_goes_both_ways(database, deal_id):
    with database.work() as work:
        answers = move_deals(work, [Move(deal_id, "talks"), Move(deal_id, "closed_won")], by=SYSTEM)

    with database.reading() as work:
        assert [answer.code for answer in answers] == ["done", "done"]
        assert stage_of(work, deal_id) == "closed_won"
        assert [data["from"] for _, data in events(work, "deal.moved")] == ["new", "talks"]
        assert counted(work) == recounted(work)


def test_totals_follow_the_deal(database, deal_id):
    with database.work() as work:
        move(work, deal_id, "talks")

    with database.reading() as work:
        assert counted(work) == recounted(work)


def test_a_marketer_moves_no_deals(database, deal_id):
    with database.work() as work, pytest.raises(NotAllowedError):
        move_deals(work, [Move(deal_id, "talks")], by=actor_of(work, "mark"))


def test_two_hundred_moves_cost_what_five_cost(database):
    with database.work() as work:
        deals = opened(work, 205)

    few = cost(database, lambda work: move_deals(work, [Move(one, "talks") for one in deals[:5]], by=SYSTEM))
    many = cost(database, lambda work: move_deals(work, [Move(one, "talks") for one in deals[5:]], by=SYSTEM))

    assert many == few


def test_a_move_counts_on_where_the_deal_stood_and_not_on_its_other_fields(database, deal_id):
    with database.work() as work:
        set_fields(work, [FieldChange("deal", deal_id, {"amount": 900})], by=SYSTEM)
        first = move(work, deal_id, "talks", stood="new")
        same = move(work, deal_id, "talks", stood="new")
        late = move(work, deal_id, "closed_won", stood="new")

        assert [first.code, same.code, late.code] == ["done", "done", "stale"]
        assert stage_of(work, deal_id) == "talks"


def test_where_a_stage_says_so_deals_go_only_forward(database, deal_id, clock):
    with database.work() as work:
        change_stage(work, "wholesale", "talks", StageChange(only_forward=True), by=SYSTEM)
        move(work, deal_id, "talks")
        program = move(work, deal_id, "new")
        boss = actor_of(work, "boss")
    with database.work() as work:
        [slip] = move_deals(work, [Move(deal_id, "new")], by=boss)
        move(work, deal_id, "talks")
    clock.forward(minutes=11)
    with database.work() as work:
        [late] = move_deals(work, [Move(deal_id, "new")], by=boss)
        onward = move(work, deal_id, "closed_won")

    assert [program.code, slip.code, late.code, onward.code] == ["not_forward", "done", "not_forward", "done"]
    assert "Talks" in late.detail


def test_an_amount_of_nothing_is_none(database):
    with database.work() as work:
        change_stage(work, "wholesale", "talks", StageChange(required_fields=["amount"]), by=SYSTEM)
        [deal_id] = opened(work, amount=0)

        assert move(work, deal_id, "talks").code == "required_missing"
