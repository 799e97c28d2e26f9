"""Checks of what Python calls are given: single values, and arrays before their shape matters.

Each returns its value in the type that the package computes with, or raises one sentence that
begins with the parameter and says what was expected and what was given: a TypeError for another
type, a ValueError for another value. No value counts as true or false, or as a number, that does
not say so: ``"False"`` is true to Python, and a timedelta is an integer to NumPy.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from .names import unknown

#: The largest size: indices in compiled code have 32 bits.
LARGEST_SIZE = 2**31 - 1

#: The largest number that a setting can sensibly be: products of some are still finite.
LARGEST_NUMBER = 1e100

#: What the axes of arrays are called, by their number.
AXES = {
    1: ("sequence",),
    2: ("row", "column"),
    3: ("sequence", "step", "input"),
    4: ("image", "row", "column", "input"),
}

#: The sizes of numbers whose weighted sums of squares are finite, and not 0.
LEAST_SQUARED, MOST_SQUARED = 1e-150, 1e100

#: The most characters of a given value in a sentence.
MOST = 80


def shown(value: Any) -> str:
    """Return a value as a sentence shows it: on one line, and not at length."""
    if isinstance(value, np.str_):
        value = str(value)
    try:
        text = " ".join(repr(value).split())
    except Exception:  # an integer of very many digits, or somebody's class
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= MOST else f"{text[: MOST - 4]} ..."


# --- Single values -----------------------------------------------------------------------


def is_integer(value: object) -> TypeGuard[int]:
    """Whether a value is a whole number; a truth value is none, nor is a timedelta."""
    kinds = isinstance(value, int | np.integer) and not isinstance(value, bool | np.timedelta64)
    return kinds or (isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "iu")


def is_size(value: object) -> TypeGuard[int]:
    """Whether a value is a whole number from 1 to the largest size."""
    return is_integer(value) and 0 < value <= LARGEST_SIZE


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a real number of Python or NumPy, which may be NaN or infinite."""
    return (
        is_integer(value)
        or isinstance(value, float | np.floating)
        or (isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "iuf")
    )


def is_bool(value: object) -> TypeGuard[bool]:
    """Whether a value is True or False."""
    return isinstance(value, bool | np.bool_)


