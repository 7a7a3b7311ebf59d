"""Gathering: what threads of a process want to be done at one moment is done together; each hears what became of his own."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from db.database import TROUBLES
from db.errors import DatabaseFullError
from voronka_error import VoronkaError

Item = TypeVar("Item")
Answer = TypeVar("Answer")

MOST: Final = 16
"""So many are done together at most."""


class BrokenOffError(VoronkaError):
    """Whoever did it was made to end; it was not done."""

    code = "broken_off"


class _Asked(Generic[Item, Answer]):
    """One item that waits: its answer, or what was raised instead; or the word that its thread is to go on with the work."""

    __slots__ = ("answer", "bell", "error", "is_done", "item")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.answer: Answer | None = None
        self.error: BaseException | None = None
        self.is_done = False
        self.bell = threading.Lock()
        self.bell.acquire()


class Gatherer(Generic[Item, Answer]):
    """Does items of many threads in one transaction.  Who comes alone waits for nobody; who comes meanwhile is in the next.

    ``do`` takes items in the order in which they came, commits, and answers each; where it raises it has done nothing.  Where it
    fails with several, each is done again by itself, so that one never spoils another; where the database is the trouble, which
    may have committed before it went, all hear of it.  There is no thread of its own: the first that comes works, and then leaves
    the work to the first of those who wait.
    """

    def __init__(self, do: Callable[[Sequence[Item]], Sequence[Answer]], *, most: int = MOST) -> None:
        self._do = do
        self._most = most
        self._lock = threading.Lock()
        self._waiting: deque[_Asked[Item, Answer]] = deque()
        self._is_working = False

    def __call__(self, item: Item) -> Answer:
        """Do an item, together with others; returns once it is committed.

        Raises:
            Exception: what ``do`` raised for it.
        """
        asked = _Asked[Item, Answer](item)
        with self._lock:
            self._waiting.append(asked)
            waits = self._is_working
            self._is_working = True
        if waits:
            asked.bell.acquire()
        if not asked.is_done:
            self._work()
        if asked.error is not None:
            try:
                raise asked.error
            finally:
                asked.error = None
        return asked.answer  # type: ignore[return-value]  # an answer of None is one too

    def _work(self) -> None:
        """Do what waits, the caller's own first of all, and leave what comes meanwhile to another."""
        with self._lock:
            together = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._most))]
        try:
            self._do_all(together)
        finally:
            _tell([one for one in together if not one.is_done], BrokenOffError())
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                self._is_working = following is not None
            for one in together[1:]:
                one.bell.release()
            if following is not None:
                following.bell.release()

    def _do_all(self, together: Sequence[_Asked[Item, Answer]]) -> None:
        try:
            self._answer(together)
        except Exception as failure:  # noqa: BLE001  each hears of his own
            if len(together) == 1 or isinstance(failure, (*TROUBLES, DatabaseFullError)):
                _tell(together, failure)
                return
            for one in together:
                try:
                    self._answer([one])
                except Exception as own:  # noqa: BLE001  as above
                    _tell([one], own)

    def _answer(self, together: Sequence[_Asked[Item, Answer]]) -> None:
        answers = self._do([one.item for one in together])
        for one, answer in zip(together, answers, strict=True):
            one.answer, one.is_done = answer, True


def _tell(several: Sequence[_Asked[Item, Answer]], error: BaseException) -> None:
    for one in several:
        one.error, one.is_done = error, True
