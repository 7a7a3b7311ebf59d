from collections import Counter
from dataclasses import replace

import pytest
from pydantic import ValidationError

from blocks.logic_split import Split
from tests.blocks.asking import context

SPLIT = Split(variants=[{"port": "a", "share": 70}, {"port": "b", "share": 20}, {"port": "c", "share": 10}])


def ports(block, seeds, person=None):
    ctx = context({"person": {"id": person}} if person else {})
    return Counter(block.run(replace(ctx, seed=seed)).port for seed in seeds)


def test_runs_go_in_the_shares():
    gone = ports(SPLIT, range(10_000))

    assert sum(gone.values()) == 10_000
    assert abs(gone["a"] - 7000) < 200
    assert abs(gone["b"] - 2000) < 200
    assert abs(gone["c"] - 1000) < 200


def test_the_same_run_at_the_same_visit_goes_the_same_way():
    assert all(len(ports(SPLIT, [seed] * 5)) == 1 for seed in range(20))


def test_another_visit_is_another_draw():
    assert len({SPLIT.run(context(visit=visit)).port for visit in range(1, 40)}) > 1


def test_a_person_may_go_the_same_way_in_every_run():
    block = Split(same_for="person")

    assert block.paths() == {"person.id"}
    assert all(len(ports(block, range(20), person)) == 1 for person in range(1, 20))
    assert {port for person in range(1, 40) for port in ports(block, [1], person)} == {"a", "b"}


def test_a_share_of_nothing_gets_nobody():
    block = Split(variants=[{"port": "a", "share": 0}, {"port": "b"}, {"port": "c", "share": 0}])

    assert ports(block, range(200)) == {"b": 200}


def test_two_halves_are_the_beginning():
    assert Split().ports() == ("a", "b")
    assert Split().paths() == set()


@pytest.mark.parametrize(
    ("variants", "words"),
    [
        ([{"port": "a"}, {"port": "a"}], "a port of its own"),
        ([{"port": "a"}, {"port": "failed"}], "a port of its own"),
        ([{"port": "a", "share": 0}, {"port": "b", "share": 0}], "above 0"),
        ([{"port": "a"}], "at least 2"),
    ],
)
def test_variants_that_make_no_sense_are_refused(variants, words):
    with pytest.raises(ValidationError, match=words):
        Split(variants=variants)
