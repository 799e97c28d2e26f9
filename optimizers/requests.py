"""The requests of a search, checked: a mistake of who wrote the optimizer is one sentence."""

from collections.abc import Generator
from typing import Any

import numpy as np

from metarnn.validation import as_numbers, shown

from .optimizer import Ask, MiniBatch, Optimizer, Order, Search, Told

#: What a search does, in the words of a sentence.
EXPECTED = "must yield Ask(points), as in told = yield Ask(points)"


def requests(optimizer: Optimizer, search: Any, dim: int) -> Search:
    """Yield the requests of the search of an optimizer in D = `dim` dimensions, each checked.

    Raises
    ------
    TypeError, ValueError
        The search is no coroutine, or requests something that is no Ask, points of another
        shape than (n, D), more derivatives than the optimizer says, or nothing at all.
    """
    name, order = type(optimizer).__name__, optimizer.order
    if not isinstance(search, Generator):
        raise TypeError(f"{name}: search {EXPECTED}, but it returned {shown(search)}.")
    told: Told | None = None
    asked = False
    try:
        while True:
            try:
                # In a list, which lets go of it: points and answers are as large as a population.
                ask = [search.send(told)]
            except StopIteration:
                if not asked:
                    raise ValueError(
                        f"{name}: search {EXPECTED}, but it ended without one."
                    ) from None
                return
            asked = True
            told = None
            told = yield _checked(ask.pop(), name, dim, order)
    finally:
        search.close()


def _checked(ask: Any, name: str, dim: int, order: Order) -> Ask:
    """Return a request, with its points as an array (n, D)."""
    if not isinstance(ask, Ask):
        hint = ": run a generator by yield from" if isinstance(ask, Generator) else ""
        raise TypeError(f"{name}: search {EXPECTED}, got {shown(ask)}{hint}.")
    points = ask.points
    if type(points) is not np.ndarray or points.dtype != np.float64:
        numbers = as_numbers(f"{name}: the points of an Ask", points, ("point", "coordinate"))
        points = np.asarray(numbers, float)
        ask = ask._replace(points=points)
    if points.ndim != 2 or points.shape[1] != dim or not len(points):
        hint = ": give a single point as points[None]" if points.shape == (dim,) else ""
        raise ValueError(
            f"{name}: the points of an Ask must be an array (n, {dim}) of at least one point, got "
            f"shape {points.shape}{hint}."
        )
    if not isinstance(ask.order, Order):
        raise TypeError(f"{name}: the order of an Ask must be an Order, got {shown(ask.order)}.")
    if ask.order > order:
        raise ValueError(
            f"{name}: search requests Order.{ask.order.name}, more than its property order says, "
            f"Order.{order.name}: define that property."
        )
    if not isinstance(ask.mini_batch, MiniBatch | None):
        raise TypeError(
            f"{name}: the mini_batch of an Ask must be a MiniBatch or None, got "
            f"{shown(ask.mini_batch)}."
        )
    return ask
