"""Tags on records: put on and take off, in sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, select

from crm.access.actor import Actor
from crm.directory import directory, settings_changed
from crm.journal import Cause, cause_of, journal
from crm.records.visible import no_record, not_yours, out_of_reach, unseen
from crm.tables.records import record_tag
from crm.tables.settings import tag
from db.sets import in_set, span
from db.types import dumps
from db.work import Work
from engine.event import SUBJECT_CODES, SubjectKind
from engine.request import DONE, Result

_KEY = ("record_kind", "record_id", "tag_id")


class TagChange(NamedTuple):
    """Tags (by name) that a record gets or loses; what is there, or not there, already is no error."""

    kind: SubjectKind
    record_id: int
    person_id: int
    add: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()
    cause: Cause | None = None


def change_tags(work: Work, items: Sequence[TagChange], *, by: Actor) -> list[Result]:
    """Change tags; one answer per item: ``done``, without ids, ``no_record`` or ``not_yours``.

    A name nobody used before becomes a tag.  A record may be named many times: what comes later wins.  A statement per kind of
    record, and two, whatever the number of records and tags; one more where the actor is held to what he sees, and one per kind
    where he may not change all of that.
    """
    for right in {_RIGHTS.get(item.kind, "leads.edit") for item in items}:
        by.require(right)
    if not items:
        return []
    records = [(item.kind, item.record_id) for item in items] if by.sees is not None else ()
    hidden, foreign = unseen(work, records, by), out_of_reach(work, records, by)
    if hidden or foreign:
        answers = [
            no_record(*one) if one in hidden else not_yours(one[1]) if one in foreign else _DONE for one in records
        ]
        items = [item for item, answer in zip(items, answers, strict=True) if answer is _DONE]
        if not items:
            return answers
    else:
        answers = [_DONE] * len(items)
    ids = ensure_tags(work, sorted({name for item in items for name in item.add}))
    known = directory(work).tag_keys
    there = _standing(work, items)
    notes, cause_by_actor = journal(work), cause_of(by)
    added: dict[tuple[int, int, int], None] = {}
    removed: dict[tuple[int, int, int], None] = {}
    texts: dict[tuple[str, frozenset[str]], str] = {}
    happened: list[tuple[int, int, str, Cause]] = []
    for kind, record_id, person_id, add, remove, cause in items:
        code = SUBJECT_CODES[kind]
        new = [name for name in add if (code, record_id, ids[name]) not in there]
        old: list[str] = []
        if remove:
            old = [
                name
                for name in remove
                if name.casefold() in known and (code, record_id, known[name.casefold()]) in there
            ]
            for name in old:
                row = (code, record_id, known[name.casefold()])
                if row in there:
                    _note(row, removed, added)
                    there.discard(row)
        for name in new:
            row = (code, record_id, ids[name])
            if row not in there:
                _note(row, added, removed)
                there.add(row)
        if new:
            names = add if len(new) == len(add) else frozenset(new)
            data = texts.get((kind, names)) or _remembered(texts, kind, names)
            happened.append((person_id, record_id, data, cause or cause_by_actor))
        if old:
            notes.add_rows("tag.added", happened)  # in the order in which it happened
            happened = []
            data = _remembered(texts, kind, frozenset(old))
            notes.add_text("tag.removed", person_id, record_id, data, cause or cause_by_actor)
    notes.add_rows("tag.added", happened)
    work.delete(record_tag, _KEY, list(removed))
    work.insert(record_tag, _KEY, list(added))
    return answers


_DONE = Result(DONE)


def _note(
    row: tuple[int, int, int], done: dict[tuple[int, int, int], None], undone: dict[tuple[int, int, int], None]
) -> None:
    """Note that a row comes or goes; what an earlier item did to it is taken back instead."""
    if row in undone:
        del undone[row]
    else:
        done[row] = None


def _remembered(texts: dict[tuple[str, frozenset[str]], str], kind: str, names: frozenset[str]) -> str:
    """Return the data of an event about these tags, written once for all that are equal."""
    data = texts[kind, names] = dumps({"target": kind, "tags": sorted(names)})
    return data


_RIGHTS = {"deal": "deals.edit", "task": "tasks.edit"}


def ensure_tags(work: Work, names: Sequence[str]) -> dict[str, int]:
    """Return the ids of tags by name, making those that do not exist.  Upper and lower case are one tag."""
    known = directory(work).tag_keys
    new = {name.casefold(): name for name in names if name.casefold() not in known}
    if new:
        settings_changed(work)  # whoever else makes tags waits here, so that none is made twice
        new = {key: name for key, name in new.items() if key not in directory(work).tag_keys}
        work.insert(
            tag,
            ("id", "name", "name_key"),
            [(id_, name, key) for id_, (key, name) in zip(work.ids("tag", len(new)), new.items(), strict=True)],
        )
        settings_changed(work)
        known = directory(work).tag_keys
    return {name: known[name.casefold()] for name in names}


def _standing(work: Work, items: Sequence[TagChange]) -> set[tuple[int, int, int]]:
    """Return the tags that the records have now.  One query per kind of record."""
    found: set[tuple[int, int, int]] = set()
    for kind in sorted({item.kind for item in items}):
        code = SUBJECT_CODES[kind]
        records = [item.record_id for item in items if item.kind == kind]
        close = span(records, thinned=6)
        first, last = close or (0, 0)
        parameters = {"code": code, "records": records, "first": first, "last": last}
        rows = work.tuples(_TAGS if close is None else _TAGS_BETWEEN, parameters)
        found.update((code, record_id, tag_id) for record_id, tag_id in rows)
    return found


_TAGS_OF_KIND = select(record_tag.c.record_id, record_tag.c.tag_id).where(record_tag.c.record_kind == bindparam("code"))
_TAGS = _TAGS_OF_KIND.where(in_set(record_tag.c.record_id, "records"))
_TAGS_BETWEEN = _TAGS_OF_KIND.where(record_tag.c.record_id.between(bindparam("first"), bindparam("last")))
