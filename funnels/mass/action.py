"""What every mass action is: its settings, the right it needs, how it is done to a batch, and how it is taken back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Row

from crm.access.actor import Actor
from crm.directory import Directory
from crm.records.visible import REACHING, not_yours
from db.work import Work
from engine.request import Result
from engine.text import LazyText, _l
from funnels.starting import RIGHTS, Kind

Rows = Sequence[Row[Any]]
"""Records as they are stored and locked, in order of their ids."""


class MassAction(BaseModel, ABC):
    """One thing that is done to many records; the fields are what it was given.

    Attributes:
        title: what it is called.
        icon: its picture.
        kinds: to what it is done.
        can_undo: it can be taken back.
        by_version: the record's version tells whether somebody changed it since.
        touches_runs: runs of the records' persons are changed too, so their lanes are locked before the records.
        of_archived: by a filter it is done to what is in the archive, not to what is out of it.
        reaches_archive: it may find its records in the archive, when it is done or when it is taken back.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    title: ClassVar[LazyText]
    icon: ClassVar[str]
    kinds: ClassVar[frozenset[str]] = frozenset({"deal"})
    can_undo: ClassVar[bool] = True
    by_version: ClassVar[bool] = True
    touches_runs: ClassVar[bool] = False
    of_archived: ClassVar[bool] = False
    reaches_archive: ClassVar[bool] = False

    action: str

    def rights(self, kind: Kind) -> frozenset[str]:
        """Return what it asks for beside the right to do many at once."""
        return frozenset({RIGHTS[kind]})

    @abstractmethod
    def check(self, work: Work, kind: Kind) -> None:
        """Refuse what can be done to none.

        Raises:
            VoronkaError: a stage, person, field or funnel that is not there, or a value that does not fit.
        """

    @abstractmethod
    def told(self, settings: Directory) -> LazyText:
        """Return what it does, in words: ``to the stage “Talks”``."""

    @abstractmethod
    def before(self, work: Work, kind: Kind, rows: Rows) -> Mapping[int, Any]:
        """Return what each record is now, as plain JSON that ``take_back`` understands; without those that need nothing done."""

    @abstractmethod
    def act(self, work: Work, kind: Kind, rows: Rows, *, by: Actor) -> list[Result]:
        """Do it; one answer for each record."""

    def kept(self, result: Result, before: Any) -> Any:
        """Return what is remembered of a record after it was done."""
        return before

    def changed(self, work: Work, kind: Kind, rows: Rows, before: Mapping[int, Any]) -> frozenset[int]:
        """Return the records that somebody changed since, where their version does not tell."""
        return frozenset()

    @abstractmethod
    def take_back(self, work: Work, kind: Kind, rows: Rows, before: Mapping[int, Any], *, by: Actor) -> list[Result]:
        """Take it back; one answer for each record."""


def not_his(kind: Kind, row: Row[Any], by: Actor) -> Result | None:
    """Return why the actor may not change a record that he sees; ``None`` where he may.  The one place that says so."""
    return None if by.may_change(REACHING[kind], row.owner_id) else not_yours(row.id)


NOTHING_TO_DO: Final = _l("it is so already")
CHANGED_SINCE: Final = _l("it was changed since: it stays as it is")
SKIPPED: Final = frozenset(
    {
        "already_there",
        "exists",
        "gone",
        "no_deal",
        "no_record",
        "no_run",
        "not_closed",
        "not_yours",
        "not_live",
        "unchanged",
    }
)
"""Answers about records that nothing is to be done with; all others are failures."""
