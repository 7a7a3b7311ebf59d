"""Keys of the API: made for a program, with rights of their own; only their hashes are stored."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, select

from crm.access.actor import RIGHTS, Actor, ActorKind, Viewer
from crm.access.tokens import new_token, token_hash
from crm.errors import InvalidError, NotFoundError
from crm.settings.change import clean_name, note, note_many
from crm.tables.accounts import api_key
from db.sets import in_set
from db.work import Work
from engine.text import _l

PREFIX: Final = "vk_"
GRANTABLE: Final = ("leads.create", "leads.edit", "deals.edit", "deals.mass_edit", "records.see_all")
"""The rights that the API has a use for."""
_START: Final = 9
_NOTED_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as a list shows it; ``start`` is how its secret begins."""

    id: int
    name: str
    rights: frozenset[str]
    start: str
    created_by: int
    created_at: datetime
    used_at: datetime | None
    is_active: bool


def new_api_key(work: Work, name: str, rights: Collection[str], *, by: Actor) -> str:
    """Make a key, and return its secret, which is stored nowhere and shown once.

    Raises:
        NotAllowedError: the actor gives a right that he does not have himself.
        InvalidError: the name or a right cannot be.
    """
    by.require("settings.edit")
    unknown = sorted(set(rights) - RIGHTS)
    if unknown or not rights:
        raise InvalidError(_l("choose at least one right"))
    by.require_all(frozenset(rights))
    cleaned = clean_name(name, _l("the key's name"))
    secret = PREFIX + new_token()
    [id_] = work.ids("api_key", 1)
    work.execute(
        api_key.insert().values(
            id=id_,
            token_hash=token_hash(secret),
            name=cleaned,
            rights=sorted(rights),
            start=secret[:_START],
            created_by=by.packed,
            created_at=work.now,
            is_active=True,
        )
    )
    note(work, "api_key", cleaned, "created", id_, by)
    return secret


def revoke_api_keys(work: Work, ids: Sequence[int], *, by: Actor) -> None:
    """Let keys work no more, for good.

    Raises:
        NotFoundError: there is no such key.
    """
    by.require("settings.edit")
    query = select(api_key.c.id, api_key.c.name).where(in_set(api_key.c.id, "ids"))
    names = {row.id: row.name for row in work.rows(query, {"ids": list(ids)})}
    missing = [one for one in ids if one not in names]
    if missing:
        raise NotFoundError("key", missing[0])
    work.execute(api_key.update().where(in_set(api_key.c.id, "ids")).values(is_active=False), {"ids": list(ids)})
    note_many(work, "api_key", [(names[one], one) for one in ids], "revoked", by)


def all_api_keys(work: Work) -> tuple[ApiKey, ...]:
    """Return all keys, those that work first, then the newest.  One query."""
    rows = work.rows(select(api_key).order_by(api_key.c.is_active.desc(), api_key.c.id.desc()))
    return tuple(_key(row) for row in rows)


def find_api_key(work: Work, secret: str) -> ApiKey | None:
    """Return the key of a secret; ``None`` for one that never was, or works no more.  One query."""
    rows = work.rows(_BY_HASH, {"hash": token_hash(secret)})
    return _key(rows[0]) if rows and rows[0].is_active else None


def active_api_key(work: Work, id_: int) -> ApiKey | None:
    """Return the key with an id, ``None`` where it works no more.  One query."""
    rows = work.rows(select(api_key).where(api_key.c.id == id_))
    return _key(rows[0]) if rows and rows[0].is_active else None


def is_stale(work: Work, key: ApiKey) -> bool:
    """True where it is time to note that the key is in use."""
    return key.used_at is None or work.now - key.used_at > _NOTED_EVERY


def note_used(work: Work, key: ApiKey) -> None:
    """Note that a key is in use."""
    work.execute(api_key.update().where(api_key.c.id == key.id).values(used_at=work.now))


def actor_of_key(key: ApiKey) -> Actor:
    """Return a key as the one who does something, to the records that it sees."""
    return Actor(ActorKind.API, key.id, key.rights, sees=viewer_of_key(key))


def viewer_of_key(key: ApiKey) -> Viewer:
    """Return a key as the one who looks: all records, or none."""
    if "records.see_all" in key.rights:
        return Viewer(0, rights=key.rights)
    return Viewer(0, frozenset(), frozenset(), key.rights)


def _key(row: object) -> ApiKey:
    names = ("id", "name", "rights", "start", "created_by", "created_at", "used_at", "is_active")
    values = {name: getattr(row, name) for name in names}
    return ApiKey(**{**values, "rights": frozenset(values["rights"])})


_BY_HASH = select(api_key).where(api_key.c.token_hash == bindparam("hash"))
