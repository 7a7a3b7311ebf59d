import pytest
from pydantic import ValidationError

from blocks.trigger_deal_won import DealWon
from tests.blocks.asking import event

USD = {"currency": "USD"}


@pytest.mark.parametrize(
    ("settings", "refusal"),
    [
        ({}, None),
        ({"plan": "b2b"}, None),
        ({"plan": "retail"}, "the sales plan is b2b"),
        (USD, None),
        ({"currency": "EUR"}, "the currency is USD"),
        ({"amount_at_least": 100_00, **USD}, None),
        ({"amount_at_least": 100_01, **USD}, "the amount is 10000, less than 10001"),
    ],
)
def test_it_takes_the_deals_it_was_set_to(settings, refusal):
    won = event("deal.won", plan="b2b", stage="won", amount=100_00, currency="USD")

    assert DealWon(**settings).accepts(won) == refusal


def test_a_deal_without_amount_is_below_any():
    won = event("deal.won", plan="b2b", amount=None, currency="USD")

    assert DealWon(amount_at_least=0, **USD).accepts(won) == "the amount is None, less than 0"


def test_an_amount_needs_its_currency():
    with pytest.raises(ValidationError, match="an amount needs its currency"):
        DealWon(amount_at_least=5)
