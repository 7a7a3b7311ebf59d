"""Figures of a funnel in a period, as a rehearsal foretells them and as they really were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class NodeFigures:
    """A node: how often it was passed, by which ports, how many stand there at the end, how many failed there."""

    passed: int = 0
    ports: dict[str, int] = field(default_factory=dict)
    inside: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of those who entered a funnel in a period, until the period's end.

    Attributes:
        entered: runs that began.
        people: different people among them.
        outcomes: runs by what became of them: ``waiting``, ``parked``, or the outcome they ended with.
        nodes: by the node's id.
        messages: what was to leave, by channel; ``employees`` are e-mails to the company's own people.
        messages_per_person: how many people got so many e-mails, by the number as text.
        tasks: by manager's login (empty: nobody) and day, ``2026-03-09``, on which they are due.
        deals: how many deals came to each stage by the funnel, by ``plan/stage``.
        deals_per_manager: how many of the deals that it opened each manager got, by login.
        standing: where the deals that it opened or moved stand at the end, by ``plan/stage``.
    """

    entered: int = 0
    people: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)
    nodes: Mapping[str, NodeFigures] = field(default_factory=dict)
    messages: Mapping[str, int] = field(default_factory=dict)
    messages_per_person: Mapping[str, int] = field(default_factory=dict)
    tasks: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    deals: Mapping[str, int] = field(default_factory=dict)
    deals_per_manager: Mapping[str, int] = field(default_factory=dict)
    standing: Mapping[str, int] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """Return them as plain JSON values."""
        return asdict(self)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Figures:
        """Return what ``plain`` gave."""
        nodes = {name: NodeFigures(**one) for name, one in plain["nodes"].items()}
        return cls(**{**plain, "nodes": nodes})

    @property
    def most_tasks(self) -> dict[str, tuple[int, int, str]]:
        """For each manager: how many tasks in all, the most on one day, and which day that is (the first of several)."""
        found = {}
        for login, days in self.tasks.items():
            most = max(days.values())
            found[login] = (sum(days.values()), most, min(day for day, tasks in days.items() if tasks == most))
        return found
