"""Starting by hand: one funnel, by its button, for leads and deals."""

import pytest

from crm.access.actor import SYSTEM, Actor, ActorKind
from crm.errors import InvalidError, NotAllowedError
from funnels.errors import FunnelNotFoundError
from funnels.starting import Start, buttons, records_of, start_by_hand

HAND = """
key: {key}
name: {key}
nodes:
  - {{id: start, type: trigger.manual_start, config: {{label: Go}}}}
  - {{id: tag, type: crm.add_tags, config: {{tags: [{key}], on: {on}}}}}
edges:
  - {{from: start, to: tag}}
"""
TWO = """
key: two
name: Two buttons
nodes:
  - {id: one, type: trigger.manual_start, config: {label: One}}
  - {id: other, type: trigger.manual_start, config: {label: Other}}
  - {id: tag, type: crm.add_tags, config: {tags: [one]}}
  - {id: tag2, type: crm.add_tags, config: {tags: [other]}}
edges:
  - {from: one, to: tag}
  - {from: other, to: tag2}
"""


def press(house, funnel, kind, ids, *, by=SYSTEM, **more):
    with house.database.work() as work:
        known = records_of(work, kind, ids)
        start_by_hand(work, funnel, [Start(kind, one, known[one].person_id) for one in ids], by=by, **more)
    house.drain()


@pytest.mark.parametrize("kind", ["lead", "deal"])
def test_the_records_named_start_in_the_funnel_named(house, kind):
    house.publish(HAND.format(key="wanted", on=kind))
    house.publish(HAND.format(key="other", on=kind))
    ids = [house.lead(), house.lead(), house.lead()] if kind == "lead" else [house.deal(), house.deal(), house.deal()]

    press(house, "wanted", kind, ids[:2])

    assert len(house.runs("wanted")) == 2
    assert (house.runs("other"), house.tags()) == ([], ["wanted", "wanted"])


def test_one_of_several_buttons_is_named(house):
    house.publish(TWO)
    lead_id = house.lead()

    with pytest.raises(InvalidError, match="several buttons, name one: One, Other"):
        press(house, "two", "lead", [lead_id])
    with pytest.raises(InvalidError, match="has no button “None of them”; there are: One, Other"):
        press(house, "two", "lead", [lead_id], button="None of them")
    press(house, "two", "lead", [lead_id], button="Other")

    assert house.tags() == ["other"]


def test_what_has_no_button_is_refused(house):
    house.publish(HAND.format(key="auto", on="lead").replace("manual_start, config: {label: Go}", "lead_created"))

    with house.database.reading() as work:
        with pytest.raises(InvalidError, match="no trigger “Started by hand”"):
            start_by_hand(work, "auto", [], by=SYSTEM)
        with pytest.raises(FunnelNotFoundError):
            buttons(work, "nowhere")


def test_who_may_not_edit_may_not_start(house):
    house.publish(HAND.format(key="wanted", on="lead"))
    lead_id = house.lead()

    with pytest.raises(NotAllowedError):
        press(house, "wanted", "lead", [lead_id], by=Actor(ActorKind.USER, 1, frozenset()))
