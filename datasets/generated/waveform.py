"""Mixtures of two of three triangular waves."""

import numpy as np

from ..dataset import Dataset
from ..validation import check_bool, check_integer, check_number, check_seed
from .generation import balanced_labels, generated


def waveform(
    n_sequences: int = 300, noise: float = 1.0, noise_steps: bool = False, seed: int = 0
) -> Dataset:
    """Generate the waveforms of the book on classification and regression trees.

    Parameters
    ----------
    n_sequences : int, default 300
        Number of series, 3 or more, in three classes as equal as possible.
    noise : float, default 1
        Standard deviation of the noise, 0 or more.
    noise_steps : bool, default False
        Whether 19 steps of noise alone follow the 21 of the wave.
    seed : int, default 0
        Seed of the order of the classes, of the mixtures and of the noise.

    Returns
    -------
    Dataset
        X of shape (n_sequences, 21, 1), or (n_sequences, 40, 1) with `noise_steps`. With three
        triangles of height 6 that reach 6 steps to each side of step 11 (h1), 15 (h2) and
        7 (h3), counted from 1, and u uniform from 0 to 1, a series is u h1 + (1 - u) h2 in the
        first class, u h1 + (1 - u) h3 in the second and u h2 + (1 - u) h3 in the third, with
        Gaussian noise at each step.

    Raises
    ------
    TypeError, ValueError
        A parameter of another type, or out of range.

    Notes
    -----
    The last step is noise, so that it gives a third. The best rule is right in 86%, a tree in 72%
    and the nearest neighbor in 78%, of 300 training series. Breiman, L., Friedman, J. H., Olshen,
    R. A. and Stone, C. J. (1984), Classification and Regression Trees, Wadsworth, pages 43-49.
    """
    n_sequences = check_integer("n_sequences", n_sequences, least=3)
    noise = check_number("noise", noise, least=0)
    noise_steps = check_bool("noise_steps", noise_steps)
    rng = np.random.default_rng(check_seed(seed))
    y = balanced_labels(rng, n_sequences, n_classes=3)
    i = np.arange(1, 41 if noise_steps else 22)
    h1, h2, h3 = (np.maximum(6.0 - np.abs(i - center), 0.0) for center in (11, 15, 7))
    first, second = np.stack([h1, h1, h2])[y], np.stack([h2, h3, h3])[y]
    u = rng.random((n_sequences, 1))
    X = u * first + (1.0 - u) * second
    X += noise * rng.standard_normal(X.shape)
    return generated(
        name="waveform",
        X=X[:, :, np.newaxis],
        y=y,
        classes=("waves 1 and 2", "waves 1 and 3", "waves 2 and 3"),
        description="Random mixtures of two of three triangular waves, in noise of standard "
        f"deviation {noise:g}{', and 19 steps of noise' if noise_steps else ''}.",
        origin="after Breiman, L., Friedman, J. H., Olshen, R. A. and Stone, C. J. (1984), "
        "Classification and Regression Trees, Wadsworth",
        criterion="80% right, where the best rule reaches 86%; nothing is agreed on",
        chance=1 / 3,
        threshold=0.8,
    )
