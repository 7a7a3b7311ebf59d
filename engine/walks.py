"""The walks of one batch.  Runs that stand alike and see alike come to the same, so each such walk is made once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from engine.advance import Refusal, advance, resume
from engine.calendar import WorkingCalendar
from engine.effect import Effect, SetFields
from engine.facts import Facts, Record
from engine.program import Program
from engine.request import Result
from engine.standing import Advance, Arrival, Standing

ENOUGH = 64
"""Where so many runs walked on and were all different, each walks for itself, without looking for one alike."""
MOST_WAYS = 8
"""Where walks looked at different things in so many manners, no more are remembered."""
_PLAIN = frozenset({int, bool, date, datetime, frozenset})
"""Kinds of values, beside texts and nothing, that are equal only where nobody can tell them apart, if their kinds are equal."""

Look = tuple[tuple[str, tuple[str, ...]], ...]
"""Records and the values in them that walks looked at."""


class Walks:
    """Walks many runs at one moment, and remembers what those came to that others may be like.

    Nothing else than the program, the place where a run stands, what the blocks on its way can look at, and the moment decides
    what a walk comes to: so a second run with the same of all these gets the very ``Advance`` of the first.  It is not to be
    changed, and its ``facts`` are those of the first: the run's own stand beside it.  A draw makes a walk the run's own, and so
    does a look at a path that the block does not name.

    ``refusal`` may look at an effect and at which records there are; for the kinds of effects in ``looking`` also at values, and
    walks that ask for one of these are each run's own.
    """

    def __init__(
        self,
        now: datetime,
        calendar: WorkingCalendar,
        refusal: Refusal | None = None,
        *,
        looking: frozenset[type] = frozenset(),
    ) -> None:
        self._now = now
        self._calendar = calendar
        self._refusal = refusal if refusal is None or not looking else _marking(refusal, looking)
        self._memo: dict[object, Any] = {}
        self._begun: dict[tuple[int, tuple[Arrival, ...]], _Place] = {}
        self._asking: dict[int, tuple[Advance, dict[str, _Place]]] = {}

    def advance(
        self, program: Program, standing: Standing, arrivals: Sequence[Arrival], facts: Facts, *, seed: int
    ) -> tuple[Advance, Facts]:
        """Walk as ``engine.advance.advance`` does; returns what it came to, and the run's facts from then on."""
        place = None
        if len(arrivals) == 1 and not (standing.visits or standing.joined or standing.resting):
            where = (id(program), tuple(arrivals))
            try:
                place = self._begun.get(where)
                if place is None:
                    place = self._begun[where] = _Place(program)
            except TypeError:  # an event that woke the run is its own
                place = None
        if place is not None:
            known = place.find(facts)
            if known is not None:
                return known
        return self._walk(advance, program, standing, arrivals, facts, facts, place, seed)

    def resume(
        self, program: Program, before: Advance, result: Result, facts: Facts, *, seed: int
    ) -> tuple[Advance, Facts]:
        """Go on as ``engine.advance.resume`` does; ``before`` and ``facts`` are what was returned."""
        place, told = None, facts
        asking = self._asking.get(id(before))
        if asking is not None and not result.detail:
            place = asking[1].get(result.code)
            if place is None:
                place = asking[1][result.code] = _Place(program)
            told = facts.with_records(result.records)
            known = place.find(told)
            if known is not None:
                return known
        return self._walk(resume, program, before, result, facts, told, place, seed)

    def _walk(
        self,
        walk: Callable[..., Advance],
        program: Program,
        before: Standing | Advance,
        by: Sequence[Arrival] | Result,
        facts: Facts,
        told: Facts,
        place: _Place | None,
        seed: int,
    ) -> tuple[Advance, Facts]:
        """Walk on from a place that nobody like it left; ``told`` are the facts with what the walk is told first."""
        part = walk(
            program,
            before,
            by,
            facts if place is None else place.watch(facts),
            self._now,
            calendar=self._calendar,
            seed=seed,
            refusal=self._refusal,
            memo=self._memo,
        )
        if place is not None and place.remember(told, part) and part.ask is not None:
            self._asking[id(part)] = part, {}
        return part, part.facts


