"""What leads and deals of an import have in common: custom fields, companies, tags, comments, and changes of known ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from crm.access.actor import Actor
from crm.deals.owners import NewOwner, assign_owners
from crm.directory import Directory, User, directory
from crm.fields.changes import FieldChange, set_fields
from crm.fields.values import Typed, typed
from crm.importing.answers import UNCHANGED, UPDATED, Answer, rejected
from crm.importing.rows import CompanyCells, PersonCells
from crm.importing.staff import Staff
from crm.journal import cause_of, journal
from crm.people.companies import NewCompany, find_or_create_companies
from crm.records.comments import NewComment, add_comments, comments_of
from crm.records.tags import TagChange, change_tags
from crm.tables.records import record_tag
from db.sets import in_set
from db.work import Work
from engine.event import SUBJECT_CODES
from engine.request import DONE
from engine.text import LazyText, _l

RecordKind = Literal["lead", "deal"]


def plain(text: str | None) -> str | None:
    """Return a text with single spaces; ``None`` for an empty one."""
    return " ".join(text.split()) or None if text else None


def name_of(person: PersonCells) -> str | None:
    """Return a person's whole name."""
    return plain(" ".join(part for part in (person.first_name, person.middle_name, person.last_name) if part))


def company_name(company: CompanyCells | None) -> str | None:
    """Return what a company is called; its id where it has no name."""
    return plain(company.name or company.external_id) if company is not None else None


def owner_of(staff: Staff, name: str | None) -> User | LazyText | None:
    """Return the owner a row names, ``None`` where it names none, or why nobody is meant."""
    return staff.find(name) if name else None


def typed_fields(settings: Directory, kind: RecordKind, fields: Mapping[str, str]) -> dict[str, Typed] | LazyText:
    """Return the custom values of a row by key, or why one of them does not fit."""
    found = {}
    for key, text in fields.items():
        definition = settings.fields.get((kind, key))
        if definition is None:
            return _l("there is no field “{field}”", field=key)
        value = typed(definition, text, settings)
        if not isinstance(value, Typed):
            return _l("{field}: {reason}", field=definition.name, reason=value)
        found[key] = value
    return found


def companies_of(work: Work, companies: Sequence[CompanyCells | None], *, by: Actor) -> list[int | None]:
    """Return the ids of companies, making those that are new.  Two statements."""
    names = [company_name(company) for company in companies]
    wanted = dict.fromkeys(name for name in names if name)
    if not wanted:
        return [None] * len(names)
    told = {name: company for name, company in zip(names, companies, strict=True) if name and company}
    items = [NewCompany(name, told[name].external_id) for name in wanted]
    answers = find_or_create_companies(work, items, by=by)
    ids = {name: answer.ids[0] for name, answer in zip(wanted, answers, strict=True) if answer.ids}
    return [ids.get(name) if name else None for name in names]


@dataclass(frozen=True, slots=True)
class Attached:
    """Tags and a comment of a new record."""

    record_id: int
    person_id: int
    tags: tuple[str, ...]
    comment: str | None
    at: datetime | None


def attach(work: Work, kind: RecordKind, items: Sequence[Attached], *, by: Actor) -> None:
    """Put tags and comments on new records."""
    tagged = [TagChange(kind, item.record_id, item.person_id, add=frozenset(item.tags)) for item in items if item.tags]
    change_tags(work, tagged, by=by)
    comments = [
        NewComment(kind, item.record_id, item.person_id, item.comment[:20_000], item.at)
        for item in items
        if item.comment
    ]
    if comments:
        add_comments(work, comments, by=by)


def start_by_hand(work: Work, kind: RecordKind, records: Sequence[tuple[int, int]], label: str, *, by: Actor) -> None:
    """Press the button of this label for records (id and person)."""
    notes, cause = journal(work), cause_of(by)
    for record_id, person_id in records:
        notes.add("manual.start", person_id, record_id, {"label": label, "target": kind, "id": record_id}, cause)


