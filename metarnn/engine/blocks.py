"""Matrix arithmetic on lanes: the two blocks that do nearly all of the work."""

import numpy as np

from .jit import kernel, lane_sum_kernel
from .tiles import LANES


@kernel
def affine(weight, x, out):  # type: ignore[no-untyped-def]
    """Add weight (R, C) times x (C, 32) to out (R, 32).

    Four columns at a time, so that a row of `out` is read and written once for four
    multiply-adds.
    """
    n_columns = weight.shape[1]
    n_fours = n_columns - n_columns % 4
    for r in range(weight.shape[0]):
        for c in range(0, n_fours, 4):
            w0, w1, w2, w3 = weight[r, c], weight[r, c + 1], weight[r, c + 2], weight[r, c + 3]
            for lane in range(LANES):
                out[r, lane] += (w0 * x[c, lane] + w1 * x[c + 1, lane]) + (
                    w2 * x[c + 2, lane] + w3 * x[c + 3, lane]
                )
        for c in range(n_fours, n_columns):
            w0 = weight[r, c]
            for lane in range(LANES):
                out[r, lane] += w0 * x[c, lane]


@kernel
def outer(delta, x, first, lane_weights, rows, grad):  # type: ignore[no-untyped-def]
    """Add the weighted sum over sequences of sum_t delta_t x_t' to grad (R, C).

    Parameters
    ----------
    delta : (S, R, 32) array
        Derivatives of each step.
    x : (S', C, 32) array
        What the weights were multiplied with; step t of delta meets step t - first of x.
    first : int
        First step of delta to take part: 1 where x is the state of the step before.
    lane_weights : (32,) float64 array
        Weight of each sequence; that of the padding is 0.
    rows : (4, 32) array
        Scratch.
    grad : (R, C) float64 array
        What is added to.

    Notes
    -----
    Each sequence's own gradient is summed over time in the lanes' type, and the sequences
    are summed in float64: so the sum does not depend on their order, and a sequence of
    weight 2 counts as the same sequence twice, to the last digits of float64.
    """
    # Four columns at a time share what is read of delta.
    n_steps = delta.shape[0] - first
    n_columns = x.shape[1]
    n_fours = n_columns - n_columns % 4
    for r in range(delta.shape[1]):
        for c in range(0, n_fours, 4):
            rows[:] = 0
            for t in range(n_steps):
                for lane in range(LANES):
                    d = delta[first + t, r, lane]
                    rows[0, lane] += d * x[t, c, lane]
                    rows[1, lane] += d * x[t, c + 1, lane]
                    rows[2, lane] += d * x[t, c + 2, lane]
                    rows[3, lane] += d * x[t, c + 3, lane]
            for k in range(4):
                grad[r, c + k] += lane_sum(rows[k], lane_weights)
        for c in range(n_fours, n_columns):
            rows[0, :] = 0
            for t in range(n_steps):
                for lane in range(LANES):
                    rows[0, lane] += delta[first + t, r, lane] * x[t, c, lane]
            grad[r, c] += lane_sum(rows[0], lane_weights)


@lane_sum_kernel
def lane_sum(row, lane_weights):  # type: ignore[no-untyped-def]
    """Return the sum over lanes, in float64, of weight times value."""
    total = 0.0
    for lane in range(LANES):
        total += lane_weights[lane] * np.float64(row[lane])
    return total
