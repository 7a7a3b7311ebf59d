"""Empty databases for tests: each test has one for itself, made by copying one that was migrated once.

On PostgreSQL a copy costs some hundred milliseconds, so one that a test gives back is emptied and given to the next.
What many tests begin with, a company that was set up, is made once too, and its rows are copied.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import make_url, update

from tests.reusable import Reusable

if TYPE_CHECKING:
    from db.database import Clock
    from db.work import Work

Furnish = Callable[["Work"], None]
Dialect = Literal["sqlite", "postgresql"]
DIALECTS: tuple[Dialect, ...] = ("sqlite", "postgresql")


@dataclass
class Databases:
    """Makes databases, and removes them.

    Attributes:
        folder: where SQLite's files go.
        postgres_url: starts the server when first asked, and returns the address of a database to connect to.
    """

    folder: Path
    postgres_url: Callable[[], str]
    _templates: dict[Dialect, str] = field(default_factory=dict)
    _spare: list[Reusable] = field(default_factory=list)
    _furnished: dict[tuple[Dialect, Furnish], str] = field(default_factory=dict)

    def migrated(self, dialect: Dialect) -> AbstractContextManager[str]:
        """Give the address of a new database with all tables and no rows."""
        return self._copy_of(self._template("sqlite")) if dialect == "sqlite" else self._emptied()

    def furnished(self, dialect: Dialect, furnish: Furnish, clock: Clock | None = None) -> AbstractContextManager[str]:
        """Give the address of a new database with all tables, as a function has left it.

        Args:
            dialect: the kind of database.
            furnish: writes what shall be there; it runs once, so it must write the same whenever it is called.
            clock: what the function takes for the present.
        """
        if dialect == "postgresql":
            return self._filled(furnish, clock)
        if (dialect, furnish) not in self._furnished:
            path = self.folder / f"furnished_{len(self._furnished)}.sqlite"
            shutil.copyfile(self._template("sqlite"), path)
            _furnish(f"sqlite:///{path}", furnish, clock)
            _fold_journal(path)
            self._furnished[dialect, furnish] = str(path)
        return self._copy_of(self._furnished[dialect, furnish])

    def bare(self, dialect: Dialect) -> AbstractContextManager[str]:
        """Give the address of a new database with nothing in it."""
        return self._sqlite() if dialect == "sqlite" else self._postgres(template="template0")

    def leave(self) -> None:
        """Close the connections that are kept."""
        for spare in self._spare:
            spare.close()

    def remove(self) -> None:
        """Remove what is left on a server that outlives the tests."""
        for spare in self._spare:
            self._drop(spare.name)
        if "postgresql" in self._templates:
            self._drop(self._templates["postgresql"])

    def _template(self, dialect: Dialect) -> str:
        """Return the file or the name of the migrated template, made at the first call."""
        if dialect not in self._templates:
            if dialect == "sqlite":
                path = self.folder / "template.sqlite"
                _migrate(f"sqlite:///{path}")
                _fold_journal(path)
                self._templates[dialect] = str(path)
            else:
                name = f"template_{uuid4().hex}"
                self._create(name, template="template0")
                _migrate(self._address(name))
                self._templates[dialect] = name
        return self._templates[dialect]

    @contextmanager
    def _sqlite(self) -> Iterator[str]:
        folder = self.folder / uuid4().hex
        folder.mkdir()
        try:
            yield f"sqlite:///{folder / 'voronka.sqlite'}"
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _copy_of(self, file: str) -> Iterator[str]:
        with self._sqlite() as url:
            shutil.copyfile(file, make_url(url).database or "")
            yield url

    @contextmanager
    def _emptied(self) -> Iterator[str]:
        with self._reused() as ours:
            yield self._address(ours.name)

    @contextmanager
    def _filled(self, furnish: Furnish, clock: Clock | None) -> Iterator[str]:
        with self._reused() as ours:
            url, rows = self._address(ours.name), self._furnished.get(("postgresql", furnish))
            if rows is None or not ours.write(rows):
                _furnish(url, furnish, clock)
                self._furnished["postgresql", furnish] = ours.rows()
            yield url

    @contextmanager
    def _reused(self) -> Iterator[Reusable]:
        """Give one that was emptied, or a new copy of the template; keep it afterwards where it can be emptied."""
        if self._spare:
            ours = self._spare.pop()
        else:
            name = f"test_{uuid4().hex}"
            self._create(name, template=self._template("postgresql"))
            ours = Reusable(name, self._plain(name))
        is_empty = False
        try:
            yield ours
            is_empty = ours.emptied()
        finally:
            if is_empty:
                self._spare.append(ours)
            else:
                ours.close()
                self._drop(ours.name)

    @contextmanager
    def _postgres(self, *, template: str) -> Iterator[str]:
        name = f"test_{uuid4().hex}"
        self._create(name, template=template)
        try:
            yield self._address(name)
        finally:
            self._drop(name)

    def _address(self, name: str) -> str:
        return make_url(self.postgres_url()).set(database=name).render_as_string(hide_password=False)

    def _create(self, name: str, *, template: str) -> None:
        self._admin(sql.SQL("create database {} template {}"), name, template)

    def _drop(self, name: str) -> None:
        self._admin(sql.SQL("drop database if exists {} with (force)"), name)

    def _admin(self, statement: sql.SQL, *names: str) -> None:
        with psycopg.connect(self._plain(None), autocommit=True) as connection:
            connection.execute(statement.format(*(sql.Identifier(name) for name in names)))

    def _plain(self, name: str | None) -> str:
        """Return psycopg's own address of a database, of the server's first where none is named."""
        url = make_url(self.postgres_url()).set(drivername="postgresql")
        return (url if name is None else url.set(database=name)).render_as_string(hide_password=False)


def _migrate(url: str) -> None:
    """Bring a database to the newest schema."""
    from db.migrations import upgrade

    upgrade(url)


def _furnish(url: str, furnish: Furnish, clock: Clock | None) -> None:
    """Let a function write, and give back the ids that were leased and not used: whoever opens it next goes on with them."""
    from db.database import Database
    from db.ids import id_block

    database = Database(url, clock=clock)
    with database.work() as work:
        furnish(work)
    with database.work() as work:
        for name, (free, _) in database.ids._free.items():
            work.execute(update(id_block).where(id_block.c.name == name).values(next=free))
    database.close()


def _fold_journal(path: Path) -> None:
    """Put what SQLite's journal holds into the file, so that copying the file copies all."""
    connection = sqlite3.connect(path)
    try:
        connection.execute("pragma wal_checkpoint(truncate)")
    finally:
        connection.close()
