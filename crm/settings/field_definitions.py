"""Custom fields: what people want to know of leads, deals, contacts and companies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from sqlalchemy import func, select

from crm.access.actor import Actor
from crm.directory import Directory, FieldDefinition, directory
from crm.errors import InvalidError, NotFoundError
from crm.settings.change import KEPT, Kept, Refers, clean_name, note, note_many, require_unused
from crm.settings.keys import new_key
from crm.tables.records import company, contact, deal, field_value, lead
from crm.tables.settings import field
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.text import LazyText, _l, _ln

FieldType = Literal[
    "text",
    "long_text",
    "number",
    "money",
    "date",
    "datetime",
    "bool",
    "choice",
    "choices",
    "address",
    "link",
    "file",
    "user",
    "contact",
    "company",
    "deal",
    "resource",
]
RecordKind = Literal["lead", "deal", "contact", "company"]

MOST_FIELDS: Final = 200
MOST_OPTIONS: Final = 200
_TABLES: Final = {"lead": lead, "deal": deal, "contact": contact, "company": company}


@dataclass(frozen=True, slots=True)
class NewField:
    """A field to define.  ``options`` are the words of a choice; ``key`` ``None`` is made from the name."""

    record_kind: RecordKind
    name: str
    type: FieldType = "text"
    options: Sequence[str] = ()
    key: str | None = None


def add_fields(work: Work, new: Sequence[NewField], *, by: Actor) -> tuple[FieldDefinition, ...]:
    """Define fields; all or none.

    Raises:
        InvalidError: a name, type, list of words or key cannot be, or there would be too many fields.
    """
    by.require("settings.edit")
    settings = directory(work)
    taken = {kind: {key for of, key in settings.fields if of == kind} for kind in _TABLES}
    rows = []
    for id_, one in zip(work.ids("field", len(new)), new, strict=True):
        if one.record_kind not in _TABLES or one.type not in get_args(FieldType):
            raise InvalidError(_l("there are no fields of type {type} on {kind}", type=one.type, kind=one.record_kind))
        name = clean_name(one.name, _l("the field's name"))
        keys = taken[one.record_kind]
        if len(keys) >= MOST_FIELDS:
            raise InvalidError(_l("there may be {limit} fields at most", limit=MOST_FIELDS))
        key = new_key(name, keys, wanted=one.key, otherwise="field")
        rows.append((id_, one.record_kind, key, name, one.type, dumps(_options(one.type, one.options)), len(keys)))
        keys.add(key)
    work.insert(field, ("id", "record_kind", "key", "name", "type", "options", "position"), rows)
    note_many(work, "field", [(f"{kind}.{key}", id_) for id_, kind, key, *_ in rows], "created", by)
    known = directory(work).fields
    return tuple(known[kind, key] for _, kind, key, *_ in rows)


def ensure_fields(work: Work, new: Sequence[NewField], *, by: Actor) -> tuple[FieldDefinition, ...]:
    """Return the fields with these keys, defining those that do not exist; for imports.  Every item has its ``key``.

    Raises:
        InvalidError: a new one cannot be.
    """
    known = directory(work).fields
    missing = {(one.record_kind, one.key): one for one in new if (one.record_kind, one.key) not in known}
    if missing:
        add_fields(work, list(missing.values()), by=by)
        known = directory(work).fields
    return tuple(known[one.record_kind, one.key or ""] for one in new)


def change_field(
    work: Work,
    record_kind: RecordKind,
    key: str,
    *,
    by: Actor,
    name: str | Kept = KEPT,
    options: Sequence[str] | Kept = KEPT,
) -> None:
    """Rename a field or change its list of words; records keep words that went.  Key and type are permanent.

    Raises:
        NotFoundError: there is no such field.
        InvalidError: a value cannot be.
    """
    by.require("settings.edit")
    definition = _definition(directory(work), record_kind, key)
    values: dict[str, Any] = {}
    if not isinstance(name, Kept):
        values["name"] = clean_name(name, _l("the field's name"))
    if not isinstance(options, Kept):
        values["options"] = _options(definition.type, options)
    if values:
        work.execute(field.update().where(field.c.id == definition.id).values(**values))
        note(work, "field", f"{record_kind}.{key}", "changed", definition.id, by)


def remove_field(
    work: Work,
    record_kind: RecordKind,
    key: str,
    *,
    by: Actor,
    refers: Refers | None = None,
    confirmed: bool = False,
) -> None:
    """Remove a field with all its values.

    Raises:
        NotFoundError: there is no such field.
        InUseError: stages require it, or, unless ``confirmed``, funnels refer to it or records have it filled.
    """
    by.require("settings.edit")
    settings = directory(work)
    definition = _definition(settings, record_kind, key)
    path = f"{record_kind}.field.{key}"
    require_unused("field", path, _requiring(settings, key) if record_kind == "deal" else (), None)
    owners = select(field_value.c.record_id).where(field_value.c.field_id == definition.id).distinct()
    if not confirmed:
        filled = work.scalar(select(func.count()).select_from(owners.subquery()))
        places: list[LazyText] = [_ln("{count} record", "{count} records", filled)] if filled else []
        require_unused("field", path, places, refers)
    table = _TABLES[record_kind]
    record_ids = [row.record_id for row in work.rows(owners)]
    rows = work.rows(select(table.c.id, table.c.fields).where(in_set(table.c.id, "ids")), {"ids": record_ids})
    rest = [(row.id, {name: value for name, value in (row.fields or {}).items() if name != key}) for row in rows]
    work.update(table, ("id",), ("fields",), [(id_, dumps(fields) if fields else None) for id_, fields in rest])
    work.execute(field_value.delete().where(field_value.c.field_id == definition.id))
    work.execute(field.delete().where(field.c.id == definition.id))
    note(work, "field", f"{record_kind}.{key}", "removed", definition.id, by)


def _definition(settings: Directory, record_kind: str, key: str) -> FieldDefinition:
    found = settings.fields.get((record_kind, key))
    if found is None:
        raise NotFoundError(f"field of a {record_kind}", key)
    return found


def _requiring(settings: Directory, key: str) -> list[str]:
    return [
        _l("stage “{stage}” of plan “{plan}” requires it", stage=one.name, plan=plan.name)
        for plan in settings.plans.values()
        for one in plan.stages
        if f"field.{key}" in one.required_fields
    ]


def _options(type_: str, options: Sequence[str]) -> list[str]:
    names = list(dict.fromkeys(clean_name(option, _l("a word of the list")) for option in options))
    if type_ not in ("choice", "choices"):
        if names:
            raise InvalidError(_l("only choices have a list of words"))
        return []
    if not names or len(names) > MOST_OPTIONS:
        raise InvalidError(_l("a choice has a list of 1 to {limit} words", limit=MOST_OPTIONS))
    if len({name.casefold() for name in names}) < len(names):
        raise InvalidError(_l("two words of the list differ in capital letters only"))
    return names
