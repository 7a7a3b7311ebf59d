import pytest
from pydantic import ValidationError

from blocks.message_notify_employee import NotifyEmployeeBlock
from engine.effect import NotifyEmployee, Place
from engine.outcome import Leave
from tests.blocks.asking import context


def test_it_tells_the_owner_the_filled_text():
    block = NotifyEmployeeBlock(text="Call {lead.name}! ")

    assert block.run(context({"lead": {"name": "Ann"}})) == Leave(
        effects=(NotifyEmployee(Place("n", 1), "owner", "Call Ann!"),)
    )
    assert block.paths() == {"deal.owner_id", "lead.owner_id"}


def test_it_tells_a_user_by_email_too():
    block = NotifyEmployeeBlock(whom="user", user="boss", text="Look", by_email=True)

    assert block.run(context()) == Leave(effects=(NotifyEmployee(Place("n", 1), "user", "Look", "boss", True),))
    assert block.paths() == set()


@pytest.mark.parametrize("settings", [{"whom": "user"}, {"whom": "owner", "user": "boss"}])
def test_a_user_is_named_where_one_is_told_and_only_there(settings):
    with pytest.raises(ValidationError, match="only there"):
        NotifyEmployeeBlock(text="Look", **settings)
