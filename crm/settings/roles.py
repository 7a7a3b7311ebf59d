"""Roles: named sets of rights; some are built in, a company adds its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sqlalchemy import func, select

from crm.access.actor import RIGHTS, Actor
from crm.errors import InvalidError
from crm.settings.change import clean_name, note, row_by_key
from crm.settings.errors import InUseError
from crm.settings.keys import new_key
from crm.tables.settings import role, user_account
from db.work import Work
from engine.text import LazyText, _l, _ln

ADMINISTRATOR: Final = "administrator"

_DAILY = frozenset({"leads.create", "leads.edit", "deals.create", "deals.edit", "tasks.edit", "reports.see"})

ROLES: Final[Mapping[str, tuple[LazyText, frozenset[str]]]] = MappingProxyType(
    {
        ADMINISTRATOR: (_l("Administrator"), RIGHTS),
        "supervisor": (
            _l("Supervisor"),
            _DAILY
            | {
                "leads.edit_all",
                "deals.edit_all",
                "deals.mass_edit",
                "deals.recall",
                "records.import",
                "records.export",
                "records.see_team",
            },
        ),
        "manager": (_l("Manager"), _DAILY),
        "marketer": (
            _l("Marketer"),
            frozenset(
                {
                    "funnels.edit",
                    "funnels.publish",
                    "runs.repair",
                    "leads.create",
                    "leads.edit",
                    "leads.edit_all",
                    "deals.mass_edit",
                    "records.import",
                    "records.export",
                    "records.see_all",
                    "reports.see",
                }
            ),
        ),
    }
)
"""Name and rights of each role, by key."""


def write_roles(work: Work) -> bool:
    """Store the built-in roles, and their rights where a release changed them.  Returns whether anything changed."""
    known = {row.key: row for row in work.rows(select(role))}
    new = [
        (id_, key, str(name), sorted(rights))
        for id_, (key, (name, rights)) in enumerate(ROLES.items(), 1)
        if key not in known
    ]
    changed = [
        (row.id, sorted(ROLES[key][1]))
        for key, row in known.items()
        if key in ROLES and set(row.rights) != ROLES[key][1]
    ]
    if new:
        work.execute(
            role.insert().values(
                [{"id": id_, "key": key, "name": name, "rights": rights} for id_, key, name, rights in new]
            )
        )
    for id_, rights in changed:
        work.execute(role.update().where(role.c.id == id_).values(rights=rights))
    return bool(new or changed)


FIRST_OWN_ID: Final = 1000
"""Ids below are those of built-in roles, also of ones that later releases bring."""


@dataclass(frozen=True, slots=True)
class Role:
    """A role as a list shows it; ``people`` have it."""

    key: str
    name: str
    rights: frozenset[str]
    is_built_in: bool
    people: int


def all_roles(work: Work) -> tuple[Role, ...]:
    """Return all roles, the built-in ones first in their order, then the company's own by name.  Two queries."""
    people = {
        row.role_id: row.people
        for row in work.rows(
            select(user_account.c.role_id, func.count().label("people"))
            .where(user_account.c.is_active)
            .group_by(user_account.c.role_id)
        )
    }
    order = list(ROLES)
    found = [
        Role(row.key, ROLES[row.key][0] if row.key in ROLES else row.name, frozenset(row.rights), row.key in ROLES,
             people.get(row.id, 0))
        for row in work.rows(select(role))
    ]  # fmt: skip
    return tuple(
        sorted(found, key=lambda one: (order.index(one.key) if one.is_built_in else len(order), one.name.casefold()))
    )


def add_role(work: Work, name: str, rights: Collection[str], *, by: Actor) -> str:
    """Add a role of the company's own; returns its key.

    Raises:
        InvalidError: the name is empty, too long or taken; a right is not known; or there is none at all.
        NotAllowedError: the actor would give away a right that he lacks.
    """
    by.require("users.edit")
    known = _known(rights, by)
    rows = work.rows(select(role.c.key, role.c.name))
    clean = _free_name(name, [row.name for row in rows])
    key = new_key(clean, {row.key for row in rows} | set(ROLES), otherwise="role")
    [number] = work.ids("role", 1)
    work.execute(role.insert().values(id=FIRST_OWN_ID + number, key=key, name=clean, rights=known))
    note(work, "role", key, "created", FIRST_OWN_ID + number, by, {"added": known})
    return key


def change_role(work: Work, key: str, *, name: str, rights: Collection[str], by: Actor) -> None:
    """Change a role of the company's own; it holds for everybody who has it, from his next click on.

    Raises:
        NotFoundError: there is no such role.
        InvalidError: it is a built-in one, or name or rights cannot be.
        NotAllowedError: the actor would give away a right that he lacks.
    """
    by.require("users.edit")
    row = row_by_key(work, role, "role", key)
    _refuse_built_in(key)
    known = _known(rights, by, had=frozenset(row.rights))
    others = [one.name for one in work.rows(select(role.c.name).where(role.c.id != row.id))]
    clean = _free_name(name, others)
    if (clean, known) != (row.name, row.rights):
        work.execute(role.update().where(role.c.id == row.id).values(name=clean, rights=known))
        more = {"added": sorted(set(known) - set(row.rights)), "removed": sorted(set(row.rights) - set(known))}
        note(work, "role", key, "changed", row.id, by, more)


def remove_role(work: Work, key: str, *, by: Actor) -> None:
    """Remove a role of the company's own that nobody has.

    Raises:
        NotFoundError: there is no such role.
        InvalidError: it is a built-in one.
        InUseError: somebody has it, be it somebody deactivated.
    """
    by.require("users.edit")
    row = row_by_key(work, role, "role", key)
    _refuse_built_in(key)
    people = work.scalar(select(func.count()).select_from(user_account).where(user_account.c.role_id == row.id))
    if people:
        raise InUseError("role", key, [_ln("{count} person has it", "{count} people have it", people)])
    work.execute(role.delete().where(role.c.id == row.id))
    note(work, "role", key, "removed", row.id, by)


def _known(rights: Collection[str], by: Actor, *, had: frozenset[str] = frozenset()) -> list[str]:
    unknown = sorted(set(rights) - RIGHTS)
    if unknown:
        raise InvalidError(_l("there is no right “{right}”", right=unknown[0]))
    if not rights:
        raise InvalidError(_l("a role without any right lets nobody do anything: choose one at least"))
    for right in sorted(set(rights) - had):
        by.require(right)
    return sorted(set(rights))


def _free_name(name: str, others: Collection[str]) -> str:
    clean = clean_name(name, _l("the role's name"))
    taken = {one.casefold() for one in others} | {str(words).casefold() for words, _ in ROLES.values()}
    if clean.casefold() in taken:
        raise InvalidError(_l("there is a role “{name}” already: choose another name", name=clean))
    return clean


def _refuse_built_in(key: str) -> None:
    if key in ROLES:
        raise InvalidError(_l("a built-in role stays as it is: add one of your own"))
