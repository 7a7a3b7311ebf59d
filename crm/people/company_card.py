"""The card of a company: its people, what it has with us."""

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
from crm.people.belongings import Belongings, of_company
from crm.people.contact_card import tags_of
from crm.records.visible import may_see_company, may_see_contact
from crm.tables.records import company, contact, deal
from db.work import Work

SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class ContactOf:
    """Somebody of a company."""

    id: int
    person_id: int
    name: str
    phone: str | None
    email: str | None
    type: str | None


@dataclass(frozen=True, slots=True)
class CompanyCard:
    """Everything that a company's card shows of the company itself; ``contacts`` are at most ``SHOWN``, by name."""

    id: int
    version: int
    name: str
    owner: User | None
    external_id: str | None
    created_at: datetime
    archived_at: datetime | None
    merged_into_id: int | None
    tags: tuple[str, ...]
    fields: tuple[FieldShown, ...]
    contacts: tuple[ContactOf, ...]
    own: Belongings
    at: datetime

    @property
    def title(self) -> str:
        """What it is called."""
        return self.name


def company_card(work: Work, company_id: int, *, viewer: Viewer) -> CompanyCard:
    """Return a company with all that belongs to it.  Seven queries, whatever belongs to it.

    Raises:
        NotFoundError: there is no such company, or the viewer may not see it.
    """
    settings = directory(work)
    rows = work.rows(select(company).where(company.c.id == company_id, may_see_company(viewer)))
    if not rows:
        raise NotFoundError("company", company_id)
    row = rows[0]
    own = of_company(work, row.id, viewer=viewer)
    people = work.rows(_PEOPLE.where(may_see_contact(viewer)), {"company": company_id})
    return CompanyCard(
        row.id,
        row.version,
        row.name,
        settings.users.get(row.owner_id) if row.owner_id is not None else None,
        row.external_id,
        row.created_at,
        row.archived_at,
        row.merged_into_id,
        tags_of(work, "company", company_id),
        with_titles(work, fields_shown(settings, "company", row.fields), viewer=viewer),
        tuple(ContactOf(one.id, one.person_id, one.name, one.phone, one.email, one.type) for one in people),
        own,
        work.now,
    )


_OF_DEALS = select(deal.c.contact_id).where(
    deal.c.company_id == bindparam("company"), deal.c.archived_at.is_(None), deal.c.contact_id.is_not(None)
)
_PEOPLE: Final = (
    select(contact.c.id, contact.c.person_id, contact.c.name, contact.c.phone, contact.c.email, contact.c.type)
    .where(
        (contact.c.company_id == bindparam("company")) | contact.c.id.in_(_OF_DEALS), contact.c.archived_at.is_(None)
    )
    .order_by(contact.c.name_fold, contact.c.id)
    .limit(SHOWN)
)
