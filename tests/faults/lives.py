"""Lives of programs: each ends by SIGKILL at a named point, or by SIGTERM when its time is over."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.faults.office import DONE, KILLED
from tests.servers.programs import Nursery, Program

LOOK_SECONDS = 0.02


@dataclass
class Life:
    """A program, and when its time is over, as ``time.monotonic`` tells it."""

    program: Program
    ends_at: float


class Lives:
    """Starts ``voronka`` programs with the same settings, and sees how they end.

    Attributes:
        log: the file that holds what all of them said.
    """

    def __init__(self, nursery: Nursery, folder: Path, **settings: str) -> None:
        self.log = folder / "log"
        self._nursery = nursery
        self._environment = {**os.environ, "VORONKA_LANGUAGE": "en", "VORONKA_LOG_LEVEL": "error", **settings}

    def begin(self, *words: str, kill_at: str = "", seconds: float = 60) -> Life:
        """Start a program that is to die at ``kill_at``, a point and its count, or to end after ``seconds``."""
        environment = {**self._environment, "VORONKA_KILL_AT": kill_at}
        with self.log.open("a") as log:
            program = self._nursery.start("voronka", *words, environment=environment, stdout=log, stderr=log)
        return Life(program, time.monotonic() + seconds)

    def end_of(self, life: Life) -> int | None:
        """Return how a life ended, 0 where its time was over; nothing while it goes on.

        Raises:
            AssertionError: the program failed.
        """
        if life.program.poll() is None and time.monotonic() < life.ends_at:
            return None
        return self.end(life)

    def end(self, life: Life) -> int:
        """End a program in order, where it has not ended, and return how it ended: 0, or killed.

        Raises:
            AssertionError: the program failed.
        """
        life.program.terminate()
        end = life.program.wait(60)
        assert end in (DONE, KILLED), f"status {end}: {self.said()}"
        return end

    def live(self, *words: str, kill_at: str = "", seconds: float = 60) -> int:
        """Start a program and return how it ended: 0, or killed."""
        life = self.begin(*words, kill_at=kill_at, seconds=seconds)
        while (end := self.end_of(life)) is None:
            time.sleep(LOOK_SECONDS)
        return end

    def until(self, holds: Callable[[], bool], *programs: tuple[str, ...], seconds: float = 900) -> None:
        """Let programs work until something holds, and end them in order.

        Raises:
            AssertionError: it did not come about in time.
        """
        lives = [self.begin(*words, seconds=seconds) for words in programs]
        ends_at = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < ends_at, f"it did not come about: {self.said()}"
            time.sleep(0.1)
        for life in lives:
            assert self.end(life) == DONE

    def said(self) -> str:
        """Return the last words of the log."""
        return self.log.read_text(errors="replace")[-4000:]
