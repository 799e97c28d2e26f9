"""The best loss over passes or seconds, and the area under the curve."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.optimizers import History
from metarnn.validation import shown

from .hitting import Axis, first_reaching, improvements

Floats = NDArray[np.float64]

#: Where the log axis of an area starts: at the first pass or the first millisecond.
STARTS = {"passes": 1.0, "seconds": 1e-3}


def quantiles(values: ArrayLike, fractions: ArrayLike, axis: int = 0) -> Floats:
    """Return quantiles of numbers, some of which may be infinite.

    Like NumPy's, they are linear between neighbors, but infinite only if a neighbor with a
    weight is; ``numpy.quantile([1, 2, inf], 0.5)`` is NaN.

    Parameters
    ----------
    values : array_like
        Numbers, not NaN.
    fractions : (q,) array_like
        Between 0 and 1.
    axis : int
        The axis along which to rank.

    Returns
    -------
    (q, ...) array
        The other axes of `values` follow.

    Raises
    ------
    ValueError
        No values, NaN among them, or fractions outside 0 and 1.
    """
    numbers, wanted = np.moveaxis(np.asarray(values, dtype=float), axis, 0), np.asarray(fractions)
    if not numbers.size or np.isnan(numbers).any():
        raise ValueError("values must be at least one number, and none NaN.")
    if wanted.ndim != 1 or not ((wanted >= 0) & (wanted <= 1)).all():
        raise ValueError(f"fractions must be a list of numbers from 0 to 1, got {fractions!r}.")
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
    """Return the best loss of each run after some passes or seconds.

    Parameters
    ----------
    histories : sequence of History or None
        One for each run; None for a run that failed.
    grid : (n,) array_like
        Passes or seconds.
    axis : {"passes", "seconds"}
        The unit of the grid.

    Returns
    -------
    (n_runs, n) array
        Infinite before a run's first finite loss, and for a run that failed. After its end a run
        keeps its last one.

    Raises
    ------
    TypeError, ValueError
        Histories of another type, another axis, or a grid of another shape.
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
    fractions: ArrayLike = (0.25, 0.5, 0.75),
) -> Floats:
    """Return quantiles over the runs of the best loss so far: quartiles and median by default.

    Parameters
    ----------
    histories, grid, axis
        As for :func:`best_losses`; at least one history.
    fractions : (q,) array_like
        Between 0 and 1.

    Returns
    -------
    (q, n) array
        Infinite where too many runs had no finite loss yet.

    Raises
    ------
    TypeError, ValueError
        Histories of another type, another axis, or fractions outside 0 and 1.
    """
    return quantiles(best_losses(histories, grid, axis), fractions)


def area_under_curve(
    histories: Sequence[History | None],
    lower: float,
    upper: float,
    budget: float,
    axis: Axis = "passes",
    targets: ArrayLike | None = None,
) -> Floats:
    """Return the area under the convergence curve of each run: 0 is best, 1 is worst.

    It is the mean over log passes, from the first pass to the budget, of the logarithm of the
    best loss so far, scaled to 0 at `lower` and 1 at `upper` and clipped to them::

        1 / log(budget) * integral of clip((log L(t) - log lower) / (log upper - log lower), 0, 1)

    over log t. Before its first loss a run counts as `upper`, as does one that failed. The area
    rewards early progress as well as a low loss at the end.

    Parameters
    ----------
    histories : sequence of History or None
        One for each run; None for a run that failed.
    lower, upper : float
        The bounds of the losses, fixed before the runs.
    budget : float
        The end, in passes or seconds. A run that ended before keeps its best loss.
    axis : {"passes", "seconds"}
        The unit of the budget. Seconds start at the first millisecond.
    targets : (n,) array_like, optional
        Losses at which the curve falls, between which it stays as high, as published runs have it
        (:meth:`metarnn.Study.export_runs`); with the first and the last improvement it always
        falls. By default it falls with every one.

    Returns
    -------
    (n_runs,) array
        From 0 to 1, without a unit.

    Raises
    ------
    TypeError, ValueError
        Not 0 < lower < upper, a budget that is not above the start of the axis, targets that are
        not losses, or histories of another type.

    Notes
    -----
    1 minus this area is the area over the convergence curve (AOCC) of
    ``iohinspector.metrics.get_aocc`` with log-scaled evaluations and losses (M. López-Ibáñez,
    D. Vermetten, J. Dreo, C. Doerr: Using the empirical attainment function for analyzing
    single-objective black-box optimization algorithms. IEEE TEVC 2024). The area depends on the
    bounds and the budget: state them, and compare only areas with the same ones.
    """
    if not 0 < lower < upper < np.inf:
        raise ValueError(f"Bounds need 0 < lower < upper, got lower={lower!r}, upper={upper!r}.")
    start = STARTS.get(axis, 1.0)
    if not start < budget < np.inf:
        raise ValueError(f"budget must be finite and above {start:g} {axis}, got {budget!r}.")
    if targets is not None and (np.ndim(targets) != 1 or np.isnan(targets).any()):
        raise ValueError(f"targets must be a list of losses, got {shown(targets)}.")
    areas = np.empty(len(histories))
    for i, history in enumerate(histories):
        at, losses = improvements(history, axis)
        if targets is not None:
            kept = first_reaching(losses, targets)
            at, losses = at[kept], losses[kept]
        heights = np.log(np.clip(np.append(upper, losses), lower, upper) / lower)
        ends = np.log(np.clip([start, *at, budget], start, budget) / start)
        areas[i] = (heights * np.diff(ends)).sum()
    return areas / (np.log(upper / lower) * np.log(budget / start))
