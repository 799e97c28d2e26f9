"""Differential evolution, L-SHADE, particle swarms and the bee colony against their sources.

The twins are the published pseudocode point by point and coordinate by coordinate, on random
numbers drawn in the same order.
"""

import itertools
import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from scipy import stats

from metarnn.optimizers import (
    LSHADE,
    AskTell,
    BeeColony,
    DifferentialEvolution,
    ParticleSwarm,
    Population,
    Space,
    Told,
    minimize,
)
from metarnn.optimizers.analytic import Function, rastrigin, rosenbrock, sphere
from metarnn.optimizers.population.bee_colony import probabilities
from metarnn.optimizers.population.lshade_memory import Archive, SuccessMemory, without
from metarnn.optimizers.population.random_integers import bits_of, choose_others
from metarnn.optimizers.population.random_stream import uniforms

Rows = list[list[float]]


def slope(dim: int) -> Function:
    """The sum of the coordinates, which drives points to the walls."""
    space = Space.box(-1, 2, dim=dim)
    return Function("slope", lambda x: x.sum(1), np.ones_like, space, np.full(dim, -1.0), -dim)


def asks(optimizer: Population, function: Function, n: int, budget: float | None) -> Rows:
    """Return the first n asks of a search."""
    search = AskTell(optimizer, function.space, seed=6, budget=budget)
    asked = []
    for _ in range(n):
        asked.append(search.ask().tolist())
        search.tell(asked[-1], function(np.array(asked[-1])))
    return asked


def agree(asked: list[Rows], expected: list[Rows]) -> None:
    assert [len(points) for points in asked] == [len(points) for points in expected]
    for ones, others in zip(asked, expected, strict=True):
        np.testing.assert_allclose(ones, others, rtol=1e-9, atol=1e-12)


def loss_of(function: Function, point: list[float]) -> float:
    return float(function(np.array([point]))[0])


def others_of(i: int, ends: tuple[int, ...], draws: list[int]) -> list[int]:
    """Return what draws choose for point i: each counts through what is left below its end."""
    chosen: list[int] = []
    for end, draw in zip(ends, draws, strict=True):
        left = [number for number in range(end) if number != i and number not in chosen]
        chosen.append(left[draw])
    return chosen


# --- What the two differential evolutions share ------------------------------------------


def test_others_are_all_different_and_each_as_likely() -> None:
    rng = np.random.default_rng(1)
    drawn = [tuple(rows) for _ in range(800) for rows in choose_others(bits_of(rng), 5, (5, 5, 5))]
    for i in range(5):
        counts = Counter(drawn[i::5])
        expected = list(itertools.permutations(set(range(5)) - {i}, 3))
        assert sorted(counts) == sorted(expected)
        assert stats.chisquare([counts[each] for each in expected]).pvalue > 1e-4


def test_others_of_the_archive_come_after_the_points() -> None:
    rng = np.random.default_rng(2)
    drawn = np.stack([choose_others(bits_of(rng), 4, (4, 7)) for _ in range(2000)])
    for i in range(4):
        pairs = [(a, b) for a in range(4) for b in range(7) if len({i, a, b}) == 3]
        counts = Counter(map(tuple, drawn[:, i].tolist()))
        assert sorted(counts) == sorted(pairs)
        assert stats.chisquare([counts[pair] for pair in pairs]).pvalue > 1e-4


def test_one_coordinate_of_a_trial_is_surely_the_mutants() -> None:
    optimizer = DifferentialEvolution(population_size=20, crossover_rate=0.0)
    search = optimizer.search(sphere(5).space, np.random.default_rng(1))
    points, counts = next(search).points.copy(), np.zeros(5, int)
    trials = search.send(Told(np.zeros(20))).points
    for _ in range(300):
        moved = trials != points
        assert (moved.sum(axis=1) == 1).all()
        counts += moved.sum(axis=0)
        trials = search.send(Told(np.ones(20))).points  # no trial is better, so the points stay
    assert stats.chisquare(counts).pvalue > 1e-4


