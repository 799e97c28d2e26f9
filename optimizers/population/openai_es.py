"""OpenAI's evolution strategy: first-order steps along a gradient estimated from losses."""

from dataclasses import dataclass, field

import numpy as np

from ..gradient.adam import Adam
from ..gradient.first_order import FirstOrder, clip_factors
from ..optimizer import Array, Ask, Order, Search, setting
from ..population_based import Between, Population
from ..space import Space


@dataclass
class OpenAIES(Population):
    """Evolution strategy that moves one point along an estimated gradient.

    Parameters
    ----------
    population_size : int
        Samples of a generation; an even number, since they come in pairs.
    noise_std : float
        sigma, their standard deviation around the mean, in units of the space's scale.
    optimizer : FirstOrder
        Takes the steps along the estimated gradient: :class:`Adam`, or :class:`GradientDescent`
        for the plain step. Its learning rate is in units of the space's scale; its schedule,
        clipping and weight decay apply as well.

    Notes
    -----
    A generation draws antithetic pairs, mean +- sigma e with normal e, and replaces their
    losses by ranks from -1/2 to 1/2, so that monotone transformations of the loss have no
    effect; equal losses share a rank. The estimate is

        1 / (n sigma) sum over pairs of (rank of mean + sigma e - rank of mean - sigma e) e,

    as in Salimans et al. (2017), except for the weight decay, which is decoupled from the step
    (see :class:`AdamW`). After each step the mean is evaluated too, which costs one more pass:
    near a minimum it is better than all of its samples.

    The method was made for thousands of processors and rewards without a gradient. It follows the
    gradient of the loss smoothed by sigma, and needs about D losses to learn as much as from one
    gradient: where the loss has a gradient, use :class:`Adam` itself. It stays in one basin, and
    sigma and the learning rate limit how close it gets to a minimum;
    ``optimizer__schedule="linear"`` lets it get closer.

    References
    ----------
    T. Salimans, J. Ho, X. Chen, S. Sidor, I. Sutskever: Evolution strategies as a scalable
    alternative to reinforcement learning. 2017, arXiv:1703.03864.
    """

    population_size: int = setting(50, low=2, size=True)
    noise_std: float = setting(0.1, above=0.0)
    optimizer: FirstOrder = field(default_factory=lambda: Adam(learning_rate=0.2, max_norm=None))

    order = Order.VALUE  # the optimizer's gradient is an estimate

    def check(self) -> None:
        super().check()
        if self.population_size % 2:
            raise ValueError(
                "OpenAIES: population_size must be even, as samples come in pairs, "
                f"got {self.population_size}."
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
            ranks = centered_ranks(told.losses)
            weighted_sum((ranks[: n // 2] - ranks[n // 2 :]) / (n * sigma), noise, slopes[0])
            units[:] = mean / space.scale
            factors = clip_factors(slopes, self.optimizer.max_norm)
            step(slopes, factors, self.optimizer.rate(told.budget_fraction))
            mean = space.repair(units * space.scale)
            told = yield Ask(mean)


def centered_ranks(losses: Array) -> Array:
    """Return ranks (n,) scaled to -1/2 to 1/2; equal losses share their mean rank."""
    _, places, counts = np.unique(losses, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - 0.5 * (counts + 1)
    return ranks[places] / (len(losses) - 1) - 0.5
