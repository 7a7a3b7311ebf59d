import pytest

from blocks.logic_go_to import GoTo
from engine.outcome import Leave
from tests.blocks.asking import context


@pytest.mark.parametrize(("visit", "port"), [(1, "next"), (2, "next"), (3, "limit"), (4, "limit")])
def test_it_leads_on_as_often_as_allowed(visit, port):
    assert GoTo(max_visits=2).run(context(visit=visit)) == Leave(port)
