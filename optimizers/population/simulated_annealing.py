"""Simulated annealing: worse points are accepted with a decreasing probability."""

from dataclasses import dataclass
from itertools import count

import numpy as np

from ..optimizer import Ask, Search, setting
from ..population_based import Between, Population
from ..space import Space

#: How fast a step follows the acceptance: by 5% for each accepted move.
GAIN = 0.05
#: Limits of a step, in units of the space's scale: hot chains accept every move, so that their
#: steps would grow without limit; frozen chains accept none.
SMALLEST, LARGEST = 1e-12, 1.0


@dataclass
class SimulatedAnnealing(Population):
    """Simulated annealing: Metropolis chains in lockstep under a falling temperature.

    Parameters
    ----------
    n_chains : int
        Independent chains, evaluated in one batch. They share the budget: more chains are faster
        to compute and cover more of the space, with fewer steps each.
    initial_temperature : float or None
        In units of the loss. None for the mean difference between the losses before and after
        the first moves, at which about a third of such uphill moves are accepted.
    final_temperature : float
        The temperature at the end of the budget, as a fraction of the initial one.
    cooling : {"geometric", "linear"}
        How the temperature decreases as the budget is spent.
    cooling_rate : float
        Factor of the temperature at each step, if the budget is unknown.
    moves : {"all", "one"}
        Whether a move changes all coordinates, or one after the other, each with a step of its
        own. The latter suits few, separable coordinates.
    initial_step_size : float
        Standard deviation of the first moves, in units of the space's scale.
    acceptance : float
        The fraction of accepted moves to which the steps adapt.

    Notes
    -----
    A move by normal noise is accepted with probability exp(-rise of the loss / temperature)
    (Metropolis et al. 1953, Kirkpatrick et al. 1983): if the new loss is at most the old one
    plus the temperature times an exponential number. An accepted move lengthens its step, a
    rejected one shortens it, so that the fraction of accepted moves approaches `acceptance`.
    Corana et al. (1987) adapt their steps in this way, in batches of moves and one coordinate at
    a time, to between 0.4 and 0.6. For moves of all coordinates less is better, about a quarter
    in many dimensions.

    Hot chains explore at random, which pays where minima are many and shallow and the budget is
    large. With a gradient, or a small budget, start Rprop several times instead. Give a budget:
    without one, `cooling_rate` is a guess.

    References
    ----------
    S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi: Optimization by simulated annealing. Science
    220 (1983) 671-680.
    A. Corana, M. Marchesi, C. Martini, S. Ridella: Minimizing multimodal functions of
    continuous variables with the "simulated annealing" algorithm. ACM Transactions on
    Mathematical Software 13 (1987) 262-280.
    """

    losses_in_step = True

    n_chains: int = setting(10, low=1, size=True)
    initial_temperature: float | None = setting(None, above=0.0)
    final_temperature: float = setting(1e-4, above=0.0, high=1.0)
    cooling: str = setting("geometric", choices=("geometric", "linear"))
    cooling_rate: float = setting(0.99, above=0.0, high=1.0)
    moves: str = setting("all", choices=("all", "one"))
    initial_step_size: float = setting(0.3, above=0.0)
    acceptance: float = setting(0.3, low=0.0, high=1.0)

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        from .random_stream import key_of
        from .updates import perturb

        chains = space.initial(self.n_chains, rng)
        losses = (yield Ask(chains)).losses
        n_steps = 1 if self.moves == "all" else space.dim
        steps = np.full((n_steps, len(chains)), float(self.initial_step_size))
        each, moved = np.arange(len(chains)), np.empty(chains.shape)
        first = 0.0 if self.initial_temperature is None else float(self.initial_temperature)
        for t in count():
            yield from between(chains, losses)
            d = t % n_steps
            if self.moves == "all":
                perturb(chains, each, steps[0], space.scale, key_of(rng), moved)
            else:
                moved[:] = chains
                moved[:, d] += steps[d] * space.scale[d] * rng.standard_normal(len(chains))
            rivals = space.repair(moved)
            told = yield Ask(rivals)
            if not first:
                known = np.isfinite(losses) & np.isfinite(told.losses)
                if known.any():
                    first = float(np.abs(told.losses[known] - losses[known]).mean())
            temperature = first * self.relative_temperature(told.budget_fraction, t)
            limits = losses + temperature * rng.standard_exponential(len(chains))
            accepted = told.losses <= limits
            np.copyto(chains, rivals, where=accepted[:, None])
            losses[accepted] = told.losses[accepted]
            longer = steps[d] * np.exp(GAIN * (accepted - float(self.acceptance)))
            steps[d] = np.clip(longer, SMALLEST, LARGEST)

    def relative_temperature(self, spent: float, t: int) -> float:
        """Return the temperature at step t as a fraction of the initial one."""
        last = float(self.final_temperature)
        if spent == 0:
            return float(self.cooling_rate) ** t
        if self.cooling == "linear":
            return 1 + (last - 1) * spent
        return float(last**spent)
