"""The company of ``tests.workers.house``."""

import pytest

from tests.channels.listening import Mailbox, WebServer
from tests.workers.house import House


@pytest.fixture
def house(database_url):
    made = House(database_url).build()
    yield made
    made.check()
    made.close()


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
