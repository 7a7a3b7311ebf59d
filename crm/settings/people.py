"""People as the settings show them: who they are, when they were last here, and what is theirs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from crm.access.actor import Viewer
from crm.directory import User, directory
from crm.errors import NotAllowedError, NotFoundError
from crm.tables.records import deal, lead, task
from crm.tables.settings import role, user_account
from db.work import Work

OPEN_LEADS = lead.c.status.not_in(("quality", "junk"))
"""Leads that somebody still has to work on."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works here.  ``seen_at`` ``None``: never yet; without a password he was invited and has not come."""

    user: User
    role_name: str
    seen_at: datetime | None
    has_password: bool
    version: int


@dataclass(frozen=True, slots=True)
class Branch:
    """A person in the tree of supervisors; ``below`` are his people."""

    person: Person
    below: tuple[Branch, ...]

    @property
    def size(self) -> int:
        """How many stand below him, however deep."""
        return sum(1 + one.size for one in self.below)


@dataclass(frozen=True, slots=True)
class Belongings:
    """What stops or remains when somebody goes: open deals, leads and tasks, his people, and the plans he works on."""

    deals: int
    leads: int
    tasks: int
    people: tuple[User, ...]
    plans: tuple[str, ...]


def people(work: Work, *, viewer: Viewer) -> tuple[Person, ...]:
    """Return everybody by name, those deactivated last.  Two queries beside the directory's.

    Raises:
        NotAllowedError: the viewer may not manage people.
    """
    if "users.edit" not in viewer.rights:
        raise NotAllowedError("users.edit")
    users = directory(work).users
    names = {row.key: row.name for row in work.rows(select(role.c.key, role.c.name))}
    columns = (
        user_account.c.id,
        user_account.c.seen_at,
        user_account.c.password_hash.is_not(None).label("has_password"),
        user_account.c.version,
    )
    found = [
        Person(users[row.id], names[users[row.id].role], row.seen_at, bool(row.has_password), row.version)
        for row in work.rows(select(*columns))
    ]
    return tuple(sorted(found, key=lambda one: (not one.user.is_active, one.user.name.casefold(), one.user.id)))


def person(work: Work, user_id: int, *, viewer: Viewer) -> Person:
    """Return one of them.

    Raises:
        NotFoundError: there is nobody with this id.
        NotAllowedError: the viewer may not manage people.
    """
    for one in people(work, viewer=viewer):
        if one.user.id == user_id:
            return one
    raise NotFoundError("user", user_id)


def tree(everybody: Iterable[Person]) -> tuple[Branch, ...]:
    """Return people under their supervisors, in the order they came in; on top who has none."""
    below: dict[int | None, list[Person]] = {}
    for one in everybody:
        below.setdefault(one.user.supervisor_id, []).append(one)

    def branches(boss: int | None) -> tuple[Branch, ...]:
        return tuple(Branch(one, branches(one.user.id)) for one in below.get(boss, ()))

    return branches(None)


def possible_supervisors(everybody: Sequence[Person], user_id: int | None) -> list[Person]:
    """Return who may stand above somebody: everybody active but himself and those below him."""
    below = {user_id} if user_id is not None else set()
    while more := {one.user.id for one in everybody if one.user.supervisor_id in below} - below:
        below |= more
    return [one for one in everybody if one.user.is_active and one.user.id not in below]


def belongings(work: Work, user_id: int) -> Belongings:
    """Return what belongs to somebody.  One query."""
    count = func.count
    of_each = (
        select(count()).select_from(deal).where(deal.c.owner_id == user_id, deal.c.state == 0),
        select(count()).select_from(lead).where(lead.c.owner_id == user_id, OPEN_LEADS),
        select(count()).select_from(task).where(task.c.responsible_id == user_id, task.c.status == 0),
    )
    [row] = work.rows(select(*(one.scalar_subquery() for one in of_each)))
    settings = directory(work)
    deals, leads, tasks = (int(one) for one in row)
    return Belongings(
        deals,
        leads,
        tasks,
        tuple(one for one in settings.users.values() if one.supervisor_id == user_id and one.is_active),
        tuple(
            plan.name
            for plan in settings.plans.values()
            if not plan.is_archived and any(one.user_id == user_id for one in plan.managers)
        ),
    )
