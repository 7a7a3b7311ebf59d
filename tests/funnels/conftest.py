"""The company of ``tests.workers.house``."""

import pytest

from tests.workers.house import a_house


@pytest.fixture
def house(databases, dialect):
    with a_house(databases, dialect) as made:
        yield made
        made.check()
