"""What an import made and changed, and how it is undone."""

from __future__ import annotations

from typing import Literal, cast

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from crm.directory import directory
from crm.errors import NotFoundError
from crm.importing.listing import PAGE, MadeKind, counts_of_records, records_of_import
from crm.tables.importing import import_job, import_order
from db.work import Work
from funnels.undoing import ask_to_undo, find_undoing, look_before_undoing
from voronka_error import VoronkaError
from web.access import allowed
from web.forms import FormModel, sent
from web.pages.imports.part import RECORDS, blueprint
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, viewer

_SHOWN = ("deal", "lead", "contact", "company")


class Undo(FormModel):
    """What the form sends."""

    leaves: Literal["", "yes"] = ""


@blueprint.get("/import/jobs/<int:job_id>/records")
@allowed("records.import")
def made(job_id: int) -> ResponseReturnValue:
    """List the records that an import made or changed."""
    with reading() as work:
        name, order_id = _names(work, job_id)
        counts = counts_of_records(work, job_id, viewer=viewer())
        kinds = [kind for kind in _SHOWN if (kind, True) in counts or (kind, False) in counts] or ["deal"]
        kind = request.args.get("kind", kinds[0])
        kind = kind if kind in _SHOWN else kinds[0]
        is_new = request.args.get("new", "1") == "1" if (kind, True) in counts else False
        after = request.args.get("after", 0, type=int)
        rows = records_of_import(work, job_id, cast(MadeKind, kind), is_new=is_new, viewer=viewer(), after=after)
        settings = directory(work)
    return render_template(
        "imports/records.html",
        job_id=job_id,
        order_id=order_id,
        file_name=name,
        counts=counts,
        kinds=kinds,
        kind=kind,
        is_new=is_new,
        rows=rows,
        more=rows[-1].id if len(rows) == PAGE else None,
        records=RECORDS,
        users=settings.users,
        stages=settings.stages,
    )


@blueprint.get("/import/jobs/<int:job_id>/undo")
@allowed("records.import")
def undo(job_id: int) -> ResponseReturnValue:
    """Show what undoing would remove, and what it would not."""
    return _page(job_id)


@blueprint.get("/import/jobs/<int:job_id>/undo/progress")
@allowed("records.import")
def undo_progress(job_id: int) -> ResponseReturnValue:
    """Return the part of the page that changes while an import is being undone."""
    return _page(job_id, template="imports/undo_state.html")


@blueprint.post("/import/jobs/<int:job_id>/undo")
@allowed("records.import")
def undone(job_id: int) -> ResponseReturnValue:
    """Let an import be undone."""
    form = sent(Undo)
    leaves = form.value is not None and form.value.leaves == "yes"
    try:
        with writing() as work:
            ask_to_undo(work, job_id, leaves_worked_on=leaves, by=actor(), viewer=viewer())
    except NotFoundError:
        raise
    except VoronkaError as error:
        return _page(job_id, translated(error.args[0])), 422
    return redirect(url_for("imports.undo", job_id=job_id), code=303)


def _page(job_id: int, problem: str = "", *, template: str = "imports/undo.html") -> str:
    with reading() as work:
        name, order_id = _names(work, job_id)
        undoing = find_undoing(work, job_id)
        looked = look_before_undoing(work, job_id, viewer=viewer()) if undoing is None else ()
        is_under_way = undoing is not None and undoing.state == "undoing"
        counts = {} if is_under_way else counts_of_records(work, job_id, viewer=viewer())
    return render_template(
        template,
        job_id=job_id,
        order_id=order_id,
        file_name=name,
        undoing=undoing,
        looked=[one for one in looked if one.there],
        worked_on=sum(one.worked_on for one in looked),
        changed=sum(count for (_, is_new), count in counts.items() if not is_new),
        records=RECORDS,
        problem=problem,
    )


def _names(work: Work, job_id: int) -> tuple[str, int | None]:
    rows = work.rows(select(import_job.c.file_name).where(import_job.c.id == job_id))
    if not rows:
        raise NotFoundError("import", job_id)
    orders = work.rows(select(import_order.c.id).where(import_order.c.job_id == job_id).limit(1))
    return rows[0].file_name, orders[0].id if orders else None
