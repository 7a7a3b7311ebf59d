from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.importing.moments import guess_layout, is_layout, parse_moment
from crm.importing.values import (
    CellProblem,
    parse_boolean,
    parse_currency,
    parse_emails,
    parse_money,
    parse_phones,
    parse_quantity,
    parse_words,
)

KYIV = ZoneInfo("Europe/Kyiv")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1054", 105_400),
        ("1 054", 105_400),
        ("1 054,50", 105_450),
        ("1\u00a0054,50", 105_450),
        ("1\u202f054,50 ₴", 105_450),
        ("1054.5", 105_450),
        ("1,054", 105_400),
        ("1.054,50", 105_450),
        ("1.054.000", 105_400_000),
        ("10,005,534.00", 1_000_553_400),
        ("1'054.50", 105_450),
        ("$1,054.50", 105_450),
        ("1 054,50 руб.", 105_450),
        ("1054 грн", 105_400),
        ("-12000.00", -1_200_000),
        ("−5", -500),
        ("(1,054.50)", -105_450),
        ("0.500", 50),
        (",5", 50),
        ("100000.0000", 10_000_000),
    ],
)
def test_money_is_minor_units(text, expected):
    assert parse_money(text) == expected


@pytest.mark.parametrize(
    ("text", "mark", "decimals", "expected"),
    [
        ("1.054", ",", 2, 105_400),
        ("1.05", ".", 2, 105),
        ("1,054", ",", 3, 1_054),
        ("1054", None, 0, 1_054),
        ("1.5", None, 3, 1_500),
    ],
)
def test_a_told_decimal_mark_and_the_decimals_of_a_currency_decide(text, mark, decimals, expected):
    assert parse_money(text, mark=mark, decimals=decimals) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("abc", "“abc” is no number"),
        ("1,05,4", "“1,05,4” is no number"),
        ("1.2.3,4", "“1.2.3,4” is no number"),
        ("--5", "“--5” is no number"),
        ("1e5", "“1e5” is no number"),
        ("١٢", "“١٢” is no number"),
        ("1.054", '“1.054” may be a thousand or a fraction: tell the decimal mark in the map, as decimal: "."'),
        ("1.2345", "“1.2345” has more than 2 decimals: round it, or tell the decimal mark"),
        ("9" * 30, f"“{'9' * 30}” is too large an amount"),
    ],
)
def test_what_is_no_money_says_why(text, reason):
    problem = parse_money(text)

    assert isinstance(problem, CellProblem)
    assert problem.reason == reason


@given(st.text(max_size=20), st.sampled_from([None, ".", ","]))
def test_any_cell_is_money_or_a_problem(text, mark):
    assert isinstance(parse_money(text, mark=mark), int | CellProblem)


@given(st.integers(-(10**15), 10**15))
def test_money_written_with_groups_is_read_back(minor):
    assert parse_money(f"{Decimal(minor).scaleb(-2):,.2f}") == minor


@pytest.mark.parametrize(
    ("text", "layout", "expected"),
    [
        ("10/20/2016", "m/d/yyyy", datetime(2016, 10, 19, 21, tzinfo=UTC)),
        ("3/1/2017", "m/d/yyyy", datetime(2017, 2, 28, 22, tzinfo=UTC)),
        ("14.06.2026 09:20", None, datetime(2026, 6, 14, 6, 20, tzinfo=UTC)),
        ("2018-02-01 00:00:00", None, datetime(2018, 1, 31, 22, tzinfo=UTC)),
        ("2026-06-01T09:14:58+05:00", None, datetime(2026, 6, 1, 4, 14, 58, tzinfo=UTC)),
        ("2026-06-01T09:14:58Z", None, datetime(2026, 6, 1, 9, 14, 58, tzinfo=UTC)),
        ("25/12/2025", None, datetime(2025, 12, 24, 22, tzinfo=UTC)),
        ("11/1/2019 8:51:12 PM", "m/d/yyyy", datetime(2019, 11, 1, 18, 51, 12, tzinfo=UTC)),
        ("1.2.26", "d.m.yy", datetime(2026, 1, 31, 22, tzinfo=UTC)),
        ("20260614 0920", "%Y%m%d %H%M", datetime(2026, 6, 14, 6, 20, tzinfo=UTC)),
    ],
)
def test_a_moment_is_utc_from_the_zone_it_was_written_in(text, layout, expected):
    assert parse_moment(text, layout=layout, zone=KYIV) == expected


