"""What cards of deals and of leads have in common: people to choose, the timeline in words, answers to what was done on them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Response, abort, flash, make_response, request
from sqlalchemy import select

from crm.directory import Directory, Plan, User
from crm.errors import InvalidError, NotAllowedError
from crm.records.timeline import Timeline
from crm.tables.settings import loss_reason
from db.work import Work
from engine.request import DONE, Result
from engine.text import LazyText, _l
from funnels.naming import FunnelName, funnel_names, funnels_of_runs
from voronka_error import VoronkaError
from web.happenings import Context, Told, told


def words_of(result: Result) -> str:
    """Return why a command refused, in words that can be translated."""
    return result.detail or _CODES.get(result.code) or _l("this cannot be done ({code})", code=result.code)


_CODES: Final[Mapping[str, LazyText]] = {
    "like_another": _l("there is such a deal already"),
    "no_record": _l("it is not there any more"),
    "no_task": _l("the task is not there any more"),
    "not_ended": _l("the task is open"),
    "not_open": _l("the task is done or cancelled already"),
}


class RefusedError(VoronkaError):
    """A command refused what a form asked for; the transaction is given up.  ``name`` is the field it is about."""

    code = "refused"

    def __init__(self, result: Result, name: str = "") -> None:
        super().__init__(words_of(result))
        self.result = result
        self.name = name


def require_done(result: Result, name: str = "") -> None:
    """Give up the transaction where a command refused.

    Raises:
        RefusedError: it did.
        NotFound: there is no such record, or the visitor may not see it.
    """
    require_there(result)
    if result.code not in (DONE, "unchanged", "exists"):
        raise RefusedError(result, name)


def require_there(result: Result) -> None:
    """Give up the transaction where there is no such record.

    Raises:
        NotFound: there is none, or the visitor may not see it.
    """
    if result.code in _NOT_THERE:
        abort(404)


_NOT_THERE = frozenset({"no_record", "no_deal", "no_task"})
FORM_ERRORS = (RefusedError, InvalidError, NotAllowedError)
"""What a form can be refused for, and is said beside it."""


def is_htmx() -> bool:
    """True where htmx asks for a part of a page."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


@dataclass(frozen=True, slots=True)
class Undo:
    """How something is taken back: the words on the button, where to, and what is sent."""

    words: str
    address: str
    values: Mapping[str, str]


def done(words: str, undo: Undo | None = None, events: Mapping[str, object] | None = None) -> str:
    """Say that something was done, and return the header that tells the page: a note, with its undo, and ``events``.

    Without scripts the note waits for the next page.
    """
    if not is_htmx():
        flash(words, "ok")
        return ""
    note: dict[str, Any] = {"words": words}
    if undo is not None:
        note["undo"] = {"words": undo.words, "address": undo.address, "values": dict(undo.values)}
    return json.dumps({"note": note, **(events or {})})


def done_before_leaving(words: str, undo: Undo) -> None:
    """Say on the next page that something was done, with its undo."""
    values = dict(undo.values)
    flash({"words": words, "undo": {"words": undo.words, "address": undo.address, "values": values}}, "ok")  # type: ignore[arg-type]  # any JSON


def nothing(header: str) -> Response:
    """Return the answer to htmx that changes nothing by itself; the events in the header do."""
    response = make_response("", 204)
    response.headers["HX-Trigger"] = header
    return response


def people(settings: Directory, plan: Plan | None = None) -> tuple[list[User], list[User]]:
    """Return whom a record may be given to: the managers of the plan, then everybody else, by name."""
    members = [one.user_id for one in plan.managers] if plan is not None else []
    active = sorted((one for one in settings.users.values() if one.is_active), key=lambda one: one.name.casefold())
    return [one for one in active if one.id in members], [one for one in active if one.id not in members]


def loss_reasons(work: Work) -> list[tuple[str, str]]:
    """Return the reasons of refusal for deals that are in use, as key and name.  One query."""
    query = (
        select(loss_reason.c.key, loss_reason.c.name)
        .where(loss_reason.c.is_active, loss_reason.c.for_deals)
        .order_by(loss_reason.c.id)
    )
    return [(row.key, row.name) for row in work.rows(query)]


def story(
    work: Work, settings: Directory, page: Timeline, currency: str, names: Mapping[int, FunnelName] | None = None
) -> list[Told]:
    """Return a page of a timeline in words.  At most two queries."""
    of_runs = funnels_of_runs(work, page.runs)
    known = (names or funnel_names(work)) if of_runs else {}
    funnels = {run_id: known[funnel_id] for run_id, funnel_id in of_runs.items() if funnel_id in known}
    context = Context(settings, page, funnels, currency)
    return [told(one, context) for one in page.happenings]
