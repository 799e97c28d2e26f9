"""What an optimizer asks, answered by a test function."""

from typing import NamedTuple

import numpy as np
import pytest
from helpers.error_checks import one_sentence

from metarnn.optimizers import AskTell, Optimizer, Order, minimize
from metarnn.optimizers.analytic import Function, sphere


class Asked(NamedTuple):
    points: np.ndarray
    order: Order


def asks(optimizer: Optimizer, function: Function, n: int, seed: int = 1) -> list[Asked]:
    """Return the first n asks, or fewer where the search ends."""
    search = AskTell(optimizer, function.space, seed)
    seen: list[Asked] = []
    while len(seen) < n and not search.finished:
        points = search.ask()
        seen.append(Asked(points, search.order))
        knows = function.gauss_newton if search.order is Order.GAUSS_NEWTON else function.gradient
        search.tell(points, *knows(points))
    return seen


def shapes(seen: list[Asked]) -> list[tuple[int, Order]]:
    return [(len(points), order) for points, order in seen]


def assert_same_asks(ones: list[Asked], others: list[Asked]) -> None:
    assert shapes(ones) == shapes(others)
    for one, other in zip(ones, others, strict=True):
        np.testing.assert_array_equal(one.points, other.points)


def assert_refused_unasked(optimizer: Optimizer, error: type[Exception], parts: list[str]) -> None:
    """Its settings are refused in one sentence with these parts, before the first evaluation."""
    calls: list[np.ndarray] = []
    with pytest.raises(error) as caught:
        minimize(calls.append, optimizer, budget=100, space=sphere(2).space)  # type: ignore[arg-type]
    one_sentence(caught, *parts)
    assert not calls
