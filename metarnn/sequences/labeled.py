"""Sequences with their labels and weights, and the targets of a decoder."""

from hashlib import blake2b
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .lazy import blocks
from .network_input import Sequences
from .validation import UNSCORED, Floats, Integers, check_classes


class LabeledSequences(NamedTuple):
    """Sequences with labels and weights.

    The labels are the class of each sequence (B,); or of each step (B, U), with UNSCORED where a
    step is not scored; or the K numbers (B, U, K) that are predicted, at U = 1 step where each
    sequence has one prediction, with NaN where a step is not scored.
    """

    sequences: Sequences
    labels: NDArray[Any]
    weights: Floats  # (B,)
    #: The sequences (B,), or their labels (B, U), that a readout is solved on, where others judge
    #: it; None where nothing is said.
    solve_on: NDArray[np.bool_] | None = None

    def part(self, rows: NDArray[Any]) -> "LabeledSequences":
        """Return the sequences of some rows."""
        weights = self.weights[rows]
        # By an exact power of 2, so that they are of ordinary size also in float32.
        weights = np.ldexp(weights, -np.frexp(weights.max())[1])
        solve_on = None if self.solve_on is None else self.solve_on[rows]
        return LabeledSequences(self.sequences.part(rows), self.labels[rows], weights, solve_on)

    def merged(self) -> "LabeledSequences":
        """Return the different ones among them, with summed weights, in a canonical order.

        The order depends on the sequences alone, not on where they stood: so a loss and its
        gradient are the same to the bit for any order of the sequences, and for a sequence
        of weight 2 as for the sequence twice.
        """
        return self.merging()[0]

    def merging(self) -> tuple["LabeledSequences", Integers]:
        """Return what :meth:`merged` returns, and where there each sequence (B,) is."""
        _, first, place = np.unique(self._digests(), return_index=True, return_inverse=True)
        merged = self.part(first)._replace(weights=merged_weights(place, self.weights))
        return merged, place

    def canonical_order(self) -> Integers:
        """Return the rows in an order that depends on the sequences and weights alone."""
        order: Integers = np.lexsort((self.weights, *self._digests().view(">u8").reshape(-1, 2).T))
        return order

    def _digests(self) -> NDArray[np.void]:
        """Return 16 bytes for each sequence that differ where it, or its label, does."""
        X, steps = self.sequences.X, self.sequences.steps
        digests = np.empty(len(self.labels), "V16")
        for rows, some in blocks(X.shape, self.sequences.lengths):
            values = np.ascontiguousarray(X[rows, some], np.float64)
            for b, x in enumerate(values, start=rows.start):
                if some.start == 0:
                    # What a decoder receives follows from the labels.
                    head = f"{steps[b]} ".encode() + self.labels[b].tobytes()
                    head += b"" if self.solve_on is None else self.solve_on[b].tobytes()
                    digest = blake2b(head, digest_size=16)
                digest.update(x[: max(0, steps[b] - some.start)])
                digests[b] = digest.digest()
        return digests

    @property
    def n_labels(self) -> int:
        """U, the labels of a sequence; 1 where it is scored as a whole."""
        return prod(self.labels.shape[1:2])

    @property
    def step_weights(self) -> Floats:
        """Weight of each label: the scored steps of a sequence share its weight equally."""
        if self.labels.ndim == 1:
            return self.weights
        is_regression = self.labels.ndim == 3
        scored = ~np.isnan(self.labels[:, :, 0]) if is_regression else self.labels != UNSCORED
        return self.weights[:, None] * scored / scored.sum(axis=1, keepdims=True)


def merged_weights(place: Integers, weights: Floats) -> Floats:
    """Return the sums of the weights (B,) of sequences that are merged at the same place."""
    lightest = np.argsort(weights)  # added up in the same order wherever they stood
    return np.bincount(place[lightest], weights[lightest]).astype(float)


def decoder_targets(
    y: Any, n_classes: int, n_sequences: int
) -> tuple[Integers, Integers, Integers]:
    """Return what a decoder receives (B, U), the number of its targets (B,), and these (B, U).

    The targets y are sequences of classes 0..K-2; -1 fills up the rows of an array. The last
    class, K-1, marks the ends: the decoder receives it before the first class, and is to score it
    after the last one.
    """
    rows = [np.atleast_1d(np.asarray(row)) for row in y]
    if any(row.ndim != 1 or (row.size and row.dtype.kind not in "iu") for row in rows):
        raise ValueError("y must hold a sequence of integers for each sequence of X.")
    rows = [row.astype(np.int64) for row in rows]
    if len(rows) != n_sequences:
        raise ValueError(
            f"y must hold a target for each of the {n_sequences} sequences, got {len(rows)}."
        )
    end, counts = n_classes - 1, np.array([(row != UNSCORED).sum() for row in rows])
    labels = np.full((len(rows), counts.max(initial=0) + 1), UNSCORED)
    received = np.full(labels.shape, end)
    for label, before, row, n in zip(labels, received, rows, counts, strict=True):
        if (row[:n] == UNSCORED).any():
            raise ValueError(f"y may have {UNSCORED} after the end of a target only, got {row}.")
        check_classes(row[:n], end, "; the last class marks the end of a target")
        label[:n], label[n], before[1 : n + 1] = row[:n], end, row[:n]
    return received, counts + 1, labels
