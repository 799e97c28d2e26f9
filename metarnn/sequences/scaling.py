"""Standardize the channels of sequences, as ``StandardScaler`` does the columns of rows."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import (
    _check_sample_weight,
    check_array,
    check_is_fitted,
    validate_data,
)

from .arrays import as_sequences, unpadded
from .forms import check_finite, is_list, read

Floats = NDArray[np.float64]


class SequenceScaler(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Scale each channel to mean 0 and standard deviation 1 over all steps of all sequences.

    Steps after a sequence's end do not count. It learns from what it is fitted on alone: in a
    pipeline, from the training sequences. Not for images, nor for channels that are all
    sparse events, whose zeros would no longer be zeros (``with_mean=False`` leaves them so).

    Parameters
    ----------
    with_mean : bool
        Subtract the mean.
    with_std : bool
        Divide by the standard deviation; a channel that is constant is left as it is.
    timesteps : int, optional
        For rows: the steps into which one is cut, each of which has the same channels. By
        default each feature is a channel of its own, as ``StandardScaler`` has it.
    layout : {"ntc", "nct"}
        Whether sequences are (B, T, I), and (T_i, I) in a list, or (B, I, T) and (I, T_i).

    Attributes
    ----------
    mean_, var_, scale_ : (I,) arrays
        Of the channels; `scale_` is what is divided by.
    n_steps_seen_ : float
        Steps, or their weights added up.
    n_channels_in_, n_features_in_ : int
        I, and features of a row (for sequences I).

    Examples
    --------
    >>> from metarnn import RNNClassifier, SequenceScaler
    >>> from sklearn.pipeline import make_pipeline
    >>> model = make_pipeline(SequenceScaler(), RNNClassifier())
    """

    def __init__(
        self,
        *,
        with_mean: bool = True,
        with_std: bool = True,
        timesteps: int | None = None,
        layout: str = "ntc",
    ) -> None:
        self.with_mean = with_mean
        self.with_std = with_std
        self.timesteps = timesteps
        self.layout = layout

    def fit(
        self,
        X: Any,
        y: Any = None,
        lengths: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Learn means and deviations.

        Parameters
        ----------
        X : (B, T, I) array_like, list of (T_i, I) arrays, or (B, F) array_like
            Sequences, or rows; see `layout` and `timesteps`.
        y : ignored
        lengths : (B,) array_like of int, optional
            Steps of each sequence of an array.
        sample_weight : (B,) array_like, optional
            Weight of each sequence.
        """
        self.__dict__.pop("n_steps_seen_", None)
        return self.partial_fit(X, y, lengths, sample_weight)

    def partial_fit(
        self,
        X: Any,
        y: Any = None,
        lengths: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Learn from more sequences, as if they had come with those before.

        T. F. Chan, G. H. Golub, R. J. LeVeque: Updating formulae and a pairwise algorithm for
        computing sample variances. Stanford CS 79-773, 1979, eq. 2.1.
        """
        first = not hasattr(self, "n_steps_seen_")
        cells, steps, _ = self._read(X, lengths, reset=first)
        weights = np.asarray(_check_sample_weight(sample_weight, cells[:, 0], dtype=np.float64))
        if weights.min() < 0 or not weights.sum() > 0:
            raise ValueError("sample_weight must not be negative, nor all zero.")
        total, mean, squares = _moments(cells, steps, weights)
        if first:
            self.n_steps_seen_, self.mean_ = 0.0, np.zeros_like(mean)
            self.var_ = np.zeros_like(mean)
        before, seen = self.n_steps_seen_, self.n_steps_seen_ + total
        shift = mean - self.mean_
        squares = self.var_ * before + squares + shift**2 * (before * total / seen)
        self.mean_ = self.mean_ + shift * (total / seen)
        self.var_, self.n_steps_seen_ = squares / seen, seen
        # The rounding of a mean is no spread.
        constant = self.var_ <= (10 * np.finfo(float).eps * np.abs(self.mean_)) ** 2
        self.scale_ = np.where(constant, 1.0, np.sqrt(self.var_))
        return self

    def fit_transform(
        self,
        X: Any,
        y: Any = None,
        lengths: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Any:
        """Learn from sequences, and return them scaled."""
        return self.fit(X, y, lengths, sample_weight).transform(X, lengths)

    def transform(self, X: Any, lengths: ArrayLike | None = None) -> Any:
        """Return sequences scaled, in the form in which they were given.

        A list stays one, and what follows the end of a sequence becomes 0.
        """
        mean = self.mean_ if self.with_mean and hasattr(self, "mean_") else 0.0
        scale = self.scale_ if self.with_std and hasattr(self, "scale_") else 1.0
        return self._changed(X, lengths, lambda cells: (cells - mean) / scale)

    def inverse_transform(self, X: Any, lengths: ArrayLike | None = None) -> Any:
        """Return scaled sequences as they were."""
        mean = self.mean_ if self.with_mean and hasattr(self, "mean_") else 0.0
        scale = self.scale_ if self.with_std and hasattr(self, "scale_") else 1.0
        return self._changed(X, lengths, lambda cells: cells * scale + mean)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _changed(self, X: Any, lengths: ArrayLike | None, change: Any) -> Any:
        check_is_fitted(self)
        cells, steps, rows = self._read(X, lengths, reset=False)
        changed = change(cells)
        if rows:
            return changed.reshape(len(cells), -1)
        if steps is not None:
            changed[np.arange(cells.shape[1]) >= steps[:, None]] = 0.0
        layout = self._layout
        if is_list(X) or hasattr(X, "columns"):
            return unpadded(changed, steps, layout=layout)
        return changed.transpose(0, 2, 1) if layout == "nct" else changed

    def _read(
        self, X: Any, lengths: ArrayLike | None, reset: bool
    ) -> tuple[Floats, NDArray[np.int64] | None, bool]:
        """Return cells (B, T, I), lengths or None, and whether they are rows."""
        form = read(X, lengths=lengths, layout=self.layout)
        rows = form.X.ndim <= 2
        if form.X.ndim < 2:
            check_array(form.X)  # says what to do with a vector
        if not reset and rows != self._rows:
            kinds = "sequences (sequences, steps, inputs)", "rows (sequences, features)"
            raise ValueError(
                f"X must be {kinds[self._rows]} as in fit, got shape {np.shape(form.X)}."
            )
        if rows:
            cells = validate_data(self, form.X, reset=reset, dtype=np.float64)
            cells = as_sequences(cells, self.timesteps or 1)
        else:
            cells = check_array(form.X, dtype=np.float64, allow_nd=True, ensure_all_finite=False)
            if self.timesteps is not None:
                raise ValueError("timesteps is for rows (sequences, features), got sequences.")
            cells = as_sequences(cells)
            check_finite(cells)
        if reset:
            self.n_channels_in_ = cells.shape[2]
            self._rows: bool = rows
            self._layout: str = self.layout
            if not rows:
                self.n_features_in_ = cells.shape[2]
                self.__dict__.pop("feature_names_in_", None)
                if form.names is not None:
                    self.feature_names_in_ = form.names
        elif cells.shape[2] != self.n_channels_in_:
            raise ValueError(
                f"X has {cells.shape[2]} inputs at each step, but SequenceScaler was fitted with "
                f"{self.n_channels_in_}."
            )
        return cells, form.lengths, rows


def _moments(
    cells: Floats, steps: NDArray[np.int64] | None, weights: Floats
) -> tuple[float, Floats, Floats]:
    """Return the sum of weights, the mean (I,) and the sum of squares about it (I,)."""
    _, T, n = cells.shape
    if steps is None:
        points, of_points = cells.reshape(-1, n), np.repeat(weights, T)
    else:
        own = np.arange(T) < steps[:, None]
        points, of_points = cells[own], np.repeat(weights, steps)
    total = float(of_points.sum())
    mean = of_points @ points / total
    apart = points - mean
    # The mean's own rounding, taken out again.
    slip = of_points @ apart / total
    squares = of_points @ apart**2 - total * slip**2
    return total, mean + slip, np.maximum(squares, 0.0)
