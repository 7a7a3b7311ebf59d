"""Which key a call of the API comes with: remembered, and held against the settings by the transaction that serves the call."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from flask import g, request

from crm.access.tokens import token_hash
from crm.directory import Directory, directory
from crm.ways.api_keys import ApiKey, find_api_key, is_stale, note_used
from db.database import Database
from db.work import Work
from web.site import reading, site, writing

_NOTED_EVERY: Final = 60.0
"""Seconds for which a key is remembered, so that its use is noted again."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A key that was found valid under one version of the settings; making and revoking a key is a change of them."""

    key: ApiKey
    version: int
    secret: str
    seen_at: float


def caller() -> Shown | None:
    """Return the key that asks; ``None`` without a valid one.  It is looked up once a minute, and its use is noted."""
    if "api_key" not in g:
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        g.api_key = _known(secret.strip()) if kind.lower() == "bearer" and secret.strip() else None
    found: Shown | None = g.api_key
    return found


def confirmed(work: Work, settings: Directory, shown: Shown) -> ApiKey | None:
    """Return the key as this transaction sees it; ``None`` where it was revoked.  A query where settings changed."""
    if settings.version == shown.version:
        return shown.key
    key = find_api_key(work, shown.secret)
    known = _remembered(work.database)
    if key is None:
        known.pop(token_hash(shown.secret), None)
    else:
        known[token_hash(shown.secret)] = Shown(key, settings.version, shown.secret, shown.seen_at)
    return key


def _known(secret: str) -> Shown | None:
    known = _remembered(site().database)
    secret_hash = token_hash(secret)
    found = known.get(secret_hash)
    if found is not None and time.monotonic() - found.seen_at < _NOTED_EVERY:
        return found
    with reading() as work:
        key = find_api_key(work, secret)
        version = directory(work).version if key is not None else 0
        stale = key is not None and is_stale(work, key)
    if key is None:
        known.pop(secret_hash, None)
        return None
    if stale:
        with writing() as work:
            note_used(work, key)
    known[secret_hash] = Shown(key, version, secret, time.monotonic())
    return known[secret_hash]


def _remembered(database: Database) -> dict[str, Shown]:
    known: dict[str, Shown] = database.cache.setdefault("api_keys", {})
    return known
