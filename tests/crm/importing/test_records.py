import csv
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from crm.importing.errors_file import RejectedRows, harmless
from crm.importing.mapping import Mapping
from crm.importing.names import split_name
from crm.importing.records import read_deals, read_leads
from crm.importing.rows import CompanyCells, LeadRow, PersonCells, ProductCells
from crm.importing.table import Column, Row, RowProblem
from engine.text import _l

NAMES = ("id", "name", "phone", "mail", "note")
LEADS = Mapping(
    kind="leads",
    columns={
        "id": "external_id",
        "name": "person.name",
        "phone": "person.phone",
        "mail": "person.email",
        "note": ["comment", "field.note", "tags"],
    },
    region="UA",
    empty=("NULL",),
)


def columns(*names):
    return tuple(Column(position, name, name) for position, name in enumerate(names, start=1))


def lead(*values, mapping=LEADS):
    return next(read_leads([Row(1, 7, values)], columns(*NAMES), mapping))


def deal(cells, *, currency=None, **options):
    targets = {name: name for name in cells} | options.pop("columns", {})
    mapping = Mapping(kind="deals", columns=targets, **options)
    return next(read_deals([Row(1, 7, tuple(cells.values()))], columns(*cells), mapping, currency=currency))


def test_a_lead_with_only_an_id_is_a_lead():
    assert lead("D1", "", "", "NULL", "") == LeadRow(
        line=7,
        cells=("D1", "", "", "NULL", ""),
        external_id="D1",
        title=None,
        person=PersonCells(),
        company=None,
        source=None,
        owner=None,
        created_at=None,
        tags=(),
        comment=None,
        fields={},
    )


def test_a_lead_has_its_cells_normalised():
    found = lead(" D1 ", "Петров Иван Ильич", "050 123-45-67; +49 30 901820", "Ann@Example.com", "vip, new")

    assert found.person == PersonCells(
        None, "Иван", "Ильич", "Петров", ("+380501234567", "+4930901820"), ("ann@example.com",)
    )
    assert (found.external_id, found.comment, found.tags, found.fields) == (
        "D1",
        "vip, new",
        ("vip", "new"),
        {"note": "vip, new"},
    )


def test_a_lead_of_nobody_is_rejected():
    assert str(lead("", "", "", "", "call back").reason) == (
        "Nothing tells who this is: no id, title, name, phone, e-mail or company"
    )


def test_all_that_is_wrong_with_a_row_is_said_at_once():
    problem = lead("D1", "Ann", "12", "ann@", "")

    assert isinstance(problem, RowProblem)
    assert (problem.line, problem.column, problem.cells) == (7, "phone", ("D1", "Ann", "12", "ann@", ""))
    assert str(problem.reason) == (
        "Column “phone”: “12” is no phone number, neither of UA nor with a country code; "
        "Column “mail”: “ann@” is no e-mail address"
    )


def test_bad_contacts_may_be_kept_as_a_comment():
    found = lead("D1", "Ann", "12", "ann@", "", mapping=LEADS.model_copy(update={"bad_contacts": "comment"}))

    assert (found.person.phones, found.comment) == ((), "phone: 12\nmail: ann@")


def test_a_text_too_long_is_rejected():
    assert "longer than 255 characters" in str(lead("D" * 256, "", "", "", "").reason)


def test_problems_of_reading_pass_through():
    problem = RowProblem(3, _l("The file is empty: nothing to import"))

    assert list(read_leads([problem], columns(*NAMES), LEADS)) == [problem]


def test_a_deal_has_its_cells_parsed():
    found = deal(
        {
            "external_id": "D1",
            "amount": "1 054,50",
            "currency": "грн",
            "product.name": "GTXPro",
            "closed_at": "3/1/2017",
        },
        columns={
            "product.name": {"to": "product.name", "values": {"gtxpro": "GTX Pro"}},
            "closed_at": {"to": "closed_at", "date": "m/d/yyyy"},
        },
        constants={"plan": "Sales", "company.name": "Acme", "product.quantity": "2"},
    )

    assert (found.amount, found.currency, found.plan, found.company) == (
        105_450,
        "UAH",
        "Sales",
        CompanyCells(None, "Acme"),
    )
    assert found.product == ProductCells("GTX Pro", Decimal(2), None)
    assert found.closed_at == datetime(2017, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(("currency", "minor"), [("USD", 105_400), ("JPY", 1_054), ("KWD", 1_054_000)])
def test_the_currency_gives_an_amount_its_minor_units(currency, minor):
    assert deal({"external_id": "D1", "amount": "1054"}, currency=currency).amount == minor


def test_a_constant_gives_way_to_a_cell():
    assert deal({"external_id": "D1", "plan": "B"}, constants={"plan": "A"}).plan == "B"


def test_an_amount_below_nothing_is_rejected():
    assert str(deal({"external_id": "D1", "amount": "-12000.00"}).reason) == "Column “amount”: “-12000.00” is below 0"


def test_a_deal_of_nothing_is_rejected():
    assert "Nothing tells which deal this is" in str(deal({"external_id": "", "stage": "Won"}).reason)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Moses Frase", ("Moses", None, "Frase")),
        ("Lee, Ann Mary", ("Ann", "Mary", "Lee")),
        ("Иван Ильич Петров", ("Иван", "Ильич", "Петров")),
        ("Шевченко Олена Петрівна", ("Олена", "Петрівна", "Шевченко")),
        ("Cher", ("Cher", None, None)),
        ("Juan Carlos de Borbón", ("Juan Carlos de Borbón", None, None)),
    ],
)
def test_a_name_is_taken_apart_only_where_it_shows_how(name, parts):
    assert split_name(name) == parts


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "+1", "-1", "@sum", "\t=1", " =1", "＝1"])
def test_a_formula_is_made_harmless(cell):
    assert harmless(cell) == "'" + cell


def test_an_ordinary_cell_stays_as_it_is():
    assert harmless("a=1") == "a=1"


def test_rejected_rows_are_written_with_line_reason_and_cells(tmp_path):
    path = tmp_path / "rejected.csv"

    with RejectedRows(path, columns("id", "=name")) as rejected:
        rejected.add(RowProblem(3, _l("Bad"), cells=("1", "=cmd|x")))
        rejected.add(RowProblem(9, _l("Torn"), excerpt='2,"An'))

    with path.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [
            ["Line", "Reason", "id", "'=name"],
            ["3", "Bad", "1", "'=cmd|x"],
            ["9", "Torn", '2,"An'],
        ]


def test_an_import_without_rejected_rows_leaves_no_file_and_no_older_one(tmp_path):
    path = tmp_path / "rejected.csv"
    path.write_text("of another import")

    with RejectedRows(path, columns("id")):
        pass

    assert list(tmp_path.iterdir()) == []


def test_a_broken_import_leaves_the_older_file_alone(tmp_path):
    path = tmp_path / "rejected.csv"
    path.write_text("of another import")

    def broken_off():
        with RejectedRows(path, columns("id")) as rejected:
            rejected.add(RowProblem(3, _l("Bad")))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()

    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("rejected.csv", "of another import")]
