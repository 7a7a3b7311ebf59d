from blocks.people_assign_manager import AssignManager
from engine import request
from engine.outcome import Do
from tests.blocks.asking import context


def test_it_lets_the_distribution_decide():
    assert AssignManager(plan="b2b").run(context()) == Do(request.AssignManager(None, "b2b"))


def test_it_asks_for_a_certain_manager():
    assert AssignManager(owner="anna").run(context()) == Do(request.AssignManager("anna"))
