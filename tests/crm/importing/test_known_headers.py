"""The headings of exports of other CRMs, each with what it becomes; the same table stands in ``docs/import.md``."""

from pathlib import Path

import pytest

from crm.importing.headings import known_headings
from crm.importing.proposal import propose
from crm.importing.reader import open_table
from crm.importing.targets import TARGETS

DOCUMENT = Path(__file__).parents[3] / "docs" / "import.md"
LEADS, DEALS = "leads", "deals"
FILES = {
    "amocrm_deals_export_ru.utf8.csv": DEALS,
    "amocrm_leads_import_ru.cp1251.csv": DEALS,
    "bitrix24_lead_ru.cp1251.csv": LEADS,
    "bitrix24_lead_ru_with_custom_fields.utf8bom.csv": LEADS,
    "bitrix24_rest_crm.deal.list.csv": DEALS,
    "bitrix_stats_messy_deals.csv": DEALS,
    "hubspot_deals_export.csv": DEALS,
    "pipedrive_sample_import.csv": DEALS,
}


def documented() -> dict[str, dict[str, str]]:
    """The table of the document: for each file, each column with its target."""
    found: dict[str, dict[str, str]] = {}
    name = ""
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if line.startswith("### `") and line.endswith(".csv`"):
            name = line.removeprefix("### `").removesuffix("`")
            found[name] = {}
        elif name and line.startswith("| `"):
            columns, target = (cell.strip() for cell in line.strip("| ").split(" | "))
            for column in columns.split("` `"):
                found[name][column.strip("`")] = target.strip("`")
        elif line.startswith("#"):
            name = ""
    return found


@pytest.mark.parametrize("name", sorted(FILES))
def test_each_column_of_an_export_goes_where_the_document_says(data_dir, name):
    with open_table(data_dir / "crm_export_headers" / name) as table:
        mapping = propose(FILES[name], table.columns, table.sample)
    goes = {str(entry.column): entry.to for entry in mapping.columns}

    assert documented()[name] == {column.name: goes.get(column.name, "nowhere") for column in table.columns}


def test_the_document_tells_of_every_export_there_is(data_dir):
    assert set(documented()) == {path.name for path in (data_dir / "crm_export_headers").iterdir()} == set(FILES)


@pytest.mark.parametrize(
    ("kind", "heading", "targets"),
    [
        (
            DEALS,
            (
                "Deal - ID,Deal - Title,Deal - Value,Deal - Currency of Value,Deal - Pipeline,Deal - Stage,Deal - Owner,"
                "Deal - Deal created,Deal - Won time,Deal - Lost reason,Deal - Contact person,Deal - Organization"
            ),
            "external_id title amount currency plan stage owner created_at closed_at loss_reason person.name company.name",
        ),
        (
            DEALS,
            (
                "ID,Lead title,Main contact,Company name,Responsible user,Sale,Pipeline,Lead stage,Lead tags,Work phone,"
                "Work email,Created at,Closed at,Note 1"
            ),
            (
                "external_id title person.name company.name owner amount plan stage tags person.phone person.email created_at"
                " closed_at comment"
            ),
        ),
        (
            DEALS,
            "ID;Назва угоди;Компанія;Основний контакт;Бюджет;Відповідальний;Етап угоди;Воронка;Теги угоди;Дата створення",
            "external_id title company.name person.name amount owner stage plan tags created_at",
        ),
        (
            LEADS,
            (
                "ID;Назва ліда;Ім'я;Прізвище;По батькові;Робочий телефон;Мобільний телефон;Робочий e-mail;Назва компанії;"
                "Коментар;Джерело;Відповідальний"
            ),
            (
                "external_id title person.first_name person.last_name person.middle_name person.phone person.phone person.email"
                " company.name comment source owner"
            ),
        ),
        (
            LEADS,
            "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Create Date,Associated Company,Original Source",
            "external_id person.first_name person.last_name person.email person.phone owner created_at company.name source",
        ),
    ],
    ids=["Pipedrive", "Kommo", "amoCRM in Ukrainian", "Bitrix24 in Ukrainian", "HubSpot"],
)
def test_every_column_of_these_exports_is_recognised(tmp_path, kind, heading, targets):
    path = tmp_path / "table.csv"
    path.write_text(heading + "\n", encoding="utf-8")
    with open_table(path) as table:
        mapping = propose(kind, table.columns, table.sample)

    record = kind.removesuffix("s")
    wanted = [target if "." in target else f"{record}.{target}" for target in targets.split()]
    assert [entry.to for entry in mapping.columns] == wanted


@pytest.mark.parametrize("kind", [LEADS, DEALS])
def test_what_is_known_can_be_imported(kind):
    assert set(known_headings(kind).values()) <= TARGETS[kind]


def test_a_nought_links_to_nobody(data_dir):
    with open_table(data_dir / "crm_export_headers" / "bitrix24_rest_crm.deal.list.csv") as table:
        mapping = propose(DEALS, table.columns, table.sample)

    noughts = {entry.to for entry in mapping.columns if entry.values == {"0": ""}}
    assert noughts == {"person.external_id", "company.external_id", "deal.lead"}
