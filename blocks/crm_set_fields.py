"""Give fields new values."""

from __future__ import annotations

from typing import ClassVar, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.block import Block, Context
from engine.effect import SetFields, Target
from engine.outcome import Fail, Leave, Outcome
from engine.setting import FactPath, TemplateText
from engine.text import _l
from engine.writes import Write

WRITTEN_ELSEWHERE = frozenset({"id", "created_at", "open_tasks", "tags", "plan", "stage", "stage_entered_at", "owner"})
"""What other blocks write, or nobody."""


class FieldChange(BaseModel):
    """One field and its new value: a constant or a template, a copy of another field, or nothing, which empties it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: FactPath = Field(title=_l("Field"), description=_l("Where to write, as deal.field.budget"))
    value: bool | int | float | TemplateText | None = Field(
        default=None, title=_l("Value"), description=_l("A number, yes or no, or a text with places; empty empties it")
    )
    copy_of: FactPath | None = Field(default=None, title=_l("Copy of"), description=_l("Take the value of this field"))

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        record, _, key = self.field.partition(".")
        if record not in get_args(Target):
            raise ValueError(_l("fields of {record} cannot be set", record=record))
        if key in WRITTEN_ELSEWHERE:
            raise ValueError(_l("{field} cannot be set here", field=self.field))
        if self.value is not None and self.copy_of is not None:
            raise ValueError(_l("give a value or a field to copy, not both"))
        return self

    def new(self, ctx: Context) -> object:
        """Return the value to write."""
        if self.copy_of is not None:
            return ctx.facts.get(self.copy_of)
        return ctx.render(self.value) if isinstance(self.value, str) else self.value


class SetFieldsBlock(Block):
    """Write values into fields of the run's records.

    Leaves through ``next``, also where every field was filled and only empty ones are to be written; through ``failed``
    where the run has no such record.
    """

    key: ClassVar = "crm.set_fields"
    title: ClassVar = _l("Set fields")
    about: ClassVar = _l("Writes values into fields of the lead, deal, contact or company")
    group: ClassVar = "crm"
    more: ClassVar = ("failed",)

    changes: tuple[FieldChange, ...] = Field(min_length=1, max_length=50, title=_l("Fields and values"))
    only_if_empty: bool = Field(
        default=False, title=_l("Only empty fields"), description=_l("Leave alone what is filled already")
    )

    def writes(self) -> tuple[Write, ...]:
        parts = (change.field.partition(".") for change in self.changes)
        return tuple(Write("field", record, key) for record, _, key in parts)

    def run(self, ctx: Context) -> Outcome:
        by_record: dict[Target, dict[str, object]] = {}
        for change in self.changes:
            record, _, key = change.field.partition(".")
            if record not in ctx.facts.records:
                return Fail("no_record", _l("the run has no {record}", record=record))
            if not self.only_if_empty or ctx.facts.get(change.field) in (None, ""):
                by_record.setdefault(record, {})[key] = change.new(ctx)  # type: ignore[arg-type]  # checked by the change
        return Leave(effects=tuple(SetFields(values, target) for target, values in by_record.items()))
