"""Limits of a funnel, and what is remembered of its last runs to see that one was crossed: the circuit breaker."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from engine.text import LazyText, _l


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FailureLimit(_Strict):
    """At most so many percent of the last runs that came to an end or to a standstill may have come to a standstill."""

    percent: int = Field(default=50, ge=1, le=100, title=_l("Percent that fail"))
    of_last: int = Field(default=100, ge=10, le=100_000, title=_l("Of the last runs"))


class SameEffect(_Strict):
    """At most so many times may one block reach the same person within so many hours: its message, its task, its request."""

    times: int = Field(default=3, ge=1, le=1_000, title=_l("Times"))
    within_hours: int = Field(default=24, ge=1, le=8_760, title=_l("Within hours"))

    @property
    def within(self) -> timedelta:
        """How far back it looks."""
        return timedelta(hours=self.within_hours)


class Limits(_Strict):
    """What a funnel may do before it is paused; ``None`` is no limit.

    ``effects_per_hour`` counts how often its blocks that do something were passed since a full hour; ``same_effect`` how often
    one person passed the same block that reaches people.
    """

    failures: FailureLimit | None = Field(default=FailureLimit(), title=_l("Failures"))
    effects_per_hour: int | None = Field(default=None, ge=1, le=1_000_000_000, title=_l("Effects an hour"))
    same_effect: SameEffect | None = Field(default=None, title=_l("The same to one person"))


USUAL: Final = Limits()
"""The limits of a funnel that says nothing of them."""


@dataclass(slots=True)
class Recent:
    """What a funnel did lately, told in parts as it is seen; not more than the limits ask for is kept."""

    parts: deque[tuple[int, int]] = field(default_factory=deque)
    runs: int = 0
    stuck: int = 0
    hour: int = 0
    effects: int = 0

    def saw(self, limits: Limits, *, hour: int, ended: int, failed: int, effects: int) -> LazyText | None:
        """Take in how many runs ended and failed, and how many effects there were, in an hour (counted since 1970).

        Returns which limit that crossed, in words; ``None`` where none.
        """
        if hour != self.hour:
            self.hour, self.effects = hour, 0
        self.effects += effects
        if limits.effects_per_hour is not None and self.effects > limits.effects_per_hour:
            return _l(
                "{count} effects in an hour, and no more than {limit} are allowed",
                count=self.effects,
                limit=limits.effects_per_hour,
            )
        return self._failures(limits.failures, ended, failed)

    def _failures(self, limit: FailureLimit | None, ended: int, failed: int) -> LazyText | None:
        if limit is None or not ended + failed:
            return None
        self.parts.append((ended + failed, failed))
        self.runs, self.stuck = self.runs + ended + failed, self.stuck + failed
        while self.runs - self.parts[0][0] >= limit.of_last:
            runs, stuck = self.parts.popleft()
            self.runs, self.stuck = self.runs - runs, self.stuck - stuck
        if self.runs < limit.of_last or 100 * self.stuck < limit.percent * self.runs:
            return None
        return _l(
            "{count} of the last {runs} runs failed, and {percent} % is the limit",
            count=self.stuck,
            runs=self.runs,
            percent=limit.percent,
        )


@dataclass(frozen=True, slots=True)
class Repeated:
    """A block that reached one person too often: how many times."""

    person_id: int
    node: int
    times: int


def repeated(limit: SameEffect, passed: Iterable[tuple[int, int]]) -> Repeated | None:
    """Return which node reached which person too often, the worst of all; ``passed`` has a person and a node for each time."""
    counts = Counter(passed)
    over = [Repeated(*at, times) for at, times in counts.items() if times > limit.times]
    return max(over, key=lambda one: (one.times, -one.person_id, -one.node)) if over else None
