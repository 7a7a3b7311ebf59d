"""Sessions that froze in the middle of a COPY: the one wait for a client that no time limit of PostgreSQL's ends."""

from __future__ import annotations

from sqlalchemy import text

from db.work import Work

APPLICATION = "voronka"
"""How our sessions call themselves, so that nobody else's is ended."""


def end_frozen(work: Work) -> int:
    """End our sessions whose client sends nothing though its COPY is older than a statement may be; returns how many.

    Such a session counts as active, so neither limit reaches it, and what it has locked stays locked while its process is
    stopped.  PostgreSQL only.
    """
    return int(work.scalar(_END, {"application": APPLICATION}))


_END = text(
    "select count(pg_terminate_backend(pid)) from pg_stat_activity"
    " where datname = current_database() and usename = current_user and application_name = :application"
    " and state = 'active' and wait_event = 'ClientRead' and query like 'copy %'"
    " and state_change < clock_timestamp() - nullif(current_setting('statement_timeout'), '0')::interval"
)
