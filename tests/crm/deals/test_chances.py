"""The probability of a stage, as history has it."""

from crm.access.actor import EVERYTHING, SYSTEM
from crm.deals.chances import Chance, chances
from crm.deals.moving import Move, move_deals
from crm.directory import directory
from crm.settings.directories import NewLossReason, add_loss_reasons
from tests.crm.dealing import opened


def test_of_the_closed_deals_that_were_there_those_won_count_each_once(database):
    with database.work() as work:
        add_loss_reasons(work, [NewLossReason("Too dear", key="dear")], by=SYSTEM)
        won, lost, still_open = opened(work, 3), opened(work, 9), opened(work, 2)
        for stage in ("talks", "new", "talks"):
            move_deals(work, [Move(one, stage) for one in (*won, *still_open)], by=SYSTEM)
        move_deals(work, [Move(one, "closed_won") for one in won], by=SYSTEM)
        move_deals(work, [Move(one, "closed_lost", loss_reason="dear") for one in lost], by=SYSTEM)

    with database.reading() as work:
        found = chances(work, directory(work).plan("wholesale"), viewer=EVERYTHING)
        assert found == {"new": Chance(12, 3), "talks": Chance(3, 3)}
        assert (found["new"].percent, found["talks"].percent) == (25, None)
