"""The doctor: looks for what cannot be, and for what waits for a person.  It only reads."""

from __future__ import annotations

from typing import Final

from db.work import Work
from funnels.doctoring import counts, effects, links, outbox, runs, sharing
from funnels.doctoring.finding import Finding

_CHEAP: Final = (runs.rests, runs.queues, runs.enrolment, runs.watching, sharing.law, outbox.letters)
_DEEP: Final = (
    runs.steps,
    counts.node_counts,
    counts.stage_counts,
    effects.made,
    effects.journalled,
    links.links,
    sharing.choices,
    outbox.messages,
)


def examine(work: Work, *, deep: bool) -> tuple[Finding, ...]:
    """Return what is wrong, errors first; nothing for a healthy database.

    The cheap part looks at what is under way.  ``deep`` counts everything again: each table is read a few times.  To be called
    with a reading transaction, so that all is seen at one moment.
    """
    checks = (*_CHEAP, *_DEEP) if deep else _CHEAP
    findings = [finding for check in checks for finding in check(work)]
    return tuple(sorted(findings, key=lambda finding: finding.severity != "error"))
