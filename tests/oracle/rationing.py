"""The allocation rules a second time: slow, obvious Python on lists. The compiled ones must equal them bit for bit.

Each rule takes (signals, capacity) and its options by name, and returns the list of allocations. Sums are taken in row
order with plain additions (the built-in `sum` compensates since Python 3.12).
"""

import math


def total(amounts):
    result = 0.0
    for amount in amounts:
        result += amount
    return result


def rows_by(key):
    """Row numbers in ascending order of key, equal keys in row order."""
    return sorted(range(len(key)), key=lambda i: key[i])


def proportional(signals, capacity):
    if total(signals) <= capacity:
        return list(signals)
    fill = capacity / total(signals)
    return [signal * fill for signal in signals]


def linear(signals, capacity):
    if total(signals) <= capacity:
        return list(signals)
    gaps = [max(signals) - signal for signal in signals]
    rows = rows_by(gaps)
    members = 1
    while members < len(rows):
        highest = (capacity + total(gaps[i] for i in rows[:members])) / members
        if gaps[rows[members]] >= highest:
            break
        members += 1
    highest = (capacity + total(gaps[i] for i in rows[:members])) / members
    return [min(signal, max(0.0, highest - gap)) for signal, gap in zip(signals, gaps, strict=True)]


def uniform(signals, capacity, full_use=False):
    if total(signals) > capacity:
        rows, enough, bound = rows_by(signals), (lambda signal, level: signal <= level), min
    elif full_use:
        rows, enough, bound = rows_by([-signal for signal in signals]), (lambda signal, level: signal >= level), max
    else:
        return list(signals)
    left = capacity
    level = 0.0
    for served, i in enumerate(rows):
        level = left / (len(rows) - served)
        if not enough(signals[i], level):
            break
        left -= signals[i]
    return [bound(signal, level) for signal in signals]


def in_order(wanted, turn, capacity):
    allocation = [0.0] * len(wanted)
    left = capacity
    for now in sorted(set(turn)):
        equals = [i for i in range(len(turn)) if turn[i] == now]
        for i, share in zip(equals, uniform([wanted[i] for i in equals], left), strict=True):
            allocation[i] = share
        left = max(0.0, left - total(wanted[i] for i in equals))
    return allocation


def lexicographic(signals, capacity, priority):
    return in_order(signals, priority, capacity)


def first_come(signals, capacity, filed):
    return in_order(signals, filed, capacity)


def turn_and_earn(signals, capacity, past_use):
    if total(signals) <= capacity:
        return list(signals)
    known = [i for i in range(len(signals)) if past_use[i] > 0.0]
    new = [i for i in range(len(signals)) if past_use[i] == 0.0]
    known.sort(key=lambda i: signals[i] / past_use[i])
    allocation = [0.0] * len(signals)
    left = capacity
    while known:
        records = total(past_use[i] for i in reversed(known))
        if signals[known[0]] > left * (past_use[known[0]] / records):
            for i in known:
                allocation[i] = min(signals[i], left * (past_use[i] / records))
            return allocation
        first = known.pop(0)
        allocation[first] = signals[first]
        left -= signals[first]
    for i, share in zip(new, uniform([signals[i] for i in new], left), strict=True):
        allocation[i] = share
    return allocation


def rank(signals, capacity, prize=0.0):
    wanted = [prize if signal > 0.0 else 0.0 for signal in signals] if prize > 0.0 else signals
    return in_order(wanted, [-signal for signal in signals], capacity)


def kelly(signals, capacity):
    money = total(signals)
    return [capacity * (signal / money) if money > 0.0 else 0.0 for signal in signals]


def uniform_price(signals, capacity, bids, reserve_price=0.0):
    return auction(signals, capacity, bids, reserve_price)[0]


def auction(signals, capacity, bids, reserve_price=0.0):
    """Allocation and price."""
    wanted = [signal if bid >= reserve_price else 0.0 for signal, bid in zip(signals, bids, strict=True)]
    allocation = in_order(wanted, [-bid for bid in bids], capacity)
    losing = [bid for bid, want, got in zip(bids, wanted, allocation, strict=True) if got < want]
    return allocation, max([reserve_price, *losing], default=math.nan)
