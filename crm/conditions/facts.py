"""Facts: what funnels may look at, read for many subjects by a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, or_, select

from crm.deals.facts import custom, deal_record
from crm.directory import Directory, directory
from crm.tables.journal import event
from crm.tables.records import company, contact, deal, lead, record_tag, task
from db.sets import in_set, span
from db.work import Work
from engine.event import KIND_BY_CODE, SUBJECT_CODES
from engine.facts import Facts, Record

_LEAD, _DEAL = SUBJECT_CODES["lead"], SUBJECT_CODES["deal"]


class Subject(NamedTuple):
    """Whom facts are about: a person, and the lead and deal of his that the run is concerned with."""

    person_id: int
    lead_id: int | None = None
    deal_id: int | None = None


def load(work: Work, subjects: Sequence[Subject], *, records: frozenset[str], paths: frozenset[str]) -> list[Facts]:
    """Return the facts of each subject, in order.

    Only the ``records`` asked for are read, and tags, open tasks and latest events only where ``paths`` name them: at most eight
    queries, whatever the number of subjects.
    """
    settings = directory(work)
    if "lead" in records:  # whoever opens a deal looks at it, and the plans' own titles of deals may name others
        records |= {path.partition(".")[0] for path in settings.title_paths}
    deals: dict[int, dict[str, object]] = {}
    deal_rows: dict[int, Mapping[str, Any]] = {}
    deal_ids = [one.deal_id for one in subjects if one.deal_id is not None]
    if deal_ids:
        deal_rows = {row.id: dict(row._mapping) for row in work.rows(_DEALS, {"ids": deal_ids})}
        deals = {deal_id: deal_record(settings, row) for deal_id, row in deal_rows.items()}
    if "lead" in records:
        subjects = [_with_lead(one, deals) for one in subjects]
    leads = (
        _leads(work, settings, [one.lead_id for one in subjects if one.lead_id is not None], paths)
        if "lead" in records
        else {}
    )
    if "lead.tags" in paths or "deal.tags" in paths:
        _add_tags(work, settings, leads, deals)
    if "lead.open_tasks" in paths or "deal.open_tasks" in paths:
        _add_open_tasks(work, leads, deals)
    persons = [one.person_id for one in subjects]
    contacts = _contacts(work, settings, persons) if "contact" in records else {}
    company_ids = [row["company_id"] for row in deal_rows.values()]
    companies = _companies(work, settings, company_ids) if "company" in records else {}
    happened = _latest_events(work, persons) if "event" in records else {}
    found = []
    for one in subjects:
        own: dict[str, Record] = {"person": {"id": one.person_id}}
        if one.lead_id is not None and one.lead_id in leads:
            own["lead"] = leads[one.lead_id]
        if one.deal_id is not None and one.deal_id in deals:
            own["deal"] = deals[one.deal_id]
            company_id = deal_rows[one.deal_id]["company_id"]
            if company_id in companies:
                own["company"] = companies[company_id]
        if one.person_id in contacts:
            own["contact"] = contacts[one.person_id]
        if one.person_id in happened:
            own["event"] = happened[one.person_id]
        found.append(Facts(own))
    return found


def _with_lead(one: Subject, deals: Mapping[int, Mapping[str, object]]) -> Subject:
    """Let the lead that a deal came from be looked at too."""
    if one.lead_id is not None or one.deal_id is None:
        return one
    lead_id = deals.get(one.deal_id, {}).get("lead_id")
    return Subject(one.person_id, lead_id, one.deal_id) if isinstance(lead_id, int) else one


_DEALS = select(deal).where(in_set(deal.c.id, "ids"))
_LEAD_KEYS = (
    "external_id",
    "title",
    "name",
    "phone",
    "email",
    "source",
    "status",
    "created_at",
    "archived_at",
    "channel_id",
    "fields",
)
"""What is read of leads where something looks at it; id and owner always are."""


@cache
def _lead_query(keys: tuple[str, ...], *, is_close: bool) -> Select[Any]:
    wanted = lead.c.id.between(bindparam("first"), bindparam("last")) if is_close else in_set(lead.c.id, "ids")
    return select(*(lead.c[key] for key in keys)).where(wanted)


def _lead_keys(settings: Directory, paths: frozenset[str]) -> tuple[str, ...]:
    """Return the columns behind the paths: those of blocks and conditions, and those of the plans' own titles of deals."""
    wanted = {path.removeprefix("lead.") for path in paths | settings.title_paths if path.startswith("lead.")}
    if "channel" in wanted:
        wanted.add("channel_id")
    if any(path.startswith("field.") for path in wanted):
        wanted.add("fields")
    return ("id", "owner_id", *(key for key in _LEAD_KEYS if key in wanted))


