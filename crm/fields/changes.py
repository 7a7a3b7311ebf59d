"""Give fields of leads, deals, contacts and companies new values, built-in and custom, in sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Table, select

from crm.access.actor import Actor
from crm.deals.totals import totals
from crm.directory import Directory, directory
from crm.fields.columns import COLUMNS, WRITTEN, FieldKind
from crm.fields.held import Held, refusals
from crm.fields.values import Typed, from_shown, store_values, typed
from crm.journal import Cause, cause_of, journal
from crm.nouns import noun
from crm.people.identity import Identity
from crm.people.persons import add_identities, owners_of, survivors
from crm.records.visible import REACHING, no_record, not_yours, only_seen
from crm.tables.records import company, contact, deal, lead
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.request import DONE, Result
from engine.text import _l

TABLES: Final[Mapping[FieldKind, Table]] = {"lead": lead, "deal": deal, "contact": contact, "company": company}
_RIGHTS: Final = {"lead": "leads.edit", "deal": "deals.edit", "contact": "leads.edit", "company": "leads.edit"}
_IDENTITIES: Final[tuple[Literal["phone", "email"], ...]] = ("phone", "email")
_PERSONAL_TYPES: Final = frozenset({"text", "long_text", "address", "link", "file"})


@dataclass(frozen=True, slots=True)
class FieldChange:
    """New values of one record, by key (``source``, ``amount``, ``field.budget``); ``None`` empties a field.

    ``version`` refuses a change made on an old view of the record.
    """

    kind: FieldKind
    record_id: int
    values: Mapping[str, object]
    version: int | None = None
    cause: Cause | None = None


@dataclass(slots=True)
class _Open:
    """A record while it is being changed: its row, and what its custom fields get."""

    kind: FieldKind
    row: dict[str, Any]
    fields: dict[str, object]
    stored: dict[int, Typed]
    is_changed: bool = False


def set_fields(work: Work, items: Sequence[FieldChange], *, by: Actor) -> list[Result]:
    """Change fields; one answer per item, in order.  A record may be named many times: later values win.

    ``done``, ``unchanged``, ``no_record``, ``not_yours``, ``no_field``, ``invalid`` (a value does not fit: ``detail`` says which
    and why), ``taken`` (a phone or e-mail, or a company's name, belongs to another; a resource is booked already), ``stale``.  An
    item is written whole or not at all.  The number of statements does not grow with the number of items.
    """
    for kind in {item.kind for item in items}:
        by.require(_RIGHTS[kind])
    settings = directory(work)
    found = {kind: _rows(work, kind, items, by) for kind in TABLES}
    checked: list[Result | _Checked] = [
        _foreign(found[item.kind].get(item.record_id), item, by)
        or _check(settings, found[item.kind].get(item.record_id), item)
        for item in items
    ]
    held = refusals(work, settings, _held_against_others(items, checked), by)
    checked = [
        Result(held[number][0], (item.record_id,), detail=held[number][1]) if number in held else one
        for number, (item, one) in enumerate(zip(items, checked, strict=True))
    ]
    taken = _claim(work, items, found, checked)
    answers: list[Result] = []
    for number, (item, result) in enumerate(zip(items, checked, strict=True)):
        if isinstance(result, Result):
            answers.append(result)
        elif number in taken:
            answers.append(Result("taken", (item.record_id,), detail=taken[number]))
        else:
            answers.append(
                _apply(work, settings, found[item.kind][item.record_id], item, result, item.cause or cause_of(by))
            )
    for kind, records in found.items():
        _write(work, kind, [one for one in records.values() if one.is_changed])
    return answers


def fitting_values(settings: Directory, kind: FieldKind, values: Mapping[str, object]) -> Mapping[str, object] | str:
    """Return new values as the fields of a kind of record will hold them, or why one does not fit.  Reads nothing."""
    checked = _check(settings, _Open(kind, {}, {}, {}), FieldChange(kind, 0, values))
    if isinstance(checked, Result):
        return checked.detail
    built_in, custom = checked
    held = {key: values[key] if key == "channel" else next(iter(new.values())) for key, new in built_in.items()}
    for key, (_, value) in custom.items():
        held[f"field.{key}"] = from_shown(settings.fields[kind, key], value.shown)
    return held


_Checked = tuple[dict[str, Mapping[str, Any]], dict[str, tuple[int, Typed]]]


def _rows(work: Work, kind: FieldKind, items: Sequence[FieldChange], by: Actor) -> dict[int, _Open]:
    """Lock and return those of the records that the actor sees, by id."""
    wanted = sorted({item.record_id for item in items if item.kind == kind})
    if not wanted:
        return {}
    table = TABLES[kind]
    query = only_seen(select(table).where(in_set(table.c.id, "records")), kind, by)
    rows = work.rows(query.order_by(table.c.id).with_for_update(), {"records": wanted})
    return {row.id: _Open(kind, dict(row._mapping), dict(row.fields or {}), {}) for row in rows}


def _foreign(record: _Open | None, item: FieldChange, by: Actor) -> Result | None:
    """Return the refusal where a deal or a lead belongs to somebody whose records the actor may not change."""
    if record is None or item.kind not in ("deal", "lead"):
        return None
    return None if by.may_change(REACHING[item.kind], record.row["owner_id"]) else not_yours(item.record_id)


def _check(settings: Directory, record: _Open | None, item: FieldChange) -> Result | _Checked:
    """Return the built-in and the custom values of an item, or why it is refused."""
    if record is None:
        return no_record(item.kind, item.record_id)
    ids = (item.record_id,)
    if item.version is not None and item.version != record.row["version"]:
        return Result("stale", ids, detail=_l("it was changed meanwhile; look at it again"))
    built_in: dict[str, Mapping[str, Any]] = {}
    custom: dict[str, tuple[int, Typed]] = {}
    for key, value in item.values.items():
        column = COLUMNS[item.kind].get(key)
        definition = settings.fields.get((item.kind, key.removeprefix("field.")))
        if column is not None:
            new = column.check(value, settings)
            if isinstance(new, str):
                return Result("invalid", ids, detail=_l("{field}: {reason}", field=key, reason=new))
            built_in[key] = new
        elif definition is not None and key.startswith("field."):
            fitting = typed(definition, value, settings, apart=True)
            if isinstance(fitting, str):
                return Result("invalid", ids, detail=_l("{field}: {reason}", field=definition.name, reason=fitting))
            custom[definition.key] = (definition.id, fitting)
        else:
            return Result("no_field", ids, detail=_l("{kind} has no field {field}", kind=noun(item.kind), field=key))
    return built_in, custom


def _held_against_others(items: Sequence[FieldChange], checked: Sequence[Result | _Checked]) -> list[Held]:
    """Return the values of the items that other records have a say in."""
    return [
        Held(number, item.kind, item.record_id, key, value)
        for number, (item, one) in enumerate(zip(items, checked, strict=True))
        if not isinstance(one, Result)
        for key, (_, value) in one[1].items()
    ]


def _claim(
    work: Work,
    items: Sequence[FieldChange],
    found: Mapping[FieldKind, Mapping[int, _Open]],
    checked: Sequence[Result | _Checked],
) -> dict[int, str]:
    """Give persons their new phones and e-mails and companies their new names; return the items that cannot have them."""
    claims: dict[int, list[tuple[int, Identity]]] = {}
    renamed: dict[int, str] = {}
    for number, (item, result) in enumerate(zip(items, checked, strict=True)):
        if isinstance(result, Result):
            continue
        row = found[item.kind][item.record_id].row
        for new in result[0].values():
            for kind in _IDENTITIES:
                if new.get(kind) and new[kind] != row[kind]:
                    claims.setdefault(number, []).append((row["person_id"], (kind, new[kind])))
            if item.kind == "company" and "name_fold" in new and new["name_fold"] != row["name_fold"]:
                renamed[number] = new["name_fold"]
    taken = _claim_identities(work, claims) if claims else {}
    if renamed:
        query = select(company.c.name_fold).where(in_set(company.c.name_fold, "names"))
        seen = {row.name_fold for row in work.rows(query, {"names": sorted(set(renamed.values()))})}
        for number, fold in renamed.items():
            if fold in seen:
                taken[number] = _l("another company has this name")
            seen.add(fold)
    return taken


def _claim_identities(work: Work, claims: Mapping[int, Sequence[tuple[int, Identity]]]) -> dict[int, str]:
    """Give persons their new phones and e-mails, all of an item or none; return the items that cannot have theirs.

    A fixed number of statements.
    """
    ends = survivors(work, {person_id for several in claims.values() for person_id, _ in several})
    owners = owners_of(work, {identity for several in claims.values() for _, identity in several})
    taken: dict[int, str] = {}
    free: list[tuple[int, tuple[int, Identity]]] = []
    for number, several in claims.items():
        wanted = {identity: ends[person_id] for person_id, identity in several}
        if any(owners.get(identity, person_id) != person_id for identity, person_id in wanted.items()):
            taken[number] = _l("it belongs to another person")
            continue
        owners |= wanted
        free += ((number, claim) for claim in several)
    for (number, _), answer in zip(free, add_identities(work, [claim for _, claim in free]), strict=True):
        if answer.code == "taken":  # by somebody who was faster
            taken[number] = answer.detail
    return taken


def _apply(work: Work, settings: Directory, record: _Open, item: FieldChange, new: _Checked, cause: Cause) -> Result:
    """Change the record in memory, and write its events and sums."""
    row = record.row
    built_in, custom = new
    keys: list[str] = []
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    old_sum = (row["amount"], row["currency"]) if item.kind == "deal" else None
    for key, values in built_in.items():
        if all(row[name] == value for name, value in values.items()):
            continue
        keys.append(key)
        name, value = next(iter(values.items()))
        if not COLUMNS[item.kind][key].is_personal:
            before[key], after[key] = _key(settings, name, row[name]), _key(settings, name, value)
        row.update(values)
    for key, (field_id, value) in custom.items():
        old = record.fields.get(key)
        if old == value.shown:
            continue
        path = f"field.{key}"
        keys.append(path)
        if settings.fields[item.kind, key].type not in _PERSONAL_TYPES:
            before[path], after[path] = old, value.shown
        record.stored[field_id] = value
        if value.shown is None:
            record.fields.pop(key, None)
        else:
            record.fields[key] = value.shown
    if not keys:
        return Result("unchanged", (item.record_id,))
    record.is_changed = True
    row["version"] += 1
    plan = ""
    if item.kind == "deal":
        plan = settings.plans[row["plan_id"]].key
        if old_sum is not None and old_sum != (row["amount"], row["currency"]):
            sums, place = totals(work), (row["plan_id"], row["stage_id"], row["owner_id"])
            sums.add(*place, old_sum[1], old_sum[0], deals=-1)
            sums.add(*place, row["currency"], row["amount"], deals=1)
    notes, person_id = journal(work), row.get("person_id", 0)
    data: dict[str, object] = {"fields": keys, "before": before, "after": after}
    if plan:
        data["plan"] = plan
    notes.add(f"{item.kind}.changed", person_id, item.record_id, data, cause, plan=plan)
    if "status" in before:
        moved = {"from": before["status"], "status": after["status"]}
        notes.add("lead.status_changed", person_id, item.record_id, moved, cause)
    return Result(DONE, (item.record_id,))


def _key(settings: Directory, name: str, value: Any) -> object:
    """Return a value as events show it: a channel by its key, an owner by his login."""
    if value is not None and name == "channel_id":
        return settings.channels.get(value)
    if value is not None and name == "owner_id":
        return settings.users[value].login if value in settings.users else None
    return value


def _write(work: Work, kind: FieldKind, records: Sequence[_Open]) -> None:
    columns = WRITTEN[kind]
    for one in records:
        one.row["fields"] = dumps(one.fields) if one.fields else None
    work.update(
        TABLES[kind], ("id",), columns, [(one.row["id"], *(one.row[name] for name in columns)) for one in records]
    )
    stored = [(one.row["id"], one.stored) for one in records if one.stored]
    if stored:
        store_values(work, stored)
