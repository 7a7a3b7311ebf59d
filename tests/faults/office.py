"""A company under fire: leads come, workers are killed, and in the end everything has happened exactly once."""

from __future__ import annotations

import json
import sys
from typing import Any

from sqlalchemy import func, select

from crm.access.actor import SYSTEM
from crm.leads.recording import NewLead, record_leads
from crm.settings.organization import NewOrganization, set_up
from crm.settings.plans import NewPlan, create_plan
from crm.settings.stage_rules import NewStage
from crm.settings.users import NewUser, add_users
from crm.tables.records import deal, lead, record_tag, task
from db.database import Database
from funnels.doctor import examine
from funnels.publication.publishing import publish, save_draft
from funnels.reading import read
from funnels.tables import run
from tests.servers.programs import Nursery, Program

KILLED, DONE = -9, 0
MAIN = """
key: main
name: Main job
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: wanted, type: logic.condition, config: {condition: {field: lead.source, op: in, values: [ads, site]}}}
  - {id: plan, type: crm.add_to_plan, config: {plan: sales, name: "For {lead.title}"}}
  - {id: pause, type: wait.duration, config: {lasting: {amount: 1, unit: seconds}}}
  - {id: call, type: task.create, config: {name: Call, deadline: {kind: days_in_stage, days: 1}}}
  - {id: move, type: crm.change_stage, config: {stage: talks}}
  - {id: mark, type: crm.add_tags, config: {tags: [new]}}
  - {id: hear, type: wait.event, config: {events: [{port: told, event: deal.moved}], timeout: {amount: 1, unit: seconds}}}
  - {id: done, type: logic.exit, config: {outcome: success}}
edges:
  - {from: created, to: wanted}
  - {from: wanted, port: "yes", to: plan}
  - {from: plan, to: pause}
  - {from: pause, to: call}
  - {from: call, to: move}
  - {from: move, to: mark}
  - {from: mark, to: hear}
  - {from: hear, port: told, to: done}
  - {from: hear, port: timeout, to: done}
"""
MANAGERS = ("ann", "bob", "cid", "dan")


class Worker:
    """One place for a worker process."""

    def __init__(self, nursery: Nursery) -> None:
        self._nursery = nursery
        self._program: Program | None = None

    def start(self, url: str, **order: Any) -> int:
        """Bear a worker; returns its process id."""
        words = json.dumps({"url": url, **order})
        self._program = self._nursery.start("tests.faults.worker", words, stderr=sys.__stderr__)
        return self._program.pid

    def wait(self) -> int | str:
        """Return how it ended: 0, minus the signal, or ``stopped``."""
        assert self._program is not None
        return self._program.wait_for_stop()

    def run(self, url: str, **order: Any) -> int | str:
        self.start(url, **order)
        return self.wait()


class Office:
    """The company and its database, seen by the test."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.database = Database(url)
        with self.database.work() as work:
            set_up(work, NewOrganization("Acme", zone="Europe/Kyiv", currency="UAH"))
            add_users(work, [NewUser(login, login.title()) for login in MANAGERS], by=SYSTEM)
            stages = (NewStage("New"), NewStage("Talks"), NewStage("Won", "won"), NewStage("Lost", "lost"))
            plan = NewPlan("Sales", stages, key="sales", distribution="even", managers=MANAGERS)
            create_plan(work, plan, by=SYSTEM)
        with self.database.work() as work:
            document = read(MAIN)
            save_draft(work, document, by=SYSTEM)
            publish(work, document.key, by=SYSTEM)
        self.recorded = 0

    def leads(self, number: int, *, title: str = "") -> None:
        for at in range(0, number, 1000):
            with self.database.work() as work:
                new = [
                    NewLead(title or f"Lead {self.recorded + one}", source="ads" if one % 2 else "site")
                    for one in range(at, min(at + 1000, number))
                ]
                record_leads(work, new, by=SYSTEM)
        self.recorded += number

    def count(self, query: Any) -> int:
        with self.database.reading() as work:
            return int(work.scalar(query))

    def finished(self) -> int:
        return self.count(select(func.count()).select_from(run).where(run.c.status == 10))

    def parked(self) -> int:
        return self.count(select(func.count()).select_from(run).where(run.c.status == 2))

    def findings(self) -> list[tuple[str, str, tuple[int | str, ...]]]:
        with self.database.reading() as work:
            return [(one.code, str(one.message), one.ids) for one in examine(work, deep=True)]

    def check_each_lead_once(self) -> None:
        """Every lead has exactly one deal, one task and one tag, and the doctor finds nothing."""
        with self.database.reading() as work:
            leads = {row[0] for row in work.rows(select(lead.c.id))}
            deals = [row[0] for row in work.rows(select(deal.c.lead_id))]
            tasks = [row[0] for row in work.rows(select(deal.c.lead_id).join(task, task.c.deal_id == deal.c.id))]
            tags = [row[0] for row in work.rows(select(record_tag.c.record_id).where(record_tag.c.record_kind == 2))]
        assert len(leads) >= self.recorded
        assert sorted(deals) == sorted(leads)
        assert sorted(tasks) == sorted(leads)
        assert sorted(tags) == sorted(leads)
        assert self.findings() == []

    def close(self) -> None:
        self.database.close()
