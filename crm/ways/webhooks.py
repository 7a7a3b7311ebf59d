"""Webhooks: addresses that other programs send to, and what becomes of what they send."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select

from crm.access.actor import Actor
from crm.access.tokens import new_token, token_hash
from crm.directory import Directory, directory
from crm.errors import InvalidError, NotFoundError
from crm.settings.change import Refers, clean_name, note, row_by_key
from crm.settings.keys import new_key
from crm.tables.ways import webhook_delivery, webhook_in
from crm.ways.forms import clean_source
from crm.ways.kinds import BUILT_IN, Mapped, Webhook
from crm.ways.ways import WEBHOOK, Counted, by_key, change_way, counted, remove_way, switch_way
from db.work import Work
from engine.text import LazyText, _l

MOST_MAPPED: Final = 60
SHOWN: Final = timedelta(days=30)
"""How far back deliveries are counted; older ones are forgotten."""
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_START: Final = 6


@dataclass(frozen=True, slots=True)
class WebhookText:
    """What people set of a webhook.  Without ``makes_leads`` only funnels hear of what comes."""

    name: str
    mapping: Sequence[Mapped] = ()
    makes_leads: bool = True
    source: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something that came: the beginnings of its values by path (``None``: not kept any more), its lead, what did not fit."""

    id: int
    received_at: datetime
    lead_id: int | None
    values: Mapping[str, object] | None
    problems: tuple[tuple[str, LazyText], ...]


def add_webhook(work: Work, new: WebhookText, *, by: Actor, key: str | None = None) -> tuple[str, str]:
    """Add a webhook; returns its key and its secret, which is stored nowhere and shown once.

    Raises:
        InvalidError: something cannot be; it says what.
    """
    by.require(WEBHOOK.right)
    settings = directory(work)
    values = _values(settings, new)
    own = new_key(values["name"], settings.webhooks, wanted=key, otherwise="webhook")
    token = new_token()
    [id_] = work.ids("webhook_in", 1)
    row = {"id": id_, "key": own, "token_hash": token_hash(token), "start": token[:_START], "is_active": True}
    work.execute(webhook_in.insert().values(**row, **values, created_at=work.now, version=1))
    note(work, "webhook", own, "created", id_, by)
    return own, token


def change_webhook(work: Work, key: str, new: WebhookText, *, version: int | None = None, by: Actor) -> None:
    """Change a webhook; its address stays.

    Raises:
        NotFoundError: there is no such webhook.
        InvalidError: something cannot be; it says what.
        StaleError: it was changed since ``version``.
    """
    by.require(WEBHOOK.right)
    change_way(work, WEBHOOK, key, _values(directory(work), new), version=version, by=by)


def new_address(work: Work, key: str, *, by: Actor) -> str:
    """Give a webhook another secret and return it; the old address works no more.

    Raises:
        NotFoundError: there is no such webhook.
    """
    token = new_token()
    values = {"token_hash": token_hash(token), "start": token[:_START]}
    change_way(work, WEBHOOK, key, values, action="new address", by=by)
    return token


def switch_webhook(work: Work, key: str, *, on: bool, by: Actor) -> None:
    """Let a webhook take what comes, or not.

    Raises:
        NotFoundError: there is no such webhook.
    """
    switch_way(work, WEBHOOK, key, on=on, by=by)


def remove_webhook(work: Work, key: str, *, by: Actor, refers: Refers | None = None) -> None:
    """Remove a webhook with what is kept of its deliveries; the leads that came by it stay.

    Raises:
        NotFoundError: there is no such webhook.
        InUseError: funnels name it.
    """
    remove_way(work, WEBHOOK, key, refers=refers, by=by)


def redact(work: Work, key: str, *, by: Actor) -> int:
    """Remove what is kept of the content of deliveries; returns how many held some.

    Raises:
        NotFoundError: there is no such webhook.
    """
    by.require(WEBHOOK.right)
    row = row_by_key(work, webhook_in, "webhook", key)
    kept = (webhook_delivery.c.webhook_id == row.id) & webhook_delivery.c.payload.is_not(None)
    removed = work.execute(webhook_delivery.update().where(kept).values(payload=None, problems=None))
    note(work, "webhook", key, "redacted", row.id, by)
    return removed


def all_webhooks(work: Work) -> tuple[Counted[Webhook], ...]:
    """Return all webhooks by name, with what came in the last 30 days.  One query."""
    return counted(work, WEBHOOK, directory(work).webhooks, since=work.now - SHOWN)


def webhook_by_key(work: Work, key: str) -> Webhook:
    """Return the webhook with this key.

    Raises:
        NotFoundError: there is none.
    """
    return by_key(WEBHOOK, directory(work).webhooks, key)


def webhook_by_token(work: Work, token: str) -> Webhook:
    """Return the webhook behind a secret.  One query.

    Raises:
        NotFoundError: there is none, or it is switched off.
    """
    key = work.scalar(select(webhook_in.c.key).where(webhook_in.c.token_hash == token_hash(token)))
    found = directory(work).webhooks.get(key) if key is not None else None
    if found is None or not found.is_active:
        raise NotFoundError("webhook", "…")
    return found


def last_deliveries(work: Work, webhook: Webhook, *, limit: int = 20) -> tuple[Delivery, ...]:
    """Return what came last, the newest first.  One query."""
    query = (
        select(webhook_delivery)
        .where(webhook_delivery.c.webhook_id == webhook.id)
        .order_by(webhook_delivery.c.id.desc())
        .limit(limit)
    )
    return tuple(
        Delivery(
            row.id,
            row.received_at,
            row.lead_id,
            json.loads(row.payload) if row.payload is not None else None,
            tuple((path, LazyText(msgid, params=params)) for path, msgid, params in row.problems or ()),
        )
        for row in work.rows(query)
    )


def targets(settings: Directory) -> tuple[str, ...]:
    """Return what a value may fill: the lead's own fields, and its custom ones."""
    own = (f"field.{key}" for (kind, key) in settings.fields if kind == "lead")
    return (*BUILT_IN, "external_id", "source", *own)


def _values(settings: Directory, new: WebhookText) -> dict[str, Any]:
    if new.channel and new.channel not in settings.channel_keys:
        raise InvalidError(_l("there is no channel “{value}”", value=new.channel))
    return {
        "name": clean_name(new.name, _l("the webhook's name")),
        "mapping": [asdict(one) for one in _mapping(settings, new.mapping)],
        "makes_leads": new.makes_leads,
        "source": clean_source(new.source),
        "channel": new.channel,
    }


def _mapping(settings: Directory, mapping: Sequence[Mapped]) -> list[Mapped]:
    if len(mapping) > MOST_MAPPED:
        raise InvalidError(_l("at most {limit} values may be used", limit=MOST_MAPPED))
    known, seen = set(targets(settings)), set[str]()
    for one in mapping:
        name = one.target.removeprefix("value.")
        if one.target.startswith("value."):
            if not _NAME.fullmatch(name):
                raise InvalidError(
                    _l("“{name}” cannot be a name: write small Latin letters, digits and _, at most 40", name=name)
                )
        elif one.target not in known:
            raise InvalidError(_l("leads have no field “{field}”", field=one.target))
        if one.target in seen:
            raise InvalidError(_l("“{field}” is filled twice: choose one value for it", field=name))
        if not 0 < len(one.path) <= 300:
            raise InvalidError(_l("a path has 1 to {limit} characters", limit=300))
        seen.add(one.target)
    return list(mapping)
