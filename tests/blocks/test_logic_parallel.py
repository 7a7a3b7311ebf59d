import pytest
from pydantic import ValidationError

from blocks.logic_parallel import Parallel
from engine.outcome import Leave
from tests.blocks.asking import context


def test_it_leaves_by_all_branches():
    assert Parallel(branches=3).run(context()) == Leave("branch_1", also=("branch_2", "branch_3"))
    assert Parallel().ports() == ("branch_1", "branch_2")


@pytest.mark.parametrize("branches", [1, 21])
def test_it_has_two_to_twenty_branches(branches):
    with pytest.raises(ValidationError):
        Parallel(branches=branches)
