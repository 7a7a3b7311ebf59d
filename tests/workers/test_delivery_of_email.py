"""E-mails leave once, in their order, within their limits; what failed is tried again, and what nobody knows is said."""

from datetime import timedelta
from email import message_from_bytes

import pytest

from crm.access.actor import SYSTEM
from crm.settings.users import UserChange, change_user
from engine.text import unpacked
from funnels.outbox import retry
from tests.workers.sending import MAIL, Sender
from workers.letters import LEASE, Receipt, claim, settle
from workers.post import Post

AT_ONCE, WAITING = MAIL.format(wait="false"), MAIL.format(wait="true")


@pytest.fixture
def sender(house, mailbox):
    return Sender(house, mailbox=mailbox)


def keys(mailbox):
    return [message_from_bytes(content)["Message-ID"] for _, _, content in mailbox.got]


def subjects(mailbox):
    return [message_from_bytes(content)["Subject"] for _, _, content in mailbox.got]


def refuse(mailbox, answer, address="ann@example.com"):
    mailbox.refusals[address] = answer


def test_what_is_due_is_sent_once(house, mailbox, sender):
    house.publish(AT_ONCE)
    house.lead(email="ann@example.com")
    house.drain()

    assert (sender.send(), sender.send()) == (1, 0)

    assert mailbox.got[0][1] == ["ann@example.com"]
    assert sender.states == ["sent"]
    assert (sender.last.attempts, sender.last.ended_at, sender.last.lease_until) == (1, house.clock.now, None)
    [(event, data)] = house.events("message.sent")
    assert (data["run"], data["node"], data["visit"]) == (house.runs()[0].id, "mail", 1)
    assert "ann" not in event.data


def test_a_run_that_waits_goes_on_when_it_is_sent(house, mailbox, sender):
    house.publish(WAITING)
    house.lead(email="ann@example.com")
    house.drain()
    assert house.at() == ["mail"]

    sender.send()
    house.drain()

    assert (house.tags(), house.states()) == (["sent"], [("completed", "end:next")])


def test_of_two_runs_each_hears_of_its_own_message(house, mailbox, sender):
    house.publish(WAITING)
    house.leads(2, email="ann@example.com")
    house.drain()
    with house.database.work() as work:
        letter = claim(work, "email")
    sender.post.send(letter)
    with house.database.work() as work:
        settle(work, letter, Receipt("sent", {}))
    house.drain()

    assert [status for status, _ in house.states()] == ["completed", "waiting"]


def test_a_refused_address_fails_at_once(house, mailbox, sender):
    refuse(mailbox, "550 no such mailbox")
    house.publish(WAITING)
    house.lead(email="ann@example.com")
    house.drain()

    sender.send()
    house.drain()

    assert (sender.states, sender.last.result) == (["failed"], {"words": "550 no such mailbox"})
    assert house.tags() == ["failed"]
    assert "mailbox" not in house.events("message.failed")[0][0].data