@pytest.mark.parametrize(
    ("text", "layout", "reason"),
    [
        ("3/1/2017", None, "“3/1/2017” may be two dates: tell the order in the map, as date: m/d/yyyy"),
        ("13/13/2017", "m/d/yyyy", "“13/13/2017” is no date as m/d/yyyy"),
        ("soon", None, "“soon” is no date as iso"),
        ("30.02.2026", None, "“30.02.2026” is no date as d.m.yyyy"),
        ("0001-01-01", "iso", "“0001-01-01” is no date as iso"),
    ],
)
def test_what_is_no_date_says_why(text, layout, reason):
    problem = parse_moment(text, layout=layout, zone=KYIV)

    assert isinstance(problem, CellProblem)
    assert problem.reason == reason


@given(st.text(max_size=20), st.sampled_from([None, "iso", "m/d/yyyy", "%d.%m.%Y"]))
def test_any_cell_is_a_moment_or_a_problem(text, layout):
    assert isinstance(parse_moment(text, layout=layout, zone=KYIV), datetime | CellProblem)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["10/20/2016", "3/1/2017"], "m/d/yyyy"),
        (["3/1/2017", "20/10/2016"], "d/m/yyyy"),
        (["3/1/2017"], None),
        (["2018-02-01 00:00:00", ""], "iso"),
        (["14.06.2026 09:20"], "d.m.yyyy"),
        (["soon"], None),
        ([], None),
    ],
)
def test_the_layout_of_dates_is_guessed_only_where_one_reading_fits(cells, expected):
    assert guess_layout(cells) == expected


@pytest.mark.parametrize(
    ("layout", "expected"), [("m/d/yyyy", True), ("%d.%m.%Y", True), ("m/d", False), ("week", False)]
)
def test_a_layout_names_day_month_and_year_once_each(layout, expected):
    assert is_layout(layout) is expected


def test_several_phones_in_a_cell_stand_apart():
    assert parse_phones("050 123-45-67; +49 30 901820, 0501234567", region="UA") == ("+380501234567", "+4930901820")


def test_a_bad_phone_says_what_to_write():
    assert parse_phones("12", region=None) == CellProblem(
        "“12” is no phone number: write it with + and the country code"
    )


def test_several_addresses_in_a_cell_stand_apart():
    assert parse_emails("Ann@example.com; bob@example.com") == ("ann@example.com", "bob@example.com")


def test_a_bad_address_is_named():
    assert parse_emails("ann@") == CellProblem("“ann@” is no e-mail address")


@pytest.mark.parametrize(("text", "expected"), [("Да", True), ("ні", False), ("TRUE", True), (" n ", False)])
def test_yes_and_no_are_known_in_three_languages(text, expected):
    assert parse_boolean(text) is expected


def test_neither_yes_nor_no_is_a_problem():
    assert parse_boolean("maybe") == CellProblem("“maybe” is neither yes nor no")


@pytest.mark.parametrize(
    ("text", "expected"), [("uah", "UAH"), ("грн.", "UAH"), ("$", "USD"), ("Российский рубль", "RUB")]
)
def test_currencies_are_known_by_code_sign_and_name(text, expected):
    assert parse_currency(text) == expected


def test_an_unknown_currency_is_a_problem():
    assert isinstance(parse_currency("coins"), CellProblem)


@pytest.mark.parametrize(("text", "expected"), [("2", Decimal(2)), ("1,5", Decimal("1.5")), ("0.250", Decimal("0.25"))])
def test_a_quantity_may_have_a_fraction(text, expected):
    assert parse_quantity(text) == expected


@pytest.mark.parametrize("text", ["0", "-1", "1.0001", "many"])
def test_nothing_and_less_is_no_quantity(text):
    assert isinstance(parse_quantity(text), CellProblem)


def test_tags_stand_apart_and_count_once():
    assert parse_words("vip, new;vip | north") == ("vip", "new", "north")
