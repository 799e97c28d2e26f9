"""When a data set counts as solved, and what is possible without memory."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .validation import Flags, Integers, check_number


@dataclass(frozen=True)
class Rule:
    """What makes a sequence count as right.

    Parameters
    ----------
    words : str
        The rule in words.
    right : callable
        Takes the inputs X, the labels y, (B,) or (B, U) with -1 where nothing is scored, and the
        scores, y's shape and K, and returns which sequences are right (B,).
    """

    words: str
    right: Callable[[npt.NDArray[Any], Integers, npt.NDArray[Any]], Flags]


@dataclass(frozen=True)
class Task:
    """By which rule a data set counts as solved, and what a model without memory reaches.

    Parameters
    ----------
    rule : Rule
        What makes a sequence right.
    criterion : str
        When the task counts as solved, in words, after its source.
    chance : float, optional
        Accuracy, 0 to 1, of the best model without the memory that the task needs, by the task's
        definition; None where it is the fraction of the most frequent class.
    threshold : float, default 1
        Fraction of the sequences that must be right, above 0 and at most 1.

    Raises
    ------
    ValueError
        If `chance` or `threshold` is out of its range.
    """

    rule: Rule
    criterion: str
    chance: float | None = None
    threshold: float = 1.0

    def __post_init__(self) -> None:
        check_number("threshold of a task", self.threshold, least=0, most=1)
        if not self.threshold:
            raise ValueError("threshold of a task is 0, expected a number above it.")
        if self.chance is not None:
            check_number("chance of a task", self.chance, least=0, most=1)


def _every_label(X: npt.NDArray[Any], y: Integers, scores: npt.NDArray[Any]) -> Flags:
    right = (scores.argmax(axis=-1) == y) | (y < 0)
    return right.reshape(len(y), -1).all(axis=1)


def _last_label(X: npt.NDArray[Any], y: Integers, scores: npt.NDArray[Any]) -> Flags:
    right = (scores.argmax(axis=-1) == y).reshape(len(y), -1)
    scored = y.reshape(len(y), -1) >= 0
    last = scored.shape[1] - 1 - scored[:, ::-1].argmax(axis=1)
    return right[np.arange(len(y)), last]


#: Each predicted label is right; of a decoder, the whole output with its end.
EVERY_LABEL = Rule("every label right", _every_label)
#: The last label that is scored is right.
LAST_LABEL = Rule("the last label right", _last_label)
