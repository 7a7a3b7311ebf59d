"""Empty databases for tests: each test gets its own, made by copying one that was migrated once."""

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

    def migrated(self, dialect: Dialect) -> AbstractContextManager[str]:
        """Give the address of a new database with all tables and no rows."""
        return (
            self._copy_of_template() if dialect == "sqlite" else self._postgres(template=self._template("postgresql"))
        )

    def bare(self, dialect: Dialect) -> AbstractContextManager[str]:
        """Give the address of a new database with nothing in it."""
        return self._sqlite() if dialect == "sqlite" else self._postgres(template="template0")

    def close(self) -> None:
        """Remove the template from a server that outlives the tests."""
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
        address = make_url(self.postgres_url()).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.format(*(sql.Identifier(name) for name in names)))


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
