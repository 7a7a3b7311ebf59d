from blocks.crm_add_comment import AddComment
from engine import effect
from engine.outcome import Fail, Leave
from tests.blocks.asking import context


def test_it_writes_the_filled_text():
    outcome = AddComment(text="From {lead.source}").run(context({"lead": {"source": "social"}}))

    assert outcome == Leave(effects=(effect.AddComment("From social", "lead"),))


def test_it_fails_without_the_record():
    assert AddComment(text="Hi", on="deal").run(context()) == Fail("no_record", "the run has no deal")


def test_it_says_what_it_looks_at():
    assert AddComment(text="Hi", on="deal").records() == {"deal"}
