"""Mass actions that let leads and deals into a funnel, or end their runs in one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal

from pydantic import Field
from sqlalchemy import select

from crm.access.actor import Actor
from crm.directory import Directory
from db.sets import in_set
from db.work import Work
from engine.event import SUBJECT_CODES
from engine.request import DONE, Result
from engine.text import LazyText, _l
from funnels.errors import FunnelNotFoundError
from funnels.mass.action import MassAction, Rows
from funnels.repair import end
from funnels.starting import Kind, Start, button_of, require_open, start_by_hand
from funnels.tables import funnel, run

_LIVE: Final = 10
"""The status from which on a run is over."""


class _Walking(MassAction):
    """What these have in common: what a funnel did meanwhile is not taken back."""

    funnel: str = Field(min_length=1, max_length=200)

    kinds: ClassVar[frozenset[str]] = frozenset({"lead", "deal"})
    can_undo: ClassVar[bool] = False
    by_version: ClassVar[bool] = False

    def told(self, settings: Directory) -> LazyText:
        """Return the funnel's key; pages say its name."""
        return _l("“{funnel}”", funnel=self.funnel)

    def take_back(self, work: Work, kind: Kind, rows: Rows, before: Mapping[int, Any], *, by: Actor) -> list[Result]:
        """Refuse: nobody can say what a funnel did in between."""
        return [Result("final", (row.id,)) for row in rows]


class StartFunnel(_Walking):
    """Press the button of a funnel's trigger for each."""

    action: Literal["start"] = "start"
    button: str = Field("", max_length=300)

    title: ClassVar[LazyText] = _l("Start a funnel")
    icon: ClassVar[str] = "player-play"

    def check(self, work: Work, kind: Kind) -> None:
        """Refuse a funnel without such a button, or that lets nobody in."""
        button_of(work, self.funnel, self.button or None)
        require_open(work, self.funnel)

    def before(self, work: Work, kind: Kind, rows: Rows) -> Mapping[int, Any]:
        """Return nothing of each."""
        return {row.id: None for row in rows}

    def act(self, work: Work, kind: Kind, rows: Rows, *, by: Actor) -> list[Result]:
        """Start them; a worker lets them in."""
        require_open(work, self.funnel)
        starts = [Start(kind, row.id, row.person_id) for row in rows]
        start_by_hand(work, self.funnel, starts, button=self.button or None, by=by)
        return [Result(DONE, (row.id,)) for row in rows]


class StopFunnel(_Walking):
    """End the runs of each in a funnel."""

    action: Literal["stop"] = "stop"

    touches_runs: ClassVar[bool] = True
    title: ClassVar[LazyText] = _l("Stop a funnel")
    icon: ClassVar[str] = "hand-stop"

    def check(self, work: Work, kind: Kind) -> None:
        """Refuse a funnel that is not there."""
        _id_of(work, self.funnel)

    def before(self, work: Work, kind: Kind, rows: Rows) -> Mapping[int, Any]:
        """Return the runs of each; without those who have none."""
        query = select(run.c.id, run.c.subject_id).where(
            run.c.funnel_id == _id_of(work, self.funnel),
            run.c.subject_kind == SUBJECT_CODES[kind],
            in_set(run.c.person_id, "persons"),
            in_set(run.c.subject_id, "ids"),
            run.c.status < _LIVE,
        )
        persons, ids = [row.person_id for row in rows], [row.id for row in rows]
        found: dict[int, list[int]] = defaultdict(list)
        for one in work.rows(query.order_by(run.c.id), {"persons": persons, "ids": ids}):
            found[one.subject_id].append(one.id)
        return found

    def act(self, work: Work, kind: Kind, rows: Rows, *, by: Actor) -> list[Result]:
        """End their runs."""
        runs = self.before(work, kind, rows)
        ended = iter(end(work, [run_id for row in rows for run_id in runs[row.id]], by=by))
        answers = []
        for row in rows:
            of_it = [next(ended) for _ in runs[row.id]]
            answers.append(next((one for one in of_it if one.code == DONE), Result("no_run", (row.id,), detail=NO_RUN)))
        return answers


NO_RUN: Final = _l("it is not inside")


def _id_of(work: Work, key: str) -> int:
    """Return the id of a funnel.

    Raises:
        FunnelNotFoundError: there is none.
    """
    found = work.scalar(select(funnel.c.id).where(funnel.c.key == key))
    if found is None:
        raise FunnelNotFoundError(key)
    return int(found)
