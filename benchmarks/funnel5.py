"""Our own engine as a contestant: the job "funnel-5" through the real published funnel, interpreter and journal.

Each lead, already recorded, is taken in, passes a condition, gets a deal for a manager by even distribution, a task
with a deadline and a tag, and ends.  Everything is done through the product's own commands, durable as shipped.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.frame import ContestantError, Measured

DOCUMENT = Path(__file__).with_name("funnel5.yaml")
MANAGERS = 4
SOURCES = ("ads", "site")


def prepare(url: str, leads: int) -> None:
    """Fill the empty database `url`: schema, company, plan, stages, `MANAGERS` managers, funnel, recorded leads.

    The funnel is `DOCUMENT`, published; the leads' sources alternate over `SOURCES`, so that all pass the condition.
    """
    raise ContestantError(f"engine not wired: {leads} leads in {url}")


def drain(url: str) -> Measured:
    """Take in and run everything that is due in the prepared database, in this process, until nothing is.

    The clock starts when the engine is ready to look for work.  `supersteps` must be filled in for the statement
    counts; `statements` may be.
    """
    raise ContestantError(f"engine not wired: {url}")


def serve(url: str) -> tuple[list[str], dict[str, str]]:
    """Return the command line of the embedded process for `url`, and what it adds to the environment."""
    raise ContestantError(f"engine not wired: {url}")


def finished(url: str) -> int:
    """Return how many runs have ended."""
    raise ContestantError(f"engine not wired: {url}")
