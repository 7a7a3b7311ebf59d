r"""What is wanted as it stands in an address, and back.

A facet is a parameter: its name is the path of the field, without the subject's own name and without ``field.`` where that leaves
no doubt (``owner``, ``contact.email``, ``budget``); its value is one of

==================== ==========================================
``a|b``              one of these; a parameter may also come again
``!a|b``             none of these
``~part``            the text has this part
``!~part``           it does not
``1000..5000``       between these, both included; an end may be missing; days too, and ``now``
``last-30d``         within the last 30 days; ``next-6h``, ``next-2w``
``this-month``       a stretch of the calendar
``-``                there is no value
``*``                there is one
==================== ==========================================

``\`` before a sign takes its meaning away.  ``q`` is the text, ``sort=amount`` or ``sort=-amount`` the order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from crm.conditions.fields import Subject, SubjectFields
from crm.directory import Directory
from crm.errors import InvalidError
from crm.finding.days import is_stretch
from crm.finding.figures import NUMBERS, TIMES, day_of, distance, number_text
from crm.finding.leaves import YES, is_of_people
from crm.finding.wanted import LONGEST_TEXT, NOW, Facet, Op, Wanted
from engine.condition import FieldKind
from engine.text import _l

RESERVED: Final = frozenset(
    {
        "q",
        "sort",
        "after",
        "before",
        "since",
        "number",
        "view",
        "group",
        "columns",
        "add",
        "saved",
        "page",
        "whose",
        "who",
        "mode",
        "of",
        "edit",
    }
)
"""Parameters of pages that are no facets; a custom field of such a name is written ``field.name``."""
ORDERS: Final = frozenset({"next_task", "open_deals", "won_deals", "people"})
"""Orders that are no fields."""
FORM_ENDINGS: Final = (".how", ".from", ".to", ".has")
"""Parameters that a form without scripts sends for parts of a facet: how it is asked, its ends, a part of the text."""

_OLD_NAMES: Final[Mapping[str, str]] = {"tag": "tags"}
_HOW: Final[Mapping[str, Op]] = {"not": "not_in", "empty": "empty", "filled": "not_empty"}
_NOBODY: Final = "nobody"
_TRUE: Final = {"1": "yes", "true": "yes", "0": "no", "false": "no"}
_SIGNS: Final = re.compile(r"[\\|]")
_UNSAID: Final = re.compile(r"\\(.)", re.DOTALL)
_PARTS: Final = re.compile(r"(?:[^\\|]|\\.)+", re.DOTALL)
_SAFE: Final = "|.*!~-,:@"


def wanted_from(parameters: Iterable[tuple[str, str]], subject: Subject, settings: Directory) -> Wanted:
    """Return what the parameters of an address ask for, in their order; those that pages keep for themselves are passed by.

    Raises:
        InvalidError: a parameter names no field, or a value does not fit its field.
    """
    fields = SubjectFields(settings, subject)
    text, sort = "", ""
    given: dict[str, list[str]] = {}
    forms: dict[str, dict[str, str]] = {}
    for name, said in parameters:
        value = said.replace("\x00", "")
        if name == "q":
            text = " ".join(value.split())[:LONGEST_TEXT].strip()
        elif name == "sort":
            sort = value
        elif name in RESERVED or not value or name.startswith(("utm_", "_")):
            continue
        elif name.endswith(FORM_ENDINGS):
            base, _, ending = name.rpartition(".")
            path = _path(base, fields)
            given.setdefault(path, [])
            forms.setdefault(path, {})[ending] = value
        else:
            given.setdefault(_path(name, fields), []).append(value)
    facets: list[Facet] = []
    for path, values in given.items():
        facets += [one for one in _facets(path, values, forms.get(path, {}), fields) if one not in facets]
    descending = sort.startswith("-")
    order = sort.removeprefix("-")
    if order and order not in ORDERS:
        order = _path(order, fields)
    return Wanted(subject, text, tuple(facets), order, descending and bool(order))


def parameters_of(wanted: Wanted, settings: Directory) -> list[tuple[str, str]]:
    """Return the parameters of an address that asks for this."""
    fields = SubjectFields(settings, wanted.subject)
    found = [("q", wanted.text)] if wanted.text else []
    found += [(name_of(facet.field, fields), value_of(facet)) for facet in wanted.facets]
    if wanted.sort:
        found.append(("sort", f"{'-' if wanted.descending else ''}{name_of(wanted.sort, fields)}"))
    return found


def query_string(parameters: Sequence[tuple[str, str]]) -> str:
    """Return parameters as a query string that people can read."""
    return "&".join(f"{quote(name, safe='.')}={quote(value, safe=_SAFE)}" for name, value in parameters)


def name_of(path: str, fields: SubjectFields) -> str:
    """Return the name of a field in addresses."""
    name = path.removeprefix(f"{fields.subject}.")
    short = name.removeprefix("field.") if name.startswith("field.") else name.replace(".field.", ".", 1)
    is_kept = (
        short in RESERVED or short in _OLD_NAMES or short.endswith(FORM_ENDINGS) or short.startswith(("utm_", "_"))
    )
    return name if is_kept or _found(short, fields) != path else short


def value_of(facet: Facet) -> str:
    """Return a facet as the value of its parameter."""
    values = facet.values
    match facet.op:
        case "empty":
            return "-"
        case "not_empty":
            return "*"
        case "between":
            return "..".join(values)
        case "within_last":
            return f"last-{values[0]}"
        case "within_next":
            return f"next-{values[0]}"
        case "during":
            return values[0]
        case "contains" | "not_contains":
            return f"{'!' if facet.op == 'not_contains' else ''}~{_signed(values[0])}"
    joined = "|".join(_signed(value) for value in values)
    if facet.op == "not_in":
        return f"!{_guarded(joined, '~!')}"
    return f"\\{joined}" if joined in ("-", "*", _NOBODY) else _guarded(joined, "~!")


def _signed(text: str) -> str:
    return _SIGNS.sub(lambda match: f"\\{match[0]}", text)


def _guarded(text: str, signs: str) -> str:
    return f"\\{text}" if text[:1] in tuple(signs) else text


def _path(name: str, fields: SubjectFields) -> str:
    path = _found(_OLD_NAMES.get(name, name), fields)
    if path is None:
        raise InvalidError(_l("there is no field “{field}” to filter by: it may have been removed", field=name))
    return path


def _found(name: str, fields: SubjectFields) -> str | None:
    """Return the path of a field by its name in addresses: built-in before custom, the subject's own before those of others."""
    first, _, rest = name.partition(".")
    tries = [f"{fields.subject}.{name}", f"{fields.subject}.field.{name}", name, f"{first}.field.{rest}"]
    return next((path for path in tries if fields.kind(path) is not None), None)


