"""A short shape somewhere in a long noise."""

import numpy as np

from ..dataset import Dataset
from ..validation import check_integer, check_number, check_seed
from .generation import balanced_labels, generated


def hidden_shape(
    n_sequences: int = 300,
    n_steps: int = 128,
    shape_steps: int = 24,
    height: float = 4.0,
    seed: int = 0,
) -> Dataset:
    """Generate noise with a short triangle, wave or step at a random place.

    Parameters
    ----------
    n_sequences : int, default 300
        Number of series, 3 or more, in three classes as equal as possible.
    n_steps : int, default 128
        T, steps of a series.
    shape_steps : int, default 24
        Steps of the shape, 8 or more and fewer than `n_steps`.
    height : float, default 4
        Height of the shape, 0 or more, in standard deviations of the noise, which is 1.
    seed : int, default 0
        Seed of the order of the classes, of the places and of the noise.

    Returns
    -------
    Dataset
        X of shape (n_sequences, n_steps, 1): Gaussian noise, to which a triangle, a full wave of a
        sine or a step from -1 to 1 is added, times `height`. The triangle goes from -1 to 1 and
        back. Places are uniform among those that leave the last step free.

    Raises
    ------
    TypeError, ValueError
        A parameter of another type, or out of range.

    Notes
    -----
    The last step is noise, so that it gives a third. After the simulations of Hills, J., Lines, J.,
    Baranauskas, E., Mapp, J. and Bagnall, A. (2014), Classification of time series by shapelet
    transformation, Data Mining and Knowledge Discovery 28(4):851-881, which hide shapes of 29 in
    500 steps; shapes and height are those said here. Nothing is agreed on as solved.
    """
    n_sequences = check_integer("n_sequences", n_sequences, least=3)
    n_steps = check_integer("n_steps", n_steps, least=9)
    shape_steps = check_integer("shape_steps", shape_steps, least=8, most=n_steps - 1)
    height = check_number("height", height, least=0)
    rng = np.random.default_rng(check_seed(seed))
    y = balanced_labels(rng, n_sequences, n_classes=3)
    place = np.linspace(0.0, 1.0, shape_steps)
    triangle = 1.0 - 4.0 * np.abs(place - 0.5)
    shapes = np.stack([triangle, np.sin(2 * np.pi * place), np.where(place < 0.5, -1.0, 1.0)])
    X = rng.standard_normal((n_sequences, n_steps))
    starts = rng.integers(n_steps - shape_steps, size=n_sequences)
    each = np.arange(n_sequences)[:, np.newaxis]
    X[each, starts[:, np.newaxis] + np.arange(shape_steps)] += height * shapes[y]
    return generated(
        name="hidden_shape",
        X=X[:, :, np.newaxis],
        y=y,
        classes=("triangle", "wave", "step"),
        description=f"Noise with a triangle, a wave or a step of {shape_steps} steps at a random "
        "place.",
        origin="after Hills, J., Lines, J., Baranauskas, E., Mapp, J. and Bagnall, A. (2014), "
        "Data Mining and Knowledge Discovery 28(4):851-881",
        criterion="90% right; nothing is agreed on",
        chance=1 / 3,
        threshold=0.9,
    )
