"""The fields that conditions may ask of stored records: their kinds, and where SQL finds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Table, func, select

from crm.conditions import passed, told
from crm.directory import Directory, User
from crm.tables.records import company, contact, deal, lead, task
from engine.condition import FieldKind

Subject = Literal["lead", "deal", "contact", "company", "task"]
"""The kinds of records that lists, boards and audiences are made of."""

KeyedBy = Literal["user", "plan", "stage", "channel", "loss_reason", "state", "task_status"]

STATES: Final[Mapping[int, str]] = {0: "open", 1: "won", 2: "lost"}
"""What conditions call the states of deals."""
TASK_STATUSES: Final[Mapping[int, str]] = {0: "open", 1: "completed", 2: "cancelled"}
"""The same for tasks."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A field of a record's own row.

    ``keyed_by`` is set where the column holds an id of settings and people say the key.  A text column holds the text as
    conditions compare it: case-folded.
    """

    kind: FieldKind
    column: ColumnElement[Any]
    keyed_by: KeyedBy | None = None


@dataclass(frozen=True, slots=True)
class Custom:
    """A custom field: its rows in ``field_value``."""

    kind: FieldKind
    field_id: int


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of a record."""

    kind: FieldKind = "tags"


@dataclass(frozen=True, slots=True)
class OpenTasks:
    """How many tasks of a record are open."""

    kind: FieldKind = "number"


@dataclass(frozen=True, slots=True)
class Team:
    """Whose team a record is in: the login of whom it belongs to, and those of everybody above him.

    ``column`` is the name of the column with his id.
    """

    column: str
    kind: FieldKind = "tags"


@dataclass(frozen=True, slots=True)
class Truth:
    """What is so or is not, as other rows and the moment tell it; ``holds`` takes the record's columns."""

    holds: Callable[[Any, datetime], ColumnElement[bool]]
    kind: FieldKind = "bool"


@dataclass(frozen=True, slots=True)
class Searched:
    """All that a record is looked for by: titles, names, e-mails, phones.  Only a part of it can be asked for.

    ``has`` takes the record's columns and a case-folded part.
    """

    has: Callable[[Any, str], ColumnElement[bool]]
    kind: FieldKind = "text"


@dataclass(frozen=True, slots=True)
class Listed:
    """Things of which a record has some, as other rows tell: products, stages it stood on.

    ``has`` takes the record's columns, the settings, and a case-folded name; ``None`` stands for any.
    """

    has: Callable[[Any, Directory, str | None], ColumnElement[bool]]
    kind: FieldKind = "tags"


Field = Stored | Custom | Tags | OpenTasks | Team | Truth | Searched | Listed


@dataclass(frozen=True, slots=True)
class Place:
    """A field as seen from a subject: whose it is, and what in the subject's row leads to that record's id."""

    record: Subject
    link: ColumnElement[Any]
    field: Field


TABLES: Final[Mapping[Subject, Table]] = {
    "lead": lead,
    "deal": deal,
    "contact": contact,
    "company": company,
    "task": task,
}


def _contact_of(subject: Table) -> ColumnElement[Any]:
    # As facts have it: the oldest contact of the person.
    older = contact.alias()
    oldest = select(func.min(older.c.id)).where(older.c.person_id == subject.c.person_id, older.c.archived_at.is_(None))
    return oldest.correlate(subject).scalar_subquery()


# What in the subject's own row leads to the id of each record it is linked to.
_LINKS: Final[Mapping[Subject, Mapping[str, tuple[Subject, ColumnElement[Any]]]]] = {
    "lead": {
        "lead": ("lead", lead.c.id),
        "contact": ("contact", _contact_of(lead)),
        "company": ("company", lead.c.company_id),
    },
    "deal": {
        "deal": ("deal", deal.c.id),
        "lead": ("lead", deal.c.lead_id),
        "contact": ("contact", _contact_of(deal)),
        "company": ("company", deal.c.company_id),
    },
    "contact": {"contact": ("contact", contact.c.id), "company": ("company", contact.c.company_id)},
    "company": {"company": ("company", company.c.id)},
    "task": {
        "task": ("task", task.c.id),
        "deal": ("deal", task.c.deal_id),
        "lead": ("lead", task.c.lead_id),
        "contact": ("contact", _contact_of(task)),
    },
}
_TAGGED: Final = {"lead", "deal", "contact", "company"}
_WITH_TASKS: Final = {"lead", "deal"}

