"""Run the tests of a funnel: all of a document, and those that pages asked for."""

from __future__ import annotations

from crm.directory import directory
from db.work import Work
from engine.document import FunnelDocument
from engine.story import FunnelTest
from engine.text import LazyText, _l
from funnels.errors import NotPublishableError
from funnels.stories.results import StoryResult
from workers.rehearsal import World, copy_settings
from workers.stories.checking import failures, passed
from workers.stories.telling import Story, StoryError, begins_at


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
