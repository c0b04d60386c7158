"""Amplification up the chain: duplicates, supply lines that are not counted, perceived delays, and forecasts alone."""

from __future__ import annotations

from functools import partial

import numpy as np

from gridsim.games.beer import BENCHMARK, FULL_LINE, MEAN_SUBJECT, STAGES, play
from gridsim.games.duplicate_orders import Estimates, Market, counted, enough, expected_counts, most_profitable, plans
from gridsim.games.order_up_to import amplification
from gridsim.games.study_queue import simulate
from gridsim.games.supply_line import Builder, chase, growth, shortage
from gridsim.theory.registry import Row, case
from gridsim.theory.sampling import mean_over_seeds

CUSTOMERS = 200_000
ARMONY = "Armony & Plambeck 2005, Management Science 51(10):1505-1518"


@case(
    "B1",
    "Duplicate orders bias the estimates of demand and of cancellation upwards",
    f"{ARMONY}; Palm 1957; Garnett, Mandelbaum & Reiman 2002, Manufacturing & Service Operations Management 4(3):208-227",
    "derived",
)
def duplicates() -> list[Row]:
    """Demand 10, eight servers of rate 1, patience 2: orders and cancellations of simulated customers, counted."""

    def line(rng: np.random.Generator) -> tuple[float, float, float]:
        run = simulate(10.0, 1.0, 8, 0.5, CUSTOMERS, rng).summary
        return run.waits, run.leaves, run.queue

    table = {2: (1.869793697, 2.414003426), 3: (2.739587395, 2.885337902), 5: (4.479174789, 3.262405482)}
    whats = (("waiting share", 0.8697936973), ("leaving share", 0.2272184275), ("number waiting", 4.544368549))
    rows = [
        Row(what, float(got), expected, 0.02, relative=True)
        for (what, expected), got in zip(whats, mean_over_seeds(line, 210), strict=True)
    ]
    for k, (demand, cancellation) in table.items():
        market = Market(10.0, 1.0, 0.5, k)
        rate, impatience = mean_over_seeds(partial(counted, market, 8, CUSTOMERS), 210 + k)
        rows.append(Row(f"counted over true demand, {k} orders each", rate / 10.0, demand, 0.02, relative=True))
        rows.append(Row(f"same of cancellation, {k} orders each", impatience / 0.5, cancellation, 0.02, relative=True))
    return rows


@case("B2", "Capacity built for counted orders overshoots, then cycles above what is needed", ARMONY, "derived")
def overbuilding() -> list[Row]:
    """Demand 100, at most 2 % to leave: plans from the orders counted at the capacity of the last plan.

    The planner of profit: patience 10, two orders of each who waits, and 1.05 earned with a customer per cost of a server.
    """
    market = Market(100.0, 1.0, 0.5, 3)
    true = enough(Estimates(market.rate, market.impatience), 1.0, 0.02)
    path = plans(market, 80, 0.02, 12)
    expected = (80, 304, 112, 139, 111, 143, 111, 143, 111, 143, 111, 143, 111)
    rate, impatience = mean_over_seeds(partial(counted, market, 80, CUSTOMERS), 220)
    once = enough(Estimates(float(rate), float(impatience)), 1.0, 0.02)
    profit = Market(100.0, 1.0, 0.1, 2)
    profits = [most_profitable(expected_counts(profit, start), 1.0, 1.05) for start in (100, 120)]
    return [
        Row("servers needed", true, 104, 0.0),
        *(Row(f"plan {i}", got, plan, 0.0) for i, (got, plan) in enumerate(zip(path, expected, strict=True))),
        Row("first plan from sampled estimates", once, 304, 2.0),
        Row("first plan over what is needed", path[1] / true, 2.923076923, 1e-8),
        Row("low of the cycle over what is needed", min(path[-2:]) / true, 1.067307692, 1e-8),
        Row("high of the cycle over what is needed", max(path[-2:]) / true, 1.375, 1e-8),
        Row("most profitable servers", most_profitable(Estimates(100.0, 0.1), 1.0, 1.05), 93, 0.0),
        Row("servers planned for profit from 100, all waiting", profits[0], 149, 0.0),
        Row("servers planned for profit from 120, few waiting", profits[1], 72, 0.0),
    ]


