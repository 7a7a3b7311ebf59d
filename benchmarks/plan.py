"""What is measured: the contestants in the order of a round, and the benchmarks that compare them."""

from __future__ import annotations

from benchmarks.canvas import plan as canvas
from benchmarks.distributed import plan as distributed
from benchmarks.frame import Benchmark, Contestant, Measured, Round
from benchmarks.million import plan as million

POSTGRES = frozenset({"postgres"})
REDIS = frozenset({"redis"})

CONTESTANTS = (
    Contestant("dramatiq", "dramatiq", 1_000, 200, REDIS),
    Contestant("sqlite reference", "sqlite_reference", 20_000, 5_000),
    Contestant("sqlite drain", "sqlite_drain", 20_000, 5_000),
    Contestant("sqlite drain, few", "sqlite_drain_few", 1_000, 1_000),
    Contestant("sqlite drain, many", "sqlite_drain", 100_000, 10_000),
    Contestant("postgres reference", "postgres_reference", 20_000, 5_000, POSTGRES),
    Contestant("postgres worker", "postgres_worker", 20_000, 5_000, POSTGRES),
    Contestant("sqlite superstep of 5", "sqlite_statements", 5, 5),
    Contestant("sqlite superstep of 500", "sqlite_statements", 500, 500),
    Contestant("postgres superstep of 5", "postgres_statements", 5, 5, POSTGRES),
    Contestant("postgres superstep of 500", "postgres_statements", 500, 500, POSTGRES),
    Contestant("embedded process", "embedded_memory", 100_000, 10_000),
    Contestant("bare insert through the server", "bare_insert", 60, 20),
    Contestant("form to its first effect", "form_effect", 60, 20),
    Contestant("health page", "health_page", 10_000, 1_000),
    Contestant("board page", "board_page", 10_000, 1_000),
    Contestant("statements of pages, few deals", "page_statements", 100, 100),
    Contestant("statements of pages, many deals", "page_statements", 10_000, 1_000),
    Contestant("script and style of the board", "board_assets", 100, 100),
    *distributed.CONTESTANTS,
    *million.CONTESTANTS,
    *canvas.CONTESTANTS,
)


def _statements(measured: Measured) -> float:
    return measured.statements / measured.supersteps


def _statement_growth(measures: Round) -> float:
    """Return how many statements a superstep of 500 runs needs more than one of 5, on the worse database."""
    return max(
        _statements(measures[f"{database} superstep of 500"]) - _statements(measures[f"{database} superstep of 5"])
        for database in ("sqlite", "postgres")
    )


BENCHMARKS = (
    Benchmark(
        "E1",
        "SQLite: drain of funnel-5 / bulk write by executemany",
        "ratio",
        must=0.20,
        aim=0.33,
        contestants=("sqlite reference", "sqlite drain"),
        sample=lambda r: r["sqlite drain"].rate / r["sqlite reference"].rate,
    ),
    Benchmark(
        "E2",
        "SQLite: drain of funnel-5 / plain Dramatiq on Redis, a message and a transaction per block",
        "ratio",
        must=20,
        aim=60,
        contestants=("dramatiq", "sqlite drain"),
        sample=lambda r: r["sqlite drain"].rate / r["dramatiq"].rate,
    ),
    Benchmark(
        "E3",
        "SQLite: cost per lead at N = 100,000 / at N = 1,000",
        "ratio",
        must=1.25,
        aim=1.05,
        contestants=("sqlite drain, few", "sqlite drain, many"),
        sample=lambda r: r["sqlite drain, few"].rate / r["sqlite drain, many"].rate,
        smaller_is_better=True,
    ),
    Benchmark(
        "E4",
        "Embedded, idle: a form's POST to the commit of its first effect, p50 / a bare insert through the same server",
        "ratio",
        must=5,
        aim=2,
        contestants=("bare insert through the server", "form to its first effect"),
        sample=lambda r: r["bare insert through the server"].rate / r["form to its first effect"].rate,
        smaller_is_better=True,
    ),
    Benchmark(
        "E5",
        "Peak memory of the whole embedded process after 100,000 leads",
        "MiB",
        must=300,
        aim=150,
        contestants=("embedded process",),
        sample=lambda r: r["embedded process"].peak_mib,
        smaller_is_better=True,
    ),
    Benchmark(
        "E6",
        "SQL statements per superstep at 500 runs less those at 5 runs, the worse database",
        "statements",
        must=2,
        aim=0,
        contestants=(
            "sqlite superstep of 5",
            "sqlite superstep of 500",
            "postgres superstep of 5",
            "postgres superstep of 500",
        ),
        sample=_statement_growth,
        smaller_is_better=True,
    ),
    Benchmark(
        "E7",
        "PostgreSQL: drain of funnel-5 by one worker process / bulk write by COPY BINARY",
        "ratio",
        must=0.25,
        aim=0.50,
        contestants=("postgres reference", "postgres worker"),
        sample=lambda r: r["postgres worker"].rate / r["postgres reference"].rate,
    ),
    Benchmark(
        "W1",
        "Server time of the board page with 10,000 deals, p95 / of the health page, p95",
        "ratio",
        must=12,
        aim=6,
        contestants=("health page", "board page"),
        sample=lambda r: r["health page"].rate / r["board page"].rate,
        smaller_is_better=True,
    ),
    Benchmark(
        "W2",
        "SQL statements of board, list, deal, search and leads at 10,000 deals less those at 100",
        "statements",
        must=0,
        aim=0,
        contestants=("statements of pages, few deals", "statements of pages, many deals"),
        sample=lambda r: (
            r["statements of pages, many deals"].statements - r["statements of pages, few deals"].statements
        ),
        smaller_is_better=True,
    ),
    Benchmark(
        "W3",
        "Script and style for the board page, gzip",
        "KiB",
        must=150,
        aim=80,
        contestants=("script and style of the board",),
        sample=lambda r: r["script and style of the board"].kib,
        smaller_is_better=True,
    ),
    *distributed.BENCHMARKS,
    *million.BENCHMARKS,
    *canvas.BENCHMARKS,
)
