import pytest
from pydantic import ValidationError

from blocks.logic_switch import Switch
from engine.outcome import Leave
from tests.blocks.asking import context

CASES = [
    {"port": "paid", "values": ["Paid_search", "social"]},
    {"port": "many", "values": [3, 4.5]},
    {"port": "yes", "values": [True]},
    {"port": "one", "values": [1]},
]


@pytest.mark.parametrize(
    ("value", "port"),
    [
        ("SOCIAL", "paid"),
        ("paid_search", "paid"),
        (3, "many"),
        (4.5, "many"),
        (True, "yes"),
        (1, "one"),
        (False, "else"),
        (None, "else"),
        ("other", "else"),
        (frozenset({"x", "social"}), "paid"),
        (("x", 1), "one"),
    ],
)
def test_the_first_case_that_fits_is_taken(value, port):
    assert Switch(field="lead.x", cases=CASES).run(context({"lead": {"x": value}})) == Leave(port)


def test_each_case_is_a_port():
    assert Switch(field="lead.x", cases=CASES).ports() == ("paid", "many", "yes", "one", "else")


@pytest.mark.parametrize("ports", [("a", "a"), ("a", "else")])
def test_ports_must_differ(ports):
    with pytest.raises(ValidationError, match="a port of its own"):
        Switch(field="lead.x", cases=[{"port": port, "values": [1]} for port in ports])
