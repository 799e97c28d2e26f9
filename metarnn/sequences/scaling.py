"""Standardize the channels of sequences, as ``StandardScaler`` does the columns of rows."""

from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils._set_output import _wrap_data_with_container
from sklearn.utils.validation import check_is_fitted

from metarnn.validation import LEAST_SQUARED, check_bool, check_size

from .axes import unpadded
from .lazy import LazySequences, blocks
from .parsing import ParsedInput, is_list
from .reader import InputReader
from .validation import Floats, MaybeArray, check_sample_weight


class SequenceScaler(  # type: ignore[call-arg]
    OneToOneFeatureMixin, TransformerMixin, BaseEstimator, auto_wrap_output_keys=None
):
    """Scale each channel to mean 0 and standard deviation 1 over all steps of all sequences.

    Steps after the end of a sequence do not count. In a pipeline the means and deviations are
    those of the training sequences. The scaler is not for images, nor for channels of sparse
    events, whose zeros it would move (``with_mean=False`` leaves them in place).

    Parameters
    ----------
    with_mean : bool
        Subtract the mean.
    with_std : bool
        Divide by the standard deviation. A constant channel is not divided.
    timesteps : int or "features"
        For rows: the number of steps into which a row is cut; all steps have the same channels.
        By default a row is one step, so that each feature is a channel of its own, as in
        ``StandardScaler``.
    layout : {"ntc", "nct"}
        Whether sequences are (B, T, I), and (T_i, I) in a list, or (B, I, T) and (I, T_i).

    Attributes
    ----------
    mean_, var_, scale_ : (I,) arrays
        Mean and variance of each channel, and the deviation by which it is divided.
    n_steps_seen_ : float
        Number of steps, or the sum of their weights.
    n_channels_in_ : int
        I.
    n_features_in_ : int
        Number of features of a row; sequences have none.
    feature_names_in_ : 1-D array
        Names of the columns, where X came in frames.

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
        timesteps: int | str = 1,
        layout: str = "ntc",
    ) -> None:
        self.with_mean = with_mean
        self.with_std = with_std
        self.timesteps = timesteps
        self.layout = layout

    def fit(
        self, X: Any, y: Any = None, lengths: MaybeArray = None, sample_weight: MaybeArray = None
    ) -> Self:
        """Compute means and deviations.

        Parameters
        ----------
        X : (B, T, I) array_like, list of (T_i, I) arrays, or (B, F) array_like
            Sequences, or rows; see `layout` and `timesteps`.
        y : ignored
        lengths : (B,) array_like of int or "nan", optional
            Number of steps of each sequence of a padded array. With "nan" a sequence ends where
            all that follows is NaN, also in the arrays that are transformed.
        sample_weight : (B,) array_like, optional
            Weight of each sequence.
        """
        self.__dict__.pop("n_steps_seen_", None)  # begin again
        return self.partial_fit(X, y, lengths, sample_weight)

    def partial_fit(
        self, X: Any, y: Any = None, lengths: MaybeArray = None, sample_weight: MaybeArray = None
    ) -> Self:
        """Update means and deviations, as if all sequences so far had come at once.

        T. F. Chan, G. H. Golub, R. J. LeVeque: Updating formulae and a pairwise algorithm for
        computing sample variances. Stanford CS 79-773, 1979, eq. 2.1.
        """
        for name in ("with_mean", "with_std"):
            check_bool(name, getattr(self, name))
        if not hasattr(self, "n_steps_seen_"):
            data = self.begin(X, lengths)
        else:
            data = self._reader.read(self, X, lengths)
        self.update(data.X, data.lengths, check_sample_weight(sample_weight, len(data.X)))
        return self

    def begin(self, X: Any, lengths: MaybeArray = None) -> ParsedInput:
        """Learn the form of sequences, for which a single one will do, ahead of :meth:`update`."""
        self._reader = InputReader(
            layout=self.layout, timesteps=self.timesteps, needs_lengths=False
        )
        data = self._reader.learn(self, X, lengths)
        self.n_channels_in_ = self._reader.n_inputs
        return data

    def update(
        self, X: Floats | LazySequences, lengths: NDArray[np.int64] | None, weights: Floats
    ) -> None:
        """Add sequences (B, T, I) that are checked; see :meth:`partial_fit`."""
        total, mean, squares = _moments(X, lengths, weights)
        if not hasattr(self, "n_steps_seen_"):
            self.n_steps_seen_, self.mean_ = 0.0, np.zeros_like(mean)
            self.var_ = np.zeros_like(mean)
        self.n_steps_seen_ += total
        part, shift = total / self.n_steps_seen_, mean - self.mean_
        own = (1 - part) * (self.var_ + part * shift**2)
        self.mean_, self.var_ = self.mean_ + part * shift, own + part * (squares / total)
        # A variance within the rounding error of the mean is 0.
        constant = self.var_ <= (10 * np.finfo(float).eps * np.abs(self.mean_)) ** 2
        self.scale_ = np.where(constant, 1.0, np.sqrt(self.var_))

    def fit_transform(
        self, X: Any, y: Any = None, lengths: MaybeArray = None, sample_weight: MaybeArray = None
    ) -> Any:
        """Compute means and deviations, and return the sequences scaled."""
        return self.fit(X, y, lengths, sample_weight).transform(X, lengths)

    def transform(self, X: Any, lengths: MaybeArray = None) -> Any:
        """Return sequences scaled, in the form in which they came.

        A list remains a list. What follows the end of a sequence becomes 0, and stays NaN where
        that marks the end. ``set_output`` makes a frame of rows, and one of each sequence of a
        list; an array (B, T, I) remains one.
        """
        scaled = self._moved(X, lengths, lambda x, shift, factor: (x - shift) / factor)
        if isinstance(scaled, list):
            if self._reader.layout == "nct":
                return scaled
            given = X if is_list(X) else scaled
            return [self._contained(*pair) for pair in zip(scaled, given, strict=True)]
        return self._contained(scaled, X) if scaled.ndim == 2 else scaled

    def inverse_transform(self, X: Any, lengths: MaybeArray = None) -> Any:
        """Return scaled sequences as they were before :meth:`transform`."""
        return self._moved(X, lengths, lambda x, shift, factor: x * factor + shift)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Return the names of the features of rows, or of the channels of sequences."""
        check_is_fitted(self)
        if hasattr(self, "n_features_in_"):
            return np.asarray(super().get_feature_names_out(input_features))
        names = [f"x{i}" for i in range(self.n_channels_in_)]
        return np.asarray(getattr(self, "feature_names_in_", names), object)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _moved(self, X: Any, lengths: MaybeArray, move: Callable[..., Floats]) -> Any:
        """Return sequences moved by mean and deviation, in the form in which they came."""
        check_is_fitted(self)
        data = self._reader.read(self, X, lengths)
        layout = self._reader.layout
        if isinstance(data.X, LazySequences) and data.lengths is not None:  # a list of unequal ones
            each = enumerate(data.lengths)
            moved = [self._move(data.X[b : b + 1, :n], None, move)[0] for b, n in each]
            return [part.T for part in moved] if layout == "nct" else moved
        sequences = self._move(data.X, data.lengths, move)
        if data.is_rows:
            return sequences.reshape(len(sequences), -1)
        by_nan = isinstance(lengths, str) or (lengths is None and self._reader.marks_ends(X))
        if data.lengths is not None and by_nan:
            sequences[np.arange(sequences.shape[1]) >= data.lengths[:, None]] = np.nan
        if is_list(X) or hasattr(X, "columns"):
            return unpadded(sequences, data.lengths, layout=layout)
        return sequences.transpose(0, 2, 1) if layout == "nct" else sequences

    def standardized(self, X: Floats, lengths: NDArray[np.int64] | None) -> Floats:
        """Return sequences (B, T, I) that are checked, scaled; see :meth:`transform`."""
        return self._move(X, lengths, lambda x, shift, factor: (x - shift) / factor)

    def _move(
        self, X: Floats, lengths: NDArray[np.int64] | None, move: Callable[..., Floats]
    ) -> Floats:
        shift, scale = self.mean_ if self.with_mean else 0.0, self.scale_ if self.with_std else 1.0
        sequences: Floats = np.empty(X.shape)
        for some in blocks(X.shape):
            sequences[some] = move(np.asarray(X[some], np.float64), shift, scale)
        if lengths is not None:
            after = np.arange(X.shape[1]) >= lengths[:, None]
            np.copyto(sequences, 0.0, where=after[..., None])
        return sequences

    def _contained(self, values: Floats, given: Any) -> Any:
        """Return rows or steps in the container of ``set_output``."""
        return _wrap_data_with_container("transform", values, given, self)


