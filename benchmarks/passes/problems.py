"""The problems: the losses of P candidate networks on one data set, in six sizes.

A candidate's loss is the mean cross-entropy over B sequences of T steps and I inputs. Its
weights are D numbers: the blocks of its network, one after the other.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.passes.networks import NETWORKS, Architecture, unpack
from metarnn import Network

#: A rival made for a problem: from weights (P, D) to losses (P,).
Losses = Callable[[np.ndarray], np.ndarray]

#: Name: candidates P, sequences B, steps T, inputs I, hidden units H of a layer, classes K.
SIZES = {
    "tiny": (50, 150, 4, 1, 5, 3),
    "iris": (50, 150, 4, 1, 8, 3),
    "bcancer": (100, 569, 30, 1, 16, 2),
    "digits": (64, 1797, 8, 8, 32, 10),
    "long": (256, 128, 100, 2, 32, 2),
    "large": (32, 256, 50, 8, 128, 10),
}


@dataclass(frozen=True)
class Problem:
    """Sizes, weights (P, D) and data; all numbers are exact in float32, and kept in float64."""

    name: str
    P: int
    B: int
    T: int
    I: int
    H: int
    K: int
    weights: np.ndarray
    X: np.ndarray
    y: np.ndarray
    network: Architecture = NETWORKS["elman"]

    @property
    def flops(self) -> float:
        """Multiplications and additions of a forward pass."""
        return self.P * self.B * self.network.flops(self.T, self.I, self.H, self.K)

    @property
    def n_tanh(self) -> float:
        """Values of tanh in a forward pass."""
        return self.P * self.B * self.network.n_tanh(self.T, self.H)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The blocks of a candidate's weights."""
        return self.network.shapes(self.I, self.H, self.K)

    def unpack(self, weights: Any) -> dict[str, Any]:
        """Cut weights (..., D) of any array library into views of their blocks."""
        return unpack(weights, self.shapes)

    def build(self, dtype: str = "float32") -> Network:
        """Return our own network for it."""
        return self.network.build(self.I, self.H, self.K, dtype)

    def sequences(self, dtype: type = np.float32, lanes: bool = False) -> list[np.ndarray]:
        """Return X as (T, B, I), or in lanes (T, I, B), and once more for a second direction."""
        X = np.ascontiguousarray(self.X.transpose((1, 2, 0) if lanes else (1, 0, 2)), dtype)
        return [X, np.ascontiguousarray(X[::-1])][: len(self.network.layers[0])]

    def first(self, P: int) -> "Problem":
        """Return the problem with its first P candidates only."""
        return replace(self, P=P, weights=self.weights[:P])


def make_problem(name: str, P: int | None = None, network: str = "elman") -> Problem:
    """Return a problem of one of the SIZES, with P candidates where P is given."""
    size_P, B, T, I, H, K = SIZES[name]
    P = P or size_P
    architecture = NETWORKS[network]
    rng = np.random.default_rng(0)
    shapes = architecture.shapes(I, H, K)
    scale = np.concatenate([np.full(np.prod(s), deviation(n, s)) for n, s in shapes.items()])
    weights = (scale * rng.standard_normal((P, scale.size))).astype(np.float32)
    X = rng.standard_normal((B, T, I), dtype=np.float32)
    y = rng.integers(K, size=B)
    data = weights.astype(float), X.astype(float), y
    return Problem(name, P, B, T, I, H, K, *data, architecture)


def deviation(block: str, shape: tuple[int, ...]) -> float:
    """Return the standard deviation of the weights of a block."""
    if block.startswith("bias"):
        return 0.1
    if block.startswith("weight_ih_l0"):
        return 1.0
    return (1.2 if block.startswith("weight_hh") else 1.0) / shape[1] ** 0.5
