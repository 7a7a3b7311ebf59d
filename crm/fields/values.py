"""Values of custom fields: checked by type, and as rows that conditions and reports find."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from crm.directory import Directory, FieldDefinition
from crm.tables.records import field_value
from db.work import Work
from engine.text import LazyText, _l

LONGEST_TEXT: Final = 1000
MOST_BYTES: Final = 2500  # what PostgreSQL's index takes, less a margin
MOST_CHOICES: Final = 100
LARGEST_NUMBER: Final = 2**53  # beyond it a float skips whole numbers
LONGEST_TEXT_OF_LINES: Final = 10_000
LONGEST_BOOKING: Final = timedelta(days=62)
MOST_FILES: Final = 20
APART: Final = frozenset({"resource", "deal", "contact", "company", "file"})
"""Types whose values are held against other records: only ``crm.fields.changes`` fills them."""
_CHUNK, _STEP = 600, 300
_LINK: Final = re.compile(r"https?://[^\s/]+\S*", re.IGNORECASE)
_TRUTH: Final = {"true": True, "false": False, "1": True, "0": False}
_NUMBERED: Final = re.compile(r"\s*(?:№|#|No\.)?\s*(\d{1,18})\b")
_ROW: Final = ("field_id", "record_id", "position", "number", "text_key", "at", "reference")

Cells = tuple[float | None, str | None, datetime | None, int | None]
"""Number, text, moment and reference of one row; three of them are ``None``."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A value that fits its field: as JSON for display (``None``: emptied), and as rows."""

    shown: object
    rows: tuple[Cells, ...]


EMPTY: Final = Typed(None, ())


def typed(definition: FieldDefinition, value: object, settings: Directory, *, apart: bool = False) -> Typed | LazyText:
    """Return a value as its field keeps it, or why it does not fit; ``None``, an empty text and an empty list empty the field.

    Texts are read too, as forms and templates give them: ``12.5``, ``2026-03-01``, ``true``.  A day is kept as its UTC midnight.
    Money is in minor units.  A user is his login or id, another record its id.  A booking has ``resource`` (a key or an id),
    ``from`` and ``to``; a file is what ``crm.files`` keeps, with its name.

    Args:
        definition: the field.
        value: of any of these kinds.
        settings: the company's.
        apart: the caller holds the value against other records, as types ``APART`` need.
    """
    if definition.type in APART and not apart and value not in (None, "", [], ()):
        return _l("fields of this type are filled on the card of the record")
    if isinstance(value, str):
        value = value.replace("\x00", "").strip()
    if value is None or value == "" or value == [] or value == ():
        return EMPTY
    match definition.type:
        case "text" | "address":
            return _text(value)
        case "long_text":
            return _lines(value)
        case "deal" | "contact" | "company":
            return _reference(value)
        case "resource":
            return _booking(value, settings)
        case "file":
            return _files(value)
        case "link":
            if not isinstance(value, str) or not _LINK.fullmatch(value):
                return _l("“{value}” is no link: write it as https://example.com", value=value)
            return _text(value)
        case "number" | "money":
            return _number(value, whole=definition.type == "money")
        case "bool":
            truth = _TRUTH.get(value.lower()) if isinstance(value, str) else value
            if not isinstance(truth, bool):
                return _l("“{value}” is neither yes nor no", value=value)
            return Typed(truth, ((float(truth), None, None, None),))
        case "date":
            return _day(value)
        case "datetime":
            return _moment(value)
        case "choice":
            return _choices(definition, (value,), single=True)
        case "choices":
            several = tuple(value) if isinstance(value, (list, tuple, set, frozenset)) else (value,)
            return _choices(definition, several, single=False)
        case "user":
            return _user(value, settings)
        case _:
            return _l("fields of type {type} cannot be filled", type=definition.type)


def from_shown(definition: FieldDefinition, value: object) -> object:
    """Return a stored value as funnels look at it.

    A day is a date, a moment an aware one, a booking the moment it begins, files their names, all else as it is shown.
    """
    if definition.type == "resource" and isinstance(value, dict):
        return datetime.fromisoformat(value["from"])
    if definition.type == "file" and isinstance(value, list):
        return [str(one["name"]) for one in value]
    if isinstance(value, str):
        if definition.type == "date":
            return date.fromisoformat(value)
        if definition.type == "datetime":
            return datetime.fromisoformat(value)
    return value


def store_values(work: Work, values: Sequence[tuple[int, Mapping[int, Typed]]], *, new: bool = False) -> None:
    """Write the rows of values by record id and field id; what these fields held before goes.  Two statements.

    Args:
        work: the transaction.
        values: each record once, with its changed fields.
        new: the records are new, so there is nothing to take away.
    """
    if not new:
        old = [(record_id, field_id) for record_id, by_field in values for field_id in by_field]
        work.delete(field_value, ("record_id", "field_id"), old)
    rows = [
        (field_id, record_id, position, *cells)
        for record_id, by_field in values
        for field_id, value in by_field.items()
        for position, cells in enumerate(value.rows)
    ]
    work.insert(field_value, _ROW, rows)


