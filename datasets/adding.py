"""The adding problem, as a question of yes or no."""

import numpy as np

from .dataset import Dataset
from .generation import GENERATED, LICENCE, whole


def adding(n_sequences: int = 500, n_steps: int = 20, seed: int = 0) -> Dataset:
    """Generate numbers of which the sum of two marked ones counts.

    Parameters
    ----------
    n_sequences : int, default 500
        Number of sequences, 1 or more.
    n_steps : int, default 20
        Steps of a sequence, 2 or more.
    seed : int, default 0
        Seed of the numbers and of the marks.

    Returns
    -------
    Dataset
        X of shape (n_sequences, n_steps, 2): a number drawn evenly from 0 to 1, and a mark
        that is 1 at one step of the first half and at one of the second, and 0 elsewhere.
        The class says whether the sum of the two marked numbers is above 1.

    Raises
    ------
    ValueError
        If an option is out of its range.

    Notes
    -----
    Always guessing the same class gives 50%, and knowing only one of the two numbers gives
    75% (say yes where it is above a half), so that more than that shows memory of both. The
    chances are the draw's: the classes are equal on average only. After Hochreiter and
    Schmidhuber, Long short-term memory, Neural Computation 9(8):1735-1780 (1997), in the form
    that is common today, numbers from 0 to 1 and a mark in each half, and with their sum,
    which they ask for itself, cut into two classes. Usual lengths are 100 to 750 steps.
    """
    n_sequences = whole("n_sequences", n_sequences, least=1)
    n_steps = whole("n_steps", n_steps, least=2)
    rng = np.random.default_rng(whole("seed", seed, least=0))
    numbers = rng.random((n_sequences, n_steps))
    half = n_steps // 2
    marked = np.stack(
        [rng.integers(half, size=n_sequences), rng.integers(half, n_steps, size=n_sequences)],
        axis=1,
    )
    marks = np.zeros_like(numbers)
    np.put_along_axis(marks, marked, 1.0, axis=1)
    return Dataset(
        name="adding",
        X=np.stack([numbers, marks], axis=2),
        y=(np.take_along_axis(numbers, marked, axis=1).sum(axis=1) > 1).astype(np.int64),
        classes=("at most 1", "above 1"),
        description="Numbers from 0 to 1, of which a second input marks one in each half, to "
        "be told by the sum of the two.",
        source=f"{GENERATED} after Hochreiter, S. and Schmidhuber, J. (1997), Long short-term "
        "memory, Neural Computation 9(8):1735-1780",
        licence=LICENCE,
    )
