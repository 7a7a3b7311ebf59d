import pytest

from engine.effect import (
    AddComment,
    AddTags,
    CallHttp,
    CreateTask,
    NotifyEmployee,
    Place,
    RemoveTags,
    SendEmail,
    SetFields,
    SetVariable,
)
from engine.facts import Facts

HOT = frozenset({"hot"})


@pytest.mark.parametrize(
    ("effect", "records", "path", "value"),
    [
        (CreateTask("Call", None), {"lead": {}, "deal": {"open_tasks": 2}}, "deal.open_tasks", 3),
        (CreateTask("Call", None), {"lead": {}}, "lead.open_tasks", 1),
        (AddTags(HOT, "lead"), {"lead": {}}, "lead.tags", HOT),
        (AddTags(HOT, "lead"), {"lead": {"tags": frozenset({"a"})}}, "lead.tags", {"a", "hot"}),
        (RemoveTags(HOT, "lead"), {"lead": {"tags": frozenset({"a", "hot"})}}, "lead.tags", {"a"}),
        (RemoveTags(HOT, "lead"), {"lead": {}}, "lead.tags", frozenset()),
        (SetFields({"field.x": 1}, "deal"), {"deal": {"field.x": 0}}, "deal.field.x", 1),
        (SetVariable("x", 1), {}, "variable.x", 1),
        (SetVariable("x", 1), {"variable": {"y": 2}}, "variable.y", 2),
    ],
)
def test_later_blocks_see_what_an_effect_will_do(effect, records, path, value):
    assert Facts(records).after(effect).get(path) == value


@pytest.mark.parametrize(
    "effect",
    [
        CreateTask("Call", None),
        AddTags(HOT, "deal"),
        RemoveTags(HOT, "deal"),
        SetFields({"x": 1}, "deal"),
        AddComment("Hi", "deal"),
        SendEmail(Place("n", 1), "a@b.cd", "Hi", "Hi"),
        CallHttp(Place("n", 1), "POST", "https://a.b"),
        NotifyEmployee(Place("n", 1), "owner", "Hi"),
    ],
)
def test_a_record_that_is_not_there_does_not_appear(effect):
    assert Facts({}).after(effect).records == {}
