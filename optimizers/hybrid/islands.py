"""Several populations side by side, which exchange their best points."""

from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import count

import numpy as np

from ..lockstep import lockstep
from ..optimizer import Array, Optimizer, Search, setting
from ..population.cuckoo_search import CuckooSearch
from ..population.ga import GA
from ..population_based import Between, Population
from ..space import Space

#: For each island: the points and losses that have arrived, by the number of the sender.
Mail = list[dict[int, tuple[Array, Array]]]


def three_populations() -> list[Population]:
    """Return a cuckoo search, and genetic algorithms with coarse and with fine mutation."""
    return [CuckooSearch(n_nests=16), GA(16), GA(16, mutation_scale=0.05)]


@dataclass
class Islands(Optimizer):
    """Island model: populations that evolve apart and exchange their best points.

    Parameters
    ----------
    members : list of Population
        The populations, of one method or of several.
    migrate_every : int or None
        Generations between migrations; None keeps the islands apart.
    n_migrants : int
        Number of its best points that an island sends.
    topology : {"ring", "complete"}
        Whether it sends them to the next island or to all others.

    Notes
    -----
    The points of all islands are evaluated in one batch (:func:`lockstep`), which is faster than
    one island after the other. Migrants arrive before the receiver's next generation, where each
    replaces the worst point if it is better and not there already. Each island counts its own
    generations: one of cuckoo search takes two requests, one of a genetic algorithm one. x0 is
    for the first island; the others receive it by migration.

    Islands keep several minima in competition that a single population would decide between
    early, and different methods save the choice between them. They share the budget: a method
    that is known to suit does better alone.

    References
    ----------
    R. Tanese: Distributed genetic algorithms. ICGA 1989, 434-439.
    D. Whitley, S. Rana, R. B. Heckendorn: The island model genetic algorithm: on separability,
    population size and convergence. Journal of Computing and Information Technology 7 (1999) 33-47.
    """

    members: list[Population] = field(default_factory=three_populations)
    migrate_every: int | None = setting(10, low=1, tune=(2, 50), log=True)
    n_migrants: int = setting(1, low=1, tune=(1, 3))
    topology: str = setting("ring", choices=("ring", "complete"))

    def check(self) -> None:
        super().check()
        members = self.members
        if (
            not isinstance(members, list | tuple)
            or not members
            or not all(isinstance(member, Population) for member in members)
        ):
            raise TypeError(
                f"{type(self).__name__}: members must be a list of population methods such as "
                f"[CuckooSearch(), GA()], got {members!r}."
            )

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        # The first island draws the same as it would alone. The others have streams of their own,
        # with keys from a copy of the generator: rng.spawn would change the caller's seed.
        keys = deepcopy(rng).integers(2**63, size=len(self.members))
        rngs = [rng, *map(np.random.default_rng, keys[1:])]
        spaces = [space] + [replace(space, start=None)] * (len(self.members) - 1)
        mail: Mail = [{} for _ in self.members]
        yield from lockstep(
            member.evolve(spaces[i], rngs[i], self._exchange(i, mail))
            for i, member in enumerate(self.members)
        )

    def _exchange(self, i: int, mail: Mail) -> Between:
        """Return the hook of island i: it sends its best points, and takes in migrants."""
        n = len(self.members)
        receivers = [(i + 1) % n] if self.topology == "ring" else [j for j in range(n) if j != i]
        generations = count(1)

        def exchange(points: Array, losses: Array) -> Search:
            if self.migrate_every is not None and next(generations) % self.migrate_every == 0:
                best = np.argsort(losses, kind="stable")[: self.n_migrants]
                for j in receivers:
                    mail[j][i] = points[best], losses[best]
            # Send before taking in, so that a point moves at most one island at a time.
            for migrants, theirs in mail[i].values():
                settle(migrants, theirs, points, losses)
            mail[i].clear()
            yield from ()

        return exchange


def settle(migrants: Array, theirs: Array, points: Array, losses: Array) -> None:
    """Let each migrant replace the worst point if it is better and not there already."""
    for migrant, loss in zip(migrants, theirs, strict=True):
        worst = losses.argmax()
        if loss < losses[worst] and not (points == migrant).all(axis=1).any():
            points[worst], losses[worst] = migrant, loss
