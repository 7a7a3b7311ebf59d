"""Public forms: made, changed, switched off, counted."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from crm.access.actor import Actor
from crm.directory import Directory, directory
from crm.errors import InvalidError, NotFoundError
from crm.fields.values import APART
from crm.settings.change import (
    Refers,
    clean_name,
    clean_text,
    note_many,
)
from crm.settings.keys import new_key
from crm.tables.ways import form
from crm.ways.kinds import BUILT_IN, Form, FormField
from crm.ways.ways import FORM, Counted, by_key, change_way, counted, remove_way, switch_way
from db.types import dumps
from db.work import Work
from engine.text import _l

MOST_FIELDS: Final = 40
LONGEST_ADDRESS: Final = 1000
LONGEST_SOURCE: Final = 200
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")
_COLUMNS: Final = (
    "id", "key", "public_id", "name", "title", "intro", "fields", "button", "thanks", "redirect", "source", "channel",
    "is_active", "created_at", "version",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FormText:
    """What people set of a form; empty texts are allowed.

    ``name`` is for colleagues, ``title`` and ``intro`` stand above the fields.  ``redirect`` is an address to lead to after
    sending, else ``thanks`` is shown.  ``channel`` is a key.
    """

    name: str
    fields: Sequence[FormField]
    title: str = ""
    intro: str = ""
    button: str = ""
    thanks: str = ""
    redirect: str = ""
    source: str = ""
    channel: str = ""


def add_forms(work: Work, new: Sequence[FormText], *, by: Actor, keys: Sequence[str | None] = ()) -> tuple[str, ...]:
    """Add forms, and return their keys in order; all or none.  ``keys`` are wanted ones, else they are made from the names.

    Raises:
        InvalidError: something cannot be; it says what.
    """
    by.require(FORM.right)
    settings = directory(work)
    taken = set(settings.forms)
    rows: list[tuple[Any, ...]] = []
    wanted = [*keys, *[None] * (len(new) - len(keys))]
    for id_, one, key in zip(work.ids("form", len(new)), new, wanted, strict=True):
        values = _values(settings, one)
        own = new_key(values["name"], taken, wanted=key, otherwise="form")
        taken.add(own)
        row = {
            **values,
            "id": id_,
            "key": own,
            "public_id": secrets.token_urlsafe(16),
            "is_active": True,
            "created_at": work.stored(work.now),
            "version": 1,
            "fields": dumps(values["fields"]),
        }
        rows.append(tuple(row[name] for name in _COLUMNS))
    work.insert(form, _COLUMNS, rows)
    note_many(work, "form", [(row[1], row[0]) for row in rows], "created", by)
    return tuple(row[1] for row in rows)


def change_form(work: Work, key: str, new: FormText, *, version: int | None = None, by: Actor) -> None:
    """Change a form; its public address stays.

    Raises:
        NotFoundError: there is no such form.
        InvalidError: something cannot be; it says what.
        StaleError: it was changed since ``version``.
    """
    by.require(FORM.right)
    change_way(work, FORM, key, _values(directory(work), new), version=version, by=by)


def switch_form(work: Work, key: str, *, on: bool, by: Actor) -> None:
    """Let a form be sent, or not.

    Raises:
        NotFoundError: there is no such form.
    """
    switch_way(work, FORM, key, on=on, by=by)


def remove_form(work: Work, key: str, *, by: Actor, refers: Refers | None = None) -> None:
    """Remove a form; the leads that came by it stay.

    Raises:
        NotFoundError: there is no such form.
        InUseError: funnels name it.
    """
    remove_way(work, FORM, key, refers=refers, by=by)


def all_forms(work: Work) -> tuple[Counted[Form], ...]:
    """Return all forms by name, counted.  One query."""
    return counted(work, FORM, directory(work).forms)


def form_by_key(work: Work, key: str) -> Form:
    """Return the form with this key.

    Raises:
        NotFoundError: there is none.
    """
    return by_key(FORM, directory(work).forms, key)


def form_by_address(work: Work, public_id: str) -> Form:
    """Return the form behind a public address.

    Raises:
        NotFoundError: there is none, or it is switched off.
    """
    found = next((one for one in directory(work).forms.values() if one.public_id == public_id), None)
    if found is None or not found.is_active:
        raise NotFoundError("form", public_id)
    return found


def askable(settings: Directory) -> dict[str, str]:
    """Return what a form may ask, with the name of each; the built-in ones have none here."""
    own = {
        f"field.{key}": one.name
        for (kind, key), one in settings.fields.items()
        if kind == "lead" and one.type not in {"user", *APART}
    }
    return {**dict.fromkeys(BUILT_IN, ""), **own}


def _values(settings: Directory, new: FormText) -> dict[str, Any]:
    """Return the columns of a form's texts, checked."""
    name = clean_name(new.name, _l("the form's name"))
    fields = _fields(settings, new.fields)
    if new.channel and new.channel not in settings.channel_keys:
        raise InvalidError(_l("there is no channel “{value}”", value=new.channel))
    return {
        "name": name,
        "title": clean_text(new.title, _l("the title")),
        "intro": clean_text(new.intro, _l("the text above the fields")),
        "fields": [asdict(one) for one in fields],
        "button": clean_text(new.button, _l("the text of the button"))[:60],
        "thanks": clean_text(new.thanks, _l("the thank-you text")),
        "redirect": clean_address(new.redirect),
        "source": clean_source(new.source),
        "channel": new.channel,
    }


def _fields(settings: Directory, fields: Sequence[FormField]) -> list[FormField]:
    if not fields:
        raise InvalidError(_l("a form asks for something: add a field"))
    if len(fields) > MOST_FIELDS:
        raise InvalidError(_l("there may be {limit} fields at most", limit=MOST_FIELDS))
    known = askable(settings)
    seen: set[str] = set()
    for one in fields:
        if one.key not in known:
            raise InvalidError(_l("a form cannot ask for “{field}”", field=one.key))
        if one.key in seen:
            raise InvalidError(_l("“{field}” is asked twice: remove one", field=one.label or known[one.key] or one.key))
        seen.add(one.key)
    return [
        FormField(one.key, clean_name(one.label, _l("a field's label"), longest=200), one.required) for one in fields
    ]


def clean_source(text: str) -> str:
    """Return a source on one line; it may be empty.

    Raises:
        InvalidError: it is too long.
    """
    source = " ".join(text.replace("\x00", "").split())
    if len(source) > LONGEST_SOURCE:
        limit = LONGEST_SOURCE
        raise InvalidError(
            _l("{what} is longer than {limit} characters: shorten it", what=_l("the source"), limit=limit)
        )
    return source


def clean_address(text: str) -> str:
    """Return an address to lead to, or an empty text.

    Raises:
        InvalidError: it is not one that begins with http:// or https:// and names a host.
    """
    address = text.strip()
    if not address:
        return ""
    wrong = InvalidError(_l("“{text}” is no address: write it as https://example.com/thanks", text=address[:100]))
    if len(address) > LONGEST_ADDRESS or not address.isprintable() or any(one in address for one in " \\\"'<>;"):
        raise wrong
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise wrong from None
    host = parts.netloc.removesuffix(f":{port}") if port is not None else parts.netloc
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host) or "@" in parts.netloc:
        raise wrong
    return address
