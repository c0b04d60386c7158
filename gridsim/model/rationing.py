"""The allocation rules: from signals and a capacity to an allocation. The only ones in the package.

Every market layer is the same rationing game. Claimant i sends a signal z_i >= 0 (MW asked, GPUs ordered, money bid); a
rule turns the signals and the capacity K into the allocation a_i. Common to all rules: sum(a) <= K; who asks for
nothing gets nothing (but see ``full_use``); no rule looks at the order of the rows, and where a rule ranks claimants,
equals share by the uniform rule. Unless a rule says otherwise nobody gets more than asked, and if K covers all signals
everyone gets theirs. All hold up to rounding; sums run in row order.

Compiled kernels, one per rule, write the allocation in place and check nothing; `ration` picks one by its number, for
other kernels, and `gridsim.allocate` checks and is the way in from Python. What a rule ranks by goes into the scratch it
is given (`gridsim.model.sorting`). A deposit, a minimum take or a readiness test screens claimants before any rule.
"""

from __future__ import annotations

import numpy as np

from gridsim.model.compiling import entry, process, step
from gridsim.model.fleets import Market
from gridsim.model.group import F
from gridsim.model.sorting import Ranking, put_in_order, rank_rows


@process
def _total(amounts: F) -> float:
    total = 0.0
    for amount in amounts:
        total += amount
    return total


@process
def _copy(signals: F, allocation: F) -> None:
    for i in range(signals.size):
        allocation[i] = signals[i]


@process
def _rank_all(values: F, sign: float, ranking: Ranking) -> None:
    """Rank all claimants by sign * value."""
    for i in range(values.size):
        ranking.keys[i], ranking.rows[i] = sign * values[i], i
    put_in_order(ranking, 0, values.size)


@process
def proportional(signals: F, capacity: float, allocation: F) -> None:
    """Everyone gets the same share of the signal: a_i = z_i min(1, K / sum z).

    Cachon & Lariviere 1999 (Management Science 45(8):1091-1108). Asking more always gets more, so that claims inflate
    under shortage; common inflation changes nothing.
    """
    total = _total(signals)
    fill = 1.0 if total <= capacity else capacity / total
    for i in range(signals.size):
        allocation[i] = signals[i] * fill


@process
def linear(signals: F, capacity: float, allocation: F, ranking: Ranking) -> None:
    """Everyone loses the same amount: a_i = max(0, z_i - c) with c >= 0 such that sum a = min(K, sum z).

    Cachon & Lariviere 1999 (Management Science 45(8):1091-1108); constrained equal losses in Aumann & Maschler 1985
    (Journal of Economic Theory 36:195-213). Claims below the cut c get nothing and leave the sum. Computed from gaps to
    the largest claim, so that a small capacity is not lost in the rounding of large signals.
    """
    if _total(signals) <= capacity:
        _copy(signals, allocation)
        return
    _rank_all(signals, -1.0, ranking)
    order = ranking.rows
    largest = signals[order[0]]
    highest = capacity  # what the largest claim gets: (K + sum of gaps) / n over the n claims above the cut
    gaps = 0.0
    for n in range(1, signals.size):
        gap = largest - signals[order[n]]
        if gap >= highest:
            break
        gaps += gap
        highest = (capacity + gaps) / (n + 1)
    for i in range(signals.size):
        allocation[i] = min(signals[i], max(0.0, highest - (largest - signals[i])))


@process
def uniform(signals: F, capacity: float, full_use: bool, allocation: F, ranking: Ranking) -> None:
    """One cap for all: a_i = min(z_i, L) with sum a = min(K, sum z).

    Sprumont 1991 (Econometrica 59(2):509-519); constrained equal awards. The only anonymous, efficient rule under which
    the truth is a dominant strategy. With ``full_use`` the rule is Sprumont's also when K exceeds the signals, where
    everything must be taken: a_i = max(z_i, L) with sum a = K, more than asked even for those who asked for nothing.
    """
    shortage = _total(signals) > capacity
    if not shortage and not full_use:
        _copy(signals, allocation)
        return
    _rank_all(signals, 1.0 if shortage else -1.0, ranking)
    left = capacity
    level = 0.0
    for n in range(signals.size):
        signal = signals[ranking.rows[n]]
        level = left / (signals.size - n)
        if (signal > level) if shortage else (signal < level):
            break
        left -= signal
    for i in range(signals.size):
        allocation[i] = min(signals[i], level) if shortage else max(signals[i], level)


