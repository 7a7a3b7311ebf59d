from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.template import parse
from engine.template_filters import FILTERS, PLAIN, Style, shown

MOMENT = datetime(2026, 3, 5, 7, 8, 9, tzinfo=UTC)
KYIV = Style(zone=ZoneInfo("Europe/Kyiv"))
AMERICAN = Style(date_pattern="M/d/yy", decimal_mark=".", group_mark=",", yes="да")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("Її", "Її"),
        (True, "yes"),
        (False, "no"),
        (7, "7"),
        (0.5, "0,5"),
        (Decimal("1.50"), "1,50"),
        (date(2026, 3, 5), "05.03.2026"),
        (MOMENT, "05.03.2026 07:08"),
        (frozenset({"vip", "hot"}), "hot, vip"),
        ((2, "a", None), "2, a, "),
    ],
)
def test_a_value_is_shown_as_people_read_it(value, text):
    assert shown(value, PLAIN) == text


def test_the_style_decides_on_zone_patterns_and_marks():
    assert shown(MOMENT, KYIV) == "05.03.2026 09:08"  # UTC+2
    assert shown(date(2026, 3, 5), AMERICAN) == "3/5/26"
    assert shown(0.5, AMERICAN) == "0.5"
    assert shown(True, AMERICAN) == "да"


@pytest.mark.parametrize(
    ("filters", "value", "text"),
    [
        ("upper", "їжак", "ЇЖАК"),
        ("lower", "ЇЖАК", "їжак"),
        ("title", "o'neil's БІГ дня", "O'neil's Біг Дня"),
        ("capital", "привіт Світ", "Привіт Світ"),
        ("trim", "  a b ", "a b"),
        ("first_name", "Олена Ковальчук", "Олена"),
        ("first_name", None, ""),
        ("truncate:5", "abcde", "abcde"),
        ("truncate:5", "abcdef", "abcd…"),
        ("truncate:4", "ab cdef", "ab…"),
        ("truncate:0", "ab", ""),
        ("default:'x'", None, "x"),
        ("default:'x'", "", "x"),
        ("default:'x'", frozenset(), "x"),
        ("default:'x'", 0, "0"),
        ("join:'; '", ("b", "a"), "b; a"),
        ("join:'; '", frozenset({"b", "a"}), "a; b"),
        ("join:'; '", "ab", "ab"),
        ("date", MOMENT, "05.03.2026"),
        ("date:'yyyy-MM-dd HH:mm:ss'", MOMENT, "2026-03-05 07:08:09"),
        ("date:'d.M.yy H'", MOMENT, "5.3.26 7"),
        ("date:'HH:mm'", date(2026, 3, 5), "00:00"),
        ("date", "soon", "soon"),
        ("time", MOMENT, "07:08"),
        ("time:'H'", MOMENT, "7"),
        ("money", 123_456, "1\u00a0234,56"),
        ("money", -5, "-0,05"),
        ("money:0", 1234, "1\u00a0234"),
        ("money:3", 1234, "1,234"),
        ("money", "12", "12"),
        ("money", True, "yes"),
        ("number", 1_234_567, "1\u00a0234\u00a0567"),
        ("number:2", 1234.5, "1\u00a0234,50"),
        ("number:0", Decimal("2.5"), "2"),  # half to even
        ("number", Decimal("0.1"), "0,1"),
        ("number", "many", "many"),
        ("number", True, "yes"),
        ("money|default:'free'", None, "free"),
    ],
)
def test_a_filter_changes_a_value(filters, value, text):
    assert parse(f"{{v|{filters}}}").render({"v": value}.get) == text


anything = st.one_of(
    st.none(),
    st.text(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.frozensets(st.text()),
    st.tuples(st.integers()),
)


@given(anything, st.sampled_from(sorted(FILTERS)))
def test_a_filter_takes_any_value_without_an_error(value, name):
    argument = {"truncate": ":3", "default": ":'x'", "join": ":'x'"}.get(name, "")

    assert isinstance(parse(f"{{v|{name}{argument}}}").render({"v": value}.get), str)
