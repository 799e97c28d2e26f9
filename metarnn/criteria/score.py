"""Scores, the higher the better: how far candidates fall short of perfect answers is minimized."""

from abc import abstractmethod
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from metarnn.engine import Pass
from metarnn.networks.network import Network
from metarnn.sequences.labeled import LabeledSequences
from metarnn.sequences.validation import UNSCORED

from .criterion import BoundCriterion, Criterion, Floats

#: The scores of so many bytes are computed at a time.
BLOCK_BYTES = 2**26


class Answers(NamedTuple):
    """What candidates answer, and what they should.

    Attributes
    ----------
    scores : (P, n, K) array
        Of the classes; the largest one is the answer, of equal ones the first.
    labels : (n,) array
        Classes 0..K-1: of sequences, or of all the steps that are scored.
    weights : (n,) array
        Of the labels.
    """

    scores: NDArray[np.floating]
    labels: NDArray[np.int64]
    weights: Floats


class Score(Criterion):
    """A score of answers, to be made a loss: the best score less that of the candidate.

    Attributes
    ----------
    best : float
        The score of perfect answers.
    """

    best: float = 1.0

    @abstractmethod
    def of(self, answers: Answers) -> Floats:
        """Return the scores (P,) of candidates, the higher the better."""

    def judge(self, network: Network, data: LabeledSequences) -> BoundCriterion:
        """See :meth:`Criterion.judge`."""
        return ScoreLossEvaluator(self.settled(*labels_of(data), network.n_outputs), network, data)

    def baseline_loss(self, labels: NDArray[np.int64], n_classes: int) -> float:
        """See :meth:`Criterion.baseline_loss`."""
        weights = np.ones(len(labels))
        score = self.settled(labels, weights, n_classes)
        shares = np.bincount(labels, minlength=n_classes) / len(labels)
        scores = np.tile(np.log(np.maximum(shares, 1e-300)), (1, len(labels), 1))
        return score.best - float(score.of(Answers(scores, labels, weights))[0])

    def settled(self, labels: NDArray[np.int64], weights: Floats, n_classes: int) -> Self:
        """Return the same score, sure that it can score such labels and of the best."""
        return self

    def arranged(self, data: LabeledSequences) -> LabeledSequences:
        """Return data as they are to be scored."""
        return data


def labels_of(data: LabeledSequences) -> tuple[NDArray[np.int64], Floats]:
    """Return the labels (n,) of sequences, or of all the steps that are scored; and weights."""
    scored = data.labels != UNSCORED
    return data.labels[scored], data.step_weights[scored]


class ScoreLossEvaluator(BoundCriterion):
    """How far candidates fall short of the best score, from one pass over all of them.

    Memory over the data: the scores, but not more than about two times 64 MB at a time,
    unless those of a single candidate take more.
    """

    def __init__(self, score: Score, network: Network, data: LabeledSequences) -> None:
        self._score, self._network = score, network
        data = score.arranged(data)
        tiles = network.pack_tiles(data.sequences)
        self._pass = Pass(network.program, tiles, network.dtype, "scores")
        self._labels, self._weights = labels_of(data)
        scored = data.labels.reshape(len(data.labels), -1) != UNSCORED
        self._all_scored = bool(scored.all())
        self._sequences, self._steps = np.nonzero(scored)
        per_candidate = 8 * scored.size * network.n_outputs
        lanes = self._pass.lanes_of_unit
        self._n_at_once = -(-max(1, BLOCK_BYTES // per_candidate) // lanes) * lanes

    def on(self, data: LabeledSequences) -> BoundCriterion:
        """See :meth:`BoundCriterion.on`."""
        return ScoreLossEvaluator(self._score, self._network, data)

    def losses(self, points: Floats, n_threads: int | None) -> Floats:
        """See :meth:`BoundCriterion.losses`; NaN also where a score of a class is not finite."""
        blocks = range(0, len(points), self._n_at_once)
        found = [self._losses(points[i : i + self._n_at_once], n_threads) for i in blocks]
        return np.concatenate([np.empty(0), *found])

    def warm_up(self, n_threads: int | None) -> None:
        """Compile the pass, and what scores."""
        self._pass.warm_up(n_threads)
        self.losses(np.zeros((1, self._network.n_weights)), n_threads)

    def _losses(self, points: Floats, n_threads: int | None) -> Floats:
        scores = self._pass.scores(points, n_threads)
        if self._all_scored:
            scores = scores.reshape(len(points), -1, scores.shape[-1])
        else:
            scores = scores[:, self._sequences, self._steps]
        losses = self._score.best - self._score.of(Answers(scores, self._labels, self._weights))
        with np.errstate(over="ignore"):
            # tanh of an infinite sum is finite, but such weights are no network.
            finite = np.isfinite(points.astype(self._network.dtype)).all(axis=1)
        return np.where(finite, losses, np.nan)
