"""A gradient estimated from losses, for any first-order step: the evolution strategy of OpenAI."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from ..gradient.adam import Adam
from ..gradient.first_order import FirstOrder, clip_factors
from ..optimizer import Array, Ask, Search, setting
from ..population_based import Between, Population
from ..space import Space


@dataclass
class OpenAIES(Population):
    """Evolution strategy that moves one point along a gradient estimated around it.

    Parameters
    ----------
    population_size : int
        Samples of a generation, an even number as they come in pairs.
    noise_std : float
        Their standard deviation around the mean, in units of the space's scale.
    optimizer : FirstOrder
        What makes a step of the estimated gradient: :class:`Adam`, or
        :class:`GradientDescent` for the plain step. Its learning rate is in units of the space's
        scale; its schedule, clipping and weight decay are followed, too.

    Notes
    -----
    A generation draws antithetic pairs, mean +- sigma e with normal e, and replaces their
    losses by ranks from -1/2 to 1/2, so that a monotone change of the loss changes nothing;
    equal losses share a rank. The estimate is

        1 / (n sigma) sum over pairs of (rank of mean + sigma e - rank of mean - sigma e) e,

    as Salimans et al. (2017) have it, but for weight decay, which is decoupled from the step
    (see :class:`AdamW`). What is asked so far are noisy samples; so after each step the mean is
    judged too, which costs one more pass: it is the point that the method is about, and near a
    minimum it is better than all of its samples.

    It was made for many thousands of processors and rewards without a gradient. It follows the
    gradient of the loss smoothed by sigma, so with D weights it needs some D losses to learn
    what one gradient says: where the loss has a gradient, take :class:`Adam` itself. It stays
    in one basin, and does not get nearer to a minimum than sigma and the learning rate let it;
    ``optimizer__schedule="linear"`` lets it end nearer.

    References
    ----------
    T. Salimans, J. Ho, X. Chen, S. Sidor, I. Sutskever: Evolution strategies as a scalable
    alternative to reinforcement learning. 2017, arXiv:1703.03864.
    """

    population_size: int = setting(50, low=2)
    noise_std: float = setting(0.1, above=0.0)
    optimizer: FirstOrder = field(default_factory=lambda: Adam(learning_rate=0.2, max_norm=None))

    size_param: ClassVar[str | None] = "population_size"

    def check(self) -> None:
        super().check()
        if self.population_size % 2:
            raise ValueError(
                "OpenAIES: population_size must be even, as samples come in pairs, "
                f"got {self.population_size}."
            )
        if not isinstance(self.optimizer, FirstOrder):
            raise TypeError(
                "OpenAIES: optimizer must be a method with a learning rate such as Adam(), "
                f"got {self.optimizer!r}."
            )
        if self.optimizer.n_batches > 1:
            raise ValueError(
                "OpenAIES: optimizer must not cut the data into mini-batches, "
                f"got n_batches = {self.optimizer.n_batches}."
            )

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Search:
        from .random_stream import normals
        from .updates import mirror, weighted_sum

        n, sigma = int(self.population_size), float(self.noise_std)
        mean = space.initial(1, rng)
        told = yield Ask(mean)
        samples, slopes, units = np.empty((n, space.dim)), np.empty_like(mean), np.empty_like(mean)
        step = self.optimizer.make_update(units)
        while True:
            losses = told.losses
            yield from between(mean, losses)
            noise = normals((n // 2, space.dim), rng)
            mirror(mean[0], sigma * space.scale, noise, samples)
            told = yield Ask(space.repair(samples))
            ranks = centred_ranks(told.losses)
            weighted_sum((ranks[: n // 2] - ranks[n // 2 :]) / (n * sigma), noise, slopes[0])
            units[:] = mean / space.scale
            step(
                slopes,
                clip_factors(slopes, self.optimizer.max_norm),
                self.optimizer.rate(told.budget_fraction),
            )
            mean = space.repair(units * space.scale)
            told = yield Ask(mean)


def centred_ranks(losses: Array) -> Array:
    """Return ranks (n,) evenly from -1/2 to 1/2; equal losses share the mean of theirs."""
    _, places, counts = np.unique(losses, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - 0.5 * (counts + 1)
    return ranks[places] / (len(losses) - 1) - 0.5
