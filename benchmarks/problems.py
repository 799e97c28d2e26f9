"""What is computed: the losses of P candidate networks on one data set, in six sizes.

A candidate is an Elman network of H tanh units, h_t = tanh(W x_t + U h_{t-1} + b) with
h_0 = 0, whose K scores are V h_T + c. Its loss is the mean cross-entropy over B sequences
of T steps and I inputs. Its weights are D numbers: W (H, I), U (H, H), b (H), V (K, H) and
c (K), one after the other, each in row-major order.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

#: Name: candidates P, sequences B, steps T, inputs I, hidden units H, classes K.
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

    @property
    def flops(self) -> float:
        """Multiplications and additions of a forward pass that cannot be saved (h_0 is 0)."""
        T, I, H, K = self.T, self.I, self.H, self.K
        return 2.0 * self.P * self.B * (T * H * (H + I) - H * H + K * H)

    @property
    def n_tanh(self) -> float:
        """Values of tanh in a forward pass."""
        return float(self.P) * self.B * self.T * self.H

    def first(self, P: int) -> "Problem":
        """Return the problem with its first P candidates only."""
        return replace(self, P=P, weights=self.weights[:P])


def make_problem(name: str, P: int | None = None) -> Problem:
    """Return a problem of one of the SIZES, with P candidates where P is given."""
    size_P, B, T, I, H, K = SIZES[name]
    P = P or size_P
    rng = np.random.default_rng(0)
    deviations = [(H * I, 1.0), (H * H, 1.2 / H**0.5), (H, 0.1), (K * H, H**-0.5), (K, 0.1)]
    scale = np.concatenate([np.full(n, deviation) for n, deviation in deviations])
    weights = (scale * rng.standard_normal((P, scale.size))).astype(np.float32)
    X = rng.standard_normal((B, T, I), dtype=np.float32)
    y = rng.integers(K, size=B)
    return Problem(name, P, B, T, I, H, K, weights.astype(float), X.astype(float), y)


def unpack(weights: Any, I: int, H: int, K: int) -> list[Any]:
    """Cut weights (..., D) of any array library into W, U, b, V and c."""
    blocks, start = [], 0
    for shape in ((H, I), (H, H), (H,), (K, H), (K,)):
        end = start + int(np.prod(shape))
        blocks.append(weights[..., start:end].reshape(*weights.shape[:-1], *shape))
        start = end
    return blocks


def reference_losses(problem: Problem) -> np.ndarray:
    """Return the losses (P,) by the plainest code there is, in float64."""
    losses = np.empty(problem.P)
    for p in range(problem.P):
        states = _states(problem, p)
        losses[p] = _cross_entropy(problem, p, states[-1])[0]
    return losses


def reference_gradients(problem: Problem) -> np.ndarray:
    """Return the gradients (P, D) by back-propagation through time in float64."""
    I, H, K, B = problem.I, problem.H, problem.K, problem.B
    gradients = np.zeros_like(problem.weights)
    for p in range(problem.P):
        U, V = (unpack(problem.weights[p], I, H, K)[i] for i in (1, 3))
        dW, dU, db, dV, dc = unpack(gradients[p], I, H, K)  # views, which are added to
        states = _states(problem, p)
        shares = _cross_entropy(problem, p, states[-1])[1]
        shares[np.arange(B), problem.y] -= 1
        shares /= B
        dV += shares.T @ states[-1]
        dc += shares.sum(axis=0)
        d_h = shares @ V
        for t in range(problem.T - 1, -1, -1):
            delta = d_h * (1 - states[t + 1] ** 2)
            dW += delta.T @ problem.X[:, t]
            dU += delta.T @ states[t]
            db += delta.sum(axis=0)
            d_h = delta @ U
    return gradients


def _states(problem: Problem, p: int) -> list[np.ndarray]:
    """Return h_0 to h_T of a candidate, each (B, H)."""
    W, U, b, *_ = unpack(problem.weights[p], problem.I, problem.H, problem.K)
    states = [np.zeros((problem.B, problem.H))]
    for t in range(problem.T):
        states.append(np.tanh(problem.X[:, t] @ W.T + states[-1] @ U.T + b))
    return states


def _cross_entropy(problem: Problem, p: int, h: np.ndarray) -> tuple[float, np.ndarray]:
    """Return a candidate's loss, and the shares (B, K) of its softmax."""
    *_, V, c = unpack(problem.weights[p], problem.I, problem.H, problem.K)
    scores = h @ V.T + c
    scores -= scores.max(axis=1, keepdims=True)
    total = np.exp(scores).sum(axis=1)
    loss = (np.log(total) - scores[np.arange(problem.B), problem.y]).mean()
    return float(loss), np.exp(scores) / total[:, None]
