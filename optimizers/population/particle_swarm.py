"""Particle swarm optimization: points with velocities, attracted by the best points so far."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..optimizer import Array, Ask, Search, setting
from ..population_based import Between, Population
from ..space import Space


@dataclass
class ParticleSwarm(Population):
    """Particle swarm optimization, with constriction.

    Parameters
    ----------
    population_size : int
        Particles.
    inertia : float
        chi, the fraction of its velocity that a particle keeps.
    cognitive : float
        c_1, the largest factor of the attraction by the particle's own best point; the mean
        factor is half of it.
    social : float
        c_2, the same for the best point of its neighbors.
    topology : {"global", "ring"}
        The neighbors of a particle: all, or itself and the two next to it. In a ring good points
        spread more slowly, so that the swarm stays diverse for longer and needs more passes.

    Notes
    -----
    v = chi v + c_1 r_1 (own best - x) + c_2 r_2 (neighbors' best - x), x = x + v, with r_1
    and r_2 uniform in [0, 1] for each coordinate, and all particles at once. A generation costs
    one pass for each particle. The defaults are the constriction of Clerc and Kennedy for
    phi = 4.1: chi = 0.7298 and c_1 = c_2 = 2.05 chi. They keep the swarm from exploding without a
    limit on the velocity; larger settings may let it explode. The first velocity is half the way
    to another random point. A coordinate that would leave the bounds stops there, and its
    velocity is set to 0.

    The population that other methods see consists of the own best points, not of the positions
    of the particles.

    The random factors are drawn for each coordinate, so that the steps favor the axes: the method
    is slow where coordinates depend on each other, as weights do. Once the own bests agree, the
    velocities vanish, at a minimum or not, and there is no restart. Without a gradient use
    :class:`~metarnn.optimizers.LSHADE` first.

    References
    ----------
    J. Kennedy, R. Eberhart: Particle swarm optimization. ICNN 1995, 1942-1948.
    M. Clerc, J. Kennedy: The particle swarm - explosion, stability, and convergence in a
    multidimensional complex space. IEEE Transactions on Evolutionary Computation 6 (2002) 58-73.
    D. Bratton, J. Kennedy: Defining a standard for particle swarm optimization. SIS 2007,
    120-127 (the two topologies).
    """

    losses_in_step = True

    population_size: int = setting(40, low=2, size=True, tune=(10, 100), log=True)
    inertia: float = setting(0.7298, low=0.0, high=1.0, tune=(0.4, 0.9))
    cognitive: float = setting(1.49618, low=0.0, tune=(0.5, 2.5))
    social: float = setting(1.49618, low=0.0, tune=(0.5, 2.5))
    topology: str = setting("global", choices=("global", "ring"), tune=True)

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        from .random_stream import key_of
        from .updates import replace_if_better, swarm_step

        inertia, cognitive, social = map(float, (self.inertia, self.cognitive, self.social))
        unbounded = np.full(space.dim, np.inf)
        lower, upper = space.bounds or (-unbounded, unbounded)
        points = space.initial(self.population_size, rng)
        velocity = space.sample(self.population_size, rng)
        velocity -= points
        velocity /= 2
        own, own_losses = points.copy(), (yield Ask(points)).losses
        while True:
            yield from between(own, own_losses)
            leaders, key = self._leaders(own_losses), key_of(rng)
            factors = inertia, cognitive, social
            swarm_step(own, leaders, key, *factors, lower, upper, velocity, points)
            replace_if_better(own, own_losses, points, (yield Ask(points)).losses)

    def _leaders(self, losses: Array) -> NDArray[np.int64]:
        """Return the index (n,) of each particle's best neighbor, itself included."""
        n = len(losses)
        if self.topology == "global":
            return np.full(n, losses.argmin())
        ring = (np.arange(n) + np.array([[0], [-1], [1]])) % n
        return ring[losses[ring].argmin(axis=0), np.arange(n)]
