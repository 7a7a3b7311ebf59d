"""Who acts and who looks: every command takes an ``Actor``, every query a ``Viewer``."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

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


RIGHTS = frozenset(
    {
        "settings.edit",
        "users.edit",
        "funnels.edit",
        "funnels.publish",
        "runs.repair",
        "leads.create",
        "leads.edit",
        "deals.create",
        "deals.edit",
        "deals.edit_all",
        "deals.mass_edit",
        "tasks.edit",
        "records.import",
        "records.see_all",
        "records.see_team",
    }
)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, reduced to what may be seen: ``None`` stands for all.

    ``owner_ids`` are the users whose records may be seen, ``plan_ids`` the plans; a deal without owner is visible to its plan's
    members.
    """

    user_id: int
    owner_ids: frozenset[int] | None = None
    plan_ids: frozenset[int] | None = None
    rights: frozenset[str] = field(default_factory=frozenset)

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
