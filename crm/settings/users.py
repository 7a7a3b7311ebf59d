"""Users: who works here, in which role, under whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

from sqlalchemy import Row, select

from crm.access.actor import Actor, oneself
from crm.deals.distribution import join_pool
from crm.directory import Directory, User, directory
from crm.errors import InvalidError, NotFoundError
from crm.people.identity import normalise_email
from crm.settings.change import KEPT, Kept, Refers, check_version, clean_name, given, note, note_many, require_unused
from crm.settings.errors import SupervisorCycleError
from crm.settings.logins import folded_login, new_login
from crm.settings.organization import known_language, known_zone
from crm.settings.passwords import hash_password
from crm.settings.roles import ADMINISTRATOR
from crm.tables.settings import role, user_account
from db.work import Work
from engine.text import _l

_COLUMNS: Final = (
    "id",
    "login",
    "name",
    "email",
    "password_hash",
    "role_id",
    "supervisor_id",
    "language",
    "zone",
    "is_active",
    "created_at",
    "version",
)


@dataclass(frozen=True, slots=True)
class NewUser:
    """Somebody to add.  ``supervisor`` is a login, of one who is there or comes along; ``language`` ``None`` is the company's."""

    login: str
    name: str
    role: str = "manager"
    email: str | None = None
    supervisor: str | None = None
    language: str | None = None
    zone: str | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True)
class UserChange:
    """What to change of a user; ``KEPT`` stays, ``None`` takes away."""

    name: str | Kept = KEPT
    role: str | Kept = KEPT
    email: str | Kept | None = KEPT
    supervisor: str | Kept | None = KEPT
    language: str | Kept = KEPT
    zone: str | Kept | None = KEPT


def add_users(work: Work, new: Sequence[NewUser], *, by: Actor) -> tuple[int, ...]:
    """Add users, and return their ids in order.  All or none are added, by a fixed number of statements.

    Raises:
        InvalidError: a login is taken or cannot be, or another value cannot be.
        NotFoundError: a role or a supervisor does not exist.
        SupervisorCycleError: they would supervise each other in a circle.
    """
    by.require("users.edit")
    if not new:
        return ()
    settings = directory(work)
    logins = [new_login(one.login) for one in new]
    for place, login in enumerate(logins):
        if login in settings.logins or login in logins[:place]:
            raise InvalidError(_l("the login “{login}” is taken: choose another", login=login))
    roles = _roles(work)
    _give_roles(roles, {one.role for one in new}, by)
    ids = dict(zip(logins, work.ids("user_account", len(new)), strict=True))
    bosses = {
        login: folded_login(one.supervisor) if one.supervisor else None for login, one in zip(logins, new, strict=True)
    }
    rows = {
        login: (
            ids[login],
            login,
            clean_name(one.name, _l("the user's name")),
            _email(one.email),
            hash_password(one.password) if one.password is not None else None,
            _role_id(roles, one.role),
            _supervisor_id(settings, ids, bosses[login]),
            known_language(one.language or settings.organization["language"]),
            known_zone(one.zone) if one.zone else None,
            True,
            work.now,
            1,
        )
        for login, one in zip(logins, new, strict=True)
    }
    work.insert(user_account, _COLUMNS, [rows[login] for login in _bosses_first(bosses)])
    note_many(work, "user", list(ids.items()), "created", by)
    return tuple(ids[login] for login in logins)


def change_user(work: Work, login: str, change: UserChange, *, by: Actor, version: int | None = None) -> None:
    """Change a user.

    Raises:
        NotFoundError: the user, the role or the supervisor does not exist.
        SupervisorCycleError: the new supervisor stands below him.
        InvalidError: a value cannot be, or the last administrator would be none any more.
        NotAllowedError: he has, or would get, rights that the actor lacks.
        StaleError: the user was changed since ``version``.
    """
    by.require("users.edit")
    settings = directory(work)
    user = settings.user(folded_login(login))
    by.require_all(user.rights)
    values = given({"zone": known_zone(change.zone) if isinstance(change.zone, str) else change.zone})
    if not isinstance(change.name, Kept):
        values["name"] = clean_name(change.name, _l("the user's name"))
    if not isinstance(change.email, Kept):
        values["email"] = _email(change.email)
    if not isinstance(change.language, Kept):
        values["language"] = known_language(change.language)
    if not isinstance(change.role, Kept):
        roles = _roles(work)
        values["role_id"] = _role_id(roles, change.role)
        _give_roles(roles, {change.role}, by)
        if change.role != ADMINISTRATOR:
            _keep_an_administrator(settings, {user.id})
    if not isinstance(change.supervisor, Kept):
        boss = settings.user(folded_login(change.supervisor)) if change.supervisor else None
        _refuse_circle(settings, user, boss)
        values["supervisor_id"] = boss.id if boss else None
    stored = work.scalar(select(user_account.c.version).where(user_account.c.id == user.id).with_for_update())
    check_version("user", user.id, version, stored)
    if values:
        work.execute(user_account.update().where(user_account.c.id == user.id).values(version=stored + 1, **values))
        more: dict[str, object] = {"fields": sorted(name.removesuffix("_id") for name in values)}
        if not isinstance(change.role, Kept) and change.role != user.role:
            more["role"] = [user.role, change.role]
        note(work, "user", user.login, "changed", user.id, by, more)


