"""Deals move between stages, and what a stage asks for."""

import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.deals.moving import Move, move_deals
from crm.directory import directory
from crm.settings.directories import NewLossReason, add_loss_reasons
from crm.settings.stages import StageChange, change_stage
from crm.tables.journal import event, stage_stay
from crm.tables.records import deal
from engine.event import EVENT_KINDS
from engine.request import DONE
from tests.crm.company import put_deals


def move(database, deal_id, stage, **values):
    with database.work() as work:
        [result] = move_deals(work, [Move(deal_id, stage, **values)], by=SYSTEM)
    return result


def stage_of(database, deal_id):
    with database.reading() as work:
        [row] = work.rows(select(deal.c.stage_id, deal.c.state).where(deal.c.id == deal_id))
        return directory(work).stages[row.stage_id].key, row.state


@pytest.fixture
def card(database):
    """A deal on the first stage."""
    with database.work() as work:
        add_loss_reasons(work, [NewLossReason("Too dear", key="dear")], by=SYSTEM)
        [deal_id] = put_deals(work, 1, owner="ann")
    return deal_id


def test_a_deal_is_won_or_lost_on_the_closed_stages_and_open_on_all_others(database, card):
    states = []
    for stage, reason in (("talks", None), ("closed_won", None), ("closed_lost", "dear"), ("new", None)):
        assert move(database, card, stage, loss_reason=reason).code == DONE
        states.append(stage_of(database, card))

    assert states == [("talks", 0), ("closed_won", 1), ("closed_lost", 2), ("new", 0)]


def test_no_deal_is_lost_without_a_reason(database, card):
    refused = move(database, card, "closed_lost")

    assert refused.code == "required_missing"
    assert "loss_reason" in refused.detail
    assert stage_of(database, card) == ("new", 0)


def test_a_stage_that_asks_for_no_reason_gets_none(database, card):
    with database.work() as work:
        change_stage(work, "wholesale", "closed_lost", StageChange(asks_reason=False), by=SYSTEM, version=1)

    assert move(database, card, "closed_lost").code == DONE


def test_required_fields_must_be_filled_before_a_stage(database, card):
    with database.work() as work:
        change_stage(work, "wholesale", "talks", StageChange(required_fields=("contact",)), by=SYSTEM, version=1)

    refused = move(database, card, "talks")

    assert refused.code == "required_missing"
    assert "contact" in refused.detail


def test_a_move_is_recorded_with_the_time_in_the_stage_and_what_was_jumped_over(database, card):
    move(database, card, "closed_won")

    with database.reading() as work:
        stays = work.rows(select(stage_stay).where(stage_stay.c.deal_id == card))
        kind = EVENT_KINDS["deal.moved"].code
        [moved] = work.rows(select(event.c.data).where(event.c.subject_id == card, event.c.kind == kind))
    assert len(stays) == 1
    assert '"skipped":["talks"]' in moved.data


def test_an_old_view_of_a_deal_is_refused(database, card):
    move(database, card, "talks")

    assert move(database, card, "new", version=1).code == "stale"
