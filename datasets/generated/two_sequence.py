"""Two classes that differ in their first inputs alone, before long noise."""

import math

import numpy as np

from ..dataset import Dataset
from ..validation import check_integer, check_number, check_seed
from .generation import HOCHREITER_1997, balanced_labels, draw_lengths, generated, zero_beyond


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
        Number of sequences, 2 or more, in two classes as equal as possible.
    n_steps : int, default 100
        Least number of steps of a sequence; there are up to 10% more.
    n_marked : int, default 3
        Number of first inputs that are the class, 1 to `n_steps`.
    noise : float, default sqrt(0.2)
        Standard deviation of the other inputs, 0 or more.
    marked_noise : float, default 0
        Standard deviation of the noise added to the first `n_marked` inputs, 0 or more.
    seed : int, default 0
        Seed of the order of the classes, of the lengths and of the noise.

    Returns
    -------
    Dataset
        X of shape (n_sequences, n_steps + n_steps // 10, 1) with zeros after a sequence's own
        `lengths`: the first `n_marked` inputs are -1 or +1, the class, with noise if requested;
        the others are Gaussian with mean 0.

    Raises
    ------
    TypeError, ValueError
        A parameter of another type, or out of range.

    Notes
    -----
    Chance is 50%, which is all that the last input gives (unless `n_marked` is `n_steps`).
    A solution takes in the class at the start and holds it against the noise. The two-sequence
    problem of Bengio, Simard and Frasconi (1994), in the form of experiment 3a of Hochreiter and
    Schmidhuber, Long short-term memory, Neural Computation 9(8):1735-1780 (1997), or of 3b with
    ``marked_noise=0.2**0.5``. Unlike in :func:`latch`, the class is shown more than once, and
    lengths differ. Random weight guessing is reported to solve it within some hundred trials.
    """
    n_sequences = check_integer("n_sequences", n_sequences, least=2)
    n_steps = check_integer("n_steps", n_steps, least=1)
    n_marked = check_integer("n_marked", n_marked, least=1, most=n_steps)
    noise = check_number("noise", noise, least=0)
    marked_noise = check_number("marked_noise", marked_noise, least=0)
    rng = np.random.default_rng(check_seed(seed))
    y = balanced_labels(rng, n_sequences, n_classes=2)
    lengths, longest = draw_lengths(rng, n_sequences, n_steps)
    X = rng.standard_normal((n_sequences, longest, 1))
    X[:, :n_marked] = (2.0 * y - 1.0)[:, None, None] + marked_noise * X[:, :n_marked]
    X[:, n_marked:] *= noise
    # The last step shows the class only in the shortest sequences, and only if all steps do.
    shown = 1 / (longest - n_steps + 1) if n_marked == n_steps else 0.0
    certainty = math.erf(1 / (math.sqrt(2) * marked_noise)) if marked_noise else 1.0
    return generated(
        name="two_sequence",
        X=zero_beyond(X, lengths),
        y=y,
        classes=("-1", "+1"),
        description=f"First {n_marked} inputs of -1 or +1, which is the class, then noise of "
        f"standard deviation {noise:g} to the end.",
        origin=f"after {HOCHREITER_1997}, experiment 3a",
        lengths=lengths,
        criterion="every sequence right, in training and testing",
        chance=(1 + shown * certainty) / 2,
    )
