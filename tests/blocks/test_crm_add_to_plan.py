import pytest
from pydantic import ValidationError

from blocks.crm_add_to_plan import AddToPlan
from engine.outcome import Do
from engine.request import OpenDeal
from tests.blocks.asking import context


def test_it_asks_for_a_deal_on_the_plan():
    assert AddToPlan(plan="b2b").run(context()) == Do(OpenDeal("b2b"))


def test_it_passes_on_all_that_was_set():
    block = AddToPlan(plan="b2b", stage="call", name="For {lead.name}", amount=5_00, owner="anna", if_open="move")

    outcome = block.run(context({"lead": {"name": "Ira"}}))

    assert outcome == Do(OpenDeal("b2b", "call", "For Ira", 5_00, "anna", "move"))


def test_a_name_that_comes_out_empty_is_the_plans_own():
    assert AddToPlan(plan="b2b", name="{lead.name}").run(context()) == Do(OpenDeal("b2b"))


def test_a_broken_template_is_refused_when_it_is_written():
    with pytest.raises(ValidationError, match="name"):
        AddToPlan(plan="b2b", name="{lead.name")


def test_the_ports_are_the_answers_of_the_command():
    assert AddToPlan(plan="b2b").ports() == ("next", "already_there", "no_manager", "failed")


def test_the_plans_own_name_may_be_filled_from_the_lead():
    assert AddToPlan(plan="sales").records() == {"lead"}
