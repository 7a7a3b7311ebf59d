"""E-mails reach a real server as they were written, and every failure says whether the e-mail was taken."""

import socket
import threading
from contextlib import suppress
from email import message_from_bytes
from email.policy import default

import pytest

from channels import smtp
from tests.channels.listening import raw_server

LETTER = smtp.Mail("Acme <sales@acme.test>", "ann@example.com", "Привіт, Ann", "Dear Ann,\n.\nза дверима!\n", "k-1")


def at(port):
    return smtp.Server("127.0.0.1", port, "none")


class Greeting:
    """A raw mail server: it says its lines one by one, each after it got something; ``None`` hangs up."""

    def __init__(self, *lines):
        self.lines = lines

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # whoever waits for a connection wakes
        self.listener.close()
        self.thread.join(60)

    def serve(self):
        with suppress(OSError):
            connection, _ = self.listener.accept()
            with connection:
                connection.settimeout(60)
                for line in self.lines:
                    if line is None:
                        return
                    connection.sendall(line.encode() + b"\r\n")
                    connection.recv(65536)


def test_an_email_arrives_as_it_was_written(mailbox):
    smtp.send(at(mailbox.port), LETTER)

    [(sender, to, content)] = mailbox.got
    read = message_from_bytes(content, policy=default)
    assert (sender, to) == ("sales@acme.test", ["ann@example.com"])
    assert read["From"] == "Acme <sales@acme.test>"
    assert read["Subject"] == "Привіт, Ann"
    assert read["Message-ID"] == "<k-1@acme.test>"
    assert read.get_content().replace("\r\n", "\n") == LETTER.text


def test_a_domain_in_other_letters_is_written_as_name_servers_know_it(mailbox):
    smtp.send(at(mailbox.port), smtp.Mail("a@acme.test", "ann@пошта.укр", "Hi", "Hi"))

    assert mailbox.got[0][1] == ["ann@xn--80a1acn3a.xn--j1amh"]


@pytest.mark.parametrize(("answer", "is_final"), [("550 no such mailbox", True), ("451 try later", False)])
def test_a_recipient_may_be_refused_for_good_or_for_now(mailbox, answer, is_final):
    mailbox.refusals["ann@example.com"] = answer

    with pytest.raises(smtp.MailError, match=answer[4:]) as refused:
        smtp.send(at(mailbox.port), LETTER)

    assert (refused.value.is_certain, refused.value.is_final) == (True, is_final)


@pytest.mark.parametrize(("answer", "is_final"), [("554 spam", True), ("452 full", False)])
def test_the_message_itself_may_be_refused(mailbox, answer, is_final):
    mailbox.last_words = answer

    with pytest.raises(smtp.MailError, match=answer) as refused:
        smtp.send(at(mailbox.port), LETTER)

    assert (refused.value.is_certain, refused.value.is_final) == (True, is_final)


def test_nobody_at_home_is_certain_and_may_change():
    with Greeting() as server:
        port = server.port

    with pytest.raises(smtp.MailError) as refused:
        smtp.send(at(port), LETTER)

    assert (refused.value.is_certain, refused.value.is_final) == (True, False)


@pytest.mark.parametrize(
    ("lines", "is_certain"),
    [
        (["554 go away"], True),
        (["220 hi", "250 hi", None], True),
        (["220 hi", "250 hi", "250 ok", None], True),
        (["220 hi", "250 hi", "250 ok", "250 ok", "451 no"], True),
        (["220 hi", "250 hi", "250 ok", "250 ok", "354 go on", None], False),
    ],
)
def test_only_after_the_last_line_nobody_knows(lines, is_certain):
    with Greeting(*lines) as server, pytest.raises(smtp.MailError) as failed:
        smtp.send(at(server.port), LETTER)

    assert (failed.value.is_certain, failed.value.is_final) == (is_certain, False)


def test_a_server_that_takes_it_and_hangs_up_has_taken_it():
    with Greeting("220 hi", "250 hi", "250 ok", "250 ok", "354 go on", "250 taken", None) as server:
        smtp.send(at(server.port), LETTER)


def test_a_server_that_says_goodbye_wrongly_has_taken_it():
    with Greeting("220 hi", "250 hi", "250 ok", "250 ok", "354 go on", "250 taken", "500 what?") as server:
        smtp.send(at(server.port), LETTER)


@pytest.mark.parametrize("to", ["ann", "ann@" + "x" * 70 + ".test", ""])
def test_an_address_that_cannot_be_is_refused_before_anybody_is_asked(to):
    with pytest.raises(smtp.MailError) as refused:
        smtp.send(at(1), smtp.Mail("a@acme.test", to, "Hi", "Hi"))

    assert refused.value.is_final


def test_a_server_that_says_nothing_is_left(monkeypatch):
    monkeypatch.setattr(smtp, "TIMEOUT", 0.3)

    with raw_server(b"") as server, pytest.raises(smtp.MailError) as failed:
        smtp.send(at(server.port), LETTER)

    assert (failed.value.is_certain, failed.value.is_final) == (True, False)
