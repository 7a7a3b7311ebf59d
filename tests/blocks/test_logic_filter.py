from blocks.logic_filter import Filter
from engine.outcome import Leave
from tests.blocks.asking import context

SOCIAL = Filter(condition={"op": "is", "field": "lead.source", "value": "social"})


def test_it_lets_through_whom_the_condition_fits():
    assert SOCIAL.run(context({"lead": {"source": "social"}})) == Leave("next")
    assert SOCIAL.run(context({"lead": {"source": "email"}})) == Leave("filtered")


def test_a_missing_record_is_filtered():
    assert SOCIAL.run(context()) == Leave("filtered")


def test_it_looks_at_the_fields_of_its_condition():
    assert SOCIAL.paths() == {"lead.source"}
    assert SOCIAL.ports() == ("next", "filtered")
