"""Enforced subpopulations: parts of a point evolve apart and are judged together."""

from dataclasses import dataclass
from math import inf, isqrt

import numpy as np
from numpy.typing import NDArray

from ..optimizer import Array, Ask, Search, setting
from ..population_based import Between, Population
from ..space import Space

Indices = NDArray[np.int64]


@dataclass
class ESP(Population):
    """Enforced subpopulations: each hidden unit has a population of its own.

    A point is put together from a member of each subpopulation, drawn at random; a member's
    fitness is the mean loss of the points that it has been part of. So units specialize and
    depend less on their company than in one population of whole points.

    Parameters
    ----------
    population_size : int
        Members of each subpopulation, and points of each round.
    n_rounds : int
        Rounds of a generation: in how many points each member takes part.
    mutation_rate : float
        Probability that a child is mutated, in one coordinate.
    mutation_size : float
        Scale of the Cauchy distribution of mutations, in units of the space's scale.
    burst_after : int, optional
        Generations that do not improve the best loss, after which all members are drawn again
        around those of the best point, at Cauchy distances in every coordinate; None for never.
    burst_size : float
        Scale of these distances, in units of the space's scale.

    Notes
    -----
    The subpopulations are ``Space.groups``, which a network has: the weights of each hidden unit,
    and those of each output. A space without has groups of about the square root of D coordinates
    in a row. A generation: members are ranked by their mean losses; each of the best quarter is
    crossed at one point with a better one, or itself, and the two children take the places of the
    worst half. It costs `population_size` times `n_rounds` passes.

    What it leaves out of the papers: subpopulations that are added or removed after bursts that do
    not help.

    It pays where units can do their work apart, and where few weights matter at once. For less
    than some thousand passes, or a smooth landscape, prefer :class:`LSHADE` or :class:`CMAES`.

    References
    ----------
    F. Gomez, R. Miikkulainen: Incremental evolution of complex general behavior. Adaptive Behavior
    5 (1997) 317-342. F. Gomez: Robust non-linear control through neuroevolution. PhD thesis,
    University of Texas at Austin (2003).
    """

    population_size: int = setting(40, low=4, size=True)
    n_rounds: int = setting(1, low=1)
    mutation_rate: float = setting(0.4, low=0.0, high=1.0)
    mutation_size: float = setting(0.3, above=0.0)
    burst_after: int | None = setting(20, low=1)
    burst_size: float = setting(0.3, above=0.0)

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        n, groups = self.population_size, _groups_of(space)
        members = space.initial(n, rng)
        seats = _seats(self.n_rounds, len(groups), n, rng)
        seats[0] = np.arange(n)  # the first points are the space's
        best, lowest, waited = members[0], inf, 0
        while True:
            rounds, answers = [], []
            for seating in seats:
                points = np.empty((n, space.dim))
                for group, of_group in zip(groups, seating, strict=True):
                    points[:, group] = members[of_group][:, group]
                rounds.append(points)
                answers.append((yield Ask(points)).losses)
            points, losses = np.concatenate(rounds), np.concatenate(answers)
            yield from between(points, losses)
            _return_to_seats(points, losses, members, groups, seats)
            champion = int(losses.argmin())
            if losses[champion] < lowest:
                best, lowest, waited = points[champion].copy(), losses[champion], 0
            else:
                waited += 1
            if self.burst_after is not None and waited >= self.burst_after:
                away = rng.standard_cauchy(members.shape)
                away[0] = 0.0
                members = best + self.burst_size * space.scale * away
                waited = 0
            else:
                for g, group in enumerate(groups):
                    ranked = np.argsort(_mean_losses(losses, seats[:, g]), kind="stable")
                    members[:, group] = self._bred(
                        members[ranked][:, group], space.scale[group], rng
                    )
            members = space.repair(members)
            seats = _seats(self.n_rounds, len(groups), n, rng)

    def _bred(self, ranked: Array, scale: Array, rng: np.random.Generator) -> Array:
        """Return members (n, d), best first, with children in the places of the worst half."""
        n, d = ranked.shape
        quarter = n // 4
        mates = (rng.random(quarter) * np.arange(1, quarter + 1)).astype(int)
        swapped = np.arange(d) >= rng.integers(1, max(d, 2), size=quarter)[:, None]
        first, second = ranked[:quarter], ranked[mates]
        children = np.concatenate(
            [np.where(swapped, second, first), np.where(swapped, first, second)]
        )
        self._mutate(children, self.mutation_size * scale, rng)
        return np.concatenate([ranked[: n - len(children)], children])

    def _mutate(self, children: Array, scale: Array, rng: np.random.Generator) -> None:
        """Change some children (n, d), each in one coordinate."""
        mutated = np.flatnonzero(rng.random(len(children)) < self.mutation_rate)
        places = rng.integers(children.shape[1], size=len(mutated))
        children[mutated, places] += rng.standard_cauchy(len(mutated)) * scale[places]


