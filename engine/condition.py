"""Conditions: the tree, its compiler with reasons, and its check against the fields there are.

One type for the filter of a board, a list, an audience, a trigger, a condition block, a robot and a report.
"""

from __future__ import annotations

from engine.condition_check import FieldCatalogue, FieldKind, check
from engine.condition_compile import Compiled, FactsLike, compile  # `condition.compile` says it best
from engine.condition_moments import Span
from engine.condition_reasons import Reason
from engine.condition_tree import (
    All,
    AnyOf,
    Between,
    Changed,
    Compared,
    Condition,
    Equals,
    Has,
    HasMany,
    Leaf,
    Node,
    Not,
    OneOf,
    Order,
    Presence,
    RecordCondition,
    TextMatch,
    Visited,
    Was,
    Within,
    always,
    leaves,
)

__all__ = [
    "All",
    "AnyOf",
    "Between",
    "Changed",
    "Compared",
    "Compiled",
    "Condition",
    "Equals",
    "FactsLike",
    "FieldCatalogue",
    "FieldKind",
    "Has",
    "HasMany",
    "Leaf",
    "Node",
    "Not",
    "OneOf",
    "Order",
    "Presence",
    "Reason",
    "RecordCondition",
    "Span",
    "TextMatch",
    "Visited",
    "Was",
    "Within",
    "always",
    "check",
    "compile",
    "leaves",
]
