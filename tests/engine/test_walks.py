from datetime import timedelta
from itertools import pairwise
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.advance import advance, resume
from engine.block import Block
from engine.effect import AddTags, SetFields
from engine.event import Event
from engine.facts import Facts
from engine.outcome import Happened, Leave, TimedOut
from engine.program import build
from engine.request import DONE, Result
from engine.setting import FactPath, TemplateText
from engine.standing import Arrival, Standing
from engine.walks import ENOUGH, MOST_WAYS, Walks
from tests.engine import drawing
from tests.engine.drawing import CALENDAR, NOW, document, numbers

HOT = {"condition": {"op": "is", "field": "lead.source", "value": "ads"}}
OFFER = {"condition": {"op": "is", "field": "deal.stage", "value": "offer"}}
MARKED = {"condition": {"op": "has_any", "field": "lead.tags", "values": ["n0", "n1", "n2"]}}
BEEN = {"condition": {"op": "visited", "node": "n0"}}
CHANGED = {"condition": {"op": "changed", "field": "lead.source"}}
BEGIN = (Arrival(1),)


class Writes(Block):
    key: ClassVar = "test.writes"
    title: ClassVar = "Writes"
    about: ClassVar = "Writes"
    group: ClassVar = "crm"

    field: FactPath = "lead.source"
    text: TemplateText = "{lead.name}"

    def run(self, ctx):
        return Leave(effects=(SetFields({self.field.partition(".")[2]: ctx.render(self.text)}, "lead"),))


class Draws(Block):
    key: ClassVar = "test.draws"
    title: ClassVar = "Draws"
    about: ClassVar = "Draws"
    group: ClassVar = "logic"
    more: ClassVar = ("other",)

    def run(self, ctx):
        return Leave("next" if ctx.draw() < 0.5 else "other")


class Peeks(Block):
    """Looks at a value that it does not say it looks at."""

    key: ClassVar = "test.peeks"
    title: ClassVar = "Peeks"
    about: ClassVar = "Peeks"
    group: ClassVar = "logic"
    more: ClassVar = ("other",)

    def run(self, ctx):
        return Leave("next" if ctx.facts.get("lead.name") == "A" else "other")


OURS = {block.key: block for block in (Writes, Draws, Peeks)}


def catalogue(key):
    return OURS.get(key) or drawing.catalogue(key)


def built(nodes, edges):
    return build(document(nodes, edges), numbers(nodes), catalogue)


def funnel(*blocks):
    """Return a line of blocks; what leaves by another port than the first comes to its end."""
    nodes = {"start": "start", **{f"n{number}": block for number, block in enumerate(blocks)}}
    names = list(nodes)
    edges = []
    for name, following in pairwise(names):
        what = nodes[name]
        type_, config = what[:2] if isinstance(what, tuple) else (what, {})
        ports = catalogue(drawing.SHORT.get(type_, f"test.{type_}")).model_validate(config).ports()
        edges += [f"{name}.{port}>{following}" for port in ports[:1]]
    return built(nodes, " ".join(edges))


def lead(**values):
    return Facts({"lead": values})


def came_to(last):
    return (
        last.effects, last.steps, last.rests, last.dropped, last.ask, last.arrivals, last.outcome, last.failure, last.standing
    )  # fmt: skip


def plainly(program, facts, results, *, seed, arrivals=BEGIN, standing=Standing()):  # noqa: B008  never changed
    """Yield what one run comes to by itself, part by part, with its facts."""
    last = advance(program, standing, arrivals, facts, NOW, calendar=CALENDAR, seed=seed)
    yield came_to(last), last.facts.records
    for result in results:
        if last.ask is None:
            return
        last = resume(program, last, result, last.facts, NOW, calendar=CALENDAR, seed=seed)
        yield came_to(last), last.facts.records


def among_others(walks, program, facts, results, *, seed, arrivals=BEGIN, standing=Standing()):  # noqa: B008
    """Yield the same of a run that walks among others."""
    last, facts = walks.advance(program, standing, arrivals, facts, seed=seed)
    yield came_to(last), facts.records
    for result in results:
        if last.ask is None:
            return
        last, facts = walks.resume(program, last, result, facts, seed=seed)
        yield came_to(last), facts.records


