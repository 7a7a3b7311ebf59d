"""Workbooks: their sheets are read as text, and none of them can bring the process down."""

import zipfile

import pytest
from openpyxl import Workbook

from crm.importing.errors import ImportFileError
from crm.importing.excel import as_text, is_workbook, unfold
from crm.importing.proposal import propose
from crm.importing.reader import open_table
from crm.importing.records import read_leads
from crm.importing.table import Row
from tests.crm.importing.workbooks import DATE, MOMENT, row, text, value, write_workbook


def read(path, sheet=None):
    with as_text(path, sheet=sheet) as plain, open_table(plain) as table:
        return [column.name for column in table.columns], list(table)


def test_cells_are_read_as_a_person_would_type_them(tmp_path):
    rows = row(
        1,
        text("A1", "Name"),
        text("B1", "Phone"),
        text("C1", "Begun"),
        text("D1", "At"),
        text("E1", "Sum"),
        text("F1", "OK"),
    )
    rows += row(
        2,
        text("A2", "Ганна  «Є»"), value("B2", 380501234567), value("C2", 45000, DATE), value("D2", 45000.5, MOMENT),
        value("E2", "3.3000000000000003", formula="1.1*3"), '<c r="F2" t="b"><v>1</v></c>',
    )  # fmt: skip
    names, found = read(write_workbook(tmp_path / "a.xlsx", {"One": rows}))

    assert names == ["Name", "Phone", "Begun", "At", "Sum", "OK"]
    assert found == [
        Row(1, 2, ("Ганна  «Є»", "380501234567", "2023-03-15", "2023-03-15 12:00:00", "3.3", "true")),
    ]


def test_a_line_is_the_row_of_the_sheet_also_behind_empty_rows_and_broken_cells(tmp_path):
    rows = row(3, text("B3", "Name"), text("C3", "Note")) + row(5, text("B5", "Ann"), text("C5", "one\ntwo"))
    rows += row(9, text("B9", "Bob"), text("C9", 'a, "b"'))
    names, found = read(write_workbook(tmp_path / "a.xlsx", {"One": rows}))

    assert names[-2:] == ["Name", "Note"]
    assert [(one.line, one.values[-2:]) for one in found] == [(5, ("Ann", "one\vtwo")), (9, ("Bob", 'a, "b"'))]


def test_the_first_sheet_is_taken_unless_another_is_named(tmp_path):
    path = write_workbook(
        tmp_path / "a.xlsx",
        {
            "One": row(1, text("A1", "Name")) + row(2, text("A2", "Ann")),
            "Два": row(1, text("A1", "Title")) + row(2, text("A2", "B")),
        },
    )

    assert read(path)[0] == ["Name"]
    assert read(path, "Два")[0] == ["Title"]
    assert unfold(path, tmp_path_of(tmp_path)).names == ("One", "Два")


def tmp_path_of(path):
    folder = path / "out"
    folder.mkdir()
    return folder


def test_figures_of_three_decimals_are_no_thousands(tmp_path):
    rows = (
        row(1, text("A1", "Sum")) + row(2, value("A2", 1.234)) + row(3, value("A3", 1234)) + row(4, value("A4", -0.5))
    )
    assert [one.values for one in read(write_workbook(tmp_path / "a.xlsx", {"One": rows}))[1]] == [
        ("1.2340",),
        ("1234",),
        ("-0.5",),
    ]


def test_a_workbook_of_a_spreadsheet_program_is_read(tmp_path):
    book = Workbook()
    book.active.append(["Name", "Sum"])
    book.active.append(["Ann", 12.5])
    book.active.append(["=1+1", "=A2"])
    book.save(tmp_path / "a.xlsx")

    # A formula that nobody has computed has no value.
    assert [one.values for one in read(tmp_path / "a.xlsx")[1]] == [("Ann", "12.5")]


def refused(path):
    with pytest.raises(ImportFileError) as error, as_text(path) as plain, open_table(plain):
        pass
    return str(error.value.reason)


def test_two_cells_at_far_corners_are_too_large(tmp_path):
    rows = row(1, value("A1", 1)) + row(1_048_576, value("XFD1048576", 2))
    assert "too large" in refused(write_workbook(tmp_path / "a.xlsx", {"One": rows}))


def test_an_archive_that_unpacks_to_gigabytes_is_too_large(tmp_path):
    path = write_workbook(tmp_path / "a.xlsx", {"One": row(1, value("A1", 1))})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/more.xml", "w") as more:
        for _ in range(1100):
            more.write(bytes(1 << 20))

    assert path.stat().st_size < 3_000_000
    assert "too large" in refused(path)


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_a_broken_workbook_is_refused(tmp_path, keep):
    path = write_workbook(tmp_path / "a.xlsx", {"One": row(1, text("A1", "Name")) * 50})
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    assert "damaged" in refused(path)


def test_broken_xml_is_refused(tmp_path):
    assert "damaged" in refused(write_workbook(tmp_path / "a.xlsx", {"One": "<row><c></row>"}))


def test_a_password_and_the_old_format_are_told_apart(tmp_path):
    magic = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    protected, old = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    protected.write_bytes(magic + bytes(2000) + "EncryptedPackage".encode("utf-16-le") + bytes(2000))
    old.write_bytes(magic + bytes(2000) + "Workbook".encode("utf-16-le") + bytes(2000))

    assert "password" in refused(protected)
    assert ".xls" in refused(old)


def test_an_archive_of_something_else_is_no_workbook(tmp_path):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("table.csv", "a,b\n1,2\n")

    assert not is_workbook(path)
    assert "archive" in refused(path)


def test_a_hundred_thousand_rows_are_read(tmp_path):
    rows = row(1, text("A1", "ID"), text("B1", "Name"))
    rows += "".join(row(n, value(f"A{n}", n), text(f"B{n}", f"Name {n}")) for n in range(2, 100_002))
    found = read(write_workbook(tmp_path / "a.xlsx", {"One": rows}))[1]

    assert (len(found), found[-1]) == (100_000, Row(100_000, 100_001, ("100001", "Name 100001")))


def test_a_line_end_in_a_cell_is_one_again_in_a_comment(tmp_path):
    rows = row(1, text("A1", "Name"), text("B1", "Note")) + row(2, text("A2", "Ann"), text("B2", "one\ntwo"))
    with as_text(write_workbook(tmp_path / "a.xlsx", {"One": rows})) as plain, open_table(plain) as table:
        mapping = propose("leads", table.columns, table.sample)
        [lead] = read_leads(table, table.columns, mapping)

    assert (lead.person.first_name, lead.comment) == ("Ann", "one\ntwo")