def as_float(value: Any) -> float:
    """Return a number as a float: infinity where it is too large for one."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else -float("inf")


def check_bool(name: str, value: Any) -> bool:
    """Return True or False."""
    if not is_bool(value):
        raise TypeError(f"{name} must be True or False, got {shown(value)}.")
    return bool(value)


def check_bools(owner: Any) -> None:
    """Check all settings of a dataclass that are True or False by their annotation, or None."""
    for field in fields(owner):
        value = getattr(owner, field.name)
        if field.type is bool or (field.type == bool | None and value is not None):
            check_bool(field.name, value)


def check_integer(name: str, value: Any, least: int = 1, most: int = LARGEST_SIZE) -> int:
    """Return a whole number from `least` to `most`."""
    if not is_integer(value):
        raise TypeError(f"{name} must be an integer of at least {least}, got {shown(value)}.")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {shown(value)}.")
    if value > most:
        raise ValueError(f"{name} must be at most {most}, got {shown(value)}.")
    return int(value)


def check_number(
    name: str,
    value: Any,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float = LARGEST_NUMBER,
    unit: str = "",
) -> float:
    """Return a number within the limits."""
    if not is_number(value):
        noun = "a positive number" if above == 0 else "a number"
        raise TypeError(f"{name} must be {noun}{' of ' * bool(unit)}{unit}, got {shown(value)}.")
    number = as_float(value)
    inside = (least is None or number >= least) and (above is None or number > above)
    if not np.isfinite(number) or not inside:
        limits = [f"at least {least:g}"] if least is not None else []
        limits += [] if above is None else ["positive" if above == 0 else f"above {above:g}"]
        raise ValueError(f"{name} must be {' and '.join(['finite', *limits])}, got {shown(value)}.")
    if abs(number) > most:
        raise ValueError(f"{name} must be at most {most:g} in size, got {shown(value)}.")
    return number


def check_choice(name: str, value: Any, choices: Iterable[str]) -> str:
    """Return one of some words."""
    choices = tuple(choices)
    if not isinstance(value, str) or value not in choices:
        raise ValueError(unknown(name, value, choices))
    return value


def check_path(name: str, value: Any) -> Path:
    """Return the path of a file or a folder."""
    if not isinstance(value, str | os.PathLike):
        raise TypeError(f"{name} must be a path, got {shown(value)}.")
    return Path(value)


def several(name: str, value: Any) -> tuple[Any, ...]:
    """Return the items of a list or tuple of words or numbers."""
    if isinstance(value, str | bytes | dict | set) or not isinstance(value, Iterable):
        raise TypeError(f"{name} must be a list, got {shown(value)}.")
    try:
        return tuple(value)
    except TypeError:  # an array without axes
        raise TypeError(f"{name} must be a list, got {shown(value)}.") from None


def check_seed(name: str, seed: Any) -> Any:
    """Return a seed: None, integers of at least 0, or what makes numbers in NumPy."""
    makers = np.random.Generator | np.random.SeedSequence | np.random.BitGenerator
    if seed is None or isinstance(seed, makers | np.random.RandomState):
        return seed
    if isinstance(seed, np.ndarray) and seed.ndim == 1 and seed.dtype.kind in "iu":
        seed = seed.tolist()
    if is_integer(seed) and seed >= 0:
        return int(seed)
    is_list = isinstance(seed, Sequence) and not isinstance(seed, bytes)
    if is_list and seed and all(is_integer(s) and s >= 0 for s in seed):
        return seed
    wanted = f"{name} must be None, an integer of at least 0, a SeedSequence or a Generator"
    raise (ValueError if is_integer(seed) else TypeError)(f"{wanted}, got {shown(seed)}.")


# --- Arrays ------------------------------------------------------------------------------


def place(index: Sequence[Any], axes: Sequence[str] = ()) -> str:
    """Return where a number is: "sequence 3, step 0, input 1", or by other axes, in the plural."""
    names = axes or AXES.get(len(index), ())
    if len(names) < len(index):
        return f"index {tuple(int(i) for i in index)}"
    pairs = zip(names, index, strict=False)
    return ", ".join(f"{axis.removesuffix('s')} {int(i)}" for axis, i in pairs) or "its only cell"


def word(number: Any) -> str:
    """Return a number, or what a sentence calls one that is not finite."""
    return f"{number}" if np.isfinite(number) else "NaN" if np.isnan(number) else "infinity"


def unique_labels(name: str, labels: NDArray[Any]) -> NDArray[Any]:
    """Return the different labels in order; a ValueError if they have no order."""
    try:
        return np.unique(labels)
    except TypeError:
        raise ValueError(
            f"{name} must hold labels of one type, got types that cannot be ordered, such as "
            "numbers and words or missing values."
        ) from None


def check_finite(name: str, array: NDArray[Any], axes: Sequence[str] = ()) -> None:
    """Raise a ValueError that says where the first NaN or infinity is."""
    if array.size and array.dtype.kind == "f" and not (finite := np.isfinite(array)).all():
        index = tuple(np.argwhere(~finite)[0])
        raise ValueError(
            f"{name} must be finite, got {word(array[index])} at {place(index, axes)}."
        )


def check_finite_in(
    name: str,
    X: Any,
    dtype: Any,
    lengths: NDArray[np.int64] | None = None,
    prepared: Callable[[NDArray[Any]], NDArray[Any]] | None = None,
) -> None:
    """Raise a ValueError that says which number is not finite in the type of passes.

    Sequences X (B, T, I) are read one by one, and `prepared` as passes read them.
    """
    for b in range(len(X)):
        given = np.asarray(X[b : b + 1])[:, : None if lengths is None else lengths[b]]
        given = given if prepared is None else prepared(given)
        with np.errstate(over="ignore"):
            wrong = np.argwhere(~np.isfinite(given.astype(dtype)))
        for _, *index in wrong[:1]:
            at = place((b, *index))
            raise ValueError(
                f"{name} must be finite in {np.dtype(dtype)}, got {word(given[0][*index])} at {at}."
            )


def check_kind(name: str, kind: str) -> None:
    """Refuse types that NumPy would convert to numbers of another meaning."""
    if kind == "c":
        raise ValueError(f"Complex data not supported: {name} must hold real numbers.")
    if kind in "mM":
        raise TypeError(
            f"{name} must hold numbers, got dates or times: convert them to seconds, say."
        )


def check_plain(name: str, values: Any) -> None:
    """Refuse text, and what has a unit."""
    if isinstance(values, str | bytes):
        raise TypeError(f"{name} must be an array, got {shown(values)}.")
    check_unitless(name, values)


def check_unitless(name: str, values: Any) -> None:
    """Refuse quantities as of pint, astropy or unyt, whose unit would be lost in silence."""
    if isinstance(values, np.generic) or type(values) in (np.ndarray, list, tuple):
        return
    for unit, number in (("units", "magnitude"), ("unit", "value"), ("units", "value")):
        if hasattr(values, unit) and hasattr(values, number):
            raise TypeError(
                f"{name} must hold plain numbers, got a quantity in {getattr(values, unit)}, which "
                f"models do not keep: give its .{number} in the unit of your choice."
            )


def as_numbers(name: str, values: Any, axes: Sequence[str] = ()) -> NDArray[Any]:
    """Return an array of truth values, integers or floats of any size; objects become float64.

    Masked numbers become NaN.

    Raises
    ------
    TypeError, ValueError
        Parts of unequal length, anything that is no real number (the first such cell is named
        by `axes`), and quantities with a unit.
    """
    check_plain(name, values)
    try:
        array = np.asanyarray(values)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(
            f"{name} must be one array of numbers, got parts of unequal length or depth."
        ) from None
    array = np.asarray(unmasked(array))
    if array.dtype.kind in "biuf":
        return array
    check_kind(name, array.dtype.kind)
    if array.dtype.kind not in "OUST" or (array.ndim == 0 and not isinstance(values, np.ndarray)):
        raise TypeError(f"{name} must hold numbers, got {shown(values)}.")
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        pass
    for index in np.ndindex(array.shape):
        if (reason := _not_a_number(array[index])) is not None:
            raise TypeError(
                f"{name} must hold numbers, got {reason} at {place(index, axes)}: each cell of "
                "this argument must be a number, or a string that reads as a number."
            )
    raise TypeError(f"{name} must hold numbers, got an array of {array.dtype}.")


def check_size(name: str, largest: NDArray[Any], axis: str = "input") -> None:
    """Raise a ValueError unless the squares of numbers, of so much at most, are finite and not 0.

    `largest` (I,) are the largest absolute values along an axis.
    """
    wrong = (largest > MOST_SQUARED) | ((largest > 0) & (largest < LEAST_SQUARED))
    for i in np.flatnonzero(wrong)[:1]:
        raise ValueError(
            f"{name} must be from {LEAST_SQUARED:g} to {MOST_SQUARED:g} in size, so that there is "
            f"a variance, got at most {largest[i]:g} in {axis} {i}: choose another unit."
        )


def unmasked(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array with NaN where a mask hides its numbers, which are missing."""
    if not isinstance(array, np.ma.MaskedArray):
        return array
    if not np.ma.getmaskarray(array).any():
        return np.asarray(array.data)
    kind = np.result_type(array.dtype, np.float16) if array.dtype.kind in "biu" else array.dtype
    numbers = array.astype(kind if kind.kind in "fc" else object)
    return np.asarray(np.ma.filled(numbers, np.nan))


def _not_a_number(cell: Any) -> str | None:
    """Return how a sentence calls a cell that is no number a float can hold; None for numbers."""
    try:
        float(cell)
    except OverflowError:
        return f"{shown(cell)}, which is too large,"
    except (TypeError, ValueError):
        return shown(cell)
    return None