def _leads(
    work: Work, settings: Directory, lead_ids: Sequence[int], paths: frozenset[str]
) -> dict[int, dict[str, object]]:
    if not lead_ids:
        return {}
    found: dict[int, dict[str, object]] = {}
    keys = _lead_keys(settings, paths)
    close = span(lead_ids)
    query = _lead_query(keys, is_close=close is not None)
    between = close or (0, 0)
    users, has_moment, is_put_away, has_channel, has_fields = settings.users, *map(keys.__contains__, _READ_DIFFERENTLY)
    for row in work.tuples(query, {"ids": lead_ids, "first": between[0], "last": between[1]}):
        one: dict[str, Any] = dict(zip(keys, row, strict=True))
        owner = users.get(row[1]) if row[1] is not None else None
        one["owner"] = owner.login if owner is not None else None
        if has_moment:
            one["created_at"] = work.moment(one["created_at"])
        if is_put_away and one["archived_at"] is not None:
            one["archived_at"] = work.moment(one["archived_at"])
        if has_channel:
            one["channel"] = settings.channels.get(one.pop("channel_id"))
        if has_fields and one["fields"]:
            one.update(custom(settings, "lead", one.pop("fields")))
        found[row[0]] = one
    return found


_READ_DIFFERENTLY = ("created_at", "archived_at", "channel_id", "fields")


_TAGS = select(record_tag.c.record_kind, record_tag.c.record_id, record_tag.c.tag_id).where(
    or_(
        (record_tag.c.record_kind == _LEAD) & in_set(record_tag.c.record_id, "leads"),
        (record_tag.c.record_kind == _DEAL) & in_set(record_tag.c.record_id, "deals"),
    )
)


def _add_tags(
    work: Work, settings: Directory, leads: dict[int, dict[str, object]], deals: dict[int, dict[str, object]]
) -> None:
    names: dict[tuple[int, int], set[str]] = defaultdict(set)
    for kind, record_id, tag_id in work.rows(_TAGS, {"leads": list(leads), "deals": list(deals)}):
        names[kind, record_id].add(settings.tags[tag_id])
    for kind, found in ((_LEAD, leads), (_DEAL, deals)):
        for record_id, own in found.items():
            own["tags"] = frozenset(names.get((kind, record_id), ()))


_OPEN_BY_DEAL = (
    select(task.c.deal_id, func.count())
    .where(in_set(task.c.deal_id, "deals"), task.c.status == 0)
    .group_by(task.c.deal_id)
)
_OPEN_BY_LEAD = (
    select(task.c.lead_id, func.count())
    .where(in_set(task.c.lead_id, "leads"), task.c.deal_id.is_(None), task.c.status == 0)
    .group_by(task.c.lead_id)
)


def _add_open_tasks(work: Work, leads: dict[int, dict[str, object]], deals: dict[int, dict[str, object]]) -> None:
    for query, name, found in ((_OPEN_BY_DEAL, "deals", deals), (_OPEN_BY_LEAD, "leads", leads)):
        counts = dict(tuple(row) for row in work.rows(query, {name: list(found)})) if found else {}
        for record_id, own in found.items():
            own["open_tasks"] = counts.get(record_id, 0)


def _contacts(work: Work, settings: Directory, person_ids: Sequence[int]) -> dict[int, dict[str, object]]:
    """Return the oldest contact of each person."""
    query = (
        select(contact)
        .where(in_set(contact.c.person_id, "persons"), contact.c.archived_at.is_(None))
        .order_by(contact.c.id.desc())
    )
    return {
        row.person_id: {
            "id": row.id,
            "name": row.name,
            "phone": row.phone,
            "email": row.email,
            "type": row.type,
            "city": row.city,
            "owner": _login(settings, row.owner_id),
            "owner_id": row.owner_id,
            "created_at": row.created_at,
            "archived_at": row.archived_at,
            **custom(settings, "contact", row.fields),
        }
        for row in work.rows(query, {"persons": person_ids})
    }


def _login(settings: Directory, user_id: int | None) -> str | None:
    user = settings.users.get(user_id) if user_id is not None else None
    return user.login if user is not None else None


def _companies(work: Work, settings: Directory, company_ids: Sequence[int | None]) -> dict[int, dict[str, object]]:
    query = select(company).where(in_set(company.c.id, "ids"))
    wanted = sorted({one for one in company_ids if one is not None})
    return {
        row.id: {
            "id": row.id,
            "name": row.name,
            "owner": _login(settings, row.owner_id),
            "owner_id": row.owner_id,
            "created_at": row.created_at,
            "archived_at": row.archived_at,
            **custom(settings, "company", row.fields),
        }
        for row in (work.rows(query, {"ids": wanted}) if wanted else ())
    }


def _latest_events(work: Work, person_ids: Sequence[int]) -> dict[int, dict[str, object]]:
    """Return when each kind of event happened last to each person: what deadlines count from."""
    query = (
        select(event.c.person_id, event.c.kind, func.max(event.c.occurred_at))
        .where(in_set(event.c.person_id, "persons"))
        .group_by(event.c.person_id, event.c.kind)
    )
    found: dict[int, dict[str, object]] = defaultdict(dict)
    for person_id, kind, moment in work.rows(query, {"persons": person_ids}):
        found[person_id][KIND_BY_CODE[kind].name] = moment
    return found
