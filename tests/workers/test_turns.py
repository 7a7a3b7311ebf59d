from workers.turns import PATIENCE, Turns


class Hands:
    """A clock that is moved by hand."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_one_works_and_looks_again_for_those_who_called_meanwhile():
    turns = Turns(Hands())

    assert [turns.enter(), turns.enter(), turns.enter()] == [True, False, False]
    assert [turns.leave(), turns.leave()] == [False, True]
    assert turns.enter()


def test_others_help_while_more_is_due_than_a_batch_takes():
    turns = Turns(Hands())
    turns.enter()
    turns.move(is_more=True)

    assert turns.enter()

    turns.move(is_more=False)
    assert not turns.enter()


def test_who_takes_long_over_a_batch_is_not_waited_for():
    clock = Hands()
    turns = Turns(clock)
    turns.enter()
    clock.now += PATIENCE

    assert turns.enter()


def test_who_breaks_off_leaves_the_place_free():
    turns = Turns(Hands())
    turns.enter()
    turns.enter()

    turns.break_off()

    assert turns.enter()
    assert turns.leave()
