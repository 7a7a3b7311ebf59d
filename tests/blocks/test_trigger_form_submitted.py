import pytest

from blocks.trigger_form_submitted import FormSubmitted
from engine.outcome import Leave
from engine.setting import references
from tests.blocks.asking import context, event


@pytest.mark.parametrize(
    ("settings", "refusal"),
    [({}, None), ({"form": "price"}, None), ({"form": "contact"}, "the form is price")],
)
def test_it_takes_the_form_it_was_set_to(settings, refusal):
    assert FormSubmitted(**settings).accepts(event("form.submitted", form="price")) == refusal


@pytest.mark.parametrize(("settings", "only"), [({}, None), ({"form": "price"}, "price")])
def test_other_forms_were_never_meant_for_it(settings, only):
    block = FormSubmitted(**settings)

    assert (block.narrows, block.only) == ("form", only)


def test_its_form_has_to_exist():
    assert [(one.where, one.kind, one.key) for one in references(FormSubmitted(form="price"))] == [
        ("form", "form", "price")
    ]


def test_the_run_goes_on():
    assert FormSubmitted().run(context()) == Leave()
