"""Messages are effects too: of a step, or of a rest that waits for their answer."""

from engine.advance import advance
from engine.effect import Place, SendEmail
from engine.standing import Arrival, Standing
from tests.engine.drawing import CALENDAR, NOW, Run, program

LINE = {"start": "start", "a": "step", "send": "sends", "b": "step"}
WAITS = {**LINE, "send": ("sends", {"waits": True})}
WAY = "start>a a>send send>b"


def mail(node, visit=1):
    return SendEmail(Place(node, visit), "a@b.cd", "Hi", "Hi")


def sent(run):
    return [effect for _, effect in run.last.effects if isinstance(effect, SendEmail)]


def test_a_message_knows_its_node_and_visit():
    run = Run(program(LINE, WAY))

    run.start()

    assert run.last.effects[1] == (2, mail("send"))
    assert run.last.standing.visits == {3: 1}


def test_visits_are_counted_also_where_two_branches_meet_without_a_join():
    nodes = {"start": "start", "parallel": "parallel", "a": "step", "b": "step", "send": "sends"}
    run = Run(program(nodes, "start>parallel parallel.branch_1>a parallel.branch_2>b a>send b>send"))

    run.start()

    assert sent(run) == [mail("send"), mail("send", 2)]


def test_a_rest_sends_as_it_begins_and_not_when_it_ends():
    run = Run(program(WAITS, WAY))

    run.start()
    assert (sent(run), run.at) == ([mail("send")], ["send"])
    run.wake("send")

    assert sent(run) == []
    assert run.steps[-2:] == ["send.next", "b.next"]


def refused(drawn):
    run = Run(drawn)
    run.take(
        advance(
            drawn,
            Standing(),
            (Arrival(1),),
            run.facts,
            NOW,
            calendar=CALENDAR,
            seed=1,
            refusal=lambda effect, _facts: ("no_address", "nowhere to go") if isinstance(effect, SendEmail) else None,
        )
    )
    return run


def test_a_message_that_is_refused_fails_its_node_before_it_rests():
    run = refused(program(WAITS, WAY))

    assert (run.last.failure.node, run.last.failure.code) == (3, "no_address")
    assert (run.last.rests, sent(run)) == ([], [])


def test_a_message_that_is_refused_takes_the_port_failed():
    run = refused(program(WAITS, "start>a a>send send.failed>b"))

    assert run.steps[-2:] == ["send.failed", "b.next"]


def test_a_message_that_nobody_refuses_is_sent():
    drawn = program(WAITS, WAY)
    run = Run(drawn)

    run.take(
        advance(drawn, Standing(), (Arrival(1),), run.facts, NOW, calendar=CALENDAR, seed=1, refusal=lambda *_: None)
    )

    assert sent(run) == [mail("send")]
