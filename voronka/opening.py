"""Open the database of the settings, with the schema that this release needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path
from socket import gethostname
from typing import Final

from sqlalchemy.exc import DatabaseError, OperationalError

import db
from crm.access.origins import Origin
from db.database import Database
from engine.text import _l
from voronka.settings import Settings, read_settings
from voronka_error import VoronkaError

_VERSIONS: Final = Path(db.__file__).parent / "migrations" / "versions"


class NoDatabaseError(VoronkaError):
    """There is no database yet where one is looked for."""

    code = "no_database"

    def __init__(self, path: Path) -> None:
        super().__init__(
            _l(
                "there is no database {path}: `voronka serve` makes one, `voronka demo` one with a sample company;"
                " VORONKA_DATABASE_URL or VORONKA_DATA_DIR name another",
                path=path,
            )
        )
        self.path = path


class UnreachableError(VoronkaError):
    """The database does not answer, or is none."""

    code = "database_unreachable"


def _terminal() -> str:
    """Return who works at which machine, for the journal."""
    try:
        return f"{getuser()}@{gethostname()}"
    except (KeyError, OSError):  # a container's user may have no name
        return gethostname()


@contextmanager
def opened(settings: Settings | None = None, *, create: bool = False, is_short: bool = True) -> Iterator[Database]:
    """Open the database of the settings and close it at the end.

    An embedded one is migrated by itself; ``create`` makes it where there is none.  ``is_short`` says that
    the command ends soon and logs warnings only.

    Raises:
        NoDatabaseError: there is no such file, and it is not to be made.
        SchemaError: a PostgreSQL database waits for `voronka migrate`, or a newer release has migrated it.
        UnreachableError: it does not answer, or the file is no database.
    """
    from voronka.logs import set_up_logs

    settings = settings or read_settings()
    set_up_logs(settings, is_short=is_short)
    database = Database(settings.database, shift=settings.clock_shift)
    if is_short:
        database.cache["origin"] = Origin("line", 0, _terminal())
    try:
        _make_ready(database, create=create)
        yield database
    finally:
        database.close()


def _make_ready(database: Database, *, create: bool) -> None:
    if database.path is not None and not create and not database.path.exists():
        raise NoDatabaseError(database.path)
    if database.path is not None and _is_newest(database):
        return
    from db.errors import SchemaError
    from db.migrations import check, upgrade_database  # loaded late: Alembic takes as long to load as all the rest

    try:
        if database.path is None:
            check(database)
            return
        make_folder(database.path.parent)
        try:
            check(database)
        except SchemaError:
            upgrade_database(database)
    except DatabaseError as error:
        raise unreachable(database, error) from error


def make_folder(folder: Path) -> None:
    """Make the folder of an embedded database where there is none.

    Raises:
        UnreachableError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnreachableError(
            _l(
                "cannot make the folder {path}: {problem}; VORONKA_DATA_DIR names another",
                path=error.filename,
                problem=error.strerror,
            )
        ) from error


def _is_newest(database: Database) -> bool:
    """Tell quickly whether an embedded database has our newest schema; whatever is doubtful is left to the migrations."""
    revisions = [path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*_*.py")]
    try:
        with database.engine.connect() as connection:
            here = connection.exec_driver_sql("select version_num from alembic_version").scalars().all()
    except DatabaseError:
        return False
    return bool(revisions) and here == [max(revisions)]


def unreachable(database: Database, error: DatabaseError) -> UnreachableError:
    """Return the error for a database whose driver refused, with the address but not the password."""
    where = database.url.render_as_string(hide_password=True)
    problem = str(error.orig).strip().partition("\n")[0]
    if isinstance(error, OperationalError):
        return UnreachableError(_l("the database {where} does not answer: {problem}", where=where, problem=problem))
    return UnreachableError(_l("{where} is not a database of ours: {problem}", where=where, problem=problem))
