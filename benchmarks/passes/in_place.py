"""Whole populations in NumPy or torch, without allocation in the time loop.

States are (P, H, B), so that what is computed for a gate of all units is one stretch of
memory. The bias is one more input, which is always 1.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from benchmarks.passes.problems import Problem
from benchmarks.passes.steps import split


class Arithmetic(NamedTuple):
    """The operations of a library in place.

    Parameters
    ----------
    library : module
        numpy or torch.
    sigmoid : callable
        ``sigmoid(a)`` squashes a.
    onto : callable
        ``onto(a, U, h, scratch)`` adds U h to a; scratch is as large as a.
    """

    library: Any
    sigmoid: Callable[[Any], Any]
    onto: Callable[[Any, Any, Any, Any], Any]


class Pass:
    """A layer's weights of all candidates, its states, and its buffers."""

    def __init__(self, problem: Problem, on: Arithmetic, blocks: dict, suffix: str) -> None:
        library, self.on = on.library, on
        W, self.U, b = (blocks[n + suffix] for n in ("weight_ih", "weight_hh", "bias_ih"))
        self.W = library.concatenate([W, b[..., None]], axis=-1)
        self.bias = blocks.get("bias_hn" + suffix)
        (P, n), B, H = b.shape, problem.B, problem.H
        self.a, self.scratch = library.empty((2, P, n, B), dtype=b.dtype)
        self.exposed = library.ones((P, H + 1, B), dtype=b.dtype)  # with the 1 for a layer above
        self.h = self.exposed[:, :H]
        self.h[...] = 0
        self.c = library.zeros_like(self.h)

    def see(self, x: Any) -> None:
        """Write W x + b to a."""
        self.on.library.matmul(self.W, x, out=self.a)

    def recall(self) -> None:
        """Add U h to a."""
        self.on.onto(self.a, self.U, self.h, self.scratch)


def elman(own, tanh, sigmoid, first):
    if not first:
        own.recall()
    tanh(own.a, out=own.h)


def lstm(own, tanh, sigmoid, first):
    if not first:
        own.recall()
    i, f, g, o = split(own.a, 4, -2)
    sigmoid(own.a[:, : 2 * own.h.shape[1]])  # i and f
    tanh(g, out=g)
    sigmoid(o)
    own.c *= f
    i *= g
    own.c += i
    tanh(own.c, out=own.h)
    own.h *= o


def gru(own, tanh, sigmoid, first):
    a, recalled, n_sigmoid = own.a, own.scratch, 2 * own.h.shape[1]
    if first:
        recalled[...] = 0
    else:
        own.on.library.matmul(own.U, own.h, out=recalled)
    r, z, n = split(a, 3, -2)
    a[:, :n_sigmoid] += recalled[:, :n_sigmoid]
    sigmoid(a[:, :n_sigmoid])
    recalled_n = recalled[:, n_sigmoid:]
    recalled_n += own.bias[..., None]
    recalled_n *= r
    n += recalled_n
    tanh(n, out=n)
    own.h -= n
    own.h *= z
    own.h += n


STEPS = {"elman": elman, "lstm": lstm, "gru": gru}


def with_ones(problem: Problem) -> list[np.ndarray]:
    """Return the sequences in lanes, and below them a row of ones: (T, I + 1, B)."""
    ones = np.ones((problem.T, 1, problem.B), np.float32)
    return [np.concatenate([X, ones], axis=1) for X in problem.sequences(lanes=True)]


def scores(problem: Problem, on: Arithmetic, sequences: list[Any], weights: Any) -> Any:
    """Return the scores (P, K, B) for weights (P, D).

    Parameters
    ----------
    problem : Problem
        Whose network it is.
    on : Arithmetic
        A library's.
    sequences : list of (T, I + 1, B) or (T, P, I + 1, B) arrays
        The data and a row of ones; and, for a network of two directions, once more from the end.
    weights : (P, D) array
        The candidates.
    """
    blocks, move = problem.unpack(weights), STEPS[problem.network.cell]
    scans = problem.network.scans(problem.I, problem.H)
    passes = [Pass(problem, on, blocks, suffix) for suffix, _ in scans]
    for t in range(problem.T):
        for number, own in enumerate(passes):
            above = number >= len(sequences)
            own.see(passes[number - 1].exposed if above else sequences[number][t])
            move(own, on.library.tanh, on.sigmoid, t == 0)
    top = [own.h for own in passes[-len(problem.network.layers[-1]) :]]
    read = top[0] if len(top) == 1 else on.library.concatenate(top, axis=1)
    return on.library.matmul(blocks["weight_out"], read) + blocks["bias_out"][..., None]
