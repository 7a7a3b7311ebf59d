"""Who asked for what is worked off later: the actor behind a stored number, with the rights he has now."""

from __future__ import annotations

from crm.access.actor import SYSTEM, Actor, ActorKind, unpack
from crm.access.viewers import actor_of
from crm.directory import directory
from crm.errors import NotAllowedError
from crm.ways.api_keys import active_api_key, actor_of_key
from db.work import Work


def asker(work: Work, caused_by: int, right: str) -> Actor:
    """Return who asked for something that needed ``right``, with the rights of now.

    Raises:
        NotAllowedError: the person has left, or the key was revoked.
    """
    kind, id_ = unpack(caused_by)
    if kind is ActorKind.SYSTEM:
        return SYSTEM
    if kind is ActorKind.API:
        key = active_api_key(work, id_)
        if key is None:
            raise NotAllowedError(right)
        return actor_of_key(key)
    settings = directory(work)
    user = settings.users.get(id_)
    if kind is not ActorKind.USER or user is None or not user.is_active:
        raise NotAllowedError(right)
    return actor_of(settings, user)
