"""Sequences with what belongs to them: lengths, answers, labels and weights."""

from hashlib import blake2b
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

#: The label of a step that is not scored.
UNSCORED = -1

#: The square of a larger number overflows in float32.
LARGEST = 1e18


class Sequences(NamedTuple):
    """What a network reads.

    Attributes
    ----------
    X : (B, T, I) array
        Numbers, tokens (I = 1), or images of T cells, row after row.
    lengths : (B,) int array or None
        Steps of each sequence; all T, if None.
    columns : int
        Of images; 0 for sequences.
    answers : (B, U) int array or None
        The answer before each answer, where a network is told these.
    answer_lengths : (B,) int array or None
        How many answers each sequence has; all U, if None.
    """

    X: NDArray[Any]
    lengths: NDArray[np.int64] | None = None
    columns: int = 0
    answers: NDArray[np.int64] | None = None
    answer_lengths: NDArray[np.int64] | None = None

    def part(self, rows: NDArray[Any]) -> "Sequences":
        """Return some of them."""
        some = (None if a is None else a[rows] for a in (self.lengths, *self[3:]))
        lengths, answers, answer_lengths = some
        return Sequences(self.X[rows], lengths, self.columns, answers, answer_lengths)

    @property
    def steps(self) -> NDArray[np.int64]:
        """Steps of each sequence (B,)."""
        B, T = self.X.shape[:2]
        return np.full(B, T) if self.lengths is None else self.lengths


class LabeledSequences(NamedTuple):
    """Sequences with labels (B,) or, for each step, (B, U), and weights (B,).

    Labels that are floats, (B, U, K), are the numbers that are to be told, at U = 1 step where a
    sequence is answered as a whole; NaN at steps that are not scored.
    """

    sequences: Sequences
    labels: NDArray[Any]
    weights: Floats

    def part(self, rows: NDArray[Any]) -> "LabeledSequences":
        """Return some of them."""
        weights = self.weights[rows]
        # By an exact power of 2, so that they are of ordinary size also in float32.
        weights = np.ldexp(weights, -np.frexp(weights.max())[1])
        return LabeledSequences(self.sequences.part(rows), self.labels[rows], weights)

    def merged(self) -> "LabeledSequences":
        """Return the different ones among them, with summed weights, in an order of their own.

        That order depends on what they are and not on where they stood: so a loss and its
        gradient are the same to the bit for any order of the sequences, and for a sequence
        of weight 2 as for the sequence twice.
        """
        B = len(self.labels)
        digest = np.empty(B, "V16")
        for b, (x, length, label) in enumerate(
            zip(self.sequences.X, self.sequences.steps, self.labels, strict=True)
        ):
            # Answers before answers follow from the labels.
            head = f"{length} ".encode() + label.tobytes()
            digest[b] = blake2b(head + x[:length].tobytes(), digest_size=16).digest()
        _, first, place = np.unique(digest, return_index=True, return_inverse=True)
        lightest = np.argsort(self.weights)  # added up in the same order wherever they stood
        weights = np.bincount(place[lightest], self.weights[lightest]).astype(float)
        return self.part(first)._replace(weights=weights)

    @property
    def n_answers(self) -> int:
        """How many times a sequence is scored, at most."""
        return prod(self.labels.shape[1:2])

    @property
    def step_weights(self) -> Floats:
        """Weight of each label: of a sequence's steps each has its share, unless not scored."""
        if self.labels.ndim == 1:
            return self.weights
        numbers = self.labels.ndim == 3
        scored = ~np.isnan(self.labels[:, :, 0]) if numbers else self.labels != UNSCORED
        return self.weights[:, None] * scored / scored.sum(axis=1, keepdims=True)


def class_labels(y: ArrayLike, n_classes: int, n_sequences: int) -> NDArray[np.int64]:
    """Return a class for each sequence (B,), integers from 0 to K-1."""
    labels = np.asarray(y)
    if labels.shape != (n_sequences,):
        raise ValueError(
            f"y must hold one class for each of the {n_sequences} sequences, "
            f"shape ({n_sequences},), got {labels.shape}."
        )
    check_classes(labels, n_classes)
    return labels.astype(np.int64)


def target_numbers(y: ArrayLike, n_numbers: int, n_sequences: int) -> Floats:
    """Return the numbers of each sequence (B, 1, K).

    Parameters
    ----------
    y : (B, K) array_like, or (B,) where K is 1
        Finite numbers.
    n_numbers : int
        K.
    n_sequences : int
        B.

    Raises
    ------
    ValueError
        Another shape, or no such numbers.
    """
    shape = n_sequences, n_numbers
    targets = _numbers(y, shape, f"each of the {n_sequences} sequences")
    if not np.isfinite(targets).all():
        raise ValueError("y must be finite, got NaN or infinity.")
    _check_size(targets)
    return targets[:, None]


def step_numbers(y: ArrayLike, n_numbers: int, steps: NDArray[np.int64], most: int) -> Floats:
    """Return the numbers of each step (B, U, K) of sequences of so many; NaN for none.

    Parameters
    ----------
    y : (B, U, K) array_like, or (B, U) where K is 1
        Finite numbers, or NaN in all K of a step that is not scored. What stands after a
        sequence's own steps is not read.
    n_numbers : int
        K.
    steps : (B,) int array
        Steps of each sequence.
    most : int
        U, steps that there is room for.

    Raises
    ------
    ValueError
        Another shape, no such numbers, or a sequence of which no step is scored.
    """
    targets = _numbers(y, (len(steps), most, n_numbers), "each step")
    unscored = np.isnan(targets).all(axis=2) | (np.arange(most) >= steps[:, None])
    targets[unscored] = np.nan
    if not np.isfinite(targets[~unscored]).all():
        raise ValueError(
            "y must be finite, or NaN in all numbers of a step that is not scored, got NaN in "
            "some or infinity."
        )
    if unscored.all(axis=1).any():
        raise ValueError("y must hold numbers for at least one step of each sequence.")
    _check_size(targets[~unscored])
    return targets


