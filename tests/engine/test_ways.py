from tests.engine.drawing import program

INNER = {
    "start": "start",
    "p": "parallel",
    "q": "parallel",
    "a": "step",
    "b": "step",
    "c": "step",
    "i": "join",
    "j": "join",
}
NESTED = "start>p p.branch_1>q p.branch_2>c q.branch_1>a q.branch_2>b a>i b>i i>j c>j"


def ids(drawn, numbers):
    return {drawn.nodes[number].id for number in numbers}


def test_a_join_belongs_to_the_nearest_parallel_before_it():
    drawn = program(INNER, NESTED)

    assert ids(drawn, drawn.joins) == {"i", "j"}
    assert ids(drawn, drawn.node("q").opens) == {"i"}
    assert ids(drawn, drawn.node("p").opens) == {"j"}
    assert ids(drawn, drawn.node("i").branches) == {"a", "b"}
    assert ids(drawn, drawn.node("j").branches) == {"q", "a", "b", "c", "i"}


def test_a_loop_around_does_not_widen_the_branches():
    drawn = program(INNER, NESTED + " j>p")

    assert ids(drawn, drawn.node("i").branches) == {"a", "b"}
    assert not drawn.node("i").cancels


def test_a_way_back_that_avoids_the_parallel_makes_a_join_cancel():
    drawn = program(INNER, NESTED.replace("i>j", "i>b b.other>j"))

    assert drawn.node("i").cancels


def test_a_join_without_a_parallel_has_all_before_it():
    drawn = program({"start": "start", "a": "step", "j": "join", "k": "join", "l": "step"}, "start>a a>j k>l l>k")

    assert ids(drawn, drawn.node("j").branches) == {"start", "a"}
    assert drawn.node("a").branches == frozenset()
    assert ids(drawn, drawn.node("k").branches) == {"l"}
