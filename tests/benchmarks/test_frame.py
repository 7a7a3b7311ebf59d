from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import frame
from benchmarks.frame import Benchmark, Contestant, ContestantError, Measured, Result
from benchmarks.plan import BENCHMARKS, CONTESTANTS

OURS = Contestant("ours", "ours", leads=10, quick_leads=1)
THEIRS = Contestant("theirs", "theirs", leads=10, quick_leads=1)
RATIO = Benchmark(
    "X1",
    "ours / theirs",
    "ratio",
    must=2,
    aim=4,
    contestants=("ours", "theirs"),
    sample=lambda r: r["ours"].rate / r["theirs"].rate,
)


def result(id: str, value: float) -> Result:
    return Result(id, what=f"what {id} says", unit="ratio", value=value, samples=[value], note="")


def stored(path: Path) -> dict[str, float]:
    return {entry["id"]: entry["value"] for entry in json.loads(path.read_text("utf-8"))}


def test_results_are_a_list_of_what_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "out" / "latest.json"

    frame.merge([result("E1", 0.25)], path)

    assert json.loads(path.read_text("utf-8")) == [
        {"id": "E1", "what": "what E1 says", "unit": "ratio", "value": 0.25, "samples": [0.25], "note": ""}
    ]


def test_a_new_result_replaces_its_own_and_keeps_the_others(tmp_path: Path) -> None:
    path = tmp_path / "latest.json"
    frame.merge([result("E2", 20), result("E1", 0.2)], path)

    frame.merge([result("E2", 60)], path)

    assert list(stored(path).items()) == [("E1", 0.2), ("E2", 60)]


def test_contestants_take_turns() -> None:
    turns: list[str] = []

    def measure(contestant: Contestant) -> Measured:
        turns.append(contestant.name)
        return Measured(10, 1.0)

    frame.run_rounds([OURS, THEIRS], measure, rounds=2)

    assert turns == ["ours", "theirs", "ours", "theirs"]


def test_the_value_is_the_median_of_the_rounds_own_ratios() -> None:
    rates = iter([(30, 10), (600, 100), (9, 1)])  # 3, 6 and 9 times, on a machine whose speed jumps
    measured = iter([Measured(leads, 1.0) for both in rates for leads in both])
    log = frame.run_rounds([OURS, THEIRS], lambda _: next(measured), rounds=3)

    concluded = frame.conclude(RATIO, log)

    assert (concluded.value, concluded.samples) == (6, [3, 6, 9])


def test_a_contestant_that_fails_spoils_only_its_own_benchmark() -> None:
    def measure(contestant: Contestant) -> Measured:
        if contestant is THEIRS:
            raise ContestantError("no server")
        return Measured(10, 1.0)

    log = frame.run_rounds([OURS, THEIRS], measure, rounds=3)

    assert len(log.measured["ours"]) == 3
    with pytest.raises(ContestantError, match="theirs: no server"):
        frame.conclude(RATIO, log)


def test_a_bound_is_a_floor_or_a_ceiling() -> None:
    ceiling = Benchmark("X2", "", "MiB", 300, 150, (), lambda _: 0, smaller_is_better=True)

    assert (RATIO.meets(2, RATIO.must), RATIO.meets(1.9, RATIO.must)) == (True, False)
    assert (ceiling.meets(300, ceiling.must), ceiling.meets(301, ceiling.must)) == (True, False)


def test_every_benchmark_compares_contestants_that_there_are() -> None:
    assert frame.needed(BENCHMARKS, CONTESTANTS) == CONTESTANTS
    assert {name for b in BENCHMARKS for name in b.contestants} == {c.name for c in CONTESTANTS}
