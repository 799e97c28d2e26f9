"""What an estimator trains on: inputs with encoded targets and weights, held back and scaled."""

from copy import copy
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from metarnn.sequences.lazy import LazySequences, part_of
from metarnn.sequences.parsing import ParsedInput
from metarnn.sequences.scaling import SequenceScaler
from metarnn.sequences.validation import Floats


class Examples(NamedTuple):
    """Inputs as a network takes them, with their targets and weights."""

    #: Sequences (B, T, I), tokens (B, T) or images (B, R, C, I): an array, or LazySequences.
    X: Any
    lengths: NDArray[np.int64] | None  # (B,), number of steps; None where all have T
    targets: NDArray[Any]  # places of the classes (B,), or standardized numbers (B, K)
    weights: Floats  # (B,)

    def part(self, rows: NDArray[np.int64]) -> "Examples":
        """Return the examples of some rows."""
        lengths = None if self.lengths is None else self.lengths[rows]
        return Examples(part_of(self.X, rows), lengths, self.targets[rows], self.weights[rows])

    def of_positive_weight(self) -> "Examples":
        """Return the examples that count, as if the others had not been given."""
        kept = np.flatnonzero(self.weights)
        if not len(kept):
            raise ValueError("class_weight leaves no sequence with a positive weight.")
        return self if len(kept) == len(self.weights) else self.part(kept)


def hold_back(
    examples: Examples,
    fraction: float,
    seed: int | np.random.SeedSequence,
    strata: NDArray[Any] | None,
) -> tuple[Examples, Examples]:
    """Return a training and a validation part, with equal fractions of the groups `strata` (B,)."""
    state = int(np.random.default_rng(seed).integers(2**31))
    n_sequences = len(examples.targets)
    try:
        train, held_back = train_test_split(
            np.arange(n_sequences), test_size=fraction, stratify=strata, random_state=state
        )
    except ValueError as error:
        raise ValueError(
            f"early_stopping cannot hold back {fraction:g} of {n_sequences} sequences of positive "
            f"weight: {error}"
        ) from None
    return examples.part(train), examples.part(held_back)


Inputs = TypeVar("Inputs", Examples, ParsedInput)


def fit_scaler(examples: Examples, is_rows: bool) -> SequenceScaler:
    """Return a scaler of the channels of sequences and images, or of each feature of rows."""
    X, lengths, scaler = _as_scaled(examples.X, is_rows), examples.lengths, SequenceScaler()
    scaler.begin(X[:1, 0] if is_rows else X[:1], None if lengths is None else lengths[:1])
    scaler.update(X, examples.lengths, examples.weights)
    return scaler


def updated(scaler: SequenceScaler, examples: Examples, is_rows: bool) -> SequenceScaler:
    """Return a scaler that has seen these examples as well."""
    scaler = copy(scaler)
    scaler.update(_as_scaled(examples.X, is_rows), examples.lengths, examples.weights)
    return scaler


def scaled(inputs: Inputs, scaler: SequenceScaler | None, is_rows: bool, dtype: str) -> Inputs:
    """Return inputs as the network reads them: scaled, if there is a scaler, and in its dtype.

    Means of weighted and of repeated sequences may differ in the last bit of float64, which is not
    to change in what order the passes take the sequences.
    """
    if scaler is None:
        return inputs
    shift, scale = scaler.mean_, scaler.scale_
    if is_rows:  # each feature is a channel
        shift, scale = (a.reshape(inputs.X.shape[1:]) for a in (shift, scale))
    return inputs._replace(X=LazySequences.of(inputs.X).scaled(shift, scale, dtype))


def _as_scaled(X: Any, is_rows: bool) -> LazySequences:
    """Return rows as one step, so that each feature is a channel, and images as sequences."""
    X = LazySequences.of(X)
    if is_rows:
        return X.reshape(len(X), 1, -1)
    return X if X.ndim == 3 else X.reshape(len(X), -1, X.shape[-1])
