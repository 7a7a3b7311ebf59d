"""What an import hands to the commands: one typed value per row that can be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class PersonCells:
    """Who a row is about, as far as it says.

    Attributes:
        external_id: the person's id where the file comes from.
        first_name: or the whole name, where it could not be taken apart.
        middle_name: a patronymic.
        last_name: the family name.
        phones: in E.164, each once, in the order of the columns.
        emails: as `crm.people.identity.normalise_email` gives them, each once.
    """

    external_id: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()

    @property
    def is_named(self) -> bool:
        """Something tells who it is: a name, a phone, an e-mail, an id."""
        return self != _NOBODY


@dataclass(frozen=True, slots=True)
class CompanyCells:
    """The company a row names, by its id where the file comes from, its name, or both."""

    external_id: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ProductCells:
    """The product on a deal: how many, and the price of one in minor units where told."""

    name: str
    quantity: Decimal = Decimal(1)
    price: int | None = None


@dataclass(frozen=True, slots=True)
class RecordRow:
    """What rows of leads and of deals have in common.

    Attributes:
        line: physical line of the file, from 1.
        cells: the row as it stands, for the file of rejected rows.
        external_id: its id where the file comes from; makes a repeated import harmless.
        title: what it is called.
        person: who it is.
        company: ``None`` where the row names none.
        source: where it came from, as the file says after the map's replacements.
        owner: name, e-mail or id of the manager.
        created_at: aware UTC.
        tags: each once, in order.
        comment: several columns apart by line ends.
        fields: custom fields by key, as text; empty cells are left out.
    """

    line: int
    cells: tuple[str, ...]
    external_id: str | None
    title: str | None
    person: PersonCells
    company: CompanyCells | None
    source: str | None
    owner: str | None
    created_at: datetime | None
    tags: tuple[str, ...]
    comment: str | None
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LeadRow(RecordRow):
    """One lead.  A lead with an external id and nothing else is one too."""


@dataclass(frozen=True, slots=True)
class DealRow(RecordRow):
    """One deal.

    Attributes:
        plan: name or key of the sales plan.
        stage: name or key of the stage.
        amount: minor units of ``currency``, or of the currency the caller told where the row has none.
        currency: ISO 4217.
        product: ``None`` where the row names none.
        closed_at: aware UTC.
        loss_reason: why it was lost.
        lead: external id of the lead it came from.
    """

    plan: str | None
    stage: str | None
    amount: int | None
    currency: str | None
    product: ProductCells | None
    closed_at: datetime | None
    loss_reason: str | None
    lead: str | None


@dataclass(frozen=True, slots=True)
class UserRow:
    """Somebody who works here, by login, name or e-mail.

    Attributes:
        role: key of the role; ``None`` is a manager.
        supervisor: login, name or e-mail of the supervisor.
    """

    line: int
    cells: tuple[str, ...]
    login: str | None
    name: str | None
    email: str | None
    role: str | None
    supervisor: str | None


_NOBODY = PersonCells()
