"""Two classes told apart by their first inputs alone, and then long noise."""

import math

import numpy as np

from ..dataset import Dataset
from .generation import GENERATED, LICENCE, balanced, real, whole


def two_sequence(
    n_sequences: int = 200,
    n_steps: int = 100,
    n_marked: int = 3,
    noise: float = math.sqrt(0.2),
    marked_noise: float = 0.0,
    seed: int = 0,
) -> Dataset:
    """Generate sequences whose first inputs are -1 or +1, the rest noise.

    Parameters
    ----------
    n_sequences : int, default 200
        Number of sequences, 2 or more, in two classes as equal as it allows.
    n_steps : int, default 100
        Least steps of a sequence; there are up to a tenth more.
    n_marked : int, default 3
        Inputs that tell the class, 1 or more and at most `n_steps`.
    noise : float, default sqrt(0.2)
        Standard deviation of the other inputs, 0 or more.
    marked_noise : float, default 0
        Standard deviation of what is added to those that tell the class, 0 or more.
    seed : int, default 0
        Seed of the order of the classes, of the lengths and of the noise.

    Returns
    -------
    Dataset
        X of shape (n_sequences, n_steps + n_steps // 10, 1) with zeros after a sequence's own
        `lengths`: the first `n_marked` inputs are -1 or +1, the class, with noise if it is asked
        for; the others are Gaussian with mean 0.

    Raises
    ------
    ValueError
        If an option is out of its range.

    Notes
    -----
    Chance is 50%, which is all that the last input gives (unless `n_marked` is `n_steps`).
    Solving it needs the class taken in at the start and held against the noise. The two-sequence
    problem of Bengio, Simard and Frasconi (1994), in the form of experiment 3a of Hochreiter and
    Schmidhuber, Long short-term memory, Neural Computation 9(8):1735-1780 (1997), or of 3b with
    ``marked_noise=0.2**0.5``;
    unlike :func:`latch` it shows the class more than once, and lengths differ. Random weight
    guessing was reported to solve it within some hundred trials.
    """
    n_sequences = whole("n_sequences", n_sequences, least=2)
    n_steps = whole("n_steps", n_steps, least=1)
    n_marked = whole("n_marked", n_marked, least=1, most=n_steps)
    noise = real("noise", noise, least=0)
    marked_noise = real("marked_noise", marked_noise, least=0)
    rng = np.random.default_rng(whole("seed", seed, least=0))
    y = balanced(rng, n_sequences, n_classes=2)
    longest = n_steps + n_steps // 10
    lengths = rng.integers(n_steps, longest, size=n_sequences, endpoint=True)
    X = rng.standard_normal((n_sequences, longest, 1))
    X[:, :n_marked] = (2.0 * y - 1.0)[:, None, None] + marked_noise * X[:, :n_marked]
    X[:, n_marked:] *= noise
    own = np.arange(longest) < lengths[:, np.newaxis]
    # The last step tells the class only where all the steps of a sequence do.
    seen = 1 / (longest - n_steps + 1) if n_marked == n_steps else 0.0
    told = math.erf(1 / (math.sqrt(2) * marked_noise)) if marked_noise else 1.0
    return Dataset(
        name="two_sequence",
        X=X * own[:, :, np.newaxis],
        y=y,
        classes=("-1", "+1"),
        description=f"First {n_marked} inputs of -1 or +1, which is the class, then noise of "
        f"standard deviation {noise:g} to the end.",
        source=f"{GENERATED} after Hochreiter, S. and Schmidhuber, J. (1997), Long short-term "
        "memory, Neural Computation 9(8):1735-1780, experiment 3a",
        licence=LICENCE,
        lengths=lengths,
        chance=(1 + seen * told) / 2,
        solved="every sequence right, in training and testing",
        rule="sequences",
    )
