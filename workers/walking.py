"""Walking a wave of runs together: walk in memory, apply what was asked for, answer requests, and go on until all rest."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from crm.conditions.facts import load
from crm.directory import directory
from db.work import Work
from engine.standing import Advance, Failure, Rest
from engine.walks import Walks
from workers import effects
from workers.answers import answer
from workers.patience import watched
from workers.walker import Walker


def walk(work: Work, walkers: Sequence[Walker], *, batch_id: int) -> int:
    """Walk every run until it rests, ends or fails; returns how many supersteps that took.

    A superstep costs a fixed number of statements, whatever the number of walkers.  A block that raises, or hangs, parks its
    own run; after a command has answered, it fails the batch instead: the run is tried alone, and nothing of it is done twice.
    """
    settings = directory(work)
    walks = Walks(work.now, settings.calendar, partial(effects.refusal, settings), looking=effects.LOOKING)
    _see(work, [walker for walker in walkers if walker.facts is None])
    with watched() as watch:
        for walker in walkers:
            assert walker.facts is not None
            try:
                part, facts = watch.walk(
                    walks.advance, walker.program, walker.standing, walker.arrivals, walker.facts, seed=walker.run_id
                )
            except Exception as error:  # noqa: BLE001  a block may raise anything; its run alone stands still for it
                part, facts = _broken(work, walker, error), walker.facts
            walker.absorb(part, facts)
    active: Sequence[Walker] = walkers
    supersteps = 0
    while active:
        supersteps += 1
        effects.apply(work, active)
        active = [walker for walker in active if walker.last is not None and walker.last.ask is not None]
        if not active:
            break
        answers = answer(work, active, batch_id=batch_id)
        with watched() as watch:
            for walker, result in zip(active, answers, strict=True):
                assert walker.last is not None
                assert walker.facts is not None
                part, facts = watch.walk(
                    walks.resume, walker.program, walker.last, result, walker.facts, seed=walker.run_id
                )
                walker.absorb(part, facts)
    return supersteps


def _see(work: Work, blind: Sequence[Walker]) -> None:
    """Read the facts of walkers that have none yet."""
    if not blind:
        return
    records = frozenset[str]().union(*(walker.program.records for walker in blind))
    paths = frozenset[str]().union(*(walker.program.paths for walker in blind))
    found = load(work, [walker.subject for walker in blind], records=records, paths=paths)
    for walker, facts in zip(blind, found, strict=True):
        walker.see(facts)


def _broken(work: Work, walker: Walker, error: Exception) -> Advance:
    """Return what a walk came to whose block raised: everything stays where it was, and the run stands still."""
    assert walker.facts is not None
    first, *others = walker.arrivals
    return Advance(
        walker.facts,
        walker.standing,
        rests=[Rest(one.node, work.now, arriving=one.signal is None) for one in others],
        failure=Failure(first.node, "block_error", f"{type(error).__name__}: {error}", woken=first.signal is not None),
    )
