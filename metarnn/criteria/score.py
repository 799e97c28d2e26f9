"""Scores, the higher the better: the loss of a candidate is its distance from the best score."""

from abc import abstractmethod
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from metarnn.engine import Pass
from metarnn.networks.network import Network
from metarnn.sequences.labeled import LabeledSequences
from metarnn.sequences.validation import UNSCORED

from .criterion import BoundCriterion, Criterion, Floats

#: Bytes of network outputs that are computed at a time.
BLOCK_BYTES = 2**26


class Predictions(NamedTuple):
    """What candidates predict, and the labels of sequences, or of all steps that are scored."""

    scores: NDArray[np.floating]  # (P, n, K); the largest predicts, the first of equal ones
    labels: NDArray[np.int64]  # (n,), classes 0..K-1
    weights: Floats  # (n,), of the labels


class Score(Criterion):
    """A score of predictions as a loss: the best score less that of the candidate."""

    #: The score of perfect predictions.
    best: float = 1.0

    @abstractmethod
    def of(self, predictions: Predictions) -> Floats:
        """Return the scores (P,) of candidates, the higher the better, or NaN."""

    def bind(self, network: Network, data: LabeledSequences) -> BoundCriterion:
        return ScoreLossEvaluator(self, network, data)

    def calibrated(self, data: LabeledSequences, n_outputs: int) -> Self:
        return self.with_best(*scored_labels(data), n_outputs)

    def baseline_loss(self, targets: NDArray[np.int64], n_outputs: int) -> float:
        weights = np.ones(len(targets))
        score = self.with_best(targets, weights, n_outputs)
        frequencies = np.bincount(targets, minlength=n_outputs) / len(targets)
        scores = np.tile(np.log(np.maximum(frequencies, 1e-300)), (1, len(targets), 1))
        return score.best - float(score.of(Predictions(scores, targets, weights))[0])

    def with_best(self, labels: NDArray[np.int64], weights: Floats, n_outputs: int) -> Self:
        """Return the same score with the best one for these labels, or raise a ValueError."""
        return self

    def arranged(self, data: LabeledSequences) -> LabeledSequences:
        """Return data in the order and number in which they are scored."""
        return data


def scored_labels(data: LabeledSequences) -> tuple[NDArray[np.int64], Floats]:
    """Return the labels (n,) of sequences, or of all steps that are scored, and their weights."""
    scored = data.labels != UNSCORED
    return data.labels[scored], data.step_weights[scored]


class ScoreLossEvaluator(BoundCriterion):
    """The best score less that of each candidate, from one pass over all of them.

    Memory beyond the data: the scores, at most about twice 64 MB at a time unless those of a
    single candidate take more.
    """

    def __init__(self, score: Score, network: Network, data: LabeledSequences) -> None:
        self._score, self._network = score, network
        data = score.arranged(data)
        tiles = network.pack_tiles(data.sequences)
        self._pass = Pass(network.program, tiles, network.dtype, "scores")
        self._labels, self._weights = scored_labels(data)
        scored = data.labels.reshape(len(data.labels), -1) != UNSCORED
        self._all_scored = bool(scored.all())
        self._sequences, self._steps = np.nonzero(scored)
        per_candidate = 8 * scored.size * network.n_outputs
        lanes = self._pass.lanes_of_unit
        self._n_at_once = -(-max(1, BLOCK_BYTES // per_candidate) // lanes) * lanes

    def losses(self, points: Floats, n_threads: int | None) -> Floats:
        blocks = range(0, len(points), self._n_at_once)
        found = [self._losses(points[i : i + self._n_at_once], n_threads) for i in blocks]
        return np.concatenate([np.empty(0), *found])

    def warm_up(self, n_threads: int | None) -> None:
        self._pass.warm_up(n_threads)
        for P in (1, 2):  # scores of one candidate lie otherwise in memory
            self.losses(np.zeros((P, self._network.n_weights)), n_threads)

    def _losses(self, points: Floats, n_threads: int | None) -> Floats:
        scores = self._pass.scores(points, n_threads)
        if self._all_scored:
            scores = scores.reshape(len(points), -1, scores.shape[-1])
        else:
            scores = scores[:, self._sequences, self._steps]
        predictions = Predictions(scores, self._labels, self._weights)
        losses = self._score.best - self._score.of(predictions)
        with np.errstate(over="ignore"):
            # tanh of an infinite sum is finite, but such weights are no network.
            finite = np.isfinite(points.astype(self._network.dtype)).all(axis=1)
        return np.where(finite, losses, np.nan)
