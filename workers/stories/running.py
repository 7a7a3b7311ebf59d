"""Run the tests of a funnel: all of a document, and those that pages asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Row, select

from crm.directory import directory
from db.database import Database
from db.work import Work
from engine.document import FunnelDocument
from engine.story import FunnelTest
from engine.text import LazyText, _l
from funnels.errors import NotPublishableError
from funnels.stories.results import StoryResult, plain
from funnels.stories.tables import story_run
from workers.rehearsal import World, copy_settings
from workers.stories.checking import failures, passed
from workers.stories.telling import Story, StoryError, begins_at

log = structlog.get_logger(__name__)


def run_tests(real: Work, document: FunnelDocument) -> tuple[StoryResult, ...]:
    """Run a document's tests, each in a world of its own with the settings of ``real``; reads those, and writes nothing there."""
    return tuple(run_test(real, document, test) for test in document.tests)


def run_test(real: Work, document: FunnelDocument, test: FunnelTest) -> StoryResult:
    """Run one test."""
    with World(begins_at(directory(real), test)) as world:
        with world.work() as work:
            copy_settings(real, work)
        try:
            Story(world, document, test).happen()
        except StoryError as error:
            return StoryResult(test.name, (_words(error),), passed(world, document))
        except NotPublishableError as error:
            found = [
                _l("{node}: {problem}", node=one.node or document.key, problem=one.message) for one in error.problems
            ]
            return StoryResult(test.name, (_l("the funnel has errors"), *found))
        return StoryResult(test.name, failures(world, document, test), passed(world, document))


def _words(error: StoryError) -> LazyText:
    [words] = error.args
    assert isinstance(words, LazyText)
    return words


def stories_due(database: Database) -> timedelta:
    """Return how long until tests are to be run: nothing where somebody asks for it, else an hour.  One look-up by index."""
    with database.reading() as work:
        return timedelta(0) if _asked(work) is not None else timedelta(hours=1)


def do_stories(database: Database) -> int:
    """Run the tests that were asked for first; returns how many.

    Nothing is locked meanwhile: where two workers run the same, the second finds them done.
    """
    with database.reading() as work:
        row = _asked(work)
        if row is None:
            return 0
        results = run_tests(work, FunnelDocument.model_validate(row.document))
    with database.work() as work:
        changes = {"state": "done", "results": plain(results), "ended_at": work.now}
        mine = story_run.c.id == row.id
        work.execute(story_run.update().where(mine, story_run.c.state == "asked").values(**changes))
    log.info("tests_run", funnel=row.funnel, tests=len(results), failed=sum(not one.is_good for one in results))
    return len(results)


def _asked(work: Work) -> Row[Any] | None:
    query = select(story_run.c.id, story_run.c.funnel, story_run.c.document).where(story_run.c.state == "asked")
    rows = work.rows(query.order_by(story_run.c.asked_at, story_run.c.id).limit(1))
    return rows[0] if rows else None
