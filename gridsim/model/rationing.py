"""The allocation rules: from signals and a capacity to an allocation. The only ones in the package.

Every market layer is the same rationing game. Claimant i sends a signal z_i >= 0 (MW asked, GPUs ordered, money bid); a
rule turns the signals and the capacity K into the allocation a_i. Common to all rules: sum(a) <= K; who asks for
nothing gets nothing (but see ``full_use``); no rule looks at the order of the rows, and where a rule ranks claimants,
equals share by the uniform rule. Unless a rule says otherwise nobody gets more than asked, and if K covers all signals
everyone gets theirs. All hold up to rounding; sums run in row order.

Compiled kernels, one per rule, write the allocation in place and check nothing; `allocate` checks and is the way in
from Python. A deposit, a minimum take or a readiness test screens claimants before any rule: ``eligible`` names those
who are left.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridsim.model.compiling import allocating

Floats = NDArray[np.float64]


@allocating
def _total(amounts: Floats) -> float:
    total = 0.0
    for amount in amounts:
        total += amount
    return total


@allocating
def proportional(signals: Floats, capacity: float, allocation: Floats) -> None:
    """Everyone gets the same share of the signal: a_i = z_i min(1, K / sum z).

    Cachon & Lariviere 1999 (Management Science 45(8):1091-1108). Asking more always gets more, so that claims inflate
    under shortage; common inflation changes nothing.
    """
    total = _total(signals)
    fill = 1.0 if total <= capacity else capacity / total
    for i in range(signals.size):
        allocation[i] = signals[i] * fill


@allocating
def linear(signals: Floats, capacity: float, allocation: Floats) -> None:
    """Everyone loses the same amount: a_i = max(0, z_i - c) with c >= 0 such that sum a = min(K, sum z).

    Cachon & Lariviere 1999 (Management Science 45(8):1091-1108); constrained equal losses in Aumann & Maschler 1985
    (Journal of Economic Theory 36:195-213). Claims below the cut c get nothing and leave the sum. Computed from gaps to
    the largest claim, so that a small capacity is not lost in the rounding of large signals.
    """
    if _total(signals) <= capacity:
        allocation[:] = signals
        return
    order = np.argsort(-signals, kind="mergesort")
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


@allocating
def uniform(signals: Floats, capacity: float, full_use: bool, allocation: Floats) -> None:
    """One cap for all: a_i = min(z_i, L) with sum a = min(K, sum z).

    Sprumont 1991 (Econometrica 59(2):509-519); constrained equal awards. The only anonymous, efficient rule under which
    the truth is a dominant strategy. With ``full_use`` the rule is Sprumont's also when K exceeds the signals, where
    everything must be taken: a_i = max(z_i, L) with sum a = K, more than asked even for those who asked for nothing.
    """
    shortage = _total(signals) > capacity
    if not shortage and not full_use:
        allocation[:] = signals
        return
    order = np.argsort(signals if shortage else -signals, kind="mergesort")
    left = capacity
    level = 0.0
    for n in range(signals.size):
        signal = signals[order[n]]
        level = left / (signals.size - n)
        if (signal > level) if shortage else (signal < level):
            break
        left -= signal
    for i in range(signals.size):
        allocation[i] = min(signals[i], level) if shortage else max(signals[i], level)


@allocating
def _serve_in_order(wanted: Floats, turn: Floats, capacity: float, allocation: Floats) -> None:
    """Give the amounts wanted, lowest ``turn`` first, until nothing is left; equal turns share by the uniform rule.

    Sharing a turn in proportion to the amounts would reward asking for more.
    """
    order = np.argsort(turn, kind="mergesort")
    left = capacity
    start = 0
    while start < wanted.size:
        stop = start + 1
        while stop < wanted.size and turn[order[stop]] == turn[order[start]]:
            stop += 1
        if stop == start + 1:
            allocation[order[start]] = min(wanted[order[start]], left)
            left = max(0.0, left - wanted[order[start]])
        else:
            equals = order[start:stop]
            shares = np.empty(equals.size)
            uniform(wanted[equals], left, False, shares)
            for n in range(equals.size):
                allocation[equals[n]] = shares[n]
            left = max(0.0, left - _total(wanted[equals]))
        start = stop


@allocating
def lexicographic(signals: Floats, capacity: float, priority: Floats, allocation: Floats) -> None:
    """Serve claimants in an order fixed beforehand: a_i = min(z_i, K - sum of a_j served before i).

    Cachon & Lariviere 1999 (Management Science 45(8):1091-1108): as the order does not depend on the signals, the truth
    is a dominant strategy. ``priority`` 0 comes before 1.
    """
    _serve_in_order(signals, priority, capacity, allocation)


@allocating
def first_come(signals: Floats, capacity: float, filed: Floats, allocation: Floats) -> None:
    """Serve claimants in the order of filing: the equation of `lexicographic` with ``filed``, the time of filing.

    The serial process of interconnection queues under FERC Order 2003 (2003). The claimant chooses the time, so gaming
    moves from quantity to early, speculative filing (FERC Order 2023 replaced it by cluster studies).
    """
    _serve_in_order(signals, filed, capacity, allocation)


@allocating
def turn_and_earn(signals: Floats, capacity: float, past_use: Floats, allocation: Floats) -> None:
    """Share by past use: a_i = min(z_i, L u_i) with sum a = min(K, sum z); what one does not ask for, the others share.

    Cachon & Lariviere 1999 (Management Science 45(5):685-703); Lu & Lariviere 2012 (Manufacturing & Service Operations
    Management 14(4):581-598). It rewards useless use today. Who has used nothing waits for all who have, then shares
    the rest by the `uniform` rule (the limit of equal, vanishing records).
    """
    if _total(signals) <= capacity:
        allocation[:] = signals
        return
    level_needed = np.full(signals.size, np.inf)
    for i in range(signals.size):
        if past_use[i] > 0.0:
            level_needed[i] = signals[i] / past_use[i]
    order = np.argsort(level_needed, kind="mergesort")
    used = 0  # how many have a record; they come first in `order`
    while used < signals.size and level_needed[order[used]] < np.inf:
        used += 1
    record_from = np.zeros(used + 1)  # past use of this claimant and all after; a sum, as differences cancel
    for n in range(used - 1, -1, -1):
        record_from[n] = record_from[n + 1] + past_use[order[n]]
    left = capacity
    first = 0
    while first < used and signals[order[first]] <= left * (past_use[order[first]] / record_from[first]):
        allocation[order[first]] = signals[order[first]]
        left -= signals[order[first]]
        first += 1
    for n in range(first, used):
        allocation[order[n]] = min(signals[order[n]], left * (past_use[order[n]] / record_from[first]))
    newcomers = order[used:]
    shares = np.empty(newcomers.size)
    uniform(signals[newcomers], left if first == used else 0.0, False, shares)
    for n in range(newcomers.size):
        allocation[newcomers[n]] = shares[n]


@allocating
def rank(signals: Floats, capacity: float, prize: float, allocation: Floats) -> None:
    """Highest signal first: a_i = min(z_i, K - sum of a_j with z_j > z_i); equal signals share equally.

    With a ``prize`` > 0 each winner gets that amount, whatever the signal: the all-pay contest of Hillman & Riley 1989
    (Economics & Politics 1:17-39) for K / prize places. Then a claimant may get more than the signal, and what exceeds
    one prize for each positive signal is not given out.
    """
    wanted = signals.copy()
    if prize > 0.0:
        for i in range(signals.size):
            wanted[i] = prize if signals[i] > 0.0 else 0.0
    _serve_in_order(wanted, -signals, capacity, allocation)


@allocating
def kelly(signals: Floats, capacity: float, allocation: Floats) -> None:
    """Share all capacity in proportion to the bids: a_i = K z_i / sum z; nothing if nobody bids.

    Kelly 1997 (European Transactions on Telecommunications 8:33-37): with payments z_i the price is sum z / K. Johari &
    Tsitsiklis 2004 (Mathematics of Operations Research 29(3):407-435) bound the loss of efficiency at one quarter. A
    bid is no quantity: a claimant may get more than needed, and common inflation changes nothing.
    """
    total = _total(signals)
    for i in range(signals.size):
        allocation[i] = capacity * (signals[i] / total) if total > 0.0 else 0.0


@allocating
def uniform_price(signals: Floats, capacity: float, bids: Floats, reserve_price: float, allocation: Floats) -> float:
    """Sealed-bid uniform-price auction of z_i units at bid b_i each; returns the price that all winners pay.

    Highest bids first, none below the reserve price: a_i = min(z_i, K - sum of a_j with b_j > b_i). The price is the
    highest bid not served in full, at least the reserve price: the lowest price at which demand fits.
    Vickrey 1961 (Journal of Finance 16(1):8-37); with several units a bidder gains by shading the quantity (Ausubel et
    al. 2014, Review of Economic Studies 81:1366-1400).
    """
    wanted = signals.copy()
    for i in range(signals.size):
        if bids[i] < reserve_price:
            wanted[i] = 0.0
    _serve_in_order(wanted, -bids, capacity, allocation)
    price = reserve_price
    for i in range(signals.size):
        if allocation[i] < wanted[i]:
            price = max(price, bids[i])
    return price


class _Rule(NamedTuple):
    """What `allocate` knows of a rule: its kernel takes (signals, capacity, *per claimant, *scalars, allocation)."""

    meaning: str
    kernel: Callable[..., Any]
    per_claimant: tuple[str, ...] = ()
    scalars: Mapping[str, float | bool] = {}


_TABLE = {
    "proportional": _Rule("everyone gets the same share of the signal", proportional),
    "linear": _Rule("everyone loses the same amount; the smallest claims lose all", linear),
    "uniform": _Rule("one cap for all, below it everyone gets the signal (Sprumont)", uniform, (), {"full_use": False}),
    "lexicographic": _Rule("served in a priority order fixed beforehand", lexicographic, ("priority",)),
    "first_come": _Rule("served in the order of filing", first_come, ("filed",)),
    "turn_and_earn": _Rule("shares of past use; what one does not ask for, others share", turn_and_earn, ("past_use",)),
    "rank": _Rule("highest signal first, or one prize each until none is left", rank, (), {"prize": 0.0}),
    "kelly": _Rule("all capacity in proportion to the bids", kelly),
    "uniform_price": _Rule("highest bids first, one price for all", uniform_price, ("bids",), {"reserve_price": 0.0}),
}
RULES: Mapping[str, str] = {name: rule.meaning for name, rule in _TABLE.items()}
"""The rules by name, each with its meaning in one line."""


def _or_hint(kind: str, name: str, known: list[str]) -> ValueError:
    near = difflib.get_close_matches(str(name), known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known) or 'none'}"
    return ValueError(f"unknown {kind} {name!r}; {hint}")


def _column(name: str, values: ArrayLike, size: int | None = None) -> Floats:
    """Return ``values`` as a new column of finite floats >= 0 (of any sign for `filed` and `priority`)."""
    try:
        column = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be numbers, one for each claimant: {error}") from error
    if column.ndim != 1:
        raise ValueError(f"{name} must have one dimension, one number for each claimant; its shape is {column.shape}")
    if size is not None and column.size != size:
        raise ValueError(f"{name} has {column.size} numbers for {size} signals")
    signed = name in ("filed", "priority")
    good = np.isfinite(column) & (signed | (column >= 0.0))
    if not good.all():
        i = int(np.argmin(good))
        raise ValueError(f"{name}[{i}] is {column[i]}; it must be a finite number{'' if signed else ' >= 0'}")
    return column


def _scalar(name: str, value: Any, default: float | bool = 0.0) -> float | bool:
    """Return ``value`` as a bool or a finite float >= 0, whichever the default is."""
    if isinstance(default, bool):
        if not isinstance(value, bool | np.bool_):
            raise ValueError(f"{name} must be True or False, not {value!r}")
        return bool(value)
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be a number, not {value!r}") from error
    if not (np.isfinite(number) and number >= 0.0):
        raise ValueError(f"{name} is {number}; it must be a finite number >= 0")
    return number


def allocate(
    rule: str, signals: ArrayLike, capacity: float, *, eligible: ArrayLike | None = None, **options: Any
) -> Floats:
    """Allocate ``capacity`` among claimants by one of the `RULES`.

    Args:
        rule: name of the rule; equation and source are in the docstring of the function of that name in this module.
        signals: what each claimant asks for or bids, in the unit of the capacity (``kelly``: in any).
        capacity: what there is to give.
        eligible: booleans, who passed the screen (paid the deposit, accepts the minimum take, is ready); the others get
            nothing and count for nothing.
        **options: ``priority`` (lexicographic), ``filed`` (first_come), ``past_use`` (turn_and_earn), ``bids``
            (uniform_price): one number for each claimant, required; ``full_use`` (uniform), ``prize`` (rank),
            ``reserve_price`` (uniform_price): one value.

    Returns:
        A new array, one amount for each claimant.

    Raises:
        ValueError: unknown rule or option, option missing, wrong shape, number negative or not finite.
    """
    if rule not in _TABLE:
        raise _or_hint("allocation rule", rule, list(_TABLE))
    _, kernel, per_claimant, scalars = _TABLE[rule]
    for name in options:
        if name not in per_claimant and name not in scalars:
            raise _or_hint(f"option of rule {rule!r}:", name, [*per_claimant, *scalars, "eligible"])
    for name in per_claimant:
        if name not in options:
            raise ValueError(f"rule {rule!r} needs {name}=, one number for each claimant")
    asked = _column("signals", signals)
    if asked.size and np.max(asked) > np.finfo(np.float64).max / asked.size:
        raise ValueError("signals are too large to be added up")
    limit = _scalar("capacity", capacity)
    columns = [_column(name, options[name], asked.size) for name in per_claimant]
    settings = [_scalar(name, options.get(name, default), default) for name, default in scalars.items()]
    who = np.ones(asked.size, dtype=np.bool_) if eligible is None else np.asarray(eligible)
    if who.dtype != np.bool_ or who.shape != asked.shape:
        raise ValueError(f"eligible must be {asked.size} booleans, one for each claimant")
    allocation = np.zeros(asked.size)
    given = np.zeros(int(who.sum()))
    kernel(asked[who], limit, *[column[who] for column in columns], *settings, given)
    allocation[who] = given
    return allocation
