"""From sequences to features: channels, scaling and random networks, as a fit has met them."""

from contextlib import closing, nullcontext
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metarnn.memory import check_memory
from metarnn.optimizers.progress import Bar
from metarnn.sequences.lazy import BLOCK
from metarnn.sequences.parsing import ParsedInput
from metarnn.sequences.scaling import SequenceScaler
from metarnn.sequences.validation import Floats, Integers

from .channels import prepared
from .distribution import NetworkDistribution
from .population import RandomNetworks

#: Thresholds are learned on so many different sequences.
THRESHOLD_SEQUENCES = 16
#: The channels of a block of sequences take about so many bytes, in float64.
BLOCK_BYTES = 2**23
#: What many small arrays take: so many bytes, and one part in so many of the large ones.
SMALL_BYTES, SMALL_SHARE = 2**15, 100
#: Scaled channels are cut off here, so that float32 holds them: networks saturate long before.
LIMIT = 1e6


class Wiring(NamedTuple):
    """What the networks of an extractor have in common."""

    hidden: int
    bidirectional: bool
    pools: tuple[str, ...]
    dtype: str


@dataclass(eq=False)
class Extractor:
    """Computes the features of sequences."""

    channels: tuple[str, ...]
    vectors: Floats | None  # (V + 1, E) of tokens; the last one is that of unknown ones
    scaler: SequenceScaler
    populations: list[RandomNetworks]

    @staticmethod
    def expected_axes(settings: dict[str, Any]) -> dict[str, tuple[int | None, ...]]:
        """Return the axes of its arrays that follow from its other fields: none do."""
        return {}

    def __str__(self) -> str:
        parts = [
            f"{len(part.weights)} {part.cell} networks of {part.hidden} units"
            for part in self.populations
        ]
        both = " in both directions" * self.populations[0].bidirectional
        return f"{' and '.join(parts)}{both}, {self.n_features} features"

    @property
    def n_networks(self) -> int:
        """Number of networks."""
        return sum(len(population.weights) for population in self.populations)

    @property
    def n_features(self) -> int:
        """F."""
        return sum(population.n_features for population in self.populations)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the features."""
        return np.dtype(self.populations[0].dtype)

    def names(self) -> list[str]:
        """Return the names of the features."""
        found: list[str] = []
        first = 0
        for population in self.populations:
            found += population.names(first)
            first += len(population.weights)
        return found

    def __call__(
        self, data: ParsedInput, n_threads: int | None = None, progress: bool = False
    ) -> NDArray[Any]:
        """Return features (B, F)."""
        B, T = data.X.shape[:2]
        check_memory(
            f"{self.n_features:,} features (n_features) of {B:,} sequences",
            self.memory(B, T, data.lengths is not None),
            "choose fewer, or give fewer sequences at a time",
        )
        features = np.empty((B, self.n_features), self.dtype)
        bar = Bar(B, "features", "sequences") if progress else None
        with closing(bar) if bar is not None else nullcontext():
            self._fill(features, data, n_threads, bar)
        return features

    def _fill(
        self, features: NDArray[Any], data: ParsedInput, n_threads: int | None, bar: Bar | None
    ) -> None:
        """Compute features (B, F), some sequences at a time."""
        (B, T), n_inputs = data.X.shape[:2], self.populations[0].n_inputs
        size = _block_size(T, n_inputs)
        for first in range(0, B, size):
            some = slice(first, min(first + size, B))
            lengths = None if data.lengths is None else data.lengths[some]
            X = self.inputs(data.X[some], lengths)
            column = 0
            for population in self.populations:
                for networks in population.blocks(len(X) * population.n_rows):
                    end = column + len(population.weights[networks]) * population.n_rows
                    out = features[some, column:end]
                    population.features(networks, X, lengths, n_threads, out)
                    column = end
            if bar is not None:
                bar.move(first + len(X))
            del X  # before the next block is made

    def inputs(self, X: NDArray[Any], lengths: Integers | None) -> NDArray[Any]:
        """Return what the networks read of sequences (B, T, I) or tokens (B, T)."""
        if self.vectors is not None:
            X = self.vectors[X.astype(np.int64)]  # the unknown token, -1, is the last one
            if lengths is not None:
                X[np.arange(X.shape[1]) >= lengths[:, None]] = 0.0
            return X.astype(self.dtype)
        channels = self.scaler.standardized(prepared(X, lengths, self.channels), lengths)
        return channels.clip(-LIMIT, LIMIT).astype(self.dtype)

    def memory(self, n_sequences: int, n_steps: int, unequal: bool) -> int:
        """Return the bytes that a call allocates at its peak, the result included.

        Without what the engine keeps in a thread, a few MB.
        """
        B, T, itemsize = n_sequences, n_steps, self.dtype.itemsize
        n_inputs = self.populations[0].n_inputs
        size = min(B, _block_size(T, n_inputs))
        read = size * T * n_inputs
        pooling = max(
            population.memory(population.blocks(size * population.n_rows)[0], size, T, unequal)
            for population in self.populations
        )
        # The channels twice, and once more in the type of the features or, some rows at a time,
        # on their way to be scaled.
        scaled = max(itemsize * read, min(8 * read, 16 * BLOCK))
        making = 16 * read + scaled if self.vectors is None else (8 + itemsize) * read
        making += size * T if unequal else 0
        numbers = B * self.n_features * itemsize + max(read * itemsize + pooling, making)
        return numbers + numbers // SMALL_SHARE + size * T + SMALL_BYTES


def _block_size(n_steps: int, n_inputs: int) -> int:
    """Return how many sequences are computed at once: whole tiles."""
    return max(1, BLOCK_BYTES // (8 * 32 * n_steps * n_inputs)) * 32


def learn(
    data: ParsedInput,
    weights: Floats,
    *,
    channels: tuple[str, ...],
    vectors: Floats | None,
    distribution: NetworkDistribution,
    wiring: Wiring,
    n_networks: int,
    rng: np.random.Generator,
    n_threads: int | None = None,
) -> Extractor:
    """Return an extractor with random networks, fitted to sequences of such weights (B,).

    Neither the order of the sequences nor how often each is there has an influence.
    """
    scaler = SequenceScaler()
    if vectors is None:
        inputs = prepared(data.X, data.lengths, channels)
        n_inputs = inputs.shape[2]
        scaler.fit(inputs, lengths=data.lengths, sample_weight=weights)
    else:
        n_inputs = vectors.shape[1]
    populations: list[RandomNetworks] = []
    extractor = Extractor(channels, vectors, scaler, populations)
    some = _some_sequences(data)
    lengths = None if data.lengths is None else data.lengths[some]
    for cell, n in distribution.counts(n_networks).items():
        part = RandomNetworks(cell, n_inputs, **wiring._asdict(), weights=np.empty((0, 0)))
        n_own = data.X.shape[2] if vectors is None else 1
        part.weights = distribution.draw(part.program, cell, n, rng, n_own)
        populations.append(part)
        part.learn_thresholds(extractor.inputs(data.X[some], lengths), lengths, rng, n_threads)
    return extractor


def _some_sequences(data: ParsedInput) -> Integers:
    """Return the places of a few different sequences: those whose digests are the smallest.

    So they are as if drawn, but the same in any order of the sequences.
    """
    B, T = data.X.shape[:2]
    lengths = np.full(B, T) if data.lengths is None else data.lengths
    digests = [
        blake2b(x[:n].tobytes(), digest_size=16).digest()
        for x, n in zip(data.X, lengths, strict=True)
    ]
    _, first = np.unique(np.array(digests, "V16"), return_index=True)
    return first[:THRESHOLD_SEQUENCES]
