"""Run any optimizer on any objective under an exact budget."""

import warnings
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

import numpy as np
import scipy  # whose parts load when they are used
from numpy.typing import ArrayLike

from metarnn.memory import check_memory
from metarnn.validation import as_float, check_bool, check_seed, is_number, shown

from .descent import Descent, until_rest
from .lockstep import send
from .meter import Meter, Objective, Stopped, floor_of, price_of, supports, unsupported_reason
from .optimizer import Optimizer, Order, Search
from .population_based import FinalPopulation
from .progress import ProgressBar
from .requests import requests
from .resolve import resolve_optimizer
from .space import Space

Seed = int | np.random.SeedSequence | np.random.Generator | None


def minimize(
    objective: Objective,
    optimizer: Optimizer | str | Mapping[str, Any],
    *,
    budget: float,
    seed: Seed = None,
    space: Space | None = None,
    x0: ArrayLike | None = None,
    target: float | None = None,
    seconds: float | None = None,
    callback: Callable[..., Any] | None = None,
    progress: bool = False,
) -> "scipy.optimize.OptimizeResult":
    """Minimize an objective within a budget of passes.

    A search also stops where nothing is left to gain: where the loss is at the objective's
    ``floor`` (0 for the losses of a :class:`metarnn.Fitness`), or where a gradient method has
    come to rest, with gradients of exactly zero at all its points. What may go on from other
    points, such as a population, a hybrid or restarts, does.

    Parameters
    ----------
    objective : callable
        ``objective(points (n, D)) -> losses (n,)``: a :class:`metarnn.Fitness`, a
        function of ``metarnn.optimizers.analytic``, or any vectorized function. For optional
        methods see :class:`~metarnn.optimizers.meter.Objective`.
    optimizer : Optimizer, str or mapping
        An instance, whose settings are not changed; a name, "adam"; words,
        "adam:learning_rate=0.01"; or a dict: see :func:`metarnn.optimizers.resolve_optimizer`.
    budget : float
        Passes to spend, exactly. A pass is one evaluation of one point; a gradient costs
        ``objective.cost(Order.GRADIENT)`` passes, by default 3.
    seed : int, SeedSequence or Generator, optional
        The same seed gives the same run.
    space : Space, optional
        The search space; by default ``objective.space``.
    x0 : (D,) or (m, D) array_like, optional
        Initial points; the optimizer draws any others that it needs.
    target : float, optional
        Stop at this loss.
    seconds : float, optional
        Stop after the first request that ends later than this.
    callback : callable, optional
        ``callback(intermediate_result=OptimizeResult)`` after each request, as in SciPy; it
        raises StopIteration to stop the search.
    progress : bool
        Show a progress bar on standard error.

    Returns
    -------
    scipy.optimize.OptimizeResult
        With ``x, fun, nfev, njev, nit, success, status, message`` as in SciPy, and
        ``passes, seconds, history, stop, n_nonfinite``. `fun` is the loss of `x`; `success` is
        whether any loss was finite. The status is 0 if the target or the floor was reached or
        the optimizer ended its search, else 1. ``population`` (n, D) and ``population_losses``
        (n,) are the last population, of a gradient method the best point of each start, of any
        other optimizer the points of its last request; None if the budget was too small for either.

    Raises
    ------
    TypeError
        An argument of the wrong type.
    ValueError
        A budget below one pass, settings out of range, no space, or an objective without the
        order that the optimizer needs. All checks come before the first evaluation.

    Warns
    -----
    UserWarning
        At Ctrl-C (the best point so far is returned), and if no loss was finite.
    """
    optimizer = resolve_optimizer(optimizer)
    space = check_problem(objective, optimizer, budget, space)
    if seconds is not None:
        seconds = positive("seconds", seconds, "seconds")
    if target is not None and not (is_number(target) and target == target):
        raise TypeError(f"target must be a loss, got {shown(target)}.")
    check_bool("progress", progress)
    seed = check_seed("seed", seed)
    if callback is not None and not callable(callback):
        raise TypeError(f"callback must be callable, got {shown(callback)}.")
    if x0 is not None:
        space = space.starting_at(x0)
    meter = Meter(objective, space.dim, float(budget), target, seconds, callback)
    with ExitStack() as stack:
        if progress:
            bar = stack.enter_context(ProgressBar(float(budget), type(optimizer).__name__))
            meter.callback = bar.before(callback)
        last = FinalPopulation()
        own = last.watch(optimizer, space, np.random.default_rng(seed))
        search = requests(optimizer, own, space.dim)
        if isinstance(optimizer, Descent):  # others may go on from other points
            search = until_rest(search)
        stop = _drive(meter, search, last)
    if not np.isfinite(meter.best_loss):
        warnings.warn(
            f"None of the {meter.n_nonfinite} points evaluated had a finite loss.", stacklevel=2
        )
    name = type(optimizer).__name__
    if meter.n_nan_points:
        warnings.warn(
            f"{name} requested {meter.n_nan_points} points with NaN in them, which count as the "
            "worst: it divides by zero, or goes on from a loss that is not finite.",
            stacklevel=2,
        )
    is_own = not type(optimizer).__module__.startswith("metarnn.")
    if stop == "finished" and is_own and meter.passes < meter.budget / 2:
        warnings.warn(
            f"{name} ended its search after {meter.passes:g} of {meter.budget:g} passes: a loop "
            "'while True' goes on until the budget is spent.",
            stacklevel=2,
        )
    result = meter.result(stop)
    result.x = None if result.x is None else result.x.copy()
    result.population, result.population_losses = last.points, last.losses
    return result


