"""A database, and a table with a column of every type."""

import pytest
from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Integer, MetaData, SmallInteger, Table, Text

from db.database import Database
from db.types import BigId, Json, Utc

sample = Table(
    "sample", MetaData(),
    Column("id", BigId, primary_key=True),
    Column("big", BigInteger),
    Column("middle", Integer),
    Column("small", SmallInteger),
    Column("words", Text),
    Column("values", Json),
    Column("yes", Boolean),
    Column("day", Date),
    Column("share", Float),
    Column("at", Utc),
)  # fmt: skip


@pytest.fixture
def database(database_url):
    """A migrated database."""
    made = Database(database_url)
    yield made
    made.close()


@pytest.fixture(scope="module")
def sampled(module_database_url):
    """A database with the table ``sample``, which the tests of a module share."""
    made = Database(module_database_url)
    with made.engine.begin() as connection:
        sample.metadata.create_all(connection)
    yield made
    made.close()


@pytest.fixture
def samples(sampled):
    """The same, with no row in it."""
    with sampled.work() as work:
        work.execute(sample.delete())
    return sampled
