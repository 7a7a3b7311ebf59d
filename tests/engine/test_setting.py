from typing import Annotated

import pytest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from engine import setting
from engine.setting import EventName, FactPath, Found, PlanKey, StageKey, TagName, TemplateText


class Part(BaseModel):
    value: bool | int | TemplateText | None = None
    tags: tuple[TagName, ...] = ()


class Form(BaseModel):
    plan: PlanKey | None = None
    stages: frozenset[StageKey] = frozenset()
    parts: tuple[Part, ...] = ()
    text: TemplateText = "Hi {lead.name}"
    field: FactPath | None = None
    more: Annotated[tuple[TagName, ...], Field(min_length=1)] | None = None
    plain: str = "x"
    plain_list: tuple = ("y",)


def test_references_are_found_however_deep():
    form = Form(plan="p", stages=["b", "a"], parts=[{"tags": ["hot"]}, {"tags": []}], field="lead.x", more=["new"])

    assert setting.references(form) == (
        Found("plan", "plan", "p", None),
        Found("stages.0", "stage", "a", "p"),
        Found("stages.1", "stage", "b", "p"),
        Found("parts.0.tags.0", "tag", "hot", None),
        Found("field", "field", "lead.x", None),
        Found("more.0", "tag", "new", None),
    )


def test_templates_are_found_with_their_place():
    form = Form(parts=[{"value": "{deal.title}"}, {"value": 5}])

    assert setting.templates(form) == {"parts.0.value": "{deal.title}", "text": "Hi {lead.name}"}


def test_paths_are_those_of_templates_and_fields():
    form = Form(field="deal.field.x", parts=[{"value": "{deal.title}"}])

    assert setting.paths(form) == {"deal.field.x", "deal.title", "lead.name"}


@pytest.mark.parametrize(
    ("type_", "value"), [(EventName, "deal.wun"), (TemplateText, "{"), (FactPath, "lead"), (PlanKey, "")]
)
def test_what_cannot_be_is_refused(type_, value):
    with pytest.raises(ValidationError):
        TypeAdapter(type_).validate_python(value)


def test_marks_are_in_the_form():
    schema = Form.model_json_schema()["properties"]

    assert schema["stages"]["items"] == {
        "minLength": 1,
        "maxLength": 200,
        "type": "string",
        "x-reference": "stage",
        "x-within": "plan",
    }
    assert schema["text"]["x-template"] is True
