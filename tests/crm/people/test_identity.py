import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.people import identity
from crm.people.identity import normalise_email, normalise_phone


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("+380 50 123-45-67", None, "+380501234567"),
        ("050 123-45-67", "UA", "+380501234567"),
        ("380501234567", "UA", "+380501234567"),
        ("380501234567", None, "+380501234567"),
        ("8 (921) 555-01-23", "RU", "+79215550123"),
        ("79215550123", "UA", "+79215550123"),
        ("tel:+49 30 901820", None, "+4930901820"),
        ("'+380501234567", None, "+380501234567"),
        ("030 901820 ext. 12", "DE", "+4930901820"),
        ("(202) 555-0143", "us", "+12025550143"),
    ],
)
def test_a_phone_has_one_form(text, region, expected):
    assert normalise_phone(text, region) == expected


@pytest.mark.parametrize(
    "text", ["", "hello", "12345", "89215550123", "+1 555 0100", "call +380501234567 soon", "1" * 60]
)
def test_what_is_no_phone_without_a_region_is_none(text):
    assert normalise_phone(text, None) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann@Example.COM", "ann@example.com"),
        ("Ann Lee <ann@example.com>", "ann@example.com"),
        ("mailto:ann@example.com", "ann@example.com"),
        (" ann@example.com\n", "ann@example.com"),
        ("ПОЧТА@Пример.РФ", "почта@пример.рф"),
        ("ann@xn--e1afmkfd.xn--p1ai", "ann@пример.рф"),
        ("ann@shop.test", "ann@shop.test"),
    ],
)
def test_an_address_has_one_form(text, expected):
    assert normalise_email(text) == expected


@pytest.mark.parametrize(
    "text", ["", "ann", "ann@shop", "a b@example.com", "ann@bob@example.com", "a" * 400 + "@example.com"]
)
def test_what_is_no_address_is_none(text):
    assert normalise_email(text) is None


@given(st.text(max_size=30), st.sampled_from([None, "UA", "US"]))
def test_normalising_a_phone_twice_changes_nothing(text, region):
    once = normalise_phone(text, region)

    assert once is None or normalise_phone(once, region) == once


@given(st.emails() | st.text(max_size=20).map(lambda text: text + "@example.com"))
def test_normalising_an_address_twice_changes_nothing(text):
    once = normalise_email(text)

    assert once is None or normalise_email(once) == once


def test_loading_the_module_loads_no_tables_of_phones():
    modules = "crm.people.identity, crm.importing.records"
    program = f"import sys, {modules}; print({{'phonenumbers', 'email_validator'}} & set(sys.modules))"

    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert out.stdout.strip() == "set()"


@given(st.from_regex(r"[A-Za-z0-9_+.-]{1,12}@(?:[a-z0-9-]{1,8}\.){0,2}[a-zA-Z0-9-]{1,8}", fullmatch=True))
def test_the_short_way_through_an_address_means_the_same(text):
    assert normalise_email(text) == identity._validated(text)
