"""Servers to send to."""

import pytest

from tests.channels.listening import Mailbox, WebServer


@pytest.fixture
def web_server():
    made = WebServer()
    yield made
    made.close()


@pytest.fixture
def mailbox():
    made = Mailbox()
    yield made
    made.close()
