"""A funnel among others: what several write, and who starts whom in a circle."""

from itertools import pairwise

import pytest

from blocks.catalogue import block_type
from engine.clashes import PlanStages, clashes, touches
from engine.document import FunnelDocument

PLANS = {
    "retail": PlanStages(("new", "offer", "won", "lost"), "new", frozenset({"won"}), frozenset({"lost"})),
    "service": PlanStages(("new",), "new"),
}
START = {"id": "start", "type": "trigger.lead_created"}


def named(key, *nodes):
    """Return what a funnel of blocks that follow one another has to do with others."""
    ids = [one["id"] for one in nodes]
    edges = [{"from": one, "to": other} for one, other in pairwise(ids)]
    document = {"key": key, "name": key.title(), "nodes": list(nodes), "edges": edges}
    return touches(FunnelDocument.model_validate(document), block_type)


def block(type_, id_="do", **config):
    return {"id": id_, "type": type_, "config": config}


def told(own, *others):
    return [(one.code, one.node, one.funnels) for one in clashes(own, others, PLANS)]


TO_OFFER, TO_NEW = block("crm.change_stage", stage="offer"), block("crm.change_stage", stage="new")
OF_RETAIL = block("crm.change_stage", stage="offer", plan="retail")
SOURCE, PHONE = (
    block("crm.set_fields", changes=[{"field": f"lead.{key}", "value": "x"}]) for key in ("source", "phone")
)
ON, OFF = block("crm.add_tags", tags=["hot"]), block("crm.remove_tags", tags=["hot"])
OWNER = block("people.assign_manager", owner="ann")
PAIRS = {
    "the same stage": (TO_OFFER, TO_OFFER, True),
    "other stages of plans that are not said": (TO_OFFER, TO_NEW, False),
    "the same plan": (OF_RETAIL, block("crm.change_stage", stage="new", plan="retail"), True),
    "another plan": (OF_RETAIL, block("crm.change_stage", stage="new", plan="service"), False),
    "the same field": (SOURCE, SOURCE, True),
    "another field": (SOURCE, PHONE, False),
    "a tag put on by both": (ON, ON, False),
    "a tag put on and taken off": (ON, OFF, True),
    "a tag taken off and put on": (OFF, ON, True),
    "a tag of another record": (ON, block("crm.remove_tags", tags=["hot"], on="deal"), False),
    "the manager": (OWNER, OWNER, True),
    "nothing in common": (OWNER, ON, False),
}


@pytest.mark.parametrize("case", PAIRS)
def test_what_another_funnel_writes_too_is_named(case):
    one, other, collides = PAIRS[case]

    found = told(named("one", START, one), named("two", START, other), named("three", START))

    assert found == ([("also_written", "do", (("two", "Two"),))] if collides else [])


def test_a_block_that_nobody_reaches_writes_nothing():
    lost = named("one", SOURCE)

    assert told(lost, named("two", START, SOURCE)) == []
    assert told(named("two", START, SOURCE), lost) == []


def entered(*stages, plan="retail", **more):
    return block("trigger.stage_entered", "start", plan=plan, stages=list(stages), **more)


OWN = {
    "the stage it waits for": (entered("offer"), OF_RETAIL, "write_ignored"),
    "where it answers to itself": (entered("offer", self_caused=True), OF_RETAIL, "write_restarts"),
    "any stage": (entered(), OF_RETAIL, "write_ignored"),
    "another stage": (entered("new"), OF_RETAIL, None),
    "a plan that is not said": (entered("offer"), TO_OFFER, "write_ignored"),
    "another plan": (entered("new", plan="service"), OF_RETAIL, None),
    "a deal of its own": (entered("new"), block("crm.add_to_plan", plan="retail"), "write_ignored"),
    "a deal further on": (entered("new"), block("crm.add_to_plan", plan="retail", stage="offer"), None),
    "a stage that is left": (block("trigger.stage_left", "start", plan="retail", stages=["new"]), OF_RETAIL, "write_ignored"),
    "a win": (block("trigger.deal_won", "start"), block("crm.change_stage", stage="won", plan="retail"), "write_ignored"),
    "a plan that is gone": (entered("new", plan="gone"), block("crm.add_to_plan", plan="gone"), None),
    "a stage of another plan": (entered(plan="service"), block("crm.change_stage", stage="offer"), None),
    "no win": (block("trigger.deal_won", "start"), OF_RETAIL, None),
    "moves by hand only": (entered("offer", origins=["hand"]), OF_RETAIL, None),
}  # fmt: skip


@pytest.mark.parametrize("case", OWN)
def test_what_would_start_the_same_funnel_again_is_said(case):
    start, write, code = OWN[case]

    assert told(named("one", start, write)) == ([(code, "do", ())] if code else [])


def test_many_are_named_by_the_first():
    [found] = clashes(named("one", START, SOURCE), [named(f"f{place}", START, SOURCE) for place in range(5)], PLANS)

    assert str(found).endswith("others write lead.source, too: “F0”, “F1”, “F2”, …; the last one wins")
    assert len(found.funnels) == 5


def test_a_circle_of_funnels_is_found_however_long_and_only_from_inside():
    one = named("one", entered("new"), block("crm.change_stage", stage="offer", plan="retail"))
    two = named("two", entered("offer"), block("crm.change_stage", stage="won", plan="retail"))
    three = named("three", block("trigger.deal_won", "start"), block("crm.add_to_plan", plan="retail"))
    aside = named("aside", START, block("crm.add_to_plan", plan="retail"))

    circle = [one for one in told(one, two, three, aside) if one[0] == "funnels_circle"]

    assert circle == [("funnels_circle", "do", (("two", "Two"), ("three", "Three")))]
    assert [one for one in told(aside, one, two, three) if one[0] == "funnels_circle"] == []
    assert [one for one in told(one, two, aside) if one[0] == "funnels_circle"] == []
