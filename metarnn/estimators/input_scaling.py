"""Standardized inputs: the scaler that becomes part of a model with ``scale=True``."""

from typing import TypeVar

from metarnn.sequences.parsing import ParsedInput
from metarnn.sequences.scaling import SequenceScaler
from metarnn.sequences.validation import Floats

from .examples import Examples

Inputs = TypeVar("Inputs", Examples, ParsedInput)


def fit_scaler(examples: Examples, is_rows: bool) -> SequenceScaler:
    """Return a scaler of the channels of sequences and images, or of each feature of rows."""
    X = _as_scaled(examples.X, is_rows)
    return SequenceScaler().fit(X, lengths=examples.lengths, sample_weight=examples.weights)


def scaled(inputs: Inputs, scaler: SequenceScaler | None, is_rows: bool) -> Inputs:
    """Return inputs as the network reads them: scaled, if there is a scaler."""
    if scaler is None:
        return inputs
    X = scaler.transform(_as_scaled(inputs.X, is_rows), lengths=inputs.lengths)
    return inputs._replace(X=X.reshape(inputs.X.shape))


def _as_scaled(X: Floats, is_rows: bool) -> Floats:
    """Return rows without steps, so that each feature is a channel, and images as sequences."""
    return X.reshape(len(X), -1) if is_rows else X.reshape(len(X), -1, X.shape[-1])
