"""A new mass start: the funnel, whom by a filter, how fast; and a look at whom that means, before anything is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field, ValidationError

from crm.directory import directory
from crm.errors import InvalidError, NotAllowedError, NotFoundError
from crm.leads.listing import known_sources
from crm.leads.statuses import LEAD_STATUSES
from db.work import Work
from engine.setting_errors import problem_of
from engine.text import _l
from funnels.audience_filter import AudienceFilter, condition_of
from funnels.errors import FunnelNotFoundError
from funnels.jobs import RIGHT
from funnels.mass_starts import MOST_IN_SAMPLE, MOST_PER_MINUTE, Look, NewMassStart, ask, look
from funnels.naming import funnel_names
from funnels.starting import RIGHTS, Kind, open_buttons
from web.access import allowed
from web.finding import said_of
from web.forms import Form, FormModel, sent
from web.mass_audience import chosen_ids, condition_in, plan_in, wanted_in
from web.pages.boards import may_see_plan
from web.pages.mass_starts.part import blueprint
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, may, viewer

_REFUSED: Final = (InvalidError, NotAllowedError, NotFoundError, FunnelNotFoundError)
_BETWEEN: Final = ":"


class Asked(FormModel):
    """What the form holds; ``funnel`` is its key, with the label of the button where it has several.

    ``filter`` is the address after ``?`` of the list that led here, ``within`` the plan of that list, ``chosen`` the ids of those
    who were chosen there: then nothing else says whom.
    """

    funnel: str = Field("", max_length=300)
    kind: Kind = "lead"
    q: str = Field("", max_length=200)
    owner: str = Field("", max_length=200)
    tag: str = Field("", max_length=200)
    since: date | None = None
    until: date | None = None
    status: str = Field("", max_length=200)
    source: str = Field("", max_length=255)
    plan: str = Field("", max_length=200)
    stage: str = Field("", max_length=200)
    filter: str = Field("", max_length=4000)
    within: str = Field("", max_length=200)
    chosen: str = Field("", max_length=200_000)
    open: Literal["", "yes"] = ""
    per_minute: int = Field(600, ge=1, le=MOST_PER_MINUTE)
    sample: int = Field(0, ge=0, le=MOST_IN_SAMPLE)


@dataclass(frozen=True, slots=True)
class Preview:
    """A look as the page shows it, or why there is none."""

    look: Look | None = None
    lasts: timedelta = timedelta()
    problem: str = ""


@blueprint.get("/new")
@allowed(RIGHT)
def new() -> ResponseReturnValue:
    """Show the form, filled from the address: the list of leads and a funnel's page lead here."""
    return _page(_read(sample="50"))


@blueprint.post("/new")
@allowed(RIGHT)
def new_of_these() -> ResponseReturnValue:
    """Show the form for those who were chosen on a list or a board."""
    form = sent(Asked)
    form.sent = {"sample": "50", **form.sent}
    if form.value is not None and "sample" not in form.value.model_fields_set:
        form.value = form.value.model_copy(update={"sample": 50})
    return _page(form)


@blueprint.route("/look", methods=["GET", "POST"])
@allowed(RIGHT)
def preview() -> ResponseReturnValue:
    """Show whom the form means now; nothing is done.  By POST, as many may have been chosen."""
    form = sent(Asked) if request.method == "POST" else _read()
    with reading() as work:
        found = _look(work, form)
    return render_template("mass_starts/look.html", found=found, form=form)


@blueprint.post("")
@allowed(RIGHT)
def begin() -> ResponseReturnValue:
    """Ask for it; workers begin at once."""
    form = sent(Asked)
    if form.value is None:
        return _page(form), 422
    try:
        with writing() as work:
            one = ask(work, _meant(work, form.value), by=actor())
    except _REFUSED as error:
        form.refuse(error)
        return _page(form), 422
    return redirect(url_for("mass_starts.show", mass_start_id=one.id), code=303)


def _read(**otherwise: str) -> Form[Asked]:
    """Return what the address holds; what it should not hold is left out."""
    given = {name: value for name, value in request.args.items() if name in Asked.model_fields and value.strip()}
    given = {**otherwise, **given}
    form: Form[Asked] = Form(given)
    try:
        form.value = Asked.model_validate(given)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            form.errors.setdefault(str(one["loc"][0]), translated(problem_of(one)[1]))
    return form


