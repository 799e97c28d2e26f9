"""Checks of settings; an error is one sentence that names the key."""

import operator
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from metarnn.names import unknown
from metarnn.validation import LARGEST_SIZE, as_float, is_integer, is_number, shown

#: The largest number of seeds.
MOST_SEEDS = 1_000_000


@contextmanager
def at(place: str) -> Iterator[None]:
    """Prefix errors with the key at which they arise."""
    kinds = TypeError, ValueError, FileNotFoundError, OSError, ImportError
    try:
        yield
    except kinds as error:
        kind = next(kind for kind in kinds if isinstance(error, kind))
        raise kind(f"{place}: {error}") from error


def check_known(name: Any, table: Any, what: str) -> None:
    """Refuse a name that is not in a table, and suggest the nearest one that is."""
    if not isinstance(name, str):
        raise TypeError(f"expected the name of a {what}, got {shown(name)}.")
    if name not in table:
        raise ValueError(unknown(what, name, table))


def number(
    name: str,
    value: Any,
    *,
    least: float | None = None,
    above: float | None = None,
    below: float | None = None,
    unit: str = "",
    whole: bool = False,
) -> float:
    """Return a finite number within the limits, an integer if `whole`."""
    limits = (("at least", least), ("above", above), ("below", below))
    words = [f"{word} {limit:g}" for word, limit in limits if limit is not None]
    wanted = "an integer" if whole else "a finite number"
    wanted += (f" of {unit}" if unit else "") + (", " + " and ".join(words) if words else "")
    message = f"{name} must be {wanted}, got {shown(value)}."
    if not (is_integer if whole else is_number)(value):
        raise TypeError(message)
    inside = (
        np.isfinite(as_float(value))
        and not (whole and value > LARGEST_SIZE)
        and (least is None or value >= least)
        and (above is None or value > above)
        and (below is None or value < below)
    )
    if not inside:
        raise ValueError(message)
    return int(value) if whole else float(value)


def different_seeds(seeds: Any) -> tuple[int, ...]:
    """Return the seeds 0, 1, ... if given their number, else those given."""
    wrong = (
        "seeds must be a number of seeds, at least 1, or a list of different integers below 2**32, "
        f"got {shown(seeds)}."
    )
    if is_integer(seeds) and seeds > MOST_SEEDS:
        raise ValueError(f"{wrong.removesuffix('.')}: that many runs would never end.")
    chosen = range(seeds) if is_integer(seeds) else seeds
    try:
        numbers = tuple(operator.index(seed) for seed in chosen)
    except TypeError:
        raise ValueError(wrong) from None
    if isinstance(seeds, bool) or not numbers or len(set(numbers)) < len(numbers):
        raise ValueError(wrong)
    if min(numbers) < 0 or max(numbers) >= 2**32:  # scikit-learn's random_state takes no others
        raise ValueError(wrong)
    return numbers


def falling_targets(targets: Any) -> tuple[float, ...]:
    """Return different positive losses, the highest first."""
    message = f"targets must be a list of different positive losses, got {shown(targets)}."
    try:
        losses = np.asarray(targets, float)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(message) from None
    positive = losses.ndim == 1 and len(losses) and (np.isfinite(losses) & (losses > 0)).all()
    if not positive or len(np.unique(losses)) < len(losses):
        raise ValueError(message)
    return tuple(sorted(losses.tolist(), reverse=True))


def check_n_jobs(n_jobs: int | None) -> None:
    """Raise a ValueError unless joblib can run so many jobs at a time."""
    if n_jobs is None or (is_integer(n_jobs) and n_jobs and abs(n_jobs) <= LARGEST_SIZE):
        return
    raise ValueError(
        f"n_jobs must be the number of runs at a time, -1 for all cores, got {shown(n_jobs)}."
    )
