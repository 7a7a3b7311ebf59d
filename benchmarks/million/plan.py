"""What is measured of a million deals: its contestants, and how much longer each answer may take than of ten thousand."""

from __future__ import annotations

from benchmarks.frame import Benchmark, Contestant, Round

MANY, FEW = 1_000_000, 10_000
_KINDS = (
    ("B1", "board", "The board, server's time and a browser's first paint"),
    ("B2", "drag", "A drag: the command and its answer"),
    ("B3", "sorted_list", "A plan's list, as it comes and sorted by every column"),
    ("B4", "search", "Search from anywhere: words, addresses, phones; found and not"),
    ("B5", "totals", "Counts and sums: all, by plan, stage, owner, team"),
    ("B6", "filtered", "Cards and rows under other filters, without their counts, which come apart"),
)

CONTESTANTS = tuple(
    Contestant(f"{kind}, {FEW:,} deals and {MANY:,}", f"million_{kind}", MANY, MANY, frozenset({"postgres"}))
    for _, kind, _ in _KINDS
)


def _worst(measures: Round) -> float:
    """Return the sample: of all that was asked, what takes the most times as long."""
    [measured] = measures.values()
    return max(measured.parts[name] / seconds for name, seconds in measured.fewer.items())


BENCHMARKS = tuple(
    Benchmark(
        id_,
        f"{what}: with {MANY:,} deals / with {FEW:,}, p50, the worst of them",
        "ratio",
        must=2,
        aim=1.2,
        contestants=(one.name,),
        sample=_worst,
        smaller_is_better=True,
    )
    for (id_, _, what), one in zip(_KINDS, CONTESTANTS, strict=True)
)
