"""Checks of a data set's fields and of a task's options.

Each check returns the value in its final type and raises a ValueError whose one sentence says
what was given and what was expected. `field` is what the sentence calls the value.
"""

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from metarnn.names import unknown
from metarnn.validation import (
    LARGEST_SIZE,
    as_float,
    as_numbers,
    check_finite,
    is_bool,
    is_integer,
    is_number,
    shown,
)

from .frames import as_array

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]

# --- Single values -----------------------------------------------------------------------


def check_integer(
    field: str, value: object, least: int, most: int | None = None, largest: int = LARGEST_SIZE
) -> int:
    """Return a whole number from `least` to `most`, or to `largest`, which needs no mention."""
    if not is_integer(value) or not least <= value <= (largest if most is None else most):
        upper = f"to {most}" if most is not None else "up"
        if most is None and is_integer(value) and value > largest:
            upper = f"to {largest}"
        raise ValueError(
            f"{field} is {shown(value)}, expected a whole number from {least} {upper}."
        )
    return int(value)


def check_seed(seed: object) -> int:
    """Return a seed, which may be as large as those of NumPy."""
    return check_integer("seed", seed, least=0, largest=2**128)


def check_number(field: str, value: object, least: float, most: float = math.inf) -> float:
    """Return a finite number from `least` to `most`."""
    number = as_float(value) if is_number(value) else math.nan
    if not least <= number <= most or number == math.inf:
        upper = "up" if most == math.inf else f"to {most:g}"
        raise ValueError(
            f"{field} is {shown(value)}, expected a finite number from {least:g} {upper}."
        )
    return number


def check_bool(field: str, value: object) -> bool:
    """Return True or False."""
    # Any text is true to Python, "false" from a command line too.
    if not is_bool(value):
        raise ValueError(f"{field} is {shown(value)}, expected True or False.")
    return bool(value)


def check_choice(field: str, value: object, choices: tuple[str, ...]) -> str:
    """Return one of some words."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(unknown(field, value, choices))
    return value


def check_timesteps(timesteps: object, n_features: int, table: str) -> int:
    """Return the number of steps into which the features of a table's rows are cut."""
    if not is_integer(timesteps) or timesteps < 1 or n_features % timesteps:
        raise ValueError(
            f"timesteps is {shown(timesteps)}, expected a whole number that divides the "
            f"{n_features} features of {table}."
        )
    return int(timesteps)


# --- Fields of a data set ----------------------------------------------------------------


def check_array(values: npt.ArrayLike, field: str) -> npt.NDArray[Any]:
    """Return numbers or labels as an array."""
    values = as_array(values, field)
    try:
        array = np.asarray(values)
        if array.ndim == 0:
            raise TypeError(f"{field} must be an array, got {shown(values)}.")
        return array
    except ValueError:
        raise ValueError(
            f"{field} is ragged, expected rows of one length (metarnn.sequences.padded gives an "
            "array of unequal ones, and lengths)."
        ) from None


def check_inputs(X: npt.ArrayLike, dataset: str) -> Floats:
    """Return rows, sequences or images as a float64 copy."""
    inputs = _numbers(f"X of {dataset}", X)
    if inputs.ndim not in (2, 3, 4) or inputs.size == 0:
        raise ValueError(
            f"X of {dataset} has shape {inputs.shape}, expected (B, F), (B, T, I) or (B, R, C, I) "
            "with no axis of length 0."
        )
    check_finite(f"X of {dataset}", inputs)
    return inputs


def check_tokens(X: npt.ArrayLike, n_tokens: int, dataset: str) -> Integers:
    """Return tokens 0 to V-1 as an int64 copy."""
    tokens = check_array(X, f"X of {dataset}")
    if tokens.ndim != 2 or tokens.size == 0:
        raise ValueError(
            f"X of {dataset} has shape {tokens.shape}, expected tokens (B, T) with no axis of "
            "length 0."
        )
    return _integers(tokens, f"X of {dataset}", "tokens", 0, n_tokens - 1)


def check_vocabulary(n_tokens: int | None, tokens: tuple[str, ...], dataset: str) -> int | None:
    """Return the number of tokens V, or None where the inputs are not tokens."""
    if len(set(tokens)) < len(tokens):
        raise ValueError(f"tokens of {dataset} name a token twice, expected different names.")
    if n_tokens is None:
        return len(tokens) or None
    n_tokens = check_integer(f"n_tokens of {dataset}", n_tokens, least=1)
    if tokens and len(tokens) != n_tokens:
        raise ValueError(
            f"tokens of {dataset} are {len(tokens)} names, expected {n_tokens} as n_tokens says."
        )
    return n_tokens


