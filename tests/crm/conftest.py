"""Databases before and after a company was set up."""

import pytest

from db.database import Database


@pytest.fixture
def empty(database_url):
    """A database before anything was set up."""
    made = Database(database_url)
    yield made
    made.close()


@pytest.fixture
def database(company_url):
    """The company of ``tests.crm.company``."""
    made = Database(company_url)
    yield made
    made.close()
