"""The mail server's page, beside a mail server of the test's own."""

import re

import pytest
from aiosmtpd.controller import Controller

from crm.access.actor import SYSTEM
from crm.settings.mail_server import known_mail_server
from crm.settings.users import UserChange, change_user


class Inbox:
    """Takes messages, unless it was told to refuse them."""

    def __init__(self):
        self.messages = []
        self.refusal = None

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  as the library calls it
        if self.refusal:
            return self.refusal
        self.messages.append((envelope.rcpt_tos, envelope.content.decode()))
        return "250 taken"


class OnAnyPort(Controller):
    """Listens on a port that is free."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def inbox():
    handler = Inbox()
    controller = OnAnyPort(handler, hostname="127.0.0.1", port=0, ready_timeout=60)
    controller.start()
    handler.port = controller.port
    yield handler
    controller.stop()


@pytest.fixture
def house(small_house):
    with small_house.database.work() as work:
        change_user(work, "root", UserChange(email="root@example.com"), by=SYSTEM)
    return small_house


def settings(port, **more):
    return {"host": "127.0.0.1", "port": port, "security": "none", "sender": "sales@example.com", **more}


@pytest.mark.parametrize("login", ["ann", "boss", "mark"])
def test_mail_is_the_administrators_concern(house, login):
    client = house.client(login)
    assert client.get("/settings/mail").status_code == 403
    assert client.post("/settings/mail", settings(25)).status_code == 403
    assert client.post("/settings/mail/test").status_code == 403


def test_a_test_message_arrives(house, inbox):
    client = house.client("root")
    assert client.post("/settings/mail", settings(inbox.port)).status_code == 303
    assert client.post("/settings/mail/test").status_code == 303
    [(to, text)] = inbox.messages
    assert to == ["root@example.com"]
    assert "Subject: Voronka can send mail" in text


def test_the_servers_own_answer_is_shown(house, inbox):
    client = house.client("root")
    client.post("/settings/mail", settings(inbox.port))
    inbox.refusal = "554 5.7.1 we know no Voronka here"
    answer = client.post("/settings/mail/test")
    assert answer.status_code == 422
    assert "554 5.7.1 we know no Voronka here" in answer.text


def test_a_server_that_is_not_there_is_named(house):
    client = house.client("root")
    client.post("/settings/mail", settings(1))
    assert "ConnectionRefusedError" in client.post("/settings/mail/test").text


def test_the_password_is_kept_and_never_shown(house):
    client = house.client("root")
    client.post("/settings/mail", settings(25, login="me", password="tell nobody"))
    page = client.get("/settings/mail").text
    assert "tell nobody" not in page
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    client.post("/settings/mail", settings(26, login="me", version=version))
    with house.database.work() as work:
        assert (known_mail_server(work).port, known_mail_server(work).password) == (26, "tell nobody")
    assert client.post("/settings/mail", settings(27, version=version)).status_code == 409
    wrong = client.post("/settings/mail", settings(28, password="secret of mine", host="two words", version=2))
    assert wrong.status_code == 422
    assert "secret of mine" not in wrong.text


@pytest.mark.parametrize(
    "wrong", [{"port": "0"}, {"port": "x"}, {"sender": "nobody"}, {"security": "magic"}, {"host": ""}]
)
def test_a_server_that_cannot_be_is_refused(house, wrong):
    assert house.client("root").post("/settings/mail", {**settings(25), **wrong}).status_code == 422


def test_an_invitation_goes_by_mail_where_there_is_a_server(house, inbox):
    client = house.client("root")
    client.post("/settings/mail", settings(inbox.port))
    added = client.post(
        "/settings/people/new", {"name": "Dan", "login": "dan", "role": "manager", "email": "dan@example.com"}
    )
    page = client.get(added.location).text
    [(to, text)] = inbox.messages
    assert to == ["dan@example.com"]
    assert re.search(r"/link/([\w-]+)", page)[1] in text.replace("=\n", "").replace("=\r\n", "")
    inbox.refusal = "550 no such mailbox"
    ann = re.search(r"/settings/people/\d+", added.location)[0]
    client.post(f"{ann}/link")
    assert "550 no such mailbox" in client.get(ann).text
