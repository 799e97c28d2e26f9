"""Evaluation under a budget: the only place that calls an objective.

:func:`~metarnn.optimizers.minimize` and every adapter to another library evaluate points
through a :class:`Meter`. It counts the passes, enforces the budget, keeps the best point and
stops the search, so that a budget means the same for every optimizer.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from metarnn.validation import as_float, is_number, shown

from .history import History
from .optimizer import Array, Ask, MiniBatch, Order, Told

if TYPE_CHECKING:
    from .search_result import SearchResult

#: The price of one point in passes, for objectives without a method ``cost``.
PRICES = {Order.VALUE: 1.0, Order.GRADIENT: 3.0}

STOP_REASONS = {
    "budget": "The budget is spent.",
    "target": "The target loss is reached.",
    "floor": "The loss is as low as it can be, so nothing is left to gain.",
    "stationary": "The gradient is zero at all points, so nothing is left to gain.",
    "seconds": "The time is up.",
    "callback": "A callback halted the search.",
    "interrupt": "The search was interrupted from the keyboard; the best so far is kept.",
    "finished": "The optimizer ended its search.",
}


class Objective(Protocol):
    """A function to minimize: the losses of many points in one call.

    Optional attributes:

    - ``gradient(points) -> (losses, gradients)``;
    - ``gauss_newton(points) -> (losses, gradients, curvatures)``;
    - ``space``, the :class:`Space` to search;
    - ``cost(order) -> float``, the price of one point in passes, by default 1 for a value and 3
      for a gradient;
    - ``floor``, the lowest loss that there can be, at which a search stops;
    - ``unsupported_reason(order) -> str | None``, why an order is not available, in words that
      follow "Adam needs a gradient, and";
    - ``solve``, how it solves for a readout, None where it has one and searches for all weights;
    - ``mini_batch(batch) -> objective`` on a :class:`MiniBatch` of the data.

    The points are the optimizer's own array: copy them to keep them.
    """

    def __call__(self, points: Array, /) -> Array:
        """Return the losses (n,) of points (n, D)."""


class Stopped(Exception):  # noqa: N818 - a signal, not an error
    """Raised by a :class:`~metarnn.optimizers.Meter` to end the search.

    `reason` is a key of STOP_REASONS, and `told` the answer to the last request, if that was
    evaluated in full.

    Attributes
    ----------
    reason : str
        A key of STOP_REASONS.
    told : Told or None
        The answer to the last request, if that was evaluated in full.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(STOP_REASONS[reason])
        self.reason = reason
        self.told: Told | None = None


def price_of(objective: Any, order: Order) -> float:
    """Return the price of one point in passes, which must be a positive number."""
    price = getattr(objective, "cost", PRICES.get)(order)
    if not (is_number(price) and 0 < as_float(price) < np.inf):
        raise ValueError(
            f"The objective's cost({order.name}) must be a positive number of passes, "
            f"got {price!r}."
        )
    return float(price)


def supports(objective: Any, order: Order) -> bool:
    """Return whether an objective provides an order."""
    method = ("__call__", "gradient", "gauss_newton")[order]
    return callable(getattr(objective, method, None)) and not unsupported_reason(objective, order)


def unsupported_reason(objective: Any, order: Order) -> str | None:
    """Return the objective's reason for not providing an order, None where it gives none."""
    reason = getattr(objective, "unsupported_reason", None)
    return reason(order) if callable(reason) else None


def floor_of(objective: Any) -> float:
    """Return the lowest loss that there can be; -inf where the objective does not say."""
    floor = getattr(objective, "floor", -np.inf)
    if not is_number(floor) or np.isnan(as_float(floor)):
        raise ValueError(f"The objective's floor must be a loss, got {floor!r}.")
    return as_float(floor)


