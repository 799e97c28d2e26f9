"""Two steps, each up or down, in noise."""

import numpy as np

from ..dataset import Dataset
from ..validation import check_integer, check_number, check_seed
from .generation import balanced_labels, generated


def two_patterns(
    n_sequences: int = 400, n_steps: int = 128, noise: float = 1.0, seed: int = 0
) -> Dataset:
    """Generate series with two steps, whose directions in their order are the class.

    Parameters
    ----------
    n_sequences : int, default 400
        Number of series, 4 or more, in four classes as equal as possible.
    n_steps : int, default 128
        T, steps of a series, 16 or more.
    noise : float, default 1
        Standard deviation outside the two steps, 0 or more.
    seed : int, default 0
        Seed of the order of the classes, of the places and of the noise.

    Returns
    -------
    Dataset
        X of shape (n_sequences, n_steps, 1): Gaussian noise, but for two stretches that do not
        touch, each of a length drawn from T / 16 to T / 4. In its first half a stretch is at -5 and
        in its second at +5, which is "up", or the other way round, which is "down". Neither covers
        the last step.

    Raises
    ------
    TypeError, ValueError
        A parameter of another type, or out of range.

    Notes
    -----
    Chance is 25%, and knowing one of the two steps gives 50%; the mean of a series tells nothing,
    the mean of its absolute values neither. After Geurts, P. (2002), Contributions to
    decision tree induction: bias/variance tradeoff and time series classification, PhD thesis,
    University of Liège, where T = 128; the lengths and places are drawn as said here.
    """
    n_sequences = check_integer("n_sequences", n_sequences, least=4)
    n_steps = check_integer("n_steps", n_steps, least=16)
    noise = check_number("noise", noise, least=0)
    rng = np.random.default_rng(check_seed(seed))
    y = balanced_labels(rng, n_sequences, n_classes=4)
    lengths = rng.integers(n_steps // 16, n_steps // 4, size=(n_sequences, 2), endpoint=True)
    # The steps that are left over are cut at random into those before, between and after.
    left = n_steps - lengths.sum(axis=1, keepdims=True) - 2
    cuts = np.sort(rng.integers(left + 1, size=(n_sequences, 2)), axis=1)
    starts = cuts + np.stack([np.zeros(n_sequences, dtype=int), lengths[:, 0] + 1], axis=1)
    X = noise * rng.standard_normal((n_sequences, n_steps))
    up = np.stack([y < 2, y % 2 == 0], axis=1)
    t = np.arange(n_steps)
    for start, length, rises in zip(starts.T, lengths.T, up.T, strict=True):
        place = (t - start[:, np.newaxis]) / length[:, np.newaxis]
        value = np.where((place >= 0.5) == rises[:, np.newaxis], 5.0, -5.0)
        X = np.where((place >= 0) & (place < 1), value, X)
    return generated(
        name="two_patterns",
        X=X[:, :, np.newaxis],
        y=y,
        classes=("up up", "up down", "down up", "down down"),
        description="Two steps up or down, of random places and lengths, in noise of standard "
        f"deviation {noise:g}; the class is their directions in their order.",
        origin="after Geurts, P. (2002), Contributions to decision tree induction, PhD thesis, "
        "University of Liège",
        criterion="95% right; nothing is agreed on",
        chance=0.25,
        threshold=0.95,
    )
