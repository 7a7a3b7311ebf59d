"""Who acts and who looks: every command takes an ``Actor``, every query a ``Viewer``."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

from crm.errors import NotAllowedError


class ActorKind(IntEnum):
    """Kinds of actors; the numbers are stored."""

    SYSTEM = 0
    USER = 1
    RUN = 2
    IMPORT = 3
    API = 4
    FORM = 5
    WEBHOOK = 6


HANDS = frozenset({ActorKind.SYSTEM, ActorKind.USER, ActorKind.API})
"""Whose doings the audit lists: of the command line, of people, of programs."""

RIGHTS = frozenset(
    {
        "settings.edit",
        "plans.edit",
        "users.edit",
        "audit.see",
        "funnels.edit",
        "funnels.publish",
        "runs.repair",
        "leads.create",
        "leads.edit",
        "leads.edit_team",
        "leads.edit_all",
        "deals.create",
        "deals.edit",
        "deals.edit_team",
        "deals.edit_all",
        "deals.mass_edit",
        "deals.recall",
        "tasks.edit",
        "records.import",
        "records.export",
        "records.see_all",
        "records.see_team",
        "reports.see",
    }
)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, reduced to what may be seen: ``None`` stands for all.

    ``owner_ids`` are the users whose records may be seen, ``plan_ids`` the plans; a deal without owner is visible to its plan's
    members.  ``team_ids`` are the users below him, however deep.
    """

    user_id: int
    owner_ids: frozenset[int] | None = None
    plan_ids: frozenset[int] | None = None
    rights: frozenset[str] = field(default_factory=frozenset)
    team_ids: frozenset[int] = frozenset()

    def sees_plan(self, plan_id: int) -> bool:
        """True where a plan may be seen."""
        return self.plan_ids is None or plan_id in self.plan_ids


@dataclass(frozen=True, slots=True)
class Actor:
    """Who or what does something.

    ``id`` is that of the user, run, import, key, form or webhook.  ``depth`` counts the funnels between a person's act and this
    one.  Runs act as the system: the rights of whoever published were checked then.  ``sees`` are the records that he may touch,
    others do not exist for him; ``None`` is all of them, and commands do not look.
    """

    kind: ActorKind
    id: int = 0
    rights: frozenset[str] = frozenset()
    depth: int = 0
    sees: Viewer | None = None

    @property
    def packed(self) -> int:
        """The actor as one number, for the journal: 16 times the id, plus the kind."""
        return self.id * 16 + self.kind

    def require(self, right: str) -> None:
        """Refuse an actor without a right.

        Raises:
            NotAllowedError: it lacks the right.
        """
        if self.kind in (ActorKind.USER, ActorKind.API) and right not in self.rights:
            raise NotAllowedError(right)

    def reach(self, right: Literal["leads.edit", "deals.edit"]) -> frozenset[int] | None:
        """Return the users whose records the actor may change by a right: himself, his team, or all (``None``).

        What nobody owns is changed by whoever sees it.  Programs, and people at the command line, are not held to a reach.
        """
        if self.kind is not ActorKind.USER or self.sees is None or f"{right}_all" in self.rights:
            return None
        team = self.sees.team_ids if f"{right}_team" in self.rights else frozenset()
        return team | {self.id}

    def may_change(self, right: Literal["leads.edit", "deals.edit"], owner_id: int | None) -> bool:
        """True where a record of this owner is within the actor's reach."""
        reach = self.reach(right)
        return reach is None or owner_id is None or owner_id in reach

    def require_all(self, rights: frozenset[str]) -> None:
        """Refuse an actor who lacks one of these rights: nobody gives more than he has, or takes over who has more.

        Raises:
            NotAllowedError: it lacks the right.
        """
        for right in sorted(rights):
            self.require(right)


SYSTEM = Actor(ActorKind.SYSTEM, rights=RIGHTS)


def oneself(by: Actor) -> int:
    """Return the id of the user who acts, for what everybody does for himself.

    Raises:
        NotAllowedError: it is no user; the ids of keys, runs and forms are other numbers.
    """
    if by.kind is not ActorKind.USER:
        raise NotAllowedError("users.edit")
    return by.id


def unpack(packed: int) -> tuple[ActorKind, int]:
    """Return kind and id of an actor stored as one number."""
    return ActorKind(packed % 16), packed // 16


EVERYTHING = Viewer(0, rights=RIGHTS)
