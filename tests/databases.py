"""Empty databases for tests: each test has one for itself, made by copying one that was migrated once.

On PostgreSQL a copy costs some hundred milliseconds, so one that a test gives back is emptied and given to the next.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tests.reusable import Reusable

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

    def migrated(self, dialect: Dialect) -> AbstractContextManager[str]:
        """Give the address of a new database with all tables and no rows."""
        return self._copy_of_template() if dialect == "sqlite" else self._reused()

    def bare(self, dialect: Dialect) -> AbstractContextManager[str]:
        """Give the address of a new database with nothing in it."""
        return self._sqlite() if dialect == "sqlite" else self._postgres(template="template0")

    def close(self) -> None:
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
    def _copy_of_template(self) -> Iterator[str]:
        template = self._template("sqlite")
        with self._sqlite() as url:
            shutil.copyfile(template, make_url(url).database or "")
            yield url

    @contextmanager
    def _reused(self) -> Iterator[str]:
        """Give one that was emptied, or a new copy of the template; keep it afterwards where it can be emptied."""
        if self._spare:
            ours = self._spare.pop()
        else:
            name = f"test_{uuid4().hex}"
            self._create(name, template=self._template("postgresql"))
            ours = Reusable(name, self._plain(name))
        try:
            yield self._address(ours.name)
        except BaseException:
            self._drop(ours.name)
            raise
        if ours.emptied():
            self._spare.append(ours)
        else:
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


def _fold_journal(path: Path) -> None:
    """Put what SQLite's journal holds into the file, so that copying the file copies all."""
    connection = sqlite3.connect(path)
    try:
        connection.execute("pragma wal_checkpoint(truncate)")
    finally:
        connection.close()
