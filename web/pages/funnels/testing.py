"""The tests of a funnel: in words, what came of them, changed as text, made of what happened; run by a worker."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.directory import directory
from crm.errors import InvalidError
from db.work import Work
from engine.document import FunnelDocument
from engine.text import _l
from funnels.errors import NotPublishableError
from funnels.file_errors import FunnelFileError
from funnels.listing import ROBOTS
from funnels.publication.publishing import publish
from funnels.stories.asking import ask_for_tests, results_of
from funnels.stories.editing import add_tests, change_tests, read_tests, write_tests
from funnels.stories.recording import Walked, rehearsed, story_of, walked
from funnels.versions import document_of
from funnels.words.stories import story_words
from web.access import allowed
from web.forms import Form, FormModel, sent
from web.pages.funnels.blueprint import SIGHT, blueprint, funnel_link
from web.pages.funnels.listing import is_partial
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, viewer


class TestsForm(FormModel):
    """The tests as text."""

    text: str = Field("", max_length=200_000)


class RunForm(FormModel):
    """The run that a test is made of."""

    run: int = Field(ge=1)


class WalkForm(FormModel):
    """The person of a rehearsal that a test is made of."""

    rehearsal: int = Field(ge=1)
    number: int = Field(ge=1)


@blueprint.get("/funnels/<key>/tests")
@allowed(*SIGHT)
def show_tests(key: str) -> ResponseReturnValue:
    """Show the tests of the draft in words with what came of them; only these to a script that looks again."""
    return _page(key, Form())


@blueprint.post("/funnels/<key>/tests")
@allowed("funnels.edit")
def keep_tests(key: str) -> ResponseReturnValue:
    """Keep the tests as they were written, and run them; what is wrong in them is said line by line."""
    form = sent(TestsForm)
    try:
        tests = read_tests(form.get("text"))
    except FunnelFileError as error:
        form.problem = "\n".join(translated(place.text) for place in error.places)
        return _page(key, form), 422
    with writing() as work:
        document = change_tests(work, key, tests, by=actor())
        ask_for_tests(work, [document], by=actor())
    return redirect(url_for("funnels.show_tests", key=key), code=303)


@blueprint.post("/funnels/<key>/tests/run")
@allowed("funnels.edit")
def run_tests(key: str) -> ResponseReturnValue:
    """Ask for a run of the draft's tests."""
    with writing() as work:
        ask_for_tests(work, [_draft(work, key)], by=actor())
    return redirect(url_for("funnels.show_tests", key=key), code=303)


@blueprint.post("/funnels/<key>/tests/from-run")
@allowed("funnels.edit")
def test_from_run(key: str) -> ResponseReturnValue:
    """Make a test of what happened to somebody in a run, and run it."""
    form = sent(RunForm)
    if form.value is None:
        return redirect(url_for("funnels.show_tests", key=key), code=303)
    with writing() as work:
        way = walked(work, key, form.value.run, viewer=viewer())
        name = translated(_l("As it went in run {number}", number=form.value.run))
        _add(work, key, way, name)
    return redirect(url_for("funnels.show_tests", key=key), code=303)


@blueprint.post("/funnels/<key>/tests/from-rehearsal")
@allowed("funnels.edit")
def test_from_rehearsal(key: str) -> ResponseReturnValue:
    """Make a test of what would have happened to one person of a rehearsal, and run it."""
    form = sent(WalkForm)
    if form.value is None:
        return redirect(url_for("funnels.show_tests", key=key), code=303)
    with writing() as work:
        way = rehearsed(work, key, form.value.rehearsal, form.value.number, viewer=viewer())
        name = translated(_l("As it was rehearsed, person {number}", number=form.value.number))
        _add(work, key, way, name)
    return redirect(url_for("funnels.show_tests", key=key), code=303)


def _add(work: Work, key: str, way: Walked, name: str) -> None:
    document = add_tests(work, key, [story_of(work, way, name=name)], by=actor())
    ask_for_tests(work, [document], by=actor())
    flash(translated(_l("A test was made of it. Look whether it says what matters, and leave the rest out.")), "ok")


@blueprint.post("/funnels/<key>/tests/publish")
@allowed("funnels.publish")
def publish_despite_tests(key: str) -> ResponseReturnValue:
    """Publish the draft although its tests fail; the journal says so."""
    try:
        with writing() as work:
            version = publish(work, key, by=actor(), despite_tests=True)
            work.after_commit(work.database.poke)
    except NotPublishableError:
        flash(translated(_l("Nothing was published: there are errors.")), "bad")
        return redirect(url_for("funnels.show_tests", key=key), code=303)
    flash(translated(_l("{key} is published as version {version}", key=key, version=version)), "ok")
    return redirect(funnel_link(key), code=303)


def _draft(work: Work, key: str) -> FunnelDocument:
    if key.startswith(ROBOTS):
        raise InvalidError(_l("these are robots of a stage: change them on the stage"))
    return document_of(work, key, 0, viewer=viewer())


def _page(key: str, form: Form[TestsForm]) -> str:
    with reading() as work:
        document = document_of(work, key, 0, viewer=viewer())
        settings = directory(work)
        found = results_of(work, document, viewer=viewer())
    results = {one.name: one for one in found.results} if found is not None else {}
    names = {node.id: node.title for node in document.nodes}
    return render_template(
        "funnels/tests_list.html" if is_partial() else "funnels/tests.html",
        key=key,
        name=document.name,
        tests=[story_words(document, one, settings) for one in document.tests],
        found=found,
        results=results,
        names=names,
        text=form.get("text") or write_tests(document.tests),
        form=form,
        is_drawn=not key.startswith(ROBOTS),
    )
