"""Genetic operators on whole populations: seeded, vectorized, real-coded."""

import numpy as np

from ..optimizer import Array
from ..population_based import some_rows


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
    """Mate pairs of rows by BLX-alpha, in place; a pair stays with probability 1 - rate.

    Each gene of a child is uniform in the interval between the parents' genes, extended by
    alpha times its length on either side (Eshelman and Schaffer 1993). An odd last row has no
    partner and does not change.
    """
    from .random_stream import uniform_stream
    from .updates import blend

    mated = rng.random(len(parents) // 2) < rate
    draws = uniform_stream(parents.shape, rng)
    for some in some_rows(*parents.shape):
        children, pairs = np.empty(parents[some].shape), mated[some.start // 2 :]
        blend(parents[some], pairs, draws.rows(some), float(alpha), children)
        parents[some] = children
    return parents


def gaussian_mutation(
    children: Array, rng: np.random.Generator, scale: Array, rate: float = 0.1
) -> Array:
    """Add normal noise of standard deviation `scale` (D,) to genes with probability `rate`.

    It is added in place.
    """
    from .random_stream import normal_stream
    from .updates import perturb

    noise = normal_stream(children.shape, rng, fraction=rate)
    for some in some_rows(*children.shape):
        n, mutants = some.stop - some.start, np.empty(children[some].shape)
        perturb(children[some], np.arange(n), np.ones(n), scale, noise.rows(some), mutants)
        children[some] = mutants
    return children
