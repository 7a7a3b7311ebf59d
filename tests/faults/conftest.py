"""A company under fire and its workers."""

import pytest

from tests.faults.office import Office, Worker


@pytest.fixture
def office(database_url):
    made = Office(database_url)
    yield made
    made.close()


@pytest.fixture
def worker(nursery):
    return Worker(nursery)


@pytest.fixture
def second_worker(nursery):
    return Worker(nursery)


@pytest.fixture
def third_worker(nursery):
    return Worker(nursery)
