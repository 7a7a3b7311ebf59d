"""Gathering: what comes at one moment is done together, and each hears what became of his own."""

import threading
import time

from sqlalchemy.exc import OperationalError

from db.gathering import BrokenOffError, Gatherer

LONGEST = 60.0


class Crowd:
    """Threads that ask: one that works and is held at a gate, and others who come meanwhile."""

    def __init__(self, answer, **options):
        self.done: list[list[object]] = []
        self.gate, self.is_inside = threading.Event(), threading.Event()
        self.answers: dict[object, object] = {}
        self.gatherer = Gatherer(self.do, **options)
        self._answer = answer

    def do(self, items):
        self.done.append(list(items))
        if items == ["first"]:
            self.is_inside.set()
            assert self.gate.wait(LONGEST)
        return self._answer(list(items))

    def ask(self, item):
        try:
            self.answers[item] = self.gatherer(item)
        except BaseException as error:  # noqa: BLE001  what is raised is the answer
            self.answers[item] = error

    def come(self, *items):
        """Let the others come, in order, while the first is being done; then let all be done."""
        threads = [threading.Thread(target=self.ask, args=("first",))]
        threads[0].start()
        assert self.is_inside.wait(LONGEST)
        for number, item in enumerate(items, 1):
            threads.append(threading.Thread(target=self.ask, args=(item,)))
            threads[-1].start()
            ends_at = time.monotonic() + LONGEST
            while len(self.gatherer._waiting) < number:
                assert time.monotonic() < ends_at
                time.sleep(0.001)
        self.gate.set()
        for thread in threads:
            thread.join(LONGEST)
            assert not thread.is_alive()


def named(items):
    return [f"{item} was done" for item in items]


def test_who_comes_alone_is_done_at_once():
    crowd = Crowd(named)

    crowd.ask("one")
    crowd.ask("two")

    assert crowd.done == [["one"], ["two"]]
    assert crowd.answers == {"one": "one was done", "two": "two was done"}


def test_who_comes_meanwhile_is_done_together_in_order():
    crowd = Crowd(named)

    crowd.come("a", "b", "c")

    assert crowd.done == [["first"], ["a", "b", "c"]]
    assert crowd.answers == {item: f"{item} was done" for item in ("first", "a", "b", "c")}


def test_no_more_are_done_together_than_may_be():
    crowd = Crowd(named, most=2)

    crowd.come("a", "b", "c")

    assert crowd.done == [["first"], ["a", "b"], ["c"]]
    assert len(crowd.answers) == 4


def test_one_spoils_nobody_else():
    def answer(items):
        if "bad" in items:
            raise LookupError(items)
        return named(items)

    crowd = Crowd(answer)

    crowd.come("a", "bad", "c")

    assert crowd.done == [["first"], ["a", "bad", "c"], ["a"], ["bad"], ["c"]]
    assert isinstance(crowd.answers.pop("bad"), LookupError)
    assert crowd.answers == {item: f"{item} was done" for item in ("first", "a", "c")}


def test_when_the_database_is_the_trouble_all_hear_of_it_and_nothing_is_tried_twice():
    def answer(items):
        if items == ["first"]:
            return named(items)
        raise OperationalError("commit", None, Exception("gone"), connection_invalidated=True)

    crowd = Crowd(answer)

    crowd.come("a", "b")

    assert crowd.done == [["first"], ["a", "b"]]
    assert isinstance(crowd.answers["a"], OperationalError)
    assert isinstance(crowd.answers["b"], OperationalError)


def test_when_whoever_works_is_made_to_end_nobody_waits_for_ever():
    def answer(items):
        if "a" in items:
            raise SystemExit
        return named(items)

    crowd = Crowd(answer, most=2)

    crowd.come("a", "b", "c")
    crowd.ask("later")

    assert isinstance(crowd.answers["a"], SystemExit)
    assert isinstance(crowd.answers["b"], BrokenOffError)
    assert [crowd.answers[item] for item in ("first", "c", "later")] == named(["first", "c", "later"])
