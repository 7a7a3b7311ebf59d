"""Publishing that was refused for want of tests: their run is asked for at once."""

from __future__ import annotations

from engine.text import LazyText
from funnels.errors import NotPublishableError
from funnels.publication.publishing import draft
from funnels.stories.asking import ask_for_tests
from web.site import writing
from web.visit import actor, may


def about_tests(error: NotPublishableError) -> tuple[LazyText, ...]:
    """Return what a refusal says of tests, and ask for their run where that is all that is missing."""
    found = [one for one in error.problems if one.code in ("tests_not_run", "tests_failed")]
    if any(one.code == "tests_not_run" for one in found) and may("funnels.edit"):
        with writing() as work:
            ask_for_tests(work, [draft(work, error.key)], by=actor())
    return tuple(one.message for one in found)
