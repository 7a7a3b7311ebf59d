"""Bad files: a clear error, each bad row told apart, nothing half-written."""

import csv
import tracemalloc
from pathlib import Path

import pytest

from crm.importing.errors import ImportFileError, MappingError
from crm.importing.mapping import load_mapping
from crm.tables.importing import import_job
from crm.tables.records import lead
from tests.crm.importing.running import count, counts, reasons, rows, run

PAGE = Path(__file__).resolve().parents[3] / "docs" / "import.md"


@pytest.mark.parametrize(
    ("content", "read", "said"),
    [
        (b"id,name\n1,Ann\n2\n3,Bob,x\n4,Eve\n", (4, 2, 0, 2), ["1 columns where 2", "3 columns where 2"]),
        (b"id,name\n1,Ann\n2,B\x00b\n", (2, 1, 0, 1), ["NUL"]),
        ("id,name\n1,Аня\n".encode("utf-8-sig") + b"2,\xff\xfe\xfa\n", (2, 1, 0, 1), ["UTF-8"]),
        (b'id,name\n1,Ann\n2,"never closed\n3,Eve\n', (3, 2, 0, 1), ["quotation"]),
        (b"id,name,phone\n1,Ann,12\n2,Eve,\n", (2, 1, 0, 1), ["no phone number"]),
        (b"id,name\n,\n1,Ann\n\n", (1, 1, 0, 0), []),
    ],
    ids=["ragged", "nul", "encoding", "quotes", "phone", "blank"],
)
def test_bad_rows_are_told_apart_and_the_others_are_in(database, write, content, read, said):
    report = run(database, "leads", write(content))

    assert counts(report) == read
    found = [reason for _, reason in reasons(database, report)]
    assert len(found) == len(said)
    assert all(word in reason for word, reason in zip(said, found, strict=True)), found
    assert count(database, lead) == read[1]


def test_letters_of_an_old_encoding_are_read(database, write):
    run(database, "leads", write("id;name\n1;Анна Каренина\n2;Пётр Ильич\n3;Наталья\n", "cp1251"))

    assert sorted(row.name for row in rows(database, lead)) == ["Анна Каренина", "Наталья", "Пётр Ильич"]


def test_formula_cells_stay_texts(database, write):
    run(database, "leads", write("id,name\n1,\"=cmd|' /C calc'!A0\"\n2,@SUM(A1)\n"))

    assert sorted(row.name for row in rows(database, lead)) == ["=cmd|' /C calc'!A0", "@SUM(A1)"]


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_huge_line_is_passed_over_in_little_memory(database, tmp_path):
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.write(b"id,name\n1,Ann\n2,")
        for _ in range(50):
            file.write(b"x" * 1_000_000)
        file.write(b"\n3,Eve\n")

    tracemalloc.start()
    report = run(database, "leads", path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert counts(report) == (3, 2, 0, 1)
    assert reasons(database, report)[0][0] == 3
    assert peak < 20_000_000


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"PK\x03\x04" + b"\0" * 100, "Excel"),
        (b"<html><body>Log in</body></html>", "web page"),
        (b"\x89PNG\r\n" + b"\0" * 100, "table of text"),
        (b"alpha,beta\nlorem ipsum,dolor\n", "No column was recognised"),
    ],
)
def test_what_is_no_table_is_refused_as_a_whole(database, write, content, said):
    with pytest.raises((ImportFileError, MappingError), match=said):
        run(database, "leads", write(content))

    assert (count(database, lead), count(database, import_job)) == (0, 0)


def test_a_map_for_other_columns_is_refused_as_a_whole(database, write):
    with pytest.raises(MappingError, match="no column “phone”; did you mean “Phones”"):
        run(
            database,
            "leads",
            write("id,Phones\n1,2\n"),
            mapping={"columns": {"id": "external_id", "phone": "person.phone"}},
        )

    assert count(database, import_job) == 0


def test_the_map_of_the_page_is_read(database, tmp_path, write):
    path = tmp_path / "map.yaml"
    path.write_text(PAGE.read_text().split("```yaml\n")[1].split("```")[0])
    heading = [
        "Number",
        "Client",
        "Contact",
        "Phone",
        "Agent",
        "Step",
        "Begun",
        "Closed",
        "Sum",
        "Goods",
        "Size",
        "Rest",
    ]
    table = tmp_path / "deals.csv"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows(
            [
                heading,
                [
                    "1",
                    "Acme",
                    "Ann Lee",
                    "050 123 45 67",
                    "ann",
                    "Gewonnen",
                    "1.2.2026",
                    "3.2.2026",
                    "1 054,50",
                    "GTXPro",
                    "L",
                    "hi",
                ],
                ["2", "n/a", "-", "", "", "Talks", "1.2.2026", "", "", "", "", ""],
            ]
        )

    report = run(database, "deals", table, mapping=load_mapping(path, kind="deals"), plan="wholesale")

    assert (counts(report), reasons(database, report)) == ((2, 2, 0, 0), [])
