"""The unit of work: one transaction, its reads, and the rows it will write in bulk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CompoundSelect, Connection, Executable, Select, Table

from db import bulk, together
from db.points import reached
from db.types import from_microseconds, stored_moment

if TYPE_CHECKING:
    from db.database import Database


class Work:
    """One transaction.

    Inserts are gathered by ``insert`` and written in bulk by ``flush``: before the next read, and before the commit.  So a
    command may be called many times and still cost one driver call per table.  ``now`` is the transaction's one reading of the
    clock, aware UTC.  ``memo`` holds what joint use cases share within the transaction (the journal, the totals).
    """

    def __init__(self, database: Database, connection: Connection, now: datetime) -> None:
        self.database = database
        self.connection = connection
        self.now = now
        self.statements = 0
        self.memo: dict[str, Any] = {}
        self._counted: Counter[str] = Counter()
        self._pending: dict[tuple[Table, tuple[str, ...]], list[Sequence[Any]]] = {}
        self._before_commit: list[Callable[[], None]] = []
        self._after_commit: list[Callable[[], None]] = []
        self.leased: dict[str, tuple[int, int]] = {}

    def stored(self, moment: datetime) -> Any:
        """Return a moment as the driver takes it, for rows that are written in bulk: at best once per batch."""
        return stored_moment(moment) if self.is_sqlite else moment

    @property
    def is_sqlite(self) -> bool:
        """True on SQLite: one writer at a time, so what others would lock is ours already."""
        return self.database.is_sqlite

    def insert(self, table: Table, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
        """Gather rows for ``table``, their values in the order of ``columns``; ``flush`` writes them."""
        if rows:
            self._pending.setdefault((table, columns), []).extend(rows)

    def update(
        self, table: Table, keys: tuple[str, ...], columns: tuple[str, ...], rows: Sequence[Sequence[Any]]
    ) -> int:
        """Update rows by their keys at once, after what is gathered; returns how many were found."""
        if not rows:
            return 0
        self.flush()
        self.statements += 1
        reached(f"before:update:{table.name}")
        found = bulk.update(self.connection, table, keys, columns, rows)
        reached(f"after:update:{table.name}")
        return found

    def delete(self, table: Table, keys: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> int:
        """Delete rows by their keys at once, after what is gathered; returns how many were found."""
        if not rows:
            return 0
        self.flush()
        self.statements += 1
        reached(f"before:delete:{table.name}")
        found = bulk.delete(self.connection, table, keys, rows)
        reached(f"after:delete:{table.name}")
        return found

    def rows(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """Run a statement and return all its rows; what is gathered is written first, so it is seen."""
        self.flush()
        self.statements += 1
        return self.connection.execute(statement, parameters).all()

    def tuples(
        self, statement: Select[Any] | CompoundSelect[Any], parameters: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        """The same for whole batches, as the driver gives the rows; ``statement`` is one of a module's own, made once.

        Moments come as they are stored: ``moment`` reads them.
        """
        self.flush()
        self.statements += 1
        return bulk.select(self.connection, statement, parameters)

    def moment(self, stored: Any) -> datetime:
        """Return the aware UTC moment that ``stored`` wrote."""
        return from_microseconds(stored) if self.is_sqlite else stored.astimezone(UTC)

    def scalar(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Any:
        """Run a statement and return the first column of its first row, ``None`` where there is no row."""
        self.flush()
        self.statements += 1
        return self.connection.execute(statement, parameters).scalar()

    def execute(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> int:
        """Run a statement that changes rows and return how many."""
        self.flush()
        self.statements += 1
        return self.connection.execute(statement, parameters).rowcount

    def ids(self, name: str, count: int) -> range:
        """Return ``count`` new ids for the table ``name``, ascending; ids of a lost transaction are never used again."""
        return self.database.ids.take(self, name, count)

    def before_commit(self, call: Callable[[], None]) -> None:
        """Call at the end of the transaction, before its last ``flush``: for sums gathered over many commands."""
        self._before_commit.append(call)

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call once the transaction is safe; never when it is rolled back."""
        self._after_commit.append(call)

    def count(self, name: str, number: int = 1) -> None:
        """Count what was done for those who watch (``db.counts``), once the transaction is safe."""
        self._counted[name] += number

    def flush(self) -> None:
        """Write what is gathered: one driver call per table, or where it is little one for all."""
        if not self._pending:
            return
        pending, self._pending = self._pending, {}
        parts: list[together.Part] = [(table, columns, rows) for (table, columns), rows in pending.items()]
        for several in (parts,) if together.are_few(self.connection, parts) else [[part] for part in parts]:
            for table, _, _ in several:
                reached(f"before:{table.name}")
            self.statements += len(several)
            if len(several) > 1:
                together.insert(self.connection, several)
            else:
                bulk.insert(self.connection, *several[0])
            for table, _, _ in several:
                reached(f"after:{table.name}")

    def finish(self) -> None:
        """Write everything that belongs to the transaction; its owner commits next."""
        while self._before_commit:
            calls, self._before_commit = self._before_commit, []
            for call in calls:
                call()
        self.flush()

    def committed(self) -> None:
        """Run what waited for the commit; its owner has committed."""
        self.database.counts.add_all(self._counted)
        for call in self._after_commit:
            call()
