"""One bit to be held against noise."""

import numpy as np

from ..dataset import Dataset
from ..validation import check_integer, check_number, check_seed
from .generation import balanced_labels, generated


def latch(n_sequences: int = 200, n_steps: int = 20, noise: float = 0.2, seed: int = 0) -> Dataset:
    """Generate sequences whose first input is the class, followed by noise.

    Parameters
    ----------
    n_sequences : int, default 200
        Number of sequences, 2 or more, in two classes as equal as possible.
    n_steps : int, default 20
        Steps of a sequence, 1 or more.
    noise : float, default 0.2
        Standard deviation of the inputs after the first, 0 or more.
    seed : int, default 0
        Seed of the order of the classes and of the noise.

    Returns
    -------
    Dataset
        X of shape (n_sequences, n_steps, 1): the first input is -1 or +1, the class, and
        every later one is Gaussian with mean 0.

    Raises
    ------
    TypeError, ValueError
        A parameter of another type, or out of range.

    Notes
    -----
    Chance is 50%, which is all that the inputs after the first give. A solution stores one bit
    at the first step and holds it against the noise until the last. After Bengio, Simard
    and Frasconi, Learning long-term dependencies with gradient descent is difficult, IEEE
    Transactions on Neural Networks 5(2):157-166 (1994). Where Hochreiter and Schmidhuber
    compare it with random weight guessing the noise has variance 0.2, elsewhere standard
    deviation 0.2; `noise` is the standard deviation (``noise=0.2**0.5`` gives the former).
    """
    n_sequences = check_integer("n_sequences", n_sequences, least=2)
    n_steps = check_integer("n_steps", n_steps, least=1)
    noise = check_number("noise", noise, least=0)
    rng = np.random.default_rng(check_seed(seed))
    y = balanced_labels(rng, n_sequences, n_classes=2)
    X = noise * rng.standard_normal((n_sequences, n_steps, 1))
    X[:, 0, 0] = 2.0 * y - 1.0
    return generated(
        name="latch",
        X=X,
        y=y,
        classes=("-1", "+1"),
        description="A first input of -1 or +1, which is the class, then noise of standard "
        f"deviation {noise:g} to the end.",
        origin="after Bengio, Y., Simard, P. and Frasconi, P. (1994), IEEE "
        "Transactions on Neural Networks 5(2):157-166",
        criterion="every sequence right, in training and testing",
        chance=0.5 if n_steps > 1 else 1.0,
    )
