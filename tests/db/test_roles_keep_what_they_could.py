"""When rights were told apart further, every role kept what it could."""

import importlib

import pytest

from crm.settings.roles import ROLES

revision = importlib.import_module("db.migrations.versions.0018_rights")

BEFORE = {
    "supervisor": "leads.create leads.edit deals.create deals.edit tasks.edit deals.edit_all deals.mass_edit "
    "records.import records.see_team",
    "manager": "leads.create leads.edit deals.create deals.edit tasks.edit",
    "marketer": "funnels.edit funnels.publish runs.repair leads.create leads.edit deals.mass_edit records.import "
    "records.see_all",
    "administrator": "settings.edit users.edit funnels.edit funnels.publish runs.repair leads.create leads.edit deals.create "
    "deals.edit deals.edit_all deals.mass_edit tasks.edit records.import records.see_all records.see_team",
}


@pytest.mark.parametrize("key", BEFORE)
def test_a_built_in_role_is_what_a_new_company_gets(key):
    assert set(BEFORE[key].split()) | revision._BUILT_IN[key] == ROLES[key][1]


@pytest.mark.parametrize(
    ("had", "gets"),
    [
        ("deals.edit records.see_all", "deals.edit_all reports.see"),
        ("deals.edit leads.edit records.see_team", "deals.edit_team leads.edit_team reports.see"),
        ("deals.edit deals.edit_all deals.mass_edit", "deals.recall reports.see"),
        ("deals.edit deals.mass_edit", "reports.see"),
        ("settings.edit", "plans.edit"),
        ("settings.edit users.edit", "plans.edit audit.see"),
        ("records.import", "records.export"),
        ("tasks.edit", ""),
    ],
)
def test_a_role_of_ones_own_keeps_what_it_could(had, gets):
    assert revision.added(frozenset(had.split())) == set(gets.split())
