"""Many ids as one parameter on PostgreSQL: psycopg's lists go as text, value by value, and batches send thousands."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import psycopg
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

_INT8, _INT8_ARRAY = 20, 1016
_LENGTH = struct.pack(">i", 8)
_value = struct.Struct(">q").pack


class Ids:
    """Whole numbers that PostgreSQL takes as ``int8[]``."""

    __slots__ = ("numbers",)

    def __init__(self, numbers: Sequence[int]) -> None:
        self.numbers = numbers


class _IdsDumper(Dumper):
    """PostgreSQL's binary form of an array: its dimensions, then each value behind its length."""

    format = Format.BINARY
    oid = _INT8_ARRAY

    def dump(self, obj: Ids) -> Buffer:
        count = len(obj.numbers)
        head = struct.pack(">iiiii", 1, 0, _INT8, count, 1) if count else struct.pack(">iii", 0, 0, _INT8)
        return _LENGTH.join((head, *map(_value, obj.numbers)))


psycopg.adapters.register_dumper(Ids, _IdsDumper)
