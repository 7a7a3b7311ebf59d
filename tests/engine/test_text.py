import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from engine.text import LazyText, _l, _ln, packed, unpacked


def test_a_marked_text_is_its_english():
    text = _l("No stage {stage}", stage=7)

    assert text == "No stage 7"
    assert text.msgid == "No stage {stage}"
    assert dict(text.params) == {"stage": 7}


def test_a_text_without_values_keeps_its_braces():
    assert _l("Use {name} for the name") == "Use {name} for the name"


@pytest.mark.parametrize(("count", "english"), [(0, "0 leads"), (1, "1 lead"), (2, "2 leads")])
def test_the_number_chooses_the_form(count, english):
    assert _ln("{count} lead", "{count} leads", count) == english


def test_a_forgotten_value_is_an_error_where_the_text_is_written():
    with pytest.raises(KeyError, match="stage"):
        _l("No stage {stage} in {plan}", plan="Retail")


@pytest.mark.parametrize("parts", [{"plural": "leads"}, {"number": 2}])
def test_a_plural_and_its_number_go_together(parts):
    with pytest.raises(ValueError, match="go together"):
        LazyText("lead", **parts)


def test_a_text_never_changes():
    text = _l("Wait")

    with pytest.raises(AttributeError, match="msgid cannot be set"):
        text.msgid = "Go"
    with pytest.raises(AttributeError, match="msgid cannot be removed"):
        del text.msgid
    with pytest.raises(TypeError):
        text.params["stage"] = 1


@given(st.integers(), st.text())
def test_copies_can_still_be_translated(count, name):
    text = _ln("{count} lead of {name}", "{count} leads of {name}", count, name=name)

    for twin in (copy.deepcopy(text), pickle.loads(pickle.dumps(text))):
        assert twin == text
        assert (twin.msgid, twin.plural, twin.number, twin.params) == (
            text.msgid,
            text.plural,
            text.number,
            text.params,
        )


def test_titles_of_settings_stay_translatable_in_the_json_schema():
    class Settings(BaseModel):
        lasting: int = Field(title=_l("How long"))

    title = Settings.model_json_schema()["properties"]["lasting"]["title"]

    assert isinstance(title, LazyText)
    assert title.msgid == "How long"


@pytest.mark.parametrize(
    "text",
    [
        _l("Wait"),
        _l("No stage {stage}", stage=7),
        _ln("{count} lead of {name}", "{count} leads of {name}", 3, name="Ann"),
        _l("there is no {kind} “{key}”", kind=_l("sales plan"), key="retail"),
        "said by somebody else: {nothing}",
    ],
)
def test_what_is_stored_can_still_be_translated(text):
    kept = unpacked(json.loads(json.dumps(packed(text))))

    assert kept == text
    assert type(kept) is type(text)
    assert getattr(kept, "params", {}) == getattr(text, "params", {})