def clean(losses: Any, gradients: Any, curvatures: Any, n: int, dim: int) -> tuple[Told, int]:
    """Check types and shapes of what an objective returned; what is not finite ranks worst.

    Return losses (n,), gradients (n, dim) and curvatures (n, dim, dim), if given, and the number
    of points with anything that is not finite. Such losses are ``inf``; where anything is not
    finite, the gradient and the curvature are zero.
    """
    values = _floats(losses, "losses")
    if values.shape != (n,):
        raise ValueError(
            f"The objective must return one loss for each of the {n} points it is given, rows of "
            f"an array of shape ({n}, {dim}), but it returned shape {values.shape}."
        )
    slopes = _derivatives("Gradients", gradients, (n, dim))
    matrices = _derivatives("Curvatures", curvatures, (n, dim, dim))
    told = Told(values, slopes, matrices)
    if not (_is_finite(values) and _is_finite(slopes) and _is_finite(matrices)):
        finite = np.isfinite(values)
        values[~finite] = np.inf
        derivatives = [array for array in (slopes, matrices) if array is not None]
        for array in derivatives:
            finite &= np.isfinite(array).reshape(n, -1).all(axis=1)
        for array in derivatives:
            array[~finite] = 0.0
        told.n_nonfinite = int(n - finite.sum())
    return told, told.n_nonfinite


def _derivatives(name: str, given: Any, shape: tuple[int, ...]) -> Array | None:
    """Copy derivatives, if there are any, and check their shape."""
    array = None if given is None else _floats(given, name.lower())
    if array is not None and array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}.")
    return array


def _is_finite(numbers: Array | None) -> bool:
    """Return whether all numbers are finite: the least and the largest are, and NaN is both."""
    if numbers is None or not numbers.size:
        return True
    least, largest = numbers.item(numbers.argmin()), numbers.item(numbers.argmax())
    return isfinite(least) and isfinite(largest)


