from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError, field_validator

from engine.setting_errors import problem_of


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


class Settings(BaseModel):
    needed: int = 0
    text: Annotated[str, Field(min_length=1, max_length=3, pattern="^a")] = "a"
    items: Annotated[tuple[int, ...], Field(max_length=1)] = ()
    number: Annotated[int, Field(ge=1, le=9)] = 1
    above: Annotated[int, Field(gt=1)] = 2
    word: Literal["one", "two"] = "one"
    size: Size = Size.SMALL
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None
    odd: int = 1

    @field_validator("odd")
    @classmethod
    def _is_odd(cls, odd: int) -> int:
        if odd == 0:
            raise ValueError
        return odd


CASES: list[tuple[dict[str, Any], str, str]] = [
    ({"text": ""}, "setting_missing", "this is required"),
    ({"text": "abcd"}, "setting_wrong", "at most 3 characters are allowed"),
    ({"text": "b"}, "setting_wrong", "this may not be written so; the pattern is ^a"),
    ({"text": 7}, "setting_wrong", "a text is expected; put quotes round a number that is meant as a text"),
    ({"items": [1, 2]}, "setting_wrong", "at most 1 are allowed, there are 2"),
    ({"items": 1}, "setting_wrong", "a list is expected"),
    ({"number": 0}, "setting_wrong", "at least 1 is expected"),
    ({"number": 10}, "setting_wrong", "at most 9 is expected"),
    ({"number": "x"}, "setting_wrong", "a whole number is expected"),
    ({"above": 1}, "setting_wrong", "Input should be greater than 1"),
    ({"word": "six"}, "setting_wrong", "one of these is expected: 'one' or 'two'"),
    ({"size": "huge"}, "setting_wrong", "one of these is expected: 'small' or 'large'"),
    ({"pet": {"kind": "cow"}}, "setting_wrong", "one of these is expected: 'cat', 'dog'"),
    ({"pet": {}}, "setting_wrong", "kind is required here"),
    ({"odd": 0}, "setting_wrong", "Value error, "),
]


@pytest.mark.parametrize(("settings", "code", "said"), CASES)
def test_what_is_wrong_is_said_in_words_for_people(settings, code, said):
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate(settings)

    assert problem_of(caught.value.errors()[0]) == (code, said)
