"""Migrations bring an empty database to the schema that the tables say, once."""

import importlib
import pkgutil

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

import crm.tables
from db.database import Database
from db.errors import SchemaError
from db.metadata import metadata
from db.migrations import check, current, upgrade, upgrade_database

TABLES = ("funnels.tables", *(f"crm.tables.{one.name}" for one in pkgutil.iter_modules(crm.tables.__path__)))


@pytest.fixture
def bare(bare_database_url):
    made = Database(bare_database_url)
    yield made
    made.close()


def test_an_empty_database_is_refused_until_it_is_migrated(bare):
    with pytest.raises(SchemaError, match="run `voronka migrate`"):
        check(bare)

    upgrade_database(bare)
    check(bare)


def test_a_second_time_changes_nothing(bare, bare_database_url):
    upgrade(bare_database_url)
    with bare.engine.connect() as connection:
        before = (current(connection), sorted(inspect(connection).get_table_names()))

    upgrade(bare_database_url)

    with bare.engine.connect() as connection:
        assert (current(connection), sorted(inspect(connection).get_table_names())) == before


def test_a_database_of_a_newer_release_is_left_alone(database):
    with database.engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))

    with pytest.raises(SchemaError, match="newer release"):
        upgrade_database(database)
    with pytest.raises(SchemaError, match="9999"):
        check(database)


def test_migrations_make_the_tables_that_the_program_knows(database):
    for name in TABLES:
        importlib.import_module(name)

    with database.engine.connect() as connection:
        known = [
            one
            for one in compare_metadata(MigrationContext.configure(connection), metadata)
            if isinstance(one, tuple) and one[0] in {"add_table", "add_column", "add_index", "remove_column"}
        ]

    assert known == []