def check_classes(classes: tuple[str, ...], dataset: str) -> tuple[str, ...]:
    """Return the class names, or none."""
    if len(set(classes)) < len(classes) or len(classes) == 1:
        raise ValueError(
            f"classes of {dataset} are {classes}, expected two or more different names."
        )
    return classes


def check_labels(y: npt.ArrayLike, n_sequences: int, n_classes: int, dataset: str) -> Integers:
    """Return one class index per sequence (B,) or several (B, U) as an int64 copy."""
    field = f"y of {dataset}"
    labels = check_array(y, field)
    if labels.shape == (0,) and not n_classes:
        return labels.astype(np.int64)
    if labels.shape[:1] != (n_sequences,) or labels.ndim > 2 or labels.size == 0:
        raise ValueError(
            f"{field} has shape {labels.shape}, expected ({n_sequences},) as X has, or "
            f"({n_sequences}, U) for several labels per sequence."
        )
    if labels.ndim == 1:
        return _integers(labels, field, "class indices", 0, n_classes - 1)
    labels = _integers(labels, field, "class indices, or -1 for not scored,", -1, n_classes - 1)
    unscored = (labels < 0).all(axis=1)
    if unscored.any():
        raise ValueError(
            f"{field} is -1 throughout sequence {unscored.argmax()}, expected a label in it."
        )
    return labels


def check_lengths(lengths: npt.ArrayLike, n_sequences: int, n_steps: int, dataset: str) -> Integers:
    """Return the steps of each sequence as an int64 copy."""
    field = f"lengths of {dataset}"
    steps = check_array(lengths, field)
    if steps.shape != (n_sequences,):
        raise ValueError(f"{field} have shape {steps.shape}, expected ({n_sequences},) as X has.")
    return _integers(steps, field, "steps", 1, n_steps)


def check_test(test: npt.ArrayLike, n_sequences: int, dataset: str) -> Flags:
    """Return a copy of the mask of the test part."""
    mask = check_array(test, f"test of {dataset}")
    if mask.shape != (n_sequences,) or mask.dtype != np.bool_:
        raise ValueError(
            f"test of {dataset} has type {mask.dtype} and shape {mask.shape}, expected truth "
            f"values ({n_sequences},) as X has."
        )
    if mask.all() or not mask.any():
        raise ValueError(
            f"test of {dataset} marks {mask.sum()} of {n_sequences} sequences, expected some for "
            "training and some for testing."
        )
    return mask.copy()


def check_targets(targets: npt.ArrayLike, n_sequences: int, dataset: str) -> Floats:
    """Return one finite number per sequence (B,) as a float64 copy."""
    numbers = _numbers(f"targets of {dataset}", targets)
    if numbers.shape != (n_sequences,) or not np.isfinite(numbers).all():
        raise ValueError(
            f"targets of {dataset} have shape {numbers.shape}, expected {n_sequences} finite "
            "numbers, one per sequence."
        )
    return numbers


def check_ids(ids: tuple[str, ...], n_sequences: int, dataset: str) -> tuple[str, ...]:
    """Return the names of the sequences, or none."""
    if ids and len(ids) != n_sequences:
        raise ValueError(f"ids of {dataset} are {len(ids)} names, expected {n_sequences} or none.")
    return ids


def _numbers(field: str, values: npt.ArrayLike) -> Floats:
    """Return a float64 copy of numbers."""
    try:
        return as_numbers(field, as_array(values, field)).astype(np.float64)
    except TypeError as error:
        raise ValueError(str(error)) from None


def _integers(
    values: npt.NDArray[Any], field: str, meaning: str, least: int, most: int
) -> Integers:
    expected = f"expected whole {meaning} from {max(least, 0)} to {most}"
    if not np.issubdtype(values.dtype, np.integer):
        raise ValueError(f"{field} has type {values.dtype}, {expected}.")
    if values.min() < least or values.max() > most:
        raise ValueError(f"{field} has values from {values.min()} to {values.max()}, {expected}.")
    return values.astype(np.int64)
