import pytest

from crm.importing.errors import MappingError
from crm.importing.mapping import ColumnMap, Mapping, dump_mapping, load_mapping
from crm.importing.proposal import propose
from crm.importing.reader import open_table
from crm.importing.table import Column

DEALS = """
zone: Europe/Kyiv
columns:
  opportunity_id: external_id
  product: {to: product.name, values: {GTXPro: GTX Pro}}
  close_date: {to: closed_at, date: m/d/yyyy}
  8: amount
  note: [comment, field.note]
constants: {currency: USD}
"""


def columns(*names):
    return tuple(Column(position, name, name) for position, name in enumerate(names, start=1))


def load(tmp_path, text, kind="deals"):
    path = tmp_path / "map.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_mapping(path, kind=kind)


def test_a_map_is_read_from_its_short_form(tmp_path):
    mapping = load(tmp_path, DEALS)

    assert [(entry.column, entry.to) for entry in mapping.columns] == [
        ("opportunity_id", "deal.external_id"),
        ("product", "product.name"),
        ("close_date", "deal.closed_at"),
        (8, "deal.amount"),
        ("note", "deal.comment"),
        ("note", "deal.field.note"),
    ]
    assert mapping.constants == {"deal.currency": "USD"}


def test_a_map_written_as_json_is_read_back(tmp_path):
    mapping = load(tmp_path, DEALS)

    assert load(tmp_path, dump_mapping(mapping)) == mapping


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("columns: {a: amont}", "column “a”: deals have no “amont”; did you mean “amount”?"),
        ("columns: {a: amount, b: amount}", "column “b”: “a” goes to deal.amount already; keep one of them"),
        ("columns: {a: {to: closed_at, date: week}}", "“week” is no date layout"),
        ("columns: {a: {to: title, date: iso}}", "column “a”: deal.title is no date; leave out `date`"),
        ("columns: {a: {to: title, decimal: ','}}", "column “a”: deal.title is no figure; leave out `decimal`"),
        ("columns: {a: title}\nzone: Mars/Base", "there is no time zone “Mars/Base”"),
        ("columns: {}", "no column goes anywhere"),
        ("columns: {a: {to: title, valeus: {}}}", "columns.0.valeus"),
        ("constants: {titel: x}\ncolumns: {a: title}", "constant “titel”: deals have no “titel”"),
        ("kind: leads\ncolumns: {a: title}", "is for leads, this is an import of deals"),
        ("a: &x 1\nb: *x", "anchors, aliases and tags are not read"),
        ("columns: !!python/object:os.system {}", "anchors, aliases and tags are not read"),
        ("columns: {", "is neither YAML nor JSON: line 1, column 11: "),
        ("columns:\n  a: [title\n  b: amount\n", "is neither YAML nor JSON: line 3, column 4: "),
        ("columns:\n  a: t\0itle\n", "is neither YAML nor JSON: "),
        ("[]", "must have `columns:` at its top level"),
        (b"\xff\xfe", "is not UTF-8 text"),
        ("#" * 1_000_001, "is larger than 1000000 bytes"),
    ],
)
def test_a_map_that_cannot_be_says_where_and_what_to_do(tmp_path, text, reason):
    with pytest.raises(MappingError) as refused:
        load(tmp_path, text)

    assert reason in str(refused.value)


def test_a_missing_map_is_named(tmp_path):
    with pytest.raises(MappingError, match=r"none\.yaml cannot be read: No such file"):
        load_mapping(tmp_path / "none.yaml", kind="deals")


def test_columns_are_found_by_name_without_regard_to_case_and_by_position():
    mapping = Mapping(kind="leads", columns={"ID": "external_id", "2": "title", 3: "source"})

    assert mapping.positions(columns("id", "name", "origin")) == (0, 1, 2)


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ("orign", "The file has no column “orign”; did you mean “origin”?"),
        ("zzz", "The file has no column “zzz”; it has: id, origin"),
        (3, "The map names column 3, the file has 2"),
        (0, "The map names column 0, the file has 2"),
    ],
)
def test_a_column_the_file_lacks_is_named(column, reason):
    mapping = Mapping(kind="leads", columns=(ColumnMap(column=column, to="title"),))

    with pytest.raises(MappingError) as refused:
        mapping.positions(columns("id", "origin"))

    assert str(refused.value) == reason


def test_headings_of_several_languages_are_recognised_and_the_rest_is_named():
    table = columns("Название сделки", "E-mail", "Воронка", "Бюджет", "Любимый цвет")

    mapping = propose("deals", table, ())

    assert [entry.to for entry in mapping.columns] == ["deal.title", "person.email", "deal.plan", "deal.amount"]
    assert [column.name for column in mapping.unmapped(table)] == ["Любимый цвет"]


def test_a_repeated_comment_is_recognised_each_time():
    mapping = propose("deals", columns("ID", "Примечание к сделке", "Примечание к сделке (2)"), ())

    assert [entry.to for entry in mapping.columns] == ["deal.external_id", "deal.comment", "deal.comment"]


def test_a_table_without_headings_is_recognised_by_its_cells(tmp_path):
    path = tmp_path / "leads.csv"
    path.write_text(
        "dac32acd4db4c29c230538b72f8dd87d,2018-02-01 00:00:00,88740e65d5d6b056e0cda098e1ea6313,social,a@example.com\n"
        "8c18d1de7f67e60dbd64e3c07d7e9d5d,2017-10-20 00:00:00,88740e65d5d6b056e0cda098e1ea6313,social,b@example.com\n"
    )

    with open_table(path) as table:
        mapping = propose("leads", table.columns, table.sample)

    assert [(entry.column, entry.to) for entry in mapping.columns] == [
        (1, "lead.external_id"),
        (2, "lead.created_at"),
        (3, "lead.field.column_3"),
        (4, "lead.source"),
        (5, "person.email"),
    ]


def test_the_order_of_dates_and_the_decimal_mark_are_settled_by_the_sample():
    table = columns("id", "close date", "amount")

    mapping = propose("deals", table, [("1", "3/1/2017", "1.054"), ("2", "10/20/2016", "99,50")])

    assert [(entry.date, entry.decimal) for entry in mapping.columns] == [(None, None), ("m/d/yyyy", None), (None, ",")]


def test_a_table_of_strange_columns_asks_for_a_map():
    with pytest.raises(MappingError, match=r"No column was recognised; write a map for --map .*: colour, smell"):
        propose("leads", columns("colour", "smell"), ())
