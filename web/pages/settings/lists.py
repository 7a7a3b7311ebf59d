"""Simple lists to choose from: reasons of refusal, channels, tags, products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.directory import directory
from crm.errors import InvalidError
from crm.settings.directories import (
    DEFAULT_LOSS_REASONS,
    ChannelChange,
    LossReasonChange,
    NewChannel,
    NewLossReason,
    add_channels,
    add_loss_reasons,
    change_channel,
    change_loss_reason,
    channels_in_order,
    loss_reasons,
    remove_channel,
    remove_loss_reason,
)
from crm.settings.errors import InUseError
from crm.settings.words import (
    add_product,
    add_tag,
    all_products,
    all_tags,
    change_product,
    remove_product,
    remove_tag,
    rename_tag,
)
from db.work import Work
from engine.text import _l
from funnels.refers import FunnelReferences
from web.access import allowed
from web.forms import FormModel, sent
from web.money import in_field, read_amount
from web.site import reading, writing
from web.texts import translated
from web.visit import actor

blueprint = Blueprint("lists", __name__, url_prefix="/settings")


class ReasonForm(FormModel):
    """A reason of refusal."""

    name: str = Field(max_length=120)
    for_deals: Literal["yes"] | None = None
    for_leads: Literal["yes"] | None = None
    asks_comment: Literal["yes"] | None = None
    is_active: Literal["yes"] | None = None


class ChannelForm(FormModel):
    """A channel; ``leader`` is a login."""

    name: str = Field(max_length=120)
    leader: str = ""
    is_active: Literal["yes"] | None = None


class TagForm(FormModel):
    """A tag."""

    name: str = Field(max_length=120)


class ProductForm(FormModel):
    """A product; ``price`` is money as people write it."""

    name: str = Field(max_length=255)
    price: str = ""


@blueprint.get("/reasons")
@allowed("settings.edit")
def reasons() -> str:
    """Show the reasons of refusal."""
    with reading() as work:
        found = loss_reasons(work)
    return render_template("settings/reasons.html", reasons=found)


@blueprint.post("/reasons")
@allowed("settings.edit")
def add_reason() -> ResponseReturnValue:
    """Add a reason."""
    form = sent(ReasonForm)
    given = form.value
    if given is None:
        return _wrong(".reasons", form.errors, form.problem)
    new = NewLossReason(
        given.name,
        for_leads=bool(given.for_leads),
        for_deals=bool(given.for_deals),
        asks_comment=bool(given.asks_comment),
    )
    return _do(".reasons", lambda work: add_loss_reasons(work, [new], by=actor()))


@blueprint.post("/reasons/usual")
@allowed("settings.edit")
def add_usual_reasons() -> ResponseReturnValue:
    """Add the reasons that most companies have."""
    new = [NewLossReason(translated(words)) for words in DEFAULT_LOSS_REASONS]
    return _do(".reasons", lambda work: add_loss_reasons(work, new, by=actor()))


@blueprint.post("/reasons/<key>")
@allowed("settings.edit")
def change_reason(key: str) -> ResponseReturnValue:
    """Change a reason."""
    form = sent(ReasonForm)
    given = form.value
    if given is None:
        return _wrong(".reasons", form.errors, form.problem)
    change = LossReasonChange(
        given.name, bool(given.for_leads), bool(given.for_deals), bool(given.asks_comment), bool(given.is_active)
    )
    return _do(".reasons", lambda work: change_loss_reason(work, key, change, by=actor()))


@blueprint.post("/reasons/<key>/remove")
@allowed("settings.edit")
def remove_reason(key: str) -> ResponseReturnValue:
    """Remove a reason that nothing refers to."""
    return _do(
        ".reasons",
        lambda work: remove_loss_reason(work, key, by=actor(), refers=FunnelReferences(work)),
        _l("Removed."),
    )


@blueprint.get("/channels")
@allowed("settings.edit")
def channels() -> str:
    """Show the channels."""
    with reading() as work:
        found = channels_in_order(work)
        users = directory(work).users
    people = sorted((one for one in users.values() if one.is_active), key=lambda one: one.name.casefold())
    return render_template("settings/channels.html", channels=found, users=users, people=people)


@blueprint.post("/channels")
@allowed("settings.edit")
def add_channel() -> ResponseReturnValue:
    """Add a channel."""
    form = sent(ChannelForm)
    if form.value is None:
        return _wrong(".channels", form.errors, form.problem)
    new = NewChannel(form.value.name, leader=form.value.leader or None)
    return _do(".channels", lambda work: add_channels(work, [new], by=actor()))


@blueprint.post("/channels/<key>")
@allowed("settings.edit")
def rename_channel(key: str) -> ResponseReturnValue:
    """Change a channel."""
    form = sent(ChannelForm)
    if form.value is None:
        return _wrong(".channels", form.errors, form.problem)
    change = ChannelChange(form.value.name, form.value.leader or None, is_active=bool(form.value.is_active))
    return _do(".channels", lambda work: change_channel(work, key, change, by=actor()))


@blueprint.post("/channels/<key>/remove")
@allowed("settings.edit")
def drop_channel(key: str) -> ResponseReturnValue:
    """Remove a channel that nothing came by."""
    return _do(
        ".channels", lambda work: remove_channel(work, key, by=actor(), refers=FunnelReferences(work)), _l("Removed.")
    )


@blueprint.get("/tags")
@allowed("settings.edit")
def tags() -> str:
    """Show the tags."""
    with reading() as work:
        found = all_tags(work)
    return render_template("settings/tags.html", tags=found)


@blueprint.post("/tags")
@allowed("settings.edit")
def new_tag() -> ResponseReturnValue:
    """Add a tag."""
    form = sent(TagForm)
    if form.value is None:
        return _wrong(".tags", form.errors, form.problem)
    name = form.value.name
    return _do(".tags", lambda work: add_tag(work, name, by=actor()))


@blueprint.post("/tags/<int:tag_id>")
@allowed("settings.edit")
def change_tag(tag_id: int) -> ResponseReturnValue:
    """Rename a tag."""
    form = sent(TagForm)
    if form.value is None:
        return _wrong(".tags", form.errors, form.problem)
    name = form.value.name
    return _do(".tags", lambda work: rename_tag(work, tag_id, name, by=actor(), refers=FunnelReferences(work)))


@blueprint.post("/tags/<int:tag_id>/remove")
@allowed("settings.edit")
def drop_tag(tag_id: int) -> ResponseReturnValue:
    """Remove a tag that no record has."""
    return _do(
        ".tags", lambda work: remove_tag(work, tag_id, by=actor(), refers=FunnelReferences(work)), _l("Removed.")
    )


@blueprint.get("/products")
@allowed("settings.edit")
def products() -> str:
    """Show the products."""
    with reading() as work:
        found = all_products(work)
        currency = str(directory(work).organization["currency"])
    prices = {one.id: in_field(one.price, currency) if one.price is not None else "" for one in found}
    return render_template("settings/products.html", products=found, prices=prices, currency=currency)


@blueprint.post("/products")
@allowed("settings.edit")
def new_product() -> ResponseReturnValue:
    """Add a product."""
    form = sent(ProductForm)
    if form.value is None:
        return _wrong(".products", form.errors, form.problem)
    name, price = form.value.name, form.value.price
    return _do(".products", lambda work: add_product(work, name, _price(work, price), by=actor()))


@blueprint.post("/products/<int:product_id>")
@allowed("settings.edit")
def save_product(product_id: int) -> ResponseReturnValue:
    """Change a product."""
    form = sent(ProductForm)
    if form.value is None:
        return _wrong(".products", form.errors, form.problem)
    name, price = form.value.name, form.value.price
    return _do(".products", lambda work: change_product(work, product_id, name, _price(work, price), by=actor()))


@blueprint.post("/products/<int:product_id>/remove")
@allowed("settings.edit")
def drop_product(product_id: int) -> ResponseReturnValue:
    """Remove a product that no deal has."""
    return _do(".products", lambda work: remove_product(work, product_id, by=actor()), _l("Removed."))


def _price(work: Work, text: str) -> int | None:
    return read_amount(text, str(directory(work).organization["currency"])) if text else None


def _do(page: str, act: Callable[[Work], object], words: str = _l("Saved.")) -> ResponseReturnValue:
    """Do something and go back to its page, which says how it went."""
    try:
        with writing() as work:
            act(work)
    except (InvalidError, InUseError) as error:
        flash(translated(error.args[0]), "bad")
    else:
        flash(translated(words), "ok")
    return redirect(url_for(page), code=303)


def _wrong(page: str, errors: dict[str, str], problem: str) -> ResponseReturnValue:
    flash(" ".join([*errors.values(), problem]).strip(), "bad")
    return redirect(url_for(page), code=303)
