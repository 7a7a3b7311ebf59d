from hypothesis import given
from hypothesis import strategies as st

from engine.draw import draw


@given(st.integers(), st.text(), st.integers(1, 99))
def test_a_draw_is_a_share_and_the_same_again(seed, node, visit):
    assert 0 <= draw(seed, node, visit) < 1
    assert draw(seed, node, visit) == draw(seed, node, visit)


def test_draws_are_spread_evenly():
    drawn = [draw(1, "n", visit) for visit in range(4000)]

    assert 0.47 < sum(drawn) / 4000 < 0.53
    assert all(350 < sum(part <= one * 10 < part + 1 for one in drawn) < 450 for part in range(10))
