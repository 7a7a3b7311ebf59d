import pytest

from blocks.action_http_request import HttpRequest
from blocks.http_parts import Header
from funnels.words.details import details
from tests.crm.conditions.rows import SETTINGS


@pytest.mark.parametrize(
    "name", ["Authorization", "proxy-authorization", "Cookie", "X-Api-Key", "apikey", "X-Auth-Token", "X-Hub-Signature"]
)
def test_the_keys_in_headers_are_shown_to_nobody(name: str) -> None:
    block = HttpRequest(
        address="https://example.com", headers=(Header(name=name, value="sk-1"), Header(name="X-Trace", value="7"))
    )

    shown = dict(details(block, SETTINGS))["Headers"]

    assert name in shown
    assert "sk-1" not in shown
    assert "X-Trace → 7" in shown
