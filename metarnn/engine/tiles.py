"""Data in the order in which the engine reads it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LANES = 32


@dataclass(frozen=True)
class Tiles:
    """Sequences packed into tiles of 32 lanes.

    Attributes
    ----------
    inputs : (N, T, I, 32) array
        The last sequence fills the last tile.
    n_sequences : int
        B, so that N = ceil(B / 32).
    """

    inputs: NDArray[np.floating]
    n_sequences: int

    @classmethod
    def pack(cls, X: NDArray[np.floating], dtype: str) -> "Tiles":
        """Pack X (B, T, I)."""
        return cls(to_lanes(X, dtype), len(X))

    @property
    def n_steps(self) -> int:
        """T."""
        return int(self.inputs.shape[1])

    def __len__(self) -> int:
        return len(self.inputs)


def to_lanes(values: NDArray[Any], dtype: Any) -> NDArray[Any]:
    """Turn (B, ...) into (N, ..., 32): rows become lanes, the last one fills what is left.

    A lane that repeats a sequence overflows only where a sequence does, so it can be taken
    out of a sum by a weight of 0.
    """
    n = -(-len(values) // LANES)
    padded = np.empty((n * LANES, *values.shape[1:]), dtype)
    padded[: len(values)] = values
    padded[len(values) :] = values[-1]
    return np.ascontiguousarray(np.moveaxis(padded.reshape(n, LANES, *values.shape[1:]), 1, -1))


def from_lanes(lanes: NDArray[Any], n_sequences: int) -> NDArray[Any]:
    """Turn (P, N, K, 32) into (P, B, K), without the padding."""
    P, N, K, _ = lanes.shape
    return np.moveaxis(lanes, -1, 2).reshape(P, N * LANES, K)[:, :n_sequences]
