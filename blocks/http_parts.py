"""Parts of HTTP requests: headers, fields, what is kept of an answer; and templates filled so that no value breaks out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.block import Context
from engine.effect import Effect, SetVariable
from engine.setting import PortName, TemplateText, Text
from engine.template import parse
from engine.template_filters import style_in
from engine.text import _l

_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OURS: Final = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "idempotency-key", "content-type"}
)
_LONGEST_VALUE: Final = 20_000


class Header(BaseModel):
    """One line above the body."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text = Field(title=_l("Name"))
    value: TemplateText = Field(title=_l("Value"))

    @model_validator(mode="after")
    def _may_be_set(self) -> Self:
        if not _HEADER.fullmatch(self.name) or self.name.lower() in _OURS:
            raise ValueError(_l("this header cannot be set: {name}", name=self.name))
        return self


class FormField(BaseModel):
    """One field of a form, or of a JSON object."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text = Field(title=_l("Name"))
    value: TemplateText = Field(title=_l("Value"))


class Taken(BaseModel):
    """A value of the answer that the run keeps."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Annotated[str, Field(pattern=r"^[^.\s]+(\.[^.\s]+)*$", max_length=200)] = Field(
        title=_l("Where in the answer"), description=_l("Keys and numbers with dots between, as items.0.price")
    )
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,60}$")] = Field(title=_l("Name of the variable"))


class StatusPort(BaseModel):
    """A way out for some statuses."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    port: PortName = Field(title=_l("Port"))
    statuses: tuple[Annotated[int, Field(ge=100, le=599)], ...] = Field(
        min_length=1, max_length=50, title=_l("Statuses"), description=_l("As 404")
    )


def filled(ctx: Context, source: str, escape: Callable[[str], str]) -> str:
    """Fill a template, each value through ``escape``; one that the whole begins with stays as it is."""
    style = style_in(ctx.calendar.zone_info)
    texts = [
        part if isinstance(part, str) else (escape if number else str)(part.fill(ctx.facts.get(part.path), style))
        for number, part in enumerate(parse(source).parts)
    ]
    return "".join(texts)


def in_address(text: str) -> str:
    """Write a text as addresses and forms do: letters, digits and a few signs stay, all else becomes percent signs."""
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in text.encode())


def in_json(text: str) -> str:
    """Write a text as it stands between the quotes of JSON."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


_PLAIN: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def kept(answer: object, wanted: Taken) -> Effect | None:
    """Return what keeps a value of an answer, as a text; ``None`` where it is not there."""
    found: Any = answer
    for part in wanted.path.split("."):
        if isinstance(found, Mapping):
            found = found.get(part)
        elif isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        else:
            return None
    if found is None:
        return None
    value = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    return SetVariable(wanted.name, value.replace("\0", "")[:_LONGEST_VALUE])
