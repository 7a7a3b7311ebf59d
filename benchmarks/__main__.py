"""Measure and show: `python -m benchmarks [--only E1,E2] [--rounds 5] [--quick]`.

Ends with status 1 when something could not be measured.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks import chart, contest, frame
from benchmarks.distributed import history
from benchmarks.frame import Benchmark, Contestant, ContestantError, Log, Measured, Result
from benchmarks.plan import BENCHMARKS, CONTESTANTS
from benchmarks.servers import servers

OUT = Path(__file__).with_name("out")
ROUNDS, QUICK_ROUNDS = 5, 3
LEAST_WIDTH = 150


def main() -> int:
    """Run what the command line asks for; return the exit status."""
    contest.end_by_sigterm()
    arguments = _arguments()
    console = Console()
    console.width = max(console.width, LEAST_WIDTH)
    chosen = [b for b in BENCHMARKS if not arguments.only or b.id in arguments.only]
    contestants = frame.needed(chosen, CONTESTANTS)
    rounds = arguments.rounds or (QUICK_ROUNDS if arguments.quick else ROUNDS)
    with servers(frozenset[str]().union(*(c.needs for c in contestants))) as environment:

        def measure(contestant: Contestant) -> Measured:
            with _work_folder() as folder:
                try:
                    measured = contest.measure(contestant, folder, quick=arguments.quick, environment=environment)
                except ContestantError as error:
                    console.print(f"{contestant.name}: {error}", style="red")
                    raise
            console.print(f"{contestant.name}: {measured.leads:,} leads, {measured.rate:,.0f}/s", style="dim")
            return measured

        log = frame.run_rounds(contestants, measure, rounds=rounds)
    results, failures = _conclude_all(chosen, log, note=_note(is_quick=arguments.quick))
    frame.merge(results, OUT / ("quick.json" if arguments.quick else "latest.json"))
    if not arguments.quick and (curves := chart.curves(log)):
        chart.draw(curves, OUT / "cost_per_lead.svg")
    console.print(_contestant_table(contestants, log))
    console.print(_benchmark_table(chosen, results, failures))
    return 1 if failures else 0


def _note(*, is_quick: bool) -> str:
    """Return what a reader must know of the run: that it was a trial, and that the history was not of full size."""
    scale = os.environ.get(history.SCALE, contest.QUICK_SCALE if is_quick else "1")
    parts = ["small trial"] if is_quick else []
    parts += [f"history of {scale} of its size (P11, P14, P15, B1 to B6)"] if float(scale) != 1 else []
    return "; ".join(parts)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the engine beside its peers.")
    parser.add_argument("--only", type=_ids, metavar="IDS", help="only these, e.g. E1,E2")
    parser.add_argument("--rounds", type=_positive, help=f"how often each is measured (default {ROUNDS})")
    parser.add_argument("--quick", action="store_true", help="few leads and rounds, kept apart in quick.json")
    return parser.parse_args()


def _ids(text: str) -> frozenset[str]:
    """Read ids divided by commas; an empty text is all of them."""
    ids = frozenset(part.strip().upper() for part in text.split(",") if part.strip())
    known = {benchmark.id for benchmark in BENCHMARKS}
    if ids - known:
        raise argparse.ArgumentTypeError(f"no {', '.join(sorted(ids - known))}; there are {', '.join(sorted(known))}")
    return ids


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError("a whole number from 1")
    return int(text)


@contextlib.contextmanager
def _work_folder() -> Iterator[Path]:
    """Make a folder on the repository's disk, for a temporary folder may be memory; remove it afterwards."""
    folder = OUT / "work" / uuid.uuid4().hex
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _conclude_all(benchmarks: Sequence[Benchmark], log: Log, *, note: str) -> tuple[list[Result], dict[str, str]]:
    results: list[Result] = []
    failures: dict[str, str] = {}
    for benchmark in benchmarks:
        try:
            results.append(frame.conclude(benchmark, log, note=note))
        except ContestantError as error:
            failures[benchmark.id] = str(error)
    return results, failures


def _contestant_table(contestants: Sequence[Contestant], log: Log) -> Table:
    table = Table("contestant", title="In this run, on this machine")
    for heading in ("leads", "leads/s, median", "slowest", "fastest", "rounds"):
        table.add_column(heading, justify="right")
    for contestant in contestants:
        measured = log.measured.get(contestant.name, [])
        rates = sorted(m.rate for m in measured)
        if rates:
            speeds = (f"{rate:,.0f}" for rate in (median(rates), rates[0], rates[-1]))
            table.add_row(contestant.name, f"{measured[0].leads:,}", *speeds, str(len(rates)))
        else:
            table.add_row(contestant.name, "", "failed")
    return table


def _benchmark_table(benchmarks: Sequence[Benchmark], results: Sequence[Result], failures: dict[str, str]) -> Table:
    by_id = {result.id: result for result in results}
    table = Table("id", "what", title="Benchmarks")
    for heading in ("ratio", "must", "aim"):
        table.add_column(heading, justify="right")
    table.add_column("met?")
    table.add_column("samples")
    for benchmark in benchmarks:
        sign = "<= " if benchmark.smaller_is_better else ""
        bounds = (f"{sign}{benchmark.must:g}", f"{sign}{benchmark.aim:g}")
        if result := by_id.get(benchmark.id):
            samples = " ".join(f"{sample:.3g}" for sample in result.samples)
            shown = f"{result.value:.3g}" + ("" if result.unit == "ratio" else f" {result.unit}")
            table.add_row(benchmark.id, benchmark.what, shown, *bounds, _verdict(benchmark, result.value), samples)
        else:
            table.add_row(benchmark.id, benchmark.what, "-", *bounds, "[red]not measured", failures[benchmark.id])
    return table


def _verdict(benchmark: Benchmark, value: float) -> str:
    if benchmark.meets(value, benchmark.aim):
        return "[green]aim"
    return "[green]must" if benchmark.meets(value, benchmark.must) else "[red]no"


if __name__ == "__main__":
    sys.exit(main())
