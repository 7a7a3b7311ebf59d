"""What a template file says: a plan with its stages, or a funnel with what it needs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from crm.settings.field_definitions import FieldType, RecordKind
from crm.settings.stage_rules import StageKind
from engine.document import FunnelDocument, Key
from engine.robot import Robot

Text = Annotated[str, Field(min_length=1, max_length=4000)]
FunnelGroup = Literal["leads", "clients"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NeededField(_Strict):
    """A field of one's own that is made where it is missing."""

    record: RecordKind = "deal"
    key: Key
    name: Text
    type: FieldType = "text"
    options: tuple[Text, ...] = ()


class NeededReason(_Strict):
    """A reason of refusal that is made where it is missing."""

    key: Key
    name: Text
    for_leads: bool = True
    for_deals: bool = True


class NeededFormField(_Strict):
    """A field of a form."""

    key: str
    label: Text
    required: bool = False


class NeededForm(_Strict):
    """A public form that is made where it is missing."""

    key: Key
    name: Text
    title: str = ""
    intro: str = ""
    button: str = ""
    thanks: str = ""
    source: str = ""
    fields: tuple[NeededFormField, ...]


class TemplateStage(_Strict):
    """A stage of a plan, with its rules."""

    key: Key
    name: Text
    kind: StageKind = "open"
    colour: str | None = None
    required: tuple[str, ...] = ()
    asks_reason: bool = False
    dwell_days: int | None = None
    exit_fact: str = ""
    only_forward: bool = False


class TemplateRobots(_Strict):
    """The robots of one of the plan's stages."""

    stage: Key
    robots: tuple[Robot, ...]


class PlanTemplate(_Strict):
    """A sales plan to begin with: its stages, what they require, why clients refuse, and the stages' robots."""

    key: Key
    name: Text
    about: Text
    deal_title: str = ""
    chat_label: str = ""
    fields: tuple[NeededField, ...] = ()
    loss_reasons: tuple[NeededReason, ...] = ()
    stages: tuple[TemplateStage, ...]
    robots: tuple[TemplateRobots, ...] = ()


class AskedDate(_Strict):
    """A date that whoever uses the template gives; ``places`` are settings of nodes, as ``wait.day``."""

    key: Key
    name: Text
    days_from_now: int = Field(default=14, ge=0)
    places: tuple[str, ...]


class FunnelTemplate(_Strict):
    """A funnel to begin with.  ``plans`` are the keys of plan templates, by which its document names plans and stages."""

    key: Key
    name: Text
    group: FunnelGroup
    about: Text
    plans: tuple[Key, ...] = ()
    fields: tuple[NeededField, ...] = ()
    forms: tuple[NeededForm, ...] = ()
    asks: tuple[AskedDate, ...] = ()
    document: FunnelDocument


Plain = dict[str, Any]
