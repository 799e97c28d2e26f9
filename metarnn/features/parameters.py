"""The parameters that the transformer and the models share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import Tags

from metarnn.engine import check_threads
from metarnn.estimators.fitted_card import FittedCardMixin
from metarnn.estimators.seeds import seed_of
from metarnn.memory import check_memory
from metarnn.sequences.parsing import ParsedInput
from metarnn.sequences.reader import InputReader
from metarnn.sequences.validation import Floats
from metarnn.validation import LARGEST_SIZE, check_bools, check_choice, is_integer, shown

from .channels import OF_OTHERS, OF_SERIES, check_channels
from .distribution import NetworkDistribution, distribution_of
from .extraction import Extractor, Wiring, learn
from .population import check_pools


@dataclass(eq=False, repr=False, kw_only=True)
class FeatureParameters(FittedCardMixin, BaseEstimator):
    """Parameters of random features; see :class:`RecurrentFeatures` for what they mean."""

    n_features: int = 10_000
    hidden: int = 8
    cells: str | Sequence[str] | Mapping[str, float] = "leaky"
    scales: tuple[float, float] = (0.3, 4.0)
    recurrences: tuple[float, float] = (0.3, 2.0)
    time_constants: tuple[float, float] = (1.0, 0.5)
    bidirectional: bool = False
    channels: Sequence[str] | None = None
    pools: Sequence[str] = ("max", "min", "mean", "last", "std", *["above", "rises"] * 3)
    embedding: int | None = None
    timesteps: int | str = 1
    layout: str = "ntc"
    random_state: Any = None
    dtype: str = "float32"
    n_threads: int | None = None
    verbose: int = 0

    def check(self) -> None:
        """Raise a TypeError or a ValueError unless all parameters can be used, without data."""
        check_bools(self)
        for name, least in (("n_features", 1), ("hidden", 1), ("verbose", 0), ("embedding", 1)):
            value = getattr(self, name)
            if name == "embedding" and value is None:
                continue
            if not is_integer(value) or not least <= value <= LARGEST_SIZE:
                raise ValueError(
                    f"{name} must be an integer of at least {least}, got {shown(value)}."
                )
        dtype = getattr(self.dtype, "__name__", str(self.dtype))
        check_choice("dtype", dtype, ("float32", "float64"))
        check_threads(self.n_threads)
        check_pools(self.pools)
        self._distribution(1.0)
        if self.channels is not None:
            check_channels(self.channels)
            if self.embedding is not None:
                raise ValueError("channels are of numbers; an embedding makes vectors of tokens.")

    @property
    def _wiring(self) -> Wiring:
        dtype = np.dtype(self.dtype).name
        return Wiring(int(self.hidden), bool(self.bidirectional), check_pools(self.pools), dtype)

    @property
    def _n_networks(self) -> int:
        """The number of networks whose features are nearest to those wanted."""
        n_rows = self.hidden * (2 if self.bidirectional else 1) * len(check_pools(self.pools))
        return max(1, round(self.n_features / n_rows))

    def _new_reader(self) -> InputReader:
        kind = "numbers" if self.embedding is None else "tokens"
        return InputReader(kind, self.layout, self.timesteps)

    def _distribution(self, n_steps: float) -> NetworkDistribution:
        """Return what the networks are drawn from, for series of so many steps."""
        return distribution_of(
            self.cells, self.scales, self.recurrences, self.time_constants, n_steps
        )

    def _learned(self, data: ParsedInput, reader: InputReader, weights: Floats) -> Extractor:
        """Return an extractor for sequences that are read."""
        rng, B = np.random.default_rng(seed_of(self.random_state)), len(data.X)
        itemsize, n_weights = np.dtype(self.dtype).itemsize, self.hidden * (self.hidden + 2)
        check_memory(
            f"n_features={self.n_features} and hidden={self.hidden} of {B:,} sequences",
            B * self.n_features * itemsize + 8 * self._n_networks * n_weights,
            "choose fewer or smaller networks",
        )
        vectors: Floats | None = None
        channels: tuple[str, ...] = OF_OTHERS
        if self.embedding is not None:
            vectors = rng.standard_normal((reader.n_inputs + 1, self.embedding))
            vectors[-1] = 0.0
        elif self.channels is not None:
            channels = check_channels(self.channels)
        elif data.X.shape[1] > 1:
            channels = OF_SERIES
        return learn(
            data,
            weights,
            channels=channels,
            vectors=vectors,
            distribution=self._distribution(mean_length(data)),
            wiring=self._wiring,
            n_networks=self._n_networks,
            rng=rng,
            n_threads=self.n_threads,
        )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def mean_length(data: ParsedInput) -> float:
    """Return the mean number of steps of sequences."""
    return float(data.X.shape[1] if data.lengths is None else np.mean(data.lengths))
