"""Logins, and who stands behind them."""

from __future__ import annotations

from collections import defaultdict

from crm.access.actor import Actor, ActorKind, Viewer
from crm.directory import User, directory
from crm.errors import InvalidError, NotFoundError
from db.work import Work
from engine.text import _l

LONGEST_LOGIN = 100


def folded_login(login: str) -> str:
    """Return a login as it is compared and stored."""
    return login.strip().casefold()


def new_login(login: str) -> str:
    """Return a login for a new user.

    Raises:
        InvalidError: it is empty, too long, or has spaces.
    """
    folded = folded_login(login)
    if not folded or len(folded) > LONGEST_LOGIN or any(c.isspace() or not c.isprintable() for c in folded):
        raise InvalidError(_l("“{login}” cannot be a login: write one word of at most 100 characters", login=login))
    return folded


def actor_of(work: Work, login: str) -> Actor:
    """Return a user as one who acts.

    Raises:
        NotFoundError: there is no such user, or he was deactivated.
    """
    user = directory(work).user(folded_login(login))
    if not user.is_active:
        raise NotFoundError("user", login)
    return Actor(ActorKind.USER, user.id, user.rights)


def viewer_of(work: Work, user: User) -> Viewer:
    """Return a user as one who looks.

    Who may see all sees all; who may see a team sees his people, theirs in turn, and himself; others see themselves.  With the
    people come the plans they are members of, and so the deals there that nobody owns.
    """
    team = team_of(work, user.id)
    if "records.see_all" in user.rights:
        return Viewer(user.id, rights=user.rights, team_ids=team)
    owners = team if "records.see_team" in user.rights else frozenset({user.id})
    plans = frozenset(
        plan.id
        for plan in directory(work).plans.values()
        if any(manager.user_id in owners for manager in plan.managers)
    )
    return Viewer(user.id, owners, plans, user.rights, team)


def team_of(work: Work, user_id: int) -> frozenset[int]:
    """Return a supervisor, his people, theirs, and so on; those deactivated too, for their records remain."""
    people: dict[int | None, list[int]] = defaultdict(list)
    for user in directory(work).users.values():
        people[user.supervisor_id].append(user.id)
    team = {user_id}
    waiting = [user_id]
    while waiting:
        new = [one for one in people[waiting.pop()] if one not in team]
        team.update(new)
        waiting += new
    return frozenset(team)
