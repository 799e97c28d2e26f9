"""The loss of a network whose readout is solved, by the weights ahead of the readout."""

from collections.abc import Iterator
from math import prod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from metarnn.engine import LOSSES, Pass
from metarnn.linear import SolvedReadout
from metarnn.networks.network import Network
from metarnn.networks.trunk import Trunk
from metarnn.sequences.labeled import LabeledSequences
from metarnn.sequences.validation import UNSCORED

from .criterion import BoundCriterion, Criterion, Floats

Indices = NDArray[np.int64]

#: Bytes of features that are computed, and that are solved, at a time: the latter about a cache.
BLOCK_BYTES, CACHE_BYTES = 2**26, 2**19


class SolvedLoss(Criterion):
    """The loss of a solved readout, for trunks; its targets are classes or numbers.

    Parameters
    ----------
    name : str
        A name in ``metarnn.linear.SOLVES``.
    readout : SolvedReadout
        How the readout is solved.
    is_regression : bool
        Whether targets are numbers.
    """

    has_derivatives: ClassVar[bool] = True

    def __init__(self, name: str, readout: SolvedReadout, is_regression: bool) -> None:
        self.name, self.title = name, f"readout by {name}"
        self.readout, self.description = readout, readout.description
        self.is_regression = is_regression  # type: ignore[misc]

    def bind(self, network: Network, data: LabeledSequences) -> "SolvedLossEvaluator":
        if not isinstance(network, Trunk):
            raise TypeError(f"A readout is solved for a Trunk, got {type(network).__name__}.")
        return SolvedLossEvaluator(self.readout, network, data, self.is_regression)

    def baseline_loss(self, targets: NDArray[Any], n_outputs: int) -> float:
        if self.is_regression:
            return float(targets.var(axis=0).mean())
        frequencies = np.bincount(targets, minlength=n_outputs) / len(targets)
        kind = "mse" if self.readout.for_numbers else "cross_entropy"
        return LOSSES[kind].baseline_loss(frequencies)


class SolvedLossEvaluator(BoundCriterion):
    """Losses of trunks on data, their gradients, and the readouts.

    Memory beyond the data: the features, about twice 64 MB at a time unless those of a single
    candidate take more, and with gradients as much again.
    """

    def __init__(
        self, readout: SolvedReadout, trunk: Trunk, data: LabeledSequences, is_regression: bool
    ) -> None:
        self._trunk = trunk
        data = data.merged()
        labels = data.labels
        scored = ~np.isnan(labels[..., 0]) if is_regression else labels != UNSCORED
        rows, steps = np.nonzero(scored.reshape(len(labels), -1))
        self._places = slice(None), rows, steps
        classes = np.arange(trunk.n_outputs)
        self._targets = labels[scored] if is_regression else labels[scored, None] == classes
        self._targets = self._targets.astype(float)
        self._weights = data.step_weights.reshape(len(labels), -1)[rows, steps]
        if len(self._targets) < 2:
            raise ValueError(
                "A readout is solved on two different sequences or scored steps at least, got one "
                "sample; a mini-batch is solved by itself, so with several n_batches take fewer."
            )
        self._readout = readout.on(_solved_rows(data, rows, steps))
        self._is_regression = is_regression
        tiles = trunk.pack_tiles(data.sequences)
        how = trunk.program, tiles, trunk.dtype
        self._pass, self._vjps = Pass(*how, "scores"), Pass(*how, "vjps")
        self._shape = len(labels), self._pass.most_steps, trunk.n_features
        lanes = self._pass.lanes_of_unit
        self._n_at_once = -(-max(1, BLOCK_BYTES // (8 * prod(self._shape))) // lanes) * lanes
        self._n_in_cache = max(1, CACHE_BYTES // (8 * len(self._targets) * trunk.n_features))

    def losses(self, points: Floats, n_threads: int | None) -> Floats:
        return np.concatenate([np.empty(0), *self._solved("losses", points, n_threads)])

    def derivatives(
        self, task: str, points: Floats, n_threads: int | None
    ) -> tuple[Floats, Floats]:
        losses, gradients = np.empty(len(points)), np.empty(points.shape)
        for first in range(0, len(points), self._n_at_once):
            some = slice(first, first + self._n_at_once)
            found = zip(*self._solved("derivatives", points[some], n_threads), strict=True)
            losses[some], by_features = map(np.concatenate, found)
            by_steps = np.zeros((len(by_features), *self._shape))
            by_steps[self._places] = by_features
            gradients[some] = self._vjps.vjp(points[some], by_steps, n_threads)
        return losses, gradients

    def readouts(self, points: Floats, n_threads: int | None) -> tuple[Floats, Floats]:
        """Return coefficients (P, F, K) and intercepts (P, K): of numbers, or of logits."""
        what = "maps" if self._is_regression else "logits"
        found = zip(*self._solved(what, points, n_threads), strict=True)
        coefficients, intercepts = map(np.concatenate, found)
        return coefficients, intercepts

    def warm_up(self, n_threads: int | None) -> None:
        self._pass.warm_up(n_threads)
        self._vjps.warm_up(n_threads)

    def _solved(self, what: str, points: Floats, n_threads: int | None) -> Iterator[Any]:
        """Yield what a method of the readout returns, for some candidates after the other."""
        solve = getattr(self._readout, what)
        for first in range(0, len(points), self._n_at_once):
            features = self._features(points[first : first + self._n_at_once], n_threads)
            for i in range(0, len(features), self._n_in_cache):
                part = features[i : i + self._n_in_cache]
                yield solve(part, self._targets, self._weights)

    def _features(self, points: Floats, n_threads: int | None) -> Floats:
        """Return what the readout reads, (P, n, F) for n scored sequences or steps."""
        features = self._pass.scores(points, n_threads)[self._places]
        with np.errstate(over="ignore"):
            # tanh of an infinite sum is finite, but such weights are no network.
            finite = np.isfinite(points.astype(self._trunk.dtype)).all(axis=1)
        features[~finite] = np.nan
        return features


def _solved_rows(data: LabeledSequences, rows: Indices, steps: Indices) -> NDArray[np.bool_]:
    """Return which samples, scored steps of sequences, a readout that others judge is solved on.

    Where nothing is said, those of every second sequence of each class, in an order that follows
    from the sequences, or the first half of a single sequence.
    """
    n = len(data.labels)
    if data.solve_on is not None:
        given = data.solve_on.reshape(n, -1)
        return given[rows, steps if given.shape[1] > 1 else 0]
    if n == 1:
        return np.arange(len(rows)) < len(rows) / 2
    order = np.argsort(data.labels, kind="stable") if data.labels.ndim == 1 else np.arange(n)
    solve_on = np.zeros(n, bool)
    solve_on[order[::2]] = True
    return solve_on[rows]
