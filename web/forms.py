"""Forms: what was sent is checked by a pydantic model; what is wrong is said beside its field, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, ValidationError

from engine.setting_errors import problem_of
from voronka_error import VoronkaError
from web.texts import translated


class FormModel(BaseModel):
    """The base of what a form sends: spaces around are cut, other fields are refused."""

    model_config = ConfigDict(str_strip_whitespace=True, extra="forbid", frozen=True)


Model = TypeVar("Model", bound=FormModel)


@dataclass(slots=True)
class Form(Generic[Model]):
    """A form as it is shown: ``sent`` fills the fields again, ``errors`` stand beside them, ``problem`` above all.

    ``prefix`` tells the fields of several forms on one page apart.
    """

    sent: Mapping[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    problem: str = ""
    value: Model | None = None
    prefix: str = ""

    def get(self, name: str, default: object = "") -> Any:
        """Return what stands in a field."""
        return self.sent.get(name, default)

    def refuse(self, error: VoronkaError, name: str = "") -> None:
        """Say beside a field, or above all, what a command refused."""
        words = " ".join(translated(one) if isinstance(one, str) else str(one) for one in error.args) or error.message
        if name:
            self.errors[name] = words
        else:
            self.problem = words


_NOT_OURS = frozenset({"csrf_token"})


def sent(model: type[Model], *, lists: frozenset[str] = frozenset(), beside: tuple[str, ...] = ()) -> Form[Model]:
    """Return what the present request sent; ``value`` is ``None`` where something is wrong.

    Empty fields count as not sent, so that a model's defaults hold; ``lists`` may come several times.  Fields whose names begin
    with one of ``beside`` are none of the model's: the caller reads them.
    """
    values: dict[str, Any] = {}
    for name in request.form:
        if name in _NOT_OURS or (beside and name.startswith(beside)):
            continue
        several = request.form.getlist(name)
        if name in lists:
            values[name] = several
        elif several[-1].strip():
            values[name] = several[-1]
    form: Form[Model] = Form(values)
    try:
        form.value = model.model_validate(values)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            where = str(one["loc"][0]) if one["loc"] else ""
            words = translated(problem_of(one)[1])
            if where in model.model_fields:
                form.errors.setdefault(where, words)
            else:
                form.problem = form.problem or f"{where}: {words}"
    return form
