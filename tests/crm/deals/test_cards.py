"""Cards come page by page, whatever their stage, and none twice."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from crm.access.actor import SYSTEM, Viewer
from crm.deals.card_queries import Filter
from crm.deals.cards import Place, board_cards, cards_of, list_cards, stage_cards
from crm.deals.moving import Move, move_deals
from crm.deals.reach import ends_of, rest_of
from crm.directory import directory
from crm.tables.records import deal
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


@pytest.mark.parametrize("sees", ["all", "his"])
def test_columns_that_stop_early_show_all_that_fit_in_the_end(work, sees):
    made = [*put_deals(work, 9, owner="ann"), *put_deals(work, 3, owner="bob", stage="talks")]
    for number, one in enumerate(made):  # they came one after the other
        moment = work.now - timedelta(minutes=number)
        work.execute(update(deal).where(deal.c.id == one).values(stage_entered_at=moment))
    plan = directory(work).plan("wholesale")
    ann = frozenset({directory(work).user("ann").id})
    viewer = Viewer(1) if sees == "all" else Viewer(1, ann, frozenset({plan.id}))
    wanted = Filter(also=deal.c.id.in_([made[0], made[7], made[8], made[11]]))
    [stage] = {card.stage_id for card in cards_of(work, made[:9], viewer=viewer)}

    first = ends_of(work, plan, [one.id for one in plan.stages], viewer=viewer, wanted=wanted, reach=2)
    shown = board_cards(work, plan, viewer=viewer, wanted=wanted, ends=first)
    seen = [card.id for card in shown[stage]]
    place = rest_of(shown[stage], 20, first.get(stage))
    while place is not None:
        ends = ends_of(work, plan, [stage], viewer=viewer, wanted=wanted, after=place, reach=2)
        cards = stage_cards(work, plan, stage, viewer=viewer, after=place, wanted=wanted, ends=ends)
        seen += [card.id for card in cards]
        place = rest_of(cards, 20, ends.get(stage))

    assert [card.id for card in shown[stage]] == [made[0]]
    assert seen == [made[0], made[7], made[8]]


def test_nothing_is_asked_for_where_an_index_knows(work):
    put_deals(work, 5, owner="ann")
    plan = directory(work).plan("wholesale")
    stages = [one.id for one in plan.stages]
    few = Filter(also=deal.c.id > 0, is_few=True)

    before = work.statements
    assert ends_of(work, plan, stages, viewer=Viewer(1), wanted=Filter(), reach=1) == {}
    assert ends_of(work, plan, stages, viewer=Viewer(1), wanted=few, reach=1) == {}
    assert work.statements == before
