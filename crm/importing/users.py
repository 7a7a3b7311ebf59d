"""Import users with their supervisors: who is there already stays, only the supervisor may change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from crm.access.actor import Actor
from crm.directory import User, directory
from crm.errors import InvalidError
from crm.importing.mapping import Mapping
from crm.importing.proposal import propose
from crm.importing.reader import open_table
from crm.importing.records import read_users
from crm.importing.rows import UserRow
from crm.importing.staff import Staff, folded, login_for, staff
from crm.importing.table import Column, RowProblem
from crm.settings.logins import new_login
from crm.settings.pool import set_managers
from crm.settings.roles import ROLES
from crm.settings.users import NewUser, UserChange, add_users, change_user
from db.work import Work
from engine.text import LazyText, _l


@dataclass(slots=True)
class UsersReport:
    """What an import of users did; ``created`` counts supervisors too whom the file only names."""

    columns: tuple[Column, ...]
    unmapped: tuple[Column, ...]
    read: int = 0
    created: int = 0
    updated: int = 0
    problems: list[RowProblem] = field(default_factory=list)

    @property
    def rejected(self) -> int:
        """How many rows could not be used."""
        return len(self.problems)


def import_users(
    work: Work, path: Path, *, by: Actor, mapping: Mapping | None = None, plan: str | None = None
) -> UsersReport:
    """Add the users of a file, and their supervisors; a repeated import adds nobody.

    Args:
        work: the transaction: all rows are in, or none.
        path: the file.
        by: who imports.
        mapping: where its columns go; ``None`` lets them be recognised.
        plan: key of a sales plan that they then work on too, those of the file with the role of a manager.

    Raises:
        ImportFileError: the file cannot be read.
        MappingError: the map does not fit.
        SupervisorCycleError: they would supervise each other in a circle.
    """
    by.require("users.edit")
    with (
        open_table(path, header=mapping.header, encoding=mapping.encoding, separator=mapping.separator)
        if mapping is not None
        else open_table(path)
    ) as table:
        where = mapping or propose("users", table.columns, table.sample)
        report = UsersReport(table.columns, where.unmapped(table.columns))
        rows: list[UserRow] = []
        for row in read_users(table, table.columns, where):
            report.read += 1
            if isinstance(row, UserRow) and (wrong := _wrong(row)) is not None:
                report.problems.append(RowProblem(row.line, wrong, cells=row.cells))
            elif isinstance(row, UserRow):
                rows.append(row)
            else:
                report.problems.append(row)
    rows, logins = _write(work, rows, report, by)
    if plan is not None:
        members = [logins[number] for number, row in enumerate(rows) if (row.role or "manager") == "manager"]
        here = [directory(work).users[one.user_id].login for one in directory(work).plan(plan).managers]
        set_managers(work, plan, [*here, *members], by=by)
    return report


def _wrong(row: UserRow) -> LazyText | None:
    if row.role is not None and row.role.casefold() not in ROLES:
        return _l("there is no role “{role}”: choose one of {known}", role=row.role, known=", ".join(sorted(ROLES)))
    if row.login is not None:
        try:
            new_login(row.login)
        except InvalidError as error:
            return _l("{reason}", reason=error.args[0])
    return None


def _write(work: Work, rows: Sequence[UserRow], report: UsersReport, by: Actor) -> tuple[list[UserRow], list[str]]:
    """Add those who are not there, and put all under their supervisors; returns the rows that were used, with their logins."""
    names = _Names(staff(work), set(directory(work).logins))
    used: list[UserRow] = []
    logins: list[str] = []
    new: dict[str, NewUser] = {}
    for row in rows:
        called = [name for name in (row.login, row.email, row.name) if name]
        several = next((name for name in (*called, row.supervisor) if name and names.is_ambiguous(name)), None)
        if several is not None:
            reason = _l("“{name}” could be several users: map their logins", name=several)
            report.problems.append(RowProblem(row.line, reason, cells=row.cells))
            continue
        login = names.find(called)
        if login is None:
            login = names.choose(row.login, row.name or row.email or "")
            name = row.name or row.login or row.email or ""
            new[login] = NewUser(login, name, (row.role or "manager").casefold(), row.email)
        names.learn(called, login)
        used.append(row)
        logins.append(login)
    bosses: dict[str, str] = {}
    for row, login in zip(used, logins, strict=True):
        if row.supervisor is None:
            continue
        boss = names.find([row.supervisor])
        if boss is None:
            boss = names.choose(None, row.supervisor)
            new[boss] = NewUser(boss, row.supervisor, "supervisor")
            names.learn([row.supervisor], boss)
        bosses[login] = boss
    add_users(work, [replace(one, supervisor=bosses.get(login)) for login, one in new.items()], by=by)
    report.created = len(new)
    settings = directory(work)
    for login, boss in bosses.items():
        if login not in new and settings.logins[login].supervisor_id != settings.logins[boss].id:
            change_user(work, login, UserChange(supervisor=boss), by=by)
            report.updated += 1
    return used, logins


class _Names:
    """Logins of those who are there and of those who come, by all they are called."""

    def __init__(self, known: Staff, taken: set[str]) -> None:
        self._known = known
        self._taken = taken
        self._coming: dict[str, str] = {}

    def is_ambiguous(self, name: str) -> bool:
        return len(self._known.called.get(folded(name), ())) > 1

    def find(self, names: Sequence[str]) -> str | None:
        for name in names:
            found = self._known.find(name)
            login = found.login if isinstance(found, User) else self._coming.get(folded(name))
            if login is not None:
                return login
        return None

    def choose(self, login: str | None, name: str) -> str:
        chosen = folded(login) if login else login_for(name, self._taken)
        self._taken.add(chosen)
        return chosen

    def learn(self, names: Sequence[str], login: str) -> None:
        self._coming.update({folded(name): login for name in names})
