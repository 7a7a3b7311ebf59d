from blocks.crm_change_stage import ChangeStage
from engine.outcome import Do
from engine.request import MoveDeal
from tests.blocks.asking import context


def test_it_asks_for_the_move():
    assert ChangeStage(stage="offer").run(context()) == Do(MoveDeal("offer"))


def test_it_passes_on_all_that_was_set():
    block = ChangeStage(stage="lost", plan="b2b", only_forward=True, loss_reason="price")

    assert block.run(context()) == Do(MoveDeal("lost", "b2b", True, "price"))
    assert block.ports() == ("next", "required_missing", "no_deal", "not_forward", "failed")
