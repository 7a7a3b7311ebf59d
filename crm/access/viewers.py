"""Who a user is to commands and queries: as an actor with his rights, and as a viewer reduced to what he may see."""

from __future__ import annotations

from crm.access.actor import Actor, ActorKind, Viewer
from crm.directory import Directory, User


def actor_of(settings: Directory, user: User) -> Actor:
    """Return a user as the one who does something, to the records that he sees."""
    return Actor(ActorKind.USER, user.id, user.rights, sees=viewer_of(settings, user))


def viewer_of(settings: Directory, user: User) -> Viewer:
    """Return a user as the one who looks.

    Who sees all sees all; who sees his team sees himself and everybody below him; others see themselves.  Deals without an owner
    are seen on the plans that one of these people works on.
    """
    team = team_of(settings, user)
    if "records.see_all" in user.rights:
        return Viewer(user.id, rights=user.rights, team_ids=team)
    owners = {user.id} | (team if "records.see_team" in user.rights else frozenset())
    plans = {plan.id for plan in settings.plans.values() if any(one.user_id in owners for one in plan.managers)}
    return Viewer(user.id, frozenset(owners), frozenset(plans), user.rights, team)


def team_of(settings: Directory, user: User) -> frozenset[int]:
    """Return the ids of everybody below a user, however deep; without himself."""
    below: set[int] = set()
    above = {user.id}
    while above:
        above = {one.id for one in settings.users.values() if one.supervisor_id in above} - below - {user.id}
        below |= above
    return frozenset(below)
