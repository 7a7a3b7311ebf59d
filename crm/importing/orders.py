"""Imports that somebody asks for in the browser: the file, what was chosen, how far it got.

A worker carries them out (``workers.imports``); here they are asked for, changed, started and stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select

from crm.access.actor import Actor, Viewer
from crm.errors import InvalidError, NotFoundError
from crm.files import Kept, forget_files
from crm.importing.choices import Choices
from crm.importing.job import unpacked_text
from crm.importing.targets import Kind
from crm.settings.change import note_only
from crm.tables.importing import import_job, import_order
from db.work import Work
from engine.text import LazyText, _l

KEEP_FILES: Final = timedelta(days=30)
"""How long files are kept after anybody touched their import: they hold names and phones."""

BUSY: Final = ("checking", "importing")
_COUNTS: Final = ("bytes_read", "total_bytes", "read", "created", "updated", "rejected")


@dataclass(frozen=True, slots=True)
class Found:
    """What a trial found: counts, and the first rejected rows as (line, column, value, reason)."""

    read: int
    created: int
    updated: int
    rejected: int
    is_repeat: bool
    problems: tuple[tuple[int, str, str, LazyText], ...]


@dataclass(frozen=True, slots=True)
class Order:
    """An import as it is stored.

    Attributes:
        bytes: the size of the file as it was sent; ``source`` is its name in the store, ``content`` that of its table as text.
        sheets: what a workbook has to choose from; empty for a table of text.
        values: for ``plan``, ``stage`` and ``owner`` what the file says and in how many rows, as they stand in it.
        state: ``draft``, ``checking``, ``importing``, ``finished``, ``stopped`` or ``failed``.
        checked: what the last trial found; nothing once something was chosen differently.
        problem: why it failed.
        job_id: what was written of it; ``None`` before the first row.
        is_repeat: the very same import had been done before.
    """

    id: int
    kind: Kind
    file_name: str
    bytes: int
    source: str
    content: str
    sheet: str | None
    sheets: tuple[str, ...]
    choices: Choices
    values: dict[str, list[tuple[str, int]]]
    state: str
    is_stopping: bool
    checked: Found | None
    problem: LazyText | None
    job_id: int | None
    is_repeat: bool
    bytes_read: int
    total_bytes: int
    read: int
    created: int
    updated: int
    rejected: int
    asked_by: int
    created_at: datetime
    changed_at: datetime
    finished_at: datetime | None
    version: int

    @property
    def is_busy(self) -> bool:
        """A worker is at it, or will be."""
        return self.state in BUSY


def add_order(
    work: Work,
    kind: Kind,
    file_name: str,
    source: Kept,
    content: Kept,
    *,
    by: Actor,
    sheet: str | None = None,
    sheets: Sequence[str] = (),
    choices: Choices,
) -> int:
    """Ask for an import of a file that is kept; returns its id.  Files of old imports are forgotten."""
    by.require("records.import")
    _forget_old(work)
    [id_] = work.ids("import_order", 1)
    row: dict[str, Any] = {
        "id": id_, "kind": kind, "file_name": file_name, "bytes": source.bytes, "source": source.sha256,
        "content": content.sha256, "sheet": sheet, "sheets": list(sheets) or None, "choices": choices.model_dump(mode="json"),
        "state": "draft", "is_stopping": False, "is_repeat": False, **dict.fromkeys(_COUNTS, 0), "total_bytes": content.bytes,
        "asked_by": by.id, "created_at": work.now, "changed_at": work.now, "attempts": 0, "version": 1,
    }  # fmt: skip
    work.execute(import_order.insert().values(**row))
    return int(id_)


def find_order(work: Work, order_id: int, *, viewer: Viewer, lock: bool = False) -> Order:
    """Return an import.  One query.

    Raises:
        NotFoundError: there is none, or the viewer may not import.
    """
    query = select(import_order).where(import_order.c.id == order_id)
    rows = work.rows(query.with_for_update() if lock else query) if "records.import" in viewer.rights else ()
    if not rows:
        raise NotFoundError("import", order_id)
    return order_of(rows[0])


def order_of(row: Any) -> Order:
    """Return the import that a row of its table holds."""
    checked = row.checked
    return Order(
        id=row.id,
        kind=row.kind,
        file_name=row.file_name,
        bytes=row.bytes,
        source=row.source,
        content=row.content,
        sheet=row.sheet,
        sheets=tuple(row.sheets or ()),
        choices=Choices.model_validate(row.choices),
        values={name: [(text, rows) for text, rows in found] for name, found in (row.values or {}).items()},
        state=row.state,
        is_stopping=row.is_stopping,
        checked=Found(
            **{name: checked[name] for name in ("read", "created", "updated", "rejected", "is_repeat")},
            problems=tuple((line, name, cell, unpacked_text(why)) for line, name, cell, why in checked["problems"]),
        )
        if checked is not None
        else None,
        problem=unpacked_text(row.problem) if row.problem is not None else None,
        job_id=row.job_id,
        is_repeat=row.is_repeat,
        **{name: getattr(row, name) for name in _COUNTS},
        asked_by=row.asked_by,
        created_at=row.created_at,
        changed_at=row.changed_at,
        finished_at=row.finished_at,
        version=row.version,
    )


def choose(
    work: Work,
    order: Order,
    choices: Choices,
    *,
    by: Actor,
    values: dict[str, list[tuple[str, int]]] | None = None,
    sheet: tuple[str, Kept] | None = None,
) -> None:
    """Change what is chosen; what a trial found before is forgotten.

    Args:
        work: the transaction.
        order: the import as it was read in this transaction, under lock.
        choices: all that is chosen now.
        by: who chooses.
        values: what the file calls plans, stages and owners, where it was read for that.
        sheet: another sheet of the workbook, by name and as text.

    Raises:
        InvalidError: it is under way, or has written something already.
    """
    by.require("records.import")
    _require_open(order)
    new: dict[str, Any] = {
        "choices": choices.model_dump(mode="json"),
        "checked": None,
        "problem": None,
        "state": "draft",
    }
    if values is not None:
        new["values"] = values
    if sheet is not None:
        new |= {"sheet": sheet[0], "content": sheet[1].sha256, "total_bytes": sheet[1].bytes}
    _save(work, order, **new)


def start(work: Work, order: Order, *, by: Actor, is_trial: bool) -> None:
    """Let a worker try an import out, or carry it out; one that was stopped goes on where it was.

    Raises:
        InvalidError: it is under way, or done.
        NotAllowedError: it makes users, and the actor may not.
    """
    by.require("records.import")
    if order.choices.makes_users:
        by.require("users.edit")
    if order.is_busy:
        raise InvalidError(_l("this import is under way already"))
    if order.state == "finished" or (is_trial and order.job_id is not None):
        raise InvalidError(_l("this import is done: import the file again for another one"))
    undone = select(import_job.c.id).where(import_job.c.id == order.job_id, import_job.c.state == "undone")
    if order.job_id is not None and work.rows(undone):
        raise InvalidError(_l("this import was undone: import the file again"))
    state = "checking" if is_trial else "importing"
    new: dict[str, Any] = {"state": state, "is_stopping": False, "problem": None, "holder": None, "held_until": None}
    if is_trial:
        new["checked"] = None
    _save(
        work,
        order,
        **new,
        **dict.fromkeys(("bytes_read", "read", "created", "updated", "rejected"), 0),
        attempts=0,
        asked_by=by.id,
    )
    if not is_trial:
        note_only(work, "import", order.file_name, "started", order.id, by)


def stop(work: Work, order: Order, *, by: Actor) -> None:
    """Let an import end after the rows it is at; what is in stays.  One that nobody is at does nothing."""
    by.require("records.import")
    if order.is_busy:
        _save(work, order, is_stopping=True)


def forget(work: Work, order: Order, *, by: Actor) -> None:
    """Forget an import that has written nothing, and its file.

    Raises:
        InvalidError: it is under way, or has written something already.
    """
    by.require("records.import")
    _require_open(order)
    work.execute(import_order.delete().where(import_order.c.id == order.id))
    _forget_unused(work, {order.source, order.content})


def _require_open(order: Order) -> None:
    if order.is_busy:
        raise InvalidError(_l("this import is under way: stop it first"))
    if order.job_id is not None or order.state == "finished":
        raise InvalidError(_l("this import is done: import the file again for another one"))


def _save(work: Work, order: Order, **new: Any) -> None:
    statement = import_order.update().where(import_order.c.id == order.id)
    work.execute(statement.values(**new, changed_at=work.now, version=order.version + 1))


def _forget_old(work: Work) -> None:
    """Forget files of imports nobody touched for long, and those of them that came to nothing."""
    is_old = (import_order.c.changed_at < work.now - KEEP_FILES, import_order.c.state.not_in(BUSY))
    names = {
        name for row in work.rows(select(import_order.c.source, import_order.c.content).where(*is_old)) for name in row
    }
    if not names:
        return
    work.execute(import_order.delete().where(*is_old, import_order.c.job_id.is_(None)))
    _forget_unused(work, names, *(~(import_order.c.changed_at < work.now - KEEP_FILES),))


def _forget_unused(work: Work, names: set[str], *others: Any) -> None:
    """Forget those of these files that no other import needs."""
    rows = work.rows(select(import_order.c.source, import_order.c.content).where(*others))
    forget_files(work, names - {name for row in rows for name in row})