class _Place:
    """A place from which runs of a program go on, and the walks that were made from there."""

    __slots__ = ("hits", "is_worth", "looks", "misses", "parts", "program")

    def __init__(self, program: Program) -> None:
        self.program = program
        self.looks: list[Look] = []
        self.parts: dict[tuple[object, ...], tuple[Advance, tuple[Effect, ...]]] = {}
        self.hits = self.misses = 0
        self.is_worth = not program.tracks_visits  # there a run sees something new after every step

    def find(self, facts: Facts) -> tuple[Advance, Facts] | None:
        """Return what a run came to that saw the same, and the run's own facts from then on."""
        if not self.is_worth:
            return None
        for number, look in enumerate(self.looks):
            key = _seen(facts, look, number)
            known = self.parts.get(key) if key is not None else None
            if known is not None:
                self.hits += 1
                part, changing = known
                for effect in changing:
                    facts = facts.after(effect)
                return part, facts
        return None

    def watch(self, facts: Facts) -> Facts:
        """Return the facts for a walk that may be remembered."""
        return _Watched(facts.records, set()) if self.is_worth else facts

    def remember(self, facts: Facts, part: Advance) -> bool:
        """Keep what a run came to, if others can be like it; says whether."""
        if not self.is_worth:
            return False
        watched = part.facts
        assert isinstance(watched, _Watched)
        part.facts = Facts(watched.records)
        self.misses += 1
        if self.misses >= ENOUGH and self.hits <= self.misses:
            self.is_worth = False
        paths = self._paths(part)
        look = _look(paths)
        number = self.looks.index(look) if look in self.looks else len(self.looks)
        key = _seen(facts, look, number)
        if key is None or number == MOST_WAYS or part.by_chance or not watched.paths <= paths:
            return False
        if number == len(self.looks):
            self.looks.append(look)
        unseen = self.program.unseen
        self.parts[key] = part, tuple(effect for _, effect in part.effects if type(effect) not in unseen)
        return True

    def _paths(self, part: Advance) -> frozenset[str]:
        """Return the paths that the nodes on the way of a walk can look at; of all nodes, where tokens may have been dropped."""
        if self.program.splits:
            return self.program.paths
        numbers = {number for number, _ in part.steps}
        numbers.update(rest.node for rest in part.rests)
        numbers.update(one.node for one in (part.ask, part.failure) if one is not None)
        nodes = self.program.nodes
        return frozenset[str]().union(*(nodes[number].paths for number in numbers if number in nodes))


def _look(paths: frozenset[str]) -> Look:
    by_record: dict[str, list[str]] = {}
    for path in sorted(paths):
        name, _, key = path.partition(".")
        by_record.setdefault(name, []).append(key)
    return tuple((name, tuple(keys)) for name, keys in by_record.items())


def _seen(facts: Facts, look: Look, number: int) -> tuple[object, ...] | None:
    """Return all that is seen by a look, to be compared; ``None`` where it cannot be."""
    records = facts.records
    if "changed" in records:  # conditions may look at any path of it
        return None
    found: list[object] = [number, *records]
    for name, keys in look:
        record = records.get(name)
        if record is not None:
            for key in keys:
                value = record.get(key)
                if value is not None and (kind := type(value)) is not str:
                    if kind not in _PLAIN:
                        return None
                    found.append(kind)  # True equals 1, but is read otherwise
                found.append(value)
    return tuple(found)


def _marking(refusal: Refusal, looking: frozenset[type]) -> Refusal:
    def marking(effect: Effect, facts: Facts) -> tuple[str, str] | SetFields | None:
        if type(effect) in looking and isinstance(facts, _Watched):
            facts.paths.add(_ANY)
        return refusal(effect, facts)

    return marking


_ANY = ""
"""A path that no node names."""


class _Watched(Facts):
    """Facts that note which paths were looked at: a block that forgot to name one walks for each run anew."""

    __slots__ = ("paths",)

    def __init__(self, records: Mapping[str, Record], paths: set[str]) -> None:
        super().__init__(records)
        self.paths = paths

    def get(self, path: str) -> object | None:
        self.paths.add(path)
        return super().get(path)

    def after(self, effect: Effect) -> Facts:
        return _Watched(super().after(effect).records, self.paths)

    def with_records(self, records: Mapping[str, Record]) -> Facts:
        return _Watched(super().with_records(records).records, self.paths)
