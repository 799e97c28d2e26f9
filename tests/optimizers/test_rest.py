"""A run that has nothing left to gain stops: at the floor of the loss, or at zero gradients."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from metarnn.optimizers import (
    LBFGS,
    OPTIMIZERS,
    Adam,
    AdamW,
    AskTell,
    Descent,
    GradientDescent,
    HybridGA,
    LevenbergMarquardt,
    MiniBatch,
    Optimizer,
    Order,
    Restarts,
    Rprop,
    Space,
    minimize,
)

SPACE = Space.box(-3, 3, dim=2)


class Dish:
    """A bowl with a flat bottom: 1 + max(0, x.x - 4), for values, gradients and batches."""

    def __init__(self, floor: float | None = None) -> None:
        if floor is not None:
            self.floor = floor
        self.asked: list[np.ndarray] = []

    def __call__(self, points: np.ndarray) -> np.ndarray:
        self.asked.append(points.copy())
        return 1.0 + np.maximum(0.0, (points**2).sum(axis=1) - 4.0)

    def gradient(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        losses = self(points)
        return losses, 2.0 * points * (losses > 1.0)[:, None]

    def gauss_newton(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        losses, gradients = self.gradient(points)
        curvatures = 2.0 * np.eye(points.shape[1]) * (losses > 1.0)[:, None, None]
        return losses, gradients, curvatures

    def cost(self, order: Order) -> float:
        return 1.0 + 2.0 * order

    def mini_batch(self, batch: MiniBatch) -> Any:
        return self


OWN = [name for name, kind in OPTIMIZERS.items() if kind.library is None]
DESCENTS = [name for name in OWN if issubclass(OPTIMIZERS[name], Descent)]


def run(optimizer: Any, objective: Any = None, **how: Any) -> Any:
    how = {"budget": 10_000, "seed": 1, "space": SPACE} | how
    return minimize(objective or Dish(), optimizer, **how)


@pytest.mark.parametrize("name", OWN)
def test_every_optimizer_stops_at_the_floor(name: str) -> None:
    result = run(name, Dish(floor=1.0))
    assert (result.stop, result.status, result.fun) == ("floor", 0, 1.0)
    assert result.passes < 10_000
    assert "nothing is left to gain" in result.message
    assert (result.history.best[:-1] > 1.0).all()


def test_a_target_at_the_floor_is_a_target() -> None:
    assert run("ga", Dish(floor=1.0), target=1.0).stop == "target"
    assert run("ga", Dish(floor=0.0), budget=300).stop == "budget"
    assert run("ga", Dish(), budget=300).stop == "budget"


@pytest.mark.parametrize("floor", ["low", np.nan, [0.0]])
def test_a_floor_is_a_loss(floor: Any) -> None:
    with pytest.raises(ValueError, match="The objective's floor must be a loss, got "):
        run("ga", Dish(floor=floor))


@pytest.mark.parametrize("n_starts", [1, 3])
@pytest.mark.parametrize("name", DESCENTS)
def test_descents_stop_at_zero_gradients(name: str, n_starts: int) -> None:
    optimizer = OPTIMIZERS[name](n_starts=n_starts)
    if "restart" in optimizer.get_params():
        assert run(optimizer, budget=500).stop == "budget"  # it starts again from a new point
        optimizer.set_params(restart="stay")
    if name == "adamw":  # which shrinks the weights without a gradient
        assert run(optimizer, budget=500).stop == "budget"
        optimizer.set_params(weight_decay=0.0)
    result = run(optimizer)
    assert (result.stop, result.status, result.fun) == ("stationary", 0, 1.0)
    assert result.passes < 10_000
    assert result.population.shape == (n_starts, 2)


def test_a_descent_is_the_same_until_it_rests() -> None:
    for optimizer in (Adam(), GradientDescent(momentum=0.9), Rprop(2)):
        objective = Dish()
        result = run(optimizer, objective)
        assert result.stop == "stationary"
        assert all(not np.array_equal(*pair) for pair in pairwise(objective.asked))
        search = optimizer.descend(
            SPACE.initial(optimizer.n_starts, np.random.default_rng(1)), SPACE, None
        )
        asked = [next(search).points.copy()]
        while len(asked) < len(objective.asked):
            told = _told(asked[-1])
            asked.append(search.send(told).points.copy())
        np.testing.assert_array_equal(asked, objective.asked)


def _told(points: np.ndarray) -> Any:
    from metarnn.optimizers import Told

    return Told(*Dish().gradient(points))


def test_one_start_with_a_gradient_is_enough_to_go_on() -> None:
    # 0.001 a step: the second start is under way when the first has long come to rest.
    optimizer = GradientDescent(2, learning_rate=1e-3, momentum=0.0)
    result = run(optimizer, x0=[[0.0, 0.0], [2.9, 2.9]], budget=300)
    assert (result.stop, result.passes) == ("budget", 300)


def test_an_epoch_of_mini_batches_comes_to_rest() -> None:
    result = run(Adam(n_batches=4))
    assert (result.stop, result.fun) == ("stationary", 1.0)

    class OneBatch(Dish):
        """A gradient in one of the mini-batches only."""

        def mini_batch(self, batch: MiniBatch) -> Any:
            return self if batch.number != 2 else Sloped()

    assert run(Adam(n_batches=4), OneBatch(), budget=500).stop == "budget"


class Sloped(Dish):
    def gradient(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self(points), np.ones_like(points)


@pytest.mark.parametrize(
    "optimizer",
    [
        HybridGA(),
        Restarts(Rprop()),
        Restarts(Adam(), on="end"),
        Restarts(HybridGA()),
        LBFGS(),
        LevenbergMarquardt(),
        AdamW(),
    ],
    ids=str,
)
def test_what_may_go_on_from_other_points_does(optimizer: Optimizer) -> None:
    objective = Dish()
    result = run(optimizer, objective, budget=600)
    assert result.stop == "budget"
    assert len(np.unique(np.concatenate(objective.asked[-50:]), axis=0)) > 1


def test_what_is_not_finite_is_no_rest() -> None:
    class Broken(Dish):
        def gradient(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            return self(points), np.full_like(points, np.nan)

    class Worse(Broken):
        def __call__(self, points: np.ndarray) -> np.ndarray:
            return np.full(len(points), np.nan)

    assert run(Rprop(), Broken(), budget=60).stop == "budget"
    with pytest.warns(UserWarning, match="had a finite loss"):
        assert run(Rprop(), Worse(), budget=60).stop == "budget"


def test_ask_and_tell_leaves_the_end_to_its_caller() -> None:
    search = AskTell(Rprop(), SPACE, seed=1)
    for _ in range(300):
        points = search.ask()
        search.tell(points, *Dish().gradient(points))
    assert search.best[1] == 1.0
    assert not search.finished
