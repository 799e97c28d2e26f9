"""Which linear process made a series."""

import numpy as np

from ..dataset import Dataset
from ..validation import check_integer, check_number, check_seed
from .generation import balanced_labels, generated


def arma(
    n_sequences: int = 300, n_steps: int = 100, coefficient: float = 0.8, seed: int = 0
) -> Dataset:
    """Generate an autoregressive process, a moving average, and white noise.

    Parameters
    ----------
    n_sequences : int, default 300
        Number of series, 3 or more, in three classes as equal as possible.
    n_steps : int, default 100
        Steps of a series, 1 or more.
    coefficient : float, default 0.8
        c, that of the step before, 0 to 0.99.
    seed : int, default 0
        Seed of the order of the classes and of the noise.

    Returns
    -------
    Dataset
        X of shape (n_sequences, n_steps, 1). With e Gaussian of mean 0 and variance 1, a series is
        x(t) = c x(t - 1) + (1 - c^2)^0.5 e(t), begun in its stationary state, x(t) =
        (e(t) + c e(t - 1)) / (1 + c^2)^0.5, or x(t) = e(t). Each value is Gaussian of mean 0 and
        variance 1 in all classes.

    Raises
    ------
    TypeError, ValueError
        A parameter of another type, or out of range.

    Notes
    -----
    A single step gives a third, and so does any rule that does not look at the order. The
    correlation of neighbors is c, c / (1 + c^2) and 0. Processes as in Box, G. E. P. and Jenkins,
    G. M. (1970), Time Series Analysis: Forecasting and Control, Holden-Day; to tell such
    apart is a task of Bagnall, A. and Janacek, G. (2014), A run length transformation for
    discriminating between auto regressive time series, Journal of Classification 31(2):154-178.
    Nothing is agreed on as solved.
    """
    n_sequences = check_integer("n_sequences", n_sequences, least=3)
    n_steps = check_integer("n_steps", n_steps, least=1)
    c = check_number("coefficient", coefficient, least=0, most=0.99)
    rng = np.random.default_rng(check_seed(seed))
    y = balanced_labels(rng, n_sequences, n_classes=3)
    e = rng.standard_normal((n_sequences, n_steps + 1))
    ar = e.copy()
    for t in range(1, n_steps + 1):
        ar[:, t] = c * ar[:, t - 1] + (1.0 - c * c) ** 0.5 * e[:, t]
    ma = (e[:, 1:] + c * e[:, :-1]) / (1.0 + c * c) ** 0.5
    X = np.stack([ar[:, 1:], ma, e[:, 1:]])[y, np.arange(n_sequences)]
    return generated(
        name="arma",
        X=X[:, :, np.newaxis],
        y=y,
        classes=("autoregressive", "moving average", "white noise"),
        description="Gaussian series of variance 1 with a memory of all steps before, of one, or "
        "of none.",
        origin="after Bagnall, A. and Janacek, G. (2014), A run length transformation for "
        "discriminating between auto regressive time series, Journal of Classification "
        "31(2):154-178",
        criterion="90% right; nothing is agreed on",
        chance=1 / 3,
        threshold=0.9,
    )
