"""What is wrong with a setting, in words for people: pydantic's findings as texts that can be translated."""

from __future__ import annotations

from typing import Final

from pydantic_core import ErrorDetails

from engine.text import LazyText, _l

MISSING: Final = "setting_missing"
WRONG: Final = "setting_wrong"

_EMPTY_TYPES = frozenset({"string_too_short", "too_short"})
_TEXTS: Final = {
    "missing": _l("this is required"),
    "extra_forbidden": _l("there is no such setting; is the name written right?"),
    "string_type": _l("a text is expected; put quotes round a number that is meant as a text"),
    "int_type": _l("a whole number is expected"),
    "int_parsing": _l("a whole number is expected"),
    "int_from_float": _l("a whole number is expected"),
    "float_type": _l("a number is expected"),
    "float_parsing": _l("a number is expected"),
    "bool_type": _l("true or false is expected"),
    "bool_parsing": _l("true or false is expected"),
    "tuple_type": _l("a list is expected"),
    "list_type": _l("a list is expected"),
    "frozen_set_type": _l("a list is expected"),
    "dict_type": _l("settings as a group are expected"),
    "path_type": _l("a path is expected, in quotes"),
    "time_delta_type": _l("a number of seconds is expected"),
    "time_delta_parsing": _l("a number of seconds is expected"),
    "model_type": _l("settings as a group are expected"),
    "model_attributes_type": _l("settings as a group are expected"),
}


def problem_of(error: ErrorDetails) -> tuple[str, LazyText]:
    """Return the stable code of a finding and what it says.

    ``setting_missing`` is a required setting that is absent or empty, ``setting_wrong`` all else.
    """
    kind, limits = error["type"], error.get("ctx", {})
    if kind == "missing" or (kind in _EMPTY_TYPES and not error["input"]):
        return MISSING, _TEXTS["missing"]
    if kind in _TEXTS:
        return WRONG, _TEXTS[kind]
    own = limits.get("error")
    if isinstance(own, ValueError) and own.args:
        said = own.args[0]
        return WRONG, said if isinstance(said, LazyText) else _l("{problem}", problem=str(said))
    match kind:
        case "literal_error" | "enum":
            return WRONG, _l("one of these is expected: {expected}", expected=limits["expected"])
        case "union_tag_invalid":
            return WRONG, _l("one of these is expected: {expected}", expected=limits["expected_tags"])
        case "union_tag_not_found":
            return WRONG, _l("{name} is required here", name=str(limits["discriminator"]).strip("'"))
        case "greater_than_equal":
            return WRONG, _l("at least {limit} is expected", limit=limits["ge"])
        case "less_than_equal":
            return WRONG, _l("at most {limit} is expected", limit=limits["le"])
        case "too_long":
            return WRONG, _l(
                "at most {limit} are allowed, there are {count}",
                limit=limits["max_length"],
                count=limits["actual_length"],
            )
        case "string_too_long":
            return WRONG, _l("at most {limit} characters are allowed", limit=limits["max_length"])
        case "string_pattern_mismatch":
            return WRONG, _l("this may not be written so; the pattern is {pattern}", pattern=limits["pattern"])
    return WRONG, _l("{problem}", problem=error["msg"])
