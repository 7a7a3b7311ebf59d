"""How a benchmark is run: contestants in turn, round after round, and medians of what the rounds gave."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any


class ContestantError(Exception):
    """A contestant could not be measured; the others go on."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one contestant did between two readings of the clock.

    For a latency `seconds` is the median times `leads`, and `p99` the 99th percentile in seconds.
    `statements` counts execute, executemany and copy calls; `supersteps` says over how many supersteps they are spread.
    `parts` are the medians of several things that it asked, in seconds; `fewer` the same of a company with fewer deals, asked in
    turn with it.  Fields that a contestant does not measure stay empty.
    """

    leads: int
    seconds: float
    statements: int = 0
    supersteps: int = 0
    peak_mib: float = 0.0
    kib: float = 0.0
    p99: float = 0.0
    parts: Mapping[str, float] = field(default_factory=dict)
    fewer: Mapping[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Leads per second."""
        return self.leads / self.seconds


@dataclass(frozen=True, slots=True)
class Contestant:
    """One thing to measure, run in a process of its own each time.

    `kind` names the function in `contest.KINDS`; `needs` the servers it talks to: `postgres`, `redis`.
    """

    name: str
    kind: str
    leads: int
    quick_leads: int
    needs: frozenset[str] = frozenset()


Round = Mapping[str, Measured]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A question with a bound: what the contestants of one round answer to it."""

    id: str
    what: str
    unit: str
    must: float
    aim: float
    contestants: tuple[str, ...]
    sample: Callable[[Round], float]
    smaller_is_better: bool = False

    def meets(self, value: float, bound: float) -> bool:
        """Whether `value` keeps within `bound`."""
        return value <= bound if self.smaller_is_better else value >= bound


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to one benchmark: the median of its samples, one sample a round."""

    id: str
    what: str
    unit: str
    value: float
    samples: list[float]
    note: str


@dataclass(slots=True)
class Log:
    """What all rounds gave: the measures by contestant, in the order of the rounds, and why some gave none."""

    measured: dict[str, list[Measured]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


def needed(benchmarks: Sequence[Benchmark], contestants: Sequence[Contestant]) -> tuple[Contestant, ...]:
    """Return the contestants that `benchmarks` compare, each once, in the order of `contestants`."""
    names = {name for benchmark in benchmarks for name in benchmark.contestants}
    return tuple(contestant for contestant in contestants if contestant.name in names)


def run_rounds(contestants: Sequence[Contestant], measure: Callable[[Contestant], Measured], *, rounds: int) -> Log:
    """Measure every contestant once a round, so that a drift of the machine meets all of them.

    A contestant that fails is left out of the later rounds.
    """
    log = Log()
    for _ in range(rounds):
        for contestant in contestants:
            if contestant.name in log.failures:
                continue
            try:
                measured = measure(contestant)
            except ContestantError as error:
                log.failures[contestant.name] = str(error)
            else:
                log.measured.setdefault(contestant.name, []).append(measured)
    return log


def conclude(benchmark: Benchmark, log: Log, *, note: str = "") -> Result:
    """Return the answer to `benchmark`.

    Raises:
        ContestantError: one of its contestants could not be measured.
    """
    for name in benchmark.contestants:
        if name in log.failures:
            raise ContestantError(f"{name}: {log.failures[name]}")
    rounds = zip(*(log.measured[name] for name in benchmark.contestants), strict=True)
    samples = [benchmark.sample(dict(zip(benchmark.contestants, row, strict=True))) for row in rounds]
    parts = [note] if note else []
    parts += [f"{name} {_said(log.measured[name])}" for name in benchmark.contestants]
    return Result(benchmark.id, benchmark.what, benchmark.unit, median(samples), samples, "; ".join(parts))


def _said(measured: Sequence[Measured]) -> str:
    if parts := measured[0].parts:
        return ", ".join(f"{name} {_median(measured, name)}" for name in parts)
    if measured[0].p99:
        p50, p99 = median(1 / m.rate for m in measured), median(m.p99 for m in measured)
        return f"p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms"
    return f"{median(m.rate for m in measured):,.0f} leads/s"


def _median(measured: Sequence[Measured], name: str) -> str:
    said = f"{median(m.parts[name] for m in measured) * 1000:.1f} ms"
    if name not in measured[0].fewer:
        return said
    return f"{said} against {median(m.fewer[name] for m in measured) * 1000:.1f} ms"


def merge(results: Sequence[Result], path: Path) -> None:
    """Write `results` into the list at `path`; entries with other ids are kept, the list stays sorted by id.

    Replaces the file in one move, so that a reader never sees half of it.
    """
    known: list[dict[str, Any]] = json.loads(path.read_text("utf-8")) if path.exists() else []
    entries = {entry["id"]: entry for entry in known} | {result.id: asdict(result) for result in results}
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".json.new")
    ordered = [entries[key] for key in sorted(entries)]
    fresh.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", "utf-8")
    fresh.replace(path)
