from workers.turns import LONGEST_REST, PATIENCE, Turns


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


def worked(turns, clock, seconds, *, is_more=False):
    clock.now += seconds
    turns.move(is_more=is_more)
    return turns.rest()


def test_who_was_called_while_he_worked_on_little_rests_as_long_as_that_took():
    clock = Hands()
    turns = Turns(clock)
    turns.enter()

    rests = [worked(turns, clock, 1 / 64)]
    turns.enter()
    rests += [worked(turns, clock, 1 / 64), worked(turns, clock, 1 / 64)]

    assert rests == [0.0, 1 / 64, 0.0]
    assert turns.leave()


def test_nobody_rests_long_nor_while_much_is_due():
    clock = Hands()
    turns = Turns(clock)
    turns.enter()
    turns.enter()

    rests = [worked(turns, clock, PATIENCE / 2, is_more=True), worked(turns, clock, PATIENCE / 2)]

    assert rests == [0.0, LONGEST_REST]
