"""What y means to an estimator: classes or numbers, checked and encoded for the network.

The fields of both kinds are fitted attributes of the estimator, by the same names.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from math import fsum
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import r2_score
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length

from metarnn.criteria import criterion_of
from metarnn.sequences.validation import Floats
from metarnn.validation import check_choice, shown, unique_labels

from .target_arrays import columns_of, labels_of


class Targets(ABC):
    """Targets of one kind, as a fit has met them."""

    @classmethod
    @abstractmethod
    def check_loss(cls, loss: Any) -> None:
        """Raise a ValueError unless a loss is for targets of this kind."""

    @classmethod
    @abstractmethod
    def learn(
        cls, y: ArrayLike, n_sequences: int, weights: Floats, last: Self | None = None
    ) -> Self:
        """Check the y (B,) or (B, K) of a fit, and keep what is needed to encode it.

        `weights` (B,) are those of the sequences. After `last`, the targets of the last fit, a
        warm start begins, whose weights must keep their meaning.
        """

    @property
    @abstractmethod
    def n_outputs(self) -> int:
        """K, the number of scores that the network gives to a sequence."""

    @abstractmethod
    def encode(self, y: ArrayLike, n_sequences: int) -> NDArray[Any]:
        """Check targets, and return them as the network is trained on them."""

    @abstractmethod
    def score(self, targets: NDArray[Any], scores: NDArray[np.floating], weights: Floats) -> float:
        """Return the accuracy or R^2 of scores (B, K) of encoded targets, weighted by (B,)."""

    def strata(self, targets: NDArray[Any]) -> NDArray[Any] | None:
        """Return the groups (B,) of which a split takes equal fractions, or None."""
        return None

    def weighted(self, targets: NDArray[Any], weights: Floats, class_weight: Any) -> Floats:
        """Return weights (B,) of sequences times those of their classes, if there are any."""
        return weights

    def check_trainable(self, targets: NDArray[Any]) -> None:  # noqa: B027
        """Raise a ValueError if the targets of positive weight cannot be trained on."""


@dataclass(frozen=True, eq=False)
class ClassTargets(Targets):
    """Classes, encoded as their places in `classes_`."""

    classes_: NDArray[Any]

    @classmethod
    def check_loss(cls, loss: Any) -> None:
        if criterion_of(loss).is_regression:
            raise ValueError(
                f"loss must be for classes, got {loss!r}: RNNRegressor predicts numbers."
            )

    @classmethod
    def learn(
        cls, y: ArrayLike, n_sequences: int, weights: Floats, last: Self | None = None
    ) -> Self:
        labels = _labels(y, n_sequences)
        classes = unique_labels("y", labels)
        check_classification_targets(labels)
        if len(classes) < 2:
            raise ValueError(
                f"y must hold at least two classes, got one class only: {classes.tolist()[0]!r}."
            )
        found = cls(classes)
        if last is not None:
            found.check_same(last, "warm_start needs the classes of the last fit")
        return found

    def check_same(self, last: Self, rule: str) -> None:
        """Raise a ValueError, which begins with the rule, unless the classes are the last ones."""
        if not np.array_equal(self.classes_, last.classes_):
            given, before = self.classes_.tolist(), last.classes_.tolist()
            raise ValueError(f"{rule}, which were {before}, got {given}.")

    @property
    def n_outputs(self) -> int:
        return len(self.classes_)

    def encode(self, y: ArrayLike, n_sequences: int) -> NDArray[np.int64]:
        labels = _labels(y, n_sequences)
        places = {label: place for place, label in enumerate(self.classes_.tolist())}
        codes = [places.get(label, -1) for label in labels.tolist()]
        if -1 in codes:
            unknown = labels.tolist()[codes.index(-1)]
            raise ValueError(
                f"y must hold the classes {', '.join(map(str, self.classes_))}, got {unknown!r}."
            )
        return np.array(codes, dtype=np.int64)

    def score(self, targets: NDArray[Any], scores: NDArray[np.floating], weights: Floats) -> float:
        return float(np.average(scores.argmax(axis=1) == targets, weights=weights))

    def strata(self, targets: NDArray[Any]) -> NDArray[Any]:
        return targets

    def check_trainable(self, targets: NDArray[Any]) -> None:
        if len(left := np.unique(targets)) < 2:
            raise ValueError(
                "Fewer than two classes are left: only one has sequences of positive weight, "
                f"{self.classes_.tolist()[left[0]]!r}."
            )

    def weighted(self, targets: NDArray[Any], weights: Floats, class_weight: Any) -> Floats:
        if class_weight is None:
            return weights
        if isinstance(class_weight, str) and class_weight == "balanced":
            # A weight of 2 counts as the sequence twice here, too, and 0 as without it.
            totals = np.array([fsum(weights[targets == k]) for k in range(self.n_outputs)])
            n_left = np.count_nonzero(totals)
            factors = np.divide(fsum(weights), n_left * totals, where=totals > 0, out=totals * 0)
            return np.asarray(weights * factors[targets])
        if not isinstance(class_weight, Mapping):
            raise TypeError(
                f"class_weight must be a dict, 'balanced' or None, got {shown(class_weight)}."
            )
        weights = weights * compute_sample_weight(class_weight, self.classes_[targets])
        if weights.min() < 0:
            raise ValueError(f"class_weight must not be negative, got {class_weight!r}.")
        return weights


def _labels(y: ArrayLike, n_sequences: int) -> NDArray[Any]:
    labels = labels_of(y)
    check_consistent_length(labels, np.empty(n_sequences))
    return labels


@dataclass(frozen=True, eq=False)
class NumberTargets(Targets):
    """Numbers, encoded as deviations from the mean in units of the standard deviation."""

    target_mean_: Floats
    target_scale_: Floats
    #: Whether y has one axis, and predictions as well.
    _single: bool
    #: The square of the scale, but 0 where a target is constant. None where it was not kept.
    _target_variance: Floats | None = None
    #: Of the sequences so far. An infinite one keeps mean and scale from moving.
    _target_weight: float = np.inf

    @classmethod
    def check_loss(cls, loss: Any) -> None:
        check_choice("loss", loss, ["squared_error"])

    @classmethod
    def learn(
        cls, y: ArrayLike, n_sequences: int, weights: Floats, last: Self | None = None
    ) -> Self:
        if last is not None:
            return last
        columns, single = _columns(y, n_sequences)
        total = fsum(weights)
        # Sums without rounding: a weight of 2 is as the sequence twice, to the bit.
        mean = np.array([fsum(weights * column) / total for column in columns.T])
        squares = (columns - mean) ** 2
        variance = np.array([fsum(weights * column) / total for column in squares.T])
        return cls(mean, _scale(mean, variance), single, variance, total)

    def merged(self, more: Self) -> Self:
        """Return both, as if all sequences had come at once.

        See :meth:`metarnn.SequenceScaler.partial_fit`.
        """
        self._check_columns(more.n_outputs)
        variance, others = (
            t.target_scale_**2 if t._target_variance is None else t._target_variance
            for t in (self, more)
        )
        part = more._target_weight / (self._target_weight + more._target_weight)
        shift = more.target_mean_ - self.target_mean_
        mean = self.target_mean_ + part * shift
        variance = (1 - part) * variance + part * others + part * (1 - part) * shift**2
        weight = self._target_weight + more._target_weight
        return type(self)(mean, _scale(mean, variance), self._single, variance, weight)

    @property
    def n_outputs(self) -> int:
        return len(self.target_mean_)

    def encode(self, y: ArrayLike, n_sequences: int) -> Floats:
        columns, _ = _columns(y, n_sequences)
        self._check_columns(columns.shape[1])
        return np.asarray((columns - self.target_mean_) / self.target_scale_)

    def _check_columns(self, n: int) -> None:
        if n != self.n_outputs:
            raise ValueError(f"y must have {self.n_outputs} columns as before, got {n}.")

    def decode(self, scores: Floats) -> Floats:
        """Return the predictions of scores (B, K), in the unit and with the axes of y."""
        predictions = scores * self.target_scale_ + self.target_mean_
        return predictions[:, 0] if self._single else predictions

    def score(self, targets: NDArray[Any], scores: NDArray[np.floating], weights: Floats) -> float:
        if len(targets) < 2:  # of which no part of a variance can be explained
            return np.nan
        return float(r2_score(targets, scores, sample_weight=weights))


def _scale(mean: Floats, variance: Floats) -> Floats:
    """Return the deviations (K,), or 1 where they are within the rounding error of the mean."""
    deviation = np.sqrt(variance)
    return np.where(deviation <= 10 * np.finfo(float).eps * np.abs(mean), 1.0, deviation)


def _columns(y: ArrayLike, n_sequences: int) -> tuple[Floats, bool]:
    columns, single = columns_of(y)
    check_consistent_length(columns, np.empty(n_sequences))
    return columns, single
