"""The doctor looks at the outbox too."""

import pytest
from sqlalchemy import text

from tests.channels.listening import Mailbox
from tests.funnels.doctoring import codes
from tests.workers.house import a_house
from tests.workers.sending import MAIL, Sender
from workers.letters import Receipt, claim, settle


@pytest.fixture
def house(databases, dialect):
    """Four e-mails: one sent, one being sent, one of unknown outcome, one queued."""
    with a_house(databases, dialect) as made:
        _write(made)
        yield made


def _write(made):
    made.publish(MAIL.format(wait="false").replace("subject:", 'to: "a{lead.id}@example.com", subject:'))
    made.leads(4)
    made.drain()
    mailbox = Mailbox()
    sender = Sender(made, mailbox=mailbox)
    with made.database.work() as work:
        claim(work, "email")
    sender.sweep(at_start=True)
    with made.database.work() as work:
        letter = claim(work, "email")
    sender.post.send(letter)
    mailbox.close()
    with made.database.work() as work:
        settle(work, letter, Receipt("sent", {}))
        claim(work, "email")


def test_only_what_waits_for_a_person_is_named(house):
    assert codes(house) == ["message_unknown"]


def test_what_hangs_and_what_is_late_is_named(house):
    house.clock.forward(hours=1)

    assert sorted(codes(house)) == ["message_hangs", "message_late", "message_unknown"]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("update outbox set key = '9' || key where state = 'sent'", "message_confused"),
        ("update outbox set lane = (person_id + 1) % 256 where state = 'sent'", "message_confused"),
        ("update outbox set ended_at = null where state = 'sent'", "message_confused"),
        ("update outbox set ended_at = created_at where state = 'queued'", "message_confused"),
        ("update outbox set lease_until = created_at where state = 'queued'", "message_confused"),
        ("update outbox set person_id = person_id + 256 where state = 'sent'", "message_of_nobody"),
        ("update outbox set run_id = run_id + 9000 where state = 'sent'", "link_broken"),
        ("update outbox set lease_until = null where state = 'sending'", "message_hangs"),
    ],
)
def test_what_was_broken_by_hand_is_found(house, statement, code):
    with house.database.work() as work:
        work.execute(text(statement))

    assert code in codes(house)
