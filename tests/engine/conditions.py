"""Strategies for conditions and facts that meet each other often."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st
from pydantic import TypeAdapter

from engine.condition import Condition

NOW = datetime(2026, 6, 5, 13, tzinfo=UTC)
TREE = TypeAdapter(Condition)

TEXTS = ["", "Сайт", "САЙТ", "сайт їжака", "straße", "STRASSE", "ad", "AD", "2026-06-05", "2026-02-31", "100%_"]
NUMBERS = [0, 1, 90, 100, -5, 1.5]
DAYS = [date(2026, 6, 4), date(2026, 6, 5), date(2026, 6, 6)]
MOMENTS = [NOW - timedelta(days=3), NOW, NOW + timedelta(microseconds=1), NOW + timedelta(days=1, hours=5)]

scalars = st.sampled_from([*TEXTS, *NUMBERS, True, False])
tags = st.sampled_from([*TEXTS, 1, 90])
instants = st.sampled_from([*[day.isoformat() for day in DAYS], *[moment.isoformat() for moment in MOMENTS]])
spans = st.sampled_from([{"days": 1}, {"days": 3}, {"hours": 30}, {"weeks": 1, "minutes": 5}])
distances = st.sampled_from([{"days": -3}, {"days": 3}, {"hours": -1}, {}])
numbers = st.sampled_from(NUMBERS)


def leaf(op, paths, **parts):
    return st.fixed_dictionaries({"op": st.sampled_from(op), "field": paths, **parts})


def pairs(values):
    return st.tuples(values, values).map(sorted)


def equal_leaves(paths):
    return st.one_of(
        leaf(["is", "is_not"], paths, value=scalars),
        leaf(["in", "not_in"], paths, values=st.lists(scalars, min_size=1, max_size=3)),
        leaf(["empty", "not_empty"], paths),
    )


def text_leaves(paths):
    parts = st.sampled_from(["с", "САЙ", "ss", "D", "%", "_"])
    return st.one_of(
        leaf(["contains", "not_contains", "starts_with"], paths, value=parts),
        leaf(["in", "not_in"], paths, values=st.lists(st.sampled_from(TEXTS), min_size=2, max_size=4)),
    )


def number_leaves(paths):
    return st.one_of(
        leaf(["greater", "greater_or_equal", "less", "less_or_equal"], paths, value=numbers),
        st.builds(lambda path, ends: between(path, *ends), paths, pairs(numbers)),
    )


def time_leaves(paths):
    return st.one_of(
        st.builds(lambda path, ends: between(path, *ends), paths, pairs(st.sampled_from(DAYS))),
        st.builds(lambda path, ends: between(path, *ends), paths, pairs(st.sampled_from(MOMENTS))),
        leaf(["before", "after"], paths, value=st.one_of(instants, distances)),
        leaf(["within_last", "within_next"], paths, value=spans),
    )


def tag_leaves(paths):
    return st.one_of(
        leaf(["has"], paths, value=tags),
        leaf(["has_any", "has_all"], paths, values=st.lists(tags, min_size=1, max_size=3)),
    )


def record_leaves(paths):
    return st.one_of(
        equal_leaves(paths), text_leaves(paths), number_leaves(paths), time_leaves(paths), tag_leaves(paths)
    )


def between(path, low, high):
    return {"op": "between", "field": path, "low": low, "high": high}


def trees(leaves):
    return st.recursive(
        leaves,
        lambda parts: st.one_of(
            st.fixed_dictionaries({"op": st.sampled_from(["all", "any"]), "of": st.lists(parts, max_size=3)}),
            st.fixed_dictionaries({"op": st.just("not"), "of": parts}),
        ),
        max_leaves=6,
    )


PATHS = st.sampled_from(
    ["lead.source", "lead.field.budget", "deal.amount", "person.tags", "trigger.text", "variable.x"]
)
run_leaves = st.one_of(
    leaf(["changed"], PATHS),
    leaf(["was"], PATHS, value=scalars),
    st.fixed_dictionaries({"op": st.just("visited"), "node": st.sampled_from(["call", "letter"])}),
)
conditions = trees(st.one_of(record_leaves(PATHS), run_leaves)).map(TREE.validate_python)

values = st.one_of(
    st.none(),
    scalars,
    st.decimals(-10, 200, places=1),
    st.sampled_from([*DAYS, *MOMENTS]),
    st.frozensets(tags, max_size=3),
    st.lists(tags, max_size=3).map(tuple),
)
records = st.fixed_dictionaries(
    {},
    optional={
        "lead": st.fixed_dictionaries({}, optional={"source": values, "field.budget": values}),
        "deal": st.fixed_dictionaries({}, optional={"amount": values}),
        "person": st.fixed_dictionaries({}, optional={"tags": values}),
        "trigger": st.fixed_dictionaries({}, optional={"text": values}),
        "variable": st.fixed_dictionaries({}, optional={"x": values}),
        "run": st.fixed_dictionaries({}, optional={"visited": st.frozensets(st.sampled_from(["call", "letter"]))}),
        "changed": st.dictionaries(PATHS, values, max_size=2),
    },
)