def test_trouble_is_tried_again_with_longer_and_longer_pauses(house, mailbox, sender):
    refuse(mailbox, "451 try later")
    house.publish(WAITING)
    house.lead(email="ann@example.com")
    house.drain()
    pauses = []

    assert sender.send() == 1
    while sender.states == ["queued"]:
        pauses.append(sender.last.due_at - house.clock.now)
        house.clock.now = sender.last.due_at - timedelta(seconds=1)
        assert sender.send() == 0
        house.clock.forward(seconds=1)
        assert sender.send() == 1
    house.drain()

    assert [int(pause.total_seconds() // 60) for pause in pauses] == [1, 5, 30, 120]
    assert (sender.states, sender.last.attempts, house.tags()) == (["failed"], 5, ["failed"])


def test_a_message_keeps_its_id_at_every_try(house, mailbox, sender):
    mailbox.last_words = "451 try later"
    house.publish(AT_ONCE)
    house.lead(email="ann@example.com")
    house.drain()
    for _ in range(3):
        sender.send()
        house.clock.forward(hours=3)

    assert len(keys(mailbox)) == 3
    assert len(set(keys(mailbox))) == 1


def test_messages_of_one_person_arrive_in_their_order_though_the_first_has_trouble(house, mailbox, sender):
    refuse(mailbox, "451 try later")
    house.publish(AT_ONCE)
    house.leads(3, email="ann@example.com")
    house.lead(email="bob@example.com", source="other")
    house.drain()

    assert sender.send() == 2, "ann's first and bob's"
    assert sender.send() == 0
    del mailbox.refusals["ann@example.com"]
    house.clock.forward(minutes=1)

    assert sender.send() == 3
    assert subjects(mailbox) == ["For Lead 0", "For Lead 0", "For Lead 1", "For Lead 2"]


def test_no_more_leave_in_a_minute_than_allowed(house, mailbox):
    sender = Sender(house, mailbox=mailbox, per_minute=2)
    house.publish(AT_ONCE.replace("subject:", 'to: "a{lead.id}@example.com", subject:'))
    house.leads(5)
    house.drain()

    sent = []
    for _ in range(4):
        sent.append(sender.send())
        house.clock.forward(seconds=61)

    assert sent == [2, 2, 1, 0]


def test_without_a_mail_server_they_wait_for_one(house, mailbox):
    house.publish(AT_ONCE)
    house.lead(email="ann@example.com")
    house.drain()
    sender = Sender(house)
    assert (sender.send(), sender.states) == (0, ["queued"])

    sender.use(mailbox.port)

    assert sender.send() == 1


def test_nobody_waits_for_ever_for_a_mail_server(house, mailbox):
    house.publish(WAITING)
    house.lead(email="ann@example.com")
    house.drain()
    house.clock.forward(days=1)
    house.drain()
    assert house.states() == [("completed", "end:timeout")]
    sender = Sender(house)

    sender.use(mailbox.port)

    assert (sender.send(), sender.states, mailbox.got) == (0, ["failed"], [])
    assert unpacked(sender.last.result["words"]) == "it could not be sent in time"


class Dying(Post):
    """A post whose process dies at some moment."""

    def __init__(self, *, after_sending):
        super().__init__()
        self.after_sending = after_sending

    def send(self, letter):
        if self.after_sending:
            super().send(letter)
        raise SystemExit


@pytest.mark.parametrize("after_sending", [False, True])
def test_whoever_dies_while_sending_leaves_a_message_of_unknown_outcome(house, mailbox, sender, after_sending):
    house.publish(WAITING)
    house.lead(email="ann@example.com")
    house.drain()
    sender.post, post = Dying(after_sending=after_sending), sender.post
    with pytest.raises(SystemExit):
        sender.send()
    sender.post = post

    assert (sender.send(), sender.sweep(), sender.states) == (0, 0, ["sending"])
    house.clock.now += LEASE + timedelta(seconds=1)
    assert (sender.sweep(), sender.states) == (1, ["unknown"])
    house.clock.forward(hours=20)

    assert (sender.send(), house.drain(), house.at()) == (0, 0, ["mail"]), "it is not sent again by itself"
    assert len(mailbox.got) == int(after_sending)


def test_at_the_start_of_the_only_process_what_was_being_sent_is_found_at_once(house, sender):
    house.publish(AT_ONCE)
    house.lead(email="ann@example.com")
    house.drain()
    with house.database.work() as work:
        claim(work, "email")

    assert (sender.sweep(at_start=True), sender.states) == (1, ["unknown"])


def test_whoever_oversleeps_may_still_say_what_became_of_it(house, mailbox, sender):
    house.publish(WAITING)
    house.lead(email="ann@example.com")
    house.drain()
    with house.database.work() as work:
        letter = claim(work, "email")
    house.clock.now += LEASE + timedelta(seconds=1)
    sender.sweep()
    receipt = sender.post.send(letter)

    with house.database.work() as work:
        settle(work, letter, receipt)
    house.drain()

    assert (sender.states, house.tags()) == (["sent"], ["sent"])


def test_whoever_oversleeps_cannot_speak_for_a_later_try(house, mailbox, sender):
    house.publish(AT_ONCE)
    house.lead(email="ann@example.com")
    house.drain()
    with house.database.work() as work:
        asleep = claim(work, "email")
    house.clock.now += LEASE + timedelta(seconds=1)
    sender.sweep()
    house.act(retry, sender.last.id)
    with house.database.work() as work:
        claim(work, "email")

    with house.database.work() as work:
        settle(work, asleep, Receipt("failed", {}))

    assert sender.states == ["sending"]


def test_a_letter_that_breaks_its_channel_holds_up_no_other(house, mailbox, sender, monkeypatch):
    house.publish(AT_ONCE.replace("subject:", 'to: "a{lead.id}@example.com", subject:'))
    house.leads(2)
    house.drain()
    ordinary = Post.send
    broken = []

    def send(self, letter):
        if not broken:
            broken.append(letter)
            raise RuntimeError("a bomb")
        return ordinary(self, letter)

    monkeypatch.setattr(Post, "send", send)

    assert sender.send() == 2
    assert sorted(sender.states) == ["sent", "unknown"]


def test_an_employee_is_written_to_and_nobody_hears_of_it(house, mailbox, sender):
    house.publish("""
key: tells
name: Tells
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: tell, type: message.notify_employee, config: {whom: user, user: boss, text: "Look\\nhere", by_email: true}}
edges: [{from: created, to: tell}]
""")
    with house.database.work() as work:
        change_user(work, "boss", UserChange(email="boss@acme.test"), by=SYSTEM)
    house.lead()
    house.drain()

    sender.send()

    assert (mailbox.got[0][1], house.events("message.sent")) == (["boss@acme.test"], [])


def test_runs_that_look_alike_wait_each_for_its_own(house, mailbox, sender):
    house.publish(WAITING.replace('"For {lead.title}"', 'Hi, to: "all@example.com"'))
    house.leads(3)
    house.drain()
    assert len({row.key for row in house.messages()}) == 3

    with house.database.work() as work:
        letter = claim(work, "email")
    with house.database.work() as work:
        settle(work, letter, Receipt("sent", {}))
    house.drain()

    assert [status for status, _ in house.states()] == ["completed", "waiting", "waiting"]
    sender.send()
    house.drain()
    assert house.tags() == ["sent"] * 3
