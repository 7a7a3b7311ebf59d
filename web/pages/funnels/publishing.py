"""The page of the publish plan: what the draft changes, who stands where it matters, and what shall become of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field, Json, ValidationError

from crm.directory import directory
from crm.errors import InvalidError
from db.work import Work
from engine.publish_problem import PublishProblem
from engine.text import LazyText, _l, _ln
from funnels.errors import NotPublishableError
from funnels.examining import examined
from funnels.listing import ROBOTS, robots_name, stage_of
from funnels.mass_starts import MOST_IN_SAMPLE, MOST_PER_MINUTE
from funnels.publication.choices_for_people import ChoiceError, ChoiceKind, read_choices
from funnels.publication.comparison import ComparedNode, Comparison, compared
from funnels.publication.plan import Place, Plan, plan
from funnels.publication.publishing import Published
from funnels.publication.retroactive import Match, Wish, matching
from funnels.publication.seeing_again import PlanChangedError, Seen, publish_as_seen, seen_in
from funnels.stories.asking import problem_of_tests
from funnels.versions import document_of
from funnels.words.plans import CHOICES
from web.access import allowed
from web.forms import FormModel
from web.pages.funnels.blueprint import SIGHT, blueprint, funnel_link, said
from web.pages.funnels.untested import about_tests
from web.pages.records import Undo, done_before_leaving
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, may, viewer

FOR_ALL: Final = ("stay", "follow", "exit")
"""What can be chosen for all at once."""
USUAL_RATE: Final = 60


class PublishForm(FormModel):
    """What is sent: what was seen, and for each place, in one order, the choice with its rate and its target."""

    draft: int = Field(ge=0)
    version: int = Field(ge=0)
    people: Json[dict[str, int]] = Field({}, max_length=200_000)
    others: str = Field("stay", max_length=20)
    note: str = Field("", max_length=4000)
    node: tuple[str, ...] = Field((), max_length=2000)
    choice: tuple[str, ...] = Field((), max_length=2000)
    rate: tuple[str, ...] = Field((), max_length=2000)
    target: tuple[str, ...] = Field((), max_length=2000)
    start: tuple[str, ...] = Field((), max_length=100)
    despite: str = Field("", max_length=10)
    per_minute: int = Field(60, ge=1, le=MOST_PER_MINUTE)
    sample: int = Field(0, ge=0, le=MOST_IN_SAMPLE)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows.  ``beside`` are the places where nothing changes, ``known`` those with a choice of their own."""

    plan: Plan
    seen: Seen
    name: str
    stage: str
    comparison: Comparison
    errors: tuple[PublishProblem, ...]
    warnings: tuple[PublishProblem, ...]
    places: Mapping[str, Place]
    beside: tuple[Place, ...]
    targets: tuple[tuple[str, str], ...]
    matches: tuple[Match, ...]
    untested: PublishProblem | None

    @property
    def can_do(self) -> bool:
        """True where publishing would do something: a change is there, it lets nobody in now, or people are on older versions."""
        is_other = self.plan.before != self.plan.document
        is_closed = self.plan.state not in ("published", "paused")
        return is_other or is_closed or any(one.versions != (self.plan.version,) for one in self.plan.places)

    @property
    def is_drawn(self) -> bool:
        """True where the funnel has a canvas to draw on."""
        return not self.plan.key.startswith(ROBOTS)

    @property
    def cards(self) -> list[ComparedNode]:
        """The nodes that are not what they were; those where people stand first."""
        return sorted(self.comparison.changed, key=lambda one: one.id not in self.places)

    def called(self, node: str) -> str:
        """Return what a node is called; its id where there is none."""
        return next((said(one.name) for one in self.comparison.nodes if one.id == node), node)


@blueprint.get("/funnels/<key>/publish")
@allowed(*SIGHT)
def show_plan(key: str) -> ResponseReturnValue:
    """Show the plan of publishing the draft."""
    return _page(key, {})


