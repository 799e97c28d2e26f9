"""Genetic operators on whole populations: seeded, compiled, real-coded.

This module imports numba: import it where it is used.
"""

import numpy as np

from ..optimizer import Array
from .random_integers import bits_of
from .random_stream import key_of
from .updates import blend, mutate, select


def tournament(
    population: Array, losses: Array, k: int, rng: np.random.Generator, size: int = 3
) -> Array:
    """Select k parents, each the best of `size` candidates drawn with replacement."""
    parents = np.empty((k, population.shape[1]))
    select(population, losses, bits_of(rng), size, parents)
    return parents


def blend_crossover(
    parents: Array, rng: np.random.Generator, rate: float = 0.9, alpha: float = 0.5
) -> Array:
    """Mate pairs of rows by BLX-alpha, in place; a pair stays with probability 1 - rate.

    Each gene of a child is uniform in the interval between the parents' genes, extended by
    alpha times its length on either side (Eshelman and Schaffer 1993). An odd last row has no
    partner and does not change.
    """
    mated = rng.random(len(parents) // 2) < rate
    blend(parents, mated, key_of(rng), float(alpha))
    return parents


def gaussian_mutation(
    children: Array, rng: np.random.Generator, scale: Array, rate: float = 0.1
) -> Array:
    """Add normal noise of standard deviation `scale` (D,) to genes with probability `rate`.

    It is added in place.
    """
    mutate(children, scale, key_of(rng), np.float32(rate))
    return children
