"""A lead's own page, and leads that somebody enters by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, select

from crm.access.actor import Actor, Viewer
from crm.directory import User, directory
from crm.errors import NotFoundError
from crm.fields.columns import home_region
from crm.fields.links import with_titles
from crm.fields.shown import FieldShown, fields_shown
from crm.fields.values import Typed, store_values, typed
from crm.journal import journal
from crm.leads.listing import DealOfLead, deals_of_persons
from crm.leads.recording import NewLead, record_leads
from crm.leads.visible import may_see_lead
from crm.people.companies import NewCompany, find_or_create_companies
from crm.people.identity import normalise_email, normalise_phone
from crm.records.comments import NewComment, add_comments
from crm.tables.records import contact, lead, record_tag
from crm.tables.settings import channel
from crm.tasks.listing import TaskShown, open_tasks_of
from db.work import Work
from engine.event import SUBJECT_CODES
from engine.request import DONE, Result
from engine.text import _l


@dataclass(frozen=True, slots=True)
class LeadCard:
    """Everything that a lead's page shows of the lead itself; ``deals`` are its person's, as far as the viewer may see them."""

    id: int
    version: int
    person_id: int
    title: str
    name: str | None
    phone: str | None
    email: str | None
    company: str | None
    source: str | None
    channel: str | None
    channel_key: str | None
    status: str
    owner: User | None
    created_at: datetime
    tags: tuple[str, ...]
    fields: tuple[FieldShown, ...]
    tasks: tuple[TaskShown, ...]
    deals: tuple[DealOfLead, ...]
    at: datetime
    archived_at: datetime | None = None
    merged_into_id: int | None = None
    contact_id: int | None = None
    company_id: int | None = None


def lead_card(work: Work, lead_id: int, *, viewer: Viewer) -> LeadCard:
    """Return a lead with all that hangs on it.  Four queries.

    Raises:
        NotFoundError: there is no such lead, or the viewer may not see it.
    """
    settings = directory(work)
    rows = work.rows(_LEAD.where(may_see_lead(viewer)), {"lead": lead_id})
    if not rows:
        raise NotFoundError("lead", lead_id)
    row = rows[0]
    tags = [settings.tags[one.tag_id] for one in work.rows(_TAGS, {"lead": lead_id}) if one.tag_id in settings.tags]
    return LeadCard(
        row.id,
        row.version,
        row.person_id,
        row.title,
        row.name,
        row.phone,
        row.email,
        row.company_name,
        row.source,
        row.channel_name,
        settings.channels.get(row.channel_id) if row.channel_id is not None else None,
        row.status,
        settings.users.get(row.owner_id) if row.owner_id is not None else None,
        row.created_at,
        tuple(sorted(tags, key=str.casefold)),
        with_titles(work, fields_shown(settings, "lead", row.fields), viewer=viewer),
        open_tasks_of(work, "lead", lead_id),
        deals_of_persons(work, [row.person_id], viewer=viewer).get(row.person_id, ()),
        work.now,
        row.archived_at,
        row.merged_into_id,
        row.contact_id or row.own_contact_id,
        row.company_id,
    )


@dataclass(frozen=True, slots=True)
class EnteredLead:
    """A lead as somebody typed it: phone and e-mail in any spelling, custom fields by key (``budget``).

    ``funnel`` ``None`` lets every funnel see it; a key only that one; an empty text none.
    """

    title: str = ""
    name: str = ""
    phone: str = ""
    email: str = ""
    company: str = ""
    source: str = ""
    channel: str = ""
    owner_id: int | None = None
    comment: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)
    funnel: str | None = None


def enter_leads(work: Work, items: Sequence[EnteredLead], *, by: Actor) -> list[Result]:
    """Record leads that were typed in; one answer each: ``done`` (ids: lead, person), or ``invalid``, ``detail`` saying why.

    Those that are to be seen by other funnels than the rest are recorded apart: the number of statements grows with the number of
    such funnels, not of leads.
    """
    by.require("leads.create")
    checked = [_checked(work, item) for item in items]
    answers: list[Result] = [one if isinstance(one, Result) else Result(DONE) for one in checked]
    good = [number for number, one in enumerate(checked) if not isinstance(one, Result)]
    for funnel in dict.fromkeys(items[number].funnel for number in good):
        numbers = [number for number in good if items[number].funnel == funnel]
        if funnel is not None:
            journal(work).start_only(funnel)
        companies = _companies(work, [items[number].company for number in numbers], by)
        new = []
        for number in numbers:
            one = checked[number]
            assert isinstance(one, _Checked)
            new.append(_new(items[number], one, companies.get(items[number].company)))
        for number, result in zip(numbers, record_leads(work, new, by=by), strict=True):
            answers[number] = result
    _attach(work, items, checked, answers, by)
    return answers


@dataclass(frozen=True, slots=True)
class _Checked:
    phone: str | None
    email: str | None
    fields: dict[str, Typed]


def _checked(work: Work, item: EnteredLead) -> _Checked | Result:
    settings = directory(work)
    phone = normalise_phone(item.phone, home_region(settings)) if item.phone else None
    email = normalise_email(item.email) if item.email else None
    if item.phone and phone is None:
        return Result("invalid", detail=_l("“{value}” is no phone number", value=item.phone))
    if item.email and email is None:
        return Result("invalid", detail=_l("“{value}” is no e-mail address", value=item.email))
    if not (item.title or item.name or item.phone or item.email):
        return Result("invalid", detail=_l("a lead needs a name, a phone, an e-mail or a title"))
    if item.channel and item.channel not in settings.channel_keys:
        return Result("invalid", detail=_l("there is no channel “{value}”", value=item.channel))
    values: dict[str, Typed] = {}
    for key, value in item.fields.items():
        definition = settings.fields.get(("lead", key))
        fitting = typed(definition, value, settings) if definition is not None else _l("there is no such field")
        if not isinstance(fitting, Typed):
            name = definition.name if definition is not None else key
            return Result("invalid", detail=_l("{field}: {reason}", field=name, reason=fitting))
        if fitting.rows:
            values[key] = fitting
    return _Checked(phone, email, values)


def _companies(work: Work, names: Sequence[str], by: Actor) -> dict[str, int]:
    wanted = [name for name in dict.fromkeys(names) if name]
    answers = find_or_create_companies(work, [NewCompany(name) for name in wanted], by=by) if wanted else []
    return {name: answer.ids[0] for name, answer in zip(wanted, answers, strict=True) if answer.ids}


def _new(item: EnteredLead, one: _Checked, company_id: int | None) -> NewLead:
    return NewLead(
        item.title or item.name or item.phone or item.email,
        item.name or None,
        one.phone,
        one.email,
        item.company or None,
        item.source or None,
        item.channel or None,
        owner_id=item.owner_id,
        company_id=company_id,
        fields={key: value.shown for key, value in one.fields.items()},
    )


def _attach(
    work: Work, items: Sequence[EnteredLead], checked: Sequence[_Checked | Result], answers: Sequence[Result], by: Actor
) -> None:
    """Write the rows of custom fields and the comments, also of leads that were entered for others."""
    settings = directory(work)
    values, comments = [], []
    for item, one, answer in zip(items, checked, answers, strict=True):
        if not isinstance(one, _Checked) or answer.code != DONE:
            continue
        if one.fields:
            by_field = {settings.fields["lead", key].id: value for key, value in one.fields.items()}
            values.append((answer.ids[0], by_field))
        if item.comment:
            comments.append(NewComment("lead", answer.ids[0], answer.ids[1], item.comment))
    store_values(work, values, new=True)
    if comments:
        add_comments(work, comments, by=replace(by, sees=None))


def channel_names(work: Work) -> list[tuple[str, str]]:
    """Return the sales channels in use, as key and name.  One query."""
    query = select(channel.c.key, channel.c.name).where(channel.c.is_active).order_by(channel.c.name)
    return [(row.key, row.name) for row in work.rows(query)]


_LEAD: Final = (
    select(
        lead,
        channel.c.name.label("channel_name"),
        select(func.min(contact.c.id))
        .where(contact.c.person_id == lead.c.person_id, contact.c.archived_at.is_(None))
        .correlate(lead)
        .scalar_subquery()
        .label("own_contact_id"),
    )
    .join_from(lead, channel, channel.c.id == lead.c.channel_id, isouter=True)
    .where(lead.c.id == bindparam("lead"))
)
_TAGS: Final = select(record_tag.c.tag_id).where(
    record_tag.c.record_kind == SUBJECT_CODES["lead"], record_tag.c.record_id == bindparam("lead")
)
