"""What holds for every walk of every funnel, drawn at random with cycles, joins, requests and failures."""

from hypothesis import given
from hypothesis import strategies as st

from engine.advance import STEPS_PER_WALK, advance, resume
from engine.facts import Facts
from engine.program import build
from engine.request import DONE, Result
from engine.standing import Arrival, Standing
from tests.engine.drawing import CALENDAR, NOW, SHORT, Run, catalogue, document, numbers

HALF_HOUR = {"amount": 30, "unit": "minutes"}
JOINS = [
    {"wait_for": wait, **number, **timeout, "cancel_rest": cancel}
    for wait, number in [("all", {}), ("any", {}), ("number", {"number": 2})]
    for timeout in [{}, {"timeout": HALF_HOUR}]
    for cancel in [False, True]
]
BLOCKS = st.one_of(
    st.sampled_from(["step", "step", "rests", "fails", "asks", "ends", "go_to"]),
    st.sampled_from([("step", {"port": "other"}), ("rests", {"hours": 0}), ("fails", {"after_rest": True})]),
    st.builds(lambda branches: ("parallel", {"branches": branches}), st.integers(2, 4)),
    st.builds(lambda config: ("join", config), st.sampled_from(JOINS)),
)


@st.composite
def funnels(draw, blocks=BLOCKS, most=9):
    chosen = draw(st.lists(blocks, min_size=1, max_size=most))
    nodes = {"start": "start", **{f"n{number}": block for number, block in enumerate(chosen)}}
    edges = []
    for name, what in nodes.items():
        type_, config = what if isinstance(what, tuple) else (what, {})
        block = catalogue(SHORT.get(type_, f"test.{type_}")).model_validate(config)
        for port in block.ports():
            target = draw(st.sampled_from([None, *list(nodes)[1:]]) if name != "start" else st.just("n0"))
            if target is not None:
                edges.append(f"{name}.{port}>{target}")
    return build(document(nodes, " ".join(edges)), numbers(nodes), catalogue)


def step_through(program, choose, walks=12):
    """Yield the run before each walk with its arrivals, and after it; every request is answered ``done``."""
    run = Run(program)
    arrivals, resting = (Arrival(program.node("start").number),), ()
    for _ in range(walks):
        standing = Standing(run.standing.visits, run.standing.joined, resting)
        last = advance(program, standing, arrivals, run.facts, run.now, calendar=CALENDAR, seed=1)
        yield standing, arrivals, run.facts, last
        for _ in range(20):
            if last.ask is None:
                break
            last = resume(program, last, Result(DONE), last.facts, run.now, calendar=CALENDAR, seed=1)
        if last.ask is not None or last.outcome is not None or last.failure is not None:
            return
        rests = [rest for rest in run.rests if rest.node not in last.dropped] + last.rests
        run.take(last)
        run.rests = rests
        timed = [rest for rest in rests if rest.due_at is not None]
        if not timed:
            return
        chosen = timed[choose % len(timed)]
        woken = [rest for rest in rests if rest.arriving or rest is chosen]
        run.now = max(run.now, chosen.due_at)
        taken = {id(rest) for rest in woken}
        rests = run.rests = [rest for rest in rests if id(rest) not in taken]
        arrivals, resting = tuple(map(run.arrival_of, woken)), tuple(rest.node for rest in rests)


def summary(last):
    return (
        last.effects, last.steps, last.rests, last.dropped, last.ask, last.arrivals, last.outcome, last.failure, last.standing
    )  # fmt: skip


@given(funnels(), st.integers(0, 5))
def test_the_same_input_gives_the_same_answer(program, choose):
    for standing, arrivals, facts, last in step_through(program, choose):
        again = advance(program, standing, arrivals, facts, NOW, calendar=CALENDAR, seed=1)
        once_more = advance(program, standing, arrivals, facts, NOW, calendar=CALENDAR, seed=1)

        assert summary(again) == summary(once_more)
        assert last is not again


@given(funnels(), st.integers(0, 5))
def test_a_walk_is_bounded(program, choose):
    for _, arrivals, _, last in step_through(program, choose):
        assert len(last.steps) <= STEPS_PER_WALK + 4 * len(arrivals) + len(program.joins)


