"""The fields that conditions may ask of stored records: their kinds, and where SQL finds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Column, ColumnElement, Table

from crm.directory import Directory
from crm.tables.records import company, contact, deal, lead
from engine.condition import FieldKind

Subject = Literal["lead", "deal", "contact", "company"]
"""The kinds of records that lists, boards and audiences are made of."""

KeyedBy = Literal["user", "plan", "stage", "channel", "loss_reason"]


@dataclass(frozen=True, slots=True)
class Stored:
    """A field of a record's own row.

    ``keyed_by`` is set where the column holds an id of settings and people say the key.  A text column holds the text as
    conditions compare it: case-folded.
    """

    kind: FieldKind
    column: Column[Any]
    keyed_by: KeyedBy | None = None


@dataclass(frozen=True, slots=True)
class Custom:
    """A custom field: its rows in ``field_value``.  ``many`` where a record may have several values."""

    kind: FieldKind
    field_id: int
    many: bool


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of a record."""

    kind: FieldKind = "tags"


@dataclass(frozen=True, slots=True)
class Place:
    """A field as seen from a subject: whose it is, and the column of the subject's row that holds that record's id."""

    record: Subject | Literal["person"]
    link: ColumnElement[Any]
    field: Stored | Custom | Tags


TABLES: Final[Mapping[Subject, Table]] = {"lead": lead, "deal": deal, "contact": contact, "company": company}

# The id of the other record in the subject's own row.
_LINKS: Final[Mapping[Subject, Mapping[str, str]]] = {
    "lead": {"lead": "id", "person": "person_id", "contact": "contact_id", "company": "company_id"},
    "deal": {
        "deal": "id",
        "person": "person_id",
        "lead": "lead_id",
        "contact": "contact_id",
        "company": "company_id",
    },
    "contact": {"contact": "id", "person": "person_id", "company": "company_id"},
    "company": {"company": "id"},
}

_STORED: Final[Mapping[Subject, Mapping[str, Stored]]] = {
    "lead": {
        "id": Stored("reference", lead.c.id),
        "title": Stored("text", lead.c.title_fold),
        "name": Stored("text", lead.c.name_fold),
        "phone": Stored("text", lead.c.phone),  # digits and a plus: nothing to fold
        "email": Stored("text", lead.c.email),  # normalised to lower case
        "source": Stored("text", lead.c.source_fold),
        "status": Stored("choice", lead.c.status),  # of a closed list in lower case
        "channel": Stored("choice", lead.c.channel_id, "channel"),
        "owner": Stored("choice", lead.c.owner_id, "user"),
        "owner_id": Stored("reference", lead.c.owner_id),
        "created_at": Stored("datetime", lead.c.created_at),
    },
    "deal": {
        "id": Stored("reference", deal.c.id),
        "title": Stored("text", deal.c.title_fold),
        "plan": Stored("choice", deal.c.plan_id, "plan"),
        "stage": Stored("choice", deal.c.stage_id, "stage"),
        "amount": Stored("money", deal.c.amount),
        "owner": Stored("choice", deal.c.owner_id, "user"),
        "owner_id": Stored("reference", deal.c.owner_id),
        "lead_id": Stored("reference", deal.c.lead_id),
        "lost_reason": Stored("choice", deal.c.loss_reason_id, "loss_reason"),
        "created_at": Stored("datetime", deal.c.created_at),
        "stage_entered_at": Stored("datetime", deal.c.stage_entered_at),
        "closed_at": Stored("datetime", deal.c.closed_at),
    },
    "contact": {
        "id": Stored("reference", contact.c.id),
        "name": Stored("text", contact.c.name_fold),
        "phone": Stored("text", contact.c.phone),
        "email": Stored("text", contact.c.email),
        "created_at": Stored("datetime", contact.c.created_at),
    },
    "company": {
        "id": Stored("reference", company.c.id),
        "name": Stored("text", company.c.name_fold),
        "created_at": Stored("datetime", company.c.created_at),
    },
}

_CUSTOM_KINDS: Final[Mapping[str, FieldKind]] = {
    "text": "text",
    "number": "number",
    "money": "money",
    "date": "date",
    "datetime": "datetime",
    "bool": "bool",
    "choice": "choice",
    "choices": "tags",
    "link": "reference",
    "user": "reference",
}


class SubjectFields:
    """The fields that can be asked of one kind of record, its own and those of the records it is linked to.

    A ``FieldCatalogue`` for ``engine.condition.check``.
    """

    def __init__(self, settings: Directory, subject: Subject) -> None:
        self.settings = settings
        self.subject = subject
        self.table = TABLES[subject]

    def kind(self, path: str) -> FieldKind | None:
        """Return the kind of the field at a path, ``None`` where there is no such field."""
        place = self.place(path)
        return None if place is None else place.field.kind

    def place(self, path: str) -> Place | None:
        """Return where the field at a path is, ``None`` where there is no such field."""
        record, _, key = path.partition(".")
        link = _LINKS[self.subject].get(record)
        if link is None:
            return None
        field = self._field(record, key)
        return None if field is None else Place(record, self.table.c[link], field)  # type: ignore[arg-type]  # has a link

    def keys(self, kind: KeyedBy) -> Mapping[int, str]:
        """Return the key of each id of one kind of settings."""
        match kind:
            case "user":
                return {user.id: user.login for user in self.settings.users.values()}
            case "plan":
                return {plan.id: plan.key for plan in self.settings.plans.values()}
            case "stage":
                return {stage.id: stage.key for stage in self.settings.stages.values()}
            case "channel":
                return self.settings.channels
            case "loss_reason":
                return self.settings.loss_reasons

    def _field(self, record: str, key: str) -> Stored | Custom | Tags | None:
        if key == "tags":
            return Tags()
        if key.startswith("field."):
            known = self.settings.fields.get((record, key.removeprefix("field.")))
            return None if known is None else Custom(_CUSTOM_KINDS[known.type], known.id, known.type == "choices")
        return None if record == "person" else _STORED[record].get(key)  # type: ignore[index]  # has a link
