"""Missing values of sequences: put in from their neighbors, left out, or marked."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .validation import Flags, Floats, check_choice

#: What can become of missing values.
WAYS = ("interpolate", "drop", "mask")

#: What follows the name of an input in the name of that which says where it is missing.
MASK = " is missing"

#: The end of a sentence about a missing value.
WAY_OUT = (
    "expected a value, or a rule for gaps: --missing interpolate, drop or mask "
    "(in Python missing='interpolate')"
)


def check_missing(missing: object) -> str | None:
    """Return one of `WAYS`, or None."""
    return None if missing is None else check_choice("missing", missing, WAYS)


def fill_missing(
    sequences: Sequence[npt.ArrayLike] | npt.NDArray[Any],
    missing: str | None,
    *,
    times: Sequence[npt.ArrayLike] | None = None,
    name: Callable[[int], str] = "sequence {}".format,
) -> list[Floats]:
    """Return sequences without missing values, which are NaN.

    Parameters
    ----------
    sequences : (B, T, I) array or sequence of (T_i, I) or (T_i,) array_like
        B sequences, each with its own steps.
    missing : {"interpolate", "drop", "mask"} or None
        What becomes of them. With "interpolate" an input takes the value on the line, over time,
        between those before and after; at the ends the nearest one is held. With "drop" the steps
        with a missing value are left out, so that sequences get unequal lengths. With "mask" an
        input holds its last value (its first one before that, 0 where it has none), and for each
        input a further one is 1 where it was missing and 0 elsewhere, also in data that lack
        nothing. None refuses missing values.
    times : sequence of (T_i,) array_like, optional
        When the steps are, rising, in any unit; evenly spaced by default.
    name : callable, optional
        What errors call a sequence, by its index.

    Returns
    -------
    list of B arrays (T_i, I), with "mask" (T_i, 2 I)
        Copies in float64, which the estimators take as they are.

    Raises
    ------
    ValueError
        A missing value with None, an input without any value with "interpolate", a sequence
        without a complete step with "drop", or an infinity.

    Notes
    -----
    None of them looks at other sequences: what a test sequence becomes does not depend on the
    training. Interpolation uses values that come later, which a forecast does not have; "mask"
    does not. Where being missing says something about the class, only "mask" keeps it (Z. C.
    Lipton, D. C. Kale, R. Wetzel: Directly modeling missing data in sequences with RNNs, 2016).
    """
    check_missing(missing)
    filled = []
    for b, one in enumerate(sequences):
        sequence = np.array(one, dtype=np.float64)
        sequence = sequence.reshape(len(sequence), -1)
        if np.isinf(sequence).any():
            raise ValueError(f"{name(b)} has an infinity, expected finite numbers.")
        gaps = np.isnan(sequence)
        if missing == "mask":
            filled.append(_masked(sequence, gaps))
        elif not gaps.any():
            filled.append(sequence)
        elif missing == "drop":
            filled.append(_complete_steps(sequence, gaps, name(b)))
        elif missing == "interpolate":
            steps = np.arange(len(gaps)) if times is None else np.asarray(times[b])
            filled.append(_interpolated(sequence, gaps, steps, name(b)))
        else:
            t, i = np.argwhere(gaps)[0]
            raise ValueError(f"{name(b)} has a missing value in step {t} of input {i}, {WAY_OUT}.")
    if missing == "mask":
        _warn_of_zeros(filled)
    return filled


def _interpolated(sequence: Floats, gaps: Flags, steps: npt.NDArray[Any], name: str) -> Floats:
    for values, absent in zip(sequence.T, gaps.T, strict=True):
        if absent.all():
            raise ValueError(
                f"{name} has an input without any value, expected one or more to interpolate from, "
                "or missing='mask'."
            )
        values[absent] = np.interp(steps[absent], steps[~absent], values[~absent])
    return sequence


def _complete_steps(sequence: Floats, gaps: Flags, name: str) -> Floats:
    complete = ~gaps.any(axis=1)
    if not complete.any():
        raise ValueError(
            f"{name} has no step without a missing value, expected one or more, or "
            "missing='interpolate' or 'mask'."
        )
    return sequence[complete]


def _masked(sequence: Floats, gaps: Flags) -> Floats:
    steps = np.arange(len(sequence))[:, np.newaxis]
    last = np.maximum.accumulate(np.where(gaps, -1, steps), axis=0)
    first = np.argmin(gaps, axis=0)  # 0 where all are missing
    held = np.take_along_axis(sequence, np.where(last < 0, first, last), axis=0)
    return np.hstack([np.nan_to_num(held), gaps])


def _warn_of_zeros(filled: Sequence[Floats]) -> None:
    """Warn where 0 stands for an input that a sequence lacks, and is far from its values."""
    n_inputs = filled[0].shape[1] // 2
    lacking = np.array([one[:, n_inputs:].all(axis=0) for one in filled])
    for i in np.flatnonzero(lacking.any(axis=0)):
        values = [one[:, i] for one, lacks in zip(filled, lacking[:, i], strict=True) if not lacks]
        known = np.concatenate(values) if values else np.zeros(1)
        least, most = known.min(), known.max()
        if not least - (most - least) <= 0 <= most + (most - least):
            warnings.warn(
                f"Input {i} has no value in {lacking[:, i].sum()} sequences, and 0 stands for "
                f"them, which is far from its values, {least:g} to {most:g}: subtract their mean "
                "first.",
                stacklevel=4,
            )
