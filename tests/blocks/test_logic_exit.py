from blocks.logic_exit import Exit
from engine.outcome import End
from tests.blocks.asking import context


def test_it_ends_the_run_with_its_word():
    assert Exit(outcome="lost").run(context()) == End("lost")
    assert Exit().ports() == ()
