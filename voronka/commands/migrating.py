"""``voronka migrate``."""

from __future__ import annotations

import typer

from engine.text import _l
from voronka.commands.panels import OPERATE
from voronka.terminal import done, said


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "migrate",
        rich_help_panel=OPERATE,
        help=said(_l("Bring the database to the schema of this release, making it where there is none.")),
    )(_migrate)


def _migrate() -> None:
    from sqlalchemy.exc import DatabaseError

    from db.database import Database
    from db.migrations import current, upgrade_database
    from voronka.logs import set_up_logs
    from voronka.opening import make_folder, unreachable
    from voronka.settings import read_settings

    settings = read_settings()
    set_up_logs(settings, is_short=True)
    database = Database(settings.database)
    try:
        if database.path is not None:
            make_folder(database.path.parent)
        with database.engine.connect() as connection:
            before = current(connection)
        upgrade_database(database)
        with database.engine.connect() as connection:
            now = current(connection)
    except DatabaseError as error:
        raise unreachable(database, error) from error
    finally:
        database.close()
    done(_l("the database is at schema {schema}", schema=now) if before != now else _l("nothing to migrate"))
