"""The fixed yardstick: the eight rows that one lead of the job leaves behind, and the tables they go to.

Per lead: a deal of 8 columns, a task of 5, a tag of 2, one compact step row of 4 and 4 journal rows of 7.
The tables never follow the product's own schema: a yardstick that grows measures nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LEADS_PER_COMMIT = 1000
ROWS_PER_LEAD = 8
OWNERS = (1, 2, 3, 4)
SOURCES = ("ads", "site")

SCHEMA = """
create table lead(id {pk}, name text, email text, phone text, source text);
create table run(id {pk}, version_id int, lead_id bigint, node text, status text, wake_at {ts}, fence int);
create index run_due on run(wake_at) where wake_at is not null;
create table deal(id {pk}, plan_id int, stage_id int, lead_id bigint, owner_id int, title text, amount bigint,
                  created_at {ts});
create index deal_board on deal(plan_id, stage_id, id);
create index deal_owner on deal(owner_id);
create table task(id {pk}, deal_id bigint, owner_id int, title text, due_at {ts});
create index task_due on task(owner_id, due_at);
create table lead_tag(lead_id bigint, tag_id int, primary key(lead_id, tag_id));
create table step(run_id bigint, visit int, path text, at {ts}, primary key(run_id, visit));
create table event(id {pk}, kind smallint, lead_id bigint, deal_id bigint, run_id bigint, at {ts}, data text);
create index event_lead on event(lead_id, id);
"""
SQLITE_SCHEMA = SCHEMA.format(pk="integer primary key", ts="real")
POSTGRES_SCHEMA = SCHEMA.format(pk="bigint primary key", ts="timestamptz")

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with the columns a lead fills and their PostgreSQL types."""

    name: str
    columns: tuple[str, ...]
    types: tuple[str, ...]


def _table(name: str, columns: str, types: str) -> Table:
    return Table(name, tuple(columns.split()), tuple(types.split()))


TABLES = (
    _table(
        "deal",
        "id plan_id stage_id lead_id owner_id title amount created_at",
        "int8 int4 int4 int8 int4 text int8 timestamptz",
    ),
    _table("task", "id deal_id owner_id title due_at", "int8 int8 int4 text timestamptz"),
    _table("lead_tag", "lead_id tag_id", "int8 int4"),
    _table("step", "run_id visit path at", "int8 int4 text timestamptz"),
    _table("event", "id kind lead_id deal_id run_id at data", "int8 int2 int8 int8 int8 timestamptz text"),
)


def batches(leads: int, *, now: datetime, seconds: bool, first: int = 1) -> Iterator[tuple[list[Row], ...]]:
    """Yield the rows of `leads` leads by commit, each a list of rows per table in the order of `TABLES`.

    Args:
        leads: how many leads; each batch holds `LEADS_PER_COMMIT` of them, the last one maybe fewer.
        now: aware UTC, the moment of everything that happens.
        seconds: moments as seconds since 1970 (SQLite) instead of `datetime` (PostgreSQL).
        first: the number of the first lead.
    """
    at: object = now.timestamp() if seconds else now
    due = now + timedelta(days=1)
    due_at: object = due.timestamp() if seconds else due
    for start in range(first, first + leads, LEADS_PER_COMMIT):
        sets: tuple[list[Row], ...] = tuple([] for _ in TABLES)
        for lead in range(start, min(start + LEADS_PER_COMMIT, first + leads)):
            for rows, fresh in zip(sets, _rows_of(lead, at, due_at), strict=True):
                rows.extend(fresh)
        yield sets


def leads(count: int) -> Iterator[Row]:
    """Yield `count` leads: id, name, e-mail, phone, source; every source passes the job's condition."""
    for number in range(1, count + 1):
        source = SOURCES[number % len(SOURCES)]
        yield number, f"Name {number}", f"a{number}@example.org", f"+380{number:09d}", source


def utc_now() -> datetime:
    """Return the time now, aware UTC."""
    return datetime.now(UTC)


def _rows_of(lead: int, at: object, due_at: object) -> tuple[tuple[Row, ...], ...]:
    owner = OWNERS[lead % len(OWNERS)]
    deal, run, event = lead, lead, 4 * lead
    return (
        ((deal, 1, 10, lead, owner, f"Deal: Name {lead}", 1000, at),),
        ((lead, deal, owner, "Call", due_at),),
        ((lead, 7),),
        ((run, 1, "c:yes p:next t:next g:next e:done", at),),
        (
            (event, 1, lead, deal, run, at, '{"stage":10}'),
            (event + 1, 2, lead, deal, run, at, f'{{"owner":{owner},"candidates":[1,2,3,4]}}'),
            (event + 2, 3, lead, deal, run, at, f'{{"task":{lead}}}'),
            (event + 3, 4, lead, deal, run, at, '{"tag":7}'),
        ),
    )
