"""The program ``voronka``."""

from __future__ import annotations

import os
import sys

from engine.text import _l
from voronka_error import VoronkaError


def main() -> None:
    """Run the command line; what is refused is said in a line, with exit status 2."""
    from voronka.command_line import command_line
    from voronka.terminal import REFUSED, complain, refuse, said

    try:
        _arm()
        command_line()(prog_name="voronka")
    except VoronkaError as error:
        refuse(error)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        found = _database_trouble(error)
        if found is None:
            raise
        complain(said(_l("the database: {problem}", problem=found)))
        sys.exit(REFUSED)


def _arm() -> None:
    """Let the fault suite end the process: ``VORONKA_KILL_AT=point:count``."""
    wanted = os.environ.get("VORONKA_KILL_AT")
    if wanted:
        from db.points import kill_at

        point, _, count = wanted.rpartition(":")
        kill_at(point, int(count))


def _database_trouble(error: Exception) -> str | None:
    """Return what a database driver said, where it was one that failed and not our program."""
    if "sqlalchemy" not in sys.modules:
        return None
    from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError

    if isinstance(error, (OperationalError, InterfaceError)) or type(error) is DatabaseError:
        return str(error.orig).strip().partition("\n")[0]
    return None


if __name__ == "__main__":
    main()
