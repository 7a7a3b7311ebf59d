"""Conditions as SQL: the same answer as ``engine.condition`` gives in Python, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Float,
    and_,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.sql.util import ClauseAdapter

from crm.conditions import comparisons as columns
from crm.conditions.comparisons import Clause, RecordLeaf
from crm.conditions.fields import TABLES, Custom, Listed, Place, Searched, Stored, SubjectFields, Tags, Team, Truth
from crm.errors import InvalidError
from crm.nouns import noun
from crm.tables.records import field_value, record_tag, task
from engine import condition_moments as moments
from engine.condition import (
    All,
    AnyOf,
    Between,
    Changed,
    Compared,
    Equals,
    FieldKind,
    Has,
    HasMany,
    Node,
    Not,
    OneOf,
    Presence,
    RecordCondition,
    TextMatch,
    Visited,
    Was,
    Within,
)
from engine.condition_compile import NEGATIVE, predicate_of
from engine.event import SUBJECT_CODES
from engine.text import _l
from engine.wall_time import zone_of


def where(condition: RecordCondition, fields: SubjectFields, *, now: datetime, zone: str) -> Clause:
    """Return the clause that is true for the rows of the subject's table for which the condition holds.

    Never null, so that ``not`` is the complement.  Linked records are looked up by ``exists``.

    Args:
        condition: of record scope.
        fields: those of the kind of record that is selected.
        now: aware UTC.
        zone: the IANA zone in which days begin and end; the same as was given to ``engine.condition.compile``.

    Raises:
        InvalidError: a field that the records do not have; ``engine.condition.check`` finds them all.
    """
    return _Writer(fields, now, zone_of(zone)).node(condition)


class _Writer:
    def __init__(self, fields: SubjectFields, now: datetime, zone: ZoneInfo) -> None:
        self.fields = fields
        self.now = now
        self.zone = zone

    def node(self, condition: Node) -> Clause:
        match condition:
            case All():
                return and_(true(), *(self.node(part) for part in condition.of))
            case AnyOf():
                return or_(false(), *(self.node(part) for part in condition.of))
            case Not():
                return not_(self.node(condition.of))
            case Changed() | Was() | Visited():
                raise InvalidError(_l("{op} is known only while a funnel runs; it cannot be a filter", op=condition.op))
            case _:
                return self.leaf(condition)

    def leaf(self, leaf: RecordLeaf) -> Clause:
        place = self.fields.place(leaf.field)
        if place is None:
            raise InvalidError(_l("{kind} has no field {field}", kind=noun(self.fields.subject), field=leaf.field))
        if isinstance(place.field, Searched):
            return self.searched(place, place.field, leaf)
        if isinstance(place.field, Listed):
            return self.listed(place, place.field, leaf)
        if isinstance(leaf, Presence):
            some = self.some(place, columns.filled)
            return some if leaf.op == "not_empty" else not_(some)
        clause = self.positive(place, leaf)
        return not_(clause) if leaf.op in NEGATIVE else clause

    def searched(self, place: Place, field: Searched, leaf: RecordLeaf) -> Clause:
        if not isinstance(leaf, TextMatch) or leaf.op == "starts_with":
            raise InvalidError(_l("of {field} one can only ask whether it contains something", field=leaf.field))
        part = leaf.value.casefold()
        clause = self.of_record(place, lambda of: field.has(of, part))
        return not_(clause) if leaf.op in NEGATIVE else clause

    def listed(self, place: Place, field: Listed, leaf: RecordLeaf) -> Clause:
        def has(name: str | None) -> Clause:
            return self.of_record(place, lambda of: field.has(of, self.fields.settings, name))

        if isinstance(leaf, Presence):
            return has(None) if leaf.op == "not_empty" else not_(has(None))
        if not isinstance(leaf, (Has, HasMany)):
            return false()
        wanted = (leaf.value,) if isinstance(leaf, Has) else leaf.values
        each = [has(value.casefold()) if isinstance(value, str) else false() for value in wanted]
        return and_(true(), *each) if leaf.op == "has_all" else or_(false(), *each)

    def of_record(self, place: Place, clause: Callable[[Any], Clause]) -> Clause:
        """Return that there is the record for whose columns the clause holds."""
        if place.record == self.fields.subject:
            return clause(self.fields.table.c)
        other = TABLES[place.record].alias().c
        return exists().where(other.id == place.link, clause(other))

    def truth(self, place: Place, field: Truth, leaf: RecordLeaf) -> Clause:
        wanted = (leaf.value,) if isinstance(leaf, Equals) else leaf.values if isinstance(leaf, OneOf) else ()
        asked = {value for value in wanted if isinstance(value, bool)}
        if len(asked) != 1:
            return place.link.is_not(None) if asked else false()
        return self.of_record(
            place, lambda of: field.holds(of, self.now) if True in asked else not_(field.holds(of, self.now))
        )

    def positive(self, place: Place, leaf: RecordLeaf) -> Clause:
        field = place.field
        if isinstance(leaf, (Has, HasMany)):
            return self.has(place, leaf)
        if isinstance(field, Truth):
            return self.truth(place, field, leaf)
        if isinstance(field, Stored) and field.keyed_by is not None:
            fits = predicate_of(leaf, self.zone)
            ids = [id_ for id_, key in self.fields.keys(field.keyed_by).items() if fits(key, self.now)]
            return self.some(place, lambda _, column: columns.known(column, column.in_(ids)) if ids else false())
        if field.kind == "tags":
            return false()
        return self.some(place, lambda kind, column: self.compared(kind, column, leaf))

    def some(self, place: Place, clause: Callable[[FieldKind, ColumnElement[Any]], Clause]) -> Clause:
        """Return that there is a value of the field for which the clause holds."""
        # Aliases, so that the select around may join the same tables.
        field, link = place.field, place.link
        if isinstance(field, Stored):
            if place.record == self.fields.subject:
                return clause(field.kind, field.column)
            other = TABLES[place.record].alias()
            column = ClauseAdapter(other).traverse(field.column)
            return exists().where(other.c.id == link, clause(field.kind, column))
        if isinstance(field, Team):
            return self.of_record(place, lambda of: clause(field.kind, of[field.column]))
        if isinstance(field, (Truth, Searched)):
            return link.is_not(None)
        if isinstance(field, Custom):
            values = field_value.alias().c
            found = clause(field.kind, values[_COLUMNS[field.kind]])
            return exists().where(values.record_id == link, values.field_id == field.field_id, found)
        if isinstance(field, Tags):
            tags = record_tag.alias().c
            found = clause("tags", tags.tag_id)
            return exists().where(tags.record_kind == SUBJECT_CODES[place.record], tags.record_id == link, found)
        tasks = task.alias()
        mine = tasks.c.deal_id == link
        if place.record == "lead":
            mine = and_(tasks.c.lead_id == link, tasks.c.deal_id.is_(None))
        count = select(func.count()).select_from(tasks).where(mine, tasks.c.status == 0)
        number = count.correlate(self.fields.table).scalar_subquery()
        return and_(link.is_not(None), clause("number", number))

    def has(self, place: Place, leaf: Has | HasMany) -> Clause:
        if place.field.kind != "tags":
            return false()
        wanted = (leaf.value,) if isinstance(leaf, Has) else leaf.values
        folded = sorted({value.casefold() for value in wanted if isinstance(value, str)})
        every = leaf.op == "has_all"
        if every and any(not isinstance(value, str) for value in wanted):
            return false()
        each = [self.some(place, lambda _, column, text=text: self.is_tag(place, column, text)) for text in folded]  # type: ignore[misc]  # a default binds the text
        return and_(true(), *each) if every else or_(false(), *each)

    def is_tag(self, place: Place, column: ColumnElement[Any], text: str) -> Clause:
        if isinstance(place.field, Tags):
            known = self.fields.settings.tag_keys.get(text)
            return false() if known is None else column == known
        if isinstance(place.field, Team):
            ids = self.fields.led_by(text)
            return columns.known(column, column.in_(ids)) if ids else false()
        return column == text

    def compared(self, kind: FieldKind, column: ColumnElement[Any], leaf: RecordLeaf) -> Clause:
        match kind:
            case "text" | "choice":
                found = columns.text(column, leaf)
                # A text of many lines is kept in pieces, of which the first one begins it.
                position = getattr(column, "table", self.fields.table).c.get("position")
                is_part = isinstance(leaf, TextMatch) and leaf.op in ("contains", "not_contains")
                return found if position is None or is_part else and_(found, position == 0)
            case "bool":
                return columns.truth(column, leaf)
            case "date":
                return self.day(column, leaf)
            case "datetime":
                bounds = self.bounds(leaf)
                return false() if bounds is None else columns.within(column, bounds.since, bounds.until)
            case _:
                return columns.number(column, leaf, whole=not isinstance(column.type, Float))

    def day(self, column: ColumnElement[Any], leaf: RecordLeaf) -> Clause:
        if isinstance(leaf, (Equals, OneOf)):
            return columns.days(column, leaf)
        bounds = self.bounds(leaf)
        if bounds is None:
            return false()
        last = None if bounds.last is None else columns.midnight(bounds.last + _DAY)
        return columns.within(column, None if bounds.first is None else columns.midnight(bounds.first), last)

    def bounds(self, leaf: RecordLeaf) -> moments.Bounds | None:
        match leaf:
            case Compared():
                bounds_of = moments.before if leaf.op == "before" else moments.after
                return bounds_of(leaf.value, self.now, self.zone)
            case Within():
                span = leaf.value if leaf.op == "within_next" else -leaf.value
                return moments.within(span, self.now, self.zone)
            case Between(low=date() as low, high=date() as high):
                return moments.between(low, high, self.zone)
            case _:
                return None


_DAY = timedelta(days=1)
_COLUMNS: dict[FieldKind, str] = {
    "text": "text_key",
    "choice": "text_key",
    "tags": "text_key",
    "number": "number",
    "money": "number",
    "bool": "number",
    "date": "at",
    "datetime": "at",
    "reference": "reference",
}
