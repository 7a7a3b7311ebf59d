"""The built-in roles: named sets of rights."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import select

from crm.actor import RIGHTS
from crm.tables.settings import role
from db.work import Work
from engine.text import LazyText, _l

ADMINISTRATOR: Final = "administrator"

_DAILY = frozenset({"leads.create", "leads.edit", "deals.create", "deals.edit", "tasks.edit"})

ROLES: Final[Mapping[str, tuple[LazyText, frozenset[str]]]] = MappingProxyType(
    {
        ADMINISTRATOR: (_l("Administrator"), RIGHTS),
        "supervisor": (
            _l("Supervisor"),
            _DAILY | {"deals.edit_all", "deals.mass_edit", "records.import", "records.see_team"},
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
                    "deals.mass_edit",
                    "records.import",
                    "records.see_all",
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