@dataclass
class Evolino(ESP):
    """Evolino: enforced subpopulations for the recurrent weights, least squares for the outputs.

    :class:`ESP` whose children change in all coordinates, by small steps, for objectives that solve
    for the output weights: estimators with this optimizer, or with one that it is part of, do so
    by ``solve="ridge"`` if nothing else is said, and a study needs ``solve``. The paper's network
    is an LSTM in one direction,
    ``RNNClassifier(bidirectional=False, readout="last", optimizer="evolino")``.

    Notes
    -----
    The paper solves with the pseudoinverse; here the penalty is `alpha`, and at least 1e-13. The
    paper judges a candidate by data that its outputs were not solved on, as
    ``solve="held_out"`` does; ``"leave_one_out"`` does so for each sequence in turn. The
    subpopulations have 20 members, the paper's 40: at equal passes more generations go further.

    On the paper's tasks (``benchmarks.tasks.evolino``) it learns the language a^n b^n c^n from n up
    to 10 and accepts strings of two to ten times that length, about as :class:`CMAES` does by the
    same objective. Where the objective is smooth, as of superimposed sines, :class:`LBFGS` goes
    further by far.

    References
    ----------
    J. Schmidhuber, D. Wierstra, M. Gagliolo, F. Gomez: Training recurrent networks by Evolino.
    Neural Computation 19 (2007) 757-779.
    """

    population_size: int = setting(20, low=4, size=True)
    mutation_rate: float = setting(1.0, low=0.0, high=1.0)
    mutation_size: float = setting(0.03, above=0.0)
    burst_size: float = setting(0.03, above=0.0)

    @property
    def solves(self) -> str | None:
        return "ridge"

    def _mutate(self, children: Array, scale: Array, rng: np.random.Generator) -> None:
        mutated = rng.random((len(children), 1)) < self.mutation_rate
        children += mutated * scale * rng.standard_cauchy(children.shape)


def _groups_of(space: Space) -> list[Indices]:
    """Return the coordinates of each subpopulation."""
    if space.groups is not None:
        return list(space.groups)
    return np.array_split(np.arange(space.dim), max(1, space.dim // max(1, isqrt(space.dim))))


def _seats(n_rounds: int, n_groups: int, n: int, rng: np.random.Generator) -> Indices:
    """Return which member of each group is in which point, (rounds, groups, n)."""
    return rng.permuted(np.broadcast_to(np.arange(n), (n_rounds, n_groups, n)), axis=2)


def _mean_losses(losses: Array, seats: Indices) -> Array:
    """Return the mean loss (n,) of each member of a group, seated so (rounds, n)."""
    n = seats.shape[1]
    return np.bincount(seats.ravel(), losses, minlength=n) / len(seats)


def _return_to_seats(
    points: Array, losses: Array, members: Array, groups: list[Indices], seats: Indices
) -> None:
    """Copy points, which a hook may have changed, to the members; those of good points last."""
    order = np.argsort(-losses, kind="stable")
    n = len(members)
    for g, group in enumerate(groups):
        of_points = seats[order // n, g, order % n]
        members[of_points[:, None], group] = points[order][:, group]
