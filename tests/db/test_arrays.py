"""Ids go to PostgreSQL in its binary form, and come back as they went."""

import pytest
from sqlalchemy import text

from db.arrays import Ids

NUMBERS = ([], [0], [-1, 2**62, -(2**63), 2**63 - 1], list(range(3000)))


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_numbers_come_back_as_they_went(database):
    with database.reading() as work:
        found = [work.scalar(text("select cast(:these as int8[])"), {"these": Ids(numbers)}) for numbers in NUMBERS]

    assert found == list(NUMBERS)
