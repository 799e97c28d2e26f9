"""The cells' steps, and the scores of a network, written once for NumPy, torch and JAX.

Weights may be of one candidate or of P, whose axis comes first. Sequences lie in the rows
of matrices (B, H), as is usual, or side by side in lanes (H, B), so that what is computed
for one unit is one stretch of memory.

A step takes a layout; what the cell sees, ``W x + b``; `onto`, a function that adds the
product ``U h`` to what it is given; h and c before the step; and the bias that is added to
that product in GRU. It returns h and c; cells without a c pass it on.
"""

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.passes.problems import Problem


class Rows:
    """Arithmetic of states (..., B, H).

    Parameters
    ----------
    library : module
        numpy, torch or jax.numpy.
    sigmoid : callable
        The library's logistic function.
    """

    axis = -1

    def __init__(self, library: Any, sigmoid: Callable[[Any], Any]) -> None:
        self.library, self.tanh, self.sigmoid = library, library.tanh, sigmoid

    def bias(self, b: Any) -> Any:
        """Return biases (..., H) so that they can be added to states."""
        return b[..., None, :]

    def product(self, W: Any, x: Any) -> Any:
        """Return W x."""
        return x @ W.mT

    def onto(self, a: Any, U: Any, h: Any) -> Any:
        """Return a + U h."""
        return a + self.product(U, h)


class Lanes(Rows):
    """Arithmetic of states (..., H, B)."""

    axis = -2

    def bias(self, b: Any) -> Any:
        """Return biases (..., H) so that they can be added to states."""
        return b[..., None]

    def product(self, W: Any, x: Any) -> Any:
        """Return W x."""
        return W @ x


def split(a: Any, n: int, axis: int) -> list[Any]:
    """Cut an array into n equal parts along its last axis or the one before."""
    size = a.shape[axis] // n
    rest = (slice(None),) * (-1 - axis)
    return [a[(..., slice(i * size, (i + 1) * size), *rest)] for i in range(n)]


def elman(layout, seen, onto, h, c, bias):
    return layout.tanh(onto(seen)), c


def lstm(layout, seen, onto, h, c, bias):
    i, f, g, o = split(onto(seen), 4, layout.axis)
    c = layout.sigmoid(f) * c + layout.sigmoid(i) * layout.tanh(g)
    return layout.sigmoid(o) * layout.tanh(c), c


def gru(layout, seen, onto, h, c, bias):
    seen_r, seen_z, seen_n = split(seen, 3, layout.axis)
    r, z, recalled = split(onto(bias), 3, layout.axis)
    r, z = layout.sigmoid(seen_r + r), layout.sigmoid(seen_z + z)
    n = layout.tanh(seen_n + r * recalled)
    return n + z * (h - n), c


STEPS = {"elman": elman, "lstm": lstm, "gru": gru}


def scores(
    problem: Problem,
    layout: Rows,
    scan: Callable[..., Any],
    sequences: Sequence[Any],
    weights: Any,
    start: Any = None,
) -> Any:
    """Return the scores (..., B, K), or in lanes (..., K, B).

    Parameters
    ----------
    problem : Problem
        Whose network it is.
    layout : Rows
        Or Lanes.
    scan : callable
        ``scan(step, before, sequences)`` goes through the steps.
    sequences : sequence of arrays
        The data, steps first; and, for a network of two directions, once more from the end.
    weights : array (..., D)
        One candidate or several.
    start : array, optional
        States of 0. Without, the first step saves the product with them.
    """
    blocks, library = problem.unpack(weights), layout.library
    move, passes = STEPS[problem.network.cell], []
    for suffix, _ in problem.network.scans(problem.I, problem.H):
        bias = blocks.get("bias_hn" + suffix)
        if bias is not None:  # for all of U h, though only its last third has one
            zeros = library.zeros_like(bias)
            bias = layout.bias(library.concatenate([zeros, zeros, bias], axis=-1))
        W, U = blocks["weight_ih" + suffix], blocks["weight_hh" + suffix]
        passes.append((W, U, layout.bias(blocks["bias_ih" + suffix]), bias))

    def step(before, x):
        """Take a step of all layers, each of which reads the new state of the one below."""
        after = []
        for number, ((h, c), (W, U, b, bias)) in enumerate(zip(before, passes, strict=True)):
            seen = layout.product(W, x[number] if number < len(x) else after[-1][0]) + b
            if h is None:
                after.append(move(layout, seen, lambda a: a, 0.0, 0.0, bias))
            else:
                onto = lambda a, U=U, h=h: layout.onto(a, U, h)  # noqa: E731
                after.append(move(layout, seen, onto, h, c, bias))
        return tuple(after)

    last = scan(step, ((start, start),) * len(passes), sequences)
    top = [h for h, _ in last[-len(problem.network.layers[-1]) :]]
    read = top[0] if len(top) == 1 else library.concatenate(top, axis=layout.axis)
    return layout.product(blocks["weight_out"], read) + layout.bias(blocks["bias_out"])


def loop(step: Callable[..., Any], before: Any, sequences: Sequence[Any]) -> Any:
    """Go through the steps in Python."""
    for x in zip(*sequences, strict=True):
        before = step(before, x)
    return before
