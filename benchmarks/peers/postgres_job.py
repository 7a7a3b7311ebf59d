"""The job on PostgreSQL, block by block: each is one short transaction that a competent user of psycopg would write.

A block writes only while the walk stands on it, so that it may be asked twice.  Who asks is up to the peer: a message each
(`dramatiq_postgres`), or a step each (`dbos_queue`).
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import psycopg

SCHEMA = """
create table walk(id bigint primary key, lead_id bigint, node text, deal_id bigint,
                  started_at timestamptz, finished_at timestamptz);
create table rotation(plan_id int primary key, turn int);
create sequence deal_id; create sequence task_id; create sequence event_id;
"""
PLAN, STAGE, TAG = 1, 10, 7
OWNERS = (1, 2, 3, 4)
FIRST = "check_source"

_local = threading.local()


def check_source(walk: int) -> str:
    """Let leads from advertising and from the site on, others to the end; returns the next block."""
    with transaction() as connection:
        row = connection.execute(
            "select l.source, now() from walk w join lead l on l.id = w.lead_id where w.id = %s", (walk,)
        ).fetchone()
        assert row is not None
        following = "open_deal" if row[0] in ("ads", "site") else "finish"
        connection.execute(
            "update walk set node = %s, started_at = now() where id = %s and node = 'check_source'", (following, walk)
        )
    return following


def open_deal(walk: int) -> str:
    """Open a deal for the manager whose turn it is; returns the next block."""
    with transaction() as connection:
        stood = connection.execute(
            "update walk w set node = 'create_task', deal_id = nextval('deal_id') from lead l"
            " where w.id = %s and w.node = 'open_deal' and l.id = w.lead_id returning w.deal_id, l.id, l.name",
            (walk,),
        ).fetchone()
        if stood is not None:
            deal, lead, name = stood
            owner = OWNERS[_turn(connection) % len(OWNERS)]
            connection.execute(
                "insert into deal(id, plan_id, stage_id, lead_id, owner_id, title, amount, created_at)"
                " values (%s,%s,%s,%s,%s,%s,%s,now())",
                (deal, PLAN, STAGE, lead, owner, f"Deal: {name}", 1000),
            )
            chosen = f'{{"owner":{owner},"candidates":[1,2,3,4]}}'
            connection.execute(
                "insert into event(id, kind, lead_id, deal_id, run_id, at, data)"
                " values (nextval('event_id'),1,%s,%s,%s,now(),'{\"stage\":10}'), (nextval('event_id'),2,%s,%s,%s,now(),%s)",
                (lead, deal, walk, lead, deal, walk, chosen),
            )
    return "create_task"


def create_task(walk: int) -> str:
    """Give the deal's manager a task for tomorrow; returns the next block."""
    with transaction() as connection:
        stood = connection.execute(
            "update walk w set node = 'add_tag' from deal d where w.id = %s and w.node = 'create_task'"
            " and d.id = w.deal_id returning d.id, d.owner_id, w.lead_id",
            (walk,),
        ).fetchone()
        if stood is not None:
            deal, owner, lead = stood
            row = connection.execute(
                "insert into task(id, deal_id, owner_id, title, due_at)"
                " values (nextval('task_id'),%s,%s,'Call',now() + interval '1 day') returning id",
                (deal, owner),
            ).fetchone()
            assert row is not None
            _record(connection, 3, lead, deal, walk, f'{{"task":{row[0]}}}')
    return "add_tag"


def add_tag(walk: int) -> str:
    """Tag the lead; returns the next block."""
    with transaction() as connection:
        stood = connection.execute(
            "update walk set node = 'finish' where id = %s and node = 'add_tag' returning lead_id, deal_id", (walk,)
        ).fetchone()
        if stood is not None:
            lead, deal = stood
            connection.execute("insert into lead_tag values (%s,%s)", (lead, TAG))
            _record(connection, 4, lead, deal, walk, '{"tag":7}')
    return "finish"


def finish(walk: int) -> None:
    """End the walk and keep its path."""
    with transaction() as connection:
        stood = connection.execute(
            "update walk set node = null, finished_at = clock_timestamp() where id = %s and node = 'finish'"
            " returning deal_id",
            (walk,),
        ).fetchone()
        if stood is not None:
            path = "c:no e:done" if stood[0] is None else "c:yes p:next t:next g:next e:done"
            connection.execute("insert into step values (%s,1,%s,now())", (walk, path))


BLOCKS = {block.__name__: block for block in (check_source, open_deal, create_task, add_tag, finish)}


def connect_to(conninfo: str) -> None:
    """Say where this process's database is."""
    global _conninfo  # noqa: PLW0603  actors get ids only
    _conninfo = conninfo


_conninfo = ""


@contextlib.contextmanager
def transaction() -> Iterator[psycopg.Connection[Any]]:
    """Open a transaction on the thread's own connection; it commits on a clean exit."""
    if not hasattr(_local, "connection"):
        _local.connection = psycopg.connect(_conninfo)
    with _local.connection.transaction():
        yield _local.connection


def _turn(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute(
        "update rotation set turn = turn + 1 where plan_id = %s returning turn", (PLAN,)
    ).fetchone()
    assert row is not None
    return int(row[0])


def _record(connection: psycopg.Connection[Any], kind: int, lead: int, deal: int, walk: int, data: str) -> None:
    connection.execute(
        "insert into event(id, kind, lead_id, deal_id, run_id, at, data) values (nextval('event_id'),%s,%s,%s,%s,now(),%s)",
        (kind, lead, deal, walk, data),
    )
