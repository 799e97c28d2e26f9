"""Populations of stacks on weighted data, of sizes that are drawn."""

from typing import NamedTuple

import numpy as np
from reference import naive

from metarnn import Network
from metarnn.cells import ACTIVATIONS
from metarnn.engine import LOSSES, Pass, Tiles

#: Sizes around those of vectors, blocks and tiles; small ones more often.
SIZES = np.array([*range(1, 10)] * 4 + [11, 13, 15, 16, 17, 24, 31, 32, 33, 40])


class Problem(NamedTuple):
    """A population of stacks and a weighted data set, in numbers that float32 holds exactly."""

    hidden: tuple[int, ...]
    n_classes: int
    activation: str
    loss: str
    weights: np.ndarray
    X: np.ndarray
    y: np.ndarray
    shares: np.ndarray
    lengths: np.ndarray | None

    @property
    def sizes(self):
        return self.X.shape[2], self.hidden, self.n_classes

    @property
    def steps(self):
        B, T, _ = self.X.shape
        return np.full(B, T) if self.lengths is None else self.lengths

    @property
    def network(self):
        return network_of(*self.sizes, self.activation)

    def tiles(self, dtype, **packing):
        arguments = {"labels": self.y, "weights": self.shares, "lengths": self.lengths}
        with np.errstate(over="ignore"):
            return Tiles.pack(self.X, dtype, **arguments, **packing)

    def runner(self, task, dtype, **packing):
        loss = None if task == "scores" else self.loss
        return Pass(self.network.program, self.tiles(dtype, **packing), dtype, task, loss)

    def scores(self, dtype, n_threads=1, **packing):
        return self.runner("scores", dtype, **packing).scores(self.weights, n_threads)[:, :, 0]

    def everything(self, dtype, n_threads=1, **packing):
        """Return scores, losses, losses of the gradients, gradients."""
        return (
            self.scores(dtype, n_threads, **packing),
            self.runner("losses", dtype, **packing)(self.weights, n_threads)[0],
            *self.runner("gradients", dtype, **packing)(self.weights, n_threads),
        )

    def expected(self):
        """Return what everything is, by the twins."""
        ended = np.arange(self.X.shape[1]) >= self.steps[:, None]
        X = np.where(ended[..., None], 0, self.X)
        rest = (self.sizes, self.activation)
        scores = naive.stack_scores(self.weights, *rest, X, self.steps)
        losses, gradients = naive.stack_gradients(
            self.weights, *rest, self.loss, X, self.y, self.steps, self.shares
        )
        return scores, losses, losses, gradients


def network_of(I, hidden, K, activation):  # noqa: E741
    return Network.build(I, K, hidden=hidden, activation=activation)


def draw(seed, n_layers=1, B=None, T=None, unequal=None):
    """Draw a problem, not too large for the twins."""
    rng = np.random.default_rng(seed)
    while True:
        P, b, t, I, H, K = (int(n) for n in rng.choice(SIZES, size=6))  # noqa: E741
        b, t, K = B or b, T or t, max(2, K)
        if P * b * t * H * (I + H) < 2e6:
            break
    hidden = (H, *(int(h) for h in rng.choice(SIZES[:36], size=n_layers - 1)))
    activation = list(ACTIVATIONS)[seed % 3]
    scales = network_of(I, hidden, K, activation).space.scale
    if activation == "relu":  # whose states would else grow, and saturate all outputs
        scales = 0.5 * scales
    X = rng.normal(size=(b, t, I)).astype(np.float32).astype(float)
    lengths = None
    if unequal or (unequal is None and rng.random() < 0.6):
        lengths = rng.integers(1, t + 1, size=b)
        for row, length in zip(X, lengths, strict=True):
            row[length:] = rng.choice([np.nan, np.inf, -1e300, 7.0])
    return Problem(
        hidden,
        K,
        activation,
        list(LOSSES)[seed // 3 % 2],
        (scales * rng.normal(size=(P, len(scales)))).astype(np.float32).astype(float),
        X,
        rng.integers(K, size=b),
        rng.uniform(0.1, 2, size=b).astype(np.float32).astype(float),
        lengths,
    )
