"""What the file calls plans, stages and people, and what is to become of its records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field, ValidationError

from crm.directory import Directory, Plan, User, directory
from crm.importing.choices import Choices
from crm.importing.deal_places import stages_by_name
from crm.importing.orders import Order, choose, find_order, start
from crm.importing.staff import folded, staff
from crm.importing.targets import MOMENTS, NUMBERS
from db.work import Work
from engine.setting_errors import problem_of
from engine.text import _l
from funnels.import_start import startable
from voronka_error import VoronkaError
from web.access import allowed
from web.forms import Form, FormModel
from web.pages.imports.part import blueprint, found
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, may, viewer

NEW_USER: Final = "+"
NOBODY: Final = "-"
DATES: Final = (
    ("d.m.yyyy", _l("day.month.year")),
    ("m/d/yyyy", _l("month/day/year")),
    ("d/m/yyyy", _l("day/month/year")),
    ("iso", _l("year-month-day")),
)
_LISTS: Final = ("plan", "stage", "owner")


class Where(FormModel):
    """What the form sends beside the values of the file."""

    action: Literal["check", "import"] = "check"
    funnels: Literal["all", "none", "one"] = "all"
    funnel: str = Field("", max_length=200)
    plan: str = Field("", max_length=200)
    tag: str = Field("", max_length=80)
    currency: str = Field("", pattern="^([A-Za-z]{3})?$")
    dates: Literal["", "d.m.yyyy", "m/d/yyyy", "d/m/yyyy", "iso"] = ""
    decimal: Literal["", ".", ","] = ""
    keeps_bad_contacts: bool = False


@dataclass(frozen=True, slots=True)
class ShownValue:
    """A value of the file: in how many rows, what is meant by it (empty: nothing that is there), and what was chosen."""

    number: int
    text: str
    rows: int
    known_as: str
    chosen: str


@blueprint.get("/import/<int:order_id>/values")
@allowed("records.import")
def values(order_id: int) -> ResponseReturnValue:
    """Show what the file says beside what it means here."""
    order = found(order_id)
    if order.is_busy or order.job_id is not None or order.state == "finished":
        return redirect(url_for("imports.show", order_id=order_id), code=303)
    return _page(order, Form(_sent_before(order.choices)))


@blueprint.post("/import/<int:order_id>/values")
@allowed("records.import")
def chosen(order_id: int) -> ResponseReturnValue:
    """Keep what was chosen, and try the import or begin it."""
    order = found(order_id)
    form = _form()
    if form.value is None:
        return _page(order, form), 422
    try:
        with writing() as work:
            fresh = find_order(work, order_id, viewer=viewer(), lock=True)
            choices = _choices(fresh, form.value)
            if fresh.kind == "deals" and not choices.plan and "deal.plan" not in choices.columns.values():
                form.errors["plan"] = translated(_l("Choose the sales plan of these deals."))
            if choices.funnels == "one" and not choices.funnel:
                form.errors["funnel"] = translated(_l("Choose the funnel."))
            if not form.errors:
                choose(work, fresh, choices, by=actor())
                again = find_order(work, order_id, viewer=viewer(), lock=True)
                start(work, again, by=actor(), is_trial=form.value.action == "check")
    except VoronkaError as error:
        form.refuse(error)
    if form.errors or form.problem:
        return _page(order, form), 422
    return redirect(url_for("imports.show", order_id=order_id), code=303)


def _form() -> Form[Where]:
    plain = {
        name: value
        for name, value in request.form.items()
        if value.strip()
        and name != "csrf_token"
        and name.partition("-")[0] not in _LISTS[1:]
        and not name.startswith("plan-")
    }
    form: Form[Where] = Form(plain)
    try:
        form.value = Where.model_validate(plain)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            form.errors.setdefault(str(one["loc"][0]), translated(problem_of(one)[1]))
    return form


def _sent_before(choices: Choices) -> dict[str, Any]:
    return {name: value for name, value in choices.model_dump().items() if name in Where.model_fields and value}


def _choices(order: Order, where: Where) -> Choices:
    """Return the choices with what the form sends for each value of the file."""
    picked: dict[str, dict[str, str]] = {}
    for name in _LISTS:
        given = {
            text: request.form.get(f"{name}-{number}", "")
            for number, (text, _) in enumerate(order.values.get(name, ()))
        }
        picked[name] = {text: value[:200] for text, value in given.items() if value}
    owners = picked["owner"]
    return order.choices.model_copy(
        update={
            **{name: getattr(where, name) for name in Where.model_fields if name not in ("action", "currency")},
            "currency": where.currency.upper(),
            "plans": picked["plan"],
            "stages": picked["stage"],
            "owners": {text: "" if value == NOBODY else value for text, value in owners.items() if value != NEW_USER},
            "makes_users": NEW_USER in owners.values(),
        }
    )


def _page(order: Order, form: Form[Where]) -> str:
    with reading() as work:
        settings = directory(work)
        plans = [plan for plan in settings.plans.values() if not plan.is_archived]
        lists = {
            "plan": _plans(order, plans),
            "stage": _stages(order, settings, plans, form),
            "owner": _owners(order, work),
        }
        funnels = startable(work, "leads" if order.kind == "leads" else "deals")
    goes = set(order.choices.columns.values())
    default = settings.plan_keys.get(str(form.get("plan")) or order.choices.plan)
    return render_template(
        "imports/values.html",
        order=order,
        form=form,
        lists=lists,
        plans=plans,
        stage_names=list(dict.fromkeys(one.name for plan in ([default] if default else plans) for one in _open(plan))),
        people=sorted(_people(settings), key=lambda user: user.name.casefold()),
        funnels=funnels,
        plan_options=[(plan.key, plan.name) for plan in plans],
        dates=[(layout, translated(words)) for layout, words in DATES],
        has_dates=not goes.isdisjoint(MOMENTS),
        has_numbers=not goes.isdisjoint(NUMBERS),
        has_currency="deal.currency" in goes,
        may_make_users=may("users.edit"),
    )


def _open(plan: Plan) -> list[Any]:
    return [one for one in plan.stages if one.kind != "undefined"]


def _people(settings: Directory) -> list[User]:
    return [user for user in settings.users.values() if user.is_active]


def _plans(order: Order, plans: list[Plan]) -> list[ShownValue]:
    named = {folded(plan.name): plan for plan in plans} | {plan.key: plan for plan in plans}
    shown = []
    for number, (text, rows) in enumerate(order.values.get("plan", ())):
        plan = named.get(folded(text))
        shown.append(ShownValue(number, text, rows, plan.name if plan else "", order.choices.plans.get(text, "")))
    return shown


def _stages(order: Order, settings: Directory, plans: list[Plan], form: Form[Where]) -> list[ShownValue]:
    default = settings.plan_keys.get(str(form.get("plan")) or order.choices.plan)
    of = plans if "deal.plan" in order.choices.columns.values() or default is None else [default]
    named = {text: stage for plan in of for text, stage in stages_by_name(plan).items()}
    shown = []
    for number, (text, rows) in enumerate(order.values.get("stage", ())):
        stage = named.get(folded(text))
        shown.append(ShownValue(number, text, rows, stage.name if stage else "", order.choices.stages.get(text, "")))
    return shown


def _owners(order: Order, work: Work) -> list[ShownValue]:
    several = order.values.get("owner", ())
    known = staff(work) if several else None
    shown = []
    for number, (text, rows) in enumerate(several):
        user = known.find(text) if known is not None else None
        picked = order.choices.owners.get(text)
        mark = NOBODY if picked == "" else picked or (NEW_USER if order.choices.makes_users else "")
        shown.append(ShownValue(number, text, rows, user.name if isinstance(user, User) else "", mark))
    return shown