@case(
    "B3",
    "The beer game: benchmark costs, and the rule of the mean subject",
    "Sterman 1989, Management Science 35(3):321-339; replication of Edali & Yasarcan 2014, JASSS 17(4)2",
    "published",
)
def beer() -> list[Row]:
    """Cost by stage with the optimal rule, to the dollar; orders grow up the chain with the mean rule."""
    best, mean, full = play(BENCHMARK), play(MEAN_SUBJECT), play(FULL_LINE)
    rows = [
        Row(f"cost of the {stage}, optimal rule", float(cost), expected, 0.0)
        for stage, cost, expected in zip(STAGES, best.cost, (46.0, 50.0, 54.0, 54.0), strict=True)
    ]
    rows.append(Row("cost of the team, optimal rule", float(best.cost.sum()), 204.0, 0.0))
    costs = (280.268006, 627.4080233, 885.6266849, 686.1749142)
    peaks = (10.99222265, 16.47844374, 25.11838153, 30.7911672)
    full_peaks = (9.077760134, 10.08761944, 11.08364113, 12.10163274)
    for i, stage in enumerate(STAGES):
        rows += [
            Row(f"cost of the {stage}, mean rule", float(mean.cost[i]), costs[i], 1e-6),
            Row(f"largest order of the {stage}, mean rule", float(mean.peak[i]), peaks[i], 1e-7),
            Row(f"same, supply line in full, {stage}", float(full.peak[i]), full_peaks[i], 1e-7),
        ]
    rows.append(Row("cost of the team, mean rule", float(mean.cost.sum()), 2479.477628, 1e-5))
    rows.append(Row("cost of the team, supply line in full", float(full.cost.sum()), 642.9231211, 1e-6))
    return rows


@case(
    "B4",
    "Phantom orders: a supply line wanted in proportion to the perceived delay",
    "Sterman 2000, Business Dynamics, chapters 17-18; Goncalves 2018, System Dynamics Review 34(3-4); Sterman & "
    "Dogan 2015, Journal of Operations Management 39-40:6-22",
    "derived",
)
def phantom_orders() -> list[Row]:
    """Demand a quarter above a fixed capacity: the line, apparent demand, and the rate at which they grow."""
    at_once = shortage(1.25, 1.0, 1.0, 0.0, 1.0, 40.0)
    lagged = shortage(1.25, 1.0, 1.0, 0.5, 1.0, 60.0)
    orders, line, _ = at_once.at(4.0)
    slow = growth(lagged, 50.0, 60.0)
    return [
        Row("supply line after 4", line, 4.436563657, 1e-6),
        Row("orders over demand after 4", orders / 1.25, 1.887312731, 1e-6),
        Row("growth rate, delay seen at once", growth(at_once, 35.0, 40.0), 0.25, 1e-4),
        Row("growth rate, delay seen with a lag", slow, 0.1583123952, 1e-4),
        Row("time to double, delay seen with a lag", float(np.log(2.0)) / slow, 4.378350664, 2e-3),
    ]


@case(
    "B5",
    "Boom and bust: one step of demand, and capacity that chases the backlog",
    "structure of Goncalves 2018, System Dynamics Review 34(3-4); equations and numbers are our own",
    "derived",
)
def boom_and_bust() -> list[Row]:
    """Demand rises by a quarter, once: orders jump, capacity overshoots, orders fall below demand."""
    path = chase(Builder(0.5, 2.0, 0.5, 0.25, 1.0), 1.0, 1.25, at=1.0)
    top = int(np.argmax(path.capacity))
    return [
        Row("peak of orders over demand", float(np.max(path.orders)) / 1.25, 1.399980148, 1e-4),
        Row("peak of the backlog", float(np.max(path.line)), 1.578255367, 1e-5),
        Row("peak of capacity over demand", float(path.capacity[top]) / 1.25, 1.106310713, 1e-5),
        Row("time of the peak of capacity", float(path.time[top]), 4.3668455, 0.01),
        Row("trough of orders over demand", float(np.min(path.orders)) / 1.25, 0.9458834244, 1e-4),
        Row("capacity in the end", float(path.capacity[-1]), 1.249712543, 1e-3),
    ]


@case(
    "B6",
    "Amplification by forecasts alone, with nobody gaming",
    "Chen, Drezner, Ryan & Simchi-Levi 2000, Management Science 46(3):436-443; Lee, Padmanabhan & Whang 1997, Management "
    "Science 43(4):546-558",
    "published formula",
)
def forecasts() -> list[Row]:
    """Variance of orders over variance of demand, one layer and two, by lead time and memory: what gaming must exceed."""
    rows = []
    for (lead, periods), expected in {(2, 5): (2.12, 5.1216), (4, 5): (3.88, 19.2016), (4, 10): (2.12, 5.1216)}.items():
        got = mean_over_seeds(partial(amplification, lead, periods, 2, 100_000), 260 + lead + periods)
        for layers, (ratio, number) in enumerate(zip(got, expected, strict=True), 1):
            what = f"amplification by {layers} layers, lead time {lead}, mean of {periods}"
            rows.append(Row(what, float(ratio), number, 0.01, relative=True))
    return rows
