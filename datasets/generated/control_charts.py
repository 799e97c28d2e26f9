"""Charts of a process that is in control, drifts, jumps or swings."""

import numpy as np

from ..dataset import Dataset
from ..validation import check_integer, check_number, check_seed
from .generation import balanced_labels, generated

_CLASSES = (
    "normal",
    "cyclic",
    "increasing trend",
    "decreasing trend",
    "upward shift",
    "downward shift",
)


def control_charts(
    n_sequences: int = 600, n_steps: int = 60, noise: float = 2.0, seed: int = 0
) -> Dataset:
    """Generate control charts of six kinds.

    Parameters
    ----------
    n_sequences : int, default 600
        Number of series, 6 or more, in six classes as equal as possible.
    n_steps : int, default 60
        T, steps of a series, 3 or more.
    noise : float, default 2
        s, the factor of the noise, 0 or more.
    seed : int, default 0
        Seed of the order of the classes, of the shapes and of the noise.

    Returns
    -------
    Dataset
        X of shape (n_sequences, n_steps, 1). At step t, counted from 1, a chart is 30 + r s, with
        r uniform from -3 to 3 at each step, plus

        - nothing, where it is normal;
        - a sin(2 pi t / p), where it is cyclic, with a and p uniform from 10 to 15;
        - g t or -g t, where it has a trend, with g uniform from 0.2 to 0.5;
        - x or -x from step c on, where it has a shift, with x uniform from 7.5 to 20 and
          c from T / 3 to 2/3 T.

    Raises
    ------
    TypeError, ValueError
        A parameter of another type, or out of range.

    Notes
    -----
    Alcock, R. J. and Manolopoulos, Y. (1999), Time-series similarity queries employing a
    feature-based approach, 7th Hellenic Conference on Informatics; the "synthetic control" of the
    archives, where T = 60 and a trend of longer series goes on. Nothing is agreed on as solved; the
    best methods are right in 99 of a hundred.
    """
    n_sequences = check_integer("n_sequences", n_sequences, least=6)
    n_steps = check_integer("n_steps", n_steps, least=3)
    noise = check_number("noise", noise, least=0)
    rng = np.random.default_rng(check_seed(seed))
    y = balanced_labels(rng, n_sequences, n_classes=6)
    one_each = (n_sequences, 1)
    amplitude, period = rng.uniform(10.0, 15.0, (2, *one_each))
    gradient = rng.uniform(0.2, 0.5, one_each)
    jump = rng.uniform(7.5, 20.0, one_each)
    change = rng.uniform(n_steps / 3, 2 * n_steps / 3, one_each)
    t = np.arange(1, n_steps + 1)
    cycle = amplitude * np.sin(2 * np.pi * t / period)
    trend, shift = gradient * t, jump * (t >= change)
    parts = np.stack([np.zeros_like(cycle), cycle, trend, -trend, shift, -shift])
    X = 30.0 + parts[y, np.arange(n_sequences)]
    X += noise * rng.uniform(-3.0, 3.0, X.shape)
    return generated(
        name="control_charts",
        X=X[:, :, np.newaxis],
        y=y,
        classes=_CLASSES,
        description="Charts of a process around 30 that is in control, swings, drifts or jumps.",
        origin="after Alcock, R. J. and Manolopoulos, Y. (1999), Time-series similarity queries "
        "employing a feature-based approach, 7th Hellenic Conference on Informatics",
        criterion="95% right; nothing is agreed on",
        threshold=0.95,
    )
