"""What the database side refuses."""

from __future__ import annotations

from voronka_error import VoronkaError


class DatabaseUrlError(VoronkaError):
    """A database address that is neither SQLite nor PostgreSQL."""

    code = "database_url"


class DatabaseBusyError(VoronkaError):
    """Another process holds what may be held once (a second server on one SQLite file)."""

    code = "database_busy"


class DatabaseFullError(VoronkaError):
    """There is no room left; nothing of the transaction was written."""

    code = "database_full"


class SchemaError(VoronkaError):
    """The database has not been migrated, or was migrated by a newer release."""

    code = "schema_version"


class StaleError(VoronkaError):
    """A record changed meanwhile; the change was made on an old view of it."""

    code = "stale"

    def __init__(self, record: str, record_id: int) -> None:
        super().__init__(f"{record} {record_id} was changed meanwhile; look at it again and repeat your change")
        self.record = record
        self.record_id = record_id
