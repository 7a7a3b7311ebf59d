"""My tasks, and those of my team; done with one click, moved with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.access.viewers import team_of
from crm.directory import User
from crm.errors import InvalidError
from crm.finding.conditions import narrowed
from crm.tasks.changes import Postponement, TaskEnd, end_tasks, postpone_tasks, reopen_tasks
from crm.tasks.listing import TaskLoad, TaskShown, open_tasks, task_loads
from engine.text import LazyText, _l
from funnels.naming import funnel_names
from web.access import SIGNED_IN, allowed
from web.finding import filter_part, is_from_form, link_to, read_wanted, saved_links
from web.forms import FormModel, sent
from web.pages.deals.attaching import due_of
from web.pages.records import FORM_ERRORS, Undo, done, is_htmx, nothing, require_done, require_there
from web.pages.signing_in import safe
from web.site import reading, writing
from web.texts import moment, translated
from web.visit import actor, me, viewer, visit

blueprint = Blueprint("tasks", __name__)

MOST = 200


@dataclass(frozen=True, slots=True)
class Part:
    """Tasks that are due within one span of time."""

    key: str
    title: LazyText
    tasks: tuple[TaskShown, ...]


class Done(FormModel):
    """A task that is done, and what came of it."""

    result: str = Field("", max_length=1000)
    next: str = ""


class Later(FormModel):
    """Until when a task moves, and why."""

    day: date
    at: time | None = None
    reason: str = Field(max_length=500)
    next: str = ""


@blueprint.get("/tasks")
@allowed(SIGNED_IN)
def mine() -> ResponseReturnValue:
    """Show the open tasks of the visitor, or of his team: who is late first; the filter stands in the address."""
    wanted = read_wanted(request.args, "task")
    settings = visit().settings
    assert settings is not None
    below = team_of(settings, me())
    sees_team = (bool(below) and "records.see_team" in me().rights) or "records.see_all" in me().rights
    if sees_team and "records.see_all" in me().rights and not below:
        below = frozenset(one.id for one in settings.users.values() if one.is_active and one.id != me().id)
    whose = "team" if sees_team and request.args.get("whose") == "team" else "mine"
    chosen = settings.logins.get(request.args.get("who", "")) if whose == "team" else None
    kept = _kept(whose, chosen)
    if is_from_form(request.args):
        return redirect(link_to(request.path, wanted, *kept, ("add", request.args.get("add", ""))))
    now_here = datetime.now(ZoneInfo(visit().zone))
    day_ends = (now_here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    loads: Sequence[TaskLoad] = ()
    with reading() as work:
        users = [me().id] if whose == "mine" else sorted(below)
        if whose == "team":
            loads = [one for one in task_loads(work, users, viewer=viewer(), day_ends=day_ends) if one.open]
            users = [chosen.id] if chosen is not None and chosen.id in below else users
        also = None if wanted.is_any else narrowed(work, wanted, viewer())
        found = open_tasks(work, users, viewer=viewer(), limit=MOST + 1, also=also)
        fixed = ("task.status", *(("task.responsible", "task.team") if whose == "mine" else ()))
        saved = saved_links(work, wanted, request.path)
        finding = filter_part(work, wanted, request.path, fixed=fixed, kept=kept, saved=saved)
        funnels = {one.key: translated(one.name) for one in funnel_names(work).values()}
        at = work.now
    return render_template(
        "tasks/list.html" if is_htmx() else "tasks/mine.html",
        parts=parts(found[:MOST], at, day_ends),
        count=len(found),
        most=MOST,
        at=at,
        whose=whose,
        chosen=chosen,
        sees_team=sees_team,
        loads=loads,
        funnels=funnels,
        finding=finding,
        here=link_to(request.path, wanted, *kept),
    )


def _kept(whose: str, chosen: User | None) -> list[tuple[str, str]]:
    """Return whose tasks are shown, as the address says it beside the filter."""
    if whose == "mine":
        return []
    return [("whose", whose), *([("who", chosen.login)] if chosen is not None else [])]


def parts(tasks: Sequence[TaskShown], now: datetime, day_ends: datetime) -> list[Part]:
    """Return tasks by when they are due: late, today, tomorrow, this week, later, without a date; empty parts are left out."""
    week_ends = day_ends + timedelta(days=6 - (day_ends - timedelta(days=1)).weekday())
    bounds = (
        ("late", _l("Late"), now),
        ("today", _l("Today"), day_ends),
        ("tomorrow", _l("Tomorrow"), day_ends + timedelta(days=1)),
        ("week", _l("This week"), week_ends),
        ("later", _l("Later"), None),
    )
    left = [one for one in tasks if one.due_at is not None]
    found = []
    for key, title, end in bounds:
        here = [one for one in left if end is None or (one.due_at is not None and one.due_at < end)]
        left = left[len(here) :]
        found.append(Part(key, title, tuple(here)))
    found.append(Part("undated", _l("Without a date"), tuple(one for one in tasks if one.due_at is None)))
    return [one for one in found if one.tasks]


@blueprint.post("/tasks/<int:task_id>/done")
@allowed("tasks.edit")
def complete(task_id: int) -> ResponseReturnValue:
    """Complete a task."""
    form = sent(Done)
    new = form.value or Done()
    with writing() as work:
        [result] = end_tasks(work, [TaskEnd(task_id, result=new.result)], by=actor())
        require_there(result)
    words = translated(_l("Done.") if result.code == "done" else _l("It was not open any more."))
    undo = Undo(translated(_l("Undo")), url_for(".reopen", task_id=task_id), {})
    return _answer(done(words, undo if result.code == "done" else None, _CHANGED), new.next)


@blueprint.post("/tasks/<int:task_id>/open")
@allowed("tasks.edit")
def reopen(task_id: int) -> ResponseReturnValue:
    """Open a task again that was completed by mistake."""
    with writing() as work:
        [result] = reopen_tasks(work, [task_id], by=actor())
        require_there(result)
    return _answer(done(translated(_l("The task is open again.")), None, _CHANGED), request.form.get("next", ""))


@blueprint.post("/tasks/<int:task_id>/postpone")
@allowed("tasks.edit")
def postpone(task_id: int) -> ResponseReturnValue:
    """Move the deadline of a task; it needs a reason."""
    form = sent(Later)
    new = form.value
    if new is None:
        return _refused(translated(_l("Nothing was moved: choose a day, and say why the deadline moves.")))
    due = due_of(new.day, new.at)
    assert due is not None
    try:
        with writing() as work:
            [result] = postpone_tasks(work, [Postponement(task_id, due, new.reason)], by=actor())
            require_done(result)
    except FORM_ERRORS as error:
        return _refused(" ".join(translated(str(one)) for one in error.args))
    words = translated(_l("Moved to {moment}.", moment=moment(due.due_at)))
    return _answer(done(words, None, _CHANGED), new.next)


_CHANGED = {"record-changed": True}


def _refused(words: str) -> ResponseReturnValue:
    """Say why nothing was done: a note where htmx asks, else a page."""
    if is_htmx():
        return words, 400
    raise InvalidError(words)


def _answer(header: str, where: str) -> ResponseReturnValue:
    return nothing(header) if is_htmx() else redirect(safe(where) if where else url_for(".mine"), code=303)
