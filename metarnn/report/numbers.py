"""Numbers as texts of a page, and as values of its data."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metarnn.runtimes import wilson_interval


def loss(value: float) -> str:
    """Return a loss with three significant digits."""
    if not np.isfinite(value):
        return "∞"
    return f"{value:.3g}" if value == 0 or abs(value) >= 1e-4 else f"{value:.1e}"


def deviating(mean: float, deviation: float) -> str:
    """Return an accuracy and its standard deviation, as far as they are known."""
    if np.isnan(mean):
        return "–"
    return f"{mean:.3f}" + (f" ± {deviation:.3f}" if np.isfinite(deviation) else "")


def count(passes: float) -> str:
    """Return passes, or "never"."""
    return f"{passes:,.0f}" if np.isfinite(passes) else "never"


def seconds(value: float) -> str:
    """Return seconds, or "never"."""
    return f"{value:.3g}" if np.isfinite(value) else "never"


def success(reached: int, runs: int) -> str:
    """Return how many runs reached the target, with Wilson's interval of the probability."""
    low, high = wilson_interval(reached, runs)
    return f"{reached} of {runs} ({low:.0%}–{high:.0%})"


def factor(value: float) -> str:
    """Return a ratio with two or three digits."""
    if not np.isfinite(value):
        return "∞"
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}" if value < 1e6 else f"{value:.1e}"


def probability(p: float) -> str:
    """Return the p of a test."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def listed(names: list[str]) -> str:
    """Return names as a list in a sentence."""
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def data(values: ArrayLike) -> Any:
    """Return numbers for JSON, with four digits; None where one is infinite or missing.

    The result is a number for a number, and a list for an array of one axis.
    """
    array = np.asarray(values, dtype=float)
    if array.ndim == 0:
        return float(f"{float(array):.4g}") if np.isfinite(array) else None
    # Whole numbers are shorter without their ".0".
    texts = [float(f"{one:.4g}") if np.isfinite(one) else None for one in array.tolist()]
    return [int(one) if one is not None and one.is_integer() else one for one in texts]
