"""Whether a tone rises or falls, in series of unequal length."""

import numpy as np

from ..dataset import Dataset
from ..validation import check_integer, check_number, check_seed
from .generation import balanced_labels, generated, zero_beyond

#: Oscillations a step at the two ends.
_LOW, _HIGH = 0.03, 0.2


def chirp(n_sequences: int = 200, n_steps: int = 80, noise: float = 0.3, seed: int = 0) -> Dataset:
    """Generate tones whose frequency rises or falls.

    Parameters
    ----------
    n_sequences : int, default 200
        Number of series, 2 or more, in two classes as equal as possible.
    n_steps : int, default 80
        T, most steps of a series, 8 or more; lengths are uniform from T / 2 to T.
    noise : float, default 0.3
        Standard deviation of the noise, 0 or more.
    seed : int, default 0
        Seed of the order of the classes, of the lengths, of the phases and of the noise.

    Returns
    -------
    Dataset
        X of shape (n_sequences, n_steps, 1), zero after a series' own `lengths`: a sine of any
        phase whose frequency goes evenly from 0.03 to 0.2 oscillations a step over the series, or
        from 0.2 to 0.03, with Gaussian noise.

    Raises
    ------
    TypeError, ValueError
        A parameter of another type, or out of range.

    Notes
    -----
    Chance is 50%: a single step tells nothing, nor does the power spectrum of the whole, which is
    the same for a series and its mirror image. Linear sweeps as in Klauder, J. R., Price, A. C.,
    Darlington, S. and Albersheim, W. J. (1960), The theory and design of chirp radars, Bell System
    Technical Journal 39(4):745-808. Nothing is agreed on as solved.
    """
    n_sequences = check_integer("n_sequences", n_sequences, least=2)
    n_steps = check_integer("n_steps", n_steps, least=8)
    noise = check_number("noise", noise, least=0)
    rng = np.random.default_rng(check_seed(seed))
    y = balanced_labels(rng, n_sequences, n_classes=2)
    lengths = rng.integers(n_steps // 2, n_steps, size=n_sequences, endpoint=True)
    t, length = np.arange(n_steps), lengths[:, np.newaxis]
    start, end = np.where(y == 1, _LOW, _HIGH), np.where(y == 1, _HIGH, _LOW)
    # The integral of a frequency that changes evenly.
    turns = start[:, np.newaxis] * t + (end - start)[:, np.newaxis] * t * t / (2 * length)
    X = np.sin(2 * np.pi * (turns + rng.random((n_sequences, 1))))
    X += noise * rng.standard_normal(X.shape)
    return generated(
        name="chirp",
        X=zero_beyond(X[:, :, np.newaxis], lengths),
        y=y,
        classes=("falls", "rises"),
        description="A tone of any phase whose frequency falls or rises, in noise of standard "
        f"deviation {noise:g}.",
        origin="after Klauder, J. R., Price, A. C., Darlington, S. and Albersheim, W. J. (1960), "
        "The theory and design of chirp radars, Bell System Technical Journal 39(4):745-808",
        lengths=lengths,
        criterion="95% right; nothing is agreed on",
        chance=0.5,
        threshold=0.95,
    )
