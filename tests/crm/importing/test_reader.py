import resource
from pathlib import Path

import pytest

from crm.importing.errors import ImportFileError
from crm.importing.reader import fingerprint, open_table
from tests.crm.importing.reading import cells, read

RUSSIAN = "Название сделки;Имя;Комментарий\nПоставка каркасов;Ольга;Позвонить после обеда, спросить Игоря\n"
UKRAINIAN = "Назва;Ім'я;Місто\nУгода з постачання;Євген;Київ, вулиця Ґонти, їдальня\n"
POLISH = "nazwa;miasto\nŁukasz Żółkiewski;Łódź i Częstochowa\nMałgorzata;Święta\n"
FRENCH = "nom;ville\nHélène Béranger;Orléans\nFrançois;Besançon\n"


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        (RUSSIAN, "utf-8", "utf-8"),
        (RUSSIAN, "utf-8-sig", "utf-8"),
        (RUSSIAN, "utf-16", "utf-16-le"),
        (RUSSIAN, "cp1251", "cp1251"),
        (RUSSIAN, "koi8-r", "koi8-u"),
        (RUSSIAN, "cp866", "cp866"),
        (UKRAINIAN, "cp1251", "cp1251"),
        (UKRAINIAN, "koi8-u", "koi8-u"),
        (POLISH, "cp1250", "cp1250"),
        (FRENCH, "cp1252", "cp1252"),
    ],
)
def test_the_encoding_is_recognised(write, text, encoding, expected):
    path = write(text, encoding)

    with open_table(path) as table:
        rows = list(table)

    assert (table.encoding, rows[0].values) == (expected, tuple(text.split("\n")[1].split(";")))


def test_utf_16_without_a_mark_is_recognised_by_its_zero_bytes(write):
    assert cells(write("id,city\n1,Kyiv\n", "utf-16-be")) == [("1", "Kyiv")]


def test_cyrillic_after_many_ascii_rows_is_recognised_where_it_begins(write):
    ascii_rows = "".join(f"{n};plain row\n" for n in range(60_000))
    path = write("id;name\n" + ascii_rows + "60000;Поставка каркасов в Самару\n", "cp1251")

    with open_table(path) as table:
        last = list(table)[-1]

    assert (last.values, table.encoding) == (("60000", "Поставка каркасов в Самару"), "cp1251")


