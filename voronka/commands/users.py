"""``voronka user``: who works here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import _l
from voronka.commands.panels import BEGIN
from voronka.terminal import done, note, out, print_json, said

if TYPE_CHECKING:
    from db.work import Work

Login = Annotated[str, typer.Argument(metavar="LOGIN", help=said(_l("The name to sign in with.")))]
FromInput = Annotated[
    bool, typer.Option("--password-stdin", help=said(_l("Read the password from the first line of standard input.")))
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help=said(_l("Add users, list them, change passwords.")))
    group.command(
        "add",
        help=said(_l("Add a user. The first one of a new database becomes the administrator of a new company.")),
        epilog=said(_l('Example: [cyan]voronka user add ann --name "Ann Lee" --supervisor boss[/]')),
    )(_add)
    group.command("list", help=said(_l("List the users.")))(_list)
    group.command("passwd", help=said(_l("Give a user a new password.")))(_passwd)
    app.add_typer(group, name="user", rich_help_panel=BEGIN)


def _add(
    login: Login,
    *,
    name: Annotated[str | None, typer.Option(help=said(_l("Full name; without it the login.")))] = None,
    role: Annotated[
        str | None, typer.Option(help=said(_l("administrator, supervisor, manager or marketer; manager without it.")))
    ] = None,
    email: Annotated[str | None, typer.Option(help=said(_l("E-mail address.")))] = None,
    supervisor: Annotated[str | None, typer.Option(help=said(_l("Login of the supervisor.")))] = None,
    language: Annotated[str | None, typer.Option(help=said(_l("en, ru or uk; without it the company's.")))] = None,
    password_stdin: FromInput = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help=said(_l("Do not ask for a password; nobody can sign in with none.")))
    ] = False,
    company: Annotated[str, typer.Option(help=said(_l("Name of the company, for the first user.")))] = "",
    zone: Annotated[str, typer.Option(help=said(_l("Its time zone, as Europe/Kyiv.")))] = "UTC",
    currency: Annotated[str, typer.Option(help=said(_l("Its currency, as EUR.")))] = "USD",
) -> None:
    from crm.access.actor import SYSTEM
    from crm.settings.organization import NewOrganization, set_up
    from crm.settings.users import NewUser, add_users
    from voronka.opening import opened
    from voronka.terminal import language as spoken

    password = None if no_password else _password(password_stdin)
    with opened(create=True) as database, database.work() as work:
        is_first = _is_empty(work)
        if is_first:
            set_up(work, NewOrganization(company or str(_l("My company")), zone, currency, language or spoken()))
        new = NewUser(
            login,
            name or login,
            role or ("administrator" if is_first else "manager"),
            email,
            supervisor,
            language,
            password=password,
        )
        add_users(work, [new], by=SYSTEM)
    if is_first:
        done(_l("the company is set up, in {zone}, with {currency}", zone=zone, currency=currency.upper()))
    done(_l("{login} is added as {role}", login=login, role=new.role))


def _list(
    *, as_json: Annotated[bool, typer.Option("--json", help=said(_l("Print JSON for programs.")))] = False
) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from crm.directory import directory
    from voronka.opening import opened

    with opened() as database, database.reading() as work:
        users = directory(work).users
    bosses = {user.id: user.login for user in users.values()}
    rows = [
        {
            "login": user.login,
            "name": user.name,
            "role": user.role,
            "supervisor": bosses.get(user.supervisor_id or 0),
            "is_active": user.is_active,
        }
        for user in sorted(users.values(), key=lambda user: user.login)
    ]
    if as_json:
        print_json(rows)
        return
    table = Table(box=SIMPLE_HEAD, header_style="dim", border_style="dim")
    for heading in (_l("Login"), _l("Full name"), _l("Role"), _l("Supervisor")):
        table.add_column(said(heading))
    for row in rows:
        cells = [str(row[column] or "·") for column in ("login", "name", "role", "supervisor")]
        table.add_row(*cells, style="" if row["is_active"] else "dim strike")
    out().print(table)


def _passwd(login: Login, *, password_stdin: FromInput = False) -> None:
    from crm.access.actor import SYSTEM
    from crm.directory import directory
    from crm.settings.logins import folded_login
    from crm.settings.passwords import set_password
    from voronka.opening import opened

    with opened() as database:
        with database.reading() as work:
            directory(work).user(folded_login(login))  # refused before anybody types a password
        password = _password(password_stdin)
        with database.work() as work:
            set_password(work, login, password, by=SYSTEM)
    done(_l("{login} has a new password", login=login))


def _password(from_input: bool) -> str:
    """Return a password that is typed twice and not shown, or comes on standard input."""
    import sys

    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise typer.BadParameter(said(_l("nobody can type a password here: say --password-stdin")))
    while True:
        password: str = typer.prompt(said(_l("Password")), hide_input=True)
        if password == typer.prompt(said(_l("The same again")), hide_input=True):
            return password
        note(_l("these differ; try again"))


def _is_empty(work: Work) -> bool:
    from sqlalchemy import select

    from crm.tables.settings import organization

    return work.scalar(select(organization.c.id)) is None
