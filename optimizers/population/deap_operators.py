"""DEAP's operators, which act on single individuals, as operators on populations."""

from collections.abc import Callable
from typing import Any

import numpy as np
from deap import base

from ..isolated_rng import IsolatedGlobalRNG
from ..optimizer import Array


class Loss(base.Fitness):
    """A fitness that DEAP minimizes."""

    weights = (-1.0,)


class Individual(list[float]):
    """Genes with a fitness and their row in the population, as DEAP's operators expect.

    ``deap.creator`` is not used, since its classes are global names that runs overwrite.
    """

    def __init__(self, genes: Array, loss: float | None = None, row: int = -1) -> None:
        super().__init__(genes.tolist())
        self.fitness = Loss(() if loss is None else (loss,))
        self.row = row


def select_with(operator: Callable[..., Any]) -> Callable[..., Array]:
    """Wrap ``operator(individuals, k)``."""

    def select(population: Array, losses: Array, k: int, rng: np.random.Generator) -> Array:
        individuals = [
            Individual(genes, float(loss), row)
            for row, (genes, loss) in enumerate(zip(population, losses, strict=True))
        ]
        with IsolatedGlobalRNG(rng):
            return population[[chosen.row for chosen in operator(individuals, k)]]

    return select


def mate_with(operator: Callable[..., Any], rate: float) -> Callable[..., Array]:
    """Wrap ``operator(individual, individual)``, applied to pairs with probability `rate`."""

    def mate(parents: Array, rng: np.random.Generator) -> Array:
        children = parents.copy()
        mated = rng.random(len(parents) // 2) < rate
        with IsolatedGlobalRNG(rng):
            for i in 2 * np.flatnonzero(mated):
                pair = operator(Individual(parents[i]), Individual(parents[i + 1]))
                children[i], children[i + 1] = pair
        return children

    return mate


def mutate_with(operator: Callable[..., Any]) -> Callable[..., Array]:
    """Wrap ``operator(individual)``, applied to every child."""

    def mutate(children: Array, rng: np.random.Generator) -> Array:
        with IsolatedGlobalRNG(rng):
            return np.array([operator(Individual(child))[0] for child in children])

    return mutate
