from typing import ClassVar

import pytest

from engine.block import Block, Context, Trigger
from engine.calendar import WorkingCalendar
from engine.draw import draw
from engine.facts import Facts
from tests.engine.drawing import NOW, Ends, Step

CTX = Context(NOW, Facts({"lead": {"name": "Ira"}}), WorkingCalendar(), 7, "n", 2)


def test_a_context_fills_templates():
    assert CTX.render("Hi {lead.name}{lead.none}") == "Hi Ira"


def test_a_draw_belongs_to_the_run_the_node_and_the_visit():
    assert CTX.draw() == draw(7, "n", 2)


def test_the_main_port_comes_first():
    assert Step().ports() == ("next", "other")
    assert Ends().ports() == ()


def test_a_block_reads_and_awaits_nothing_unless_it_says_so():
    assert Step().paths() == frozenset()
    assert Step().awaits() == frozenset()


def test_a_block_cannot_say_what_is_waited_for_unless_it_says_so():
    assert Step().rest_since(NOW, NOW, WorkingCalendar()) is None


def test_a_block_that_says_nothing_is_refused():
    with pytest.raises(NotImplementedError, match="does not say what it does"):
        Block().run(CTX)


def test_a_base_of_blocks_has_no_words_of_its_own():
    assert Block.model_json_schema()["title"] == "Block"


def test_a_trigger_takes_any_event_of_its_kinds_unless_it_says_more():
    assert Trigger().accepts(None) is None


def test_a_block_shows_its_form_under_its_own_words():
    schema = Step.model_json_schema()

    assert (schema["title"], schema["description"]) == (Step.title, Step.about)


@pytest.mark.parametrize(("setting", "only"), [("ask", "ask"), ("", None), (None, None)])
def test_a_trigger_is_meant_for_the_one_thing_it_names(setting, only):
    class Narrow(Trigger):
        key: ClassVar = "trigger.narrow"
        title: ClassVar = "Narrow"
        kinds: ClassVar = frozenset({"form.submitted"})
        narrows: ClassVar = "form"

        form: str | None = None

    assert Narrow(form=setting).only == only
