import pytest
from pydantic import ValidationError

from blocks.crm_remove_tags import RemoveTags
from engine import effect
from engine.outcome import Fail, Leave
from tests.blocks.asking import context


def test_it_leaves_with_its_effect():
    outcome = RemoveTags(tags=["hot", "new"], on="deal").run(context({"deal": {"id": 1}}))

    assert outcome == Leave(effects=(effect.RemoveTags(frozenset({"hot", "new"}), "deal"),))


def test_it_fails_without_the_record():
    assert RemoveTags(tags=["hot"]).run(context()) == Fail("no_record", "the run has no lead")


def test_it_wants_a_tag():
    with pytest.raises(ValidationError):
        RemoveTags(tags=[])


def test_it_says_what_it_looks_at():
    assert RemoveTags(tags=["hot"], on="company").records() == {"company"}
