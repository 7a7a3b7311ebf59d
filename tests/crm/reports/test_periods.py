"""Named stretches of days."""

from datetime import date

import pytest

from crm.reports.periods import MOST_MONTHS, PERIODS, Days, days_of, months_between


@pytest.mark.parametrize(
    ("period", "today", "days"),
    [
        ("all", "2026-03-05", ".."),
        ("today", "2026-03-05", "2026-03-05..2026-03-05"),
        ("this-week", "2026-03-01", "2026-02-23..2026-03-01"),
        ("this-month", "2026-12-31", "2026-12-01..2026-12-31"),
        ("last-month", "2026-01-31", "2025-12-01..2025-12-31"),
        ("this-quarter", "2026-05-31", "2026-04-01..2026-06-30"),
        ("last-quarter", "2026-02-28", "2025-10-01..2025-12-31"),
        ("this-year", "2028-02-29", "2028-01-01..2028-12-31"),
        ("last-year", "2028-02-29", "2027-01-01..2027-12-31"),
        ("last-30d", "2026-03-05", "2026-02-04..2026-03-05"),
        ("last-90d", "2026-03-05", "2025-12-06..2026-03-05"),
        ("last-365d", "2026-03-05", "2025-03-06..2026-03-05"),
    ],
)
def test_a_period_is_these_days(period, today, days):
    assert str(days_of(period, date.fromisoformat(today))) == days


def test_a_chosen_period_may_lack_an_end():
    assert str(days_of("chosen", date(2026, 3, 5), since=date(2026, 1, 1))) == "2026-01-01.."
    assert str(days_of("chosen", date(2026, 3, 5), until=date(2026, 1, 1))) == "..2026-01-01"
    assert days_of("chosen", date(2026, 3, 5)) == Days()


def test_months_are_whole_and_in_order():
    found = [f"{one}..{other}" for one, other in months_between(date(2025, 12, 31), date(2026, 2, 1))]

    assert found == ["2025-12-01..2025-12-31", "2026-01-01..2026-01-31", "2026-02-01..2026-02-28"]
    assert len(months_between(date(1, 1, 1), date(2026, 1, 1))) == MOST_MONTHS


def test_each_period_that_is_offered_is_known():
    narrow = [one for one in PERIODS if not days_of(one, date(2026, 3, 5)).is_all]

    assert set(PERIODS) - set(narrow) == {"all", "chosen"}
