import pytest
from sqlalchemy import func, select

from crm.access.actor import SYSTEM
from crm.directory import directory
from crm.errors import InvalidError
from crm.fields.changes import FieldChange, set_fields
from crm.settings.errors import InUseError
from crm.settings.field_definitions import NewField, add_fields, change_field, ensure_fields, remove_field
from crm.settings.stages import StageChange, change_stage
from crm.tables.records import deal, field_value
from tests.crm.company import put_deals


def test_fields_get_keys_that_conditions_and_templates_can_write(database):
    with database.work() as work:
        new = [NewField("deal", "Бюджет, грн", "money"), NewField("deal", "бюджет грн"), NewField("lead", "Бюджет")]
        found = add_fields(work, new, by=SYSTEM)

    assert [(one.record_kind, one.key, one.type) for one in found] == [
        ("deal", "byudzhet_grn", "money"),
        ("deal", "byudzhet_grn_2", "text"),
        ("lead", "byudzhet", "text"),
    ]


@pytest.mark.parametrize(
    "new",
    [
        NewField("deal", " "),
        NewField("task", "Name"),
        NewField("deal", "Name", "essay"),
        NewField("deal", "Size", "choice"),
        NewField("deal", "Size", "choice", ("a", "A")),
        NewField("deal", "Size", "number", ("a",)),
        NewField("deal", "Size", key="Größe"),
    ],
)
def test_a_field_that_cannot_be_is_refused(database, new):
    with database.work() as work, pytest.raises(InvalidError):
        add_fields(work, [new], by=SYSTEM)


def test_fields_that_an_import_needs_are_defined_once(database):
    wanted = [NewField("lead", "Landing page", key="landing"), NewField("lead", "Landing page", key="landing")]

    with database.work() as work:
        first = ensure_fields(work, wanted, by=SYSTEM)
        second = ensure_fields(work, wanted, by=SYSTEM)

    assert first == second
    assert len({one.id for one in first}) == 1


def test_a_field_is_renamed_and_gets_more_words(database):
    with database.work() as work:
        add_fields(work, [NewField("deal", "Size", "choice", ("S", "L"))], by=SYSTEM)
        change_field(work, "deal", "size", by=SYSTEM, name="Розмір", options=("S", "M", "L"))

        changed = directory(work).fields["deal", "size"]
    assert (changed.name, changed.options) == ("Розмір", ("S", "M", "L"))


def test_a_field_that_a_stage_requires_stays(database):
    with database.work() as work:
        add_fields(work, [NewField("deal", "Budget")], by=SYSTEM)
        change_stage(work, "wholesale", "talks", StageChange(required_fields=["field.budget"]), by=SYSTEM)

        with pytest.raises(InUseError) as refused:
            remove_field(work, "deal", "budget", by=SYSTEM, confirmed=True)

    assert refused.value.places == ("stage “Talks” of plan “Wholesale” requires it",)


def test_a_field_goes_with_its_values_when_that_is_confirmed(database):
    with database.work() as work:
        add_fields(work, [NewField("deal", "Budget"), NewField("deal", "Note")], by=SYSTEM)
        first, second = put_deals(work, 2)
        values = {"field.budget": "much", "field.note": "kept"}
        set_fields(
            work, [FieldChange("deal", first, values), FieldChange("deal", second, {"field.budget": "x"})], by=SYSTEM
        )
        with pytest.raises(InUseError) as refused:
            remove_field(work, "deal", "budget", by=SYSTEM)

        remove_field(work, "deal", "budget", by=SYSTEM, confirmed=True)

        assert refused.value.places == ("2 records",)
        assert ("deal", "budget") not in directory(work).fields
        assert work.scalar(select(func.count()).select_from(field_value)) == 1
        assert dict(tuple(row) for row in work.rows(select(deal.c.id, deal.c.fields))) == {
            first: {"note": "kept"},
            second: None,
        }
