"""What is measured of a million deals: its contestants, and how much longer each answer may take than of ten thousand."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.frame import Benchmark, Contestant, Round

MANY, FEW = 1_000_000, 10_000
_KINDS = (
    ("B1", "board", "The board, server's time and a browser's first paint"),
    ("B2", "drag", "A drag: the command and its answer"),
    ("B3", "sorted_list", "A plan's list, as it comes and sorted by every column"),
    ("B4", "search", "Search from anywhere: words, addresses, phones; found and not"),
    ("B5", "totals", "Counts and sums: all, by plan, stage, owner, team"),
)

CONTESTANTS = tuple(
    Contestant(f"{kind}, {deals:,} deals", f"million_{kind}", deals, deals, frozenset({"postgres"}))
    for _, kind, _ in _KINDS
    for deals in (FEW, MANY)
)


def _worst(few: str, many: str) -> Callable[[Round], float]:
    """Return the sample: of all that was asked, what takes the most times as long."""
    return lambda r: max(r[many].parts[name] / seconds for name, seconds in r[few].parts.items())


BENCHMARKS = tuple(
    Benchmark(
        id_,
        f"{what}: with 1,000,000 deals / with 10,000, p50, the worst of them",
        "ratio",
        must=2,
        aim=1.2,
        contestants=(f"{kind}, {FEW:,} deals", f"{kind}, {MANY:,} deals"),
        sample=_worst(f"{kind}, {FEW:,} deals", f"{kind}, {MANY:,} deals"),
        smaller_is_better=True,
    )
    for id_, kind, what in _KINDS
)
