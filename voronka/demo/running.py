"""The demo, step by step: set up, let the leads walk, look at the boards."""

from __future__ import annotations

from collections.abc import Callable

from crm.access.actor import EVERYTHING
from crm.deals.board import Board, board
from db.database import Database
from funnels.runs import parked_ids
from voronka.demo import company
from voronka.demo.company import set_up_company
from workers.drain import drain
from workers.sweep import sweep


def prepare(database: Database) -> bool:
    """Set the company up; returns whether it was new.  What an earlier process left half-way is cleaned up.

    Raises:
        OtherCompanyError: the database is another company's.
    """
    with database.work() as work:
        is_new = set_up_company(work)
    sweep(database, at_start=True)
    return is_new


def walk(database: Database, progress: Callable[[int], None]) -> int:
    """Do all that is due now; returns how many events and wake-ups that took.  ``progress`` hears of each batch."""
    total = drain(database, worker="demo", progress=lambda done: progress(done.events + done.runs))
    return total.events + total.runs


def boards(database: Database) -> tuple[Board, ...]:
    """Return the boards of the sample plans."""
    with database.reading() as work:
        return tuple(board(work, key, viewer=EVERYTHING) for key in company.PLANS)


def stuck(database: Database) -> int:
    """Return how many runs are parked."""
    with database.reading() as work:
        return len(parked_ids(work))
