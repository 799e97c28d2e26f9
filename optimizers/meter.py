"""The one place that calls an objective: it counts, caps, keeps the best and says stop.

Everything that evaluates points under a budget, :func:`~metarnn.optimizers.minimize` and
any adapter to a foreign library, does it through a :class:`Meter`, so a budget means the
same for all of them and the count is of what was really evaluated.
"""

import time
from collections.abc import Callable
from numbers import Real
from typing import Any, Protocol

import numpy as np
from scipy.optimize import OptimizeResult

from .history import History
from .optimizer import Array, Ask, MiniBatch, Order, Told

#: Passes that one point costs, where an objective does not say (see `Objective.cost`).
PRICES = {Order.VALUE: 1.0, Order.GRADIENT: 3.0}

STOP_REASONS = {
    "budget": "The budget is spent.",
    "target": "The target loss is reached.",
    "seconds": "The time is up.",
    "callback": "A callback halted the search.",
    "interrupt": "The search was interrupted from the keyboard; the best so far is kept.",
    "finished": "The optimizer ended its search.",
}


class Objective(Protocol):
    """What is minimized: losses of many points in one call.

    Beside being called it may have ``gradient(points) -> (losses, gradients)``,
    ``gauss_newton(points) -> (losses, gradients, curvatures)``, a ``space`` and ``cost(order)
    -> float``, the price of one point in passes (by default 1 for a value and 3 for a
    gradient). ``unsupported_reason(order) -> str | None`` may tell why it has no such method
    after all, in words that follow "Adam needs a gradient, and". ``mini_batch(batch) ->
    objective`` serves a :class:`MiniBatch` of the data. The points are the optimizer's own array:
    copy them to keep them.
    """

    def __call__(self, points: Array, /) -> Array:
        """Return the losses (n,) of points (n, D)."""


class Stopped(Exception):  # noqa: N818 - a signal, not an error
    """Raised by a :class:`Meter` when the search has to end; `reason` is in STOP_REASONS."""

    def __init__(self, reason: str) -> None:
        super().__init__(STOP_REASONS[reason])
        self.reason = reason


def price_of(objective: Any, order: Order) -> float:
    """Return what one point costs, in passes.

    Raises
    ------
    ValueError
        The objective's ``cost`` is no positive number, or it has none for this order.
    """
    cost = getattr(objective, "cost", PRICES.get)
    price = cost(order)
    if not (isinstance(price, Real) and 0 < float(price) < np.inf):
        raise ValueError(
            f"The objective's cost({order.name}) must be a positive number of passes, "
            f"got {price!r}."
        )
    return float(price)


def supports(objective: Any, order: Order) -> bool:
    """Tell whether an objective can answer asks of this order."""
    method = {
        Order.VALUE: "__call__",
        Order.GRADIENT: "gradient",
        Order.GAUSS_NEWTON: "gauss_newton",
    }
    return callable(getattr(objective, method[order], None)) and not unsupported_reason(
        objective, order
    )


def unsupported_reason(objective: Any, order: Order) -> str | None:
    """Return what an objective has to say why it cannot answer asks of this order, if it has."""
    reason = getattr(objective, "unsupported_reason", None)
    return reason(order) if callable(reason) else None


def clean(losses: Any, gradients: Any, curvatures: Any, n: int, dim: int) -> tuple[Told, int]:
    """Check what an objective returned, and rank what is not finite worst.

    Parameters
    ----------
    losses : array_like
        Expected: (n,).
    gradients, curvatures : array_like or None
        Expected: (n, dim) and (n, dim, dim).
    n, dim : int
        Number of points and of coordinates asked for.

    Returns
    -------
    told : Told
        Losses that are not finite are ``inf``; where anything is not finite, the gradient
        and the curvature are zero.
    n_bad : int
        How many points that were.

    Raises
    ------
    ValueError
        Another shape.
    """
    values = _floats(losses, "losses")
    if values.shape != (n,):
        raise ValueError(
            f"The objective must return one loss for each of the {n} points it is given, rows of "
            f"an array of shape ({n}, {dim}), but it returned shape {values.shape}."
        )
    finite = np.isfinite(values)
    values[~finite] = np.inf
    derivatives: list[Array | None] = []
    for name, given, shape in (
        ("Gradients", gradients, (n, dim)),
        ("Curvatures", curvatures, (n, dim, dim)),
    ):
        array = None if given is None else _floats(given, name.lower())
        if array is not None:
            if array.shape != shape:
                raise ValueError(f"{name} must have shape {shape}, got {array.shape}.")
            finite &= np.isfinite(array).reshape(n, -1).all(axis=1)
        derivatives.append(array)
    for array in derivatives:
        if array is not None:
            array[~finite] = 0.0
    return Told(values, derivatives[0], derivatives[1]), int(n - finite.sum())


def _floats(numbers: Any, name: str) -> Array:
    """Copy what an objective returned into an array of floats."""
    try:
        return np.array(numbers, dtype=float)
    except (TypeError, ValueError):
        raise TypeError(
            f"The {name} of an objective must be an array of numbers, got {numbers!r}."
        ) from None


