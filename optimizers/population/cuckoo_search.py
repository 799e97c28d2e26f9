"""Cuckoo search: Levy flights, and differences between nests."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..optimizer import Ask, Search, setting
from ..population_based import Between, Population, replace_if_better
from ..space import Space

if TYPE_CHECKING:
    from .random_stream import Noise


@dataclass
class CuckooSearch(Population):
    """Cuckoo search, as coded by its authors or as described.

    Parameters
    ----------
    n_nests : int
        Population size.
    discovery_rate : float
        p_a. In the reference code the share of coordinates that a nest keeps in the
        discovery phase, in the paper the share of nests that is abandoned.
        A share of 1 that is kept leaves nothing to discover: the phase and its passes are
        then left out.
    step_size : float
        Factor of the Levy steps; 0.01 in the reference code.
    levy_exponent : float
        beta of the Levy-stable steps, between 1 and 2.
    variant : {"reference", "paper"}
        The two differ, which is a documented criticism (see Notes).
    step_distribution : {"levy", "normal"}
        A Levy step is u / |v|^(1/beta) of normal u and v. "normal" leaves the division out,
        and the heavy tail with it, nothing else.

    Notes
    -----
    ``"reference"`` is the code published by Yang (cuckoo_search.m), which everyone runs:
    every generation moves all the nests by a Levy flight scaled with the distance to the
    best one, then all of them by differences of two random nests; both phases replace a
    nest only by a better one. 2 ``n_nests`` passes a generation.

    ``"paper"`` is the pseudocode of Yang and Deb (2009): one random cuckoo flies and
    replaces a random nest if it is better, then the share p_a of worst nests is abandoned
    for new ones, a Levy flight away, better or not; the best nest is always kept.
    1 + p_a ``n_nests`` passes a generation.

    The operators are known: Camacho-Villalon, Dorigo and Stutzle (2022) show that they are
    those of a (mu + lambda) evolution strategy with the difference mutation of differential
    evolution. The Levy flight of the reference code vanishes as the nests draw together,
    and there is no restart: once converged, it stays where it is. When a gradient is to be
    had and minima are few, start Rprop several times instead.

    What the Levy flights and the discovery are good for shows in a run without them:
    ``step_distribution="normal"``, ``discovery_rate=1`` (of the paper's variant: 0).

    References
    ----------
    X.-S. Yang, S. Deb: Cuckoo search via Levy flights. NaBIC 2009, 210-214.
    C. L. Camacho-Villalon, M. Dorigo, T. Stutzle: An analysis of why cuckoo search does not
    bring any novel ideas to optimization. Computers & Operations Research 142 (2022) 105747.
    """

    n_nests: int = setting(25, low=3)
    discovery_rate: float = setting(0.25, low=0.0, high=1.0)
    step_size: float = setting(0.01, above=0.0)
    levy_exponent: float = setting(1.5, above=1.0, high=1.99)
    variant: str = setting("reference", choices=("reference", "paper"))
    step_distribution: str = setting("levy", choices=("levy", "normal"))

    size_param: ClassVar[str | None] = "n_nests"

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        generations = self._reference if self.variant == "reference" else self._paper
        yield from generations(space, rng, between)

    def discovery_rate_at(self, spent: float) -> float:
        """Return p_a when a share of the budget is spent."""
        return float(self.discovery_rate)

    def step_size_at(self, spent: float) -> float:
        """Return the factor of the Levy steps when a share of the budget is spent."""
        return float(self.step_size)

    def _reference(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        from .random_stream import uniforms
        from .updates import discover, fly

        nests = space.initial(self.n_nests, rng)
        told = yield Ask(nests)
        losses = told.losses
        new = np.empty(nests.shape)
        while True:
            yield from between(nests, losses)
            # Levy flights, scaled by the distance to the best nest, which itself stays.
            flights = self._flights(nests.shape, rng)
            fly(nests, losses.argmin(), flights, self.step_size_at(told.budget_fraction), new)
            eggs = space.repair(new)
            told = yield Ask(eggs)
            replace_if_better(nests, losses, eggs, told.losses)
            # Discovery: differences of random nests, in a share 1 - p_a of the coordinates.
            discovery_rate = self.discovery_rate_at(told.budget_fraction)
            if discovery_rate < 1:
                ones, others = rng.permutation(len(nests)), rng.permutation(len(nests))
                chances = uniforms(nests.shape, rng)
                discover(nests, ones, others, chances, discovery_rate, rng.random(), new)
                eggs = space.repair(new)
                told = yield Ask(eggs)
                replace_if_better(nests, losses, eggs, told.losses)

    def _paper(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        n = self.n_nests
        # The paper leaves the flight's scale to the problem; a hundredth of the width of the
        # search is the rule in the comments of the reference code. Of an even spread of
        # standard deviation `scale`, the width is sqrt(12) scale.
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

    def _flights(self, shape: tuple[int, int], rng: np.random.Generator) -> "Noise":
        """Draw steps, each multiplied by a normal of its own."""
        from .random_stream import levy_flights, normals

        if self.step_distribution == "levy":
            return levy_flights(shape, self.levy_exponent, rng)
        return self._steps(shape, rng) * normals(shape, rng)
