"""Start a run when a deal is won."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field, model_validator

from engine.block import Trigger
from engine.event import Event
from engine.setting import Currency, Money, PlanKey
from engine.text import _l


class DealWon(Trigger):
    """Start a run when a deal is won, on any plan or on one, from an amount on.

    Amounts are in minor units and compare within one currency only.  The run leaves through ``next``.
    """

    key: ClassVar = "trigger.deal_won"
    title: ClassVar = _l("Deal won")
    about: ClassVar = _l("Starts when a deal is closed as won")
    kinds: ClassVar = frozenset({"deal.won"})

    plan: PlanKey | None = Field(
        default=None, title=_l("Sales plan"), description=_l("Only deals of this plan; empty means any")
    )
    amount_at_least: Money | None = Field(
        default=None, title=_l("Amount from"), description=_l("Only deals of this amount or more; needs a currency")
    )
    currency: Currency | None = Field(
        default=None, title=_l("Currency"), description=_l("Only deals in this currency; empty means any")
    )

    @model_validator(mode="after")
    def _has_currency(self) -> Self:
        if self.amount_at_least is not None and self.currency is None:
            raise ValueError(_l("an amount needs its currency"))
        return self

    def accepts(self, event: Event) -> str | None:
        data = event.data
        if self.plan is not None and data.get("plan") != self.plan:
            return _l("the sales plan is {plan}", plan=data.get("plan"))
        if self.currency is not None and data.get("currency") != self.currency:
            return _l("the currency is {currency}", currency=data.get("currency"))
        amount = data.get("amount")
        if self.amount_at_least is not None and not (isinstance(amount, int) and amount >= self.amount_at_least):
            return _l("the amount is {amount}, less than {least}", amount=amount, least=self.amount_at_least)
        return None
