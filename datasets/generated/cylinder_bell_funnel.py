"""A plateau, a rise or a fall, somewhere in noise."""

import numpy as np

from ..dataset import Dataset
from ..validation import check_integer, check_number, check_seed
from .generation import balanced_labels, generated


def cylinder_bell_funnel(
    n_sequences: int = 300, n_steps: int = 128, noise: float = 1.0, seed: int = 0
) -> Dataset:
    """Generate series with a cylinder, a bell or a funnel.

    Parameters
    ----------
    n_sequences : int, default 300
        Number of series, 3 or more, in three classes as equal as possible.
    n_steps : int, default 128
        T, steps of a series, 16 or more.
    noise : float, default 1
        Standard deviation of the noise, 0 or more.
    seed : int, default 0
        Seed of the order of the classes, of the shapes and of the noise.

    Returns
    -------
    Dataset
        X of shape (n_sequences, n_steps, 1). With a drawn from T / 8 to T / 4 and b - a from T / 4
        to 3/4 T, both whole and uniform, and a height h = 6 + N(0, 1), the steps a to b (counted
        from 1) have the value h for a cylinder, h (t - a) / (b - a) for a bell and
        h (b - t) / (b - a) for a funnel, all others 0; each step has Gaussian noise added.

    Raises
    ------
    TypeError, ValueError
        A parameter of another type, or out of range.

    Notes
    -----
    The last step alone gives a third, but for the one series in a thousand whose shape ends there.
    Saito, N. (1994), Local feature extraction and its applications using a library of bases,
    PhD thesis, Yale University, where T = 128. Nothing is agreed on as solved; 1-NN with dynamic
    time warping is right in all but a few of a hundred.
    """
    n_sequences = check_integer("n_sequences", n_sequences, least=3)
    n_steps = check_integer("n_steps", n_steps, least=16)
    noise = check_number("noise", noise, least=0)
    rng = np.random.default_rng(check_seed(seed))
    y = balanced_labels(rng, n_sequences, n_classes=3)
    one_each = (n_sequences, 1)
    a = rng.integers(n_steps // 8, n_steps // 4, size=one_each, endpoint=True)
    width = rng.integers(n_steps // 4, n_steps // 4 * 3, size=one_each, endpoint=True)
    height = 6.0 + rng.standard_normal(one_each)
    rise = (np.arange(1, n_steps + 1) - a) / width
    shapes = np.stack([np.ones_like(rise), rise, 1.0 - rise])[y, np.arange(n_sequences)]
    X = height * shapes * ((rise >= 0) & (rise <= 1))
    X += noise * rng.standard_normal(X.shape)
    return generated(
        name="cylinder_bell_funnel",
        X=X[:, :, np.newaxis],
        y=y,
        classes=("cylinder", "bell", "funnel"),
        description="A plateau, a rise or a fall of random place, length and height in noise of "
        f"standard deviation {noise:g}.",
        origin="after Saito, N. (1994), Local feature extraction and its applications using a "
        "library of bases, PhD thesis, Yale University",
        criterion="95% right; nothing is agreed on",
        chance=1 / 3,
        threshold=0.95,
    )
