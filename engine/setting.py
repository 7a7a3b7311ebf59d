"""Settings of blocks that mean more than their type says: keys of things that must exist, and templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from engine.event import EVENT_KINDS
from engine.template import check_source
from engine.text import _l

ReferenceKind = Literal["plan", "stage", "user", "tag", "field", "channel", "loss_reason", "node", "country"]
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
TemplateText = Annotated[str, Field(min_length=1), AfterValidator(check_source), IsTemplate()]
FactPath = Annotated[str, Field(pattern=r"^[a-z_]+\.[A-Za-z0-9_.-]+$", max_length=200), Reference("field")]
EventName = Annotated[str, AfterValidator(_known_kind), Field(json_schema_extra={"enum": list(EVENT_KINDS)})]
PortName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Money = Annotated[int, Field(ge=0, json_schema_extra={"x-money": True})]
"""An amount in minor units."""
