"""Genetic operators on whole populations: seeded, vectorized, real-coded."""

import numpy as np

from ..optimizer import Array


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
    """Mate pairs of rows by BLX-alpha; a pair is left as it is with probability 1 - rate.

    Each gene of a child is uniform in the interval between the parents' genes, extended by
    alpha times its length on either side (Eshelman and Schaffer 1993). An odd last row has no
    partner and does not change.
    """
    from .random_stream import uniforms
    from .updates import blend

    mated = rng.random(len(parents) // 2) < rate
    children = np.empty(parents.shape)
    blend(parents, mated, uniforms(parents.shape, rng), float(alpha), children)
    return children


def gaussian_mutation(
    children: Array, rng: np.random.Generator, scale: Array, rate: float = 0.1
) -> Array:
    """Add normal noise of standard deviation `scale` (D,) to genes with probability `rate`."""
    from .random_stream import normals
    from .updates import perturb

    n, mutants = len(children), np.empty(children.shape)
    noise = normals(children.shape, rng, fraction=rate)
    perturb(children, np.arange(n), np.ones(n), scale, noise, mutants)
    return mutants
