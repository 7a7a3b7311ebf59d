"""Excel workbooks: a sheet is written out as text once, and everything else goes on with that."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crm.importing.errors import ImportFileError
from engine.text import LazyText, _l

LARGEST: Final = 1 << 30
"""Bytes that a workbook may unpack to."""

_ZIP: Final = b"PK\x03\x04"
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_BOOK: Final = "xl/workbook.xml"
_UNREADABLE: Final = (zipfile.BadZipFile, OSError, ValueError, NotImplementedError)
"""What a broken archive raises, depending on where it is broken."""
_PROGRAM: Final = Path(__file__).with_name("unfold_sheet.py")

_BROKEN: Final = _l("The workbook is damaged: open it in a spreadsheet, save it anew as .xlsx, and try again")
_TOO_LARGE: Final = _l(
    "The workbook is too large to be read: delete empty rows and columns at its ends, or save the sheet as “CSV UTF-8”"
)
_PROTECTED: Final = _l("The workbook is protected by a password: open it, take the password away, and save it anew")
_REASONS: Final[dict[str, LazyText]] = {
    "password": _PROTECTED,
    "no_sheet": _l("The workbook has no sheet with cells"),
    "too_large": _TOO_LARGE,
    "no_room": _l("There is no room on the disk to unpack the workbook"),
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as text: ``path`` is CSV in UTF-8 with a row on each line; ``names`` are the sheets to choose from."""

    path: Path
    name: str
    names: tuple[str, ...]


def is_workbook(path: Path) -> bool:
    """Tell whether a file is a workbook, or may be one that cannot be read; a missing file is none."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError:
        return False
    return start == _COMPOUND or (start.startswith(_ZIP) and _has_book(path))


def unfold(path: Path, folder: Path, *, sheet: str | None = None) -> Sheet:
    """Write a sheet of a workbook into ``folder`` under the workbook's own name; the first one where ``sheet`` is not there.

    Dates become ISO, figures have a decimal point, formulas are their values as they were last computed.  Reading takes place
    in a process of its own with limits of memory and time, so that no file can bring this one down.

    Raises:
        ImportFileError: it is damaged, protected, of the old format, or too large.
    """
    _refuse(path)
    target = folder / path.name
    command = [sys.executable, "-I", str(_PROGRAM), str(path), str(target), *([sheet] if sheet else [])]
    try:
        ended = subprocess.run(command, capture_output=True, timeout=300, check=False)
        answer = json.loads(ended.stdout) if ended.returncode == 0 else {"error": "too_large"}
    except subprocess.TimeoutExpired:
        answer = {"error": "too_large"}
    except ValueError:
        answer = {"error": "broken"}
    if (error := answer.get("error")) is not None:
        raise ImportFileError(path, _REASONS.get(error, _BROKEN))
    return Sheet(target, answer["sheet"], tuple(answer["sheets"]))


@contextmanager
def as_text(path: Path, *, sheet: str | None = None) -> Iterator[Path]:
    """Give the path of a table of text: the file itself, or a sheet of a workbook for as long as the ``with`` lasts.

    Raises:
        ImportFileError: a workbook that cannot be read.
    """
    if not is_workbook(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="voronka-") as folder:
        yield unfold(path, Path(folder), sheet=sheet).path


def _has_book(path: Path) -> bool:
    """True where a zip archive holds a workbook, or cannot be looked into."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _BOOK in archive.namelist()
    except _UNREADABLE:
        return True


def _refuse(path: Path) -> None:
    """Refuse what can be seen from outside."""
    try:
        with path.open("rb") as file:
            if file.read(8) == _COMPOUND:
                raise ImportFileError(path, _PROTECTED if _ENCRYPTED in file.read(64 << 20) else _OLD)
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except _UNREADABLE:
        raise ImportFileError(path, _BROKEN) from None
    if any(part.flag_bits & 1 for part in parts):
        raise ImportFileError(path, _PROTECTED)
    if sum(part.file_size for part in parts) > LARGEST:
        raise ImportFileError(path, _TOO_LARGE)


_OLD: Final = _l("This is a workbook of the old format (.xls), whatever its name says: open it and save it as .xlsx")
