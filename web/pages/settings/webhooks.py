"""Webhooks: addresses for other programs, and what becomes of what they send, chosen on what came."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.directory import Directory, directory
from crm.errors import InvalidError
from crm.ways.kinds import Mapped, ValueKind, Webhook
from crm.ways.webhooks import (
    Delivery,
    WebhookText,
    add_webhook,
    all_webhooks,
    change_webhook,
    last_deliveries,
    new_address,
    redact,
    remove_webhook,
    switch_webhook,
    targets,
    webhook_by_key,
)
from engine.text import _l
from web.access import allowed
from web.asking import NAMES
from web.forms import Form, FormModel, sent
from web.pages.settings.ways import gone_on, removed, saved, switched
from web.site import reading, site, writing
from web.texts import translated
from web.visit import actor

blueprint = Blueprint("webhooks", __name__, url_prefix="/settings/webhooks")
_SHOWN = "shown_webhook"
_LISTS = frozenset({"path", "target", "name_of", "kind"})
_TOLD = "value"


class NewWebhookSent(FormModel):
    """What the form of a new webhook sends."""

    name: str = ""


class WebhookSent(FormModel):
    """What the form of a webhook sends: texts, and the table of values row by row.

    The ``target`` ``value`` keeps one for conditions.
    """

    name: str = ""
    makes_leads: bool = False
    source: str = ""
    channel: str = ""
    version: int = 0
    path: list[str] = Field(default_factory=list, max_length=500)
    target: list[str] = Field(default_factory=list, max_length=500)
    name_of: list[str] = Field(default_factory=list, max_length=500)
    kind: list[ValueKind] = Field(default_factory=list, max_length=500)

    def text(self) -> WebhookText:
        """Return what the command takes."""
        rows = zip(self.path, self.target, self.name_of, self.kind, strict=False)
        mapping = [
            Mapped(path, f"value.{name.strip()}", kind) if target == _TOLD else Mapped(path, target)
            for path, target, name, kind in rows
            if target and path.strip()
        ]
        return WebhookText(self.name, mapping, self.makes_leads, self.source, self.channel)


@blueprint.get("")
@allowed("settings.edit")
def everything() -> str:
    """Show all webhooks, with how often they were used."""
    with reading() as work:
        found, now = all_webhooks(work), work.now
    return render_template("settings/webhooks.html", webhooks=found, now=now, form=Form())


@blueprint.post("")
@allowed("settings.edit")
def add() -> ResponseReturnValue:
    """Add a webhook, and show its address once."""
    form = sent(NewWebhookSent)
    if form.value is not None:
        try:
            with writing() as work:
                key, token = add_webhook(work, WebhookText(form.value.name), by=actor())
        except InvalidError as error:
            form.refuse(error, "name")
        else:
            session[_SHOWN] = {"key": key, "token": token}
            return redirect(url_for("settings.webhooks.show", key=key), code=303)
    with reading() as work:
        found, now = all_webhooks(work), work.now
    return render_template("settings/webhooks.html", webhooks=found, now=now, form=form), 422


@blueprint.get("/<key>")
@allowed("settings.edit")
def show(key: str) -> str:
    """Show a webhook, its address where it is new, and what came last."""
    with reading() as work:
        found = webhook_by_key(work, key)
    names = ("name", "makes_leads", "source", "channel", "version")
    return _page(found, Form({name: getattr(found, name) for name in names}))


@blueprint.post("/<key>")
@allowed("settings.edit")
def change(key: str) -> ResponseReturnValue:
    """Change a webhook."""
    form = sent(WebhookSent, lists=_LISTS)
    with reading() as work:
        found = webhook_by_key(work, key)
    if form.value is not None:
        text, version = form.value.text(), form.value.version
        status = saved(
            form,
            lambda work: change_webhook(work, key, text, version=version, by=actor()),
            stale=_l("Somebody else changed this webhook meanwhile. Reload to see what holds now."),
        )
        if status == 303:
            return gone_on(_l("Saved. The next delivery is read so."), "settings.webhooks.show", key=key)
        return _page(found, form), status
    return _page(found, form), 422


@blueprint.post("/<key>/address")
@allowed("settings.edit")
def renew(key: str) -> ResponseReturnValue:
    """Give a webhook another address; the old one works no more."""
    with writing() as work:
        token = new_address(work, key, by=actor())
    session[_SHOWN] = {"key": key, "token": token}
    return redirect(url_for("settings.webhooks.show", key=key), code=303)


@blueprint.post("/<key>/switch")
@allowed("settings.edit")
def switch(key: str) -> ResponseReturnValue:
    """Switch a webhook on or off."""
    return switched(
        lambda work, on: switch_webhook(work, key, on=on, by=actor()),
        "settings.webhooks.show",
        on=_l("The webhook takes what comes."),
        off=_l("The webhook takes nothing now; who sends is told so."),
        key=key,
    )


@blueprint.post("/<key>/redact")
@allowed("settings.edit")
def forget(key: str) -> ResponseReturnValue:
    """Remove the content of what came."""
    with writing() as work:
        redact(work, key, by=actor())
    return gone_on(_l("The content of the last deliveries is removed."), "settings.webhooks.show", key=key)


@blueprint.post("/<key>/remove")
@allowed("settings.edit")
def remove(key: str) -> ResponseReturnValue:
    """Remove a webhook that no funnel names."""
    return removed(
        "settings.webhooks",
        key,
        lambda work, refers: remove_webhook(work, key, by=actor(), refers=refers),
        _l("The webhook is gone; the leads that came by it stay."),
    )


def _page(found: Webhook, form: Form[WebhookSent]) -> str:
    with reading() as work:
        settings, deliveries, now = directory(work), last_deliveries(work, found), work.now
    chosen = form.value.text().mapping if form.value is not None else found.mapping
    return render_template(
        "settings/webhook.html",
        webhook=found,
        form=form,
        secret=_address(found.key),
        rows=_rows(chosen, deliveries),
        targets=[(target, _words(settings, target)) for target in targets(settings)],
        channels=[(key, key) for key in sorted(settings.channel_keys)],
        deliveries=deliveries,
        now=now,
    )


def _rows(mapping: Sequence[Mapped], deliveries: tuple[Delivery, ...]) -> list[dict[str, object]]:
    """Return a row for every value that is used or came: its path, a sample, and what becomes of it."""
    samples: dict[str, object] = {}
    for delivery in deliveries:
        for path, value in (delivery.values or {}).items():
            samples.setdefault(path, value)
    used = {one.path: one for one in reversed(mapping)}
    twice = [one for one in mapping if used[one.path] is not one]
    paths = [*(path for path in used if path not in samples), *samples]
    rows = [(path, used.get(path)) for path in paths[:300]]
    return [
        {
            "path": path,
            "sample": samples.get(path, ""),
            "target": "" if one is None else _TOLD if one.target.startswith("value.") else one.target,
            "name": one.target.removeprefix("value.") if one is not None and one.target.startswith("value.") else "",
            "kind": one.kind if one is not None else "text",
        }
        for path, one in [*rows, *((one.path, one) for one in twice)]
    ]


def _words(settings: Directory, target: str) -> str:
    if target in NAMES:
        return translated(NAMES[target])
    if target.startswith("field."):
        return settings.fields["lead", target.removeprefix("field.")].name
    return translated(_l("Id with you") if target == "external_id" else _l("Source"))


def _address(key: str) -> str:
    """Return the address of a webhook that has just got it, once."""
    shown = session.get(_SHOWN)
    if not isinstance(shown, dict) or shown.get("key") != key:
        return ""
    session.pop(_SHOWN)
    root = (site().public_url or request.url_root).rstrip("/")
    return f"{root}{url_for('hooks.take', token=shown['token'])}"
