"""The plan of publishing a funnel, for the editor: what changes, who stands where, what may become of them; JSON."""

from __future__ import annotations

from typing import Any

from flask import abort, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import Field, ValidationError

from crm.directory import directory
from db.work import Work
from engine.document import FunnelDocument
from engine.setting_errors import problem_of
from engine.text import _l
from funnels.errors import NotPublishableError
from funnels.examining import examined
from funnels.publication.choices_for_people import read_choices
from funnels.publication.plan import Place, Plan, plan
from funnels.publication.publishing import publish_as_planned
from funnels.publication.retroactive import matching
from funnels.publication.unpublishing import restore, take_back, why_not_taken_back
from funnels.versions import document_of, versions
from funnels.words.changes import changes
from funnels.words.plans import CHANGES, CHOICES
from funnels.words.reading import Line, reading
from web.access import allowed
from web.forms import FormModel
from web.pages.funnels.blueprint import SIGHT, blueprint, said
from web.pages.funnels.untested import about_tests
from web.site import reading as looking
from web.site import writing
from web.texts import moment, translated
from web.visit import actor, may, viewer

Json = dict[str, Any]


class Chosen(FormModel):
    """What becomes of those inside: a choice for a node (``follow``, ``move:NODE``, ``release:60``), and for all others."""

    choices: dict[str, str] = Field({}, max_length=2000)
    others: str = Field("stay", max_length=100)
    note: str = Field("", max_length=4000)


class Wanted(FormModel):
    """A version by its number."""

    version: int = Field(ge=1)


@blueprint.get("/api/funnels/<key>/plan")
@allowed(*SIGHT)
def plan_of_draft(key: str) -> ResponseReturnValue:
    """Answer the plan of publishing the draft."""
    with looking() as work:
        return jsonify(_plan(work, document_of(work, key, 0, viewer=viewer())))


@blueprint.post("/api/funnels/<key>/plan")
@allowed(*SIGHT)
def plan_of_document(key: str) -> ResponseReturnValue:
    """Answer the plan of publishing the document that is sent; 422 where it is none.  Nothing is kept."""
    try:
        document = FunnelDocument.model_validate({**(request.get_json() or {}), "key": key})
    except (ValidationError, TypeError) as error:
        abort(_refusal(error))
    with looking() as work:
        return jsonify(_plan(work, document))


@blueprint.post("/api/funnels/<key>/plan/publish")
@allowed("funnels.publish")
def publish_by_plan(key: str) -> ResponseReturnValue:
    """Publish the draft with choices for those inside; 422 with the problems where there are errors."""
    asked = _body(Chosen)
    chosen = read_choices((f"{node}={choice}" for node, choice in asked.choices.items()), asked.others)
    try:
        with writing() as work:
            made = publish_as_planned(work, key, chosen, by=actor(), note=asked.note)
            work.after_commit(work.database.poke)
    except NotPublishableError as error:
        of_tests = about_tests(error)
        words = translated(of_tests[0] if of_tests else _l("Nothing was published: there are errors."))
        found = [_problem(one) for one in error.problems]
        return jsonify({"error": {"code": error.code, "message": words}, "problems": found}), 422
    return jsonify({"published": made.number, "carried": dict(made.carried)})


@blueprint.post("/api/funnels/<key>/plan/take-back")
@allowed("funnels.publish")
def take_back_publication(key: str) -> ResponseReturnValue:
    """Take the last publication back; 422 with the reason where somebody has moved on."""
    with writing() as work:
        return jsonify({"carried": take_back(work, key, by=actor())})


@blueprint.post("/api/funnels/<key>/restore")
@allowed("funnels.edit")
def restore_version(key: str) -> ResponseReturnValue:
    """Make an older version the draft again; answers it."""
    asked = _body(Wanted)
    with writing() as work:
        document = restore(work, key, asked.version, by=actor())
    return jsonify({"document": document.plain()})


@blueprint.get("/api/funnels/<key>/versions")
@allowed(*SIGHT)
def list_versions(key: str) -> ResponseReturnValue:
    """Answer the versions, the newest first, and why the last publication cannot be taken back; empty where it can."""
    with looking() as work:
        found = versions(work, key, viewer=viewer())
        why = why_not_taken_back(work, key, viewer=viewer())
    rows = [
        {
            "number": one.number,
            "publishedAt": moment(one.published_at) if one.published_at else "",
            "publishedBy": said(one.published_by),
            "isCurrent": one.is_current,
            "note": one.note,
        }
        for one in found
    ]
    return jsonify({"versions": rows, "notTakenBack": translated(why) if why is not None else ""})


@blueprint.get("/api/funnels/<key>/reading")
@allowed(*SIGHT)
def read_funnel(key: str) -> ResponseReturnValue:
    """Answer a version in plain language; the published one where none is named, ``version=0`` is the draft."""
    wanted = request.args.get("version", "")
    number = int(wanted[:9]) if wanted.isdecimal() else None
    with looking() as work:
        lines = reading(document_of(work, key, number, viewer=viewer()), directory(work))
    return jsonify({"lines": [_line(one) for one in lines]})


def _plan(work: Work, document: FunnelDocument) -> Json:
    found = plan(work, document, viewer=viewer())
    lines = changes(found.before, document, directory(work))
    wrong = examined(work, document)
    return {
        "key": found.key,
        "state": found.state,
        "version": found.version,
        "inside": found.inside,
        "changes": [_line(one) for one in lines],
        "added": list(found.difference.added),
        "removed": list(found.difference.removed),
        "changed": sorted(found.difference.reworked),
        "places": [_place(one) for one in found.places],
        "targets": list(found.targets),
        "choices": {kind: translated(words) for kind, words in CHOICES.items()},
        "problems": [_problem(one) for one in wrong],
        "asks": not any(one.severity == "error" for one in wrong) and _asks(work, found),
    }


def _asks(work: Work, found: Plan) -> bool:
    """Tell whether there is something to choose: for those inside, or for those who match a new trigger already."""
    return bool(found.inside and found.difference) or (
        may("funnels.publish") and bool(matching(work, found, by=actor()))
    )


def _place(one: Place) -> Json:
    return {
        "node": one.node,
        "name": said(one.name),
        "change": one.change,
        "changeName": translated(CHANGES[one.change]),
        "people": one.people,
        "parked": one.parked,
        "elsewhereToo": one.elsewhere_too,
        "archived": one.archived,
        "versions": list(one.versions),
        "may": list(one.may),
        "choice": str(one.default),
    }


def _line(one: Line) -> Json:
    return {"text": said(one.text), "depth": one.depth, "node": one.node}


def _problem(one: Any) -> Json:
    return {
        "severity": one.severity,
        "code": one.code,
        "node": one.node,
        "field": one.field,
        "message": translated(one.message),
    }


def _body(model: type[Any]) -> Any:
    try:
        return model.model_validate(request.get_json())
    except ValidationError as error:
        abort(_refusal(error))


def _refusal(error: ValidationError | TypeError) -> Any:
    words = translated(_l("this is no funnel"))
    if isinstance(error, ValidationError):
        wrong = error.errors(include_url=False)[0]
        where = ".".join(map(str, wrong["loc"]))
        words = translated(_l("{where}: {problem}", where=where, problem=problem_of(wrong)[1]))
    answer = jsonify({"error": {"code": "invalid", "message": words}})
    answer.status_code = 422
    return answer
