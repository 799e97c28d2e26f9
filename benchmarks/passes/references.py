"""Losses and gradients in plain NumPy and float64.

The twins of the tests take their derivatives weight by weight, which is too slow for these sizes.

A cell is a step and its derivative. The step takes ``seen = W x + b`` and
``recalled = U h'``, each (B, n H), the states h' and c' before it, (B, H), and GRU's second
bias; it returns h, c, and what its derivative needs. That takes the derivatives of the
loss with respect to h and c, and returns those with respect to seen, recalled, h' (but for
what goes through recalled) and c'. Cells without a c pass zeros on.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from benchmarks.passes.problems import Problem

Arrays = tuple[np.ndarray, ...]


class Cell(NamedTuple):
    """A step and its derivative."""

    step: Callable[..., tuple[np.ndarray, np.ndarray, Arrays]]
    derivative: Callable[[np.ndarray, np.ndarray, Arrays], Arrays]


def sigmoid(a: np.ndarray) -> np.ndarray:
    """Return the logistic function."""
    return 1 / (1 + np.exp(-a))


def _elman(seen, recalled, h, c, bias):
    h = np.tanh(seen + recalled)
    return h, c, (h,)


def _elman_derivative(d_h, d_c, kept):
    (h,) = kept
    d = d_h * (1 - h**2)
    return d, d, 0 * d_h, d_c


def _lstm(seen, recalled, h, c, bias):
    i, f, g, o = np.split(seen + recalled, 4, axis=1)
    i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
    following = f * c + i * g
    return o * np.tanh(following), following, (i, f, g, o, c, np.tanh(following))


def _lstm_derivative(d_h, d_c, kept):
    i, f, g, o, c, squashed = kept
    d_c = d_c + d_h * o * (1 - squashed**2)
    d = [d_c * g * i * (1 - i), d_c * c * f * (1 - f)]
    d += [d_c * i * (1 - g**2), d_h * squashed * o * (1 - o)]
    d = np.concatenate(d, axis=1)
    return d, d, 0 * d_h, d_c * f


def _gru(seen, recalled, h, c, bias):
    seen_r, seen_z, seen_n = np.split(seen, 3, axis=1)
    r, z, n = np.split(recalled, 3, axis=1)
    r, z, recalled_n = sigmoid(seen_r + r), sigmoid(seen_z + z), n + bias
    n = np.tanh(seen_n + r * recalled_n)
    return (1 - z) * n + z * h, c, (r, z, n, recalled_n, h)


def _gru_derivative(d_h, d_c, kept):
    r, z, n, recalled_n, h = kept
    d_n = d_h * (1 - z) * (1 - n**2)
    d_r, d_z = d_n * recalled_n * r * (1 - r), d_h * (h - n) * z * (1 - z)
    d_seen = np.concatenate([d_r, d_z, d_n], axis=1)
    return d_seen, np.concatenate([d_r, d_z, d_n * r], axis=1), d_h * z, d_c


CELLS = {
    "elman": Cell(_elman, _elman_derivative),
    "lstm": Cell(_lstm, _lstm_derivative),
    "gru": Cell(_gru, _gru_derivative),
}


class Scan:
    """A pass of one layer over X (B, T, n), in one direction.

    Attributes
    ----------
    states : list of (B, H) arrays
        h before the first step and after each, in the order in which steps are taken.
    """

    def __init__(self, problem: Problem, blocks: dict, suffix: str, X: np.ndarray) -> None:
        self.cell, self.X = CELLS[problem.network.cell], X
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hn")
        self.W, self.U, b, self.bias = (blocks.get(name + suffix) for name in names)
        steps = range(X.shape[1])
        self.steps = steps[::-1] if suffix.endswith("_reverse") else steps
        self.states, self.kept = [np.zeros((len(X), problem.H))], []
        c = np.zeros_like(self.states[0])
        for t in self.steps:
            h = self.states[-1]
            seen = X[:, t] @ self.W.T + b
            h, c, kept = self.cell.step(seen, h @ self.U.T, h, c, self.bias)
            self.states.append(h)
            self.kept.append(kept)

    def back(self, d_states: np.ndarray, gradients: dict, suffix: str) -> np.ndarray:
        """Add to the gradients of the blocks, and return that of X.

        Parameters
        ----------
        d_states : (B, T, H) array
            The gradient of the states after each step, from above, in the order of the data.
        gradients : dict of str to array
            The blocks that are added to.
        suffix : str
            Of this pass's blocks.
        """
        d_X = np.zeros_like(self.X)
        d_h = d_c = np.zeros_like(self.states[0])
        for number in range(len(self.steps) - 1, -1, -1):
            t, h = self.steps[number], self.states[number]
            d_seen, d_recalled, d_before, d_c = self.cell.derivative(
                d_h + d_states[:, t], d_c, self.kept[number]
            )
            gradients["weight_ih" + suffix] += d_seen.T @ self.X[:, t]
            gradients["weight_hh" + suffix] += d_recalled.T @ h
            gradients["bias_ih" + suffix] += d_seen.sum(axis=0)
            if self.bias is not None:
                gradients["bias_hn" + suffix] += d_recalled[:, -self.bias.size :].sum(axis=0)
            d_h = d_recalled @ self.U + d_before
            d_X[:, t] = d_seen @ self.W
        return d_X


def reference_losses(problem: Problem) -> np.ndarray:
    """Return the losses (P,)."""
    return np.array([_forward(problem, p)[0] for p in range(problem.P)])


def reference_gradients(problem: Problem) -> np.ndarray:
    """Return the gradients (P, D), by back-propagation through time."""
    B, T, H = problem.B, problem.T, problem.H
    answer = np.zeros_like(problem.weights)
    for p in range(problem.P):
        blocks, gradients = problem.unpack(problem.weights[p]), problem.unpack(answer[p])
        _, shares, r, scans = _forward(problem, p)
        shares[np.arange(B), problem.y] -= 1
        shares /= B
        gradients["weight_out"] += shares.T @ r
        gradients["bias_out"] += shares.sum(axis=0)
        *below, top = problem.network.layers
        d_r = np.split(shares @ blocks["weight_out"], len(top), axis=1)
        for suffix, d_last in zip(top, d_r, strict=True):
            d_states = np.zeros((B, T, H))
            d_states[:, scans[suffix].steps[-1]] = d_last
            d_X = scans[suffix].back(d_states, gradients, suffix)
        for (suffix,) in reversed(below):
            d_X = scans[suffix].back(d_X, gradients, suffix)
    return answer


def _forward(problem: Problem, p: int) -> tuple[float, np.ndarray, np.ndarray, dict[str, Scan]]:
    """Return a candidate's loss, its softmax (B, K), the states read out, and its scans."""
    blocks = problem.unpack(problem.weights[p])
    X, scans = problem.X, {}
    for suffixes in problem.network.layers:
        for suffix in suffixes:
            scans[suffix] = Scan(problem, blocks, suffix, X)
        X = np.stack(scans[suffixes[0]].states[1:], axis=1)
    r = np.concatenate([scans[suffix].states[-1] for suffix in suffixes], axis=1)
    scores = r @ blocks["weight_out"].T + blocks["bias_out"]
    scores -= scores.max(axis=1, keepdims=True)
    total = np.exp(scores).sum(axis=1)
    loss = (np.log(total) - scores[np.arange(problem.B), problem.y]).mean()
    return float(loss), np.exp(scores) / total[:, None], r, scans