# --- Differential evolution --------------------------------------------------------------


def storn_price(function: Function, n: int, F: float, CR: float, generations: int) -> list[Rows]:
    """DE/rand/1/bin, coordinate by coordinate."""
    rng, D = np.random.default_rng(6), function.dim
    low, high = (corner.tolist() for corner in np.asarray(function.space.bounds))
    x = function.space.initial(n, rng).tolist()
    losses = [loss_of(function, point) for point in x]
    asked = [[list(point) for point in x]]
    for _ in range(generations):
        draws = rng.integers([n - 1, n - 2, n - 3], size=(n, 3)).tolist()
        chances, surely = uniforms((n, D), rng).tolist(), rng.integers(D, size=n).tolist()
        trials = []
        for i in range(n):
            a, b, c = others_of(i, (n, n, n), draws[i])
            trial = list(x[i])
            for d in range(D):
                if chances[i][d] <= CR or d == surely[i]:
                    trial[d] = min(max(x[a][d] + F * (x[b][d] - x[c][d]), low[d]), high[d])
            trials.append(trial)
        asked.append(trials)
        for i, trial in enumerate(trials):
            loss = loss_of(function, trial)
            if loss <= losses[i]:
                x[i], losses[i] = trial, loss
    return asked


@pytest.mark.parametrize("function", [rosenbrock(3), slope(4)], ids=["rosenbrock", "slope"])
@pytest.mark.parametrize(("n", "F", "CR"), [(12, 0.5, 0.9), (4, 1.3, 0.4), (9, 0.7, 0.0)])
def test_de_is_its_equations(function: Function, n: int, F: float, CR: float) -> None:
    optimizer = DifferentialEvolution(n, F, CR)
    agree(asks(optimizer, function, 16, None), storn_price(function, n, F, CR, 15))


def test_de_without_differences_only_copies() -> None:
    asked = asks(DifferentialEvolution(6, 0.0, 1.0), sphere(3), 8, None)
    first = {tuple(point) for point in asked[0]}
    for points in asked[1:]:
        assert {tuple(point) for point in points} <= first


def test_de_without_crossover_changes_one_coordinate() -> None:
    optimizer = DifferentialEvolution(8, 0.8, 0.0)
    # Told nothing but worse, the points stay as they are.
    search = optimizer.search(Space.normal(5), np.random.default_rng(1))
    points = next(search).points.copy()
    trials = search.send(Told(np.zeros(8))).points
    for _ in range(20):
        assert ((trials != points).sum(axis=1) == 1).all()
        trials = search.send(Told(np.ones(8))).points


# --- L-SHADE -----------------------------------------------------------------------------


def lehmer(values: list[float], gains: list[float]) -> float:
    total = sum(gains)
    weights = [gain / total for gain in gains]
    top = sum(w * value**2 for w, value in zip(weights, values, strict=True))
    return top / sum(w * value for w, value in zip(weights, values, strict=True))