def change_own_language(work: Work, language: str, *, by: Actor) -> None:
    """Let the interface speak another language to the user who acts.

    Raises:
        InvalidError: it does not speak it.
    """
    _change_own(work, {"language": known_language(language)}, by)


def change_oneself(work: Work, *, name: str, email: str | None, language: str, zone: str | None, by: Actor) -> None:
    """Let the user who acts change what is his own; role and supervisor are for others to change.

    Raises:
        InvalidError: a value cannot be.
    """
    values = {
        "name": clean_name(name, _l("the user's name")),
        "email": _email(email),
        "language": known_language(language),
        "zone": known_zone(zone) if zone else None,
    }
    _change_own(work, values, by)


def _change_own(work: Work, values: Mapping[str, object], by: Actor) -> None:
    user = directory(work).users[oneself(by)]
    change = user_account.update().where(user_account.c.id == user.id)
    work.execute(change.values(version=user_account.c.version + 1, **values))
    note(work, "user", user.login, "changed", user.id, by)


def deactivate_users(
    work: Work, logins: Sequence[str], *, by: Actor, refers: Refers | None = None, confirmed: bool = False
) -> None:
    """Let users in no more and give them no new deals; what they did and own remains.

    Raises:
        NotFoundError: one of them does not exist.
        InUseError: funnels or robots name one of them, and it was not ``confirmed``.
        InvalidError: no administrator would be left.
    """
    by.require("users.edit")
    settings = directory(work)
    users = [user for login in logins if (user := settings.user(folded_login(login))).is_active]
    for user in users:
        by.require_all(user.rights)
    _keep_an_administrator(settings, {user.id for user in users})
    if not confirmed:
        for user in users:
            require_unused("user", user.login, (), refers)
    _activate(work, users, False, by)


def reactivate_users(work: Work, logins: Sequence[str], *, by: Actor) -> None:
    """Let users in again; on the plans where they take deals they start at the lowest counter.

    Raises:
        NotFoundError: one of them does not exist.
    """
    by.require("users.edit")
    settings = directory(work)
    users = [user for login in logins if not (user := settings.user(folded_login(login))).is_active]
    _activate(work, users, True, by)
    back = {user.id for user in users}
    for plan in directory(work).plans.values():
        joining = [one.user_id for one in plan.managers if one.is_taking and one.user_id in back]
        if joining:
            join_pool(work, plan.id, joining)


def _activate(work: Work, users: Sequence[User], is_active: bool, by: Actor) -> None:
    if users:
        work.execute(
            user_account.update()
            .where(user_account.c.id.in_([user.id for user in users]))
            .values(is_active=is_active, version=user_account.c.version + 1)
        )
    action = "reactivated" if is_active else "deactivated"
    note_many(work, "user", [(user.login, user.id) for user in users], action, by)


def _roles(work: Work) -> dict[str, Row[Any]]:
    return {row.key: row for row in work.rows(select(role))}


def _role_id(roles: Mapping[str, Row[Any]], key: str) -> int:
    if key not in roles:
        raise NotFoundError("role", key)
    return int(roles[key].id)


def _give_roles(roles: Mapping[str, Row[Any]], keys: set[str], by: Actor) -> None:
    """Refuse an actor who would give away rights that he lacks."""
    for key in sorted(keys & set(roles)):
        by.require_all(frozenset(roles[key].rights))


def _email(text: str | None) -> str | None:
    if not text:
        return None
    email = normalise_email(text)
    if email is None:
        raise InvalidError(_l("“{text}” is no e-mail address", text=text))
    return email


def _supervisor_id(settings: Directory, coming: Mapping[str, int], login: str | None) -> int | None:
    if login is None:
        return None
    return coming[login] if login in coming else settings.user(login).id


def _bosses_first(bosses: Mapping[str, str | None]) -> list[str]:
    """Return logins so that a supervisor stands before his people."""
    order = TopologicalSorter({login: [boss] if boss in bosses else [] for login, boss in bosses.items()})
    try:
        return list(order.static_order())  # type: ignore[arg-type]  # bosses outside were left out above
    except CycleError as error:
        raise SupervisorCycleError(error.args[1]) from None


def _refuse_circle(settings: Directory, user: User, boss: User | None) -> None:
    path = [user.login]
    while boss is not None:
        path.append(boss.login)
        if boss.id == user.id:
            raise SupervisorCycleError(path)
        boss = settings.users[boss.supervisor_id] if boss.supervisor_id is not None else None


def _keep_an_administrator(settings: Directory, going: set[int]) -> None:
    administrators = {user.id for user in settings.users.values() if user.role == ADMINISTRATOR and user.is_active}
    if administrators and administrators <= going:
        raise InvalidError(_l("the last administrator must stay: make somebody else one first"))
