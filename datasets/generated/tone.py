"""The frequency of a tone in noise."""

import numpy as np

from ..dataset import Dataset
from ..validation import check_integer, check_number, check_seed
from .generation import generated

_LEAST, _MOST = 2.0, 8.0


def tone(n_sequences: int = 300, n_steps: int = 64, noise: float = 0.5, seed: int = 0) -> Dataset:
    """Generate sines in noise, whose frequency is to be told.

    Parameters
    ----------
    n_sequences : int, default 300
        Number of series, 2 or more.
    n_steps : int, default 64
        T, steps of a series, 17 or more.
    noise : float, default 0.5
        Standard deviation of the noise, 0 or more.
    seed : int, default 0
        Seed of the frequencies, of the phases and of the noise.

    Returns
    -------
    Dataset
        X of shape (n_sequences, n_steps, 1): sin(2 pi (f t / T + p)) with Gaussian noise, where f
        is uniform from 2 to 8 oscillations in a series and p from 0 to 1. `targets` are f, for a
        regressor; the class is whether f is above 5, for half of the series each.

    Raises
    ------
    TypeError, ValueError
        A parameter of another type, or out of range.

    Notes
    -----
    Chance is 50%: a single step tells nothing of f. Of f itself the constant prediction 5 has a
    mean squared error of 3. Rife, D. C. and Boorstyn, R. R. (1974), Single-tone parameter
    estimation from discrete-time observations, IEEE Transactions on Information Theory
    20(5):591-598, who give the least variance of an unbiased estimate: about 6 s^2 / (pi^2 T) for a
    noise of standard deviation s, 0.002 by default.
    """
    n_sequences = check_integer("n_sequences", n_sequences, least=2)
    n_steps = check_integer("n_steps", n_steps, least=17)
    noise = check_number("noise", noise, least=0)
    rng = np.random.default_rng(check_seed(seed))
    middle = (_LEAST + _MOST) / 2
    above = rng.permutation(np.arange(n_sequences) % 2)
    frequency = _LEAST + (middle - _LEAST) * (above + rng.random(n_sequences))
    phase = rng.random(n_sequences)
    turns = np.outer(frequency, np.arange(n_steps) / n_steps) + phase[:, np.newaxis]
    X = np.sin(2 * np.pi * turns)
    X += noise * rng.standard_normal(X.shape)
    return generated(
        name="tone",
        X=X[:, :, np.newaxis],
        y=above,
        targets=frequency,
        classes=(f"below {middle:g}", f"above {middle:g}"),
        description=f"A sine of {_LEAST:g} to {_MOST:g} oscillations and any phase, in noise of "
        f"standard deviation {noise:g}; the class is whether they are more than {middle:g}.",
        origin="after Rife, D. C. and Boorstyn, R. R. (1974), Single-tone parameter estimation "
        "from discrete-time observations, IEEE Transactions on Information Theory 20(5):591-598",
        criterion="95% right; nothing is agreed on",
        chance=0.5,
        threshold=0.95,
    )
