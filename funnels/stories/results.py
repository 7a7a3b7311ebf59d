"""What came of the tests of a document, kept by what was tested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.text import packed, unpacked


@dataclass(frozen=True, slots=True)
class StoryResult:
    """One test: what was not as it says, in words, and the nodes that were passed."""

    name: str
    failures: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """True where all was as the test says."""
        return not self.failures


def plain(results: tuple[StoryResult, ...]) -> list[dict[str, Any]]:
    """Return results as JSON that keeps marked texts."""
    return [
        {"name": one.name, "failures": [packed(text) for text in one.failures], "passed": list(one.passed)}
        for one in results
    ]


def of_plain(kept: list[dict[str, Any]]) -> tuple[StoryResult, ...]:
    """Return the results of ``plain``."""
    return tuple(
        StoryResult(one["name"], tuple(unpacked(text) for text in one["failures"]), tuple(one["passed"]))
        for one in kept
    )
