from collections import Counter

import pytest

from crm.importing.proposal import propose
from crm.importing.reader import open_table
from crm.importing.records import read_deals, read_leads
from crm.importing.rows import DealRow, LeadRow
from crm.importing.table import RowProblem

PAID = ("paid_search", "social", "display")
UNKNOWN = ("unknown", "NaN")


def read(path, kind):
    with open_table(path) as table:
        mapping = propose(kind, table.columns, table.sample)
        reading = read_leads if kind == "leads" else read_deals
        return list(reading(table, table.columns, mapping))


def test_olist_leads_reconcile_with_their_file(data_dir):
    leads = read(data_dir / "olist" / "marketing_qualified_leads.csv", "leads")

    sources = Counter(lead.source for lead in leads)
    paid, unknown = (sum(sources[name] for name in names) for names in (PAID, UNKNOWN))
    assert all(isinstance(lead, LeadRow) and lead.created_at for lead in leads)
    assert (len({lead.external_id for lead in leads}), paid, unknown, len(leads) - paid - unknown) == (
        8_000,
        3_054,
        1_159,
        3_787,
    )


def test_olist_deals_all_come_from_its_leads(data_dir):
    leads = read(data_dir / "olist" / "marketing_qualified_leads.csv", "leads")
    deals = read(data_dir / "olist" / "closed_deals.csv", "deals")

    assert {deal.lead for deal in deals} <= {lead.external_id for lead in leads}
    assert (len(deals), len({deal.owner for deal in deals})) == (842, 22)


def test_maven_deals_reconcile_with_their_file(data_dir):
    deals = read(data_dir / "maven_crm_sales" / "sales_pipeline.csv", "deals")

    assert all(isinstance(deal, DealRow) for deal in deals)
    assert Counter(deal.stage for deal in deals) == {"Prospecting": 500, "Engaging": 1_589, "Won": 4_238, "Lost": 2_473}
    assert sum(deal.amount for deal in deals if deal.stage == "Won") == 1_000_553_400
    assert sum(deal.company is None for deal in deals) == 1_425


@pytest.mark.parametrize(
    ("name", "kind", "encoding", "width", "targets"),
    [
        ("bitrix24_lead_ru.cp1251.csv", "leads", "cp1251", 64, {"lead.title", "person.phone", "person.first_name"}),
        ("bitrix24_lead_ru_with_custom_fields.utf8bom.csv", "leads", "utf-8", 80, {"lead.source", "person.email"}),
        ("amocrm_leads_import_ru.cp1251.csv", "deals", "cp1251", 38, {"deal.stage", "deal.comment", "company.name"}),
        ("amocrm_deals_export_ru.utf8.csv", "deals", "utf-8", 16, {"deal.plan", "deal.stage", "deal.loss_reason"}),
        ("pipedrive_sample_import.csv", "deals", "utf-8", 13, {"person.name", "deal.title", "deal.amount"}),
        ("hubspot_deals_export.csv", "deals", "utf-8", 8, {"deal.external_id", "deal.owner", "deal.closed_at"}),
        ("bitrix24_rest_crm.deal.list.csv", "deals", "utf-8", 40, {"deal.amount", "deal.currency", "deal.plan"}),
    ],
)
def test_headings_of_other_crms_are_recognised(data_dir, name, kind, encoding, width, targets):
    with open_table(data_dir / "crm_export_headers" / name) as table:
        mapping = propose(kind, table.columns, table.sample)

    assert (table.encoding, len(table.columns), table.has_header) == (encoding, width, True)
    assert targets <= {entry.to for entry in mapping.columns}


def test_messy_deals_lose_only_the_one_below_nothing(data_dir):
    rows = read(data_dir / "crm_export_headers" / "bitrix_stats_messy_deals.csv", "deals")

    assert [(row.line, str(row.reason)) for row in rows if isinstance(row, RowProblem)] == [
        (8, "Column “expected_amount”: “-12000.00” is below 0")
    ]
    assert len(rows) == 12
