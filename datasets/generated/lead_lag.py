"""Which of two channels leads the other."""

import numpy as np

from ..dataset import Dataset
from ..validation import check_integer, check_number, check_seed
from .generation import balanced_labels, generated

#: What a step of the signal keeps of the one before.
_KEPT = 0.6


def lead_lag(
    n_sequences: int = 300, n_steps: int = 60, lag: int = 2, noise: float = 0.5, seed: int = 0
) -> Dataset:
    """Generate two channels that show one signal, one of them later.

    Parameters
    ----------
    n_sequences : int, default 300
        Number of series, 2 or more, in two classes as equal as possible.
    n_steps : int, default 60
        Steps of a series, 1 or more.
    lag : int, default 2
        Steps by which one channel is later, 1 or more.
    noise : float, default 0.5
        Standard deviation of the noise of each channel, 0 or more.
    seed : int, default 0
        Seed of the order of the classes, of the signals and of the noise.

    Returns
    -------
    Dataset
        X of shape (n_sequences, n_steps, 2): the signal s(t) = 0.6 s(t - 1) + 0.8 e(t), Gaussian
        with variance 1, and s(t - lag), each with noise of its own. The class is which channel
        shows the signal first.

    Raises
    ------
    TypeError, ValueError
        A parameter of another type, or out of range.

    Notes
    -----
    Chance is 50%: neither a single step nor a single channel tells which is first. The idea
    of causes that come first is that of Granger, C. W. J. (1969), Investigating causal relations
    by econometric models and cross-spectral methods, Econometrica 37(3):424-438; the processes are
    those said here. Nothing is agreed on as solved.
    """
    n_sequences = check_integer("n_sequences", n_sequences, least=2)
    n_steps = check_integer("n_steps", n_steps, least=1)
    lag = check_integer("lag", lag, least=1)
    noise = check_number("noise", noise, least=0)
    rng = np.random.default_rng(check_seed(seed))
    y = balanced_labels(rng, n_sequences, n_classes=2)
    signal = rng.standard_normal((n_sequences, n_steps + lag))
    for t in range(1, n_steps + lag):
        signal[:, t] = _KEPT * signal[:, t - 1] + (1.0 - _KEPT**2) ** 0.5 * signal[:, t]
    leads, follows = signal[:, lag:], signal[:, :n_steps]
    first = (y == 0)[:, np.newaxis]
    X = np.stack([np.where(first, leads, follows), np.where(first, follows, leads)], axis=2)
    X += noise * rng.standard_normal(X.shape)
    return generated(
        name="lead_lag",
        X=X,
        y=y,
        classes=("first leads", "second leads"),
        description=f"One signal on two channels, {lag} steps later on one of them, in noise of "
        f"standard deviation {noise:g}; the class is which leads.",
        origin="after Granger, C. W. J. (1969), Investigating causal relations by econometric "
        "models and cross-spectral methods, Econometrica 37(3):424-438",
        criterion="90% right; nothing is agreed on",
        chance=0.5,
        threshold=0.9,
    )
