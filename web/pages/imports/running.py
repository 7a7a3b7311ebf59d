"""An import under way and what came of it: progress, counts, rejected rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from flask import Response, flash, redirect, render_template, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from crm.errors import NotFoundError
from crm.importing.errors_file import heading_of, row_of
from crm.importing.intake import shape_of_order
from crm.importing.job import Job, rejected_rows
from crm.importing.listing import has_records
from crm.importing.orders import find_order, forget, order_of, start, stop
from crm.tables.importing import import_job, import_order
from engine.text import _l
from funnels.undoing import find_undoing
from voronka_error import VoronkaError
from web.access import allowed
from web.pages.imports.part import KINDS, RECORDS, STATES, blueprint, found
from web.site import reading, site, writing
from web.texts import translated
from web.visit import actor, viewer


@blueprint.get("/import/<int:order_id>")
@allowed("records.import")
def show(order_id: int) -> ResponseReturnValue:
    """Show how far an import is, what a trial found, or what came of it."""
    order = found(order_id)
    if order.state == "draft" and order.checked is None:
        return redirect(url_for("imports.assign", order_id=order_id), code=303)
    return _page(order_id, "imports/show.html")


@blueprint.get("/import/<int:order_id>/progress")
@allowed("records.import")
def progress(order_id: int) -> ResponseReturnValue:
    """Return the part of the page that changes while an import is under way."""
    return _page(order_id, "imports/state.html")


def _page(order_id: int, template: str) -> str:
    with reading() as work:
        order = find_order(work, order_id, viewer=viewer())
        undoing = find_undoing(work, order.job_id) if order.job_id is not None else None
        has_some = order.job_id is not None and has_records(work, order.job_id, viewer=viewer())
    return render_template(
        template, order=order, undoing=undoing, has_records=has_some, states=STATES, kinds=KINDS, records=RECORDS
    )


@blueprint.post("/import/<int:order_id>/start")
@allowed("records.import")
def begin(order_id: int) -> ResponseReturnValue:
    """Begin, or go on with what was stopped."""
    with writing() as work:
        start(work, find_order(work, order_id, viewer=viewer(), lock=True), by=actor(), is_trial=False)
    return redirect(url_for("imports.show", order_id=order_id), code=303)


@blueprint.post("/import/<int:order_id>/stop")
@allowed("records.import")
def end(order_id: int) -> ResponseReturnValue:
    """Stop after the rows under way; what is in stays."""
    with writing() as work:
        stop(work, find_order(work, order_id, viewer=viewer(), lock=True), by=actor())
    return redirect(url_for("imports.show", order_id=order_id), code=303)


@blueprint.post("/import/<int:order_id>/forget")
@allowed("records.import")
def give_up(order_id: int) -> ResponseReturnValue:
    """Forget an import that has written nothing, with its file."""
    with writing() as work:
        forget(work, find_order(work, order_id, viewer=viewer(), lock=True), by=actor())
    flash(translated(_l("The import was deleted, and its file.")))
    return redirect(url_for("imports.all_imports"), code=303)


@blueprint.get("/import/jobs/<int:job_id>/rejected.csv")
@allowed("records.import")
def rejected(job_id: int) -> ResponseReturnValue:
    """Send the rejected rows with their reasons, to be corrected and imported again."""
    with reading() as work:
        jobs = work.rows(select(import_job.c.file_name).where(import_job.c.id == job_id))
        if not jobs:
            raise NotFoundError("import", job_id)
        orders = work.rows(select(import_order).where(import_order.c.job_id == job_id).limit(1))
        try:
            order = order_of(orders[0]) if orders else None
            names = [one.name for one in shape_of_order(work, order, order.choices).columns] if order else []
        except VoronkaError:  # the file is not kept any more
            names = []

    def lines() -> Iterator[str]:
        yield "\ufeff" + _line(heading_of(names, translated))
        after = 0
        while True:
            with site().database.reading() as work:
                rows = rejected_rows(work, Job(job_id), after=after)
            if not rows:
                return
            after = rows[-1][0]
            yield "".join(_line(row_of(problem, translated)) for _, problem in rows)

    stem = jobs[0].file_name.rpartition(".")[0] or jobs[0].file_name
    answer = Response(stream_with_context(lines()), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{stem}.errors.csv")
    return answer


def _line(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