def _meant(work: Work, value: Asked) -> NewMassStart:
    key, _, button = value.funnel.partition(_BETWEEN)
    if not key:
        raise InvalidError(_l("Choose a funnel."))
    wanted = AudienceFilter(
        value.kind, value.q, value.owner, value.tag, value.since, value.until, value.status, value.source, value.plan,
        value.stage, bool(value.open),
    )  # fmt: skip
    if value.since is not None and value.until is not None and value.since > value.until:
        raise InvalidError(_l("The first day lies after the last: nobody came then."))
    today = work.now.astimezone(ZoneInfo(str(directory(work).organization["zone"]))).date()
    chosen = chosen_ids(value.chosen)
    condition = condition_of(wanted, today, directory(work)) if chosen is None else None
    if chosen is None and (value.filter or value.within):
        listed = condition_in(work, value.kind, value.within, value.filter, viewer())
        parts = [one for one in (listed, condition) if one is not None]
        condition = {"op": "all", "of": parts} if len(parts) > 1 else next(iter(parts), None)
    return NewMassStart(key, value.kind, condition, value.per_minute, value.sample, button or None, chosen)


def _listed_words(work: Work, form: Form[Asked]) -> list[tuple[str, str]]:
    """Return what the list asked for that led here, in words, a pair for each part; nothing where it cannot be read."""
    if form.value is None or not (form.value.filter or form.value.within):
        return []
    try:
        wanted = wanted_in(work, form.value.kind, form.value.filter)
        plan = plan_in(work, form.value.within, viewer())
    except _REFUSED:
        return []
    of_plan = [(translated(_l("Sales plan")), plan.name)] if plan is not None else []
    return [*of_plan, *said_of(wanted)]


def _how_many_chosen(form: Form[Asked]) -> int:
    try:
        return len(chosen_ids(str(form.get("chosen"))) or ())
    except InvalidError:
        return 0


def _look(work: Work, form: Form[Asked]) -> Preview:
    if form.value is None:
        return Preview(problem=translated(_l("Mend what is marked; then whom it means is shown here.")))
    if not form.value.funnel:
        return Preview()
    try:
        found = look(work, _meant(work, form.value), by=actor())
    except _REFUSED as error:
        return Preview(problem=translated(error.args[0]))
    return Preview(found, timedelta(minutes=found.audience / form.value.per_minute))


def _page(form: Form[Asked]) -> str:
    with reading() as work:
        settings = directory(work)
        names = {one.key: one.name for one in funnel_names(work).values()}
        options = _options(open_buttons(work), names)
        form.sent = {**form.sent, "funnel": _chosen(str(form.get("funnel")), options)}
        if form.value is not None:
            form.value = form.value.model_copy(update={"funnel": form.sent["funnel"]})
        wrong = request.args.get("funnel", "")
        if wrong and not form.sent["funnel"]:
            name = names.get(wrong, wrong)
            form.errors["funnel"] = translated(
                _l(
                    "“{funnel}” has no button to press now: it needs the trigger Started by hand, and to be published.",
                    funnel=name,
                )
            )
        form.problem = form.problem or form.errors.get("kind", "")
        found = _look(work, form)
        sources = known_sources(work)
        listed = _listed_words(work, form)
    plans = sorted(
        (one for one in settings.plans.values() if may_see_plan(one, viewer())), key=lambda one: one.name.casefold()
    )
    seen = viewer().owner_ids
    people = [one for one in settings.users.values() if one.is_active and (seen is None or one.id in seen)]
    return render_template(
        "mass_starts/new.html",
        form=form,
        options=options,
        found=found,
        kinds=[kind for kind in ("lead", "deal") if may(RIGHTS[kind])],
        sources=[(one, one) for one in _with(sources, str(form.get("source")))],
        plan_options=[(one.key, one.name) for one in plans],
        stages=list({stage.key: stage.name for one in plans for stage in one.stages}.items()),
        owners=[("-", translated(_l("Nobody"))), *sorted(((one.login, one.name) for one in people), key=_by_name)],
        tags=[(one, one) for one in sorted(settings.tags.values(), key=str.casefold)],
        listed=listed,
        chosen=_how_many_chosen(form),
        lead_statuses_said=[(key, translated(words)) for key, words in LEAD_STATUSES.items()],
    )


def _by_name(one: tuple[str, str]) -> str:
    return one[1].casefold()


def _with(known: list[str], one: str) -> list[str]:
    return known if not one or one in known else [*known, one]


def _options(buttons: tuple[tuple[str, str], ...], names: dict[str, str]) -> list[tuple[str, str]]:
    """Return the funnels that can be chosen; one with several buttons several times."""
    several = {key for key, _ in buttons if sum(other == key for other, _ in buttons) > 1}
    found: list[tuple[str, str]] = []
    for key, label in buttons:
        name: Any = names.get(key, key)
        words = translated(_l("{funnel}: “{button}”", funnel=name, button=label)) if key in several else name
        found.append((f"{key}{_BETWEEN}{label}", words))
    return sorted(found, key=_by_name)


def _chosen(wanted: str, options: list[tuple[str, str]]) -> str:
    """Return the option that is meant: by its key alone, too; the only one where none was named."""
    if not wanted:
        return options[0][0] if len(options) == 1 else ""
    return next((one for one, _ in options if one == wanted or one.partition(_BETWEEN)[0] == wanted), "")
