"""Links that work once: an invitation, or a new password."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal

from sqlalchemy import select

from crm.access.actor import SYSTEM, Actor
from crm.access.sessions import end_sessions
from crm.access.tokens import new_token, token_hash
from crm.directory import User, directory
from crm.journal import cause_of, journal
from crm.settings.passwords import set_password
from crm.tables.accounts import one_time_link
from db.work import Work
from engine.text import _l
from voronka_error import VoronkaError

Purpose = Literal["invitation", "password"]
LASTS: Final = {"invitation": timedelta(days=7), "password": timedelta(hours=2)}


class LinkOverError(VoronkaError):
    """A link that was used, has expired, or never was."""

    code = "link_over"

    def __init__(self) -> None:
        super().__init__(_l("this link has been used or has expired: ask for a new one"))


def make_link(work: Work, login: str, purpose: Purpose, *, by: Actor) -> str:
    """Return the secret of a new link for a user; earlier ones of the same purpose work no more.

    Raises:
        NotFoundError: there is no such user.
        NotAllowedError: the user has rights that the actor lacks.
    """
    by.require("users.edit")
    user = directory(work).user(login)
    by.require_all(user.rights)
    work.execute(one_time_link.delete().where(one_time_link.c.user_id == user.id, one_time_link.c.purpose == purpose))
    token = new_token()
    [link_id] = work.ids("one_time_link", 1)
    work.execute(
        one_time_link.insert().values(
            id=link_id,
            token_hash=token_hash(token),
            user_id=user.id,
            purpose=purpose,
            created_by=by.packed,
            created_at=work.now,
            expires_at=work.now + LASTS[purpose],
        )
    )
    action = "invited" if purpose == "invitation" else "link_made"
    data = {"what": "user", "key": user.login, "action": action}
    journal(work).add("config.changed", 0, user.id, data, cause_of(by))
    return token


def link_user(work: Work, token: str) -> User:
    """Return whom a link is for.

    Raises:
        LinkOverError: it does not work (any more).
    """
    rows = work.rows(select(one_time_link).where(one_time_link.c.token_hash == token_hash(token)))
    user = directory(work).users.get(rows[0].user_id) if rows and rows[0].expires_at > work.now else None
    if user is None or not user.is_active:
        raise LinkOverError
    return user


def use_link(work: Work, token: str, password: str) -> User:
    """Set the password by a link and return the user; the link works no more, and every session of his ends.

    Raises:
        LinkOverError: it does not work (any more).
        InvalidError: the password is too short or too long; the link still works.
    """
    user = link_user(work, token)
    set_password(work, user.login, password, by=SYSTEM)
    end_sessions(work, user.id, by=SYSTEM)
    if not work.execute(one_time_link.delete().where(one_time_link.c.token_hash == token_hash(token))):
        raise LinkOverError
    work.execute(one_time_link.delete().where(one_time_link.c.user_id == user.id))
    return user
