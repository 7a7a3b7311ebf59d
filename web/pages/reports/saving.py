"""Reports under a name: saved, changed, removed."""

from __future__ import annotations

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from crm.reports.asked import Asked, Type
from crm.reports.saved import (
    NewReport,
    ReportChange,
    change_reports,
    remove_reports,
    save_reports,
    saved_report,
)
from crm.reports.scope import RIGHT
from engine.request import DONE, Result
from engine.text import _l
from web.access import allowed
from web.forms import Form, sent
from web.pages.reports.part import SETTINGS, NameForm, asked_in, blueprint
from web.pages.reports.showing import page, type_named
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, viewer


@blueprint.post("/of/<type_>")
@allowed(RIGHT)
def save(type_: str) -> ResponseReturnValue:
    """Save a report as the visitor's own."""
    asked, form = _asked(type_named(type_))
    if form.value is not None:
        with writing() as work:
            [answer] = save_reports(work, [NewReport(form.value.name, asked, form.value.is_shared)], by=actor())
        if answer.code == DONE:
            flash(translated(_l("The report is saved.")), "ok")
            return redirect(url_for("reports.show", report_id=answer.ids[0]), code=303)
        _refuse(form, answer)
    return page(asked, form=form), 422


@blueprint.post("/<int:report_id>")
@allowed(RIGHT)
def change(report_id: int) -> ResponseReturnValue:
    """Change name and settings of a report of the visitor's own."""
    with reading() as work:
        saved = saved_report(work, report_id, viewer=viewer())
    asked, form = _asked(saved.asked.type)
    if form.value is not None:
        wanted = ReportChange(report_id, form.value.name, asked, form.value.is_shared, form.value.version)
        with writing() as work:
            [answer] = change_reports(work, [wanted], by=actor())
        if answer.code == DONE:
            flash(translated(_l("The report is saved.")), "ok")
            return redirect(url_for("reports.show", report_id=report_id), code=303)
        _refuse(form, answer)
        return page(asked, saved, form), 409 if answer.code == "stale" else 422
    return page(asked, saved, form), 422


@blueprint.post("/<int:report_id>/remove")
@allowed(RIGHT)
def remove(report_id: int) -> ResponseReturnValue:
    """Remove a report of the visitor's own."""
    with writing() as work:
        [answer] = remove_reports(work, [report_id], by=actor())
    if answer.code == "no_record":
        abort(404)
    flash(translated(answer.detail or _l("The report is removed.")), "ok" if answer.code == DONE else "bad")
    return redirect(url_for("reports.every"), code=303)


def _asked(type_: Type) -> tuple[Asked, Form[NameForm]]:
    form = sent(NameForm, beside=tuple(SETTINGS.values()))
    asked, problem = asked_in(request.form, type_)
    if problem:
        form.problem, form.value = problem, None
    return asked, form


def _refuse(form: Form[NameForm], answer: Result) -> None:
    words = translated(answer.detail or answer.code)
    if answer.code == "invalid":
        form.errors["name"] = words
    else:
        form.problem = words
