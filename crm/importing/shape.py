"""What the beginning of a file tells about all of it: encoding, separator, heading, columns."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crm.importing import dialect
from crm.importing import encoding as encodings
from crm.importing.errors import ImportFileError
from crm.importing.table import Column
from engine.text import _l

_SAMPLE_ROWS: Final = 50

_UNPACK: Final = _l("This is an archive: unpack it and import the CSV file inside")
_NOT_TEXT: Final = _l("This is not a table of text: export it as CSV")
_BINARY: Final = (
    (b"PK\x03\x04", _l("This is an archive, and no workbook of Excel: import the table inside")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _NOT_TEXT),
    (b"\x1f\x8b", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", _UNPACK),
    (b"Rar!\x1a\x07", _UNPACK),
    (b"BZh", _UNPACK),
    (b"\xfd7zXZ\x00", _UNPACK),
    (b"%PDF-", _l("This is a PDF document: export the table as CSV from where it was made")),
    (b"SQLite format 3\x00", _NOT_TEXT),
    (b"\x89PNG", _NOT_TEXT),
    (b"\xff\xd8\xff", _NOT_TEXT),
    (b"\x7fELF", _NOT_TEXT),
    (codecs.BOM_UTF32_BE, _l("This is UTF-32 text: save it as UTF-8")),
    (codecs.BOM_UTF32_LE, _l("This is UTF-32 text: save it as UTF-8")),
)
_MARKUP: Final = re.compile(r"\s*<(?:!doctype|html|\?xml|table|head|meta)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shape:
    """How to read a file.

    Attributes:
        encoding: ``None`` while only ASCII was seen; then the first other byte decides.
        skip: bytes of the byte order mark.
        separator: what separates the cells.
        has_header: the first row names the columns.
        leading_records: rows before the data: a line ``sep=;``, the heading.
        columns: the columns from left to right.
        named_width: position of the last column with a heading.
        sample: the cells of the first rows with the right width.
    """

    encoding: str | None
    skip: int
    separator: str
    has_header: bool
    leading_records: int
    columns: tuple[Column, ...]
    named_width: int
    sample: tuple[tuple[str, ...], ...]


def shape_of(
    path: Path, data: bytes, *, is_whole: bool, header: bool | None, encoding: str | None, separator: str | None
) -> Shape:
    """Find out how a file is written from its first bytes; ``is_whole`` when they are all of it.

    Raises:
        ImportFileError: it holds no table of text, or what the caller told cannot be.
    """
    if not data.strip():
        raise ImportFileError(path, _EMPTY)
    _refuse_binary(path, data)
    encoding, skip = _encoding(path, data, encoding)
    text = _decoded(data[skip:], encoding)
    if _MARKUP.match(text):
        raise ImportFileError(path, _l("This is a web page or XML, whatever its name says: save it as “CSV UTF-8”"))
    lines = text.split("\n")
    if not is_whole and len(lines) > 1:
        lines.pop()
    first = next((line for line in lines if line.strip()), None)
    if first is None or (is_whole and not text.strip(" \n" + "".join(dialect.SEPARATORS))):
        raise ImportFileError(path, _EMPTY)
    declared = dialect.declared_separator(first)
    if declared is not None:
        lines = lines[lines.index(first) + 1 :]
    chosen = _separator(path, separator) or declared or dialect.guess_separator(_some_lines(lines))
    rows = _rows(lines, chosen)
    if not rows:
        raise ImportFileError(path, _EMPTY)
    has_header = dialect.looks_like_heading(rows[0]) if header is None else header
    heading = rows[0] if has_header else [""] * dialect.usual_width(rows)
    columns = tuple(
        Column(position, name, cell.strip())
        for position, (name, cell) in enumerate(zip(dialect.unique_names(heading), heading, strict=True), start=1)
    )
    sample = tuple(tuple(row) for row in rows[has_header:] if len(row) == len(columns))
    return Shape(
        encoding=encoding,
        skip=skip,
        separator=chosen,
        has_header=has_header,
        leading_records=int(has_header) + int(declared is not None),
        columns=columns,
        named_width=max((column.position for column in columns if column.heading), default=len(columns)),
        sample=sample[:_SAMPLE_ROWS],
    )


_EMPTY: Final = _l("The file is empty: nothing to import")


def _refuse_binary(path: Path, data: bytes) -> None:
    for magic, reason in _BINARY:
        if data.startswith(magic):
            raise ImportFileError(path, reason)


def _encoding(path: Path, data: bytes, told: str | None) -> tuple[str | None, int]:
    mark = encodings.bom(data)
    if told is not None:
        try:
            name = codecs.lookup(told).name
            b"".decode(name)
        except LookupError:
            reason = _l("There is no encoding “{encoding}”: try utf-8 or cp1251", encoding=told)
            raise ImportFileError(path, reason) from None
        if mark is not None and name.replace("_", "-").startswith(("utf-8", "utf-16", mark[0])):
            return mark
        return ("utf-16-le" if name == "utf-16" else "utf-8" if name == "utf-8-sig" else name), 0
    if mark is not None:
        return mark
    if (wide := encodings.utf16_without_bom(data)) is not None:
        return wide, 0
    heading = re.split(rb"[\r\n]", data, maxsplit=1)[0]
    if heading.count(0) * 10 > len(heading):
        raise ImportFileError(path, _NOT_TEXT)
    return (None if data.isascii() else encodings.guess(data)), 0


def _decoded(data: bytes, encoding: str | None) -> str:
    text = codecs.getincrementaldecoder(encoding or "ascii")("replace").decode(data)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _separator(path: Path, told: str | None) -> str | None:
    if told is None:
        return None
    if len(told) != 1 or told in '"\n\r\0' or told.isalnum():
        reason = _l("“{separator}” cannot separate cells: use a comma, a semicolon, a tab or a bar", separator=told)
        raise ImportFileError(path, reason)
    return told


def _some_lines(lines: Sequence[str]) -> list[str]:
    return [line + "\n" for line in lines[: 4 * _SAMPLE_ROWS]]


def _rows(lines: Sequence[str], separator: str) -> list[list[str]]:
    """Read the first rows; where quotation marks do not close, line by line."""
    rows = []
    reader = csv.reader(_some_lines(lines), delimiter=separator, strict=True)
    try:
        rows = [row for row in reader if any(cell.strip() for cell in row)]
    except csv.Error:
        rows = [row for line in _some_lines(lines) if (row := _row(line, separator)) and any(map(str.strip, row))]
    return rows


def _row(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator, strict=True), [])
    except csv.Error:
        return line.rstrip("\n").split(separator)