def _drive(meter: Meter, search: Search, last: FinalPopulation) -> str:
    """Pass requests and answers between a search and the meter; return the stop reason."""
    try:
        ask, told = next(search, None), None
        while ask is not None:
            told = meter.answer(ask)
            last.answered(ask, told)
            ask = None  # its points are as large as a population, and the search makes others
            ask = send(search, told)
        return "stationary" if told is not None and told.is_flat else "finished"
    except Stopped as stopped:
        if ask is not None and stopped.told is not None:
            last.answered(ask, stopped.told)
        return stopped.reason
    except KeyboardInterrupt:
        if meter.best_x is None:
            raise
        warnings.warn(
            f"Interrupted after {meter.passes:g} of {meter.budget:g} passes; "
            "the best so far is kept.",
            stacklevel=3,
        )
        return "interrupt"
    finally:
        search.close()


def check_problem(objective: Any, optimizer: Any, budget: Any, space: Space | None = None) -> Space:
    """Check the arguments of ``minimize`` without evaluating; return the search space.

    Parameters
    ----------
    objective : Objective
        What to minimize.
    optimizer : Optimizer
        By what.
    budget : float
        Passes.
    space : Space, optional
        By default that of the objective.

    Returns
    -------
    Space
        Where to search: `space`, or else that of the objective.

    Raises
    ------
    TypeError
        Not an optimizer, not an objective, or a budget that is not a number.
    ValueError
        Settings out of range, a budget below one pass, no space, an order that the objective
        does not provide, or a readout that is to be solved and that it does not solve.
    """
    if positive("budget", budget, "passes") < 1:
        raise ValueError(f"budget must be at least one pass, got {shown(budget)}.")
    if not callable(objective):
        raise TypeError(f"objective must be callable on points (n, D), got {shown(objective)}.")
    space = space if space is not None else getattr(objective, "space", None)
    if space is None:
        raise ValueError(
            "The objective has no space of its own, so one must be given, "
            "for example space=Space.box(-5, 5, dim=10)."
        )
    optimizer = resolve_optimizer(optimizer)
    check_search(optimizer, space)
    for order in Order:
        if order <= optimizer.order:
            if not supports(objective, order):
                need = f"{type(optimizer).__name__} needs a {order.name.lower()}"
                reason = unsupported_reason(objective, order)
                raise ValueError(
                    f"{need}, and {reason}."
                    if reason
                    else f"{need} of the objective, which has none; choose an optimizer that only "
                    "needs values."
                )
            price_of(objective, order)
    floor_of(objective)
    if optimizer.needs_mini_batches and not callable(getattr(objective, "mini_batch", None)):
        raise ValueError(
            f"{type(optimizer).__name__} needs mini-batches, which the objective does not have; "
            "set n_batches=1."
        )
    if optimizer.solves and getattr(objective, "solve", "") is None:
        raise ValueError(
            f"{type(optimizer).__name__} needs an objective that solves for the readout, and this "
            f"one searches for it: give metarnn.SolvedFitness(..., solve={optimizer.solves!r})."
        )
    return space


def check_search(optimizer: Optimizer, space: Any) -> None:
    """Check the type of a space, and the settings of an optimizer."""
    if not isinstance(space, Space):
        raise TypeError(
            f"space must be a Space, such as Space.box(-5, 5, dim=10), got {shown(space)}."
        )
    optimizer.check()
    size = optimizer.size_param
    points = f" with {size}={optimizer.get_params()[size]}" if size else ""
    check_memory(
        f"{type(optimizer).__name__}{points} in a space of {space.dim:,} dimensions",
        optimizer.memory(space.dim),
        f"choose a smaller {size or 'space'}, or an optimizer that keeps fewer points",
    )


def positive(name: str, value: Any, unit: str) -> float:
    """Return a positive, finite number; else raise a TypeError or ValueError that names it."""
    if not is_number(value):
        raise TypeError(f"{name} must be a number of {unit}, got {shown(value)}.")
    number = as_float(value)
    if not 0 < number < np.inf:
        raise ValueError(f"{name} must be a positive number of {unit}, got {shown(value)}.")
    return number
