"""Mass actions that put tags on leads and deals, or take them off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BeforeValidator, Field
from sqlalchemy import select

from crm.access.actor import Actor
from crm.directory import Directory, directory
from crm.errors import InvalidError
from crm.records.tags import TagChange, change_tags
from crm.tables.records import record_tag
from db.sets import in_set
from db.work import Work
from engine.event import SUBJECT_CODES
from engine.request import Result
from engine.text import LazyText, _l
from funnels.mass.action import MassAction, Rows
from funnels.starting import Kind

MOST_TAGS: Final = 20


def _clean(name: object) -> object:
    """Return a tag's name as it is kept: without spaces around or signs that no database takes."""
    return " ".join(name.replace("\x00", "").split()) if isinstance(name, str) else name


Tag = Annotated[str, BeforeValidator(_clean), Field(min_length=1, max_length=100)]


class _Tagging(MassAction):
    """What these have in common: only what really changed is remembered, so only that is taken back."""

    tags: tuple[Tag, ...] = Field(min_length=1, max_length=MOST_TAGS)

    kinds: ClassVar[frozenset[str]] = frozenset({"lead", "deal"})
    by_version: ClassVar[bool] = False
    is_adding: ClassVar[bool]

    def told(self, settings: Directory) -> LazyText:
        """Return the tags."""
        return _l("“{tags}”", tags="”, “".join(self.tags))

    def before(self, work: Work, kind: Kind, rows: Rows) -> Mapping[int, Any]:
        """Return for each record the tags that it will get or lose."""
        there = _there(work, kind, [row.id for row in rows], self.tags)
        adds = self.is_adding
        found = {row.id: [one for one in self.tags if (one.casefold() in there[row.id]) is not adds] for row in rows}
        return {id_: names for id_, names in found.items() if names}

    def act(self, work: Work, kind: Kind, rows: Rows, *, by: Actor) -> list[Result]:
        """Change the tags."""
        names = frozenset(self.tags)
        return self._change(work, kind, rows, dict.fromkeys((row.id for row in rows), names), self.is_adding, by)

    def changed(self, work: Work, kind: Kind, rows: Rows, before: Mapping[int, Any]) -> frozenset[int]:
        """Return the records where somebody has taken back all of it already."""
        there = _there(work, kind, [row.id for row in rows], self.tags)
        adds = self.is_adding
        return frozenset(
            row.id for row in rows if not any((one.casefold() in there[row.id]) is adds for one in before[row.id])
        )

    def take_back(self, work: Work, kind: Kind, rows: Rows, before: Mapping[int, Any], *, by: Actor) -> list[Result]:
        """Take off what was put on, and the other way round."""
        names = {row.id: frozenset(before[row.id]) for row in rows}
        return self._change(work, kind, rows, names, not self.is_adding, by)

    def _change(
        self, work: Work, kind: Kind, rows: Rows, names: Mapping[int, frozenset[str]], adds: bool, by: Actor
    ) -> list[Result]:
        none = frozenset[str]()
        items = [
            TagChange(kind, row.id, row.person_id, names[row.id] if adds else none, none if adds else names[row.id])
            for row in rows
        ]
        return change_tags(work, items, by=by)


class AddTags(_Tagging):
    """Put tags on; new ones are made."""

    action: Literal["tag"] = "tag"

    title: ClassVar[LazyText] = _l("Add tags")
    icon: ClassVar[str] = "tag"
    is_adding: ClassVar[bool] = True

    def check(self, work: Work, kind: Kind) -> None:
        """Refuse nothing: a name that nobody used before becomes a tag."""


class RemoveTags(_Tagging):
    """Take tags off."""

    action: Literal["untag"] = "untag"

    title: ClassVar[LazyText] = _l("Remove tags")
    icon: ClassVar[str] = "tag"
    is_adding: ClassVar[bool] = False

    def check(self, work: Work, kind: Kind) -> None:
        """Refuse a tag that is not there."""
        known = directory(work).tag_keys
        unknown = [one for one in self.tags if one.casefold() not in known]
        if unknown:
            raise InvalidError(_l("there is no tag “{tag}”", tag=unknown[0]))


def _there(work: Work, kind: Kind, ids: Sequence[int], names: Sequence[str]) -> Mapping[int, set[str]]:
    """Return which of the tags each record has, case-folded.  One query where such tags exist."""
    known = directory(work).tag_keys
    keys = {known[name.casefold()]: name.casefold() for name in names if name.casefold() in known}
    found: dict[int, set[str]] = defaultdict(set)
    query = select(record_tag.c.record_id, record_tag.c.tag_id).where(
        record_tag.c.record_kind == SUBJECT_CODES[kind],
        in_set(record_tag.c.record_id, "records"),
        in_set(record_tag.c.tag_id, "tags"),
    )
    for row in work.rows(query, {"records": list(ids), "tags": sorted(keys)}) if keys and ids else ():
        found[row.record_id].add(keys[row.tag_id])
    return found
