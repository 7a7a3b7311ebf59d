"""The tests of a draft: read and written as text, kept, added to."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from crm.access.actor import Actor
from crm.errors import InvalidError
from db.work import Work
from engine.document import FunnelDocument
from engine.story import FunnelTest, Tests
from engine.text import _l
from funnels.file_errors import FunnelFileError
from funnels.listing import ROBOTS
from funnels.plain_yaml import dump
from funnels.publication.publishing import draft, save_draft
from funnels.reading import read_as


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    tests: Tests = ()


def read_tests(text: str) -> tuple[FunnelTest, ...]:
    """Return the tests that a text says: a list, or ``tests:`` with one below.

    Raises:
        FunnelFileError: with every wrong place, its line and what to do.
    """
    if not text.strip():
        return ()
    whole = (
        text if text.lstrip().startswith("tests:") else "tests:\n" + "\n".join(f"  {one}" for one in text.splitlines())
    )
    try:
        return read_as(whole, _File).tests
    except FunnelFileError as error:
        if whole == text:
            raise
        raise error.shifted(-1) from None


def write_tests(tests: Sequence[FunnelTest]) -> str:
    """Return tests as a text, the same for the same tests; empty for none."""
    plain = [one.model_dump(mode="json", by_alias=True, exclude_defaults=True) for one in tests]
    return dump(plain) if plain else ""


def change_tests(work: Work, key: str, tests: Sequence[FunnelTest], *, by: Actor) -> FunnelDocument:
    """Keep these as the tests of a draft; returns it.  What is published goes on as it is.

    Raises:
        NotAllowedError: the actor may not edit funnels.
        FunnelNotFoundError: there is no such funnel.
        InvalidError: robots of a stage were compiled into it.
    """
    by.require("funnels.edit")
    if key.startswith(ROBOTS):
        raise InvalidError(_l("these are robots of a stage: change them on the stage"))
    document = draft(work, key).model_copy(update={"tests": tuple(tests)})
    save_draft(work, document, by=by)
    return document


def add_tests(work: Work, key: str, tests: Sequence[FunnelTest], *, by: Actor) -> FunnelDocument:
    """Add tests to those of a draft; one whose name is taken gets a number behind it.  As ``change_tests``."""
    by.require("funnels.edit")
    kept = list(draft(work, key).tests)
    taken = {one.name for one in kept}
    for one in tests:
        name, number = one.name, 2
        while name in taken:
            name, number = f"{one.name} ({number})", number + 1
        taken.add(name)
        kept.append(one.model_copy(update={"name": name}))
    return change_tests(work, key, kept, by=by)
