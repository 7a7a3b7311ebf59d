import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.importing.errors import ImportFileError
from crm.importing.reader import open_table
from crm.importing.table import Row, RowProblem
from tests.crm.importing.reading import cells, read

WORDS = st.text(st.sampled_from('abйїЖ ,;|\t"=+-@.019\n'), max_size=8)
PLAIN = st.text(st.sampled_from("abcxyzйцукенг"), min_size=1, max_size=6)
RAGGED = st.lists(st.sampled_from(["only one", "a,b,c,d,e", "nul\0,b,c", "two,cells"]), max_size=3)
COMMAS = PLAIN.map(lambda word: f",{word}") | PLAIN.map(lambda word: f"{word},") | st.just(",")
# Two of these could make one good record between them: nobody can tell.
MISQUOTED = st.lists(
    st.sampled_from(['z,"open', '"open', 'z,"a"b,c', 'z,"o",",', 'a","b,"', 'z,",x', '"""']), max_size=1
)


def in_file(content: bytes) -> Path:
    with tempfile.NamedTemporaryFile(suffix=".csv", delete=False) as file:
        file.write(content)
    return Path(file.name)


def reading(content: bytes, **options):
    path = in_file(content)
    try:
        return read(path, **options)
    finally:
        path.unlink()


@given(
    st.binary(max_size=400) | st.lists(st.sampled_from([b'"', b",", b"\n", b"\0", b"a", b"\xd0", b"\r"])).map(b"".join)
)
def test_any_bytes_are_read_or_refused_with_a_reason(content):
    path = in_file(content)

    try:
        with open_table(path) as table:
            items = list(table)
    except ImportFileError as refused:
        items, reason = [], str(refused.reason)
    else:
        reason = "read"
    finally:
        path.unlink()

    assert reason
    assert all(isinstance(item, Row | RowProblem) for item in items)
    assert all(len(item.values) == len(table.columns) for item in items if isinstance(item, Row))


@given(
    st.lists(st.tuples(PLAIN, PLAIN | COMMAS, PLAIN), min_size=1, max_size=6),
    st.builds(list.__add__, RAGGED, MISQUOTED),
    st.randoms(use_true_random=False),
)
def test_no_well_formed_row_is_lost_after_a_bad_one(rows, bad, random):
    good = [",".join(f'"{cell}"' if "," in cell else cell for cell in row) for row in rows]
    lines = [*good, *bad]
    random.shuffle(lines)

    found, problems = reading("\n".join(["h,i,j", *lines, ""]).encode(), header=True)

    assert {row.values for row in found} >= set(rows)
    assert len(problems) <= len(bad)


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=8))
def test_line_numbers_and_row_numbers_only_grow(rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([("h", "i", "j"), *rows])

    found, problems = reading(out.getvalue().encode(), header=True, separator=",")

    lines = [row.line for row in found]
    assert (lines, problems) == (sorted(set(lines)), [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1251", "koi8-u", "cp866"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_what_is_written_is_read_back(tmp_path, encoding, separator):
    rows = [
        ("id", "имя клиента", "комментарий, заметка"),
        ("1", "Ольга Петрова", f'сказала: "да"{separator}и ещё раз'.replace("ё", "е")),
        ("2", "Иван Сидоров", "первая строка\nвторая строка"),
        ("3", "Мария", ""),
    ]
    path = tmp_path / "table.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator).writerows(rows)

    assert cells(path, header=False) == rows


@given(st.lists(st.tuples(WORDS, WORDS.filter(str.strip), WORDS), min_size=1, max_size=8), st.sampled_from(",;\t|"))
def test_any_quoted_table_is_read_back(rows, separator):
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows([("first", "second", "third"), *rows])

    found, problems = reading(out.getvalue().encode(), separator=separator, header=True)

    assert ([row.values for row in found], problems) == (rows, [])