@process
def _share_turn(left: float, start: int, stop: int, allocation: F, ranking: Ranking) -> float:
    """Share what is left among those ranked start .. stop - 1 by the uniform rule; returns what is left then.

    What they want stands in ``allocation``.
    """
    wanted = 0.0
    for k in range(start, stop):
        wanted += allocation[ranking.rows[k]]
    if wanted <= left:
        return left - wanted
    for k in range(start, stop):
        ranking.keys[k] = allocation[ranking.rows[k]]
    put_in_order(ranking, start, stop)
    level = 0.0
    for k in range(start, stop):
        level = left / (stop - k)
        if ranking.keys[k] > level:
            break
        left -= ranking.keys[k]
    for k in range(start, stop):
        allocation[ranking.rows[k]] = min(ranking.keys[k], level)
    return 0.0


@process
def _serve_in_order(turns: F, sign: float, capacity: float, allocation: F, ranking: Ranking) -> None:
    """Give the amounts that stand in ``allocation``, lowest sign * turn first, until nothing is left.

    Equal turns share by the uniform rule; in proportion to the amounts would reward asking for more.
    """
    _rank_all(turns, sign, ranking)
    left = capacity
    start = 0
    while start < turns.size:
        turn = turns[ranking.rows[start]]
        stop = start + 1
        while stop < turns.size and turns[ranking.rows[stop]] == turn:
            stop += 1
        left = _share_turn(left, start, stop, allocation, ranking)
        start = stop


@process
def lexicographic(signals: F, capacity: float, priority: F, allocation: F, ranking: Ranking) -> None:
    """Serve claimants in an order fixed beforehand: a_i = min(z_i, K - sum of a_j served before i).

    Cachon & Lariviere 1999 (Management Science 45(8):1091-1108): as the order does not depend on the signals, the truth
    is a dominant strategy. ``priority`` 0 comes before 1.
    """
    _copy(signals, allocation)
    _serve_in_order(priority, 1.0, capacity, allocation, ranking)


@process
def first_come(signals: F, capacity: float, filed: F, allocation: F, ranking: Ranking) -> None:
    """Serve claimants in the order of filing: the equation of `lexicographic` with ``filed``, the time of filing.

    The serial process of interconnection queues under FERC Order 2003 (2003). The claimant chooses the time, so gaming
    moves from quantity to early, speculative filing (FERC Order 2023 replaced it by cluster studies).
    """
    lexicographic(signals, capacity, filed, allocation, ranking)


@process
def turn_and_earn(signals: F, capacity: float, past_use: F, allocation: F, ranking: Ranking) -> None:
    """Share by past use: a_i = min(z_i, L u_i) with sum a = min(K, sum z); what one does not ask for, the others share.

    Cachon & Lariviere 1999 (Management Science 45(5):685-703); Lu & Lariviere 2012 (Manufacturing & Service Operations
    Management 14(4):581-598). It rewards useless use today. Who has used nothing waits for all who have, then shares
    the rest by the `uniform` rule (the limit of equal, vanishing records).
    """
    _copy(signals, allocation)
    if _total(signals) <= capacity:
        return
    order, record_from = ranking.rows, ranking.keys
    for i in range(signals.size):
        ranking.keys[i] = signals[i] / past_use[i] if past_use[i] > 0.0 else np.inf
    rank_rows(ranking, signals.size)
    used = 0  # how many have a record; they come first
    while used < signals.size and past_use[order[used]] > 0.0:
        used += 1
    for n in range(used - 1, -1, -1):  # past use of this claimant and all after; a sum, as differences cancel
        record_from[n] = past_use[order[n]] + (record_from[n + 1] if n + 1 < used else 0.0)
    left = capacity
    first = 0
    while first < used and signals[order[first]] <= left * (past_use[order[first]] / record_from[first]):
        left -= signals[order[first]]
        first += 1
    for n in range(first, used):
        allocation[order[n]] = min(signals[order[n]], left * (past_use[order[n]] / record_from[first]))
    _share_turn(left if first == used else 0.0, used, signals.size, allocation, ranking)


