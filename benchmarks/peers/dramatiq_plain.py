"""The job on plain Dramatiq: a message and a transaction per block, no engine at all.

Each block reads what it needs, moves the run on and writes its rows in one durable SQLite transaction, then sends the
message of the next block.  Messages may come twice, so a block writes only while the run stands on it, and sends in any
case.  `dramatiq benchmarks.peers.dramatiq_plain:setup` serves the blocks; `dramatiq_run` feeds and times them.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator

import dramatiq
from dramatiq.brokers.redis import RedisBroker

SCHEMA = """
create table walk(id integer primary key, lead_id bigint, node text, deal_id bigint, started_at real, finished_at real);
create table rotation(plan_id integer primary key, turn int);
"""
PLAN, STAGE, TAG = 1, 10, 7
OWNERS = (1, 2, 3, 4)
DAY = 86_400.0

_local = threading.local()
_writing = threading.Lock()


def setup() -> None:
    """Make the broker of this process; its address and the database's come from the environment."""
    serve_on(new_broker(os.environ["PEER_REDIS_URL"], os.environ["PEER_NAMESPACE"]))


def new_broker(redis_url: str, namespace: str) -> RedisBroker:
    """Return a broker whose keys all begin with `namespace`."""
    return RedisBroker(url=redis_url, namespace=namespace)  # type: ignore[no-untyped-call]  # Dramatiq's own


def serve_on(broker: RedisBroker) -> None:
    """Make `broker` the process's own and bind the blocks to it."""
    dramatiq.set_broker(broker)
    for block in (check_source, open_deal, create_task, add_tag, finish):
        dramatiq.actor(broker=broker)(block)


def send(block: Callable[[int], None], walk: int) -> None:
    """Send `walk` to `block`."""
    broker = dramatiq.get_broker()
    broker.enqueue(broker.get_actor(block.__name__).message(walk))


def check_source(walk: int) -> None:
    """Let leads from advertising and from the site on; others finish at once."""
    started = time.time()
    with transaction() as connection:
        (source,) = connection.execute(
            "select l.source from walk w join lead l on l.id = w.lead_id where w.id = ?", (walk,)
        ).fetchone()
        following = open_deal if source in ("ads", "site") else finish
        if leave(connection, walk, check_source, following):
            connection.execute("update walk set started_at = ? where id = ?", (started, walk))
    send(following, walk)


def open_deal(walk: int) -> None:
    """Open a deal for the manager whose turn it is."""
    now = time.time()
    with transaction() as connection:
        if leave(connection, walk, open_deal, create_task):
            lead, name = connection.execute(
                "select l.id, l.name from walk w join lead l on l.id = w.lead_id where w.id = ?", (walk,)
            ).fetchone()
            (turn,) = connection.execute(
                "update rotation set turn = turn + 1 where plan_id = ? returning turn", (PLAN,)
            ).fetchone()
            owner = OWNERS[turn % len(OWNERS)]
            deal = connection.execute(
                "insert into deal(plan_id, stage_id, lead_id, owner_id, title, amount, created_at)"
                " values (?,?,?,?,?,?,?)",
                (PLAN, STAGE, lead, owner, f"Deal: {name}", 1000, now),
            ).lastrowid
            connection.execute("update walk set deal_id = ? where id = ?", (deal, walk))
            record(connection, 1, walk, now, '{"stage":10}')
            record(connection, 2, walk, now, f'{{"owner":{owner},"candidates":[1,2,3,4]}}')
    send(create_task, walk)


def create_task(walk: int) -> None:
    """Give the deal's manager a task for tomorrow."""
    now = time.time()
    with transaction() as connection:
        if leave(connection, walk, create_task, add_tag):
            deal, owner = connection.execute(
                "select d.id, d.owner_id from walk w join deal d on d.id = w.deal_id where w.id = ?", (walk,)
            ).fetchone()
            task = connection.execute(
                "insert into task(deal_id, owner_id, title, due_at) values (?,?,?,?)", (deal, owner, "Call", now + DAY)
            ).lastrowid
            record(connection, 3, walk, now, f'{{"task":{task}}}')
    send(add_tag, walk)


def add_tag(walk: int) -> None:
    """Tag the lead."""
    now = time.time()
    with transaction() as connection:
        if leave(connection, walk, add_tag, finish):
            connection.execute("insert into lead_tag select lead_id, ? from walk where id = ?", (TAG, walk))
            record(connection, 4, walk, now, '{"tag":7}')
    send(finish, walk)


def finish(walk: int) -> None:
    """End the walk and keep its path."""
    with transaction() as connection:
        if leave(connection, walk, finish, None):
            now = time.time()
            connection.execute(
                "insert into step select id, 1, iif(deal_id, 'c:yes p:next t:next g:next e:done', 'c:no e:done'), ?"
                " from walk where id = ?",
                (now, walk),
            )
            connection.execute("update walk set finished_at = ? where id = ?", (now, walk))


def leave(
    connection: sqlite3.Connection, walk: int, at: Callable[[int], None], to: Callable[[int], None] | None
) -> bool:
    """Move `walk` on; false when it left `at` before, because the message came twice."""
    node = to.__name__ if to else None
    done = connection.execute("update walk set node = ? where id = ? and node = ?", (node, walk, at.__name__))
    return done.rowcount == 1


def record(connection: sqlite3.Connection, kind: int, walk: int, now: float, data: str) -> None:
    """Write one journal row about the walk's deal."""
    connection.execute(
        "insert into event(kind, lead_id, deal_id, run_id, at, data) select ?, lead_id, deal_id, id, ?, ? from walk"
        " where id = ?",
        (kind, now, data, walk),
    )


@contextlib.contextmanager
def transaction() -> Iterator[sqlite3.Connection]:
    """Open a durable write transaction on the thread's own connection.

    SQLite has one writer; the threads queue at a lock, because SQLite's own waiting sleeps.
    """
    connection = _connection()
    with _writing:
        connection.execute("begin immediate")
        try:
            yield connection
        except BaseException:
            connection.execute("rollback")
            raise
        connection.execute("commit")


def connect(path: str) -> sqlite3.Connection:
    """Open the database as the job needs it: WAL, every commit on disk, waiting for a writer instead of failing."""
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    connection.executescript("pragma journal_mode=wal; pragma synchronous=full;")
    return connection


def _connection() -> sqlite3.Connection:
    if not hasattr(_local, "connection"):
        _local.connection = connect(os.environ["PEER_DATABASE"])
    connection: sqlite3.Connection = _local.connection
    return connection
