"""Developers: they file to sell their positions, and need no power."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .applicants import Applicant
from .choices import entry_return
from .consumers import Consumer
from .requests import Request

if TYPE_CHECKING:
    from .market import PowerMarket

FIRST_SALE_BELIEF = 0.5


class Developer(Applicant):
    """A developer: it files to sell, and needs nothing."""

    kind = "developer"
    speculates = True

    def __init__(self, model: PowerMarket, name: str, profile: Any) -> None:
        super().__init__(model, name, profile)
        self.sale_belief = FIRST_SALE_BELIEF

    def plan(self, t: int) -> None:
        """Ask for new positions by their expected return on cost, within its means."""
        rules, costs = self.model.rules, self.model.filing_costs
        self.ask_mw = 0.0
        if not rules.speculation or self.open_positions >= rules.positions_max:
            return
        years = max(self.believed_study, 1.0) / 12.0
        worth = rules.resale_share * rules.value_usd_per_mw * self.premium
        gain = entry_return(rules, costs, self.approval_belief * self.sale_belief, worth, years)
        self.ask_mw = min(rules.entry_rate * max(0.0, gain), float(rules.filings_max)) * rules.size_mean_mw

    @property
    def premium(self) -> float:
        """Share of the value of a position that scarcity lets it ask for."""
        return max(0.0, 1.0 - 1.0 / max(self.scarcity, 1.0))

    def accept(self, request: Request, t: int) -> bool:
        """Sell the position, and the buyer signs; else wait, and at last let the offer expire."""
        rules = self.model.rules
        if self.verdict(request):
            return self.model.leave(request)
        buyer = self.find_buyer(0.5 * request.mw)
        if buyer is None and t < request.decide_by:
            return True
        self.sale_belief += rules.belief_gain * ((0.0 if buyer is None else 1.0) - self.sale_belief)
        if buyer is None:
            return self.model.leave(request)
        price = rules.resale_share * rules.value_usd_per_mw * self.premium * request.mw
        self.model.pay(buyer, self, price + request.deposit_usd, "resale")
        request.holder = buyer
        buyer.sign(request, t)
        return False

    def find_buyer(self, room_mw: float) -> Consumer | None:
        """Who has the largest need not yet signed for, and at least so much."""
        buyer = None
        for consumer in self.model.consumers:
            if consumer.room_mw >= room_mw:
                buyer, room_mw = consumer, consumer.room_mw
        return buyer