@process
def rank(signals: F, capacity: float, prize: float, allocation: F, ranking: Ranking) -> None:
    """Highest signal first: a_i = min(z_i, K - sum of a_j with z_j > z_i); equal signals share equally.

    With a ``prize`` > 0 each winner gets that amount, whatever the signal: the all-pay contest of Hillman & Riley 1989
    (Economics & Politics 1:17-39) for K / prize places. Then a claimant may get more than the signal, and what exceeds
    one prize for each positive signal is not given out.
    """
    _copy(signals, allocation)
    if prize > 0.0:
        for i in range(signals.size):
            allocation[i] = prize if signals[i] > 0.0 else 0.0
    _serve_in_order(signals, -1.0, capacity, allocation, ranking)


@process
def kelly(signals: F, capacity: float, allocation: F) -> None:
    """Share all capacity in proportion to the bids: a_i = K z_i / sum z; nothing if nobody bids.

    Kelly 1997 (European Transactions on Telecommunications 8:33-37): with payments z_i the price is sum z / K. Johari &
    Tsitsiklis 2004 (Mathematics of Operations Research 29(3):407-435) bound the loss of efficiency at one quarter. A
    bid is no quantity: a claimant may get more than needed, and common inflation changes nothing.
    """
    total = _total(signals)
    for i in range(signals.size):
        allocation[i] = capacity * (signals[i] / total) if total > 0.0 else 0.0


@process
def uniform_price(signals: F, capacity: float, bids: F, reserve_price: float, allocation: F, ranking: Ranking) -> float:
    """Sealed-bid uniform-price auction of z_i units at bid b_i each; returns the price that all winners pay.

    Highest bids first, none below the reserve price: a_i = min(z_i, K - sum of a_j with b_j > b_i). The price is the
    highest bid not served in full, at least the reserve price: the lowest price at which demand fits.
    Vickrey 1961 (Journal of Finance 16(1):8-37); with several units a bidder gains by shading the quantity (Ausubel et
    al. 2014, Review of Economic Studies 81:1366-1400).
    """
    for i in range(signals.size):
        allocation[i] = signals[i] if bids[i] >= reserve_price else 0.0
    _serve_in_order(bids, -1.0, capacity, allocation, ranking)
    price = reserve_price
    for i in range(signals.size):
        if bids[i] >= reserve_price and allocation[i] < signals[i]:
            price = max(price, bids[i])
    return price


PROPORTIONAL, LINEAR, UNIFORM, LEXICOGRAPHIC, FIRST_COME, TURN_AND_EARN, RANK, KELLY, UNIFORM_PRICE = range(9)


@process
def ration(rule: int, signals: F, capacity: float, column: F, setting: float, allocation: F, ranking: Ranking) -> float:
    """Write the allocation of a rule, by its number; returns the price that winners pay (0 if the rule has none).

    ``column`` is the one column beside the signals that some rules need, ``setting`` the one number.
    """
    price = 0.0
    if rule == PROPORTIONAL:
        proportional(signals, capacity, allocation)
    elif rule == LINEAR:
        linear(signals, capacity, allocation, ranking)
    elif rule == UNIFORM:
        uniform(signals, capacity, setting > 0.0, allocation, ranking)
    elif rule == LEXICOGRAPHIC:
        lexicographic(signals, capacity, column, allocation, ranking)
    elif rule == FIRST_COME:
        first_come(signals, capacity, column, allocation, ranking)
    elif rule == TURN_AND_EARN:
        turn_and_earn(signals, capacity, column, allocation, ranking)
    elif rule == RANK:
        rank(signals, capacity, setting, allocation, ranking)
    elif rule == KELLY:
        kelly(signals, capacity, allocation)
    else:
        price = uniform_price(signals, capacity, column, setting, allocation, ranking)
    return price


@step
def share(market: Market, rule: int, n: int, capacity: float) -> None:
    """Write what the first n in the scratch of a market are granted; rules that look at a record take the market's."""
    ration(
        rule,
        market.signals[:n],
        capacity,
        market.record[:n],
        0.0,
        market.granted[:n],
        Ranking(market.keys[:n], market.rows[:n]),
    )


@entry
def ration_now(
    rule: int, signals: F, capacity: float, column: F, setting: float, allocation: F, ranking: Ranking
) -> float:
    """`ration`, for calls from Python."""
    return ration(rule, signals, capacity, column, setting, allocation, ranking)
