"""What funnels refuse."""

from __future__ import annotations

from collections.abc import Sequence

from engine.publish_problem import PublishProblem
from engine.text import LazyText, _l
from voronka_error import VoronkaError


class FunnelNotFoundError(VoronkaError):
    """A funnel key that does not exist."""

    code = "funnel_not_found"

    def __init__(self, key: str) -> None:
        super().__init__(_l("there is no funnel “{key}”; `voronka funnel list` shows those there are", key=key))
        self.key = key


class NotPublishableError(VoronkaError):
    """A funnel whose checks found errors."""

    code = "not_publishable"

    def __init__(self, key: str, problems: Sequence[PublishProblem]) -> None:
        super().__init__(_l("the funnel “{key}” cannot be published:", key=key), *map(_line, problems))
        self.key = key
        self.problems = tuple(problems)


def _line(problem: PublishProblem) -> LazyText:
    where = ".".join(part for part in (problem.node, problem.field) if part is not None)
    return _l("{where}: {problem}", where=where, problem=problem.message) if where else problem.message
