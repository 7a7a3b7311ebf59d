"""Settings of blocks that mean more than their type says: keys of things that must exist, and templates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from engine.event import EVENT_KINDS
from engine.template import check_source, parse
from engine.text import _l

ReferenceKind = Literal[
    "plan", "stage", "user", "tag", "field", "channel", "loss_reason", "node", "country", "form", "webhook"
]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reference:
    """Marks a setting as the key of something that must exist; ``within`` names the setting that holds its plan.

    The key of a ``field`` is its whole path (``lead.source``, ``deal.field.budget``): the block reads or writes it.
    """

    kind: ReferenceKind
    within: str | None = None

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        """Tell the editor what to offer."""
        within = {} if self.within is None else {"x-within": self.within}
        return {**handler(schema), "x-reference": self.kind, **within}


@dataclass(frozen=True, slots=True)
class IsTemplate:
    """Marks a setting as a text with ``{path|filter}`` places."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        """Tell the editor to offer paths."""
        return {**handler(schema), "x-template": True}


def _known_kind(kind: str) -> str:
    if kind not in EVENT_KINDS:
        raise ValueError(_l("there is no event {kind}; choose one of {known}", kind=kind, known=", ".join(EVENT_KINDS)))
    return kind


Text = Annotated[str, Field(min_length=1, max_length=200)]
PlanKey = Annotated[Text, Reference("plan")]
StageKey = Annotated[Text, Reference("stage", within="plan")]
UserLogin = Annotated[Text, Reference("user")]
TagName = Annotated[Text, Reference("tag")]
ChannelKey = Annotated[Text, Reference("channel")]
LossReasonKey = Annotated[Text, Reference("loss_reason")]
FormKey = Annotated[Text, Reference("form")]
WebhookKey = Annotated[Text, Reference("webhook")]
TemplateText = Annotated[str, Field(min_length=1), AfterValidator(check_source), IsTemplate()]
FactPath = Annotated[str, Field(pattern=r"^[a-z_]+\.[A-Za-z0-9_.-]+$", max_length=200), Reference("field")]
EventName = Annotated[str, AfterValidator(_known_kind), Field(json_schema_extra={"enum": list(EVENT_KINDS)})]
PortName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Money = Annotated[int, Field(ge=0, json_schema_extra={"x-money": True})]
"""An amount in minor units."""
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


@dataclass(frozen=True, slots=True)
class Found:
    """A key that a setting names: where in the settings (``stages.0``), of what, and the key of its plan."""

    where: str
    kind: ReferenceKind
    key: str
    within: str | None


def references(settings: BaseModel) -> tuple[Found, ...]:
    """Return the keys that settings name, in the order of the fields; each has to exist."""
    return tuple(
        Found(where, mark.kind, value, getattr(owner, mark.within, None) if mark.within else None)
        for where, mark, value, owner in _marked(settings, Reference)
    )


def templates(settings: BaseModel) -> Mapping[str, str]:
    """Return the template texts among settings, by where they stand (``title``, ``changes.0.value``)."""
    return {where: value for where, _, value, _ in _marked(settings, IsTemplate)}


def paths(settings: BaseModel) -> frozenset[str]:
    """Return the paths of facts that settings name: in templates, and as fields."""
    fields = {found.key for found in references(settings) if found.kind == "field"}
    return frozenset(fields.union(*(parse(text).paths for text in templates(settings).values())))


Mark = TypeVar("Mark", Reference, IsTemplate)


def _marked(settings: BaseModel, kind: type[Mark]) -> Iterator[tuple[str, Mark, str, BaseModel]]:
    for name, info in type(settings).model_fields.items():
        yield from _marks(getattr(settings, name), info.annotation, info.metadata, kind, name, settings)


def _marks(
    value: object, annotation: object, beside: Iterable[object], kind: type[Mark], where: str, owner: BaseModel
) -> Iterator[tuple[str, Mark, str, BaseModel]]:
    inside = get_args(annotation)
    if isinstance(value, str):
        for mark in beside:
            if isinstance(mark, kind):
                yield where, mark, value, owner
    match value:
        case BaseModel():
            for below, mark, text, nearest in _marked(value, kind):
                yield f"{where}.{below}", mark, text, nearest
        case tuple() | frozenset():
            for index, item in enumerate(sorted(value) if isinstance(value, frozenset) else value):
                yield from _marks(item, _element(annotation), (), kind, f"{where}.{index}", owner)
        case str() if get_origin(annotation) in {Union, UnionType}:
            for arm in inside:
                yield from _marks(value, arm, (), kind, where, owner)
        case str() if get_origin(annotation) is Annotated:
            yield from _marks(value, inside[0], inside[1:], kind, where, owner)
        case _:
            return


def _element(annotation: object) -> object:
    """Return the annotation of what a tuple or a set holds, ``None`` where it is not said."""
    inside = get_args(annotation)
    if get_origin(annotation) in {Annotated, Union, UnionType}:
        return next((found for arm in inside if (found := _element(arm)) is not None), None)
    return inside[0] if inside else None
