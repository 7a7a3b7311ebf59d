"""A plain model of funnels: nested lists of steps, walked one lead at a time in memory; and the document of the same funnel.

A step is ``("tag", name)``, ``("deal",)``, ``("rest", minutes)``, and at the end of a list perhaps ``("if", source, yes, no)`` or
``("hear", minutes, told, late)``, whose parts are lists of steps.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

SOURCES = ("ads", "site")
Steps = list[tuple[Any, ...]]


def steps(depth: int = 2) -> st.SearchStrategy[Steps]:
    """Return random lists of steps that branch at most ``depth`` times."""
    plain = st.lists(
        st.one_of(
            st.tuples(st.just("tag"), st.sampled_from("abc")),
            st.just(("deal",)),
            st.tuples(st.just("rest"), st.integers(1, 3)),
        ),
        max_size=3,
    )
    if depth == 0:
        return plain
    inner = steps(depth - 1)
    branch = st.one_of(
        st.tuples(st.just("if"), st.sampled_from(SOURCES), inner, inner),
        st.tuples(st.just("hear"), st.integers(1, 3), inner, inner),
    )
    return st.builds(lambda first, last: [*first, *last], plain, st.lists(branch, max_size=1))


def document(key: str, wanted: Steps) -> str:
    """Return the funnel file of steps."""
    nodes = ["{id: created, type: trigger.lead_created}"]
    edges: list[str] = []

    def add(block: str, config: str, come_from: str) -> str:
        name = f"n{len(nodes)}"
        nodes.append(f"{{id: {name}, type: {block}, config: {{{config}}}}}")
        edges.append(f"{{from: {come_from}, to: {name}}}")
        return name

    def draw(some: Steps, at: str) -> None:
        for step in some:
            match step:
                case "tag", tag:
                    at = add("crm.add_tags", f"tags: [{tag}]", at)
                case ("deal",):
                    at = add("crm.add_to_plan", "plan: sales, if_open: another", at)
                    at = add("task.create", "name: Call, deadline: {kind: days_in_stage, days: 1}", at)
                case "rest", minutes:
                    at = add("wait.duration", f"lasting: {{amount: {minutes}, unit: minutes}}", at)
                case "if", source, yes, no:
                    at = add("logic.condition", f"condition: {{field: lead.source, op: is, value: {source}}}", at)
                    draw(yes, f'{at}, port: "yes"')
                    draw(no, f'{at}, port: "no"')
                case "hear", minutes, told, late:
                    events = "[{port: told, event: comment.added}]"
                    at = add("wait.event", f"events: {events}, timeout: {{amount: {minutes}, unit: minutes}}", at)
                    draw(told, f"{at}, port: told")
                    draw(late, f"{at}, port: timeout")

    draw([("tag", "in"), *wanted], "created")
    lines = ["nodes:", *(f"  - {one}" for one in nodes), "edges:", *(f"  - {one}" for one in edges)]
    return "\n".join([f"key: {key}", f"name: {key}", *lines])


@dataclass
class Walk:
    """A lead in a funnel: what it rests for until ``due``, and what comes then, or when it is told something before."""

    due: datetime | None = None
    late: Steps = field(default_factory=list)
    told: Steps | None = None


@dataclass
class Lead:
    """What a lead has come to."""

    source: str
    tags: set[str] = field(default_factory=set)
    deals: int = 0
    walks: list[Walk] = field(default_factory=list)
    told_at: datetime | None = None

    def begin(self, funnels: list[Steps], now: datetime) -> None:
        """Enter every funnel."""
        for wanted in funnels:
            walk = Walk()
            self.walks.append(walk)
            self._go(walk, [("tag", "in"), *wanted], now)

    def go_on(self, now: datetime) -> None:
        """End what is over by ``now``: what was heard in time, and rests."""
        for walk in self.walks:
            if walk.due is None:
                continue
            if walk.told is not None and self.told_at is not None and self.told_at <= walk.due:
                self._go(walk, walk.told, now)
            elif walk.due <= now:
                self._go(walk, walk.late, now)
        self.told_at = None

    def hears(self) -> bool:
        """Tell whether it waits to be told something, and has not been."""
        return self.told_at is None and any(walk.told is not None for walk in self.walks)

    def inside(self) -> int:
        """Return in how many funnels it rests."""
        return sum(walk.due is not None for walk in self.walks)

    def _go(self, walk: Walk, some: Steps, now: datetime) -> None:
        walk.due, walk.told = None, None
        for at, step in enumerate(some):
            match step:
                case "tag", tag:
                    self.tags.add(tag)
                case ("deal",):
                    self.deals += 1
                case "rest", minutes:
                    walk.due, walk.late = now + timedelta(minutes=minutes), some[at + 1 :]
                    return
                case "if", source, yes, no:
                    self._go(walk, yes if self.source == source else no, now)
                    return
                case "hear", minutes, told, late:
                    walk.due, walk.told, walk.late = now + timedelta(minutes=minutes), told, late
                    return
