"""The company of ``tests.workers.house``."""

import pytest

from tests.channels.listening import Mailbox, WebServer
from tests.workers.house import a_house


@pytest.fixture
def house(databases, dialect):
    with a_house(databases, dialect) as made:
        yield made
        made.check()


@pytest.fixture
def mailbox():
    made = Mailbox()
    yield made
    made.close()


@pytest.fixture
def web_server():
    made = WebServer()
    yield made
    made.close()
