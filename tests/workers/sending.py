"""A house that sends: its mail server and another system are on loopback."""

from sqlalchemy import select

from channels.http import Rules
from crm.access.actor import SYSTEM
from crm.settings.mail_server import MailServer, set_mail_server
from funnels.tables import outbox
from workers.delivery import deliver
from workers.letters import sweep_letters
from workers.post import Post

MAIL = """
key: writes
name: Writes
nodes:
  - {{id: created, type: trigger.lead_created}}
  - {{id: mail, type: message.send_email, config: {{subject: "For {{lead.title}}", text: "Welcome", wait: {wait}}}}}
  - {{id: sent, type: crm.add_tags, config: {{tags: [sent]}}}}
  - {{id: failed, type: crm.add_tags, config: {{tags: [failed]}}}}
edges:
  - {{from: created, to: mail}}
  - {{from: mail, to: sent}}
  - {{from: mail, port: failed, to: failed}}
"""
CALL = """
key: asks
name: Asks
nodes:
  - {{id: created, type: trigger.lead_created}}
  - {{id: call, type: action.http_request, config: {{address: "{address}", {config}}}}}
{nodes}
edges:
  - {{from: created, to: call}}
{edges}
"""


class Sender:
    """Sends what a house has in its outbox, to the servers of a test."""

    def __init__(self, house, *, mailbox=None, web_server=None, per_minute=60):
        self.house = house
        self.post = Post(Rules(private_ports=frozenset({web_server.port} if web_server else ())))
        if mailbox is not None:
            self.use(mailbox.port, per_minute)

    def use(self, port, per_minute=60, version=0):
        with self.house.database.work() as work:
            server = MailServer("127.0.0.1", port, "none", "", "", "Acme <sales@acme.test>", version, per_minute)
            set_mail_server(work, server, by=SYSTEM)

    def send(self, channel="email"):
        return deliver(self.house.database, self.post, channel)

    def sweep(self, *, at_start=False):
        with self.house.database.work() as work:
            return sweep_letters(work, at_start=at_start)

    @property
    def states(self):
        return [row.state for row in self.house.messages()]

    @property
    def last(self):
        return self.house.rows(select(outbox).order_by(outbox.c.id.desc()).limit(1))[0]


def asking(address, config, **ports):
    """A funnel that calls another system; for each port the tag it leads to."""
    nodes = "\n".join(f"  - {{id: {tag}, type: crm.add_tags, config: {{tags: [{tag}]}}}}" for tag in ports.values())
    edges = "\n".join(f"  - {{from: call, port: {port}, to: {tag}}}" for port, tag in ports.items())
    return CALL.format(address=address, config=config, nodes=nodes, edges=edges)
