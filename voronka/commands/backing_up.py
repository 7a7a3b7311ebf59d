"""``voronka backup`` and ``voronka restore``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import _l
from voronka.commands.panels import OPERATE
from voronka.terminal import done, said

if TYPE_CHECKING:
    from db.backups.file import Backup

File = Annotated[Path, typer.Argument(metavar="FILE", help=said(_l("The file of the backup.")))]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        "backup",
        rich_help_panel=OPERATE,
        help=said(_l("Write everything into one file, as it is at one moment; nobody has to stop.")),
    )(_backup)
    app.command(
        "restore",
        rich_help_panel=OPERATE,
        help=said(_l("Put a backup back, whole or not at all. One of SQLite may also be put into PostgreSQL.")),
    )(_restore)


def _backup(file: File) -> None:
    from db.backups import postgresql, sqlite
    from voronka.opening import opened

    with opened() as database:
        found = sqlite.back_up(database.path, file) if database.path is not None else postgresql.back_up(database, file)
    _say(_l("{rows} rows are in {file}", rows=found.rows, file=file), found)


def _restore(
    file: File,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help=said(_l("Put it in the place of what is there, which is lost.")))
    ] = False,
) -> None:
    from db.database import Database
    from voronka.logs import set_up_logs
    from voronka.opening import make_folder
    from voronka.restoring import restore
    from voronka.settings import read_settings

    settings = read_settings()
    set_up_logs(settings, is_short=True)
    database = Database(settings.database)
    try:
        if database.path is not None:
            make_folder(database.path.parent)
        found = restore(file, database, replace=replace)
    finally:
        database.close()
    _say(_l("{rows} rows of {file} are back", rows=found.rows, file=file), found)
    done(_l("check them: voronka doctor --deep"))


def _say(text: str, found: Backup) -> None:
    done(_l("{text}; schema {schema}, {size} MiB", text=text, schema=found.schema, size=f"{found.size / 2**20:.1f}"))
