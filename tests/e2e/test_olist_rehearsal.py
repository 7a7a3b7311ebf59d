"""A year of real leads, rehearsed: the figures are those of running the funnel for real on a copy, and nothing is touched."""

import csv
import sys
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import inspect, text

from crm.access.actor import SYSTEM
from crm.leads.recording import NewLead, record_leads
from crm.settings.organization import NewOrganization, set_up
from crm.settings.plans import NewPlan, create_plan
from crm.settings.stage_rules import NewStage
from crm.settings.users import NewUser, add_users
from db.database import Database
from funnels.publication.publishing import publish, save_draft
from funnels.reading import read
from workers.drain import drain
from workers.rehearsal import Asked, rehearse
from workers.rehearsal.clock import VirtualClock

FUNNEL = (Path(__file__).parent / "olist.yaml").read_text(encoding="utf-8")
STAGES = (NewStage("New"), NewStage("Won", "won"), NewStage("Lost", "lost"))
LOGINS = tuple(f"sr{number}" for number in range(22))
ZONE = ZoneInfo("America/Sao_Paulo")
START, END = datetime(2017, 6, 1, tzinfo=UTC), datetime(2018, 6, 1, tzinfo=UTC)
PAID, UNKNOWN, OTHER = 3054, 1159, 3787
heard = []
is_heard = []
sys.addaudithook(lambda name, _args: heard.append(name) if is_heard and name.startswith("socket.") else None)


def furnish(work):
    set_up(work, NewOrganization("Marketplace", zone="America/Sao_Paulo", currency="BRL"))
    add_users(work, [NewUser(login, login) for login in LOGINS], by=SYSTEM)
    for key in ("paid", "other"):
        create_plan(work, NewPlan(key, STAGES, key=key, distribution="even", managers=LOGINS), by=SYSTEM)


class Company:
    """The marketplace on a database of its own; its clock goes through the year."""

    def __init__(self, url):
        self.clock = VirtualClock(START)
        self.database = Database(url, clock=self.clock)

    def live(self, days, *, drains):
        for moment, new in days.items():
            self.clock.forward_to(moment)
            with self.database.work() as work:
                record_leads(work, new, by=SYSTEM)
            if drains:
                drain(self.database)

    def content(self):
        with self.database.reading() as work:
            names = inspect(work.connection).get_table_names()
            rows = {name: work.rows(text(f'select * from "{name}"')) for name in names}
        return {name: sha256(repr(sorted(map(repr, found))).encode()).hexdigest() for name, found in rows.items()}


@pytest.fixture
def days(data_dir):
    """The leads of each day, in the order of the file."""
    found = defaultdict(list)
    with (data_dir / "olist" / "marketing_qualified_leads.csv").open(encoding="utf-8", newline="") as file:
        for mql_id, day, _, origin in csv.reader(file):
            moment = datetime.fromisoformat(day).replace(hour=10, tzinfo=ZONE).astimezone(UTC)
            found[moment].append(NewLead(mql_id, external_id=mql_id, source=origin or None))
    return dict(sorted(found.items()))


@pytest.fixture
def company(databases, dialect):
    with databases.furnished(dialect, furnish, lambda: START) as url:
        made = Company(url)
        yield made
        made.database.close()


@pytest.fixture
def copy(databases):
    """The same company, to run the funnel on for real."""
    with databases.furnished("sqlite", furnish, lambda: START) as url:
        made = Company(url)
        yield made
        made.database.close()


def test_a_year_of_leads_comes_to_what_running_it_for_real_comes_to(company, copy, days):
    document = read(FUNNEL)
    company.live(days, drains=False)
    before = company.content()
    asked = Asked(document, START, END)

    is_heard.append(True)
    found = rehearse(company.database, asked)
    is_heard.clear()
    found.close()

    assert company.content() == before
    assert heard == []
    figures = found.figures
    assert (found.events, figures.entered, found.really) == (8000, 8000, None)
    assert figures.nodes["origin"].ports == {"paid": PAID, "unknown": UNKNOWN, "else": OTHER}
    assert figures.deals == figures.standing == {"paid/new": PAID, "other/new": OTHER}
    with copy.database.work() as work:
        save_draft(work, document, by=SYSTEM)
        publish(work, document.key, by=SYSTEM)
    copy.live(days, drains=True)
    again = rehearse(copy.database, replace(asked))
    again.close()
    assert again.really == figures, "per node, per manager and day, per stage"
    assert again.figures == figures, "nor does it count that the funnel has run"