def test_a_byte_outside_the_encoding_rejects_its_row_only(write):
    content = "id,city\n1,Київ і Львів\n".encode() + b"2,\xff\xfe\n" + "3,Одеса\n".encode()

    rows, problems = read(write(content))

    assert [row.values[0] for row in rows] == ["1", "3"]
    assert [(p.line, str(p.reason)) for p in problems] == [
        (
            3,
            "The byte 0xFF at character 3 does not belong to the file's encoding: save the file anew as CSV UTF-8",
        )
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_recognised(write, separator):
    path = write(separator.join(["id", "name"]) + "\n" + separator.join(["1", "Ann"]) + "\n")

    with open_table(path) as table:
        assert table.separator == separator


def test_a_decimal_comma_does_not_hide_the_semicolon(write):
    assert cells(write("sum;share\n1,5;2,5\n3,5;4,5\n")) == [("1,5", "2,5"), ("3,5", "4,5")]


def test_a_separator_line_of_excel_is_obeyed_and_left_out(write):
    assert cells(write("sep=;\nid;name\n1;Ann, Bob\n")) == [("1", "Ann, Bob")]


def test_a_first_row_of_data_is_not_taken_for_a_heading(write):
    path = write("dac32acd4db4c29c230538b72f8dd87d,2018-02-01 00:00:00,social\n")

    with open_table(path) as table:
        rows = list(table)

    assert (table.has_header, [row.line for row in rows]) == (False, [1])
    assert [column.name for column in table.columns] == ["column 1", "column 2", "column 3"]


def test_a_repeated_heading_is_told_apart_by_position(write):
    with open_table(write("id;note;note;\n1;a;b;c\n")) as table:
        names = [column.name for column in table.columns]

    assert names == ["id", "note", "note (2)", "column 4"]


def test_a_row_knows_the_physical_line_it_begins_on(write):
    rows, _ = read(write('id,note\r\n1,"one\r\ntwo"\r\n\r\n2,x\r\n'))

    assert [(row.number, row.line, row.values) for row in rows] == [(1, 2, ("1", "one\ntwo")), (2, 5, ("2", "x"))]


def test_ragged_rows_are_rejected_with_their_lines_and_cells(write):
    rows, problems = read(write("id,name,city\n1,Ann,Kyiv\n2,Bob\n3,Eve,Lviv,more\n4,Joe,Odesa,,\n"))

    assert [row.values[0] for row in rows] == ["1", "4"]
    assert [(p.line, p.cells, str(p.reason)) for p in problems] == [
        (3, ("2", "Bob"), "2 columns where 3 are expected: is the row cut off?"),
        (
            4,
            ("3", "Eve", "Lviv", "more"),
            "4 columns where 3 are expected: is a separator inside a cell not quoted?",
        ),
    ]


def test_a_nul_byte_rejects_its_row_only(write):
    rows, problems = read(write(b"id,name\n1,A\0nn\n2,Bob\n"))

    assert ([row.values for row in rows], [p.line for p in problems]) == ([("2", "Bob")], [2])
    assert problems[0].excerpt == "1,A�nn"


def test_an_unclosed_quote_gives_up_one_line_and_no_more(write):
    rows, problems = read(write('id,name\n1,"Ann\n2,Bob\n3,"Eve, the first"\n4,Joe\n'))

    assert [row.values[0] for row in rows] == ["2", "3", "4"]
    assert [(p.line, p.excerpt) for p in problems] == [(2, '1,"Ann')]


def test_an_unclosed_quote_that_a_later_cell_seems_to_close_takes_no_row_along(write):
    rows, problems = read(write('a,b,c\n1,"Ann\nx,y,",z"\n2,3,4\n'))

    assert [row.values for row in rows] == [("x", "y", ",z"), ("2", "3", "4")]
    assert [p.line for p in problems] == [2]


def test_a_quote_that_is_not_doubled_is_named(write):
    _, problems = read(write('id,name\n1,"5" disk"\n'))

    assert str(problems[0].reason) == "A quotation mark inside a quoted cell must be written twice"


def test_a_file_of_unclosed_quotes_takes_time_in_proportion(write):
    path = write("id,name\n" + 'a","b\n' * 60_000)

    rows, problems = read(path, header=True)

    assert (len(rows), len(problems)) == (0, 60_000)


def test_a_quote_that_runs_past_the_record_limit_gives_up_one_line(write):
    path = write('id,name\n1,"Ann\n' + "2,Bob\n" * 1_000)

    rows, problems = read(path, max_record=1_000)

    assert (len(rows), len(problems)) == (1_000, 1)


def test_a_gigantic_line_is_skipped_in_little_memory(tmp_path):
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.write(b"id,name\n1,Ann\n2,")
        file.seek(1_000_000_000)
        file.write(b"\n3,Eve\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    rows, problems = read(path)

    assert [row.values[0] for row in rows] == ["1", "3"]
    assert [(p.line, str(p.reason)) for p in problems] == [
        (3, "The line is longer than 1000000 characters and was skipped: is a line end missing?")
    ]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_a_cell_longer_than_the_limit_rejects_its_row_only(write):
    rows, problems = read(write("id,name\n1," + "x" * 200_000 + "\n2,Bob\n"))

    assert ([row.values for row in rows], [p.line for p in problems]) == ([("2", "Bob")], [2])


def test_formula_cells_are_plain_text(write):
    assert cells(write("id,name\n1,=cmd|' /C calc'!A0\n2,+380501234567\n")) == [
        ("1", "=cmd|' /C calc'!A0"),
        ("2", "+380501234567"),
    ]


def test_a_heading_without_rows_is_a_table_without_rows(write):
    with open_table(write("id;name\n")) as table:
        rows = list(table)

    assert ([column.name for column in table.columns], rows) == (["id", "name"], [])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty: nothing to import"),
        (b"\xef\xbb\xbf", "The file is empty: nothing to import"),
        (b"\r\n\n  \n", "The file is empty: nothing to import"),
        (b";;;\n;;;\n", "The file is empty: nothing to import"),
        (b"PK\x03\x04rest", "This is an archive, and no workbook of Excel: import the table inside"),
        (b"%PDF-1.7", "This is a PDF document: export the table as CSV from where it was made"),
        (b"\x1f\x8b\x08", "This is an archive: unpack it and import the CSV file inside"),
        (b"a\0\0\0b\0\0\0" * 99, "This is not a table of text: export it as CSV"),
        (b"<html><table>", "This is a web page or XML, whatever its name says: save it as “CSV UTF-8”"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(write, content, reason):
    with pytest.raises(ImportFileError) as refused:
        open_table(write(content))

    assert str(refused.value.reason) == reason


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ImportFileError, match=r"none\.csv: There is no such file: check the path"):
        open_table(tmp_path / "none.csv")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(ImportFileError, match="This is a folder: name the file inside it"):
        open_table(tmp_path)


def test_a_device_is_refused():
    with pytest.raises(ImportFileError, match="not an ordinary file"):
        open_table(Path("/dev/zero"))


def test_an_unreadable_file_is_refused(write, monkeypatch):
    path = write("id\n1\n")

    def denied(*args: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", denied)

    with pytest.raises(ImportFileError, match="The file may not be read: check its permissions"):
        open_table(path)


def test_an_unknown_encoding_is_refused(write):
    with pytest.raises(ImportFileError, match="There is no encoding “utf-nine”"):
        open_table(write("id\n1\n"), encoding="utf-nine")


def test_the_fingerprint_while_reading_is_the_one_taken_before(write):
    path = write(RUSSIAN, "utf-8-sig")

    with open_table(path) as table:
        list(table)

    assert table.fingerprint == fingerprint(path)


def test_progress_ends_at_the_size_of_the_file(write):
    with open_table(write(RUSSIAN)) as table:
        list(table)

    assert table.bytes_read == table.total_bytes