def _text(value: object) -> Typed | LazyText:
    text = str(value)
    key = text.casefold()
    if len(text) > LONGEST_TEXT or len(key.encode()) > MOST_BYTES:
        return _l("the text is longer than {limit} characters: shorten it", limit=LONGEST_TEXT)
    return Typed(text, ((None, key, None, None),))


def _number(value: object, *, whole: bool) -> Typed | LazyText:
    number: Any = value
    if isinstance(value, str):
        try:
            number = float(value.replace("\u00a0", "").replace(" ", "").replace(",", "."))
        except ValueError:
            number = None
    if not isinstance(number, (int, float)) or isinstance(number, bool) or not math.isfinite(number):
        return _l("“{value}” is no number", value=value)
    if abs(number) > LARGEST_NUMBER:
        return _l("“{value}” is too large", value=value)
    if float(number).is_integer():
        number = int(number)
    elif whole:
        return _l("“{value}” is no amount in whole minor units", value=value)
    return Typed(number, ((float(number), None, None, None),))


def _day(value: object) -> Typed | LazyText:
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            return _l("“{value}” is no date: write it as 2026-03-01", value=value)
    if not isinstance(value, date) or isinstance(value, datetime):
        return _l("“{value}” is no date: write it as 2026-03-01", value=value)
    return Typed(value.isoformat(), ((None, None, datetime.combine(value, time(), tzinfo=UTC), None),))


def _moment(value: object) -> Typed | LazyText:
    moment = value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        return _l("“{value}” is no moment with its zone: write it as 2026-03-01T09:30+02:00", value=value)
    utc = moment.astimezone(UTC)
    return Typed(utc.isoformat(), ((None, None, utc, None),))


def _choices(definition: FieldDefinition, values: Sequence[object], *, single: bool) -> Typed | LazyText:
    options = {option.casefold(): option for option in definition.options}
    found: list[str] = []
    for value in values:
        option = options.get(value.strip().casefold()) if isinstance(value, str) else None
        if option is None:
            return _l("“{value}” is not in the list: {options}", value=value, options=", ".join(definition.options))
        if option not in found:
            found.append(option)
    rows = tuple((None, option.casefold(), None, None) for option in found)
    return Typed(found[0] if single else found, rows)


def _user(value: object, settings: Directory) -> Typed | LazyText:
    user = None
    if isinstance(value, str):
        user = settings.logins.get(value.casefold())
    elif isinstance(value, int):
        user = settings.users.get(value)
    if user is None:
        return _l("there is no user “{value}”", value=value)
    return Typed(user.id, ((None, None, None, user.id),))


def _lines(value: object) -> Typed | LazyText:
    """Keep a text of many lines in overlapping pieces: an index takes no longer ones, and a part is found in one of them."""
    text = str(value).replace("\r\n", "\n").replace("\x00", "")
    if len(text) > LONGEST_TEXT_OF_LINES:
        return _l("the text is longer than {limit} characters: shorten it", limit=LONGEST_TEXT_OF_LINES)
    key = text.casefold()
    starts = range(0, max(len(key) - _STEP, 1), _STEP) if len(key) > _CHUNK else range(1)
    return Typed(text, tuple((None, key[start : start + _CHUNK], None, None) for start in starts))


def _reference(value: object) -> Typed | LazyText:
    number = value
    if isinstance(value, str):
        match = _NUMBERED.match(value)
        number = int(match[1]) if match else None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**62:
        return _l("“{value}” is no number of a record: choose one of the list", value=value)
    return Typed(number, ((None, None, None, number),))


def _booking(value: object, settings: Directory) -> Typed | LazyText:
    if not isinstance(value, Mapping) or not {"resource", "from", "to"} <= value.keys():
        return _l("a booking has a resource, a beginning and an end")
    which = value["resource"]
    found = settings.resource_keys.get(which) if isinstance(which, str) else settings.resources.get(which)
    if found is None or not found.is_active:
        return _l("there is no resource “{value}” to book", value=which)
    ends = [_moment(value[name]) for name in ("from", "to")]
    for end in ends:
        if isinstance(end, LazyText):
            return end
    start, stop = (datetime.fromisoformat(str(end.shown)) for end in ends if isinstance(end, Typed))
    if not start < stop:
        return _l("a booking ends after it begins")
    if stop - start > LONGEST_BOOKING:
        return _l("a booking lasts {days} days at most", days=LONGEST_BOOKING.days)
    shown = {"resource": found.id, "from": start.isoformat(), "to": stop.isoformat()}
    return Typed(shown, ((stop.timestamp(), None, start, found.id),))


def _files(value: object) -> Typed | LazyText:
    several = value if isinstance(value, (list, tuple)) else [value]
    if len(several) > MOST_FILES:
        return _l("a field takes {limit} files at most", limit=MOST_FILES)
    shown, rows = [], []
    for one in several:
        if not isinstance(one, Mapping) or one.keys() != {"sha256", "name", "bytes"}:
            return _l("files are added on the card of the record")
        shown.append(dict(one))
        rows.append((None, str(one["name"]).casefold()[:_CHUNK], None, None))
    return Typed(shown, tuple(rows))
