"""Best losses over passes or seconds, and the area under them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.optimizers import History

from .hitting import Axis, improvements

Floats = NDArray[np.float64]

#: Where the log axis of an area starts: at the first pass, at the first millisecond.
STARTS = {"passes": 1.0, "seconds": 1e-3}


def quantiles(values: ArrayLike, shares: ArrayLike, axis: int = 0) -> Floats:
    """Return quantiles of numbers of which some may be infinite.

    As NumPy's, linear between neighbours; but infinite only where a neighbour that counts is,
    while ``numpy.quantile([1, 2, inf], 0.5)`` is NaN.

    Parameters
    ----------
    values : array_like
        Numbers, not NaN.
    shares : (q,) array_like
        Between 0 and 1.
    axis : int
        What is ranked.

    Returns
    -------
    (q, ...) array
        The other axes of `values` follow.

    Raises
    ------
    ValueError
        No values, NaN among them, or shares outside 0 and 1.
    """
    numbers, wanted = np.moveaxis(np.asarray(values, dtype=float), axis, 0), np.asarray(shares)
    if not numbers.size or np.isnan(numbers).any():
        raise ValueError("Quantiles are of at least one number and not of NaN.")
    if wanted.ndim != 1 or not ((wanted >= 0) & (wanted <= 1)).all():
        raise ValueError(f"shares must be a list of numbers from 0 to 1, got {shares!r}.")
    numbers = np.sort(numbers, axis=0)
    place = wanted * (len(numbers) - 1)
    below = np.floor(place).astype(int)
    weight = (place - below).reshape(-1, *[1] * (numbers.ndim - 1))
    low, high = numbers[below], numbers[np.minimum(below + 1, len(numbers) - 1)]
    with np.errstate(invalid="ignore"):
        between = low + (high - low) * weight
    return np.where((weight == 0) | (low == high), low, between)


def best_losses(
    histories: Sequence[History | None], grid: ArrayLike, axis: Axis = "passes"
) -> Floats:
    """Return the best loss of each run after so many passes or seconds.

    Parameters
    ----------
    histories : sequence of History or None
        One for each run; None for a run that failed.
    grid : (n,) array_like
        Passes or seconds.
    axis : {"passes", "seconds"}
        What the grid counts.

    Returns
    -------
    (n_runs, n) array
        Infinite before a run's first finite loss, and where it failed. A run that ended keeps
        its last one.

    Raises
    ------
    TypeError, ValueError
        No histories, another axis, or a grid of another shape.
    """
    at = np.asarray(grid, dtype=float)
    if at.ndim != 1:
        raise ValueError(f"grid must be a list of numbers, got an array of shape {at.shape}.")
    curves = np.empty((len(histories), len(at)))
    for curve, history in zip(curves, histories, strict=True):
        when, losses = improvements(history, axis)
        curve[:] = np.append(np.inf, losses)[np.searchsorted(when, at, side="right")]
    return curves


def anytime_curves(
    histories: Sequence[History | None],
    grid: ArrayLike,
    axis: Axis = "passes",
    shares: ArrayLike = (0.25, 0.5, 0.75),
) -> Floats:
    """Return quantiles over the runs of the best loss so far: by default quartiles and median.

    Parameters
    ----------
    histories : sequence of History or None
        At least one; None for a run that failed, which counts as the worst.
    grid : (n,) array_like
        Passes or seconds.
    axis : {"passes", "seconds"}
        What the grid counts.
    shares : (q,) array_like
        Between 0 and 1.

    Returns
    -------
    (q, n) array
        Infinite where so large a share of the runs had no finite loss yet.

    Raises
    ------
    TypeError, ValueError
        No histories, another axis, or shares outside 0 and 1.
    """
    return quantiles(best_losses(histories, grid, axis), shares)


def area_under_curve(
    histories: Sequence[History | None],
    lower: float,
    upper: float,
    budget: float,
    axis: Axis = "passes",
) -> Floats:
    """Return the area under the convergence curve of each run: 0 is best and 1 worst.

    It is the mean over log passes, from the first pass to the budget, of log10 of the best
    loss so far, which is put to 0 at `lower` and to 1 at `upper` and cut off beyond::

        1 / log(budget) * integral of clip((log L(t) - log lower) / (log upper - log lower), 0, 1)

    over log t. Before its first loss a run counts as `upper`, as does one that failed. It
    rewards who is good early as well as who is good at the end.

    Parameters
    ----------
    histories : sequence of History or None
        One for each run; None for a run that failed.
    lower, upper : float
        Losses between which it is measured, fixed before the runs.
    budget : float
        Passes (or seconds) to which it is measured. A run that ended before keeps its best.
    axis : {"passes", "seconds"}
        What is counted. Seconds start at the first millisecond.

    Returns
    -------
    (n_runs,) array
        Without a unit, from 0 to 1.

    Raises
    ------
    TypeError, ValueError
        Not 0 < lower < upper, a budget that is not above where the axis starts, or no
        histories.

    Notes
    -----
    1 less this is the area over the convergence curve (AOCC) of ``iohinspector.metrics.get_aocc``
    with log-scaled evaluations and losses (M. López-Ibáñez, D. Vermetten, J. Dreo, C. Doerr:
    Using the empirical attainment function for analyzing single-objective black-box
    optimization algorithms. IEEE TEVC 2024). As all areas it depends on the bounds and the
    budget; state them, and do not compare areas of different ones.
    """
    if not 0 < lower < upper < np.inf:
        raise ValueError(f"Bounds need 0 < lower < upper, got lower={lower!r}, upper={upper!r}.")
    start = STARTS.get(axis, 1.0)
    if not start < budget < np.inf:
        raise ValueError(f"budget must be finite and above {start:g} {axis}, got {budget!r}.")
    areas = np.empty(len(histories))
    for i, history in enumerate(histories):
        at, losses = improvements(history, axis)
        heights = np.log(np.clip(np.append(upper, losses), lower, upper) / lower)
        ends = np.log(np.clip([start, *at, budget], start, budget) / start)
        areas[i] = (heights * np.diff(ends)).sum()
    return areas / (np.log(upper / lower) * np.log(budget / start))
