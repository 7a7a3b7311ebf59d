"""Databases before and after a company was set up."""

import pytest

from db.database import Database
from tests.crm.company import set_up_company


@pytest.fixture
def empty(database_url):
    """A database before anything was set up."""
    made = Database(database_url)
    yield made
    made.close()


@pytest.fixture
def database(empty):
    """The company of ``tests.crm.company``."""
    with empty.work() as work:
        set_up_company(work)
    return empty