def tanabe_fukunaga(
    function: Function,
    settings: dict[str, Any],
    asks: int,
    budget: float,
) -> list[Rows]:
    """SHADE with linear reduction of the population, as the paper has it."""
    rng, D = np.random.default_rng(6), function.dim
    low, high = (corner.tolist() for corner in np.asarray(function.space.bounds))
    H, p, r_arc = settings["history_size"], settings["best_fraction"], settings["archive_rate"]
    n = n_init = min(18 * D, settings["population_size"])
    x = function.space.initial(n, rng).tolist()
    losses = [loss_of(function, point) for point in x]
    asked, passes = [[list(point) for point in x]], n
    M_F, M_CR, k = [0.5] * H, [0.5] * H, 0
    archive: Rows = []
    capacity = round(r_arc * n)

    def taken_out(rows: list[Any], gone: list[int]) -> list[Any]:
        """The last rows move into the places of those that go."""
        size = len(rows) - len(gone)
        rest = [i for i in range(size, len(rows)) if i not in gone]
        holes = [i for i in gone if i < size]
        moved = dict(zip(holes, rest, strict=True))
        return [rows[moved.get(i, i)] for i in range(size)]

    while len(asked) < asks:
        entries, angles = rng.integers(H, size=n).tolist(), rng.random(n).tolist()
        F, CR = [], []
        for r, share in zip(entries, angles, strict=True):
            lowest = math.atan(-M_F[r] / 0.1)
            angle = math.pi / 2 - (math.pi / 2 - lowest) * share
            F.append(min(1.0, M_F[r] + 0.1 * math.tan(angle)))
        for r, z in zip(entries, rng.standard_normal(n).tolist(), strict=True):
            CR.append(0.0 if M_CR[r] is None else min(1.0, max(0.0, M_CR[r] + 0.1 * z)))
        ranked = sorted(range(n), key=lambda i: losses[i])
        best = [ranked[j] for j in rng.integers(max(2, round(p * n)), size=n).tolist()]
        draws = rng.integers([n - 1, n + len(archive) - 2], size=(n, 2)).tolist()
        chances, surely = uniforms((n, D), rng).tolist(), rng.integers(D, size=n).tolist()
        trials = []
        for i in range(n):
            a, b = others_of(i, (n, n + len(archive)), draws[i])
            union, trial = x + archive, list(x[i])
            for d in range(D):
                v = x[i][d] + F[i] * (x[best[i]][d] - x[i][d]) + F[i] * (x[a][d] - union[b][d])
                v = (low[d] + x[i][d]) / 2 if v < low[d] else v
                v = (high[d] + x[i][d]) / 2 if v > high[d] else v
                if chances[i][d] <= CR[i] or d == surely[i]:
                    trial[d] = v
            trials.append(trial)
        asked.append(trials)
        passes += n
        rivals = [loss_of(function, trial) for trial in trials]
        won = [i for i in range(n) if rivals[i] < losses[i]]
        if won:
            n_replaced = len(won) - min(len(won), capacity - len(archive))
            places = rng.integers(capacity, size=n_replaced).tolist() if capacity else []
            for i in won if capacity else []:
                if len(archive) < capacity:
                    archive.append(x[i])
                else:
                    archive[places.pop(0)] = x[i]
            gains = [losses[i] - rivals[i] for i in won]
            if M_CR[k] is None or max(CR[i] for i in won) == 0:
                M_CR[k] = None
            else:
                M_CR[k] = lehmer([CR[i] for i in won], gains)
            M_F[k] = lehmer([F[i] for i in won], gains)
            k = (k + 1) % H
        for i in range(n):
            if rivals[i] <= losses[i]:
                x[i], losses[i] = trials[i], rivals[i]
        size = round(n_init + (4 - n_init) * min(1.0, passes / budget))
        if size < n:
            gone = sorted(range(n), key=lambda i: losses[i])[size:]
            x, losses, n = taken_out(x, gone), taken_out(losses, gone), size
            capacity = round(r_arc * size)
            if len(archive) > capacity:
                surplus = len(archive) - capacity
                gone = rng.choice(len(archive), surplus, replace=False).tolist()
                archive = taken_out(archive, gone)
    return asked


PAPER = {"history_size": 6, "best_fraction": 0.11, "archive_rate": 2.6}


@pytest.mark.parametrize("budget", [600, math.inf], ids=["shrinking", "standing"])
@pytest.mark.parametrize("function", [rosenbrock(3), slope(4)], ids=["rosenbrock", "slope"])
@pytest.mark.parametrize(
    "settings",
    [
        {"population_size": 200, **PAPER},
        {"population_size": 20, **PAPER},
        {"population_size": 30, "history_size": 1, "best_fraction": 0.5, "archive_rate": 0.0},
        {"population_size": 25, "history_size": 2, "best_fraction": 0.0, "archive_rate": 0.3},
    ],
    ids=["paper", "small", "no archive", "small archive"],
)
def test_lshade_is_its_algorithm(
    settings: dict[str, Any], function: Function, budget: float
) -> None:
    expected = tanabe_fukunaga(function, settings, 25, budget)
    # Where the budget is unknown nothing is said to be spent.
    known = None if math.isinf(budget) else budget
    agree(asks(LSHADE(**settings), function, 25, known), expected)


