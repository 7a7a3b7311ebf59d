"""The file of a backup: what kind it is, and how it is written so that it is whole or not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from voronka_error import VoronkaError

SQLITE_STARTS: Final = b"SQLite format 3\0"
ZIP_STARTS: Final = b"PK"
LEFT_OUT: Final = ("process", "lease", "search_text", "deal_order", "searched")
"""Tables about processes that live now, and what is made anew from the records."""


class BackupError(VoronkaError):
    """A backup that cannot be taken or put back; nothing was changed."""

    code = "backup"


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds: the schema it was taken at, and its rows.  ``size`` is in bytes."""

    schema: str
    rows: int
    size: int


def kind_of(path: Path) -> Literal["sqlite", "postgresql"]:
    """Return which kind of database a backup was taken of.

    Raises:
        BackupError: it is no backup, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(SQLITE_STARTS))
    except OSError as error:
        raise BackupError(f"cannot read {path}: {error.strerror}") from error
    if start == SQLITE_STARTS:
        return "sqlite"
    if start.startswith(ZIP_STARTS):
        return "postgresql"
    raise BackupError(f"{path} is not a backup made by `voronka backup`")


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Give a place to write to, which becomes ``path`` at a clean end, safe on disk and for its owner's eyes only.

    Raises:
        BackupError: there is a file of this name already, or the folder cannot be written to.
    """
    if path.exists():
        raise BackupError(f"{path} is there already: name another file, or remove it")
    draft = path.with_name(f"{path.name}.part")
    try:
        draft.unlink(missing_ok=True)
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise BackupError(f"cannot write to {path.parent}: {error.strerror}") from error
    try:
        yield draft
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