_STORED: Final[Mapping[Subject, Mapping[str, Stored | Team | Truth | Searched | Listed]]] = {
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
        "team": Team("owner_id"),
        "has_task": Truth(told.lead_has_task),
        "overdue": Truth(told.lead_is_overdue),
        "text": Searched(told.lead_says),
        "created_at": Stored("datetime", lead.c.created_at),
        "archived_at": Stored("datetime", lead.c.archived_at),
    },
    "deal": {
        "id": Stored("reference", deal.c.id),
        "title": Stored("text", deal.c.title_fold),
        "plan": Stored("choice", deal.c.plan_id, "plan"),
        "stage": Stored("choice", deal.c.stage_id, "stage"),
        "amount": Stored("money", deal.c.amount),
        "owner": Stored("choice", deal.c.owner_id, "user"),
        "currency": Stored("choice", func.lower(deal.c.currency)),  # Latin letters, which both databases lower
        "owner_id": Stored("reference", deal.c.owner_id),
        "lead_id": Stored("reference", deal.c.lead_id),
        "state": Stored("choice", deal.c.state, "state"),
        "team": Team("owner_id"),
        "has_task": Truth(told.deal_has_task),
        "overdue": Truth(told.deal_is_overdue),
        "late": Truth(told.deal_is_late),
        "text": Searched(told.deal_says),
        "lost_reason": Stored("choice", deal.c.loss_reason_id, "loss_reason"),
        "created_at": Stored("datetime", deal.c.created_at),
        "archived_at": Stored("datetime", deal.c.archived_at),
        "stage_entered_at": Stored("datetime", deal.c.stage_entered_at),
        "closed_at": Stored("datetime", deal.c.closed_at),
        "lasted": Stored("number", passed.days_between(deal.c.created_at, deal.c.closed_at)),
        "left_stage": Stored("choice", deal.c.left_stage_id, "stage"),
        "product": Listed(passed.has_product),
        "been": Listed(passed.has_been),
        "skipped": Listed(passed.has_skipped),
    },
    "contact": {
        "id": Stored("reference", contact.c.id),
        "name": Stored("text", contact.c.name_fold),
        "phone": Stored("text", contact.c.phone),
        "email": Stored("text", contact.c.email),
        "text": Searched(told.contact_says),
        "type": Stored("choice", contact.c.type_fold),
        "city": Stored("text", contact.c.city_fold),
        "owner": Stored("choice", contact.c.owner_id, "user"),
        "owner_id": Stored("reference", contact.c.owner_id),
        "team": Team("owner_id"),
        "source": Listed(passed.persons_source),
        "created_at": Stored("datetime", contact.c.created_at),
        "archived_at": Stored("datetime", contact.c.archived_at),
    },
    "company": {
        "id": Stored("reference", company.c.id),
        "name": Stored("text", company.c.name_fold),
        "text": Searched(told.company_says),
        "owner": Stored("choice", company.c.owner_id, "user"),
        "owner_id": Stored("reference", company.c.owner_id),
        "team": Team("owner_id"),
        "source": Listed(passed.companys_source),
        "created_at": Stored("datetime", company.c.created_at),
        "archived_at": Stored("datetime", company.c.archived_at),
    },
    "task": {
        "id": Stored("reference", task.c.id),
        "type": Stored("choice", task.c.type),  # of a closed list in lower case
        "status": Stored("choice", task.c.status, "task_status"),
        "responsible": Stored("choice", task.c.responsible_id, "user"),
        "supervisor": Stored("choice", task.c.supervisor_id, "user"),
        "team": Team("responsible_id"),
        "overdue": Truth(told.task_is_overdue),
        "text": Searched(told.task_says),
        "due_at": Stored("datetime", task.c.due_at),
        "created_at": Stored("datetime", task.c.created_at),
        "ended_at": Stored("datetime", task.c.ended_at),
    },
}

CUSTOM_KINDS: Final[Mapping[str, FieldKind]] = {
    "text": "text",
    "number": "number",
    "money": "money",
    "date": "date",
    "datetime": "datetime",
    "bool": "bool",
    "choice": "choice",
    "choices": "tags",
    "link": "text",
    "user": "reference",
    "long_text": "text",
    "address": "text",
    "deal": "reference",
    "contact": "reference",
    "company": "reference",
    "resource": "datetime",
    "file": "tags",
}
"""As which kind of field conditions see a custom one, by its type."""


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
        name, _, key = path.partition(".")
        linked = _LINKS[self.subject].get(name)
        if linked is None:
            return None
        record, link = linked
        field = self._field(record, key)
        return None if field is None else Place(record, link, field)

    def keys(self, kind: KeyedBy) -> Mapping[int, str]:
        """Return the key of each id of one kind of settings."""
        settings = self.settings
        keys: dict[KeyedBy, Mapping[int, str]] = {
            "user": {user.id: user.login for user in settings.users.values()},
            "plan": {plan.id: plan.key for plan in settings.plans.values()},
            "stage": {stage.id: stage.key for stage in settings.stages.values()},
            "channel": settings.channels,
            "loss_reason": settings.loss_reasons,
            "state": STATES,
            "task_status": TASK_STATUSES,
        }
        return keys[kind]

    def led_by(self, login: str) -> list[int]:
        """Return the ids of a user, by a login in any case, and of everybody below him."""
        return [user.id for user in self.settings.users.values() if login in team_names(self.settings, user)]

    def paths(self) -> list[str]:
        """Return the paths of all fields, those of the subject itself first."""
        found = []
        for name, (record, _) in _LINKS[self.subject].items():
            found += [f"{name}.{key}" for key in _STORED[record]]
            found += [f"{name}.tags"] if record in _TAGGED else []
            found += [f"{name}.open_tasks"] if record in _WITH_TASKS else []
            found += [f"{name}.field.{key}" for kind, key in self.settings.fields if kind == record]
        return found

    def _field(self, record: Subject, key: str) -> Field | None:
        if key == "tags" and record in _TAGGED:
            return Tags()
        if key == "open_tasks" and record in _WITH_TASKS:
            return OpenTasks()
        if key.startswith("field."):
            known = self.settings.fields.get((record, key.removeprefix("field.")))
            return (
                None if known is None or known.type not in CUSTOM_KINDS else Custom(CUSTOM_KINDS[known.type], known.id)
            )
        return _STORED[record].get(key)


def team_names(settings: Directory, user: User | None) -> frozenset[str]:
    """Return the case-folded logins of a user and of everybody above him; none for nobody."""
    found: set[str] = set()
    while user is not None and user.login.casefold() not in found:
        found.add(user.login.casefold())
        user = settings.users.get(user.supervisor_id) if user.supervisor_id is not None else None
    return frozenset(found)
