"""The card of a contact: who it is, how to reach him, what he has with us."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from crm.access.actor import Viewer
from crm.directory import User, directory
from crm.errors import NotFoundError
from crm.fields.links import with_titles
from crm.fields.shown import FieldShown, fields_shown
from crm.people.belongings import Belongings, of_contact
from crm.people.persons import identities_of
from crm.records.visible import may_see_company, may_see_contact
from crm.tables.records import company, contact, record_tag
from db.work import Work
from engine.event import SUBJECT_CODES


@dataclass(frozen=True, slots=True)
class ContactCard:
    """Everything that a contact's card shows of the contact itself.

    ``phones`` and ``emails`` are all that lead to the person, the contact's own first.  ``company_id`` is there only for who may
    see the company.
    """

    id: int
    version: int
    person_id: int
    name: str
    phone: str | None
    email: str | None
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    type: str | None
    city: str | None
    company: str | None
    company_id: int | None
    owner: User | None
    external_id: str | None
    created_at: datetime
    archived_at: datetime | None
    merged_into_id: int | None
    tags: tuple[str, ...]
    fields: tuple[FieldShown, ...]
    own: Belongings
    at: datetime

    @property
    def title(self) -> str:
        """What it is called."""
        return self.name


def contact_card(work: Work, contact_id: int, *, viewer: Viewer) -> ContactCard:
    """Return a contact with all that belongs to it.  Eight queries, whatever belongs to it.

    Raises:
        NotFoundError: there is no such contact, or the viewer may not see it.
    """
    settings = directory(work)
    rows = work.rows(_CONTACT.where(may_see_contact(viewer)), {"contact": contact_id})
    if not rows:
        raise NotFoundError("contact", contact_id)
    row = rows[0]
    identities = identities_of(work, [row.person_id])[row.person_id]
    tags = tags_of(work, "contact", contact_id)
    seen = row.company_id is not None and bool(
        work.rows(select(company.c.id).where(company.c.id == row.company_id, may_see_company(viewer)))
    )
    return ContactCard(
        row.id,
        row.version,
        row.person_id,
        row.name,
        row.phone,
        row.email,
        _own_first(row.phone, [value for kind, value in identities if kind == "phone"]),
        _own_first(row.email, [value for kind, value in identities if kind == "email"]),
        row.type,
        row.city,
        row.company_name,
        row.company_id if seen else None,
        settings.users.get(row.owner_id) if row.owner_id is not None else None,
        row.external_id,
        row.created_at,
        row.archived_at,
        row.merged_into_id,
        tags,
        with_titles(work, fields_shown(settings, "contact", row.fields), viewer=viewer),
        of_contact(work, row.id, row.person_id, viewer=viewer),
        work.now,
    )


def tags_of(work: Work, kind: str, record_id: int) -> tuple[str, ...]:
    """Return the tags of a contact or a company, by name.  One query."""
    names = directory(work).tags
    rows = work.rows(_TAGS, {"kind": _CODES[kind], "record": record_id})
    return tuple(sorted((names[row.tag_id] for row in rows if row.tag_id in names), key=str.casefold))


def _own_first(own: str | None, all_of_them: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*([own] if own else []), *all_of_them]))


_CODES: Final = {"contact": SUBJECT_CODES["contact"], "company": SUBJECT_CODES["company"]}
_CONTACT: Final = (
    select(contact, company.c.name.label("company_name"))
    .join_from(contact, company, company.c.id == contact.c.company_id, isouter=True)
    .where(contact.c.id == bindparam("contact"))
)
_TAGS: Final = select(record_tag.c.tag_id).where(
    record_tag.c.record_kind == bindparam("kind"), record_tag.c.record_id == bindparam("record")
)
