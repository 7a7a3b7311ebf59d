"""Put all deals of a column away, and bring them back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from crm.directory import directory
from engine.request import DONE, Result
from engine.text import _ln
from funnels.archiving import archive_stage, restore_stage
from web.access import allowed
from web.pages.boards import plan_seen
from web.site import writing
from web.texts import translated
from web.visit import actor

blueprint = Blueprint("stage_archive", __name__)


@blueprint.post("/boards/<plan>/edit/<stage>/archive")
@allowed("deals.mass_edit")
def archive(plan: str, stage: str) -> ResponseReturnValue:
    """Archive all deals of a column."""
    done = _done(plan, stage, archive_stage)
    return _back(plan, stage, translated(_ln("{count} deal is archived.", "{count} deals are archived.", done)))


@blueprint.post("/boards/<plan>/edit/<stage>/restore")
@allowed("deals.mass_edit")
def restore(plan: str, stage: str) -> ResponseReturnValue:
    """Bring all archived deals of a column back."""
    done = _done(plan, stage, restore_stage)
    return _back(plan, stage, translated(_ln("{count} deal is back.", "{count} deals are back.", done)))


def _done(plan: str, stage: str, act: Callable[..., Sequence[Result]]) -> int:
    with writing() as work:
        found = plan_seen(directory(work), plan)
        return sum(one.code == DONE for one in act(work, found.key, stage, by=actor()))


def _back(plan: str, stage: str, words: str) -> ResponseReturnValue:
    flash(words, "ok")
    return redirect(url_for("board_editing.edit", plan=plan, _anchor=f"edit-{stage}"), code=303)
