"""Searches that begin again."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from helpers.error_checks import one_sentence
from helpers.recording import asks, assert_same_asks

from metarnn.optimizers import (
    GA,
    Adam,
    Ask,
    CuckooSearch,
    HybridGA,
    Islands,
    Memetic,
    MiniBatch,
    Optimizer,
    Order,
    RandomSearch,
    Restarts,
    Rprop,
    Space,
    Told,
    minimize,
    setting,
)
from metarnn.optimizers.analytic import Function, rastrigin, sphere


@dataclass
class Ending(Optimizer):
    """Ask so many times about so many points, then end; note what is told."""

    n_asks: int = 3
    size: int | None = setting(4, low=1)

    size_param = "size"

    def search(self, space: Space, rng: np.random.Generator) -> Any:
        for _ in range(self.n_asks):
            points = space.initial(self.size or 4, rng)
            yield Ask(points)


def losses_told(optimizer: Restarts, losses: list[float]) -> list[int]:
    """Tell losses, one an ask; return at which asks a run began."""
    begun: list[int] = []

    class Watched(Space):
        def initial(self, n: int, rng: np.random.Generator) -> np.ndarray:
            begun.append(len(told))
            return super().initial(n, rng)

    told: list[float] = []
    box = sphere(2).space
    search = optimizer.search(Watched(2, box.sampler, box.scale), np.random.default_rng(1))
    ask = next(search)
    for loss in losses:
        told.append(loss)
        n = len(ask.points)
        ask = search.send(Told(np.full(n, loss), np.ones((n, 2))))
    return begun


# --- When a run begins -------------------------------------------------------------------


@pytest.mark.parametrize("on", ["stall", "end"])
def test_a_search_that_ends_is_begun_anew(on: str) -> None:
    seen = asks(Restarts(Ending(3, 4), on=on, population_growth=1), sphere(2), 20)
    assert [len(points) for points, _ in seen] == 20 * [4]
    # Each run draws fresh points.
    assert len(np.unique(np.concatenate([points for points, _ in seen]), axis=0)) == 80


def test_a_search_that_never_asks_is_not_begun_for_ever() -> None:
    with pytest.raises(ValueError, match=r"Ending: search must yield .* but it ended without one"):
        asks(Restarts(Ending(n_asks=0)), sphere(2), 5)


@pytest.mark.parametrize("patience", [1, 2, 5])
def test_a_run_stalls_when_its_patience_is_over(patience: int) -> None:
    optimizer = Restarts(Rprop(), patience=patience, tol=0.1, population_growth=1)
    # The first ask of a run improves; then so many in vain.
    expected = [0, 1 + patience, 2 + 2 * patience]
    assert losses_told(optimizer, (3 + 2 * patience) * [1.0])[:3] == expected


@pytest.mark.parametrize(
    ("losses", "tolerance", "begun"),
    [
        # Each improves by a tenth of what it was, and more is asked for, or less.
        ([100.0, 90.0, 81.0, 72.9, 65.6, 59.0], 0.2, [0, 3, 6]),
        ([100.0, 90.0, 81.0, 72.9, 65.6, 59.0], 0.09, [0]),
        # Small steps add up, from where the last improvement was.
        ([100.0, 96.0, 92.0, 88.0, 84.0, 80.0], 0.05, [0]),
        # Up and down again is none.
        ([1.0, 0.5, 3.0, 0.5, 3.0, 0.5], 0.0, [0, 4]),
        # Losses below zero improve by a share of their size.
        ([-1.0, -2.0, -4.0, -8.0, -16.0, -32.0], 0.5, [0]),
        ([-1.0, -1.1, -1.2, -1.3, -1.4], 0.5, [0, 3]),
        # A finite loss improves on an infinite one, which itself is none.
        ([np.inf, np.inf], 0.1, [0, 2]),
        ([np.inf, 5.0, 4.0, 3.0, 2.0], 0.1, [0]),
        ([0.0, 0.0, 0.0], 0.1, [0, 3]),
    ],
)
def test_what_counts_as_an_improvement(
    losses: list[float], tolerance: float, begun: list[int]
) -> None:
    optimizer = Restarts(Rprop(), patience=2, tol=tolerance, population_growth=1)
    assert losses_told(optimizer, losses) == begun


def test_only_ends_count_where_it_is_said_so() -> None:
    assert losses_told(Restarts(Rprop(), on="end", patience=1), 20 * [1.0]) == [0]


def test_each_run_is_judged_by_its_own_best() -> None:
    # The second run is worse than the first one ever was, and gets on.
    optimizer = Restarts(Rprop(), patience=2, tol=0.1, population_growth=1)
    assert losses_told(optimizer, [1.0, 1.0, 1.0, 50.0, 40.0, 30.0, 20.0, 10.0]) == [0, 3]


def test_mini_batches_do_not_count() -> None:
    begun: list[int] = []

    @dataclass
    class Batches(Optimizer):
        def search(self, space: Space, rng: np.random.Generator) -> Any:
            begun.append(len(begun))
            while True:
                for number in range(3):
                    yield Ask(space.sample(1, rng), mini_batch=MiniBatch(number, 3, 1))
                yield Ask(space.sample(1, rng))

    search = Restarts(Batches(), patience=2).search(sphere(2).space, np.random.default_rng(1))
    next(search)
    for n in range(1, 25):
        # A run ends with the third judgement by all of the data, two after the first; it is
        # of the twelfth ask. Better losses of parts are none of its own.
        search.send(Told(np.array([1.0 if n % 4 == 0 else -float(n)])))
        assert len(begun) == 1 + n // 12


# --- What a run is -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "optimizer", [Rprop(n_starts=2), CuckooSearch(), HybridGA(), Islands(), Memetic(GA(), Adam())]
)
def test_before_it_restarts_it_is_the_optimizer_to_the_bit(optimizer: Optimizer) -> None:
    restarted = Restarts(optimizer, patience=10**6)
    assert_same_asks(asks(restarted, rastrigin(3), 40), asks(optimizer, rastrigin(3), 40))
    assert restarted.order is optimizer.order


@pytest.mark.parametrize(
    ("grow", "largest", "sizes"),
    [
        (1.0, None, [4, 4, 4, 4]),
        (2.0, None, [4, 8, 16, 32]),
        (2.0, 10, [4, 8, 10, 10]),
        (2.0, 3, [4, 4, 4, 4]),
        # What is rounded is not what grows.
        (1.2, None, [4, 5, 6, 7]),
    ],
)
def test_the_size_grows(grow: float, largest: int | None, sizes: list[int]) -> None:
    optimizer = Restarts(Ending(1, 4), population_growth=grow, largest_size=largest)
    assert [len(points) for points, _ in asks(optimizer, sphere(2), 4)] == sizes


def test_a_single_start_grows_too() -> None:
    optimizer = Restarts(Ending(1, 1), population_growth=1.3)
    sizes = [len(points) for points, _ in asks(optimizer, sphere(2), 8)]
    assert sizes == [round(1.3**i) for i in range(8)]


def test_a_size_left_open_grows_from_what_it_was() -> None:
    sizes = [len(points) for points, _ in asks(Restarts(Ending(1, None)), sphere(2), 3)]
    assert sizes == [4, 8, 16]


def test_sizes_within_compositions_grow() -> None:
    optimizer = Restarts(Memetic(CuckooSearch(n_nests=4), refine_every=100), patience=5, tol=0.9)
    sizes = [len(points) for points, _ in asks(optimizer, sphere(2), 60)]
    assert set(sizes) >= {4, 8, 16}
    assert sizes == sorted(sizes)
    assert optimizer.size_param == "optimizer__population__n_nests"
    assert optimizer.optimizer == Memetic(CuckooSearch(n_nests=4), refine_every=100)


def test_what_has_no_size_stays_as_it_is() -> None:
    members: Any = [GA(population_size=5), RandomSearch(population_size=3)]
    optimizer = Restarts(Islands(members), patience=3, tol=0.99)
    assert optimizer.size_param is None
    sizes = [len(points) for points, _ in asks(optimizer, sphere(2), 40)]
    assert set(sizes) == {8, 6}
    assert sizes.count(8) > 3


def test_x0_is_for_the_first_run() -> None:
    space = sphere(2).space.starting_at([0.5, 0.25])
    search = Restarts(Ending(1, 4), population_growth=1).search(space, np.random.default_rng(1))
    ask, found = next(search), []
    for _ in range(5):
        found.append(bool((ask.points == [0.5, 0.25]).all(axis=1).any()))
        ask = search.send(Told(np.ones(4)))
    assert found == [True, False, False, False, False]


def test_a_run_is_told_the_share_of_what_was_left_to_it() -> None:
    shares: list[float] = []

    @dataclass
    class Listening(Ending):
        def search(self, space: Space, rng: np.random.Generator) -> Any:
            for _ in range(self.n_asks):
                shares.append((yield Ask(space.initial(2, rng))).budget_fraction)

    search = Restarts(Listening(2)).search(sphere(2).space, np.random.default_rng(1))
    next(search)
    for spent in (0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 1.0):
        search.send(Told(np.ones(2), budget_fraction=spent))
    expected = [0.1, 0.2, 0.2 / 0.8, 0.4 / 0.8, 0.2 / 0.4, 1.0, 1.0, 1.0]
    np.testing.assert_allclose(shares, expected, rtol=1e-12)


def test_a_budget_that_is_not_known_stays_unknown() -> None:
    optimizer = Restarts(Adam(schedule="linear"), patience=2)
    plain = Restarts(Adam(), patience=2)
    assert_same_asks(asks(optimizer, sphere(2), 30), asks(plain, sphere(2), 30))


def test_schedules_follow_what_was_left() -> None:
    # The rate of a run falls from its whole height to none, whenever the run begins.
    starts: list[float] = []

    @dataclass
    class Watched(Adam):
        def rate(self, spent: float) -> float:
            starts.append(spent)
            return super().rate(spent)

    optimizer = Restarts(Watched(schedule="linear"), patience=3, tol=0.9, population_growth=1)
    minimize(rastrigin(3), optimizer, budget=300, seed=1)
    assert starts[0] == pytest.approx(0.01)
    assert min(starts[20:]) < 0.1
    assert (np.array(starts) <= 1).all()
    assert sum(np.diff(starts) < 0) > 5


def test_restarts_escape_what_one_run_does_not() -> None:
    one, many = (
        [minimize(rastrigin(2), each, budget=3000, seed=seed).fun for seed in range(9)]
        for each in (Rprop(), Restarts())
    )
    assert np.median(many) < 0.5 * np.median(one)


def test_the_budget_is_exact() -> None:
    optimizer = Restarts(
        HybridGA(GA(population_size=8), refine_every=1, n_refined=2, refine_steps=2), patience=4
    )
    for budget in (50, 333, 1001):
        result = minimize(rastrigin(2), optimizer, budget=budget, seed=1)
        assert budget - 3 < result.passes <= budget
        assert result.passes == result.nfev + 3 * result.njev


def test_runs_are_closed() -> None:
    closed: list[int] = []

    @dataclass
    class Closing(Ending):
        def search(self, space: Space, rng: np.random.Generator) -> Any:
            try:
                while True:
                    yield Ask(space.initial(2, rng), Order.VALUE)
            finally:
                closed.append(1)

    function: Function = sphere(2)
    minimize(function, Restarts(Closing(), patience=3, tol=0.99), budget=100, seed=1)
    assert len(closed) > 3


@pytest.mark.parametrize("value", [None, Rprop, "rprop", [Rprop()]])
def test_what_is_no_optimizer_cannot_be_restarted(value: Any) -> None:
    with pytest.raises(TypeError) as caught:
        Restarts(value).check()
    one_sentence(caught, "Restarts: optimizer", "such as Rprop()", f"got {repr(value)[:60]}")


def test_settings_reach_the_optimizer() -> None:
    optimizer = Restarts(HybridGA()).set_params(optimizer__population__population_size=9)
    assert optimizer.optimizer == HybridGA(GA(population_size=9))
    with pytest.raises(ValueError, match="GA: population_size"):
        Restarts(HybridGA(GA(population_size=1))).check()
