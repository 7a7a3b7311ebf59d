"""A walk that hangs is broken off, and nothing but a walk ever is.  Tests look in the watcher's place."""

import threading
import time
from functools import partial

import pytest

from workers import patience
from workers.patience import LOOKS, HangsError, Watched, _look


def looked_at(watch, looks=LOOKS + 1):
    for _ in range(looks):
        _look(watch)


def go_on():
    """Do what lets Python raise whatever is on its way."""
    for _ in range(100):
        str(1)


def test_a_walk_is_broken_off_after_some_looks_though_it_takes_exceptions_for_its_own():
    def hang():
        while True:
            try:
                _look(watch)
            except Exception:  # noqa: BLE001  as some blocks may do
                looks.append("it went on")

    watch, looks = Watched(), []

    with pytest.raises(HangsError):
        watch.walk(hang)

    go_on()
    assert looks == []


def test_a_walk_that_gets_on_is_not_and_neither_is_what_comes_between():
    watch = Watched()

    for _ in range(3):
        assert watch.walk(lambda: looked_at(watch, LOOKS) or "done") == "done"
        looked_at(watch, 3 * LOOKS)

    go_on()


def test_a_walk_that_ends_in_the_moment_in_which_it_is_broken_off_leaves_nothing_behind():
    watch = Watched()

    with pytest.raises(HangsError):
        watch.walk(partial(patience._raise_in, watch.thread_id, patience._ENOUGH))  # it has returned when it is struck

    go_on()
    assert watch.walk(lambda: "the next") == "the next"


def test_what_is_asked_for_while_the_walk_ends_strikes_nobody():
    watches, ends, asked = [], [], threading.Event()

    def end():
        watches[0].may_be_struck = True  # somebody is about to break it off
        return "done"

    def work():
        watches.append(Watched())
        ends.append(watches[0].walk(end))
        asked.wait()
        go_on()
        ends.append("went on")

    worker = threading.Thread(target=work)
    with patience._lock:
        worker.start()
        while not watches or watches[0].turn < 2:
            time.sleep(0.001)
        patience._raise_in(watches[0].thread_id, patience._ENOUGH)
    asked.set()
    worker.join()

    assert ends == ["done", "went on"]
