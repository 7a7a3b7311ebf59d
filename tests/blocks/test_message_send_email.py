from dataclasses import replace
from datetime import timedelta

import pytest

from blocks.message_send_email import SendEmailBlock
from engine.duration import Duration, Window
from engine.effect import Place, SendEmail
from engine.outcome import Awaited, Fail, Happened, Leave, TimedOut, Wait
from tests.blocks.asking import context, event

HELLO = SendEmailBlock(subject="Hello {lead.name}", text="Dear {lead.name},\nwelcome!")
ANN = {"lead": {"name": "Ann", "email": "ann@example.com"}, "run": {"id": 12}}
WAITING = HELLO.model_copy(update={"wait": True})
MAIL = SendEmail(Place("n", 1), "ann@example.com", "Hello Ann", "Dear Ann,\nwelcome!")


def test_it_writes_to_the_person_and_goes_on():
    assert HELLO.run(context(ANN)) == Leave(effects=(MAIL,))
    assert HELLO.paths() == {"contact.email", "lead.email"}
    assert HELLO.awaits() == set()
    assert HELLO.ports() == ("next", "not_eligible", "failed")


def test_the_contact_is_asked_first():
    [mail] = HELLO.run(context({**ANN, "contact": {"email": "a@home.test"}})).effects

    assert mail.to == "a@home.test"


def test_the_visit_is_part_of_the_place():
    [mail] = HELLO.run(context(ANN, visit=3)).effects

    assert mail.place == Place("n", 3)


def test_another_address_may_be_given():
    block = SendEmailBlock(to="boss@{lead.name}.test", subject="Hi", text="Hi")
    [mail] = block.run(context(ANN)).effects

    assert mail.to == "boss@Ann.test"
    assert block.paths() == set()


@pytest.mark.parametrize(
    "email", [None, "", "ann", "ann@example", "a@b.cd, e@f.gh", "a@b.cd\nBcc: x@y.zz", "<a@b.cd>", "a" * 320 + "@b.cd"]
)
def test_whoever_has_no_address_gets_none(email):
    assert HELLO.run(context({"lead": {"name": "Ann", "email": email}})) == Leave("not_eligible")


def test_a_subject_is_one_line():
    block = SendEmailBlock(subject="{lead.name}", text="Hi")
    [mail] = block.run(context({"lead": {"name": "A\r\nBcc: x@y.zz", "email": "a@b.cd"}})).effects

    assert mail.subject == "A Bcc: x@y.zz"


def test_it_may_wait_until_it_is_sent():
    where = {"run": 12, "node": "n", "visit": 1}

    asked = context(ANN)
    until = asked.now + timedelta(days=1)

    assert WAITING.run(asked) == Wait(
        until,
        (Awaited("message.sent", "next", where), Awaited("message.failed", "failed", where)),
        effects=(replace(MAIL, until=until),),
    )
    assert WAITING.ports() == ("next", "timeout", "not_eligible", "failed")
    assert WAITING.awaits() == {"message.sent", "message.failed"}
    assert WAITING.paths() == {"contact.email", "lead.email", "run.id"}


def test_what_became_of_it_decides():
    sent, failed = event("message.sent"), event("message.failed")

    assert WAITING.run(context(ANN, signal=Happened(sent, "next"))) == Leave()
    assert isinstance(WAITING.run(context(ANN, signal=Happened(failed, "failed"))), Fail)
    assert WAITING.run(context(ANN, signal=TimedOut())) == Leave("timeout")


def test_hours_that_never_come_are_a_failure():
    sundays = Duration(amount=1, unit="days", calendar="company", window=Window(weekdays=("sun",)))

    assert WAITING.model_copy(update={"timeout": sundays}).run(context(ANN)).code == "never_open"
