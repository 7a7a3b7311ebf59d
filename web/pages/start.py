"""Start: what waits for whoever signed in, by what he does here."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from crm.today.day import my_day, my_team
from engine.text import LazyText, _l
from funnels.first_steps import FirstSteps, first_steps
from funnels.outbox import RIGHT, stuck
from funnels.runs import FunnelCount, RunReport, report
from web.access import SIGNED_IN, allowed
from web.site import reading
from web.visit import may, me, viewer, visit

blueprint = Blueprint("start", __name__)

ROBOTS = "robots."
FUNNELS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Step:
    """A first step: what to do, why, and where."""

    is_done: bool
    icon: str
    title: LazyText
    about: LazyText
    path: str


@blueprint.get("/")
@allowed(SIGNED_IN)
def show() -> ResponseReturnValue:
    """Show the page: a manager his day, a supervisor his team, a marketer his funnels, an administrator what is missing."""
    settings = visit().settings
    assert settings is not None
    sees_funnels, sees_all = may("funnels.edit", "runs.repair"), may("settings.edit")
    with reading() as work:
        day = my_day(work, viewer=viewer(), zone=visit().zone)
        team = my_team(work, viewer=viewer(), zone=visit().zone) if may("records.see_team") else None
        runs = report(work) if sees_funnels else None
        steps = first_steps(work) if sees_all else None
        failed = stuck(work, viewer=viewer()) if may(RIGHT) else 0
        now = work.now
    sells = any(one.user_id == me().id for plan in settings.plans.values() for one in plan.managers)
    has_something = bool(day.open_deals or (day.load and day.load.open))
    return render_template(
        "start.html",
        day=day if has_something or sells or not (team or runs) else None,
        team=team if team and (team.rows or team.ownerless) else None,
        runs=runs,
        failed=failed,
        funnels=_funnels(runs),
        robots_inside=sum(one.inside for one in runs.funnels if one.key.startswith(ROBOTS)) if runs else 0,
        steps=_steps(steps) if steps and steps.done < 5 else (),
        lacks_mail=steps is not None and not steps.mail,
        is_there=is_there,
        now=now,
    )


def is_there(path: str) -> bool:
    """True where a page answers at this path, so that nothing leads nowhere."""
    return current_app.url_map.bind("").test(path, "GET")


def _funnels(runs: RunReport | None) -> list[FunnelCount]:
    """Return the funnels that people drew, those with the most inside in front."""
    drawn = [one for one in runs.funnels if not one.key.startswith(ROBOTS)] if runs else []
    return sorted(drawn, key=lambda one: (-one.parked, -one.inside, one.name.casefold()))[:FUNNELS_SHOWN]


def _steps(found: FirstSteps) -> tuple[Step, ...]:
    return (
        Step(
            found.plan,
            "layout-kanban",
            _l("Make a sales plan"),
            _l("A board with stages, people, and the rule for who gets the next deal."),
            "/settings/new-plan",
        ),
        Step(
            found.people,
            "user-plus",
            _l("Invite people"),
            _l("Each gets a link and chooses a password."),
            "/settings/people/new",
        ),
        Step(
            found.funnel,
            "route",
            _l("Draw or upload a funnel"),
            _l("It leads new people to the board and sets tasks by itself."),
            "/funnels",
        ),
        Step(
            found.form,
            "forms",
            _l("Make a form"),
            _l("For your site: who fills it in is a lead at once."),
            "/settings/forms",
        ),
        Step(
            found.leads,
            "file-import",
            _l("Import leads"),
            _l("From a table of your present system, with a trial run."),
            "/import",
        ),
    )
