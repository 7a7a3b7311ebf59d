"""What is wanted in addresses: read as it was written, by old names too, and refused where it cannot be."""

from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
from hypothesis import given

from crm.directory import FieldDefinition
from crm.errors import InvalidError
from crm.finding.addresses import name_of, parameters_of, query_string, wanted_from
from crm.finding.wanted import Facet, Wanted
from tests.crm.finding.wanting import COMPANY, FIELDS, wanted


def read(query, settings=COMPANY, subject="deal"):
    return wanted_from(parse_qsl(query, keep_blank_values=True), subject, settings)


def written(found, settings=COMPANY):
    return query_string(parameters_of(found, settings))


@given(found=wanted())
def test_what_is_written_is_read_as_the_same(found):
    assert read(written(found)) == found


@pytest.mark.parametrize(
    ("query", "facet"),
    [
        ("owner=ann|olena", Facet("deal.owner", "in", ("ann", "olena"))),
        ("owner=ann&owner=olena", Facet("deal.owner", "in", ("ann", "olena"))),
        ("owner=!ann", Facet("deal.owner", "not_in", ("ann",))),
        ("owner=nobody", Facet("deal.owner", "empty")),
        ("owner=-", Facet("deal.owner", "empty")),
        ("stage=*", Facet("deal.stage", "not_empty")),
        ("amount=1000..", Facet("deal.amount", "between", ("1000", ""))),
        ("amount=1 000,50..5000", Facet("deal.amount", "between", ("1000.5", "5000"))),
        ("created_at=last-30d", Facet("deal.created_at", "within_last", ("30d",))),
        ("created_at=this-month", Facet("deal.created_at", "during", ("this-month",))),
        ("created_at=2026-11-01", Facet("deal.created_at", "between", ("2026-11-01", "2026-11-01"))),
        ("closed_at=..now", Facet("deal.closed_at", "between", ("", "now"))),
        ("tag=vip", Facet("deal.tags", "in", ("vip",))),
        ("late=1", Facet("deal.late", "in", ("yes",))),
        ("contact.email=~ua", Facet("contact.email", "contains", ("ua",))),
        ("lead.number=5..", Facet("lead.field.number", "between", ("5", ""))),
        ("title=!~test", Facet("deal.title", "not_contains", ("test",))),
        ("title=a\\|b", Facet("deal.title", "in", ("a|b",))),
        # as a form without scripts sends it
        ("owner=ann&owner.how=not", Facet("deal.owner", "not_in", ("ann",))),
        ("owner=&owner.how=empty", Facet("deal.owner", "empty")),
        ("amount.from=5&amount.to=", Facet("deal.amount", "between", ("5", ""))),
        ("title.has=sofa&title.how=", Facet("deal.title", "contains", ("sofa",))),
        ("created_at=today&created_at.from=2026-01-01&created_at.to=", Facet("deal.created_at", "between", ("2026-01-01", ""))),
    ],
)  # fmt: skip
def test_a_parameter_is_a_facet(query, facet):
    assert read(query) == Wanted("deal", facets=(facet,))


@pytest.mark.parametrize(
    "query",
    [
        "nothing=1", "amount=much", "amount=5..x", "amount=..", "created_at=someday", "created_at=2026-02-31", "late=perhaps",
        "created_at=now..2026-01-01", "sort=nothing", "amount=~5", "contact.nothing=1", "amount=1e999", "title=|",
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_never_left_out(query):
    with pytest.raises(InvalidError):
        read(query)


def test_what_pages_keep_for_themselves_is_passed_by():
    assert read("after=xyz&group=owner&since=5&utm_source=mail&owner=") == Wanted("deal")


def test_the_text_and_the_order_are_read():
    assert read("q=  Іван   067 &sort=-amount") == Wanted("deal", "Іван 067", (), "deal.amount", True)


def test_a_custom_field_whose_name_is_taken_is_called_by_its_whole_name():
    own = {("deal", key): FieldDefinition(90, "deal", key, key, "text", ()) for key in ("sort", "stage", "budget")}
    settings = replace(COMPANY, fields={**COMPANY.fields, **own})
    fields = type(FIELDS)(settings, "deal")

    names = [name_of(f"deal.field.{key}", fields) for key in ("sort", "stage", "budget")]

    assert names == ["field.sort", "field.stage", "budget"]
    assert read("budget=5&field.stage=6", settings).facets == (
        Facet("deal.field.budget", "in", ("5",)),
        Facet("deal.field.stage", "in", ("6",)),
    )
