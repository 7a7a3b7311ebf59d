"""Runs of tests: asked for, kept, looked up, and what publishing says about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, select

from crm.access.actor import Actor, Viewer
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.document import FunnelDocument
from engine.publish_problem import PublishProblem, error
from engine.text import _l, _ln
from funnels.seeing import require_sight
from funnels.stories.results import StoryResult, of_plain, plain
from funnels.stories.tables import story_run

REMEMBERED: Final = timedelta(days=90)
"""So long what came of tests is kept."""
_COLUMNS: Final = ("id", "hash", "funnel", "document", "state", "results", "asked_at", "asked_by", "ended_at")


@dataclass(frozen=True, slots=True)
class StoryRun:
    """A run of a document's tests: when it was asked for and over (``None``: under way), and what came of it."""

    asked_at: datetime
    ended_at: datetime | None
    results: tuple[StoryResult, ...]

    @property
    def is_over(self) -> bool:
        """True where all tests were run."""
        return self.ended_at is not None

    @property
    def failed(self) -> tuple[StoryResult, ...]:
        """The tests that failed."""
        return tuple(one for one in self.results if not one.is_good)


def ask_for_tests(work: Work, documents: Sequence[FunnelDocument], *, by: Actor) -> None:
    """Ask for runs of documents' tests: a worker does them, and what came of them before is forgotten.

    What was asked for earlier about the same funnels, and not done yet, is not wanted any more.  Four statements, whatever the
    number.

    Raises:
        NotAllowedError: the actor may not edit funnels.
    """
    by.require("funnels.edit")
    work.execute(story_run.delete().where(story_run.c.asked_at < work.now - REMEMBERED))
    older = story_run.c.state == "asked"
    keys = {"keys": sorted({one.key for one in documents})}
    work.execute(story_run.delete().where(older, in_set(story_run.c.funnel, "keys")), keys)
    _replace(work, [(one, None) for one in documents], by)
    work.after_commit(work.database.poke)


def keep_results(work: Work, told: Sequence[tuple[FunnelDocument, tuple[StoryResult, ...]]], *, by: Actor) -> None:
    """Keep what came of documents' tests.  Two statements."""
    by.require("funnels.edit")
    _replace(work, told, by)


def results_of(work: Work, document: FunnelDocument, *, viewer: Viewer) -> StoryRun | None:
    """Return the run of a document's tests; ``None`` where there was none of this very document.  One query.

    Raises:
        NotAllowedError: the viewer may not look at funnels.
    """
    require_sight(viewer)
    return _run(work, document)


def problem_of_tests(work: Work, document: FunnelDocument) -> PublishProblem | None:
    """Return why a document is not published because of its tests; ``None`` where they hold, or there are none."""
    if not document.tests:
        return None
    found = _run(work, document)
    if found is None or not found.is_over:
        return error(
            "tests_not_run", None, None, _l("its tests were not run on this draft yet: run them, then publish again")
        )
    if found.failed:
        names = ", ".join(f"“{one.name}”" for one in found.failed[:5])
        return error(
            "tests_failed",
            None,
            None,
            _ln(
                "{count} test fails: {names}; mend the funnel or the test, or publish in spite of it",
                "{count} tests fail: {names}; mend the funnel or the tests, or publish in spite of them",
                len(found.failed),
                names=names,
            ),
        )
    return None


def _run(work: Work, document: FunnelDocument) -> StoryRun | None:
    columns = (story_run.c.asked_at, story_run.c.ended_at, story_run.c.results)
    rows: Sequence[Row[Any]] = work.rows(select(*columns).where(story_run.c.hash == document.tested_hash()))
    return StoryRun(rows[0].asked_at, rows[0].ended_at, of_plain(rows[0].results)) if rows else None


def _replace(work: Work, told: Sequence[tuple[FunnelDocument, tuple[StoryResult, ...] | None]], by: Actor) -> None:
    known = {one.tested_hash(): (one, results) for one, results in told}
    if not known:
        return
    work.execute(story_run.delete().where(in_set(story_run.c.hash, "hashes")), {"hashes": list(known)})
    rows = []
    for id_, (key, (document, results)) in zip(work.ids("story_run", len(known)), known.items(), strict=True):
        state, ended_at = ("asked", None) if results is None else ("done", work.stored(work.now))
        kept = dumps(plain(results or ()))
        asked_at = work.stored(work.now)
        rows.append((id_, key, document.key, dumps(document.plain()), state, kept, asked_at, by.packed, ended_at))
    work.insert(story_run, _COLUMNS, rows)
