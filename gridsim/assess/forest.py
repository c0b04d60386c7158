"""The posterior of what a list stands for: a forest that weighs simulated lists by how alike they look.

Approximate Bayesian computation with random forests (Raynal, Marin, Pudlo, Ribatet, Robert & Estoup 2019, Bioinformatics
35:1720-1728): trees grown to predict the truths from the features of simulated lists; the weight of a simulated list is how often
it shares a leaf with the list at hand (Meinshausen 2006, Journal of Machine Learning Research 7:983-999). One set of weights
gives all truths together, so that what trades off against what is seen. How wide an interval must be to hold the truth as often
as it says is measured on worlds that the trees have not seen (conformalised quantile regression: Romano, Patterson & Candes
2019).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridsim.assess.snapshots import Lists

Floats = NDArray[np.float64]
TREES, LEAF, SPLIT = 300, 5, 1.0 / 3.0
KEPT_APART = 0.25
"""Share of the worlds on which intervals are measured."""


class Forest:
    """Weighs simulated lists for a list at hand, by the features that this one has."""

    def __init__(
        self, lists: Lists, names: Sequence[str], *, trees: int = TREES, seed: int = 1, interval: float = 0.9
    ) -> None:
        """Grow trees on the features of these names, and measure how wide intervals must be.

        `grown` says which simulated lists the trees were grown on, `truths` what is true of these.

        Raises:
            ValueError: for a name that simulated lists do not have.
        """
        from sklearn.ensemble import RandomForestRegressor

        unknown = [name for name in names if name not in lists.names]
        if unknown:
            raise ValueError(f"feature {unknown[0]!r}: simulated lists have none of this name")
        self.names = tuple(names)
        self._columns = [lists.names.index(name) for name in names]
        worlds = int(np.max(lists.world)) + 1
        apart = np.random.default_rng(seed).permutation(worlds)[: round(KEPT_APART * worlds)]
        is_apart = np.isin(lists.world, apart)
        self.grown = ~is_apart
        self._lists = lists
        # By their spread, so that a truth that varies much does not decide every split.
        self.truths = lists.truths[self.grown]
        scaled = self.truths / np.maximum(self.truths.std(axis=0), 1e-12)
        self._trees = RandomForestRegressor(
            trees, min_samples_leaf=LEAF, max_features=SPLIT, n_jobs=-1, random_state=seed
        ).fit(lists.numbers[self.grown][:, self._columns], scaled)
        own = self._in_leaf(self._trees.apply(lists.numbers[self.grown][:, self._columns]))
        self._own = own.multiply(
            1.0 / np.maximum(own.sum(axis=0), 1.0)
        ).tocsr()  # a leaf shares one vote among its lists
        self.interval = interval
        self._weights_apart = self.weights(lists.numbers[is_apart])

    def weights(self, numbers: Floats) -> Floats:
        """Weights of the simulated lists [list at hand, simulated list] for features [list at hand, all of lists.names]."""
        shared = self._in_leaf(self._trees.apply(numbers[:, self._columns])) @ self._own.T
        return np.asarray(shared.toarray() / len(self._trees.estimators_))

    def _in_leaf(self, leaves: NDArray[np.int64]) -> csr_array:
        """Which leaf each list lies in [list, leaf of any tree], from its leaf in each tree [list, tree]."""
        lists, trees = leaves.shape
        nodes = max(tree.tree_.node_count for tree in self._trees.estimators_)
        place = leaves + nodes * np.arange(trees)
        return csr_array(
            (np.ones(leaves.size), place.ravel(), np.arange(0, leaves.size + 1, trees)), shape=(lists, nodes * trees)
        )

    def quantiles(self, weights: Floats, values: Floats | None = None) -> tuple[Floats, Floats, Floats]:
        """Low, median and high of every value [list at hand, value]: of the truths, as shares, or of others.

        Args:
            weights: of the simulated lists, from `weights`.
            values: of the simulated lists [list, value], NaN where one has none; their truths by default.
        """
        values = self._lists.truths if values is None else values
        low, median, high = self._raw(values, weights)
        move = self._reach(values) * np.maximum(high - low, 1e-9)
        least, most = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
        low, high = np.clip(low - move, least, most), np.clip(high + move, least, most)
        return np.minimum(low, median), median, np.maximum(high, median)

    def _reach(self, values: Floats) -> Floats:
        """By how many widths of a raw interval each end must move out, or in if below 0, for each value."""
        low, _, high = self._raw(values, self._weights_apart)
        width = np.maximum(high - low, 1e-9)
        apart = values[~self.grown]
        beyond = np.maximum(low - apart, apart - high) / width
        known = np.maximum(np.isfinite(apart).sum(axis=0), 1)
        level = np.minimum(1.0, self.interval * (1.0 + 1.0 / known))
        return np.array(
            [
                np.nanquantile(column, at) if np.isfinite(column).any() else 0.0
                for column, at in zip(beyond.T, level, strict=True)
            ]
        )

    def _raw(self, values: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
        """Quantiles of values under weights, [list at hand, value] each: low, median, high."""
        tail = (1.0 - self.interval) / 2.0
        found = quantiles_of(values[self.grown], weights, np.array([tail, 0.5, 1.0 - tail]))
        return found[0], found[1], found[2]


def quantiles_of(values: Floats, weights: Floats, at: Floats) -> Floats:
    """Quantiles [at, row of weights, column of values] of values [list, column] under rows of weights; a NaN has none."""
    out = np.full((len(at), len(weights), values.shape[1]), np.nan)
    for k in range(values.shape[1]):
        order = np.argsort(values[:, k], kind="stable")[: np.isfinite(values[:, k]).sum()]  # NaN come last
        if not order.size:
            continue
        total = np.cumsum(weights[:, order], axis=1)
        for i, level in enumerate(at):
            place = (total < level * total[:, -1:]).sum(axis=1)
            found = values[order[np.minimum(place, len(order) - 1)], k]
            out[i, :, k] = np.where(total[:, -1] > 0.0, found, np.nan)
    return out
