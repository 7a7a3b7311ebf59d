"""Runs: where one is and why, those that stand still, and what a person does about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.access.actor import Actor
from db.work import Work
from engine.request import Result
from engine.text import LazyText, _l, _ln
from funnels import repair
from funnels.graph import drawing
from funnels.insiders import parked, parked_ids
from funnels.seeing import find_funnel
from funnels.trace import trace
from web.access import allowed
from web.forms import FormModel, sent
from web.pages.funnels.blueprint import SIGHT, blueprint
from web.pages.funnels.graphs import run_graph
from web.pages.funnels.listing import is_partial
from web.pages.signing_in import safe
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, viewer


@blueprint.get("/runs/<int:run_id>")
@allowed(*SIGHT)
def run(run_id: int) -> ResponseReturnValue:
    """Show the way of a run on the graph, where it is, and why."""
    with reading() as work:
        found = trace(work, run_id, viewer=viewer())
        drawn = drawing(work, found.funnel, viewer=viewer(), version=found.version)
        now = work.now
    titles = {one.id: one.title for one in drawn.nodes}
    return render_template(
        "runs/panel.html" if is_partial() else "runs/show.html",
        run=found,
        drawn=drawn,
        titles=titles,
        now=now,
        is_partial=is_partial(),
    )


@blueprint.get("/api/runs/<int:run_id>/graph")
@allowed(*SIGHT)
def run_on_graph(run_id: int) -> ResponseReturnValue:
    """Answer a run's version for the canvas, with the way it went."""
    with reading() as work:
        found = trace(work, run_id, viewer=viewer())
        drawn = drawing(work, found.funnel, viewer=viewer(), version=found.version)
    return jsonify(run_graph(drawn, found))


@blueprint.get("/funnels/<key>/runs")
@allowed(*SIGHT)
def parked_runs(key: str) -> ResponseReturnValue:
    """List the runs of a funnel that stand still with an error."""
    node = request.args.get("node", "")[:64]
    with reading() as work:
        row = find_funnel(work, key, viewer())
        drawn = drawing(work, key, viewer=viewer())
        found, count = parked(work, key, viewer=viewer(), node=node)
        now = work.now
    titles = {one.id: one.title for one in drawn.nodes}
    return render_template(
        "runs/parked.html", key=key, name=row.name, found=found, count=count, node=node, titles=titles, now=now
    )


class RepairForm(FormModel):
    """Which runs shall do what.  ``all`` means all parked runs of ``key`` (at ``at``, where given)."""

    run: tuple[int, ...] = Field((), max_length=10_000)
    how: Literal["retry", "skip", "move", "cancel"]
    node: str = Field("", max_length=64)
    all: bool = False
    key: str = Field("", max_length=64)
    at: str = Field("", max_length=64)
    next: str = "/funnels"


@blueprint.post("/runs/repair")
@allowed("runs.repair")
def repair_runs() -> ResponseReturnValue:
    """Repair runs, and say how many went on, and of the others why not."""
    form = sent(RepairForm, lists=frozenset({"run"}))
    value = form.value
    if value is None or (value.how == "move" and not value.node):
        flash(translated(_l("Nothing was changed: choose runs, and a node where they shall be moved.")), "bad")
        return redirect(safe(form.get("next", url_for("funnels.all_funnels"))), code=303)
    with writing() as work:
        run_ids = list(value.run)
        if value.all and value.key:
            run_ids = parked_ids(work, value.key, viewer=viewer(), node=value.at)
        answers = _command(work, value, run_ids, actor())
        work.after_commit(work.database.poke)
    for words, kind in _told(value.how, answers):
        flash(words, kind)
    return redirect(safe(value.next), code=303)


def _command(work: Work, value: RepairForm, run_ids: Sequence[int], by: Actor) -> list[Result]:
    match value.how:
        case "retry":
            return repair.retry(work, run_ids, by=by)
        case "skip":
            return repair.skip(work, run_ids, by=by)
        case "cancel":
            return repair.cancel(work, run_ids, by=by)
        case _:
            return repair.move(work, run_ids, value.node, by=by)


def _told(how: str, answers: Sequence[Result]) -> list[tuple[str, str]]:
    """Return what to say: one line for those that went well, one for each reason why others did not."""
    if not answers:
        return [(translated(_l("No run was chosen; nothing was changed.")), "bad")]
    counts = Counter(answer.code for answer in answers)
    told = [(translated(_done(how, counts.pop("done"))), "ok")] if counts["done"] else []
    for code, count in counts.items():
        if count:
            words = _ln("{count} run: {reason}", "{count} runs: {reason}", count, reason=_REASONS.get(code, code))
            told.append((translated(words), "bad"))
    return told


def _done(how: str, count: int) -> LazyText:
    match how:
        case "retry":
            return _ln("{count} run tries again", "{count} runs try again", count)
        case "skip":
            return _ln("{count} run goes on behind the node", "{count} runs go on behind the node", count)
        case "move":
            return _ln("{count} run was moved", "{count} runs were moved", count)
        case _:
            return _ln("{count} run was cancelled", "{count} runs were cancelled", count)


_REASONS = {
    "no_run": _l("there is no such run"),
    "not_parked": _l("it does not stand still any more"),
    "not_live": _l("it has ended already"),
    "no_node": _l("its version has no such node"),
}
