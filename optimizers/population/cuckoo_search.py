"""Cuckoo search, by Levy flights and differences between nests, and its improved schedule."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..optimizer import Ask, Search, setting
from ..population_based import Between, Population, run_again, some_rows
from ..space import Space

if TYPE_CHECKING:
    from .random_stream import Noise


@dataclass
class CuckooSearch(Population):
    """Cuckoo search, as in the authors' code or as in their paper.

    The default settings hold on small tables, traps of recurrent networks and functions alike
    (``python -m benchmarks.optimizers.defaults cuckoo``): they need half the passes of the
    reference code, whose own are ``n_nests=25, step_size=0.01, patience=None``.

    Parameters
    ----------
    n_nests : int
        Population size.
    discovery_rate : float
        p_a. In the reference code the fraction of coordinates that a nest keeps in the discovery
        phase, in the paper the fraction of nests that are abandoned. With a rate of 1 the
        reference code has no discovery phase, and does not spend its passes.
    step_size : float, optional
        alpha, the factor of the Levy steps: of distances between nests in the reference code, by
        default 0.1, and of the width of the space in the paper, by default 0.01.
    levy_exponent : float
        beta of the Levy-stable steps, between 1 and 2.
    variant : {"reference", "paper"}
        The code and the paper differ, which is a documented criticism (see Notes).
    step_distribution : {"levy", "normal"}
        A Levy step is ``u / |v|^(1/beta)`` with normal u and v. "normal" omits the division, and
        with it the heavy tail.
    patience, tol : int or None, float
        The nests are laid again when this many generations have improved the best loss of their
        run by no more than the fraction `tol` of it; None, as in the reference code, keeps them.

    Notes
    -----
    ``"reference"`` is the code published by Yang (cuckoo_search.m), which nearly everyone runs:
    every generation moves all nests by a Levy flight, scaled with the distance to the best nest,
    then all of them by differences of two random nests. Both phases replace a nest only by a
    better one. A generation costs 2 ``n_nests`` passes.

    ``"paper"`` is the pseudocode of Yang and Deb (2009): one random cuckoo flies and replaces a
    random nest if it is better, then the fraction p_a of worst nests is abandoned for new ones, a
    Levy flight away, better or not. The best nest is always kept. A generation costs
    1 + p_a ``n_nests`` passes.

    The operators are not new: Camacho-Villalon, Dorigo and Stutzle (2022) show that they are
    those of a (mu + lambda) evolution strategy with the difference mutation of differential
    evolution. The Levy flight of the reference code vanishes as the nests converge, and there is
    no restart but by `patience`. With a gradient and few minima, start Rprop several times instead.

    Runs without Levy flights (``step_distribution="normal"``) or without discovery
    (``discovery_rate=1``, or 0 in the paper's variant) show what these contribute.

    References
    ----------
    X.-S. Yang, S. Deb: Cuckoo search via Levy flights. NaBIC 2009, 210-214.
    C. L. Camacho-Villalon, M. Dorigo, T. Stutzle: An analysis of why cuckoo search does not
    bring any novel ideas to optimization. Computers & Operations Research 142 (2022) 105747.
    """

    n_nests: int = setting(15, low=3, size=True, tune=(5, 60), log=True)
    discovery_rate: float = setting(0.25, low=0.0, high=1.0, tune=(0.05, 0.95))
    step_size: float | None = setting(None, above=0.0, tune=(3e-3, 1.0), log=True)
    levy_exponent: float = setting(1.5, above=1.0, high=1.99, tune=(1.1, 1.9))
    variant: str = setting("reference", choices=("reference", "paper"))
    step_distribution: str = setting("levy", choices=("levy", "normal"))
    patience: int | None = setting(200, low=1, tune=(20, 1000), log=True)
    tol: float = setting(0.01, low=0.0)

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        generations = self._reference if self.variant == "reference" else self._paper
        yield from run_again(generations, self.patience, self.tol, space, rng, between)

    def discovery_rate_at(self, spent: float) -> float:
        """Return p_a when a fraction of the budget is spent."""
        return float(self.discovery_rate)

    def step_size_at(self, spent: float) -> float:
        """Return the factor of the Levy steps when a fraction of the budget is spent."""
        if self.step_size is None:
            return 0.1 if self.variant == "reference" else 0.01
        return float(self.step_size)

    def _reference(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        from .random_stream import key_of
        from .updates import discover, fly, replace_if_better

        nests = space.initial(self.n_nests, rng)
        told = yield Ask(nests)
        losses = told.losses
        new, parts = np.empty(nests.shape), list(some_rows(*nests.shape))
        while True:
            yield from between(nests, losses)
            # Levy flights, scaled by the distance to the best nest, which does not move.
            flights = self._flights(nests.shape, rng)
            best, step_size = nests[losses.argmin()], self.step_size_at(told.budget_fraction)
            for some in parts:
                fly(nests[some], best, flights(some), step_size, new[some])
            eggs = space.repair(new)
            told = yield Ask(eggs)
            replace_if_better(nests, losses, eggs, told.losses)
            # Discovery: differences of random nests, in a fraction 1 - p_a of the coordinates.
            discovery_rate = self.discovery_rate_at(told.budget_fraction)
            if discovery_rate < 1:
                ones, others = rng.permutation(len(nests)), rng.permutation(len(nests))
                key, fraction = key_of(rng), rng.random()
                discover(nests, ones, others, key, discovery_rate, fraction, new)
                eggs = space.repair(new)
                told = yield Ask(eggs)
                replace_if_better(nests, losses, eggs, told.losses)

    def _paper(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        n = self.n_nests
        # The paper leaves the scale of the flights to the problem. The comments of the reference
        # code recommend 1/100 of the width of the search space; a uniform distribution with
        # standard deviation `scale` has the width sqrt(12) scale.
        width = np.sqrt(12) * space.scale
        nests = space.initial(n, rng)
        told = yield Ask(nests)
        losses = told.losses
        while True:
            yield from between(nests, losses)
            scale = self.step_size_at(told.budget_fraction) * width
            i, j = rng.integers(n, size=2)
            egg = space.repair(nests[[i]] + scale * self._steps((1, space.dim), rng))
            told = yield Ask(egg)
            if told.losses[0] < losses[j]:
                nests[j], losses[j] = egg[0], told.losses[0]
            n_abandoned = round(self.discovery_rate_at(told.budget_fraction) * n)
            if n_abandoned:
                worst = np.argsort(losses, kind="stable")[max(1, n - n_abandoned) :]
                steps = scale * self._steps((len(worst), space.dim), rng)
                nests[worst] = space.repair(nests[worst] + steps)
                told = yield Ask(nests[worst])
                losses[worst] = told.losses

    def _steps(self, shape: tuple[int, int], rng: np.random.Generator) -> "Noise":
        """Draw steps u / |v|^(1/beta), or u alone."""
        from .random_stream import levy_steps, mantegna_sigma, normals

        if self.step_distribution == "levy":
            return levy_steps(shape, self.levy_exponent, rng)
        return mantegna_sigma(self.levy_exponent) * normals(shape, rng)

    def _flights(
        self, shape: tuple[int, int], rng: np.random.Generator
    ) -> "Callable[[slice], Noise]":
        """Draw steps, each multiplied by a normal number; return what gives some rows of them."""
        from .random_stream import levy_stream, mantegna_sigma, normal_stream

        if self.step_distribution == "levy":
            return levy_stream(shape, self.levy_exponent, True, rng).rows
        sigma = mantegna_sigma(self.levy_exponent)
        steps, factors = normal_stream(shape, rng), normal_stream(shape, rng)
        return lambda some: sigma * steps.rows(some) * factors.rows(some)


@dataclass
class ImprovedCuckooSearch(CuckooSearch):
    """Cuckoo search whose discovery rate and step size decrease as the budget is spent.

    Parameters
    ----------
    n_nests
        See :class:`CuckooSearch`.
    discovery_rate : float
        p_a at the start; for its meaning see :class:`CuckooSearch`.
    step_size : float
        Factor of the Levy steps at the start.
    levy_exponent, variant, step_distribution, patience, tol
        See :class:`CuckooSearch`.
    final_discovery_rate : float
        p_a at the end.
    final_step_size : float
        Factor of the Levy steps at the end.

    Notes
    -----
    With s the fraction of the budget that is spent, p_a decreases linearly from its first value
    to its last one, and the step size is ``first (last / first)^s``, as in Valian, Mohanna and
    Tavakoli (2011), where s is the number of the generation divided by their total; the defaults
    are their limits. Without a known budget both keep their first value.

    The meaning of p_a is that of the variant. In the paper's variant it is the fraction of nests
    that are abandoned, so that fewer are renewed over time. In the reference code it is the
    fraction of coordinates that a nest keeps, so that more coordinates move over time, from a
    half to nearly all: this is what the formula of the paper does in the code that nearly
    everyone runs. In the opposite direction most eggs of a low-dimensional space would in the end
    be copies of their nests, and cost a pass each.

    The weaknesses of cuckoo search remain. A schedule needs a known end: the settings do not suit
    a run that is stopped early or extended.

    References
    ----------
    E. Valian, S. Mohanna, S. Tavakoli: Improved cuckoo search algorithm for feedforward
    neural network training. International Journal of Artificial Intelligence & Applications
    2(3) (2011) 36-43.
    """

    n_nests: int = setting(25, low=3, size=True, tune=(5, 60), log=True)
    discovery_rate: float = setting(0.5, low=0.0, high=1.0, tune=(0.05, 0.95))
    step_size: float = setting(0.5, above=0.0, tune=(3e-3, 1.0), log=True)
    patience: int | None = setting(None, low=1)  # a new start would not get the first settings
    final_discovery_rate: float = setting(0.05, low=0.0, high=1.0)
    final_step_size: float = setting(0.01, above=0.0)

    def discovery_rate_at(self, spent: float) -> float:
        first, last = float(self.discovery_rate), float(self.final_discovery_rate)
        return first + (last - first) * spent

    def step_size_at(self, spent: float) -> float:
        first, last = float(self.step_size), float(self.final_step_size)
        return first * (last / first) ** spent
