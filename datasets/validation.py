"""What the fields of a data set must be, and one sentence for each that is not."""

from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

#: What may be counted to see whether a task is solved; "" where nothing is agreed on.
RULES = ("", "sequences", "last", "successors")


def checked_inputs(X: npt.ArrayLike, what: str) -> npt.NDArray[np.float64]:
    """Return rows, sequences or images as a float64 copy."""
    try:
        inputs = np.array(X, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"X of {what} is not an array of numbers") from None
    if inputs.ndim not in (2, 3, 4) or inputs.size == 0:
        raise ValueError(
            f"X of {what} has shape {inputs.shape}, expected (B, F), (B, T, I) or (B, R, C, I) "
            "with no zero"
        )
    if not np.isfinite(inputs).all():
        raise ValueError(f"X of {what} has a NaN or an infinity, expected finite numbers")
    return inputs


def checked_tokens(X: npt.ArrayLike, n_tokens: int, what: str) -> npt.NDArray[np.int64]:
    """Return tokens 0 to V-1 as an int64 copy."""
    tokens = checked_array(X, f"X of {what}")
    if tokens.ndim != 2 or tokens.size == 0:
        raise ValueError(
            f"X of {what} has shape {tokens.shape}, expected tokens (B, T) with no zero"
        )
    return _whole_numbers(tokens, f"X of {what}", "tokens", 0, n_tokens - 1)


def checked_vocabulary(n_tokens: int | None, tokens: tuple[str, ...], what: str) -> int | None:
    """Return the number of tokens V, or None where the inputs are no tokens."""
    if len(set(tokens)) < len(tokens):
        raise ValueError(f"tokens of {what} name a token twice, expected different names")
    if n_tokens is None:
        return len(tokens) or None
    if isinstance(n_tokens, bool) or not isinstance(n_tokens, int | np.integer) or n_tokens < 1:
        raise ValueError(f"n_tokens of {what} is {n_tokens!r}, expected a whole number from 1 up")
    if tokens and len(tokens) != n_tokens:
        raise ValueError(
            f"tokens of {what} are {len(tokens)} names, expected {n_tokens} as n_tokens says"
        )
    return int(n_tokens)


def checked_classes(classes: tuple[str, ...], what: str) -> tuple[str, ...]:
    """Return the class names."""
    if len(set(classes)) < max(2, len(classes)):
        raise ValueError(f"classes of {what} are {classes}, expected two or more different names")
    return classes


def checked_answers(
    y: npt.ArrayLike, n_sequences: int, n_classes: int, what: str
) -> npt.NDArray[np.int64]:
    """Return one class a sequence (B,) or several (B, U) as an int64 copy."""
    answers = checked_array(y, f"y of {what}")
    if answers.shape[:1] != (n_sequences,) or answers.ndim > 2 or answers.size == 0:
        raise ValueError(
            f"y of {what} has shape {answers.shape}, expected ({n_sequences},) as X has, or "
            f"({n_sequences}, U) for several answers each"
        )
    if answers.ndim == 1:
        return _whole_numbers(answers, f"y of {what}", "class indices", 0, n_classes - 1)
    answers = _whole_numbers(
        answers, f"y of {what}", "class indices, or -1 for not scored,", -1, n_classes - 1
    )
    unscored = (answers < 0).all(axis=1)
    if unscored.any():
        raise ValueError(
            f"y of {what} is -1 throughout sequence {unscored.argmax()}, expected an answer in it"
        )
    return answers


def checked_lengths(
    lengths: npt.ArrayLike, n_sequences: int, n_steps: int, what: str
) -> npt.NDArray[np.int64]:
    """Return the steps of each sequence as an int64 copy."""
    steps = checked_array(lengths, f"lengths of {what}")
    if steps.shape != (n_sequences,):
        raise ValueError(
            f"lengths of {what} have shape {steps.shape}, expected ({n_sequences},) as X has"
        )
    return _whole_numbers(steps, f"lengths of {what}", "steps", 1, n_steps)


def checked_test(test: npt.ArrayLike, n_sequences: int, what: str) -> npt.NDArray[np.bool_]:
    """Return which sequences are the test part as a copy of truth values."""
    mask = checked_array(test, f"test of {what}")
    if mask.shape != (n_sequences,) or mask.dtype != np.bool_:
        raise ValueError(
            f"test of {what} has type {mask.dtype} and shape {mask.shape}, expected truth values "
            f"({n_sequences},) as X has"
        )
    if mask.all() or not mask.any():
        raise ValueError(
            f"test of {what} marks {mask.sum()} of {n_sequences} sequences, expected some for "
            "training and some for testing"
        )
    return mask.copy()


def checked_chance(chance: float | None, what: str) -> float | None:
    """Return the share of right answers at chance."""
    if chance is None:
        return None
    if isinstance(chance, bool) or not isinstance(chance, Real) or not 0 <= float(chance) <= 1:
        raise ValueError(f"chance of {what} is {chance!r}, expected a share from 0 to 1 or None")
    return float(chance)


def checked_rule(rule: str, share: float, what: str) -> float:
    """Return the share of sequences that solves a task, and check the rule that counts them."""
    if not isinstance(rule, str) or rule not in RULES:
        raise ValueError(
            f"rule of {what} is {rule!r}, expected one of: {', '.join(map(repr, RULES))}"
        )
    if isinstance(share, bool) or not isinstance(share, Real) or not 0 < float(share) <= 1:
        raise ValueError(
            f"rule_share of {what} is {share!r}, expected a share above 0 and at most 1"
        )
    return float(share)


def checked_array(numbers: npt.ArrayLike, field: str) -> npt.NDArray[Any]:
    """Return numbers or labels as an array; `field` says whose."""
    try:
        return np.asarray(numbers)
    except ValueError:
        raise ValueError(f"{field} cannot be made one array, expected rows alike") from None


def _whole_numbers(
    numbers: npt.NDArray[Any], field: str, meaning: str, least: int, most: int
) -> npt.NDArray[np.int64]:
    expected = f"expected whole {meaning} from {max(least, 0)} to {most}"
    if not np.issubdtype(numbers.dtype, np.integer):
        raise ValueError(f"{field}: type {numbers.dtype}, {expected}")
    if numbers.min() < least or numbers.max() > most:
        raise ValueError(f"{field}: from {numbers.min()} to {numbers.max()}, {expected}")
    return numbers.astype(np.int64)


def checked_targets(targets: npt.ArrayLike, n: int, what: str) -> npt.NDArray[np.float64]:
    """Return the numbers (B,) as float64, sure that they are finite and as many as sequences."""
    numbers = np.array(targets, dtype=np.float64)
    if numbers.shape != (n,) or not np.isfinite(numbers).all():
        raise ValueError(
            f"targets of {what} have shape {numbers.shape}, expected {n} finite numbers, one for "
            "each sequence"
        )
    return numbers
