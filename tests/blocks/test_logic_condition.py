from blocks.logic_condition import ConditionBlock
from engine.outcome import Leave
from tests.blocks.asking import context

SOCIAL = ConditionBlock(condition={"op": "is", "field": "lead.source", "value": "social"})


def test_it_says_yes_or_no():
    assert SOCIAL.run(context({"lead": {"source": "social"}})) == Leave("yes")
    assert SOCIAL.run(context({"lead": {"source": "email"}})) == Leave("no")


def test_a_missing_record_is_no():
    assert SOCIAL.run(context()) == Leave("no")


def test_it_looks_at_the_fields_of_its_condition():
    assert SOCIAL.paths() == {"lead.source"}
    assert SOCIAL.ports() == ("yes", "no")
