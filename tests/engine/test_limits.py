import pytest
from pydantic import ValidationError

from engine.document import FunnelDocument
from engine.limits import USUAL, FailureLimit, Limits, Recent, Repeated, SameEffect, repeated

HALF = Limits(failures=FailureLimit(percent=50, of_last=10))


def seen(limits, *parts, hour=1):
    recent = Recent()
    return [recent.saw(limits, hour=hour, ended=ended, failed=failed, effects=0) for ended, failed in parts]


def test_half_of_the_last_runs_is_too_much():
    *before, last = seen(HALF, (5, 0), (0, 4), (0, 1))

    assert before == [None, None]
    assert last == "5 of the last 10 runs failed, and 50 % is the limit"


def test_too_few_runs_say_nothing():
    assert seen(HALF, (0, 9), (0, 0)) == [None, None]


def test_what_is_long_ago_does_not_count():
    assert seen(HALF, (0, 9), (10, 0), (5, 4)) == [None, None, None]
    assert seen(HALF, (10, 0), (10, 0), (0, 5), (0, 5))[-1] is not None


def test_without_a_limit_everything_may_fail():
    assert seen(Limits(failures=None), (0, 1000)) == [None]


def test_effects_are_counted_by_the_hour():
    recent, limits = Recent(), Limits(effects_per_hour=5)
    said = [
        recent.saw(limits, hour=hour, ended=0, failed=0, effects=effects) for hour, effects in ((1, 4), (2, 5), (2, 1))
    ]

    assert said == [None, None, "6 effects in an hour, and no more than 5 are allowed"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"failures": {"percent": 0}},
        {"failures": {"of_last": 1}},
        {"effects_per_hour": 0},
        {"same_effect": {"times": 0}},
    ],
)
def test_limits_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValidationError):
        Limits.model_validate(wrong)


def test_the_usual_limits_are_not_written_down():
    document = FunnelDocument(key="f", name="F", nodes=())
    off = FunnelDocument(key="f", name="F", nodes=(), limits=Limits(failures=None))

    assert (document.limits, document.plain()) == (USUAL, {"key": "f", "name": "F", "nodes": []})
    assert off.plain()["limits"] == {"failures": None}
    assert FunnelDocument.model_validate(off.plain()) == off


def test_the_same_to_one_person_is_counted_apart():
    limit = SameEffect(times=2, within_hours=1)

    assert repeated(limit, [(1, 7), (1, 7), (1, 8), (2, 7), (2, 7)]) is None
    assert repeated(limit, [(1, 7)] * 3 + [(2, 7)] * 4) == Repeated(2, 7, 4)
    assert (limit.within.total_seconds(), repeated(limit, ())) == (3600, None)