ANY_BLOCK = st.sampled_from(
    [
        "step", "rests", "fails", "asks", "ends", "draws", "writes", "peeks",
        ("writes", {"field": "lead.name", "text": "{deal.stage}"}), ("condition", HOT), ("condition", OFFER),
        ("condition", MARKED), ("condition", BEEN), ("condition", CHANGED), ("parallel", {"branches": 2}),
    ]
)  # fmt: skip
LEADS = st.fixed_dictionaries(
    {},
    optional={
        "source": st.sampled_from(["ads", "site", None, True, 1]),
        "name": st.sampled_from(["A", "B"]),
        "tags": st.sampled_from([frozenset(), frozenset({"n0"})]),
    },
)
FACTS = st.builds(
    lambda own, more: Facts({"lead": own, **more}),
    LEADS,
    st.sampled_from([{}, {"deal": {"stage": "offer"}}, {"deal": {"stage": "new"}}, {"changed": {"lead.source": None}}]),
)
RESULTS = st.lists(
    st.sampled_from(
        [Result(DONE), Result(DONE, records={"deal": {"stage": "offer"}}), Result("no_deal"), Result("gone", detail="it is")]
    ),
    max_size=3,
)  # fmt: skip


@given(st.lists(ANY_BLOCK, min_size=1, max_size=6), st.lists(st.tuples(FACTS, RESULTS), min_size=2, max_size=8))
def test_whoever_walks_among_others_comes_to_what_he_comes_to_alone(blocks, runs):
    program = funnel(*blocks)
    walks = Walks(NOW, CALENDAR)

    for seed, (facts, results) in enumerate(runs):
        alone = list(plainly(program, facts, results, seed=seed))
        assert list(among_others(walks, program, facts, results, seed=seed)) == alone


def walked(program, *several, arrivals=BEGIN):
    """Walk several runs among each other; return what each came to."""
    walks = Walks(NOW, CALENDAR)
    return [
        walks.advance(program, Standing(), arrivals, facts, seed=seed)[0] for seed, facts in enumerate(several, start=1)
    ]


def test_so_do_those_who_ask_again_and_who_lack_the_same_record():
    program = funnel("asks", "asks", ("condition", OFFER))
    walks = Walks(NOW, CALENDAR)
    parts = []
    for number in (1, 2):
        last, facts = walks.advance(program, Standing(), BEGIN, lead(id=number), seed=number)
        last, facts = walks.resume(program, last, Result(DONE), facts, seed=number)
        parts.append(walks.resume(program, last, Result(DONE), facts, seed=number)[0])

    assert parts[0] is parts[1]
    assert parts[0].steps[-1] == (4, "no")


def test_what_only_later_blocks_see_does_not_matter_before():
    program = funnel(("condition", HOT), "asks", "writes")
    walks = Walks(NOW, CALENDAR)
    befores, afters = [], []
    for number, name in enumerate(["A", "B", "A"]):
        last, facts = walks.advance(program, Standing(), BEGIN, lead(source="ads", name=name), seed=number)
        befores.append(last)
        afters.append(walks.resume(program, last, Result(DONE), facts, seed=number)[0])

    assert befores[0] is befores[1] is befores[2]
    assert (afters[0] is afters[1], afters[0] is afters[2]) == (False, True)


def test_of_very_many_ways_from_one_place_only_some_are_remembered():
    fields = [f"f{number}" for number in range(MOST_WAYS + 2)]
    conditions = [("condition", {"condition": {"op": "is", "field": f"lead.{name}", "value": "go"}}) for name in fields]
    program = funnel(*conditions)
    several = [lead(**dict.fromkeys(fields[:number], "go")) for number in range(MOST_WAYS + 2)]

    parts = walked(program, *several, *several)

    alike = [one is other for one, other in zip(parts[: len(several)], parts[len(several) :], strict=True)]
    assert alike == [True] * MOST_WAYS + [False] * 2
    assert len({len(part.steps) for part in parts}) == MOST_WAYS + 2


def test_runs_that_see_the_same_walk_once():
    one, same, other = walked(
        funnel(("condition", HOT), "step"),
        lead(id=1, source="ads"),
        lead(id=2, source="ads"),
        lead(id=3, source="site"),
    )

    assert one is same
    assert one is not other


def test_so_do_those_whose_commands_answer_the_same():
    program = funnel("asks", ("condition", OFFER))
    walks = Walks(NOW, CALENDAR)
    parts = []
    for number in (1, 2):
        last, facts = walks.advance(program, Standing(), BEGIN, lead(id=number), seed=number)
        answer = Result(DONE, (number,), {"deal": {"id": number, "stage": "offer"}})
        parts.append(walks.resume(program, last, answer, facts, seed=number))

    assert parts[0][0] is parts[1][0]
    assert [facts.get("deal.id") for _, facts in parts] == [1, 2]


@pytest.mark.parametrize("answer", [Result("gone", detail="it is"), Result(DONE, records={"deal": {"stage": 1.5}})])
def test_answers_that_cannot_be_compared_are_each_ones_own(answer):
    program = funnel("asks", ("condition", OFFER))
    walks = Walks(NOW, CALENDAR)
    parts = []
    for number in (1, 2):
        last, facts = walks.advance(program, Standing(), BEGIN, lead(id=number), seed=number)
        parts.append(walks.resume(program, last, answer, facts, seed=number)[0])

    assert parts[0] is not parts[1]
    assert came_to(parts[0]) == came_to(parts[1])