def test_lshade_forgets_to_cross_over_for_good() -> None:
    memory = SuccessMemory(2)
    memory.learn(np.array([0.5, 0.7]), np.array([0.0, 0.0]), np.array([1.0, 2.0]))
    assert np.isnan(memory.rates[0])
    memory.learn(np.array([0.5]), np.array([0.4]), np.array([1.0]))
    memory.learn(np.array([0.2]), np.array([0.9]), np.array([1.0]))
    assert np.isnan(memory.rates[0])
    np.testing.assert_allclose(memory.weights, [0.2, 0.5])
    np.testing.assert_allclose(memory.rates[1], 0.4)
    rates = [memory.draw(50, np.random.default_rng(seed))[1] for seed in range(20)]
    # Of the two entries, one gives 0 and the other hardly ever does.
    assert np.mean(np.array(rates) == 0) == pytest.approx(0.5, abs=0.1)


@pytest.mark.filterwarnings("error")
def test_lshade_weighs_by_gains() -> None:
    memory = SuccessMemory(5)
    F, CR = np.array([0.2, 0.8]), np.array([0.5, 1.0])
    for gains in ([1.0, 3.0], [math.inf, 2.0], [math.inf, math.inf], [5e-324, 1e-323]):
        memory.learn(F, CR, np.array(gains))
    # The Lehmer mean of 0.2 and 0.8 with weights u : v is (0.04 u + 0.64 v) / (0.2 u + 0.8 v).
    even, double = 0.68 / 1.0, 1.32 / 1.8
    np.testing.assert_allclose(memory.weights[:4], [1.96 / 2.6, even, even, double])
    np.testing.assert_allclose(memory.rates[:2], [3.25 / 3.5, 1.25 / 1.5])
    assert memory.weights[4] == memory.rates[4] == 0.5


@pytest.mark.parametrize("mean", [0.02, 0.5, 1.0])
def test_lshade_draws_f_as_if_it_drew_again(mean: float) -> None:
    memory = SuccessMemory(3)
    memory.weights[:] = mean
    F, CR = memory.draw(50_000, np.random.default_rng(3))
    cauchy = stats.cauchy(mean, 0.1)

    def positive(t: np.ndarray) -> np.ndarray:
        return (cauchy.cdf(t) - cauchy.cdf(0)) / cauchy.sf(0)

    assert (F > 0).all()
    inside = F < 1
    assert stats.kstest(F[inside], lambda t: positive(t) / positive(1.0)).pvalue > 1e-4
    share = 1 - positive(np.array(1.0))
    assert np.mean(~inside) == pytest.approx(share, abs=5 * (share * (1 - share) / 50_000) ** 0.5)
    assert stats.kstest(CR, stats.norm(0.5, 0.1).cdf).pvalue > 1e-4


def test_lshade_shrinks_evenly_to_four() -> None:
    function, n, budget = sphere(3), 54, 2000
    asked = asks(LSHADE(), function, 160, budget)
    sizes, passes = [n], n
    while passes < budget:
        # The first rivals are as many as the first points.
        sizes.append(sizes[-1] if passes == n else round(n + (4 - n) * passes / budget))
        passes += sizes[-1]
    assert [len(points) for points in asked[: len(sizes)]] == sizes
    assert sizes[-1] <= 6


@pytest.mark.parametrize(("dim", "n"), [(1, 18), (2, 36), (5, 90), (6, 100), (500, 100)])
def test_lshade_begins_with_18_a_dimension_up_to_its_limit(dim: int, n: int) -> None:
    search = AskTell(LSHADE(), Space.normal(dim), seed=1)
    for _ in range(3):  # it stays as large, as no budget is known
        points = search.ask()
        assert len(points) == n
        search.tell(points, points[:, 0])


