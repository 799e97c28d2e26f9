"""What an estimator trains on: read inputs with encoded targets and weights."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metarnn.sequences.validation import Floats


class Examples(NamedTuple):
    """Inputs as a network takes them, with their targets and weights.

    Attributes
    ----------
    X : (B, T, I), (B, T) or (B, R, C, I) array
        Sequences, tokens or images.
    lengths : (B,) int array or None
        Number of steps of each sequence; None where all have T.
    targets : (B,) int or (B, K) float array
        Places of the classes, or standardized numbers.
    weights : (B,) array
        Weight of each sequence.
    """

    X: Floats
    lengths: NDArray[np.int64] | None
    targets: NDArray[Any]
    weights: Floats

    def part(self, rows: NDArray[np.int64]) -> "Examples":
        """Return the examples of some rows."""
        lengths = None if self.lengths is None else self.lengths[rows]
        return Examples(self.X[rows], lengths, self.targets[rows], self.weights[rows])
