"""Recurrent features: a transformer from sequences to the pooled states of random networks."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from metarnn.sequences.reader import InputReader
from metarnn.sequences.validation import MaybeArray, check_sample_weight

from .extraction import Extractor
from .parameters import FeatureParameters, mean_length


@dataclass(eq=False, repr=False, kw_only=True)
class RecurrentFeatures(TransformerMixin, FeatureParameters):
    """The states of many small random recurrent networks, pooled over time.

    Nothing is trained: networks are drawn at random, run over each sequence in one pass of the
    population, and of each unit a few numbers remain, such as its largest state. A linear model
    of so many features is a strong classifier of series, in seconds.

    Parameters
    ----------
    n_features : int
        F, about: as many whole networks are drawn as come closest, one at least.
    hidden : int
        H, units of a network (of each direction). Each gives a feature for each pool.
    cells : str, list of str, or dict
        Cells of the networks: "leaky", "elman", "gru" or "lstm"; several have equal shares, or
        those of a dict.
    scales : (float, float)
        Bounds of the scale of a network's input weights. Channels are standardized, so with a
        large scale units saturate and see the sign of what they read.
    recurrences : (float, float)
        Bounds of the scale of the recurrent weights. Above 1 networks may be chaotic.
    time_constants : (float, float)
        Bounds of the time constants of the units, in steps; bounds below 1 are fractions of the
        mean length of the training sequences. An Elman cell has none.
    bidirectional : bool
        Whether each network also runs backwards, with other weights.
    channels : list of str, optional
        What networks read of each input: "raw", "normalized" (each series by its own mean and
        deviation) and "differences" (of the normalized series); all of these by default, of
        sequences of one step "raw".
    pools : list of str
        What remains of the states of a unit: "max", "min", "mean", "last", "std" (deviation),
        "above", the fraction of steps above a threshold, and "rises", the fraction of steps that
        come from below it. Thresholds are random quantiles of the unit's states on some of the
        training sequences. These two may be there several times, each with a threshold of its own.
    embedding : int, optional
        For tokens, integers from 0 on: the length of the random vector that stands for each.
    timesteps : int or "features"
        For rows (B, F): the number of steps into which a row is cut; "features" makes each
        feature a step.
    layout : {"ntc", "nct"}
        Whether sequences are (B, T, I), or (B, I, T) as in aeon.
    random_state : int, RandomState, Generator or None
        The same integer gives the same features, on any number of threads.
    dtype : {"float32", "float64"}
        Precision of the passes and of the features.
    n_threads : int, optional
        Maximum number of threads; by default all of numba's.
    verbose : int
        1 shows a progress bar on standard error.

    Attributes
    ----------
    n_features_out_ : int
        F.
    n_networks_ : int
        Number of networks. A call of :meth:`transform` costs as many passes over its sequences.
    distribution_ : NetworkDistribution
        What the networks were drawn from.
    extractor_ : Extractor
        The networks, with the channels and the scaling before them.
    n_timesteps_in_, n_channels_in_ : int
        T and I as seen in fit.

    See Also
    --------
    RecurrentFeaturesClassifier, RecurrentFeaturesRegressor : with a linear model.

    Notes
    -----
    A random network with a trained readout is an echo state network (H. Jaeger, GMD report 148,
    2001); many small ones, pooled over time and read by a ridge, do with recurrent networks what
    ROCKET does with convolutions (A. Dempster, F. Petitjean, G. I. Webb, Data Mining and Knowledge
    Discovery 34, 2020). Not for tasks that need a memory which random networks do not have, such
    as latches over hundreds of steps, nor for predictions step by step.

    Examples
    --------
    >>> from sklearn.linear_model import RidgeClassifierCV
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from metarnn import RecurrentFeatures
    >>> features = RecurrentFeatures(n_features=2000, random_state=0)
    >>> model = make_pipeline(features, StandardScaler(), RidgeClassifierCV())
    """

    def fit(
        self, X: Any, y: Any = None, sample_weight: MaybeArray = None, lengths: MaybeArray = None
    ) -> Self:
        """Draw the networks, and learn scaling and thresholds.

        Parameters
        ----------
        X : (B, T, I), (B, I, T) or (B, F) array_like, or list of (T_i, I) arrays
            Sequences, as :class:`metarnn.RNNClassifier` takes them; tokens (B, T) with `embedding`.
        y : ignored
        sample_weight : (B,) array_like, optional
            Weight of each sequence in the scaling of the channels.
        lengths : (B,) array_like of int or "nan", optional
            Number of steps of each sequence of a padded array; see
            :meth:`metarnn.RNNClassifier.fit`.

        Raises
        ------
        TypeError, ValueError
            Parameters or data that cannot be used.
        """
        self._fit(X, lengths, sample_weight)
        return self

    def fit_transform(
        self, X: Any, y: Any = None, sample_weight: MaybeArray = None, lengths: MaybeArray = None
    ) -> Any:
        """Draw the networks and return the features of the sequences; see :meth:`fit`."""
        self._fit(X, lengths, sample_weight)
        return self.transform(X, lengths)

    def transform(self, X: Any, lengths: MaybeArray = None) -> NDArray[Any]:
        """Return features (B, F)."""
        check_is_fitted(self)
        data = self._reader.read(self, X, lengths).in_float64()
        return self.extractor_(data, self.n_threads, bool(self.verbose))

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Return names such as ``leaky12_unit3_max``."""
        check_is_fitted(self)
        return np.asarray(self.extractor_.names(), object)

    def memory(self, n_sequences: int, n_steps: int, unequal: bool = False) -> int:
        """Return the bytes that :meth:`transform` allocates at its peak, the result included.

        Beyond the sequences themselves, and a few MB that each thread keeps.

        Parameters
        ----------
        n_sequences, n_steps : int
            B, and the steps T of the longest sequence.
        unequal : bool
            Whether the sequences have unequal lengths.
        """
        check_is_fitted(self)
        return self.extractor_.memory(n_sequences, n_steps, unequal)

    def _fitted_facts(self) -> dict[str, Any]:
        if not hasattr(self, "extractor_"):
            return {}
        return {"features": self.n_features_out_, "networks": self.n_networks_}

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = [self.dtype]
        return tags

    def _fit(self, X: Any, lengths: MaybeArray, sample_weight: MaybeArray) -> None:
        self.check()
        reader = self._new_reader()
        data = reader.learn(self, X, lengths).in_float64()
        weights = check_sample_weight(sample_weight, len(data.X))
        kept = np.flatnonzero(weights)  # as if the others had not been given
        lengths = None if data.lengths is None else data.lengths[kept]
        data, weights = data._replace(X=data.X[kept], lengths=lengths), weights[kept]
        self.extractor_: Extractor = self._learned(data, reader, weights)
        self._reader: InputReader = reader
        self.distribution_ = self._distribution(mean_length(data))
        self.n_networks_ = self.extractor_.n_networks
        self.n_features_out_ = self.extractor_.n_features
        self.n_timesteps_in_, self.n_channels_in_ = reader.n_timesteps, reader.n_inputs
