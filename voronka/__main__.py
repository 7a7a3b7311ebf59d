"""The program ``voronka``."""

from __future__ import annotations

import errno
import gc
import os
import sys
from typing import Final

from engine.text import _l
from voronka_error import VoronkaError

_ELSEWHERE: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM}
"""What a disk or its owner refuses: no fault of the program."""


def main() -> None:
    """Run the command line; what is refused is said in a line, with exit status 2."""
    from voronka.command_line import command_line
    from voronka.terminal import REFUSED, complain, refuse, said

    try:
        _arm()
        try:
            command_line()(prog_name="voronka")
        finally:
            _flush()
            gc.freeze()  # at its end Python would look through all that was imported again and again: half a second
    except VoronkaError as error:
        refuse(error)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        if error.errno not in _ELSEWHERE:
            raise
        _silence()
        if error.filename is not None:
            complain(said(_l("{path}: {problem}", path=error.filename, problem=error.strerror)))
        else:
            complain(said(_l("the answer cannot be written: {problem}; send it elsewhere", problem=error.strerror)))
        sys.exit(REFUSED)
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


def _flush() -> None:
    """Write what is left of the answer, while an error can still be told; a reader who has left needs none."""
    if sys.stdout is not None:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            _silence()


def _silence() -> None:
    """Let nothing be written again at the very end to where it cannot be."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _database_trouble(error: Exception) -> str | None:
    """Return what a database driver said, where it was one that failed and not our program."""
    if "sqlalchemy" not in sys.modules:
        return None
    from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError

    if not isinstance(error, DBAPIError):
        return None
    problem = str(error.orig).strip().partition("\n")[0]
    if "readonly database" in problem or "read-only transaction" in problem:
        return _l("it can only be read here; let this user write to it, on SQLite to its file and its folder")
    if isinstance(error, (OperationalError, InterfaceError)) or type(error) is DatabaseError:
        return problem
    return None


if __name__ == "__main__":
    main()