@pytest.mark.parametrize("gone", [[], [0], [4], [1, 3], [3, 4], [4, 0, 2], [0, 1, 2, 3, 4]])
def test_rows_are_taken_out(gone: list[int]) -> None:
    rows, size = np.arange(10.0).reshape(5, 2), 5 - len(gone)
    left = without(rows.copy(), np.array(gone, int))
    expected = rows.copy()
    expected[[i for i in gone if i < size]] = rows[[i for i in range(size, 5) if i not in gone]]
    np.testing.assert_array_equal(left, expected[:size])
    np.testing.assert_array_equal(without(rows[:, 0].copy(), np.array(gone, int)), left[:, 0])
    assert sorted(left[:, 0].tolist()) == [2.0 * i for i in range(5) if i not in gone]
    np.testing.assert_array_equal(left[:, 1] - left[:, 0], 1)


def test_the_archive_forgets_at_random() -> None:
    rng, counts = np.random.default_rng(1), np.zeros(12)
    for _ in range(2000):
        archive = Archive(8, 1)
        archive.add(np.arange(5.0)[:, None], np.arange(5), rng)
        archive.add(np.arange(12.0)[:, None], np.arange(5, 12), rng)
        assert archive.size == 8
        archive.shrink(6, rng)
        kept = archive.rows[: archive.size, 0].astype(int)
        assert len(set(kept.tolist())) == 6
        counts[kept] += 1
    # Four draws go over the first eight places; then two of eight are forgotten. Of the last
    # four, number j stays where none of those after it takes its place.
    stay = [(7 / 8) ** 4] * 8 + [(7 / 8) ** (3 - j) for j in range(4)]
    expected = 2000 * 0.75 * np.array(stay)
    np.testing.assert_allclose(counts, expected, atol=5 * math.sqrt(2000 / 4))


def test_lshade_leads_de() -> None:
    function = rosenbrock(10)
    lshade, de = (
        np.median([minimize(function, one, budget=20_000, seed=s).fun for s in range(3)])
        for one in (LSHADE(), DifferentialEvolution())
    )
    # Measured: 2e-13 and 1.6.
    assert lshade < 1e-6 * de


# --- Particle swarm ----------------------------------------------------------------------


def swarm(
    function: Function, n: int, chi: float, c1: float, c2: float, topology: str, generations: int
) -> list[Rows]:
    """The constricted swarm particle by particle, all moved before any is judged."""
    rng, D = np.random.default_rng(6), function.dim
    low, high = (corner.tolist() for corner in np.asarray(function.space.bounds))
    x = function.space.initial(n, rng).tolist()
    ends = function.space.sample(n, rng).tolist()
    v = [[(end - at) / 2 for end, at in zip(*pair, strict=True)] for pair in zip(ends, x)]  # noqa: B905
    own, losses = [list(point) for point in x], [loss_of(function, point) for point in x]
    asked = [[list(point) for point in x]]
    for _ in range(generations):
        r1, r2 = uniforms((2, n, D), rng).tolist()
        for i in range(n):
            near = range(n) if topology == "global" else [i, (i - 1) % n, (i + 1) % n]
            leader = own[min(near, key=lambda j: losses[j])]
            for d in range(D):
                v[i][d] = (
                    chi * v[i][d]
                    + c1 * r1[i][d] * (own[i][d] - x[i][d])
                    + c2 * r2[i][d] * (leader[d] - x[i][d])
                )
                x[i][d] += v[i][d]
                if not low[d] <= x[i][d] <= high[d]:
                    x[i][d], v[i][d] = min(max(x[i][d], low[d]), high[d]), 0.0
        asked.append([list(point) for point in x])
        for i in range(n):
            loss = loss_of(function, x[i])
            if loss <= losses[i]:
                own[i], losses[i] = list(x[i]), loss
    return asked