class Meter:
    """Evaluate asks under a cap that is exact to the pass, and keep the best point.

    Parameters
    ----------
    objective : Objective
        What is evaluated.
    dim : int
        D.
    budget : float
        Passes to spend. When an ask costs more than what is left, its first points are
        answered; what then remains buys plain losses of the next ones.
    target : float, optional
        Stop at this loss.
    seconds : float, optional
        Stop after the ask that ends later than this.
    callback : callable, optional
        ``callback(intermediate_result=OptimizeResult)`` after each ask; StopIteration halts.
    """

    def __init__(
        self,
        objective: Objective,
        dim: int,
        budget: float,
        target: float | None = None,
        seconds: float | None = None,
        callback: Callable[..., Any] | None = None,
    ) -> None:
        self.objective = objective
        self.dim = dim
        self.budget = float(budget)
        self.target = target
        self.limit = seconds
        self.callback = callback
        self.passes = 0.0
        self.nfev = 0
        self.njev = 0
        self.nhev = 0
        self.n_nonfinite = 0
        self.best_x: Array | None = None
        self.best_loss = np.inf
        self.history = History()
        self._began = time.perf_counter()
        self._mini_batch: MiniBatch | None = None
        self._mini_batch_objective: Any = None

    @property
    def seconds(self) -> float:
        """Seconds since the meter was made."""
        return time.perf_counter() - self._began

    def answer(self, ask: Ask) -> Told:
        """Evaluate an ask.

        Raises
        ------
        Stopped
            The budget or the time is spent, the target reached, or a callback halted.
        """
        points = np.asarray(ask.points, dtype=float).view()
        points.setflags(write=False)  # they are the optimizer's, not the objective's
        if ask.mini_batch is not None:
            return self._answer_mini_batch(points, ask.order, ask.mini_batch)
        affordable = self._affordable(price_of(self.objective, ask.order))
        if affordable >= len(points):
            told = self._evaluate(points, ask.order)
            self._conclude(float(told.losses.min()))
            return told.at(self.passes / self.budget)
        lowest = np.inf
        if affordable:
            lowest = self._evaluate(points[:affordable], ask.order).losses.min()
        price = price_of(self.objective, Order.VALUE)
        rest = points[affordable : affordable + self._affordable(price)]
        if len(rest):
            lowest = min(lowest, self._evaluate(rest, Order.VALUE).losses.min())
        if affordable or len(rest):
            self._conclude(float(lowest))
        raise Stopped("budget")

    def _answer_mini_batch(self, points: Array, order: Order, batch: MiniBatch) -> Told:
        """Answer about a mini-batch; where the budget is short of it, judge points by all data."""
        if batch != self._mini_batch:
            self._mini_batch = batch
            self._mini_batch_objective = self.objective.mini_batch(batch)  # type: ignore[attr-defined]
        objective = self._mini_batch_objective
        price = price_of(objective, order)
        if self._affordable(price) < len(points):
            self.answer(Ask(points))
            raise Stopped("budget")
        told = self._told(objective, points, order)
        self.passes += len(points) * price
        self._see_whether_it_ends()
        return told.at(self.passes / self.budget)

    def _affordable(self, price: float) -> int:
        # The tiny share forgives rounding where a pass is split into mini-batches.
        return int((self.budget - self.passes) / price + 1e-9)

    def _told(self, objective: Any, points: Array, order: Order) -> Told:
        """Call an objective, and count the calls and what is not finite."""
        if order == Order.VALUE:
            answer: tuple[Any, ...] = (objective(points), None, None)
            self.nfev += len(points)
        elif order == Order.GRADIENT:
            answer = (*objective.gradient(points), None)
            self.njev += len(points)
        else:
            answer = objective.gauss_newton(points)
            self.nhev += len(points)
        if len(answer) != 3:
            raise ValueError(
                f"The objective's answer to a {order.name} must be losses and gradients (and "
                f"curvatures), got {len(answer) - (order == Order.GRADIENT)} arrays."
            )
        told, n_bad = clean(*answer, len(points), self.dim)
        self.n_nonfinite += n_bad
        return told

    def _evaluate(self, points: Array, order: Order) -> Told:
        told, price = self._told(self.objective, points, order), price_of(self.objective, order)
        best = int(told.losses.argmin())
        if told.losses[best] < self.best_loss or self.best_x is None:
            seconds, lowest = self.seconds, self.best_loss
            for i, loss in enumerate(told.losses[: best + 1].tolist(), start=1):
                if loss < lowest:
                    lowest = loss
                    self.history.improve(self.passes + i * price, seconds, loss)
            self.best_loss = float(told.losses[best])
            self.best_x = points[best].copy()
            self.best_x.setflags(write=False)  # callbacks see it
        self.passes += len(points) * price
        return told

    def _conclude(self, lowest: float) -> None:
        """Write the row of an answered ask, then see whether it was the last."""
        self.history.add(self.passes, self.seconds, lowest, self.best_loss)
        self._see_whether_it_ends()

    def _see_whether_it_ends(self) -> None:
        if self.callback is not None:
            try:
                self.callback(intermediate_result=self.result())
            except StopIteration:
                raise Stopped("callback") from None
        if self.target is not None and self.best_loss <= self.target:
            raise Stopped("target")
        if not self._affordable(price_of(self.objective, Order.VALUE)):
            raise Stopped("budget")
        if self.limit is not None and self.seconds >= self.limit:
            raise Stopped("seconds")

    def result(self, stop: str | None = None) -> OptimizeResult:
        """Return the state of the search as SciPy's result, `stop` being None while it runs."""
        return OptimizeResult(
            x=self.best_x,
            fun=self.best_loss,
            nfev=self.nfev,
            njev=self.njev,
            nhev=self.nhev,
            nit=len(self.history),
            passes=self.passes,
            seconds=self.seconds,
            n_nonfinite=self.n_nonfinite,
            history=self.history,
            stop=stop,
            message=STOP_REASONS[stop] if stop else "The search is running.",
            success=bool(np.isfinite(self.best_loss)),
            status=0 if stop in ("target", "finished") else 1,
        )
