"""A company with many deals: the product makes a thousand through a funnel and by hand; the rest are their copies."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import psycopg
from psycopg import sql
from sqlalchemy import select

from benchmarks import copies, funnel5
from benchmarks.distributed import history, places
from benchmarks.million import checking, knowing
from crm.access.actor import SYSTEM
from crm.deals.moving import Move, move_deals
from crm.fields.changes import FieldChange, set_fields
from crm.leads.recording import NewLead, record_leads
from crm.people.contacts import NewContact, find_or_create_contacts
from crm.searching.keeping import Keeper
from crm.searching.ordering import TITLE
from crm.settings.organization import NewOrganization, set_up
from crm.settings.plans import NewPlan, create_plan
from crm.settings.stage_rules import NewStage
from crm.settings.users import NewUser, add_users
from crm.tables.records import deal
from db.database import Database
from db.migrations import upgrade
from workers.drain import drain

MADE: Final = history.MADE
TEAMS, OF_A_TEAM = 4, 5
STAGES: Final = ("New", "Talks", "Meeting", "Offer", "Contract")
KEYS: Final = ("new", "talks", "meeting", "offer", "contract", "won", "lost")
GOODS: Final = ("Kitchen", "Wardrobe", "Bedroom", "Office", "Кухня", "Шафа", "Спальня", "Диван", "Стіл", "Полиці")
FIRST: Final = ("Anna", "Олена", "Ivan", "Петро", "Maria", "Тарас", "Olha", "Юлія", "Andrii", "Софія")
LAST: Final = (
    "Shevchenko",
    "Бондар",
    "Kovalenko",
    "Ткачук",
    "Melnyk",
    "Гнатюк",
    "Lysenko",
    "Савчук",
    "Moroz",
    "Ярошенко",
)
DAYS: Final = 30
"""Over so many days the deals came and moved."""

SHIFTED: Final[Mapping[str, tuple[str, ...]]] = {
    **history.SHIFTED,
    "lead": ("id", "person_id", "contact_id"),
    "deal": ("id", "person_id", "lead_id", "contact_id"),
    "person_identity": ("person_id",),
    "contact": ("id", "person_id"),
    "stage_stay": ("id", "deal_id"),
    "deal_order": ("deal_id",),
}
_PHONE: Final = "'+38050' || lpad((right({0}, 7)::int + k * 1000)::text, 7, '0')"
_EMAIL: Final = "split_part({0}, '@', 1) || '.' || k || '@' || split_part({0}, '@', 2)"
_LATER: Final = "{0} + k * interval '1 second' * {1}"


def database_with(deals: int) -> str:
    """Return the address of a database with so many deals, in thousands; it is made at the first call."""
    name = f"deals_{deals}"
    if not places.has_database(name):
        making = f"{name}_making"
        places.create_database(making)
        _make(places.url_of(making), deals // MADE)
        with places.admin() as connection:
            rename = sql.SQL("alter database {} rename to {}")
            connection.execute(rename.format(sql.Identifier(making), sql.Identifier(name)))
    return places.url_of(name)


def _make(url: str, times: int) -> None:
    upgrade(url)
    database = Database(url, shift=-timedelta(days=DAYS + 1))
    _set_up(database)
    funnel5.open_funnel(database)
    _record(database)
    drain(database)
    _work_on(database)
    keeper = Keeper(database)
    keeper.step()
    while keeper.step():
        pass
    database.close()
    copies.multiply(places.conninfo(url), times, shifted=SHIFTED, rewritten=_rewritten(times), indexes_last=True)
    with psycopg.connect(places.conninfo(url), autocommit=True) as connection:
        _count_amounts(connection)
        knowing.know_copies(connection, times - 1)
    places.settle(url)
    os.sync()  # what was copied in a hurry waited for no disk
    checking.require_sound(url, times * MADE)


def _set_up(database: Database) -> None:
    """Make an administrator, four supervisors with five managers each, and a plan."""
    bosses = [f"boss{team}" for team in range(TEAMS)]
    managers = [(f"manager{number}", bosses[number % TEAMS]) for number in range(TEAMS * OF_A_TEAM)]
    with database.work() as work:
        set_up(work, NewOrganization(name="Bench", zone="Europe/Kyiv", currency="UAH", language="en"))
        add_users(work, [NewUser(login="root", name="Root", role="administrator")], by=SYSTEM)
        add_users(work, [NewUser(login=boss, name=boss, role="supervisor") for boss in bosses], by=SYSTEM)
        add_users(work, [NewUser(login=one, name=one, supervisor=boss) for one, boss in managers], by=SYSTEM)
        stages = (*map(NewStage, STAGES), NewStage("Won", kind="won"), NewStage("Lost", kind="lost"))
        plan = NewPlan(
            "Sales", stages, key="sales", average_check=1000, distribution="even", managers=[one for one, _ in managers]
        )
        create_plan(work, plan, by=SYSTEM)


def _record(database: Database) -> None:
    """Record leads with names, phones and addresses; the funnel makes a deal with a task and a tag of each."""
    leads = [
        NewLead(
            title=f"{GOODS[number % 10]} K-{number:04d}",
            name=f"{FIRST[number // 10 % 10]} {LAST[number // 100]}",
            phone=f"+38050{number:07d}",
            email=f"client{number}@example.com",
            source=funnel5.SOURCES[number % 2],
            external_id=f"bench-{number}",
        )
        for number in range(MADE)
    ]
    with database.work() as work:
        record_leads(work, leads, by=SYSTEM)


def _work_on(database: Database) -> None:
    """Let every deal have a contact and an amount of its own, and let six of seven move on: one to each other stage."""
    with database.reading() as work:
        rows = work.rows(select(deal.c.id, deal.c.person_id, deal.c.title).order_by(deal.c.id))
    for first in range(0, len(rows), 50):
        group = rows[first : first + 50]
        with database.work() as work:
            contacts = [
                NewContact(f"{FIRST[row.id // 10 % 10]} {LAST[row.id // 100 % 10]}", person_id=row.person_id)
                for row in group
            ]
            found = find_or_create_contacts(work, contacts, by=SYSTEM)
            values = [
                {
                    "title": f"{GOODS[row.id % 10]} D-{row.id:04d}",
                    "amount": 1000 + row.id * 7919 % 100_003,
                    "contact_id": answer.ids[0],
                }
                for row, answer in zip(group, found, strict=True)
            ]
            changes = [FieldChange("deal", row.id, one) for row, one in zip(group, values, strict=True)]
            assert {answer.code for answer in set_fields(work, changes, by=SYSTEM)} == {"done"}
            moves = [Move(row.id, KEYS[row.id % len(KEYS)]) for row in group]
            assert {answer.code for answer in move_deals(work, moves, by=SYSTEM)} == {"done"}


def _rewritten(times: int) -> Mapping[tuple[str, str], str]:
    """Return what copies have of their own: phones, addresses, the ends of titles, and moments that fill the days."""
    step = DAYS * 86_400 // times
    moments = {
        "person": ("created_at",),
        "lead": ("created_at",),
        "contact": ("created_at",),
        "deal": ("created_at", "stage_entered_at", "closed_at"),
        "event": ("occurred_at", "recorded_at"),
        "stage_stay": ("entered_at", "left_at"),
        "deal_order": ("created_at", "closed_at"),
    }
    return {
        **{(table, name): _LATER.format(name, step) for table, names in moments.items() for name in names},
        **{("lead", name): f"{name} || '-' || k || 'z'" for name in ("title", "title_fold")},
        **{("deal", name): f"{name} || '-' || k || 'z'" for name in ("title", "title_fold")},
        ("deal", "amount"): "(amount * 31 + k * 7919) % 1000003",
        ("lead", "phone"): _PHONE.format("phone"),
        ("lead", "email"): _EMAIL.format("email"),
        ("lead", "external_id"): "external_id || '-' || k",
        (
            "person_identity",
            "value",
        ): f"case kind when 'phone' then {_PHONE.format('value')} else {_EMAIL.format('value')} end",
        ("event", "caused_by"): history.REWRITTEN["event", "caused_by"],
        ("deal_order", "amount"): "(amount * 31 + k * 7919) % 1000003",
        ("deal_order", "title"): f"substr(title || '-' || k || 'z', 1, {TITLE})",
    }


def _count_amounts(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Count the amounts, which copies have of their own."""
    connection.execute("delete from stage_total")
    connection.execute(
        "insert into stage_total (plan_id, stage_id, owner_id, currency, deals, amount)"
        " select plan_id, stage_id, coalesce(owner_id, 0), currency, count(*), sum(amount) from deal group by 1, 2, 3, 4"
    )