@given(funnels(), st.integers(0, 5))
def test_no_token_is_lost_and_none_appears(program, choose):
    for standing, arrivals, _, last in step_through(program, choose):
        if last.outcome is not None:
            assert (last.rests, last.arrivals, last.standing.resting) == ([], (), ())
            continue
        made = sum(
            len(program.nodes[node].block.ports()) - 1 for node, _ in last.steps if program.nodes[node].block.splits
        )
        ended = sum(port not in program.nodes[node].exits for node, port in last.steps if port != "merged")
        ended += sum(
            port not in program.nodes[node].exits
            for node, first in last.steps
            if program.nodes[node].block.splits
            for port in program.nodes[node].block.ports()
            if port != first
        )
        merged = sum(port == "merged" for _, port in last.steps)
        before = len(standing.resting) + len(arrivals)
        after = len(last.standing.resting) + len(last.arrivals) + (last.ask is not None) + (last.failure is not None)
        gone = before + made - ended - merged - after
        joined = sum(program.nodes[node].block.joins and port != "merged" for node, port in last.steps)

        cancels = any(program.nodes[node].cancels or program.nodes[node].opens for node, _ in last.steps)
        assert gone >= 0
        assert gone == 0 or joined or cancels


@given(funnels(), st.integers(0, 5))
def test_whoever_rests_can_wake(program, choose):
    for _, _, _, last in step_through(program, choose):
        if last.ask is not None or last.failure is not None or last.outcome is not None:
            continue
        nodes = program.nodes
        others = [number for number in last.standing.resting if not nodes[number].block.joins]
        for rest in last.rests:
            assert rest.due_at is not None or rest.events or nodes[rest.node].block.joins
        arriving = {rest.node for rest in last.rests if rest.arriving}
        assert others or arriving


@given(funnels(), st.integers(0, 5))
def test_what_is_remembered_about_joins_fits_who_rests(program, choose):
    for _, _, _, last in step_through(program, choose):
        if last.ask is not None or last.failure is not None:
            continue
        for number, count in last.standing.joined.items():
            if count > 0:
                assert number in last.standing.resting
            else:
                assert program.nodes[number].branches.intersection(last.standing.resting) or any(
                    rest.node == number and rest.arriving for rest in last.rests
                )


CALM = st.one_of(
    st.sampled_from(["step", "rests", ("step", {"port": "other"})]),
    st.builds(lambda branches: ("parallel", {"branches": branches}), st.integers(2, 3)),
    st.builds(lambda config: ("join", config), st.sampled_from(JOINS)),
)


@st.composite
def calm_funnels(draw):
    """Funnels without cycles, whose every run therefore ends."""
    chosen = draw(st.lists(CALM, min_size=1, max_size=9))
    nodes = {"start": "start", **{f"n{number}": block for number, block in enumerate(chosen)}}
    names = list(nodes)
    edges = ["start>n0"]
    for place, (name, what) in enumerate(list(nodes.items())[1:], 1):
        type_, config = what if isinstance(what, tuple) else (what, {})
        block = catalogue(SHORT.get(type_, f"test.{type_}")).model_validate(config)
        for port in block.ports():
            target = draw(st.sampled_from([None, *names[place + 1 :]]))
            if target is not None:
                edges.append(f"{name}.{port}>{target}")
    return build(document(nodes, " ".join(edges)), numbers(nodes), catalogue)


@given(calm_funnels(), st.lists(st.integers(0, 9), min_size=7, max_size=7))
def test_every_run_of_a_funnel_without_cycles_comes_to_its_end(program, order):
    run = Run(program)
    run.start()
    for turn in range(2000):
        if run.last.outcome is not None:
            break
        timed = [rest for rest in run.rests if rest.due_at is not None]
        run.wake(run.names[timed[order[turn % 7] % len(timed)].node])

    assert run.last.outcome is not None
    assert (run.rests, run.standing) == ([], Standing(run.standing.visits))


@given(calm_funnels())
def test_facts_given_are_never_changed(program):
    facts = Facts({"lead": {"tags": frozenset({"a"})}})

    advance(program, Standing(), (Arrival(1),), facts, NOW, calendar=CALENDAR, seed=1)

    assert facts.records == {"lead": {"tags": frozenset({"a"})}}