def _numbers(y: ArrayLike, shape: tuple[int, ...], what: str) -> Floats:
    """Return a copy of numbers of that shape, whose last axis may be missing where it is 1."""
    n_numbers = shape[-1]
    expected = f"y must hold {n_numbers} number{'s' * (n_numbers > 1)} for {what}, shape {shape}"
    try:
        given = np.asarray(y)
    except ValueError:
        raise ValueError(f"{expected}, got rows that are not alike.") from None
    fits = given.shape == shape or (n_numbers == 1 and given.shape == shape[:-1])
    if not fits or given.dtype.kind not in "biuf":
        raise ValueError(f"{expected}, got an array of {given.dtype}, shape {given.shape}.")
    return np.array(given, dtype=float).reshape(shape)


def _check_size(targets: Floats) -> None:
    """Refuse numbers that no candidate could have a finite loss for."""
    if not np.abs(targets).max() < LARGEST:
        raise ValueError(
            f"y must be below {LARGEST:g}, so that squares are finite, got "
            f"{np.abs(targets).max():g}: scale it first, as RNNRegressor does by itself."
        )


def weights_of(sample_weight: ArrayLike | None, n_sequences: int) -> Floats:
    """Return the weight of each sequence (B,), ones if none are given."""
    if sample_weight is None:
        return np.ones(n_sequences)
    weights = np.asarray(sample_weight, dtype=float)
    if weights.shape != (n_sequences,):
        raise ValueError(
            f"sample_weight must have shape ({n_sequences},), one for each sequence, "
            f"got {weights.shape}."
        )
    with np.errstate(over="ignore"):
        total = weights.sum()
    if weights.min() < 0 or not 0 < total < np.inf:
        raise ValueError("sample_weight must be finite, not negative and not all zero.")
    return weights


def step_labels(
    y: ArrayLike, n_classes: int, steps: NDArray[np.int64], most: int
) -> NDArray[np.int64]:
    """Return a label for each step (B, U) of sequences of so many; UNSCORED for none.

    Parameters
    ----------
    y : (B, U) array_like of int
        Classes 0..K-1, or -1 for steps that are not scored. What stands after a sequence's
        own steps is not read.
    n_classes : int
        K.
    steps : (B,) int array
        Steps of each sequence.
    most : int
        U, steps that there is room for.

    Raises
    ------
    ValueError
        Another shape, no class, or a sequence of which no step is scored.
    """
    labels = np.asarray(y)
    shape = len(steps), most
    if labels.shape != shape:
        raise ValueError(
            f"y must hold one class for each step, shape {shape}, got {labels.shape}; "
            f"{UNSCORED} stands for steps that are not scored."
        )
    labels = np.where(np.arange(shape[1]) < steps[:, None], labels, UNSCORED)
    check_classes(labels[labels != UNSCORED], n_classes)
    if not (labels != UNSCORED).any(axis=1).all():
        raise ValueError("y must hold a class for at least one step of each sequence.")
    return labels.astype(np.int64)


def answer_labels(
    y: Any, n_classes: int, n_sequences: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the answers before each answer (B, U), their number (B,), and the labels (B, U).

    Parameters
    ----------
    y : (B, n) array_like of int, or sequences of int
        Classes 0..K-2 of each answer; -1 fills up rows of an array.
    n_classes : int
        K. The last class bounds an answer: it goes before the first one, and comes after the
        last one.
    n_sequences : int
        B.

    Raises
    ------
    ValueError
        No classes, or an answer with a gap.
    """
    rows = [np.atleast_1d(np.asarray(row)) for row in y]
    if any(row.ndim != 1 or (row.size and row.dtype.kind not in "iu") for row in rows):
        raise ValueError("y must hold a sequence of integers for each sequence of X.")
    rows = [row.astype(np.int64) for row in rows]
    if len(rows) != n_sequences:
        raise ValueError(
            f"There must be an answer for each of the {n_sequences} sequences, got {len(rows)}."
        )
    bound, counts = n_classes - 1, np.array([(row != UNSCORED).sum() for row in rows])
    labels = np.full((len(rows), counts.max(initial=0) + 1), UNSCORED)
    before = np.full(labels.shape, bound)
    for label, given, row, n in zip(labels, before, rows, counts, strict=True):
        if (row[:n] == UNSCORED).any():
            raise ValueError(f"y may have {UNSCORED} after an answer's end only, got {row}.")
        check_classes(row[:n], bound, "; the last class marks the end of an answer")
        label[:n], label[n], given[1 : n + 1] = row[:n], bound, row[:n]
    return before, counts + 1, labels


def check_classes(labels: NDArray[Any], n_classes: int, why: str = "") -> None:
    """Raise a ValueError unless all are integers from 0 to K-1."""
    wrong = labels
    if labels.dtype.kind in "iub":
        wrong = labels[(labels < 0) | (labels >= n_classes)]
    if wrong.size:
        raise ValueError(
            f"y must hold the classes as integers from 0 to {n_classes - 1}{why}, got "
            f"{wrong.flat[0]!r} in an array of {labels.dtype}; encode them first, as "
            "RNNClassifier does by itself."
        )
