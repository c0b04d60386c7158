"""Capacity held so that others do not have it: raised costs, pre-emption by bid, by commitment, and by being early."""

from __future__ import annotations

from gridsim.games.duopoly import Entry, Overbuying, ascending_auction, values_of_entry
from gridsim.games.preemption import Race, dates
from gridsim.theory.registry import Row, case


@case(
    "D1",
    "Buying input to raise a rival's costs",
    "Salop & Scheffman 1983, American Economic Review 73(2):267-271, and 1987, Journal of Industrial Economics 36(1):19-34",
    "derived",
)
def raised_costs() -> list[Row]:
    """Idle input bought by a firm that foresees the rival's reply, found by search over iterated best replies."""
    firm = Overbuying(9.0, 0.5, 0.5, 0.5)
    idle = firm.best_idle()
    before, after = firm.market(0.0), firm.market(idle)
    low, high = 0.0, 5.0
    for _ in range(40):
        price = 0.5 * (low + high)
        low, high = (price, high) if firm._replace(price=price).best_idle() > 1e-6 else (low, price)
    return [
        Row("idle input", idle, 1.125, 1e-5),
        Row("idle input of a firm that takes prices as they are", firm.best_idle(foresees=False), 0.0, 1e-9),
        Row("profit gained", firm.gain(idle) - firm.gain(0.0), 0.28125, 1e-8),
        Row("rival's output before", float(before.quantities[1]), 3.0, 1e-9),
        Row("rival's output after", float(after.quantities[1]), 2.625, 1e-5),
        Row("rise of the price", after.price - before.price, 0.1875, 1e-5),
        Row("price of input above which none is bought", high, 1.0, 1e-3),
    ]


@case(
    "D2",
    "An incumbent outbids an entrant for a block that it leaves idle; several incumbents do not",
    "Gilbert & Newbery 1982, American Economic Review 72(3):514-526",
    "published formula",
)
def outbidding() -> list[Row]:
    """Values from iterated competition with and without the entrant, and an ascending auction between the two."""
    incumbent, entrant = values_of_entry(3.0, 1)
    auction = ascending_auction(3.0, 0.001)
    rows = [
        Row("worth to the incumbent", incumbent, 1.25, 1e-7),
        Row("worth to the entrant", entrant, 1.0, 1e-7),
        Row("the incumbent wins", float(auction.incumbent_wins), 1.0, 0.0),
        Row("price of the auction", auction.price, 1.0, 0.002),
    ]
    for firms, expected in ((1, 1.25), (2, 0.7777777778), (3, 0.5625), (5, 0.3611111111)):
        blocking, entering = values_of_entry(3.0, firms)
        rows.append(Row(f"worth of blocking over entering, {firms} incumbents", blocking / entering, expected, 1e-7))
    return rows


@case(
    "D3",
    "Capacity sunk before a rival decides on entry deters it, and is used in full",
    "Dixit 1980, Economic Journal 90(357):95-106; idle capacity with other demand in Bulow, Geanakoplos & Klemperer 1985, "
    "Economic Journal 95(377):178-182",
    "published formula",
)
def commitment() -> list[Row]:
    """P = 10 - Q, cost of production 1 and of capacity 3: the best of a grid of capacities, by the cost of entry."""
    low, high = Entry(10.0, 1.0, 3.0, 2.5).credible()
    rows = [
        Row("least credible output", low, 2.0, 1e-9),
        Row("largest credible output", high, 4.0, 1e-9),
    ]
    table = ((0.5625, 3.0, 4.5, True), (1.21, 3.8, 8.36, False), (2.5, 3.0, 9.0, False))
    for fixed, capacity, profit, entry in table:
        best = Entry(10.0, 1.0, 3.0, fixed).best(2001)
        rows += [
            Row(f"capacity at cost of entry {fixed:g}", best.capacity, capacity, 0.02),
            Row(f"profit at cost of entry {fixed:g}", best.profit, profit, 0.002),
            Row(f"entry at cost of entry {fixed:g}", float(best.entry), float(entry), 0.0),
            Row(f"idle share at cost of entry {fixed:g}", best.idle, 0.0, 1e-6),
        ]
    return rows


@case(
    "D4",
    "The race to be first: capacity secured too early",
    "Fudenberg & Tirole 1985, Review of Economic Studies 52(3):383-401",
    "published model",
)
def race() -> list[Row]:
    """Interest 0.1, cost 30 falling at 0.2 a year, earnings 2 alone and 1 together; the game on a grid of time."""
    found = dates(Race(0.1, 0.2, 30.0, 2.0, 1.0))
    return [
        Row("date of the first", found.first, 5.156774596, 0.002),
        Row("date of one with nobody to fear", found.unpressured, 7.520386984, 0.002),
        Row("date of the second", found.second, 10.98612289, 0.002),
        Row("worth of being first", found.value_first, 2.222222222, 0.002),
        Row("worth of being second", found.value_second, 2.222222222, 0.002),
        Row("years too early", found.unpressured - found.first, 2.363612387, 0.003),
    ]
