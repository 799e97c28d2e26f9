"""Evolution strategies with self-adapted step sizes."""

from dataclasses import dataclass

import numpy as np

from ..optimizer import Ask, Search, setting
from ..population_based import Between, Population
from ..space import Space

#: Limits of a step size, in units of the space's scale: on a flat landscape, where selection does
#: not act on the size, steps must neither vanish nor become infinite.
SMALLEST, LARGEST = 1e-12, 1e3


@dataclass
class EvolutionStrategy(Population):
    """(mu + lambda) or (mu, lambda) evolution strategy with self-adapted step sizes.

    Parameters
    ----------
    n_parents : int
        mu.
    n_offspring : int
        lambda, evaluated in one batch. About seven times `n_parents` is usual.
    initial_step_size : float
        sigma of the first parents, in units of the space's scale.
    selection : {"plus", "comma"}
        The parents of a generation are the best of parents and offspring, or of the offspring
        alone, which forgets step sizes that were good by chance, and the best point with them.
    recombination : {"none", "intermediate", "centroid"}
        "none": an offspring takes its point and its step size from one parent. "intermediate": its
        point from one parent, its step size as the mean of two. "centroid": both from the mean of
        all parents, which averages out random effects of mutations, but searches in one place only.

    Notes
    -----
    The step size of an offspring is that of its parents times exp(tau N(0, 1)), with
    tau = 1 / sqrt(2 D); then its point moves by a normal step of this size in every coordinate.
    Selection compares the points, and keeps their step sizes with them. Means of step sizes are
    geometric, since their changes are factors.

    One step size serves all coordinates, so that narrow curved valleys are followed slowly; a
    method that learns the shape of the valley, such as :class:`CMAES`, is better there. The search
    covers one or few minima: where there are many, use restarts, or a method with more diversity.

    References
    ----------
    H.-P. Schwefel: Numerical optimization of computer models. Wiley 1981.
    H.-G. Beyer, H.-P. Schwefel: Evolution strategies: a comprehensive introduction. Natural
    Computing 1 (2002) 3-52.
    """

    losses_in_step = True

    n_parents: int = setting(10, low=1, tune=(3, 30), log=True)
    n_offspring: int = setting(50, low=1, size=True, tune=(10, 100), log=True)
    initial_step_size: float = setting(0.3, above=0.0, tune=(0.03, 1.0), log=True)
    selection: str = setting("plus", choices=("plus", "comma"))
    recombination: str = setting("intermediate", choices=("none", "intermediate", "centroid"))

    def check(self) -> None:
        super().check()
        if self.selection == "comma" and self.n_offspring < self.n_parents:
            raise ValueError(
                f"{type(self).__name__}: n_offspring must be at least n_parents = "
                f"{self.n_parents} where selection is 'comma', got {self.n_offspring}."
            )

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        from .random_integers import integers
        from .random_stream import key_of
        from .updates import perturb

        mu, lamda = int(self.n_parents), int(self.n_offspring)
        tau = 1 / np.sqrt(2 * space.dim)
        parents = space.initial(mu, rng)
        losses = (yield Ask(parents)).losses
        steps = np.full(mu, float(self.initial_step_size))
        # Selection chooses from the offspring and, with "plus", their parents; offspring come
        # first, so that they win ties and plateaus can be crossed.
        n = lamda + mu if self.selection == "plus" else lamda
        points, point_losses, point_steps = np.empty((n, space.dim)), np.empty(n), np.empty(n)
        offspring = points[:lamda]
        while True:
            yield from between(parents, losses)
            chosen = integers(mu, lamda, rng)
            origins, inherited = parents, steps[chosen]
            if self.recombination == "intermediate":
                inherited = np.sqrt(inherited * steps[integers(mu, lamda, rng)])
            elif self.recombination == "centroid":
                origins, chosen = parents.mean(axis=0, keepdims=True), np.zeros_like(chosen)
                inherited = np.full(lamda, np.exp(np.log(steps).mean()))
            offspring_steps = inherited * np.exp(tau * rng.standard_normal(lamda))
            offspring_steps = np.minimum(np.maximum(offspring_steps, SMALLEST), LARGEST)
            perturb(origins, chosen, offspring_steps, space.scale, key_of(rng), offspring)
            offspring[:] = space.repair(offspring)
            point_losses[:lamda] = (yield Ask(offspring)).losses
            point_steps[:lamda] = offspring_steps
            if self.selection == "plus":
                points[lamda:], point_losses[lamda:], point_steps[lamda:] = parents, losses, steps
            best = point_losses.argsort(kind="stable")[:mu]
            parents, losses, steps = points[best], point_losses[best], point_steps[best]
