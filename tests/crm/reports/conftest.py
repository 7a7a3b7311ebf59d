"""A company that has sold, on both databases."""

import pytest

from db.database import Database
from tests.crm.reports.selling import Clock, sell


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(scope="module")
def sold(module_database_url):
    """The company after some weeks; the tests of a module only look at it."""
    clock = Clock()
    made = Database(module_database_url, clock=clock)
    sell(made, clock)
    yield made
    made.close()
