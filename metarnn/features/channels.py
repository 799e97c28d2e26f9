"""What random networks read of a series: itself, its shape, and how it changes."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from metarnn.sequences.validation import Floats, Integers
from metarnn.validation import LEAST_SQUARED, check_choice, check_size, several, shown


def raw(X: Floats, lengths: Integers) -> Floats:
    """Return series as they are: their level and spread may tell classes apart."""
    return X


def normalized(X: Floats, lengths: Integers) -> Floats:
    """Return each channel of each series less its mean, divided by its standard deviation."""
    own = _own(X, lengths)
    counts = lengths[:, None, None]
    means = X.sum(axis=1, keepdims=True, where=own) / counts
    shifted = np.where(own, X - means, 0.0)
    deviations = np.sqrt((shifted**2).sum(axis=1, keepdims=True) / counts)
    # A deviation within the rounding error of the mean is none.
    constant = deviations <= 1e-7 * np.abs(means)
    return np.asarray(np.where(constant, 0.0, shifted) / np.where(deviations > 0, deviations, 1.0))


def differences(X: Floats, lengths: Integers) -> Floats:
    """Return the first differences of the normalized series; 0 at the first step."""
    series = normalized(X, lengths)
    steps = np.diff(series, axis=1, prepend=series[:, :1])
    return np.where(_own(X, lengths), steps, 0.0)


#: Every representation by its name: (B, T, I) from sequences (B, T, I) that are 0 after their
#: ends, and their lengths (B,).
CHANNELS: dict[str, Callable[[Floats, Integers], Floats]] = {
    "raw": raw,
    "normalized": normalized,
    "differences": differences,
}

#: Those of series, and those of what has one step or holds tokens.
OF_SERIES, OF_OTHERS = ("raw", "normalized", "differences"), ("raw",)


def check_channels(channels: Sequence[str]) -> tuple[str, ...]:
    """Return names of CHANNELS, each once; raise a ValueError for others or for none."""
    names = (channels,) if isinstance(channels, str) else several("channels", channels)
    for name in names:
        check_choice("channels", name, CHANNELS)
    if not names or len({*names}) < len(names):
        raise ValueError(f"channels must have names, each of them once, got {shown(channels)}.")
    return names


def prepared(X: Floats, lengths: Integers | None, channels: Sequence[str]) -> Floats:
    """Return the channels (B, T, n I) of sequences (B, T, I): those of each name in turn.

    Raises
    ------
    ValueError
        Numbers whose squares are not finite.
    """
    B, T, _ = X.shape
    largest = np.maximum(X.max(axis=(0, 1)), -X.min(axis=(0, 1)))
    check_size("X", largest.clip(LEAST_SQUARED))  # before any sum of squares overflows
    ends = np.full(B, T) if lengths is None else lengths
    return np.concatenate([CHANNELS[name](X, ends) for name in channels], axis=2)


def _own(X: Floats, lengths: Integers) -> NDArray[np.bool_]:
    """Return which steps (B, T, 1) are of a series, not behind its end."""
    return (np.arange(X.shape[1]) < lengths[:, None])[..., None]
