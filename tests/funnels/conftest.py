"""The company of ``tests.workers.house``."""

import pytest

from tests.workers.house import House


@pytest.fixture
def house(database_url):
    made = House(database_url).build()
    yield made
    made.check()
    made.close()
