"""What was chosen on a list or a board, as a file: exactly these records, or all that its filter shows."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.access.audit import note_export
from crm.directory import directory
from crm.errors import InvalidError
from crm.finding.conditions import asks_archive
from crm.finding.deals import deal_rows
from crm.finding.leads import LeadRow, lead_row_page, lead_rows
from crm.finding.orders import Place
from crm.finding.wanted import Wanted
from db.work import Work
from engine.text import _l
from funnels.audiences import require_few
from funnels.starting import Kind
from web.access import allowed
from web.deal_values import values_of
from web.forms import FormModel, sent
from web.lead_values import LeadValues
from web.mass_audience import chosen_ids, plan_in, wanted_in
from web.pages.deals.exporting import BATCH, name_of, wanted_deals
from web.pages.deals.listing import EXPORT
from web.sheets import Value, csv_answer, workbook_answer
from web.site import reading, writing
from web.visit import actor, viewer, visit

blueprint = Blueprint("choice_files", __name__, url_prefix="/chosen")


class Choice(FormModel):
    """What the bar of a list sends: the ids that were chosen, nothing for all; and the list's plan and address after ``?``."""

    chosen: str = Field("", max_length=200_000)
    within: str = Field("", max_length=200)
    query: str = Field("", max_length=4000)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is written: the file's name without an ending, of which records it is, and the headings with the rows after them."""

    name: str
    what: str
    batches: Iterator[list[list[Value]]]


@blueprint.post("/<kind>.csv")
@allowed(EXPORT)
def csv_file(kind: str) -> ResponseReturnValue:
    """Write them as CSV."""
    asked = _asked(kind)
    return csv_answer(asked.batches, asked.name)


@blueprint.post("/<kind>.xlsx")
@allowed(EXPORT)
def workbook(kind: str) -> ResponseReturnValue:
    """Write them as a workbook."""
    asked = _asked(kind)
    return workbook_answer(asked.batches, asked.name, asked.what.capitalize())


def _asked(name: str) -> Asked:
    """Return what is to be written; 404 for records that no list lets one choose.

    Raises:
        InvalidError: too many were chosen, or the choice cannot be read.
        NotFoundError: the list is of a plan that is not there.
    """
    kind: Kind = "deal" if name == "deal" else "lead"
    if name != kind:
        abort(404)
    choice = sent(Choice).value
    if choice is None:
        raise InvalidError(_l("the list of what was chosen cannot be read"))
    ids = chosen_ids(choice.chosen)
    if ids is not None:
        require_few(ids)
    with reading() as work:
        wanted = wanted_in(work, kind, choice.query)
        plan = plan_in(work, choice.within, viewer())
    if kind == "lead":
        return Asked("leads", "leads", _leads(ids, wanted))
    if ids is None:
        return Asked(name_of(plan), "deals", wanted_deals(wanted, plan))
    return Asked("deals", "deals", _chosen_deals(ids, wanted, all_plans=plan is None))


def _chosen_deals(ids: Sequence[int], wanted: Wanted, *, all_plans: bool) -> Iterator[list[list[Value]]]:
    with reading() as work:
        values = values_of(work, all_plans=all_plans)
        rows = _each(ids, work, deal_rows, archived=asks_archive(wanted))
        written = yield from _written(values.headings, ([values.of(row) for row in some] for some in rows))
    _note("deals", written)


def _leads(ids: Sequence[int] | None, wanted: Wanted) -> Iterator[list[list[Value]]]:
    with reading() as work:
        values = LeadValues(directory(work), visit().zone)
        chosen = None if ids is None else _each(ids, work, lead_rows, archived=asks_archive(wanted))
        rows = chosen or _every_lead(work, wanted)
        written = yield from _written(values.headings, ([values.of(row) for row in some] for some in rows))
    _note("leads", written)


def _written(headings: Sequence[str], batches: Iterator[list[list[Value]]]) -> Generator[list[list[Value]], None, int]:
    """Give the headings, then the rows; returns how many."""
    written = 0
    yield [list(headings)]
    for rows in batches:
        yield rows
        written += len(rows)
    return written


def _note(what: str, rows: int) -> None:
    """Let the audit know how many somebody took along."""
    with writing() as work:
        note_export(work, what, rows, by=actor(), right=EXPORT)


def _each(ids: Sequence[int], work: Work, read: Callable[..., list[Any]], *, archived: bool) -> Iterator[list[Any]]:
    for at in range(0, len(ids), BATCH):
        yield read(work, ids[at : at + BATCH], viewer=viewer(), archived=archived)


def _every_lead(work: Work, wanted: Wanted) -> Iterator[list[LeadRow]]:
    after: Place | None = None
    while True:
        rows, after = lead_row_page(work, wanted, viewer=viewer(), after=after, limit=BATCH)
        yield rows
        if after is None:
            return
