"""Conditions in words."""

from typing import get_args

from engine.condition_tree import Leaf
from funnels.words.values import _SAID


def test_every_comparison_is_said():
    operators = {op for leaf in get_args(Leaf) for op in get_args(leaf.model_fields["op"].annotation)}

    assert operators - {"visited"} == set(_SAID)
