"""Evolution strategies that learn their own step sizes."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..optimizer import Ask, Search, setting
from ..population_based import Between, Population
from ..space import Space

#: Limits of a step size, in units of the space's scale: a flat landscape, where any size is as
#: good as another, must lead neither to steps that round to nothing nor to infinite ones.
SMALLEST, LARGEST = 1e-12, 1e3


@dataclass
class EvolutionStrategy(Population):
    """(mu + lambda) or (mu, lambda) evolution strategy with self-adapted step sizes.

    Parameters
    ----------
    n_parents : int
        mu.
    n_offspring : int
        lambda, asked for in one batch. About seven times `n_parents` is usual.
    initial_step_size : float
        sigma of the first parents, in units of the space's scale.
    selection : {"plus", "comma"}
        The parents of a generation are the best of parents and children, or of the children
        alone, which forgets step sizes that were good by luck, and the best point with them.
    recombination : {"none", "intermediate", "centroid"}
        A child takes its point and its step size from one parent; from one parent, and its
        step size from two, as their mean; or both from the mean of all the parents, which
        averages out what their mutations did by chance, and gives up searching in more than
        one place.

    Notes
    -----
    A child's step size is that of its parents times exp(tau N(0, 1)), then its point moves by
    it in every coordinate; tau = 1 / sqrt(2 D). Selection judges the points, and keeps with
    them the step sizes that made them. Means of step sizes are geometric, as their changes
    are factors.

    One step size serves all coordinates, so narrow curved valleys are followed slowly; a
    method that learns the shape of the valley is better there. It follows one or few
    minima: where there are many, start it again, or use a method with more diversity.

    References
    ----------
    H.-P. Schwefel: Numerical optimization of computer models. Wiley 1981.
    H.-G. Beyer, H.-P. Schwefel: Evolution strategies: a comprehensive introduction. Natural
    Computing 1 (2002) 3-52.
    """

    n_parents: int = setting(10, low=1)
    n_offspring: int = setting(50, low=1)
    initial_step_size: float = setting(0.3, above=0.0)
    selection: str = setting("plus", choices=("plus", "comma"))
    recombination: str = setting("intermediate", choices=("none", "intermediate", "centroid"))

    size_param: ClassVar[str | None] = "n_offspring"

    def check(self) -> None:
        super().check()
        if self.selection == "comma" and self.n_offspring < self.n_parents:
            raise ValueError(
                f"{type(self).__name__}: n_offspring must be at least n_parents = "
                f"{self.n_parents} where selection is 'comma', got {self.n_offspring}."
            )

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        from .random_stream import normals
        from .updates import perturb

        mu, lamda = int(self.n_parents), int(self.n_offspring)
        tau = 1 / np.sqrt(2 * space.dim)
        parents = space.initial(mu, rng)
        losses = (yield Ask(parents)).losses
        steps = np.full(mu, float(self.initial_step_size))
        moved = np.empty((lamda, space.dim))
        while True:
            yield from between(parents, losses)
            chosen = rng.integers(mu, size=lamda)
            origins, inherited = parents, steps[chosen]
            if self.recombination == "intermediate":
                inherited = np.sqrt(inherited * steps[rng.integers(mu, size=lamda)])
            elif self.recombination == "centroid":
                origins, chosen = parents.mean(axis=0, keepdims=True), np.zeros_like(chosen)
                inherited = np.full(lamda, np.exp(np.log(steps).mean()))
            child_steps = inherited * np.exp(tau * rng.standard_normal(lamda))
            child_steps = np.clip(child_steps, SMALLEST, LARGEST)
            noise = normals(moved.shape, rng)
            perturb(origins, chosen, child_steps, space.scale, noise, moved)
            children = space.repair(moved)
            child_losses = (yield Ask(children)).losses
            if self.selection == "plus":
                # Children first: of equal losses they are preferred, so plateaus are crossed.
                children = np.concatenate([children, parents])
                child_losses = np.concatenate([child_losses, losses])
                child_steps = np.concatenate([child_steps, steps])
            best = np.argsort(child_losses, kind="stable")[:mu]
            parents, losses, steps = children[best], child_losses[best], child_steps[best]