def test_values_that_are_equal_but_read_otherwise_are_told_apart():
    numbers = [lead(source=True), lead(source=1), lead(source=1)]

    yes, one, same = walked(funnel(("condition", HOT), "step"), *numbers)

    assert yes is not one
    assert one is same


def test_each_keeps_its_own_facts():
    walks = Walks(NOW, CALENDAR)
    program = funnel("step", ("condition", MARKED))

    seen = [walks.advance(program, Standing(), BEGIN, lead(id=number), seed=1)[1].records for number in (1, 2)]

    assert seen == [{"lead": {"id": number, "tags": {"n0"}}} for number in (1, 2)]


def test_who_woke_at_the_same_place_walks_alike():
    woken = (Arrival(2, TimedOut(), NOW),)

    one, same = walked(funnel("rests", "step"), lead(id=1), lead(id=2), arrivals=woken)

    assert one is same


@pytest.mark.parametrize(
    "block",
    [
        "draws",
        "peeks",
        ("condition", BEEN),
        ("condition", {"condition": {"op": "greater", "field": "lead.size", "value": 1}}),
    ],
)
def test_what_chance_a_secret_look_a_way_or_a_broken_number_decides_is_each_ones_own(block):
    one, other = walked(funnel(block), lead(size=1.5), lead(size=1.5))

    assert one is not other


def test_so_is_what_an_event_woke_and_who_stands_elsewhere_too():
    program = funnel("rests", "step")
    event = Event(1, "deal.moved", 7, "deal", 5, {"stage": "offer"}, NOW)
    happened = (Arrival(2, Happened(event, "next")),)
    walks = Walks(NOW, CALENDAR)
    visited = Standing(resting=(3,))

    assert len({id(part) for part in walked(program, lead(), lead(), arrivals=happened)}) == 2
    assert (
        walks.advance(program, visited, BEGIN, lead(), seed=1)[0]
        is not (walks.advance(program, visited, BEGIN, lead(), seed=1)[0])
    )


def test_who_always_sees_something_new_is_no_longer_compared():
    program = funnel("writes")
    names = [f"N{number}" for number in range(ENOUGH)]

    parts = walked(program, *(lead(name=name) for name in [*names, names[0]]))

    assert parts[0] is not parts[-1]
    assert came_to(parts[0]) == came_to(parts[-1])


def test_programs_and_moments_do_not_mix():
    walks = Walks(NOW, CALENDAR)
    later = Walks(NOW + timedelta(hours=1), CALENDAR)
    one, other = funnel("rests"), funnel("step", "rests")

    rests = [
        made.advance(program, Standing(), BEGIN, lead(), seed=1)[0].rests[0]
        for made, program in [(walks, one), (walks, other), (later, one)]
    ]

    assert [(rest.node, rest.due_at - NOW) for rest in rests] == [
        (2, timedelta(hours=1)),
        (3, timedelta(hours=1)),
        (2, timedelta(hours=2)),
    ]


def test_where_a_refusal_looks_at_values_each_walks_for_himself():
    def refusal(effect, facts):
        return ("no_owner", "nobody") if facts.records["lead"].get("owner") is None else None

    walks = Walks(NOW, CALENDAR, refusal, looking=frozenset({AddTags}))
    program = funnel("step")

    first, other = (walks.advance(program, Standing(), BEGIN, facts, seed=1)[0] for facts in (lead(owner=1), lead()))
    plain = Walks(NOW, CALENDAR, refusal, looking=frozenset({SetFields}))
    writing = funnel("writes")
    for _ in range(ENOUGH + 1):
        last, _ = plain.advance(writing, Standing(), BEGIN, lead(owner=1), seed=1)

    assert (first.failure, other.failure.code) == (None, "no_owner")
    assert last.failure is None


def test_who_comes_by_a_change_walks_for_himself():
    changed = {"lead": {}, "changed": {"lead.source": None}}

    one, other = walked(funnel(("condition", CHANGED)), Facts(changed), Facts(changed))

    assert one is not other
    assert came_to(one) == came_to(other)


def test_runs_with_branches_walk_once_where_all_that_any_node_sees_is_the_same():
    program = built(
        {"start": "start", "p": ("parallel", {"branches": 2}), "a": "rests", "b": "ends", "c": ("condition", HOT)},
        "start>p p.branch_1>a p.branch_2>b a>c",
    )

    one, same, other = walked(program, lead(id=1), lead(id=2), lead(id=3, source="ads"))

    assert one is same
    assert one is not other
