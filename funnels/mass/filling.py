"""The mass action that gives a field of leads and deals one value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal

from pydantic import Field
from sqlalchemy import Row

from crm.access.actor import Actor
from crm.directory import Directory
from crm.directory import directory as settings_of
from crm.errors import InvalidError
from crm.fields.changes import FieldChange, fitting_values, set_fields
from db.work import Work
from engine.request import Result
from engine.text import LazyText, _l
from funnels.mass.action import MassAction, Rows
from funnels.starting import Kind
from funnels.words.names import field_name

Value = str | int | float | bool | tuple[str, ...] | None

SETTABLE: Final[Mapping[Kind, tuple[str, ...]]] = {"lead": ("status", "source", "channel"), "deal": ("amount",)}
"""The built-in fields that many may get at once; names, phones and titles are each person's own."""


class SetField(MassAction):
    """Give a field (``source``, ``field.budget``) one value everywhere; ``None`` empties it."""

    action: Literal["field"] = "field"
    field: str = Field(min_length=1, max_length=200)
    value: Value = None

    title: ClassVar[LazyText] = _l("Set a field")
    icon: ClassVar[str] = "edit"
    kinds: ClassVar[frozenset[str]] = frozenset({"lead", "deal"})

    def check(self, work: Work, kind: Kind) -> None:
        """Refuse a field that is not there or is not for many, and a value that does not fit."""
        settings = settings_of(work)
        is_own = self.field.startswith("field.") and (kind, self.field.removeprefix("field.")) in settings.fields
        if not is_own and self.field not in SETTABLE[kind]:
            raise InvalidError(_l("Choose a field."))
        held = fitting_values(settings, kind, {self.field: self._given()})
        if isinstance(held, str):
            raise InvalidError(held)

    def told(self, settings: Directory) -> LazyText:
        """Return the field and the value."""
        name = next(
            (field_name(path, settings) for path in self._paths() if field_name(path, settings) != path), self.field
        )
        if self.value in (None, "", ()):
            return _l("{field}: emptied", field=name)
        said = ", ".join(self.value) if isinstance(self.value, tuple) else self.value
        return _l("{field}: {value}", field=name, value=said)

    def before(self, work: Work, kind: Kind, rows: Rows) -> Mapping[int, Any]:
        """Return what the field holds."""
        settings = settings_of(work)
        return {row.id: [self._held(settings, row)] for row in rows}

    def act(self, work: Work, kind: Kind, rows: Rows, *, by: Actor) -> list[Result]:
        """Set it."""
        return set_fields(work, [FieldChange(kind, row.id, {self.field: self._given()}) for row in rows], by=by)

    def take_back(self, work: Work, kind: Kind, rows: Rows, before: Mapping[int, Any], *, by: Actor) -> list[Result]:
        """Give each its own value again."""
        items = [FieldChange(kind, row.id, {self.field: before[row.id][0]}) for row in rows]
        return set_fields(work, items, by=by)

    def _given(self) -> object:
        return list(self.value) if isinstance(self.value, tuple) else self.value

    def _paths(self) -> tuple[str, ...]:
        return f"deal.{self.field}", f"lead.{self.field}"

    def _held(self, settings: Directory, row: Row[Any]) -> object:
        if self.field.startswith("field."):
            return (row.fields or {}).get(self.field.removeprefix("field."))
        if self.field == "channel":
            return settings.channels.get(row.channel_id) if row.channel_id is not None else None
        return row._mapping[self.field]