@pytest.mark.parametrize("topology", ["global", "ring"])
@pytest.mark.parametrize("function", [rosenbrock(3), slope(4)], ids=["rosenbrock", "slope"])
@pytest.mark.parametrize(
    ("n", "chi", "c1", "c2"), [(12, 0.7298, 1.49618, 1.49618), (2, 0.5, 2.0, 0.3), (5, 1, 0.1, 2)]
)
def test_swarm_is_its_equations(
    function: Function, n: int, chi: float, c1: float, c2: float, topology: str
) -> None:
    optimizer = ParticleSwarm(n, chi, c1, c2, topology)
    expected = swarm(function, n, chi, c1, c2, topology, 15)
    agree(asks(optimizer, function, 16, None), expected)


def test_particles_that_nothing_pulls_fly_straight_on() -> None:
    free = Function("free", lambda x: x.sum(1), np.ones_like, Space.normal(3), np.zeros(3), 0.0)
    asked = np.array(asks(ParticleSwarm(5, 1.0, 0.0, 0.0), free, 9, None))
    steps = np.diff(asked, axis=0)
    np.testing.assert_allclose(steps, np.broadcast_to(steps[0], steps.shape), rtol=1e-9)
    assert np.abs(steps[0]).min() > 1e-3
    still = np.array(asks(ParticleSwarm(5, 0.0, 0.0, 0.0), free, 9, None))
    np.testing.assert_array_equal(still, np.broadcast_to(still[0], still.shape))


def test_a_ring_hears_later_than_all() -> None:
    def pulled(topology: str) -> list[int]:
        """Return how many particles have moved by each generation: none is but by one point."""
        optimizer = ParticleSwarm(9, 0.0, 0.0, 1.0, topology)
        search = optimizer.search(Space.normal(2), np.random.default_rng(1))
        points = first = next(search).points.copy()
        told, counts = np.where(np.arange(9) == 4, 0.0, 1.0), []
        for _ in range(5):
            points = search.send(Told(told)).points
            moved = (points != first).any(axis=1)
            counts.append(int(moved.sum()))
            # Worse than what pulled them, better than the others, whom they pull from now on.
            told = np.where(moved, 0.5, 1.0)
        return counts

    assert pulled("global") == [8] * 5
    assert pulled("ring") == [2, 4, 6, 8, 8]


# --- Bee colony --------------------------------------------------------------------------


def bees(function: Function, n: int, limit: int, generations: int) -> list[Rows]:
    """Employed bees, onlookers and a scout, each phase judged as a whole; return the asks."""
    rng, D = np.random.default_rng(6), function.dim
    low, high = (corner.tolist() for corner in np.asarray(function.space.bounds))
    x = function.space.initial(n, rng).tolist()
    losses, failures = [loss_of(function, point) for point in x], [0] * n
    asked = [[list(point) for point in x]]

    def phase(chosen: list[int]) -> None:
        coordinates = rng.integers(D, size=n).tolist()
        partners = rng.integers(n - 1, size=n).tolist()
        phis = rng.uniform(-1, 1, n).tolist()
        rivals = []
        for i, j, partner, phi in zip(chosen, coordinates, partners, phis, strict=True):
            k = [other for other in range(n) if other != i][partner]
            rival = list(x[i])
            rival[j] = min(max(x[i][j] + phi * (x[i][j] - x[k][j]), low[j]), high[j])
            rivals.append(rival)
        asked.append(rivals)
        for i in set(chosen):
            own = [rival for c, rival in zip(chosen, rivals, strict=True) if c == i]
            best = min(own, key=lambda rival: loss_of(function, rival))
            if loss_of(function, best) < losses[i]:
                x[i], losses[i], failures[i] = best, loss_of(function, best), 0
            else:
                failures[i] += len(own)

    for _ in range(generations):
        phase(list(range(n)))
        fitness = [1 / (1 + f) if f >= 0 else 1 + abs(f) for f in losses]
        phase(rng.choice(n, n, p=np.array(fitness) / sum(fitness)).tolist())
        stuck = failures.index(max(failures))
        if failures[stuck] > limit:
            x[stuck] = function.space.sample(1, rng)[0].tolist()
            losses[stuck], failures[stuck] = loss_of(function, x[stuck]), 0
            asked.append([list(x[stuck])])
    return asked