@blueprint.post("/funnels/<key>/publish")
@allowed("funnels.publish")
def publish_plan(key: str) -> ResponseReturnValue:
    """Publish the draft as it was seen; where it is not what was seen any more, the plan is drawn anew, choices kept."""
    asked = {name: request.form.getlist(name) for name in request.form if name != "csrf_token"}
    lists = ("node", "choice", "rate", "target", "start")
    try:
        form = PublishForm.model_validate({name: v if name in lists else v[-1] for name, v in asked.items()})
        chosen = read_choices(_texts(form), form.others)
    except (ChoiceError, ValidationError, ValueError) as error:
        words = error.args[0] if isinstance(error, ChoiceError) else _l("What was sent makes no sense: choose again.")
        return _page(key, asked, (words,)), 422
    try:
        with writing() as work:
            made, starts = publish_as_seen(
                work,
                key,
                chosen,
                Seen(form.draft, form.version, form.people),
                by=actor(),
                note=form.note,
                wishes=[Wish(node, form.per_minute, form.sample) for node in form.start],
                label=translated(_l("already there")),
                despite_tests=bool(form.despite),
            )
            work.after_commit(work.database.poke)
    except PlanChangedError as error:
        return _page(key, asked, error.reasons, is_other=True), 409
    except (ChoiceError, InvalidError) as error:
        return _page(key, asked, error.args), 422
    except NotPublishableError as error:
        of_tests = about_tests(error)
        return _page(key, asked, of_tests or (_l("Nothing was published: there are errors."),)), 422
    if starts:
        flash(" ".join(translated(one) for one in _done(made)), "ok")
        where = (
            url_for("mass_starts.show", mass_start_id=starts[0].id)
            if len(starts) == 1
            else url_for("mass_starts.every")
        )
        return redirect(where, code=303)
    undo = Undo(translated(_l("Take it back")), url_for("funnels.take_back_last", key=key), {})
    done_before_leaving(" ".join(translated(one) for one in _done(made)), undo)
    return redirect(funnel_link(key), code=303)


def _texts(form: PublishForm) -> list[str]:
    """Return the choices as ``read_choices`` reads them.

    Raises:
        ValueError: the parts are not of one length.
    """
    found = []
    for node, choice, rate, target in zip(form.node, form.choice, form.rate, form.target, strict=True):
        more = {"move": target, "release": rate or str(USUAL_RATE)}.get(choice)
        if choice:
            found.append(f"{node}={choice}:{more}" if more is not None else f"{node}={choice}")
    return found


def _done(made: Published) -> list[LazyText]:
    words = {
        "follow": _ln("{count} run follows.", "{count} runs follow.", made.carried["follow"]),
        "move": _ln("{count} run was moved.", "{count} runs were moved.", made.carried["move"]),
        "exit": _ln("{count} run was let out.", "{count} runs were let out.", made.carried["exit"]),
    }
    kinds: tuple[ChoiceKind, ...] = ("follow", "move", "exit")
    return [
        _l("Published as version {version}.", version=made.number),
        *(words[kind] for kind in kinds if made.carried[kind]),
    ]


def _page(key: str, sent: Mapping[str, list[str]], troubles: tuple[Any, ...] = (), *, is_other: bool = False) -> str:
    with reading() as work:
        shown = _shown(work, key)
    names = ("choice", "rate", "target")
    lists = [sent.get(name, []) for name in names]
    chosen = {
        node: dict(zip(names, (one[place] if place < len(one) else "" for one in lists), strict=True))
        for place, node in enumerate(sent.get("node", []))
    }
    return render_template(
        "funnels/publish.html",
        shown=shown,
        chosen=chosen,
        others=(sent.get("others") or ["stay"])[-1],
        note=(sent.get("note") or [""])[-1],
        troubles=[said(one) for one in troubles],
        is_other=is_other,
        for_all=[(kind, translated(CHOICES[kind])) for kind in FOR_ALL],
        words={kind: translated(one) for kind, one in CHOICES.items()},
        usual_rate=USUAL_RATE,
        wished=sent.get("start", []),
        per_minute=(sent.get("per_minute") or ["60"])[-1],
        sample=(sent.get("sample") or ["20"])[-1],
        people=json.dumps(dict(shown.seen.people)),
    )


def _shown(work: Work, key: str) -> Shown:
    document = document_of(work, key, 0, viewer=viewer())
    found = plan(work, document, viewer=viewer())
    settings = directory(work)
    comparison = compared(found.before, document, settings)
    wrong = examined(work, document)
    cards = {one.id for one in comparison.changed}
    called = {one.id: said(one.name) for one in comparison.nodes}
    return Shown(
        found,
        seen_in(work, found),
        said(robots_name(key, document.name)),
        stage_of(settings, key, document.name),
        comparison,
        tuple(one for one in wrong if one.severity == "error"),
        tuple(one for one in wrong if one.severity != "error"),
        {one.node: one for one in found.places},
        tuple(one for one in found.places if one.node not in cards),
        tuple((one, called.get(one, one)) for one in found.targets),
        matching(work, found, by=actor()) if may("funnels.publish") else (),
        problem_of_tests(work, document),
    )
