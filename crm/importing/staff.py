"""Owners: whom the cell of a file means, by login, e-mail or name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count

from sqlalchemy import select

from crm.access.actor import Actor
from crm.directory import User, directory
from crm.errors import InvalidError
from crm.latin import latin
from crm.settings.users import NewUser, add_users
from crm.tables.settings import user_account
from db.work import Work
from engine.text import LazyText, _l

_BREAK = re.compile(r"[^a-z0-9]+")
_LONGEST_LOGIN = 60


@dataclass(frozen=True, slots=True)
class Staff:
    """The users by all that a file may call them."""

    called: dict[str, tuple[User, ...]]

    def find(self, text: str) -> User | LazyText:
        """Return the user, or why nobody is meant."""
        found = self.called.get(folded(text), ())
        if len(found) == 1:
            return found[0]
        if found:
            logins = ", ".join(sorted(user.login for user in found))
            return _l("“{name}” could be several users: write the login ({logins})", name=text, logins=logins)
        return _l("there is no user “{name}”: add the user, or repeat with --create-users", name=text)


def staff(work: Work) -> Staff:
    """Return all users.  One query; a login counts before an e-mail, and that before a name."""
    settings = directory(work)
    emails = {row.id: row.email for row in work.rows(select(user_account.c.id, user_account.c.email))}
    by_name: dict[str, list[User]] = defaultdict(list)
    called: dict[str, tuple[User, ...]] = {}
    for user in settings.users.values():
        by_name[folded(user.name)].append(user)
    called.update({name: tuple(users) for name, users in by_name.items()})
    called.update({folded(email): (settings.users[id_],) for id_, email in emails.items() if email})
    called.update({login: (user,) for login, user in settings.logins.items()})
    return Staff(called)


def staff_for(work: Work, names: Iterable[str | None], *, makes_users: bool, by: Actor) -> Staff:
    """Return all users, those nobody knows among ``names`` made managers first where that is wanted.

    A name that cannot be a user's stays unknown.
    """
    wanted = {folded(name): name for name in names if name}
    if not wanted:
        return Staff({})
    known = staff(work)
    missing = [name for key, name in wanted.items() if key not in known.called]
    if not missing or not makes_users:
        return known
    hire(work, [NewUser("", name) for name in missing], by=by)
    return staff(work)


def hire(work: Work, people: Sequence[NewUser], *, by: Actor) -> int:
    """Add users under logins made from their names or e-mails where they have none; returns how many.

    Those whose name cannot be a user's are left out.
    """
    taken = set(directory(work).logins) | {folded(one.login) for one in people if one.login}
    new = []
    for one in people:
        name = " ".join(one.name.split())[:120]
        login = one.login or login_for(name, taken)
        taken.add(login)
        email = one.email or (name if "@" in name else None)
        new.append(NewUser(login, name, one.role, email, one.supervisor))
    try:
        add_users(work, new, by=by)
    except InvalidError:
        if len(new) == 1:
            return 0
        return sum(hire(work, [one], by=by) for one in people)
    return len(new)


def login_for(name: str, taken: Iterable[str]) -> str:
    """Return a login made from a name: ``Moses Frase`` is ``moses.frase``, the next one ``moses.frase2``."""
    base = _BREAK.sub(".", latin(name.partition("@")[0])).strip(".")[:_LONGEST_LOGIN] or "user"
    known = set(taken)
    if base not in known:
        return base
    return next(login for number in count(2) if (login := f"{base}{number}") not in known)


def folded(text: str) -> str:
    """Return what users are called as it is compared."""
    return " ".join(text.split()).casefold()
