"""How long a rehearsal takes: `python -m benchmarks.rehearsal [--leads 10000] [--days 30]`.

Leads come at moments of their own over so many days; the draft gives each a deal and a task, waits two days and writes an e-mail.
The real company is a SQLite file; nothing is measured of making it.
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from crm.access.actor import SYSTEM
from crm.leads.recording import NewLead, record_leads
from crm.settings.organization import NewOrganization, set_up
from crm.settings.plans import NewPlan, create_plan
from crm.settings.stage_rules import NewStage
from crm.settings.users import NewUser, add_users
from db.database import Database
from db.migrations import upgrade
from funnels.reading import read
from workers.rehearsal import Asked, rehearse

START = datetime(2026, 3, 2, tzinfo=UTC)
STAGES = (NewStage("New"), NewStage("Won", "won"), NewStage("Lost", "lost"))
LOGINS = tuple(f"manager{number}" for number in range(20))
DRAFT = """
key: draft
name: Draft
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: paid, type: logic.condition, config: {condition: {field: lead.source, op: is, value: ads}}}
  - {id: plan, type: crm.add_to_plan, config: {plan: sales}}
  - {id: call, type: task.create, config: {name: "Call {lead.title}", deadline: {kind: days_in_stage, days: 1}}}
  - {id: wait, type: wait.duration, config: {lasting: {amount: 2, unit: days}}}
  - {id: mail, type: message.send_email, config: {subject: Hello, text: "How are you, {lead.title}?"}}
  - {id: mark, type: crm.add_tags, config: {tags: [other]}}
edges:
  - {from: created, to: paid}
  - {from: paid, port: "yes", to: plan}
  - {from: paid, port: "no", to: mark}
  - {from: plan, to: call}
  - {from: call, to: wait}
  - {from: wait, to: mail}
"""


def main() -> None:
    """Measure once and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=30)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'company.db'}"
        upgrade(url)
        database = Database(url)
        _live(database, arguments.leads, timedelta(days=arguments.days))
        found = rehearse(database, Asked(read(DRAFT), START, START + timedelta(days=arguments.days)))
        rate = found.figures.entered / found.seconds
        print(
            f"{found.figures.entered:,} leads over {arguments.days} days rehearsed in {found.seconds:.2f} s"
            f" ({rate:,.0f}/s), {found.world.batches:,} batches, moments within {found.grain} together,"
            f" {sum(found.figures.messages.values()):,} messages"
        )
        found.close()
        database.close()


def _live(database: Database, leads: int, length: timedelta) -> None:
    """Set the company up, and let leads come: their events say when."""
    chance = Random(7)
    with database.work() as work:
        set_up(work, NewOrganization("Acme", zone="Europe/Kyiv", currency="UAH"))
        add_users(work, [NewUser(login, login) for login in LOGINS], by=SYSTEM)
        create_plan(work, NewPlan("Sales", STAGES, key="sales", distribution="even", managers=LOGINS), by=SYSTEM)
    moments = sorted(START + length * chance.random() for _ in range(leads))
    with database.work() as work:
        new = [
            NewLead(
                f"Lead {number}",
                source="ads" if number % 4 else "fair",
                email=f"lead{number}@example.com",
                created_at=moment,
            )
            for number, moment in enumerate(moments)
        ]
        record_leads(work, new, by=SYSTEM)


if __name__ == "__main__":
    main()
