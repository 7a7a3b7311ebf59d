"""Files by their content: kept in the database in pieces, so that every process on every machine finds them.

Equal files are kept once.  Nothing here holds more than a piece of a file in memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Final

from sqlalchemy import Integer, Text, bindparam, select

from crm.errors import NotFoundError
from crm.tables.files import stored_file, stored_piece
from db.database import Database
from db.insert_new import insert_new
from db.sets import in_set
from db.work import Work

PIECE: Final = 1 << 20
"""Bytes of one piece."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is kept: its name is its SHA-256, in hexadecimal."""

    sha256: str
    bytes: int


def keep_file(work: Work, source: BinaryIO) -> Kept:
    """Keep a file, read twice from its beginning; one that is here already is not kept again.  A statement per piece."""
    source.seek(0)
    hashed = hashlib.sha256()
    for data in iter(lambda: source.read(PIECE), b""):
        hashed.update(data)
    digest, size = hashed.hexdigest(), source.tell()
    source.seek(0)
    if work.scalar(select(stored_file.c.bytes).where(stored_file.c.sha256 == digest)) is None and insert_new(
        work, stored_file, ("sha256", "bytes", "created_at"), [(digest, size, work.stored(work.now))]
    ):
        for number, data in enumerate(iter(lambda: source.read(PIECE), b"")):
            work.insert(stored_piece, ("sha256", "number", "data"), [(digest, number, data)])
            work.flush()
    return Kept(digest, size)


def beginning_of(work: Work, sha256: str) -> bytes:
    """Return the first piece of a file.

    Raises:
        NotFoundError: it is not kept here, or not any more.
    """
    found = work.scalar(_PIECE, {"file": sha256, "place": 0})
    if found is None and work.scalar(select(stored_file.c.bytes).where(stored_file.c.sha256 == sha256)) is None:
        raise NotFoundError("file", sha256)
    return bytes(found or b"")


@contextmanager
def file_at_hand(database: Database, sha256: str, name: str) -> Iterator[Path]:
    """Give a kept file as one on this machine, called ``name``, for as long as the ``with`` lasts.

    Raises:
        NotFoundError: it is not kept here, or not any more.
    """
    with TemporaryDirectory(prefix="voronka-") as folder:
        path = Path(folder) / safe_name(name)
        with database.reading() as work:
            pieces = _pieces(work, sha256)
            with path.open("wb") as file:
                for piece in pieces:
                    file.write(piece)
        yield path


def forget_files(work: Work, names: Iterable[str]) -> None:
    """Forget files.  Two statements."""
    gone = {"files": sorted(set(names))}
    work.execute(stored_piece.delete().where(in_set(stored_piece.c.sha256, "files")), gone)
    work.execute(stored_file.delete().where(in_set(stored_file.c.sha256, "files")), gone)


def safe_name(name: str) -> str:
    """Return the last part of a file's name, without what no file may be called: at most 120 characters, never empty."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(sign if sign.isprintable() and sign not in '<>:"|?*' else "_" for sign in last).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    return (f"{stem[:110]}{dot}{ending[:9]}" if dot else plain[:120]) or "file"


def _pieces(work: Work, sha256: str) -> Iterator[bytes]:
    first = beginning_of(work, sha256)
    number, piece = 0, first
    while piece:
        yield piece
        number += 1
        piece = bytes(work.scalar(_PIECE, {"file": sha256, "place": number}) or b"")


_PIECE = select(stored_piece.c.data).where(
    stored_piece.c.sha256 == bindparam("file", type_=Text), stored_piece.c.number == bindparam("place", type_=Integer)
)
