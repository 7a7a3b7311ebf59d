"""Reports as files."""

import csv
import io
from datetime import timedelta

import openpyxl
import pytest

from crm.reports.sheets import Sheet, csv_of, harmless, sheets_of, workbook_of
from crm.reports.table import Cell, Column, Line, Report, Table

COLUMNS = (
    Column("won", "Won"),
    Column("share", "Won, %", "share"),
    Column("sum", "Sum", "sums"),
    Column("half", "Half", "span"),
)
TABLE = Table(
    "t",
    "Won: all/any",
    ("Plan", "Manager"),
    COLUMNS,
    (
        Line(("=1+1", "Ann"), (Cell(3), Cell(0.75), Cell({"UAH": 12_50, "JPY": 700}), Cell(timedelta(hours=36)))),
        Line(("Цех \x07<&>", "-Bob"), (Cell(0), Cell(None), Cell({}), Cell(None))),
    ),
    Line(("All",), (Cell(3), Cell(0.75), Cell({"UAH": 12_50}), Cell(timedelta(days=2)))),
)
[SHEET] = sheets_of(Report((TABLE,)), str)


def test_a_table_becomes_plain_values_with_a_column_for_each_currency():
    assert SHEET.headings == ("Plan", "Manager", "Won", "Won, %", "Sum, JPY", "Sum, UAH", "Half, days")
    assert SHEET.rows == (
        ("=1+1", "Ann", 3, 0.75, 700, 12.5, 1.5),
        ("Цех \x07<&>", "-Bob", 0, None, None, None, None),
        ("All", None, 3, 0.75, None, 12.5, 2.0),
    )


def test_csv_reads_back_and_its_texts_are_harmless():
    body = csv_of([SHEET, Sheet("@second", ("A",), (("+1",),))])

    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert rows[0] == ["Won: all/any"]
    assert rows[2] == ["'=1+1", "Ann", "3", "0.75", "700", "12.5", "1.5"]
    assert rows[3][1] == "'-Bob"
    assert rows[-3:] == [["'@second"], ["A"], ["'+1"]]


@pytest.mark.parametrize("text", ["=cmd()", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_what_a_spreadsheet_takes_for_a_formula_is_made_harmless(text):
    assert harmless(text) == f"'{text}"
    assert harmless(f"a{text}") == f"a{text}"


def test_a_workbook_reads_back_as_texts_and_numbers():
    body = workbook_of([SHEET, Sheet("Won: all/any", ("A",), ()), Sheet("x" * 40, ("A",), ()), Sheet("x" * 40, (), ())])

    book = openpyxl.load_workbook(io.BytesIO(body))
    assert book.sheetnames == ["Won  all any", "Won  all any 2", "x" * 31, "x" * 27 + " 2"]
    rows = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    assert rows[1] == ["=1+1", "Ann", 3, 0.75, 700, 12.5, 1.5]
    assert rows[2][0] == "Цех <&>"
    assert book.worksheets[0]["A2"].data_type == "s"
    assert book.worksheets[0]["A1"].font.bold
