"""Leads: recorded in bulk from every way in, each with its person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from crm.access.actor import Actor
from crm.directory import directory
from crm.fields.columns import LEAD_STATUSES
from crm.journal import Cause, cause_of, journal
from crm.people.identity import Identity
from crm.people.persons import persons_of
from crm.tables.records import lead
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.request import DONE, Result

_COLUMNS = (
    "id",
    "person_id",
    "external_id",
    "title",
    "title_fold",
    "name",
    "name_fold",
    "phone",
    "email",
    "company_name",
    "source",
    "source_fold",
    "channel_id",
    "status",
    "owner_id",
    "company_id",
    "fields",
    "created_at",
    "version",
)


@dataclass(frozen=True, slots=True)
class NewLead:
    """A lead to record.  Everything may be missing: an external id alone is a lead too.

    ``phone`` and ``email`` are normalised, ``identities`` are further ones that lead to the person; ``channel`` is a key;
    ``fields`` are custom values by key, checked by their command.
    """

    title: str = ""
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    company_name: str | None = None
    source: str | None = None
    channel: str | None = None
    external_id: str | None = None
    owner_id: int | None = None
    company_id: int | None = None
    identities: Sequence[Identity] = ()
    created_at: datetime | None = None
    fields: Mapping[str, object] = field(default_factory=dict)
    cause: Cause | None = None


def record_leads(work: Work, items: Sequence[NewLead], *, by: Actor) -> list[Result]:
    """Record leads; one answer per item: ``done`` (ids: lead, person) or ``exists`` (the external id is known; the same ids).

    A fixed number of statements, whatever the number.
    """
    by.require("leads.create")
    known = _known(work, [item.external_id for item in items if item.external_id is not None])
    answers: list[Result | None] = [None] * len(items)
    new: list[int] = []
    first: dict[str, int] = {}
    for number, item in enumerate(items):
        if item.external_id is None:
            new.append(number)
        elif item.external_id in known:
            answers[number] = Result("exists", known[item.external_id])
        elif item.external_id not in first:
            first[item.external_id] = number
            new.append(number)
    if new:
        _insert(work, items, new, answers, by)
    for number, item in enumerate(items):
        if answers[number] is None and item.external_id is not None:
            twin = answers[first[item.external_id]]
            answers[number] = Result("exists", twin.ids if twin is not None else ())
    return [answer if answer is not None else Result(DONE) for answer in answers]


def _known(work: Work, external_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    if not external_ids:
        return {}
    rows = work.tuples(_BY_EXTERNAL_ID, {"ids": external_ids})
    return {external_id: (lead_id, person_id) for external_id, lead_id, person_id in rows}


_BY_EXTERNAL_ID = select(lead.c.external_id, lead.c.id, lead.c.person_id).where(in_set(lead.c.external_id, "ids"))


def _insert(work: Work, items: Sequence[NewLead], new: Sequence[int], answers: list[Result | None], by: Actor) -> None:
    identities = [_identities(items[number]) for number in new]
    persons = persons_of(work, identities)
    settings, now, add, cause_by_actor = directory(work), work.now, journal(work).add_text, cause_of(by)
    rows = []
    data_of: dict[tuple[str | None, str | None], str] = {}
    for number, person_id, lead_id in zip(new, persons, work.ids("lead", len(new)), strict=True):
        item = items[number]
        title = item.title or item.name or item.external_id or ""
        rows.append(
            (
                lead_id,
                person_id,
                item.external_id,
                title,
                title.casefold(),
                item.name,
                item.name.casefold() if item.name is not None else None,
                item.phone,
                item.email,
                item.company_name,
                item.source,
                item.source.casefold() if item.source is not None else None,
                settings.channel_keys.get(item.channel) if item.channel is not None else None,
                LEAD_STATUSES[0],
                item.owner_id,
                item.company_id,
                dumps(item.fields) if item.fields else None,
                item.created_at or now,
                1,
            )
        )
        data = data_of.get((item.source, item.channel))
        if data is None:
            data = data_of[item.source, item.channel] = dumps({"source": item.source, "channel": item.channel})
        add("lead.created", person_id, lead_id, data, item.cause or cause_by_actor, occurred_at=item.created_at)
        answers[number] = Result(DONE, (lead_id, person_id))
    work.insert(lead, _COLUMNS, rows)


def _identities(item: NewLead) -> tuple[Identity, ...]:
    found: list[Identity] = []
    if item.phone:
        found.append(("phone", item.phone))
    if item.email:
        found.append(("email", item.email))
    return tuple(dict.fromkeys((*found, *item.identities))) if item.identities else tuple(found)
