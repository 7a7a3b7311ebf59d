"""Cards come page by page, whatever their stage, and none twice."""

from datetime import timedelta

import pytest

from crm.access.actor import SYSTEM, Viewer
from crm.deals.cards import Place, list_cards, stage_cards
from crm.deals.moving import Move, move_deals
from crm.directory import directory
from tests.crm.company import put_deals


@pytest.fixture
def work(database):
    with database.work() as work:
        yield work


@pytest.mark.parametrize("sees", ["all", "his"])
def test_a_list_goes_over_all_stages_in_order_and_shows_none_twice(work, sees):
    made = [*put_deals(work, 9, owner="ann"), *put_deals(work, 8, owner="ann", stage="talks")]
    move_deals(work, [Move(one, "talks") for one in made[:4]], by=SYSTEM)
    plan = directory(work).plan("wholesale")
    viewer = (
        Viewer(1) if sees == "all" else Viewer(1, frozenset({directory(work).user("ann").id}), frozenset({plan.id}))
    )

    seen, place = [], None
    while page := list_cards(work, plan, viewer=viewer, after=place, limit=5):
        seen += page
        place = Place(page[-1].stage_entered_at, page[-1].id)

    assert sorted(card.id for card in seen) == sorted(made)
    assert seen == sorted(seen, key=lambda card: (card.stage_entered_at, card.id), reverse=True)


def test_what_came_at_one_moment_is_told_apart_by_id(work):
    made = put_deals(work, 6, owner="ann")
    plan = directory(work).plan("wholesale")
    [stage] = {card.stage_id for card in list_cards(work, plan, viewer=Viewer(1))}
    first = stage_cards(work, plan, stage, viewer=Viewer(1), limit=4)

    rest = stage_cards(
        work, plan, stage, viewer=Viewer(1), after=Place(first[-1].stage_entered_at, first[-1].id), limit=4
    )

    assert [card.id for card in (*first, *rest)] == sorted(made, reverse=True)
    later = Place(first[0].stage_entered_at + timedelta(seconds=1), 0)
    assert len(stage_cards(work, plan, stage, viewer=Viewer(1), after=later)) == 6