def _facets(path: str, texts: Sequence[str], form: Mapping[str, str], fields: SubjectFields) -> list[Facet]:
    kind = fields.kind(path)
    assert kind is not None
    found: list[Facet] = []
    values: list[str] = []
    for text in texts:
        facet = _facet(path, text, kind, fields)
        if facet.op == "in":
            values += facet.values
        else:
            found.append(facet)
    how = form.get("how", "")
    if how in ("empty", "filled"):
        return [Facet(path, _HOW[how])]
    if values:
        found.insert(0, Facet(path, "not_in" if how == "not" else "in", tuple(dict.fromkeys(values))))
    if form.get("has", "").strip():
        found.append(Facet(path, "not_contains" if how == "not" else "contains", (form["has"].strip(),)))
    if form.get("from") or form.get("to"):
        found = [one for one in found if one.op != "during" and not one.op.startswith("within")]
        found.append(_range(path, form.get("from", "").strip(), form.get("to", "").strip(), kind))
    return found


def _facet(path: str, text: str, kind: FieldKind, fields: SubjectFields) -> Facet:
    if text == "-" or (text == _NOBODY and is_of_people(path, fields)):
        return Facet(path, "empty")
    if text == "*":
        return Facet(path, "not_empty")
    if kind in NUMBERS | TIMES and ".." in text:
        low, _, high = text.partition("..")
        return _range(path, low, high, kind)
    if kind in TIMES:
        return _moment(path, text, kind)
    if text.startswith(("~", "!~")):
        op: Op = "contains" if text[0] == "~" else "not_contains"
        part = _UNSAID.sub(r"\1", text.removeprefix("!").removeprefix("~"))
        if not part or kind not in ("text", "choice"):
            raise _unfit(path, text)
        return Facet(path, op, (part,))
    is_not = text.startswith("!")
    each = [_UNSAID.sub(r"\1", part) for part in _PARTS.findall(text.removeprefix("!") if is_not else text)]
    values = tuple(dict.fromkeys(_plain(path, value, kind) for value in each))
    if not values:
        raise _unfit(path, text)
    return Facet(path, "not_in" if is_not else "in", values)


def _plain(path: str, value: str, kind: FieldKind) -> str:
    if kind == "bool":
        value = _TRUE.get(value, value)
        if value not in YES:
            raise _unfit(path, value)
    if kind in NUMBERS:
        return _number(path, value)
    return value


def _moment(path: str, text: str, kind: FieldKind) -> Facet:
    if is_stretch(text):
        return Facet(path, "during", (text,))
    for start, op in (("last-", "within_last"), ("next-", "within_next")):
        if text.startswith(start) and distance(text.removeprefix(start)) is not None:
            return Facet(path, "within_last" if op == "within_last" else "within_next", (text.removeprefix(start),))
    is_not = text.startswith("!")
    days = tuple(dict.fromkeys(text.removeprefix("!").split("|")))
    if any(day_of(day) is None for day in days):
        raise _unfit(path, text)
    if kind == "date":
        return Facet(path, "not_in" if is_not else "in", days)
    if len(days) > 1 or is_not:
        raise _unfit(path, text)
    return Facet(path, "between", (days[0], days[0]))


def _range(path: str, low: str, high: str, kind: FieldKind) -> Facet:
    read = [_number(path, end) if end and kind in NUMBERS else end for end in (low, high)]
    for end in read:
        if kind in TIMES and end and end != NOW and day_of(end) is None:
            raise _unfit(path, end)
    if not any(read) or (NOW in read and any(end and end != NOW for end in read)) or read == [NOW, NOW]:
        raise _unfit(path, f"{low}..{high}")
    return Facet(path, "between", (read[0], read[1]))


def _number(path: str, text: str) -> str:
    found = number_text(text)
    if found is None:
        raise _unfit(path, text)
    return found


def _unfit(path: str, value: str) -> InvalidError:
    return InvalidError(
        _l("“{value}” cannot be asked of “{field}”: write it differently, or take it away", value=value, field=path)
    )
