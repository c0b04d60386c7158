"""Random rationing games for the tests of the allocation rules."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from gridsim.engine.allocate import RULES, allocate

laws = settings(deadline=None, max_examples=60)

COLUMN_OF = {"lexicographic": "priority", "first_come": "filed", "turn_and_earn": "past_use", "uniform_price": "bids"}
# Under these a signal is money or effort, or everything must be taken: more than the signal is possible.
SHARE_RULES = ("kelly", "uniform, full use", "rank, prize")
VARIANTS = {"uniform, full use": ("uniform", {"full_use": True}), "rank, prize": ("rank", {"prize": 1.5})}
ALL = [*RULES, *VARIANTS]
CAPPED = [name for name in ALL if name not in SHARE_RULES]

# Small whole numbers make ties and exact fits likely.
AMOUNTS = st.one_of(st.integers(0, 6).map(float), st.floats(1e-3, 1e3))


@st.composite
def games(draw, least: int = 0):
    """Signals, capacity, and a column for the rules that need one."""
    size = draw(st.integers(least, 7))
    column = st.lists(AMOUNTS, min_size=size, max_size=size)
    capacity = draw(st.one_of(st.integers(0, 20).map(float), st.floats(1e-3, 5e3)))
    return np.array(draw(column)), capacity, np.array(draw(column))


def options_of(name: str, column: np.ndarray) -> tuple[str, dict]:
    """The rule behind a name in `ALL` and its options; the column serves as whatever the rule needs."""
    rule, options = VARIANTS.get(name, (name, {}))
    return rule, options | ({COLUMN_OF[rule]: column} if rule in COLUMN_OF else {})


def apply(name: str, signals, capacity: float, column) -> np.ndarray:
    rule, options = options_of(name, np.asarray(column))
    return allocate(rule, signals, capacity, **options)


def close(a, b, scale: float = 1.0) -> bool:
    return np.allclose(a, b, rtol=1e-9, atol=1e-9 * scale)
