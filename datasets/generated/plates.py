"""A small bell before or after a large plate."""

import numpy as np

from ..dataset import Dataset
from ..validation import Floats, Integers, check_integer, check_number, check_seed
from .generation import balanced_labels, generated

_SOURCE = (
    "after Frambourg, C., Douzal-Chouakria, A. and Gaussier, E. (2013), Learning multiple temporal "
    "matching for time series classification, Advances in Intelligent Data Analysis XII"
)


def begin_middle_end(
    n_sequences: int = 300, n_steps: int = 128, noise: float = 0.1, seed: int = 0
) -> Dataset:
    """Generate series with a plate, and a small bell at the beginning, nowhere or at the end.

    Parameters
    ----------
    n_sequences : int, default 300
        Number of series, 3 or more, in three classes as equal as possible.
    n_steps : int, default 128
        T, steps of a series, 32 or more.
    noise : float, default 0.1
        Standard deviation of the noise, 0 or more.
    seed : int, default 0
        Seed of the order of the classes, of the places and of the noise.

    Returns
    -------
    Dataset
        X of shape (n_sequences, n_steps, 1). A plate of height 3 or -3, which tells nothing, begins
        between T / 4 and 3/8 T and ends between 5/8 T and 3/4 T. In the class "begin" a bell, half
        a sine of height 1 over T / 8 steps, begins in the first eighth, in "end" in the
        seventh eighth less one step; in "middle" there is none. Gaussian noise is on all steps.

    Notes
    -----
    The last step is noise, so that it gives a third. After Frambourg, Douzal-Chouakria and
    Gaussier, Learning multiple temporal matching for time series classification, Advances in
    Intelligent Data Analysis XII (2013), the BME of the archives, where T = 128; heights and
    places are drawn as said here. Nothing is agreed on as solved.
    """
    X, y = _with_plate(n_sequences, n_steps, noise, seed)
    rng = np.random.default_rng([int(seed), 1])
    X += np.where(y == 0, 1.0, 0.0)[:, np.newaxis] * _bells(rng, np.zeros_like(y), n_steps)
    X += np.where(y == 2, 1.0, 0.0)[:, np.newaxis] * _bells(rng, np.ones_like(y), n_steps)
    return generated(
        name="begin_middle_end",
        X=X[:, :, np.newaxis],
        y=y,
        classes=("begin", "middle", "end"),
        description="A large plate, up or down, and a small bell before it, nowhere or after it.",
        origin=_SOURCE,
        criterion="95% right; nothing is agreed on",
        chance=1 / 3,
        threshold=0.95,
    )


def up_middle_down(
    n_sequences: int = 300, n_steps: int = 150, noise: float = 0.1, seed: int = 0
) -> Dataset:
    """Generate series with a plate, and a small bell upward, none, or one downward.

    Parameters
    ----------
    n_sequences : int, default 300
        Number of series, 3 or more, in three classes as equal as possible.
    n_steps : int, default 150
        T, steps of a series, 32 or more.
    noise : float, default 0.1
        Standard deviation of the noise, 0 or more.
    seed : int, default 0
        Seed of the order of the classes, of the places and of the noise.

    Returns
    -------
    Dataset
        X of shape (n_sequences, n_steps, 1): plates and bells as of :func:`begin_middle_end`. The
        bell of the classes "up" and "down" is at the beginning or at the end, which tells nothing.

    Notes
    -----
    The last step is noise, so that it gives a third. After the source of
    :func:`begin_middle_end`, the UMD of the archives, where T = 150. Nothing is agreed on as
    solved.
    """
    X, y = _with_plate(n_sequences, n_steps, noise, seed)
    rng = np.random.default_rng([int(seed), 1])
    X += (1.0 - y)[:, np.newaxis] * _bells(rng, rng.integers(2, size=len(y)), n_steps)
    return generated(
        name="up_middle_down",
        X=X[:, :, np.newaxis],
        y=y,
        classes=("up", "middle", "down"),
        description="A large plate, up or down, and a small bell on either side of it, upward, "
        "none, or downward.",
        origin=_SOURCE,
        criterion="95% right; nothing is agreed on",
        chance=1 / 3,
        threshold=0.95,
    )


def _with_plate(n_sequences: int, n_steps: int, noise: float, seed: int) -> tuple[Floats, Integers]:
    """Return noise with a plate, and the classes."""
    n_sequences = check_integer("n_sequences", n_sequences, least=3)
    n_steps = check_integer("n_steps", n_steps, least=32)
    noise = check_number("noise", noise, least=0)
    rng = np.random.default_rng(check_seed(seed))
    y = balanced_labels(rng, n_sequences, n_classes=3)
    eighth, one_each = n_steps // 8, (n_sequences, 1)
    begin = rng.integers(2 * eighth, 3 * eighth, size=one_each, endpoint=True)
    end = rng.integers(5 * eighth, 6 * eighth, size=one_each, endpoint=True)
    sign = rng.choice([-1.0, 1.0], size=one_each)
    t = np.arange(n_steps)
    X = 3.0 * sign * ((t >= begin) & (t < end))
    return X + noise * rng.standard_normal(X.shape), y


def _bells(rng: np.random.Generator, at_end: Integers, n_steps: int) -> Floats:
    """Return bells in the first or in the last quarter, none on the last step."""
    eighth = n_steps // 8
    start = rng.integers(eighth - 1, size=len(at_end)) + at_end * (n_steps - 2 * eighth)
    place = (np.arange(n_steps) - start[:, np.newaxis]) / eighth
    return np.where((place >= 0) & (place <= 1), np.sin(np.pi * place), 0.0)
