"""Passwords, kept as argon2 hashes only."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from crm.access.actor import Actor, ActorKind, oneself
from crm.directory import User, directory
from crm.errors import InvalidError
from crm.settings.change import note_only
from crm.settings.logins import folded_login
from crm.tables.settings import user_account
from db.work import Work
from engine.text import _l
from voronka_error import VoronkaError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST_PASSWORD: Final = 8
LONGEST_PASSWORD: Final = 1000


class WrongPasswordError(VoronkaError):
    """An old password that does not fit."""

    code = "wrong_password"

    def __init__(self) -> None:
        super().__init__(_l("this is not your present password"))


def set_password(work: Work, login: str, password: str, *, by: Actor) -> None:
    """Give a user a new password; everybody may set his own.

    Raises:
        NotFoundError: there is no such user.
        InvalidError: the password is too short or too long.
    """
    user = directory(work).user(folded_login(login))
    if not (by.kind is ActorKind.USER and by.id == user.id):
        by.require("users.edit")
        by.require_all(user.rights)
    work.execute(
        user_account.update()
        .where(user_account.c.id == user.id)
        .values(password_hash=hash_password(password), version=user_account.c.version + 1)
    )
    note_only(work, "user", user.login, "password_set", user.id, by)


def change_own_password(work: Work, old: str, new: str, *, by: Actor) -> None:
    """Let the user who acts choose another password; the old one is asked, for he may have left his desk.

    Raises:
        WrongPasswordError: the old one does not fit.
        InvalidError: the new one is too short or too long.
    """
    user = directory(work).users[oneself(by)]
    if check_password(work, user.login, old) is None:
        raise WrongPasswordError
    set_password(work, user.login, new, by=by)


def check_password(work: Work, login: str, password: str) -> User | None:
    """Return the active user whom login and password belong to; it takes as long for a login that does not exist."""
    row = work.rows(
        select(user_account.c.id, user_account.c.password_hash).where(
            user_account.c.login == folded_login(login), user_account.c.is_active.is_(True)
        )
    )
    stored = row[0].password_hash if row else None
    fits = _fits(stored or _nobody(), password[: LONGEST_PASSWORD + 1])
    if stored is None or not fits:
        return None
    if _hasher().check_needs_rehash(stored):
        work.execute(
            user_account.update().where(user_account.c.id == row[0].id).values(password_hash=hash_password(password))
        )
    return directory(work).users[row[0].id]


def hash_password(password: str) -> str:
    """Return what is kept of a password.

    Raises:
        InvalidError: it is too short or too long.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise InvalidError(
            _l(
                "a password has {shortest} to {longest} characters",
                shortest=SHORTEST_PASSWORD,
                longest=LONGEST_PASSWORD,
            )
        )
    return _hasher().hash(password)


def _fits(stored: str, password: str) -> bool:
    from argon2.exceptions import VerifyMismatchError

    try:
        return _hasher().verify(stored, password)
    except VerifyMismatchError:
        return False


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # loaded late: most commands need no passwords

    return PasswordHasher()


@cache
def _nobody() -> str:
    return _hasher().hash("nobody's password")
