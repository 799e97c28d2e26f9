"""Losses with known minima."""

import numpy as np

from metarnn.optimizers import Space
from metarnn.optimizers.analytic import Function

from .hessian import Floats

#: The inputs and targets of one block.
INPUTS, TARGETS = np.array([10.0, 0.7]), np.array([0.55, 0.25])

#: Its two minima and the maximum between them, from the left, and their losses.
BLOCK_STATIONARY = np.array([-1.5693973348886616, -0.5307162247175894, 0.01292523478541792])
BLOCK_LOSSES = np.array([0.3024998319337261, 0.3221200085107763, 0.06395048409393389])


def many_minima(dim: int) -> Function:
    """Return the loss of one logistic neuron that has 2^D minima, all known.

    Each weight has two examples of its own, (10, .55) and (.7, .25), and the loss is the sum of
    the squared errors. One block has a minimum where the neuron fits the first example and
    another where it fits the second, so that D blocks have all 2^D combinations.

    P. Auer, M. Herbster, M. K. Warmuth: Exponentially many local minima for single neurons.
    NIPS 8 (1995) 316-322.

    Parameters
    ----------
    dim : int
        D.

    Returns
    -------
    Function
        Its space is unbounded, with normal samples of standard deviation 2, about equally many
        in either basin.

    Raises
    ------
    ValueError
        A parameter out of range.
    """
    if dim < 1:
        raise ValueError(f"many_minima needs a dimension of at least 1, got {dim}.")

    def predictions(w: Floats) -> Floats:
        return 1 / (1 + np.exp(-np.clip(w[:, :, None] * INPUTS, -700, 700)))

    def value(w: Floats) -> Floats:
        return np.asarray(((predictions(w) - TARGETS) ** 2).sum(axis=(1, 2)))

    def slope(w: Floats) -> Floats:
        p = predictions(w)
        return np.asarray((2 * (p - TARGETS) * p * (1 - p) * INPUTS).sum(axis=2))

    lowest = float(BLOCK_LOSSES.min())
    at = np.full(dim, BLOCK_STATIONARY[BLOCK_LOSSES.argmin()])
    return Function("many_minima", value, slope, Space.normal(dim, 2.0), at, dim * lowest)
