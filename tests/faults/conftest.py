"""A company under fire and its workers."""

import pytest

from tests.faults.office import Office, Worker


@pytest.fixture
def office(database_url):
    made = Office(database_url)
    yield made
    made.close()


@pytest.fixture(scope="session")
def worker():
    made = Worker()
    yield made
    made.close()


@pytest.fixture(scope="session")
def second_worker():
    made = Worker()
    yield made
    made.close()


@pytest.fixture(scope="session")
def third_worker():
    made = Worker()
    yield made
    made.close()
