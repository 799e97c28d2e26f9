"""Genetic operators on whole populations: seeded, vectorised, real-coded."""

import numpy as np

from .optimizer import Array


def tournament(
    population: Array, losses: Array, k: int, rng: np.random.Generator, size: int = 3
) -> Array:
    """Select k parents, each the best of `size` candidates drawn with replacement."""
    drawn = rng.integers(len(population), size=(k, size))
    winners = drawn[np.arange(k), losses[drawn].argmin(axis=1)]
    return population[winners]


def blend_crossover(
    parents: Array, rng: np.random.Generator, rate: float = 0.9, alpha: float = 0.5
) -> Array:
    """Mate neighbouring rows by BLX-alpha; a pair is left as it is with probability 1 - rate.

    Each gene of a child is drawn evenly from the interval between the parents' genes,
    widened by alpha times its length on either side (Eshelman and Schaffer 1993). An odd
    last row has no partner and is passed on.
    """
    children = parents.copy()
    n_pairs = len(parents) // 2
    mothers, fathers = parents[: 2 * n_pairs : 2], parents[1 : 2 * n_pairs : 2]
    mated = rng.random((n_pairs, 1)) < rate
    for first, other, offset in ((mothers, fathers, 0), (fathers, mothers, 1)):
        share = rng.uniform(-alpha, 1 + alpha, size=first.shape)
        children[offset : 2 * n_pairs : 2] = np.where(mated, first + share * (other - first), first)
    return children


def gaussian_mutation(
    children: Array, rng: np.random.Generator, scale: Array, rate: float = 0.1
) -> Array:
    """Add normal noise of standard deviation `scale` (D,) to a share `rate` of the genes."""
    mutated = rng.random(children.shape) < rate
    return np.asarray(children + mutated * scale * rng.standard_normal(children.shape))