def _floats(numbers: Any, name: str) -> Array:
    """Copy numbers into an array of floats."""
    try:
        return np.array(numbers, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(
            f"The {name} of an objective must be an array of numbers, got {shown(numbers)}."
        ) from None


@dataclass(eq=False)
class Meter:
    """Evaluates requests within an exact budget, and keeps the best point.

    Parameters
    ----------
    objective : Objective
        The function to minimize.
    dim : int
        D.
    budget : float
        Passes to spend. When a request costs more than what is left, only its first points are
        evaluated; the rest of the budget then buys losses of the next points.
    target, limit, callback : optional
        ``target``, ``seconds`` and ``callback`` of :func:`~metarnn.optimizers.minimize`.
    """

    objective: Objective
    dim: int
    budget: float
    target: float | None = None
    limit: float | None = None
    callback: Callable[..., Any] | None = None

    def __post_init__(self) -> None:
        self.passes = 0.0
        self.nfev = self.njev = self.nhev = self.n_nonfinite = self.n_nan_points = 0
        self.best_x: Array | None = None
        self.best_loss = np.inf
        self._floor = floor_of(self.objective)
        self._price_of_loss = price_of(self.objective, Order.VALUE)
        self._prices = {Order.VALUE: self._price_of_loss}
        self.history = History()
        self._began = time.perf_counter()
        self._mini_batch: MiniBatch | None = None
        self._mini_batch_objective: Any = None

    @property
    def seconds(self) -> float:
        """Seconds since the meter was created."""
        return time.perf_counter() - self._began

    def answer(self, ask: Ask) -> Told:
        """Evaluate a request, or raise Stopped where it ends the search."""
        asked, order, mini_batch = ask
        points = np.asarray(asked, dtype=float).view()
        points.setflags(write=False)  # the array belongs to the optimizer
        if mini_batch is not None:
            return self._answer_mini_batch(points, order, mini_batch)
        affordable = self._affordable(self._price(order))
        if affordable >= len(points):
            told, lowest = self._evaluate(points, order)
            try:
                self._conclude(lowest)
            except Stopped as stopped:
                stopped.told = told
                raise
            told.budget_fraction = self.passes / self.budget
            return told
        lowest = np.inf
        if affordable:
            _, lowest = self._evaluate(points[:affordable], order)
        rest = points[affordable : affordable + self._affordable(self._price_of_loss)]
        if len(rest):
            lowest = min(lowest, self._evaluate(rest, Order.VALUE)[1])
        if affordable or len(rest):
            self._conclude(lowest)
        raise Stopped("budget")

    def _answer_mini_batch(self, points: Array, order: Order, batch: MiniBatch) -> Told:
        """Evaluate on a mini-batch; if the budget is too small for it, on all data instead.

        A pass is kept for a point on all data as long as there was none.
        """
        if batch != self._mini_batch:
            self._mini_batch, self._mini_batch_objective = batch, None  # first, its data go
            self._mini_batch_objective = self.objective.mini_batch(batch)  # type: ignore[attr-defined]
        objective = self._mini_batch_objective
        price = price_of(objective, order)
        spared = self._price_of_loss if self.best_x is None else 0.0
        if self._affordable(price, spared) < len(points):
            self.answer(Ask(points))
            raise Stopped("budget")
        told = self._told(objective, points, order)
        self.passes += len(points) * price
        self._stop_if_due()
        told.budget_fraction = self.passes / self.budget
        return told

    def _price(self, order: Order) -> float:
        """Return the objective's price of one point, which is looked at once: it takes time."""
        price = self._prices.get(order)
        if price is None:
            price = self._prices[order] = price_of(self.objective, order)
        return price

    def _affordable(self, price: float, spared: float = 0.0) -> int:
        # The small term absorbs rounding where mini-batches divide a pass.
        return int((self.budget - self.passes - spared) / price + 1e-9)

    def _told(self, objective: Any, points: Array, order: Order) -> Told:
        """Call an objective; count the points, and those that are not finite."""
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
        if n_bad:  # which has a cause: looked for here only, since it takes time
            self.n_nan_points += int(np.isnan(points).any(axis=1).sum())
        return told

    def _evaluate(self, points: Array, order: Order) -> tuple[Told, float]:
        """Evaluate points on all data; return the answer and its lowest loss."""
        told, price = self._told(self.objective, points, order), self._price(order)
        best = told.losses.argmin()
        lowest = told.losses.item(best)
        if lowest < self.best_loss or self.best_x is None:
            seconds, so_far = self.seconds, self.best_loss
            for i, loss in enumerate(told.losses[: best + 1].tolist(), start=1):
                if loss < so_far:
                    so_far = loss
                    self.history.improve(self.passes + i * price, seconds, loss)
            self.best_loss = lowest
            self.best_x = points[best].copy()
            self.best_x.setflags(write=False)  # callbacks see it
        self.passes += len(points) * price
        return told, lowest

    def _conclude(self, lowest: float) -> None:
        """Record an answered request, then stop if it was the last one."""
        self.history.add(self.passes, self.seconds, lowest, self.best_loss)
        self._stop_if_due()

    def _stop_if_due(self) -> None:
        if self.callback is not None:
            try:
                self.callback(intermediate_result=self.result())
            except StopIteration:
                raise Stopped("callback") from None
        if self.target is not None and self.best_loss <= self.target:
            raise Stopped("target")
        if self.best_loss <= self._floor:
            raise Stopped("floor")
        if not self._affordable(self._price_of_loss):
            raise Stopped("budget")
        if self.limit is not None and self.seconds >= self.limit:
            raise Stopped("seconds")

    def result(self, stop: str | None = None) -> "SearchResult":
        """Return the state of the search as SciPy's result; `stop` is None while it runs."""
        from .search_result import SearchResult  # loads scipy.optimize

        counts = "nfev", "njev", "nhev", "passes", "seconds", "n_nonfinite", "history"
        return SearchResult(
            x=self.best_x,
            fun=self.best_loss,
            nit=len(self.history),
            **{name: getattr(self, name) for name in counts},
            stop=stop,
            message=STOP_REASONS[stop] if stop else "The search is running.",
            success=bool(np.isfinite(self.best_loss)),
            status=0 if stop in ("target", "floor", "stationary", "finished") else 1,
        )
