"""Mass actions that put leads and deals into the archive, and take them out again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from crm.access.actor import Actor
from crm.directory import Directory
from db.work import Work
from engine.request import Result
from engine.text import LazyText, _l
from funnels import archiving
from funnels.mass.action import MassAction, Rows
from funnels.starting import Kind


class _PuttingAway(MassAction):
    """What these have in common: nothing is remembered of a record, for all of it stays."""

    kinds: ClassVar[frozenset[str]] = frozenset({"lead", "deal"})
    touches_runs: ClassVar[bool] = True
    reaches_archive: ClassVar[bool] = True

    def check(self, work: Work, kind: Kind) -> None:
        """Refuse nothing."""

    def before(self, work: Work, kind: Kind, rows: Rows) -> Mapping[int, Any]:
        """Return nothing of each; without those that are there already."""
        return {row.id: None for row in rows if (row.archived_at is not None) is self.of_archived}

    def _archive(self, work: Work, kind: Kind, rows: Rows, by: Actor) -> list[Result]:
        return archiving.archive(work, [(kind, row.id) for row in rows], by=by)

    def _restore(self, work: Work, kind: Kind, rows: Rows, by: Actor) -> list[Result]:
        return archiving.restore(work, [(kind, row.id) for row in rows], by=by)


class PutAway(_PuttingAway):
    """Archive records, with their runs and open tasks; taken back they are where they were."""

    action: Literal["archive"] = "archive"

    title: ClassVar[LazyText] = _l("Archive")
    icon: ClassVar[str] = "archive"

    def told(self, settings: Directory) -> LazyText:
        """Return where they go."""
        return _l("off boards, lists and counts")

    def act(self, work: Work, kind: Kind, rows: Rows, *, by: Actor) -> list[Result]:
        """Put them away."""
        return self._archive(work, kind, rows, by)

    def take_back(self, work: Work, kind: Kind, rows: Rows, before: Mapping[int, Any], *, by: Actor) -> list[Result]:
        """Take them out again."""
        return self._restore(work, kind, rows, by)


class TakeOut(_PuttingAway):
    """Restore records from the archive: deals to the stages that they were on."""

    action: Literal["restore"] = "restore"

    title: ClassVar[LazyText] = _l("Restore")
    icon: ClassVar[str] = "arrow-back-up"
    of_archived: ClassVar[bool] = True

    def told(self, settings: Directory) -> LazyText:
        """Return where they come from."""
        return _l("from the archive")

    def act(self, work: Work, kind: Kind, rows: Rows, *, by: Actor) -> list[Result]:
        """Take them out."""
        return self._restore(work, kind, rows, by)

    def take_back(self, work: Work, kind: Kind, rows: Rows, before: Mapping[int, Any], *, by: Actor) -> list[Result]:
        """Put them away again."""
        return self._archive(work, kind, rows, by)
