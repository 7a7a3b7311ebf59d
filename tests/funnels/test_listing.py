import pytest

from crm.access.actor import SYSTEM, Actor, ActorKind, Viewer
from crm.errors import NotAllowedError
from funnels.listing import funnel_list
from funnels.publication.publishing import publish, save_draft
from funnels.reading import read as read_funnel
from funnels.reading import read_robots
from funnels.robots import compile_robots
from tests.funnels.lived import ADS, cost, live, read

ROBOTS = """
plan: sales
stage: offer
robots:
  - {id: call, action: {type: crm.add_tags, config: {tags: [called], on: deal}}}
  - {id: once, again: first_entry, action: {type: crm.add_tags, config: {tags: [once], on: deal}}}
"""


def test_a_funnel_says_who_entered_is_inside_left_stands_still_and_was_refused(house):
    [one] = read(live(house), funnel_list)

    assert (one.key, one.name, one.state, one.version, one.has_draft) == ("ads", "Autumn ads", "published", 1, False)
    assert (one.entered, one.inside, one.left) == (6, 6, 0)
    assert (one.parked, one.failed, one.refused) == (2, 2, 3)


def test_a_draft_that_differs_is_seen(house):
    live(house)
    with house.database.work() as work:
        save_draft(work, read_funnel(ADS.replace("hot", "cold")), by=SYSTEM)

    assert [one.has_draft for one in read(house, funnel_list)] == [True]


def test_who_published_is_named(house):
    with house.database.work() as work:
        from crm.directory import directory

        ann = directory(work).user("ann")
        save_draft(work, read_funnel(ADS), by=SYSTEM)
        publish(work, "ads", by=Actor(ActorKind.USER, ann.id, frozenset({"funnels.publish"})))

    assert [one.published_by for one in read(house, funnel_list)] == ["Ann"]


def test_robots_stand_with_their_stage(house):
    from blocks.catalogue import block_type

    with house.database.work() as work:
        for document in compile_robots(read_robots(ROBOTS), block_type):
            save_draft(work, document, by=SYSTEM)

    found = read(house, funnel_list)
    assert [one.stage for one in found] == ["Sales / Offer"] * 2
    assert sorted(one.name for one in found) == ["Robot “once”", "Robots on coming"]


def test_an_empty_house_has_no_funnels(house):
    assert read(house, funnel_list) == ()


def test_who_has_nothing_to_do_with_funnels_sees_none(house):
    with pytest.raises(NotAllowedError):
        read(house, funnel_list, viewer=Viewer(1, rights=frozenset({"deals.edit"})))


def test_the_list_costs_the_same_for_many(house):
    few = cost(live(house), funnel_list)
    for number in range(20):
        house.publish(ADS.replace("key: ads", f"key: ads{number}"))

    assert cost(house, funnel_list) == few <= 5