@pytest.mark.parametrize("function", [rosenbrock(3), slope(4)], ids=["rosenbrock", "slope"])
@pytest.mark.parametrize(("n", "limit"), [(12, 100), (2, 2), (7, 0)])
def test_bees_are_their_phases(function: Function, n: int, limit: int) -> None:
    expected = bees(function, n, limit, 15)
    if limit == 0:
        assert 1 in map(len, expected)
    agree(asks(BeeColony(n, limit), function, len(expected), None), expected)


def test_bees_change_one_coordinate() -> None:
    search = BeeColony(6, 10**6).search(Space.normal(5), np.random.default_rng(1))
    points = next(search).points.copy()
    rivals = search.send(Told(np.zeros(6))).points
    for _ in range(20):
        assert len(rivals) == 6
        for rival in rivals:
            assert (rival != points).sum(axis=1).min() == 1
        rivals = search.send(Told(np.ones(6))).points


def test_bees_give_up_after_n_dim_failures() -> None:
    search = BeeColony(4).search(Space.normal(3), np.random.default_rng(1))
    next(search)
    sizes = [len(search.send(Told(np.zeros(4))).points)]
    while sizes[-1] != 1:
        sizes.append(len(search.send(Told(np.ones(sizes[-1]))).points))
    # 4 of the 8 failures of a generation are one for each point, and 4 go by chance: the first to
    # have 13 needs at least 13 / 5 generations and at most 13 / 1; on average, two each.
    assert 6 <= len(sizes) - 1 <= 13
    assert sizes[:-1] == [4] * (len(sizes) - 1)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([0.0, 1.0, 3.0], [4 / 7, 2 / 7, 1 / 7]),
        ([-1.0, 0.0, math.inf], [2 / 3, 1 / 3, 0.0]),
        ([math.inf, math.inf], [0.5, 0.5]),
        ([-1e308, -1e308, -1e308], [1 / 3, 1 / 3, 1 / 3]),
    ],
)
def test_onlookers_prefer_the_better(losses: list[float], expected: list[float]) -> None:
    np.testing.assert_allclose(probabilities(np.array(losses)), expected, rtol=1e-12)


# --- Between generations -----------------------------------------------------------------


@pytest.mark.parametrize(
    "optimizer",
    [
        DifferentialEvolution(8),
        LSHADE(8),
        ParticleSwarm(8),
        ParticleSwarm(8, topology="ring"),
        BeeColony(8, limit=10**6),
    ],
    ids=repr,
)
def test_what_is_written_between_generations_is_kept_and_used(optimizer: Population) -> None:
    function, planted = rastrigin(3), np.full(3, 0.125)
    seen: list[tuple[np.ndarray, np.ndarray]] = []

    def between(points: np.ndarray, losses: np.ndarray) -> Any:
        seen.append((points.copy(), losses.copy()))
        if len(seen) == 3:
            # Better than all that there is, so nothing replaces it.
            points[5], losses[5] = planted, -1.0
        yield from ()

    search = optimizer.evolve(function.space, np.random.default_rng(4), between)
    asked, told = next(search).points, []
    for _ in range(24):
        told.append(asked.copy())
        asked = search.send(Told(function(asked))).points
    for points, losses in seen:
        finite = losses >= 0
        np.testing.assert_array_equal(losses[finite], function(points[finite]))
    for points, losses in seen[:3]:
        assert losses.min() >= 0
        assert not (points == planted).all(axis=1).any()
    for points, losses in seen[3:]:
        assert (points[losses.argmin()] == planted).all()
        assert losses.min() == -1.0
    # It draws the others to it, or lends them its coordinates.
    late = np.abs(np.concatenate(told[-6:]) - planted)
    early = np.abs(np.concatenate(told[:3]) - planted)
    assert np.median(late) < 0.8 * np.median(early)
