"""Files of custom fields: taken from forms, within limits, and given back so that no browser runs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, BinaryIO, Final, cast

from flask import Response, request, send_file
from werkzeug.datastructures import FileStorage

from crm.fields.shown import FieldShown
from crm.files import file_at_hand, keep_file, safe_name
from db.work import Work
from engine.text import LazyText, _l
from web.site import site

MOST_BYTES: Final = 20 * 1024 * 1024
ALLOWED: Final = frozenset(
    {
        "pdf",
        "doc",
        "docx",
        "odt",
        "rtf",
        "txt",
        "md",
        "csv",
        "xls",
        "xlsx",
        "ods",
        "ppt",
        "pptx",
        "odp",
        "pages",
        "numbers",
    }
    | {"key", "eml", "msg", "jpg", "jpeg", "png", "gif", "webp", "heic", "tif", "tiff", "bmp", "zip", "rar", "7z"}
    | {"mp3", "m4a", "wav", "ogg", "mp4", "mov", "avi", "webm", "dwg", "dxf"}
)
"""The endings of files that are taken: documents, pictures, recordings, archives; nothing that runs."""


@dataclass(frozen=True, slots=True)
class FilesSent:
    """What a form sent for a field of files: new ones, and the SHA-256 of those to take away."""

    new: tuple[FileStorage, ...]
    gone: frozenset[str]


def files_sent(name: str) -> FilesSent | LazyText:
    """Return the files that the present request sent under a name, or why one of them is not taken."""
    new = tuple(one for one in request.files.getlist(name) if one.filename)
    for one in new:
        ending = PurePath(one.filename or "").suffix.removeprefix(".").lower()
        if ending not in ALLOWED:
            return _l(
                "“{name}” is no document, picture, recording or archive: such files are not taken", name=one.filename
            )
        one.stream.seek(0, 2)
        if one.stream.tell() > MOST_BYTES:
            return _l("“{name}” is larger than {limit} MB", name=one.filename, limit=MOST_BYTES // 1024 // 1024)
    return FilesSent(new, frozenset(request.form.getlist(f"{name}.drop")))


def with_files(work: Work, values: Mapping[str, object], there: Sequence[FieldShown] = ()) -> dict[str, object]:
    """Return new values of a record with its files kept; ``there`` are the fields as the record has them."""
    standing = {f"field.{one.definition.key}": one.value or [] for one in there if one.definition.type == "file"}
    found = dict(values)
    for path, value in values.items():
        if isinstance(value, FilesSent):
            kept = [one for one in standing.get(path, []) if one["sha256"] not in value.gone]
            found[path] = [*kept, *(_kept(work, one) for one in value.new)]
    return found


def _kept(work: Work, sent: FileStorage) -> dict[str, Any]:
    kept = keep_file(work, cast(BinaryIO, sent.stream))
    return {"sha256": kept.sha256, "name": safe_name(sent.filename or ""), "bytes": kept.bytes}


def download(sha256: str, name: str) -> Response:
    """Give a kept file to be saved: whatever it is, the browser neither shows nor runs it.

    Raises:
        NotFoundError: it is not kept here, or not any more.
    """
    with file_at_hand(site().database, sha256, name) as path:
        opened = path.open("rb")
    response = send_file(opened, "application/octet-stream", as_attachment=True, download_name=safe_name(name))
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
