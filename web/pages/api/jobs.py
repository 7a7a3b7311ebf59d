"""Calls that all jobs have, mass actions and mass starts: list them, watch one, let it go on, abort it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from funnels.jobs import RIGHT
from web.pages.api.calls import Answer, Asked, View, call
from web.pages.api.shapes import BIGGEST_ID, Taken

SEES: Final = "records.see_all"
"""What a key does not see, it can neither change nor let in."""


class JobsQuery(Taken):
    """Which jobs."""

    model_config = ConfigDict(extra="forbid", strict=False, frozen=True)

    before: int = Field(0, ge=0, le=BIGGEST_ID, description="Only with ids below; `next` of the page before")
    limit: int = Field(50, ge=1, le=200, description="How many at most")


@dataclass(frozen=True, slots=True)
class Change:
    """A call that changes a job: its last part and its name, what it says of itself, and the command."""

    verb: str
    name: str
    summary: str
    command: Callable[..., object]


@dataclass(frozen=True, slots=True)
class JobCalls:
    """What the calls about one kind of job differ by.

    Attributes:
        path: where they are: ``/mass-actions``.
        part: what the number is called in paths.
        words: what jobs are called.
        shape: of one.
        page: of some.
        make_page: makes it of a list and the ``next``.
        find: returns one that is seen.
        every: returns a page of those that are seen.
        told: returns one as it is answered.
    """

    path: str
    part: str
    words: tuple[str, str]
    shape: type[BaseModel]
    page: type[BaseModel]
    make_page: Callable[[list[Any], int | None], BaseModel]
    find: Callable[..., Any]
    every: Callable[..., tuple[Sequence[Any], int]]
    told: Callable[[Any], BaseModel]

    @property
    def one(self) -> str:
        """The path of one."""
        return f"{self.path}/<int(max={BIGGEST_ID}):{self.part}>"

    def answer(self, asked: Asked, id_: int) -> BaseModel:
        """Return one as it is answered."""
        return self.told(self.find(asked.work, id_, viewer=asked.viewer))

    def declare(self, changes: Sequence[Change]) -> None:
        """Declare the calls."""
        singular, plural = self.words
        name = self.part.removesuffix("_id")
        answers = {200: (self.shape,)}

        def every(asked: Asked) -> Answer:
            asked.by.require(SEES)
            wanted: JobsQuery = asked.query
            found, following = self.every(asked.work, viewer=asked.viewer, before=wanted.before, limit=wanted.limit)
            return 200, self.make_page([self.told(one) for one in found], following or None)

        def read(asked: Asked, **part: int) -> Answer:
            asked.by.require(SEES)
            return 200, self.answer(asked, part[self.part])

        listed = call(
            "GET",
            self.path,
            f"List {plural}, the newest first",
            right=RIGHT,
            query=JobsQuery,
            answers={200: (self.page,)},
        )
        listed(_named(every, f"list_{name}s"))
        watched = call("GET", self.one, f"See how far a {singular} is", right=RIGHT, answers=answers, refusals=(404,))
        watched(_named(read, f"read_{name}"))
        for change in changes:
            where = f"{self.one}/{change.verb}"
            changed = call("POST", where, change.summary, right=RIGHT, answers=answers, refusals=(404, 409, 422))
            changed(_named(self._changing(change.command), change.name))

    def _changing(self, command: Callable[..., object]) -> View:
        def change(asked: Asked, **part: int) -> Answer:
            asked.by.require(SEES)
            command(asked.work, part[self.part], by=asked.by)
            return 200, self.answer(asked, part[self.part])

        return change


def _named(view: View, name: str) -> View:
    view.__name__ = name
    return view
