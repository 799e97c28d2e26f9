"""Cuckoo search: Levy flights, and differences between nests."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .optimizer import Ask, Search, setting
from .population import Between, Population, replace_if_better
from .space import Space


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
    step_size : float
        Factor of the Levy steps; 0.01 in the reference code.
    levy_exponent : float
        beta of the Levy-stable steps, between 1 and 2.
    variant : {"reference", "paper"}
        The two differ, which is a documented criticism (see Notes).

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

    size_setting: ClassVar[str | None] = "n_nests"

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        """See :meth:`Population.evolve`."""
        generations = self._reference if self.variant == "reference" else self._paper
        yield from generations(space, rng, between)

    def _reference(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        from .random_stream import levy_flights, uniforms
        from .updates import discover, fly

        nests = space.initial(self.n_nests, rng)
        losses = (yield Ask(nests)).losses
        new = np.empty(nests.shape)
        step_size, discovery_rate = float(self.step_size), float(self.discovery_rate)
        while True:
            yield from between(nests, losses)
            # Levy flights, scaled by the distance to the best nest, which itself stays.
            flights = levy_flights(nests.shape, self.levy_exponent, rng)
            fly(nests, losses.argmin(), flights, step_size, new)
            eggs = space.repair(new)
            replace_if_better(nests, losses, eggs, (yield Ask(eggs)).losses)
            # Discovery: differences of random nests, in a share 1 - p_a of the coordinates.
            ones, others = rng.permutation(len(nests)), rng.permutation(len(nests))
            chances = uniforms(nests.shape, rng)
            discover(nests, ones, others, chances, discovery_rate, rng.random(), new)
            eggs = space.repair(new)
            replace_if_better(nests, losses, eggs, (yield Ask(eggs)).losses)

    def _paper(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        from .random_stream import levy_steps

        n, n_abandoned = self.n_nests, round(self.discovery_rate * self.n_nests)
        # The paper leaves the flight's scale to the problem; a hundredth of the width of the
        # search is the rule in the comments of the reference code. Of an even spread of
        # standard deviation `scale`, the width is sqrt(12) scale.
        scale = self.step_size * np.sqrt(12) * space.scale
        nests = space.initial(n, rng)
        losses = (yield Ask(nests)).losses
        while True:
            yield from between(nests, losses)
            i, j = rng.integers(n, size=2)
            steps = scale * levy_steps((1, space.dim), self.levy_exponent, rng)
            egg = space.repair(nests[[i]] + steps)
            loss = (yield Ask(egg)).losses
            if loss[0] < losses[j]:
                nests[j], losses[j] = egg[0], loss[0]
            if n_abandoned:
                worst = np.argsort(losses, kind="stable")[max(1, n - n_abandoned) :]
                steps = scale * levy_steps((len(worst), space.dim), self.levy_exponent, rng)
                nests[worst] = space.repair(nests[worst] + steps)
                losses[worst] = (yield Ask(nests[worst])).losses
