"""A Bayesian signed-rank test with a region of practical equivalence."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.validation import is_number

from .intervals import Seed

#: Samples of the posterior that are drawn at a time.
AT_ONCE = 1000


class Posterior(NamedTuple):
    """Probabilities that add up to 1.

    Attributes
    ----------
    first : float
        The first is better, by more than what counts as equal.
    equal : float
        Both are practically equivalent.
    second : float
        The second is better.
    """

    first: float
    equal: float
    second: float


def bayesian_signed_rank(
    first: ArrayLike,
    second: ArrayLike,
    *,
    rope: float,
    seed: Seed,
    lower_is_better: bool = True,
    prior_strength: float = 0.5,
    n_samples: int = 50_000,
) -> Posterior:
    """Return how probable it is that one of two methods is better on a further problem.

    Parameters
    ----------
    first, second : (N,) array_like
        A figure of each method on each problem, such as the mean of its seeds; not NaN, and of
        losses or times their logarithms.
    rope : float
        Differences up to this one count as equal: the region of practical equivalence.
    seed : int or Generator
        The source of the samples.
    lower_is_better : bool
        Whether a lower figure is better.
    prior_strength : float
        s, the weight of a pseudo-observation of no difference, where each problem weighs 1.
    n_samples : int
        Samples of the posterior.

    Returns
    -------
    Posterior
        The probabilities.

    Raises
    ------
    TypeError
        A region, strength or number of samples that is no number.
    ValueError
        Figures that do not pair, or are not finite; a region, strength or number of samples that is
        negative, or not positive.

    Notes
    -----
    Weights w of the differences z and of the pseudo-observation z_0 = 0 are drawn from a
    Dirichlet distribution with parameters s, 1, ..., 1. For each draw, the sum of w_i w_j over
    pairs with z_i + z_j above 2 r, within, or below is the mass of each of the three cases; the
    result is how often each case has the largest mass (section 4.2 of the source, the pairs of
    its equation 11).

    Unlike a p-value it does not depend on how many pairs are compared, and it can say that two
    methods are equal. Of few problems it says little more than the prior.

    References
    ----------
    A. Benavoli, G. Corani, J. Demšar, M. Zaffalon: Time for a change: a tutorial for comparing
    multiple classifiers through Bayesian analysis. Journal of Machine Learning Research 18
    (2017), 77.
    """
    x, y = np.asarray(first, float), np.asarray(second, float)
    if x.shape != y.shape or x.ndim != 1 or not len(x):
        raise ValueError(f"first and second must be (N,) alike, got {x.shape} and {y.shape}.")
    z = (y - x) if lower_is_better else (x - y)
    if not np.isfinite(z).all():
        raise ValueError("the differences between first and second must be finite numbers.")
    if not all(map(is_number, (rope, prior_strength, n_samples))):
        raise TypeError(
            "rope, prior_strength and n_samples must be numbers, got "
            f"{rope!r}, {prior_strength!r} and {n_samples!r}."
        )
    if not rope >= 0 or not prior_strength > 0 or n_samples < 1:
        raise ValueError(
            "rope must be at least 0, prior_strength above 0 and n_samples at least 1, got "
            f"{rope}, {prior_strength} and {n_samples}."
        )
    z = np.append(0.0, z)
    sums = z[:, None] + z
    cases = sums > 2 * rope, np.abs(sums) <= 2 * rope
    rng = np.random.default_rng(seed)
    parameters = np.append(prior_strength, np.ones(len(z) - 1))
    wins = np.zeros(3)
    for begin in range(0, n_samples, AT_ONCE):
        w = rng.dirichlet(parameters, min(AT_ONCE, n_samples - begin))
        above, within = (_mass(w, case) for case in cases)
        largest = np.stack([above, within, 1 - above - within]).argmax(axis=0)
        wins += np.bincount(largest, minlength=3)
    return Posterior(*(wins / n_samples).tolist())


def _mass(weights: NDArray[np.float64], case: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the sum of w_i w_j over the pairs of a case, for each draw."""
    return np.asarray(np.einsum("si,ij,sj->s", weights, case.astype(float), weights, optimize=True))
