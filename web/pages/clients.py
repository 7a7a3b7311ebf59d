"""What the pages of contacts and of companies have in common: how a card is drawn, and what is done on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from flask import Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.directory import Directory, directory
from crm.fields.changes import FieldChange, set_fields
from crm.people.belongings import Belongings
from crm.people.company_card import company_card
from crm.people.contact_card import contact_card
from crm.people.listing import PeopleFilter, Place
from crm.people.twins import twins_of
from crm.records.comments import NewComment, add_comments
from crm.records.tags import TagChange, change_tags
from crm.records.timeline import Timeline
from db.work import Work
from engine.text import _l
from funnels.naming import funnel_names
from web.custom_fields import PREFIX, field_views, fields_sent, typed_again
from web.files import with_files
from web.forms import Form, FormModel, sent
from web.pages.deals.attaching import Comment, Tags
from web.pages.records import (
    FORM_ERRORS,
    RefusedError,
    Undo,
    done,
    is_htmx,
    people,
    require_done,
    story,
)
from web.site import writing
from web.texts import translated
from web.visit import actor, viewer, visit

Kind = Literal["contact", "company"]
ROOMS: Final[Mapping[Kind, str]] = {"contact": "contacts", "company": "companies"}


class ToPlan(FormModel):
    """The plan on which a deal is opened, and with whom."""

    plan: str
    title: str = Field("", max_length=255)
    contact: int | None = None


def filter_of_address() -> PeopleFilter:
    """Return the filter that stands in the address."""
    text, type_, owner = (request.args.get(name, "").strip()[:200] for name in ("q", "type", "owner"))
    sort: Literal["newest", "name"] = "name" if request.args.get("sort") == "name" else "newest"
    return PeopleFilter(text, type_, owner, archived=request.args.get("archived") == "yes", sort=sort)


def place_of_address() -> Place | None:
    """Return where a page begins."""
    after = request.args.get("after", type=int)
    return None if after is None else Place(request.args.get("name", ""), after)


def address_of_more(following: Place | None) -> str | None:
    """Return the address of the next page, its filter kept."""
    if following is None:
        return None
    from urllib.parse import urlencode

    kept = {name: value for name, value in request.args.items() if name not in ("after", "name")}
    return f"{request.path}?{urlencode({**kept, 'name': following.name, 'after': str(following.id)})}"


def address(kind: Kind, record_id: int) -> str:
    """Return the address of a card."""
    return f"/{ROOMS[kind]}/{record_id}"


def given(work: Work, kind: Kind, card: Any, page: Timeline, forms: dict[str, Form[Any]] | None) -> dict[str, Any]:
    """Return what the templates of both kinds of cards draw."""
    settings = directory(work)
    currency = str(settings.organization["currency"])
    names = funnel_names(work)
    _, everybody = people(settings)
    if card.owner is not None and card.owner not in everybody:
        everybody = [*everybody, card.owner]
    plans = [one for one in settings.plans.values() if not one.is_archived and viewer().sees_plan(one.id)]
    return {
        "kind": kind,
        "card": card,
        "base": address(kind, card.id),
        "fields": field_views(settings, card.fields, currency),
        "story": story(work, settings, page, currency, names),
        "next": page.next,
        "abouts": abouts(card.own, page),
        "everybody": everybody,
        "tags": sorted(settings.tags.values(), key=str.casefold)[:200],
        "funnels": {one.key: translated(one.name) for one in names.values()},
        "open_plans": plans,
        "plan_choices": [(one.key, one.name) for one in plans],
        "contact_choices": [(one.id, one.name) for one in getattr(card, "contacts", ())],
        "twins": twins_of(work, kind, card, viewer=viewer()) if card.archived_at is None else (),
        "twin_kind": kind,
        "forms": forms or {},
        "no_form": Form(),
        "currency": currency,
    }


def abouts(own: Belongings, page: Timeline) -> dict[int, tuple[str, str]]:
    """Return for each happening about a deal or lead its address and title: several stand on one timeline."""
    deals = {one.id: one.title for one in own.deals}
    leads = {one.id: one.title for one in own.leads}
    found = {}
    for one in page.happenings:
        record = one.data.get("target") if "target" in one.data else one.kind.partition(".")[0]
        titles = deals if record == "deal" else leads if record == "lead" else {}
        if one.subject_id in titles:
            found[one.id] = (f"/{record}s/{one.subject_id}", titles[one.subject_id])
    return found


def drawn(values: Mapping[str, Any], status: int, header: str) -> Response:
    """Draw a card: its inside where htmx renews it, a drawer where htmx opens it, else a page of its own."""
    kind = values["kind"]
    if not is_htmx():
        template = "clients/page.html"
    elif request.headers.get("HX-Target") == "card":
        template = f"clients/{kind}.html"
    else:
        template = "clients/drawer.html"
    response = make_response(render_template(template, **values), status)
    if header:
        response.headers["HX-Trigger"] = header
    if status >= 400:
        response.headers["HX-Reswap"] = "outerHTML"
    return response


def save_fields(kind: Kind, record_id: int, model: type[FormModel], show: Any, own: Any) -> ResponseReturnValue:
    """Save what a card's form sent; 409 where somebody changed the record meanwhile: what was typed stays.

    ``own`` returns the values of the record's own fields from the form and the transaction.
    """
    form: Form[Any] = sent(model, beside=(PREFIX,))
    form.sent = {**form.sent, **typed_again()}
    settings, new, status = _settings(), form.value, 422
    values, wrong = fields_sent(settings, kind, str(settings.organization["currency"]))
    form.errors.update(wrong)
    if new is not None and not wrong:
        try:
            with writing() as work:
                card = _CARDS[kind](work, record_id, viewer=viewer())
                mine = {**own(work, new), **with_files(work, values, card.fields)}
                change = FieldChange(kind, record_id, mine, new.version)
                [result] = set_fields(work, [change], by=actor())
                require_done(result)
        except FORM_ERRORS as error:
            form.refuse(error, error.name if isinstance(error, RefusedError) else "")
            if isinstance(error, RefusedError) and error.result.code == "stale":
                status = 409
                form.problem = translated(
                    _l("Somebody else has changed it meanwhile. What you typed is kept: look at it, and save again.")
                )
        else:
            return changed(kind, record_id, show, done(translated(_l("Saved."))))
    answer: ResponseReturnValue = show(record_id, forms={"fields": form}, status=status)
    return answer


def save_tags(kind: Kind, record_id: int, show: Any, find: Any) -> ResponseReturnValue:
    """Put tags on, or take one off; ``find`` returns the person, 0 for a company."""
    form = sent(Tags)
    if form.value is None:
        refused: ResponseReturnValue = show(record_id, forms={"tags": form}, status=422)
        return refused
    add = frozenset(" ".join(name.split()) for name in form.value.add.split(",") if name.strip())
    remove = frozenset({form.value.remove} if form.value.remove else ())
    with writing() as work:
        [result] = change_tags(work, [TagChange(kind, record_id, find(work), add, remove)], by=actor())
        require_done(result)
    undo = None
    if remove:
        undo = Undo(translated(_l("Undo")), f"{address(kind, record_id)}/tags", {"add": ", ".join(remove)})
    return changed(kind, record_id, show, done(translated(_l("Tags changed.")), undo))


def save_comment(kind: Kind, record_id: int, show: Any, find: Any) -> ResponseReturnValue:
    """Write a comment; ``find`` returns the person, 0 for a company."""
    form = sent(Comment)
    if form.value is None:
        refused: ResponseReturnValue = show(record_id, forms={"comment": form}, status=422)
        return refused
    with writing() as work:
        [result] = add_comments(work, [NewComment(kind, record_id, find(work), form.value.body)], by=actor())
        require_done(result)
    return changed(kind, record_id, show, done(translated(_l("Comment added."))))


def changed(kind: Kind, record_id: int, show: Any, header: str) -> ResponseReturnValue:
    """Draw the card again, or lead a browser without scripts back to it."""
    if not is_htmx():
        return redirect(address(kind, record_id), code=303)
    answer: ResponseReturnValue = show(record_id, header=header)
    return answer


def gone_to(where: str) -> ResponseReturnValue:
    """Lead a browser elsewhere, with scripts or without."""
    if is_htmx():
        response = make_response("", 204)
        response.headers["HX-Redirect"] = where
        return response
    return redirect(where, code=303)


_CARDS: Final[Mapping[Kind, Any]] = {"contact": contact_card, "company": company_card}


def _settings() -> Directory:
    settings = visit().settings
    assert settings is not None
    return settings
