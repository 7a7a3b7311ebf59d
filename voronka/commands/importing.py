"""``voronka import``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from engine.text import _l
from voronka.commands import imports_made
from voronka.commands.panels import SELL
from voronka.terminal import said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm.importing.run import Report
    from db.database import Database
    from voronka.import_view import Shown

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help=said(_l("The table: CSV of any usual encoding and separator, or an Excel workbook."))
    ),
]
Map = Annotated[
    Path | None,
    typer.Option("--map", metavar="FILE", help=said(_l("Where the columns go; without it they are recognised."))),
]
Sheet = Annotated[
    str | None, typer.Option("--sheet", metavar="NAME", help=said(_l("Sheet of a workbook; without it the first.")))
]
Plan = Annotated[str | None, typer.Option("--plan", metavar="KEY", help=said(_l("Sales plan of rows that name none.")))]
Funnel = Annotated[
    str | None,
    typer.Option(
        "--funnel", metavar="KEY", help=said(_l("New records start in this published funnel and in no other."))
    ),
]
NoFunnels = Annotated[bool, typer.Option("--no-funnels", help=said(_l("New records start in no funnel.")))]
CreateUsers = Annotated[
    bool, typer.Option("--create-users", help=said(_l("Owners nobody knows become users, as managers.")))
]
DryRun = Annotated[bool, typer.Option("--dry-run", help=said(_l("Write nothing, only say what would happen.")))]
AsJson = Annotated[
    bool, typer.Option("--json", help=said(_l("Print the counts as JSON: read, created, updated, rejected.")))
]
Errors = Annotated[
    Path | None,
    typer.Option(
        "--errors",
        metavar="FILE",
        help=said(
            _l("Where rejected rows go, with line and reason; without it FILE.errors.csv in the working folder.")
        ),
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="rich",
        help=said(_l("Import leads, deals and users from tables.")),
        epilog=said(
            _l("A repeated import adds nothing; one that was cut off goes on where it was. See docs/import.md.")
        ),
    )
    group.command(
        "leads",
        help=said(_l("Import leads; each starts the funnels that wait for new leads.")),
        epilog=said(_l("Example: [cyan]voronka import leads leads.csv --funnel welcome[/]")),
    )(_leads)
    group.command(
        "deals",
        help=said(_l("Import deals with their stages, owners, companies, contacts and products.")),
        epilog=said(_l("Example: [cyan]voronka import deals deals.csv --plan sales --create-users[/]")),
    )(_deals)
    group.command(
        "users",
        help=said(_l("Import users and whom they report to.")),
        epilog=said(_l("Example: [cyan]voronka import users team.csv --plan sales[/]")),
    )(_users)
    imports_made.register(group)
    app.add_typer(group, name="import", rich_help_panel=SELL)


def _leads(
    file: File,
    *,
    funnel: Funnel = None,
    no_funnels: NoFunnels = False,
    plan: Annotated[
        str | None,
        typer.Option("--plan", metavar="KEY", help=said(_l("Each new lead gets a deal on this sales plan."))),
    ] = None,
    mapping: Map = None,
    create_users: CreateUsers = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    errors: Errors = None,
    sheet: Sheet = None,
) -> None:
    _import(
        "leads",
        file,
        mapping=mapping,
        plan=plan,
        funnel="" if no_funnels else funnel,
        create_users=create_users,
        dry_run=dry_run,
        as_json=as_json,
        errors=errors,
        sheet=sheet,
    )


def _deals(
    file: File,
    *,
    plan: Plan = None,
    funnel: Funnel = None,
    no_funnels: NoFunnels = False,
    mapping: Map = None,
    create_users: CreateUsers = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    errors: Errors = None,
    sheet: Sheet = None,
) -> None:
    _import(
        "deals",
        file,
        mapping=mapping,
        plan=plan,
        funnel="" if no_funnels else funnel,
        create_users=create_users,
        dry_run=dry_run,
        as_json=as_json,
        errors=errors,
        sheet=sheet,
    )


def _import(
    kind: Literal["leads", "deals"],
    file: Path,
    *,
    mapping: Path | None,
    plan: str | None,
    funnel: str | None,
    create_users: bool,
    dry_run: bool,
    as_json: bool,
    errors: Path | None,
    sheet: str | None,
) -> None:
    from crm.access.actor import SYSTEM
    from crm.importing.answers import Target
    from crm.importing.excel import as_text
    from crm.importing.mapping import load_mapping
    from crm.importing.run import Import, run_import
    from crm.importing.setting_up import plan_called
    from db.errors import DatabaseFullError
    from funnels.import_start import start_in
    from voronka.import_view import progress, show, shown
    from voronka.opening import opened
    from voronka.terminal import note

    where = load_mapping(mapping, kind=kind) if mapping is not None else None
    rejects = _errors_path(file, errors)
    with as_text(file, sheet=sheet) as table, opened() as database:
        with database.reading() as work:
            plan_key = plan_called(work, plan).key if plan is not None else None
            start = start_in(work, funnel, kind) if funnel is not None else None
        wanted = Import(kind, table, where, Target(plan_key, start, create_users), is_trial=dry_run)
        try:
            with progress(file.name, is_quiet=dry_run) as on_progress:
                report = run_import(database, wanted, by=SYSTEM, on_progress=on_progress)
        except (DatabaseFullError, KeyboardInterrupt):
            note(_l("what was committed stays: repeat the same command, and the import goes on there"))
            raise
        result = shown(report, kind=kind, is_trial=dry_run)
        _write_errors(database, report, rejects)
    show(result, as_json=as_json, errors=rejects)
    _leave(result)


def _users(
    file: File,
    *,
    plan: Annotated[
        str | None, typer.Option("--plan", metavar="KEY", help=said(_l("Sales plan that the managers then work on.")))
    ] = None,
    mapping: Map = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    errors: Errors = None,
    sheet: Sheet = None,
) -> None:
    from crm.access.actor import SYSTEM
    from crm.importing.excel import as_text
    from crm.importing.mapping import load_mapping
    from crm.importing.run import taken_back
    from crm.importing.setting_up import plan_called
    from crm.importing.users import import_users
    from voronka.import_view import Shown, show, write_errors
    from voronka.opening import opened

    where = load_mapping(mapping, kind="users") if mapping is not None else None
    rejects = _errors_path(file, errors)
    with (
        as_text(file, sheet=sheet) as table,
        opened() as database,
        taken_back(database) if dry_run else database.work() as work,
    ):
        plan_key = plan_called(work, plan).key if plan is not None else None
        report = import_users(work, table, by=SYSTEM, mapping=where, plan=plan_key)
    write_errors(rejects, report.columns, iter(report.problems), has_any=bool(report.problems))
    result = Shown(
        kind="users",
        is_trial=dry_run,
        read=report.read,
        created=report.created,
        updated=report.updated,
        rejected=report.rejected,
        unmapped=tuple(column.name for column in report.unmapped),
    )
    show(result, as_json=as_json, errors=rejects)
    _leave(result)


def _errors_path(file: Path, told: Path | None) -> Path:
    """Return where rejected rows go.

    Raises:
        InvalidError: there is no such folder, it is the input itself, or a file of another kind is there.
    """
    from crm.errors import InvalidError
    from voronka.import_view import is_of_rejected_rows

    path = told or Path(f"{file.stem}.errors.csv")
    if told is not None and not path.parent.is_dir():
        raise InvalidError(_l("there is no folder {folder} for the rejected rows", folder=path.parent))
    if path.exists() and file.exists() and path.samefile(file):
        raise InvalidError(_l("{path} is the file to import: name another for the rejected rows", path=path))
    if path.is_dir() or (path.is_file() and not is_of_rejected_rows(path)):
        raise InvalidError(_l("{path} is there and holds no rejected rows: name another file by --errors", path=path))
    return path


def _write_errors(database: Database, report: Report, path: Path) -> None:
    from crm.importing.job import rejected_rows
    from crm.importing.table import RowProblem
    from voronka.import_view import write_errors

    def stored() -> Iterator[RowProblem]:
        after = 0
        while True:
            with database.reading() as work:
                rows = rejected_rows(work, report.job, after=after)
            if not rows:
                return
            after = rows[-1][0]
            yield from (problem for _, problem in rows)

    problems = iter(report.problems) if report.problems or not report.job.id else stored()
    write_errors(path, report.columns, problems, has_any=report.rejected > 0)


def _leave(result: Shown) -> None:
    from voronka.terminal import INCOMPLETE

    if result.rejected:
        raise typer.Exit(INCOMPLETE)
