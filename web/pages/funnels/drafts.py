"""The draft of a funnel for the editor: read, kept, checked, published; JSON."""

from __future__ import annotations

from typing import Any

from flask import abort, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import Field, ValidationError

from db.errors import StaleError
from db.work import Work
from engine.document import FunnelDocument
from engine.publish_problem import PublishProblem
from engine.setting_errors import problem_of
from engine.text import _l
from funnels.checked import Checked, checked
from funnels.drafts import Draft, Spot, apart, draft_of, keep_draft, publish_draft, together
from funnels.errors import NotPublishableError
from funnels.listing import ROBOTS
from funnels.merged_drafts import merged_draft
from web.access import allowed
from web.forms import FormModel
from web.pages.funnels.blueprint import SIGHT, blueprint, funnel_link, said
from web.pages.funnels.untested import about_tests
from web.site import reading, writing
from web.texts import moment, translated
from web.visit import actor, viewer

Json = dict[str, Any]


class Sent(FormModel):
    """A draft as the editor has it.  ``version`` is the number it counts on; ``positions`` are the places of nodes by id."""

    version: int = Field(0, ge=0)
    document: dict[str, Any]
    positions: dict[str, Spot] = Field({}, max_length=2000)


class Edited(FormModel):
    """What a draft was made of, and what was made of it."""

    base: Sent
    mine: Sent


class Seen(FormModel):
    """Which draft shall be published, by its number."""

    version: int = Field(ge=0)


@blueprint.get("/api/funnels/<key>/draft")
@allowed(*SIGHT)
def draft(key: str) -> ResponseReturnValue:
    """Answer the draft with its number, its nodes in words, and what is wrong with it.

    Nothing where it is still ``since``, and the version in use still ``published``.
    """
    since, published = request.args.get("since", ""), request.args.get("published", "")
    with reading() as work:
        found = draft_of(work, key, viewer=viewer())
        if since == str(found.version) and published in ("", str(found.published)):
            return "", 204
        return jsonify(_present(work, found))


@blueprint.put("/api/funnels/<key>/draft")
@allowed("funnels.edit")
def keep(key: str) -> ResponseReturnValue:
    """Keep a draft; 409 with the present one where somebody else saved meanwhile, 422 where it is none."""
    asked, document = _sent(key)
    try:
        with writing() as work:
            keeps_limits = "limits" not in asked.document
            version = keep_draft(
                work,
                document,
                seen=asked.version,
                by=actor(),
                keeps_limits=keeps_limits,
                keeps_tests="tests" not in asked.document,
            )
            found = checked(work, document, viewer=viewer())
            published = draft_of(work, key, viewer=viewer()).published
    except StaleError:
        with reading() as work:
            present = _present(work, draft_of(work, key, viewer=viewer()))
        words = translated(_l("Somebody else has changed this funnel meanwhile."))
        return jsonify({"error": {"code": "stale", "message": words}, "draft": present}), 409
    return jsonify({"version": version, "published": published, "checked": _checked(found)})


@blueprint.post("/api/funnels/<key>/draft/check")
@allowed(*SIGHT)
def check_draft(key: str) -> ResponseReturnValue:
    """Answer what is wrong with a draft that is not kept yet, by node and field, and its nodes in words."""
    _, document = _sent(key)
    with reading() as work:
        return jsonify(_checked(checked(work, document, viewer=viewer())))


@blueprint.post("/api/funnels/<key>/draft/merge")
@allowed("funnels.edit")
def merge_drafts(key: str) -> ResponseReturnValue:
    """Answer one draft of what the asking editor has and what is kept now: both, and where both changed the same, each by itself.

    Nothing is kept: the editor sends what it makes of it.
    """
    try:
        asked = Edited.model_validate(request.get_json())
        base, mine = (_document(key, one) for one in (asked.base, asked.mine))
    except ValidationError as error:
        abort(_refusal(_wrong(error)))
    with reading() as work:
        found = merged_draft(work, base, mine, viewer=viewer())
        present = _present(work, found.present)
    answer: Json = {
        **_places_apart(found.merged),
        "present": present,
        "changed": found.changed,
        "told": [{"depth": line.depth, "words": said(line.text)} for line in found.told],
        "questions": [{"node": one.node, "fits": one.fits} for one in found.questions],
    }
    if found.questions:
        answer |= {"mine": _places_apart(found.mine), "theirs": _places_apart(found.theirs)}
    return jsonify(answer)


@blueprint.post("/api/funnels/<key>/publish")
@allowed("funnels.publish")
def publish(key: str) -> ResponseReturnValue:
    """Publish the draft as it was seen; answers the number of the version, 422 with the problems where there are errors."""
    try:
        asked = Seen.model_validate(request.get_json())
    except ValidationError:
        abort(422)
    try:
        with writing() as work:
            version = publish_draft(work, key, seen=asked.version, by=actor())
            work.after_commit(work.database.poke)
    except NotPublishableError as error:
        of_tests = about_tests(error)
        words = translated(of_tests[0] if of_tests else _l("Nothing was published: there are errors."))
        refused = {"code": error.code, "message": words}
        return jsonify({"error": refused, "problems": [_problem(one) for one in error.problems]}), 422
    return jsonify({"published": version})


def _sent(key: str) -> tuple[Sent, FunnelDocument]:
    try:
        asked = Sent.model_validate(request.get_json())
        return asked, _document(key, asked)
    except ValidationError as error:
        abort(_refusal(_wrong(error)))


def _document(key: str, asked: Sent) -> FunnelDocument:
    return FunnelDocument.model_validate({**together(asked.document, asked.positions), "key": key})


def _wrong(error: ValidationError) -> str:
    wrong = error.errors(include_url=False)[0]
    where = ".".join(map(str, wrong["loc"]))
    return translated(_l("{where}: {problem}", where=where, problem=problem_of(wrong)[1]))


def _places_apart(document: FunnelDocument) -> Json:
    plain, positions = apart(document)
    return {"document": plain, "positions": positions}


def _refusal(words: str) -> Any:
    answer = jsonify({"error": {"code": "invalid", "message": words}})
    answer.status_code = 422
    return answer


def _present(work: Work, found: Draft) -> Json:
    return {
        **_state(found),
        **_places_apart(found.document),
        "checked": _checked(checked(work, found.document, viewer=viewer())),
    }


def _state(found: Draft) -> Json:
    return {
        "key": found.key,
        "state": found.state,
        "version": found.version,
        "changedAt": moment(found.changed_at),
        "changedBy": found.changed_by,
        "editing": found.editing,
        "published": found.published,
        "isPublished": found.is_published,
    }


def _checked(found: Checked) -> Json:
    return {
        "nodes": {
            one.id: {
                "summary": said(one.summary),
                "guard": said(one.guard),
                "ports": [{"key": port, "name": said(name)} for port, name in one.ports],
            }
            for one in found.nodes
        },
        "problems": [_problem(one) for one in found.problems],
    }


def _problem(one: PublishProblem) -> Json:
    return {
        "severity": one.severity,
        "code": one.code,
        "node": one.node,
        "field": one.field,
        "message": translated(one.message),
        "funnels": [{"key": key, "name": name, "link": _link(key)} for key, name in one.funnels],
        "fixes": [
            {"title": translated(fix.title), "changes": [change.plain() for change in fix.changes]} for fix in one.fixes
        ],
    }


def _link(key: str) -> str:
    """Return where a funnel is looked at; robots stand on their stage, which names them itself."""
    return "" if key.startswith(ROBOTS) else funnel_link(key)
