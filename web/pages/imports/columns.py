"""Where the columns of a file go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from crm.directory import Directory, directory
from crm.importing.choices import NEW_FIELD, Choices, mapping_of
from crm.importing.errors import ImportFileError
from crm.importing.intake import read_again, shape_of_order, take_sheet, values_of
from crm.importing.orders import Order, choose, find_order
from crm.importing.shape import Shape
from engine.setting_errors import problem_of
from engine.text import LazyText, _l
from voronka_error import VoronkaError
from web.access import allowed
from web.pages.imports.part import Group, blueprint, found, targets
from web.site import reading, site, writing
from web.texts import translated
from web.visit import actor, may, viewer

ENCODINGS: Final = ("utf-8", "cp1251", "utf-16", "koi8-u", "koi8-r", "cp866", "mac_cyrillic", "cp1252")
SEPARATORS: Final = ((",", _l("comma")), (";", _l("semicolon")), ("\t", _l("tab")), ("|", _l("bar")))
_SAMPLES: Final = 3
_ROWS: Final = 20
_MOST_COLUMNS: Final = 1_000


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """A column as the page shows it: its name, the first different values, and where it goes."""

    position: int
    name: str
    samples: tuple[str, ...]
    target: str


@blueprint.get("/import/<int:order_id>/columns")
@allowed("records.import")
def assign(order_id: int) -> ResponseReturnValue:
    """Show the columns with what is proposed for them."""
    order = found(order_id)
    if order.is_busy or order.job_id is not None or order.state == "finished":
        return redirect(url_for("imports.show", order_id=order_id), code=303)
    return _page(order, order.choices)


@blueprint.post("/import/<int:order_id>/columns")
@allowed("records.import")
def assigned(order_id: int) -> ResponseReturnValue:
    """Keep what was chosen; read the file otherwise where that was changed, else go on to its values."""
    order = found(order_id)
    try:
        if request.form.get("action") == "read":
            return _read(order)
        choices = _chosen(order)
        with reading() as work:
            shape = shape_of_order(work, order, choices)
        mapping_of(order.kind, choices, shape.columns, shape.sample)
        values = values_of(site().database, order, choices)
        with writing() as work:
            fresh = find_order(work, order_id, viewer=viewer(), lock=True)
            choose(work, fresh, choices, by=actor(), values=values)
    except ValidationError as error:
        return _page(order, _chosen(order), translated(problem_of(error.errors()[0])[1])), 422
    except ImportFileError as error:
        return _page(order, order.choices, translated(error.reason)), 422
    return redirect(url_for("imports.values", order_id=order_id), code=303)


def _read(order: Order) -> ResponseReturnValue:
    """Read the file in another way: encoding, separator, heading, sheet."""
    sheet = request.form.get("sheet", "")
    kept = None
    if order.sheets and sheet in order.sheets and sheet != order.sheet:
        content, choices = take_sheet(site().database, order, sheet, by=actor())
        kept = (sheet, content)
    else:
        choices = read_again(site().database, order, order.choices.model_copy(update=_way()))
    with writing() as work:
        fresh = find_order(work, order.id, viewer=viewer(), lock=True)
        choose(work, fresh, choices, by=actor(), sheet=kept)
    return redirect(url_for("imports.assign", order_id=order.id), code=303)


def _way() -> dict[str, Any]:
    """Return how the file is to be read, as the form sends it."""
    encoding, separator = request.form.get("encoding", ""), request.form.get("separator", "")
    header = {"yes": True, "no": False}.get(request.form.get("header", ""))
    return {
        "encoding": encoding if encoding in ENCODINGS else "",
        "separator": separator if separator in {one for one, _ in SEPARATORS} else "",
        "header": header,
    }


def _chosen(order: Order) -> Choices:
    """Return the choices with the targets that the form sends."""
    columns = {}
    for name, target in request.form.items():
        number = name.removeprefix("c")
        if name.startswith("c") and number.isdecimal() and target and int(number) <= _MOST_COLUMNS:
            columns[int(number)] = target[:200]
    return order.choices.model_copy(update={"columns": columns, "plan": request.form.get("plan", "")[:200]})


def _page(order: Order, choices: Choices, problem: str = "") -> str:
    shape: Shape | None = None
    with reading() as work:
        settings = directory(work)
        try:
            shape = shape_of_order(work, order, choices)
        except VoronkaError as error:
            problem = problem or translated(getattr(error, "reason", error.args[0]))
    return render_template(
        "imports/columns.html",
        order=order,
        choices=choices,
        shape=shape,
        columns=_shown(shape, choices) if shape is not None else [],
        groups=_groups(order, settings),
        rows=shape.sample[:_ROWS] if shape is not None else (),
        problem=problem,
        encodings=ENCODINGS,
        separators=SEPARATORS,
        separator=_word(shape),
        plans=[plan for plan in settings.plans.values() if not plan.is_archived],
    )


def _word(shape: Shape | None) -> LazyText | None:
    return next((words for sign, words in SEPARATORS if shape is not None and sign == shape.separator), None)


def _shown(shape: Shape, choices: Choices) -> list[ShownColumn]:
    shown = []
    for column in shape.columns:
        cells = (row[column.position - 1].strip()[:80] for row in shape.sample if len(row) >= column.position)
        samples = tuple(dict.fromkeys(cell.replace("\v", " ") for cell in cells if cell))[:_SAMPLES]
        shown.append(ShownColumn(column.position, column.name, samples, choices.columns.get(column.position, "")))
    return shown


def _groups(order: Order, settings: Directory) -> list[Group]:
    """Return the places for columns, with the custom fields there are; who may change settings makes new ones."""
    record = order.kind.removesuffix("s")
    fields = [(f"{kind}.field.{key}", one.name) for (kind, key), one in settings.fields.items() if kind == record]
    groups = targets(order.kind)
    if order.kind == "deals" and (("deal", "source") in settings.fields or may("settings.edit")):
        groups[0][1].append(("deal.source", _l("Source")))
    if may("settings.edit"):
        fields.append((NEW_FIELD, _l("A new field")))
    return [*groups, (_l("Custom fields"), fields)] if fields else groups
