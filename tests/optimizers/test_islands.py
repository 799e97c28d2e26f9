"""Searches in lockstep, and populations that send each other their best."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from helpers.error_checks import one_sentence
from helpers.recording import Asked, asks, assert_same_asks, shapes

from metarnn.optimizers import (
    GA,
    Adam,
    Ask,
    CuckooSearch,
    GradientDescent,
    HybridGA,
    Islands,
    Memetic,
    MiniBatch,
    Optimizer,
    Order,
    Population,
    RandomSearch,
    Rprop,
    Search,
    Space,
    Told,
    lockstep,
    minimize,
)
from metarnn.optimizers.analytic import Function, rastrigin, rosenbrock, sphere
from metarnn.optimizers.hybrid.islands import settle
from metarnn.optimizers.population_based import Between

VALUE, GRADIENT = Order.VALUE, Order.GRADIENT


# --- Lockstep ----------------------------------------------------------------------------


def asking(n_asks: int, start: float, *asks: tuple[Order, MiniBatch | None], n: int = 1) -> Search:
    """Ask so often about so many points; keep nothing."""
    for i in range(n_asks):
        order, part = asks[i % len(asks)] if asks else (VALUE, None)
        yield Ask(np.full((n, 2), start + i), order, part)


def drive(search: Search, n: int = 1000, function: Function | None = None) -> list[Ask]:
    """Answer a search to its end, or n times."""
    function, seen = function or sphere(2), []
    ask = next(search, None)
    while ask is not None and len(seen) < n:
        seen.append(ask._replace(points=ask.points.copy()))
        try:
            ask = search.send(Told(*function.gradient(ask.points)))
        except StopIteration:
            ask = None
    return seen


def test_asks_of_one_order_are_asked_at_once() -> None:
    seen = drive(lockstep([asking(2, 1.0, n=3), asking(2, 10.0), asking(2, 20.0, n=2)]))
    firsts = [ask.points[:, 0].tolist() for ask in seen]
    assert firsts == [[1, 1, 1, 10, 20, 20], [2, 2, 2, 11, 21, 21]]


def test_orders_and_parts_are_asked_apart() -> None:
    one, other = MiniBatch(0, 2, 5), MiniBatch(1, 2, 5)
    searches = [
        asking(2, 1.0, (VALUE, None), (GRADIENT, one)),
        asking(2, 10.0, (GRADIENT, None), (GRADIENT, one)),
        asking(2, 20.0, (VALUE, None), (GRADIENT, other)),
        asking(2, 30.0, (GRADIENT, None), (VALUE, None)),
    ]
    seen = [(a.points[:, 0].tolist(), a.order, a.mini_batch) for a in drive(lockstep(searches))]
    assert seen == [
        ([1, 20], VALUE, None),
        ([10, 30], GRADIENT, None),
        ([2, 11], GRADIENT, one),
        ([21], GRADIENT, other),
        ([31], VALUE, None),
    ]


def test_each_is_told_what_it_asked() -> None:
    heard: list[tuple[str, Told]] = []

    def listening(name: str, n: int, order: Order) -> Search:
        told = yield Ask(np.zeros((n, 2)), order)
        heard.append((name, told))

    search = lockstep(
        [listening("a", 2, VALUE), listening("b", 1, GRADIENT), listening("c", 3, VALUE)]
    )
    next(search)
    search.send(Told(np.arange(5.0), budget_fraction=0.25))
    with pytest.raises(StopIteration):
        search.send(Told(np.array([7.0]), np.ones((1, 2)), np.full((1, 2, 2), 3.0), 0.5))
    told = dict(heard)
    assert [told[name].losses.tolist() for name in "abc"] == [[0, 1], [7], [2, 3, 4]]
    assert told["a"].order is VALUE
    np.testing.assert_array_equal(told["b"].gradients, [[1, 1]])
    np.testing.assert_array_equal(told["b"].curvatures, np.full((1, 2, 2), 3.0))
    assert [told[name].budget_fraction for name in "abc"] == [0.25, 0.5, 0.25]


def test_a_search_that_ends_drops_out() -> None:
    searches = [asking(1, 1.0), asking(3, 10.0), asking(0, 20.0), asking(2, 30.0)]
    firsts = [ask.points[:, 0].tolist() for ask in drive(lockstep(searches))]
    assert firsts == [[1, 10, 30], [11, 31], [12]]


def test_nothing_to_do_is_done() -> None:
    assert drive(lockstep([])) == []
    assert drive(lockstep([asking(0, 1.0), asking(0, 2.0)])) == []


@pytest.mark.parametrize(
    "optimizers",
    [
        [CuckooSearch(), GA()],
        [Rprop(n_starts=3), RandomSearch(), HybridGA(refine_every=1)],
        [Adam(), GradientDescent(n_starts=2), Memetic(refine_every=2, n_refined=2, refine_steps=3)],
    ],
)
def test_each_search_is_what_it_is_alone(optimizers: list[Optimizer]) -> None:
    function, n = rastrigin(3), 40
    recorded: list[list[Asked]] = [[] for _ in optimizers]

    def overheard(search: Search, seen: list[Asked]) -> Search:
        ask = next(search)
        while len(seen) < n:
            seen.append(Asked(ask.points.copy(), ask.order))
            ask = search.send((yield ask))

    searches = [
        overheard(optimizer.search(function.space, np.random.default_rng(1)), seen)
        for optimizer, seen in zip(optimizers, recorded, strict=True)
    ]
    drive(lockstep(searches), function=function)
    for optimizer, seen in zip(optimizers, recorded, strict=True):
        assert_same_asks(seen, asks(optimizer, function, n))


def test_searches_are_closed_with_it() -> None:
    closed: list[int] = []

    def closing(i: int) -> Search:
        try:
            yield from asking(10, float(i))
        finally:
            closed.append(i)

    search = lockstep([closing(1), closing(2)])
    next(search)
    search.close()
    assert sorted(closed) == [1, 2]


# --- Islands -----------------------------------------------------------------------------


@dataclass
class Counting(Population):
    """A population that keeps what stands on it before and after what comes between."""

    n: int = 3
    loss: float = 0.0
    generations: int = 10**6
    seen: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Any:
        points = np.arange(self.n)[:, None] + np.full((self.n, space.dim), self.loss)
        losses = self.loss + np.arange(self.n)
        for _ in range(self.generations):
            yield Ask(points)
            yield from between(points, losses)
            self.seen.append((points[:, 0].tolist(), losses.tolist()))


def landscape(members: list[Any], n: int, **settings: Any) -> None:
    drive(Islands(members, **settings).search(sphere(2).space, np.random.default_rng(1)), n)


def test_migrants_go_round_the_ring() -> None:
    members = [Counting(loss=loss) for loss in (0.0, 10.0, 20.0)]
    landscape(members, 4, migrate_every=2)
    standing = [[losses for _, losses in member.seen] for member in members]
    # The first island hears of the third one a generation later, and nothing from it is better.
    assert standing[0] == 4 * [[0, 1, 2]]
    # In the second generation the best of the first goes to the second, and no further.
    assert standing[1] == [[10, 11, 12]] + 3 * [[10, 11, 0]]
    assert standing[2][:3] == [[20, 21, 22]] + 2 * [[20, 21, 10]]
    # Two migrations later, that of the first has come all the way.
    assert standing[2][3] == [20, 0, 10]
    assert members[1].seen[1][0] == [10, 11, 0]


def test_migrants_arrive_at_every_other_island_of_a_complete_graph() -> None:
    members = [Counting(loss=loss) for loss in (20.0, 0.0, 10.0)]
    landscape(members, 3, migrate_every=1, topology="complete")
    # The first island takes in at its next generation what the others have sent.
    assert members[0].seen[0][1] == [20, 21, 22]
    assert members[0].seen[1][1] == [20, 10, 0]
    assert members[2].seen[0][1] == [10, 11, 0]


@pytest.mark.parametrize("n_migrants", [1, 2, 3, 50])
def test_so_many_migrate(n_migrants: int) -> None:
    members = [Counting(loss=0.0), Counting(5, loss=10.0)]
    landscape(members, 2, migrate_every=1, n_migrants=n_migrants)
    arrived = sorted(loss for loss in members[1].seen[0][1] if loss < 10)
    assert arrived == [0, 1, 2][:n_migrants]
    assert len(members[1].seen[0][1]) == 5


@pytest.mark.parametrize("every", [1, 3, None])
def test_migrations_come_every_so_many_generations(every: int | None) -> None:
    members = [Counting(2, loss=0.0), Counting(2, loss=10.0)]
    landscape(members, 8, migrate_every=every)
    arrived = [0 in losses for _, losses in members[1].seen]
    assert arrived == [every is not None and g >= every for g in range(1, 9)]


def test_a_migrant_takes_the_place_of_the_worst_if_it_is_better() -> None:
    points, losses = np.arange(8.0).reshape(4, 2), np.array([3.0, 9.0, np.inf, 4.0])
    migrants = np.array([[10.0, 10.0], [20.0, 20.0], [30.0, 30.0]])
    settle(migrants, np.array([1.0, 5.0, 6.0]), points, losses)
    # For the infinite one, then for the 9; the worst is then 5, and 6 is not better.
    assert losses.tolist() == [3, 5, 1, 4]
    assert points.tolist() == [[0, 1], [20, 20], [10, 10], [6, 7]]


def test_no_point_settles_twice() -> None:
    points, losses = np.arange(8.0).reshape(4, 2), np.array([3.0, 9.0, np.inf, 4.0])
    settle(
        np.array([[0.0, 1.0], [5.0, 5.0], [5.0, 5.0]]), np.array([3.0, 2.0, 2.0]), points, losses
    )
    assert losses.tolist() == [3, 9, 2, 4]


def test_an_island_that_ends_drops_out() -> None:
    members = [Counting(2, generations=2), Counting(2, loss=10.0, generations=5)]
    landscape(members, 100, migrate_every=1)
    assert [len(member.seen) for member in members] == [2, 5]


@pytest.mark.parametrize("member", [CuckooSearch(), GA(), RandomSearch()])
@pytest.mark.parametrize("topology", ["ring", "complete"])
def test_a_lone_island_is_its_population_to_the_bit(member: Population, topology: str) -> None:
    lone = Islands([member], migrate_every=1, n_migrants=3, topology=topology)
    assert_same_asks(asks(lone, rastrigin(3), 30), asks(member, rastrigin(3), 30))


def test_islands_that_nothing_leaves_are_their_populations_to_the_bit() -> None:
    function, rng = rastrigin(3), np.random.default_rng(1)
    members = [GA(population_size=9), CuckooSearch(n_nests=7), GA(population_size=9)]
    keys = deepcopy(rng).integers(2**63, size=3)
    rngs = [rng, *map(np.random.default_rng, keys[1:])]
    alone = [
        drive(member.search(function.space, own), 20, function)
        for member, own in zip(members, rngs, strict=True)
    ]
    together = asks(Islands(members, migrate_every=None), function, 20)
    for one, (points, _) in zip(zip(*alone, strict=True), together, strict=True):
        np.testing.assert_array_equal(np.concatenate([ask.points for ask in one]), points)
    # Two islands of one kind are not the same island.
    assert not np.array_equal(alone[0][0].points, alone[2][0].points)


def test_the_seed_is_not_used_up() -> None:
    seed = np.random.SeedSequence(3)
    runs = [minimize(rosenbrock(3), Islands(), budget=300, seed=seed) for _ in range(2)]
    np.testing.assert_array_equal(runs[0].x, runs[1].x)
    assert seed.n_children_spawned == 0


def test_x0_is_for_the_first_island() -> None:
    members = [GA(population_size=5), GA(population_size=4)]
    given = Islands(members).search(sphere(2).space.starting_at([1, 2]), np.random.default_rng(1))
    points = next(given).points
    assert (points == [1, 2]).all(axis=1).tolist() == [True] + 8 * [False]


def test_whole_rounds_are_one_batch() -> None:
    members = [GA(population_size=10, n_elites=2), CuckooSearch(n_nests=6), RandomSearch(4)]
    assert shapes(asks(Islands(members), sphere(2), 4)) == [(20, VALUE)] + 3 * [(18, VALUE)]


def test_hybrids_and_populations_live_on_islands() -> None:
    members = [
        GA(population_size=6),
        HybridGA(GA(population_size=6), refine_every=1, n_refined=2, refine_steps=2),
    ]
    optimizer = Islands(members, migrate_every=2)
    assert optimizer.order is GRADIENT
    assert not optimizer.needs_mini_batches
    assert Islands([Memetic(GA(), Adam(n_batches=2))]).needs_mini_batches
    result = minimize(rastrigin(2), optimizer, budget=500, seed=1)
    assert result.stop == "budget"
    assert result.passes == result.nfev + 3 * result.njev > 497
    # The first populations at once, then gradients of the one and values of the other.
    assert shapes(asks(optimizer, rastrigin(2), 3)) == [(12, VALUE), (4, VALUE), (2, GRADIENT)]


def test_exchange_spreads_what_one_island_finds() -> None:
    # A fine search of its own box is lost on the first island, which starts at the optimum.
    def spread(every: int | None) -> float:
        members = [GA(population_size=8), RandomSearch(population_size=1), GA(population_size=8)]
        optimizer = Islands(members, migrate_every=every, topology="complete")
        search = optimizer.search(sphere(20).space.starting_at(np.zeros(20)), rng())
        seen = drive(search, 30, sphere(20))
        return float(sphere(20)(seen[-1].points[-6:]).min())

    def rng() -> np.random.Generator:
        return np.random.default_rng(1)

    assert spread(5) < 0.2 * spread(None)


def members_of(value: Any) -> Islands:
    return Islands(members=value)


@pytest.mark.parametrize(
    ("optimizer", "error", "parts"),
    [
        (members_of([]), TypeError, ["Islands: members", "a list of population methods", "got []"]),
        (members_of(GA()), TypeError, ["[CuckooSearch(), GA()]", "got GA("]),
        (members_of([GA(), Rprop()]), TypeError, ["population methods", "Rprop("]),
        (members_of([GA]), TypeError, ["population methods", "GA"]),
        (members_of(None), TypeError, ["got None"]),
        (members_of([GA(), GA(n_elites=50)]), ValueError, ["GA: n_elites", "got 50"]),
    ],
)
def test_members_that_are_none(
    optimizer: Islands, error: type[Exception], parts: list[str]
) -> None:
    with pytest.raises(error) as caught:
        optimizer.check()
    one_sentence(caught, *parts)


def test_settings_reach_the_members() -> None:
    optimizer = Islands().set_params(members__0__n_nests=5, members__2__mutation_rate=0.5)
    assert optimizer.members[0] == CuckooSearch(n_nests=5)
    assert optimizer.get_params()["members__2__mutation_rate"] == 0.5
    assert Islands().members[0] != optimizer.members[0]