@dataclass(frozen=True, slots=True)
class Known:
    """A record that was there, and what its row says now; ``None`` and empty ones change nothing.

    ``values`` are fields by key as `crm.fields.changes.set_fields` takes them.
    """

    record_id: int
    person_id: int
    owner_id: int | None
    values: Mapping[str, object]
    owner: User | None
    tags: tuple[str, ...]
    comment: str | None


def update_known(work: Work, kind: RecordKind, items: Sequence[Known], *, by: Actor) -> list[Answer]:
    """Give records that were there what is new in their rows; one answer per item.  Later items win.

    A fixed number of statements.
    """
    if not items:
        return []
    answers = [UNCHANGED] * len(items)
    results = set_fields(work, [FieldChange(kind, item.record_id, item.values) for item in items], by=by)
    for number, (item, result) in enumerate(zip(items, results, strict=True)):
        if result.code == DONE:
            answers[number] = UPDATED
        elif result.code != "unchanged":
            answers[number] = rejected(result.detail)
        elif item.owner is not None and item.owner.id != item.owner_id and not item.owner.is_active:
            answers[number] = rejected(_l("the user “{name}” was deactivated", name=item.owner.login))
    good = [number for number, answer in enumerate(answers) if answer.code != "rejected"]
    for number in (*_owners(work, kind, items, good, by), *_tags(work, kind, items, good, by)):
        answers[number] = UPDATED
    for number in _comments(work, kind, items, good, by):
        answers[number] = UPDATED
    return answers


def _owners(work: Work, kind: RecordKind, items: Sequence[Known], good: Sequence[int], by: Actor) -> list[int]:
    wanted: dict[int, tuple[int, User]] = {}
    for number in good:
        item = items[number]
        if item.owner is not None and item.owner.id != item.owner_id and item.owner.is_active:
            wanted[item.record_id] = (number, item.owner)
    new = [NewOwner(kind, record_id, user.login) for record_id, (_, user) in wanted.items()]
    results = assign_owners(work, new, by=by) if new else []
    return [number for (number, _), result in zip(wanted.values(), results, strict=True) if result.code == DONE]


def _tags(work: Work, kind: RecordKind, items: Sequence[Known], good: Sequence[int], by: Actor) -> list[int]:
    tagged = [number for number in good if items[number].tags]
    if not tagged:
        return []
    query = select(record_tag.c.record_id, record_tag.c.tag_id).where(
        record_tag.c.record_kind == SUBJECT_CODES[kind], in_set(record_tag.c.record_id, "records")
    )
    names = directory(work).tags
    there = {
        (row.record_id, names[row.tag_id].casefold())
        for row in work.rows(query, {"records": [items[number].record_id for number in tagged]})
    }
    changes: dict[int, TagChange] = {}
    for number in tagged:
        item = items[number]
        new = frozenset(tag for tag in item.tags if (item.record_id, tag.casefold()) not in there)
        if new:
            changes[number] = TagChange(kind, item.record_id, item.person_id, add=new)
    change_tags(work, list(changes.values()), by=by)
    return list(changes)


def _comments(work: Work, kind: RecordKind, items: Sequence[Known], good: Sequence[int], by: Actor) -> list[int]:
    commented = [number for number in good if items[number].comment]
    if not commented:
        return []
    there = {
        record_id: {comment.body for comment in comments}
        for record_id, comments in comments_of(work, kind, [items[number].record_id for number in commented]).items()
    }
    new: dict[int, NewComment] = {}
    for number in commented:
        item = items[number]
        body = (item.comment or "").replace("\x00", "").strip()[:20_000]
        if body and body not in there[item.record_id]:
            there[item.record_id].add(body)
            new[number] = NewComment(kind, item.record_id, item.person_id, body)
    if new:
        add_comments(work, list(new.values()), by=by)
    return list(new)