# So that ``set_output`` is there: scikit-learn's own wrapper takes what has two axes only.
SequenceScaler._sklearn_auto_wrap_output_keys = {"transform"}


def _moments(
    X: Floats | LazySequences, lengths: NDArray[np.int64] | None, weights: Floats
) -> tuple[float, Floats, Floats]:
    """Return the sum of weights, the mean (I,) and the sum of squares about it (I,)."""
    total, sums, largest = 0.0, np.zeros(X.shape[-1]), np.zeros(X.shape[-1])
    for steps, step_weights in _steps(X, lengths, weights):
        np.maximum(largest, np.abs(steps).max(axis=0), out=largest)
        check_size("X", largest.clip(LEAST_SQUARED))  # before any sum overflows
        total += float(step_weights.sum())
        sums += step_weights @ steps
    check_size("X", largest)
    mean, slip, squares = sums / total, np.zeros_like(sums), np.zeros_like(sums)
    for steps, step_weights in _steps(X, lengths, weights):
        deviations = steps - mean
        slip += step_weights @ deviations
        squares += step_weights @ deviations**2
    slip /= total  # the rounding error of the mean, taken out again
    squares -= total * slip**2
    return total, mean + slip, np.maximum(squares, 0.0)


def _steps(
    X: Floats | LazySequences, lengths: NDArray[np.int64] | None, weights: Floats
) -> Iterator[tuple[Floats, Floats]]:
    """Yield the steps (n, I) of sequences and their weights (n,), block by block."""
    for rows, some in blocks(X.shape, lengths):
        values, own = np.asarray(X[rows, some], np.float64), weights[rows]
        if lengths is None:
            yield values.reshape(-1, values.shape[2]), np.repeat(own, values.shape[1])
        else:
            left = np.clip(lengths[rows] - some.start, 0, values.shape[1])
            if left.any():
                yield values[np.arange(values.shape[1]) < left[:, None]], np.repeat(own, left)
