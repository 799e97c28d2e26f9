"""Two regimes of a chaotic equation with a delay."""

import numpy as np

from ..dataset import Dataset
from ..validation import Floats, check_integer, check_number, check_seed
from .generation import balanced_labels, generated

#: Steps of the integration in a unit of time, and units of time between two values.
_FINE, _APART = 10, 3
#: Units of time before the first value, in which the start is forgotten.
_TRANSIENT = 200
_DELAYS = (17, 30)


def mackey_glass(
    n_sequences: int = 200, n_steps: int = 100, noise: float = 0.05, seed: int = 0
) -> Dataset:
    """Generate solutions of the Mackey-Glass equation with a delay of 17 or of 30.

    Parameters
    ----------
    n_sequences : int, default 200
        Number of series, 2 or more, in two classes as equal as possible.
    n_steps : int, default 100
        Steps of a series, 1 or more, 3 units of time apart.
    noise : float, default 0.05
        Standard deviation of noise added to what is seen of a solution, 0 or more.
    seed : int, default 0
        Seed of the order of the classes, of the starts and of the noise.

    Returns
    -------
    Dataset
        X of shape (n_sequences, n_steps, 1): values of dx/dt = 0.2 x(t - d) / (1 + x(t - d)^10)
        - 0.1 x(t), d the delay. A series starts from a constant past, uniform from 0.5 to 1.3, and
        its first 200 units of time are left out. Euler's method, ten steps a unit of time.

    Raises
    ------
    TypeError, ValueError
        A parameter of another type, or out of range.

    Notes
    -----
    Both delays are chaotic, of different dimension; the values are spread differently, so that
    one step gives more than half. Mackey, M. C. and Glass, L. (1977), Oscillation and chaos in
    physiological control systems, Science 197(4300):287-289. To tell the two apart is a task of
    ours, on which nothing is agreed.
    """
    n_sequences = check_integer("n_sequences", n_sequences, least=2)
    n_steps = check_integer("n_steps", n_steps, least=1)
    noise = check_number("noise", noise, least=0)
    rng = np.random.default_rng(check_seed(seed))
    y = balanced_labels(rng, n_sequences, n_classes=2)
    starts = rng.uniform(0.5, 1.3, n_sequences)
    X = np.empty((n_sequences, n_steps))
    for k, delay in enumerate(_DELAYS):
        X[y == k] = _solutions(starts[y == k], delay, n_steps)
    X += noise * rng.standard_normal(X.shape)
    return generated(
        name="mackey_glass",
        X=X[:, :, np.newaxis],
        y=y,
        classes=tuple(f"delay {delay}" for delay in _DELAYS),
        description="Solutions of a chaotic equation whose delay is the class, with noise of "
        f"standard deviation {noise:g}.",
        origin="after Mackey, M. C. and Glass, L. (1977), Oscillation and chaos in physiological "
        "control systems, Science 197(4300):287-289",
        criterion="95% right; nothing is agreed on",
        threshold=0.95,
    )


def _solutions(starts: Floats, delay: int, n_steps: int) -> Floats:
    """Return the solutions (B, T) from constant pasts (B,)."""
    lag = delay * _FINE
    n_fine = (_TRANSIENT + n_steps * _APART) * _FINE
    x = np.empty((lag + n_fine, len(starts)))
    x[:lag] = starts
    for t in range(lag, len(x)):
        past, last = x[t - lag], x[t - 1]
        # By multiplications, ten times as fast as a power.
        square = past * past
        fifth = square * square * past
        x[t] = last + (0.2 * past / (1.0 + fifth * fifth) - 0.1 * last) / _FINE
    return x[lag + _TRANSIENT * _FINE :: _APART * _FINE].T
