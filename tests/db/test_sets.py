"""Any number of values is one parameter."""

import pytest
from sqlalchemy import select

from db.sets import in_set
from tests.db.conftest import sample


@pytest.fixture
def filled(samples):
    with samples.work() as work:
        work.insert(sample, ("id", "words"), [(one, f"w{one}") for one in range(1, 21)])
    return samples


@pytest.mark.parametrize(
    ("column", "values", "ids"),
    [
        ("id", [3, 5, 99], [3, 5]),
        ("id", [], []),
        ("id", list(range(1, 40_000)), list(range(1, 21))),
        ("words", ["w7", "їжак", 'quo"te', "back\\slash", "a,b", "{}", "NULL"], [7]),
        ("words", [], []),
    ],
)
def test_rows_are_found_by_a_set(filled, column, values, ids):
    query = select(sample.c.id).where(in_set(sample.c[column], "them")).order_by(sample.c.id)

    with filled.reading() as work:
        assert [row.id for row in work.rows(query, {"them": values})] == ids
        assert [row[0] for row in work.tuples(query, {"them": values})] == ids


def test_odd_texts_are_found_too(samples):
    odd = ["їжак", 'quo"te', "back\\slash", "a,b", "{}", "NULL", "", " "]
    with samples.work() as work:
        work.insert(sample, ("id", "words"), list(enumerate(odd, 1)))

    with samples.reading() as work:
        found = work.rows(select(sample.c.words).where(in_set(sample.c.words, "them")), {"them": odd})

    assert sorted(row.words for row in found) == sorted(odd)


@pytest.mark.parametrize("module_database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("column", ["id", "words"])
def test_a_set_is_one_array_without_a_cast_for_every_row(filled, column):
    values = [1, 2] if column == "id" else ["w1", "w2"]
    query = select(sample.c.big).where(in_set(sample.c[column], "them"))

    with filled.reading() as work:
        explained = f"explain (verbose) {query.compile(dialect=filled.engine.dialect)}"
        plan = "\n".join(row[0] for row in work.connection.exec_driver_sql(explained, {"them": values}))

    assert "ANY" in plan
    assert "character varying" not in plan


@pytest.mark.parametrize("module_database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("more", [(), (sample.c.small == 1,)])
def test_a_set_is_looked_up_by_the_index_also_among_other_conditions(filled, more):
    query = select(sample.c.big).where(in_set(sample.c.id, "them"), *more)

    with filled.reading() as work:
        compiled = query.compile(dialect=filled.engine.dialect)
        asked = tuple({"them": "[1, 2]"}.get(name, 1) for name in compiled.positiontup)
        plan = [row[3] for row in work.connection.exec_driver_sql(f"explain query plan {compiled}", asked)]

    assert plan[0].startswith("SEARCH sample USING INTEGER PRIMARY KEY")
