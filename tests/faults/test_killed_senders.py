"""Senders are killed before, between and after: each message is tried, none is sent twice, and what nobody knows is said."""

from collections import Counter
from email import message_from_bytes

import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.settings.mail_server import MailServer, set_mail_server
from funnels.outbox import retry
from funnels.publication.publishing import publish, save_draft
from funnels.reading import read
from funnels.tables import outbox
from tests.channels.listening import Mailbox, WebServer
from tests.faults.office import DONE, KILLED

MESSAGES = 14
SENDS = """
key: sends
name: Sends
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: mail, type: message.send_email, config: {to: "lead{lead.id}@example.com", subject: Hi, text: Hello}}
  - {id: once, type: action.http_request, config: {address: "ADDRESS/once/{lead.id}"}}
  - {id: often, type: action.http_request, config: {address: "ADDRESS/often/{lead.id}", may_repeat: true}}
edges:
  - {from: created, to: mail}
  - {from: mail, to: once}
  - {from: once, port: next, to: often}
"""
# Of claim, sending and settling; the second commit settles the first message and claims the second.
POINTS = (
    "before:commit:1",
    "after:commit:1",
    "before:send:1",
    "after:send:1",
    "before:commit:2",
    "after:commit:2",
    "after:send:3",
)


@pytest.fixture
def servers():
    mailbox, web_server = Mailbox(), WebServer()
    yield mailbox, web_server
    mailbox.close()
    web_server.close()


def rows(office):
    with office.database.reading() as work:
        return work.rows(select(outbox).order_by(outbox.c.id))


@pytest.mark.timeout(300)
def test_a_sender_may_die_at_every_named_point(office, worker, servers):
    mailbox, web_server = servers
    with office.database.work() as work:
        server = MailServer("127.0.0.1", mailbox.port, "none", sender="sales@acme.test", per_minute=1000)
        set_mail_server(work, server, by=SYSTEM)
        document = read(SENDS.replace("ADDRESS", web_server.address))
        save_draft(work, document, by=SYSTEM)
        publish(work, document.key, by=SYSTEM)
    office.leads(MESSAGES)
    assert worker.run(office.url) == DONE

    ends = {
        (channel, point): worker.run(office.url, deliver=True, channels=[channel], kill_at=point)
        for channel in ("email", "http")
        for point in POINTS
    }
    assert worker.run(office.url, deliver=True) == DONE

    assert set(ends.values()) == {KILLED}, ends
    mails = Counter(message_from_bytes(content)["Message-ID"] for _, _, content in mailbox.got)
    calls = Counter(path for _, path, _, _ in web_server.got)
    states = Counter((row.node, row.state) for row in rows(office))
    assert set(mails.values()) == {1}, "no e-mail twice"
    assert {count for path, count in calls.items() if "once" in path} == {1}, "no call that must not be repeated"
    for node, reached in (("mail", len(mails)), ("once", sum("once" in path for path in calls))):
        assert states[node, "sent"] + states[node, "unknown"] == MESSAGES
        assert states[node, "sent"] <= reached <= MESSAGES
        assert 1 <= states[node, "unknown"] <= len(POINTS), "what nobody knows is said"
    assert states["often", "sent"] == sum("often" in path for path in calls) == MESSAGES, "each at least once"
    keys = {headers["Idempotency-Key"] for _, path, headers, _ in web_server.got if "often" in path}
    assert len(keys) == MESSAGES, "whatever is repeated has its key"
    assert {code for code, _, _ in office.findings()} == {"message_unknown"}

    with office.database.work() as work:
        retry(work, [row.id for row in rows(office) if row.state == "unknown"], by=SYSTEM)
    assert worker.run(office.url, deliver=True) == DONE

    assert {row.state for row in rows(office)} == {"sent"}
    assert office.findings() == []
