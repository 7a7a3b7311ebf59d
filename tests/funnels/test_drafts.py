"""Drafts by number: nobody writes over what he has not seen."""

import pytest

from crm.access.actor import EVERYTHING, SYSTEM
from crm.errors import InvalidError, NotFoundError
from db.errors import StaleError
from funnels.checked import checked
from funnels.drafts import apart, draft_of, keep_draft, new_funnels, publish_draft, together
from funnels.errors import NotPublishableError
from funnels.publication.publishing import save_draft
from funnels.reading import read

SMALL = """
key: small
name: Small
note: For ads
nodes:
  - {id: created, type: trigger.lead_created, layout: {x: 12, y: 24, colour: red}}
  - {id: mark, type: crm.add_tags, config: {tags: [one]}, layout: {x: 300, y: 24}}
  - {id: lost, type: crm.fly}
edges:
  - {from: created, to: mark}
"""
DOCUMENT = read(SMALL)


def in_house(house, act):
    with house.database.work() as work:
        return act(work)


def test_places_taken_apart_and_put_together_are_the_same_document():
    plain, positions = apart(DOCUMENT)

    assert positions == {"created": (12, 24), "mark": (300, 24)}
    assert [node.get("layout") for node in plain["nodes"]] == [{"colour": "red"}, None, None]
    assert together(plain, {**positions, "gone": (1, 2)}) == DOCUMENT.plain()


def test_a_draft_is_kept_only_by_who_has_seen_the_present_one(house):
    in_house(house, lambda work: save_draft(work, DOCUMENT, by=SYSTEM))
    other = read(SMALL.replace("name: Small", "name: Other"))

    assert in_house(house, lambda work: keep_draft(work, other, seen=1, by=SYSTEM)) == 2
    with pytest.raises(StaleError):
        in_house(house, lambda work: keep_draft(work, DOCUMENT, seen=1, by=SYSTEM))

    found = in_house(house, lambda work: draft_of(work, "small", viewer=EVERYTHING))
    assert (found.version, found.document, found.published) == (2, other, 0)
    in_house(house, lambda work: save_draft(work, DOCUMENT, by=SYSTEM))
    assert in_house(house, lambda work: draft_of(work, "small", viewer=EVERYTHING)).version == 3


def test_only_the_draft_that_was_seen_is_published(house):
    in_house(house, lambda work: save_draft(work, DOCUMENT, by=SYSTEM))
    with pytest.raises(NotPublishableError):
        in_house(house, lambda work: publish_draft(work, "small", seen=1, by=SYSTEM))
    whole = DOCUMENT.model_copy(update={"nodes": DOCUMENT.nodes[:2]})
    in_house(house, lambda work: keep_draft(work, whole, seen=1, by=SYSTEM))

    with pytest.raises(StaleError):
        in_house(house, lambda work: publish_draft(work, "small", seen=1, by=SYSTEM))
    assert in_house(house, lambda work: publish_draft(work, "small", seen=2, by=SYSTEM)) == 1
    found = in_house(house, lambda work: draft_of(work, "small", viewer=EVERYTHING))
    assert (found.version, found.published, found.is_published) == (2, 1, True)


def test_new_funnels_have_keys_of_their_own(house):
    keys = in_house(house, lambda work: new_funnels(work, ["Ads", "Ads", "Реклама"], by=SYSTEM))

    assert keys == ["ads", "ads_2", "reklama"]
    assert in_house(house, lambda work: draft_of(work, "ads_2", viewer=EVERYTHING)).document.nodes == ()
    with pytest.raises(InvalidError):
        in_house(house, lambda work: new_funnels(work, ["Fine", " "], by=SYSTEM))


def test_what_was_compiled_from_robots_is_not_drawn(house):
    robots = DOCUMENT.model_copy(update={"key": "robots.retail.new"})
    in_house(house, lambda work: save_draft(work, robots, by=SYSTEM))

    with pytest.raises(NotFoundError):
        in_house(house, lambda work: draft_of(work, robots.key, viewer=EVERYTHING))
    with pytest.raises(InvalidError):
        in_house(house, lambda work: keep_draft(work, robots, seen=1, by=SYSTEM))
    with pytest.raises(InvalidError):
        in_house(house, lambda work: publish_draft(work, robots.key, seen=1, by=SYSTEM))
    with pytest.raises(NotFoundError):
        in_house(house, lambda work: keep_draft(work, DOCUMENT, seen=0, by=SYSTEM))


def test_nodes_are_said_in_words_whatever_is_wrong_with_them(house):
    found = in_house(house, lambda work: checked(work, DOCUMENT, viewer=EVERYTHING))

    nodes = {one.id: one for one in found.nodes}
    assert nodes["mark"].summary == "one"
    assert nodes["mark"].ports == (("next", "next"), ("failed", "failed"))
    assert (nodes["lost"].summary, nodes["lost"].ports) == ("", ())
    assert ("lost", "block_unknown") in {(one.node, one.code) for one in found.problems}


def test_ways_out_are_known_before_all_settings_are_right(house):
    document = read(
        SMALL.replace(
            "{id: lost, type: crm.fly}",
            "{id: lost, type: logic.switch, config: {cases: [{port: fair, values: [fair]}]}}",
        )
    )

    found = in_house(house, lambda work: checked(work, document, viewer=EVERYTHING))

    assert [port for port, _ in found.nodes[2].ports] == ["fair", "else"]


def test_a_draft_costs_the_same_statements_however_large_it_is(house):
    def cost(count):
        nodes = [DOCUMENT.nodes[0], *(DOCUMENT.nodes[1].model_copy(update={"id": f"n{one}"}) for one in range(count))]
        document = DOCUMENT.model_copy(update={"nodes": tuple(nodes), "edges": ()})

        def act(work):
            seen = draft_of(work, "small", viewer=EVERYTHING).version
            before = work.statements
            keep_draft(work, document, seen=seen, by=SYSTEM)
            checked(work, draft_of(work, "small", viewer=EVERYTHING).document, viewer=EVERYTHING)
            return work.statements - before

        return in_house(house, act)

    in_house(house, lambda work: save_draft(work, DOCUMENT, by=SYSTEM))
    cost(1)

    assert cost(3) == cost(300)
