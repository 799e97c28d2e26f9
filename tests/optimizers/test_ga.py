"""The genetic algorithm, its operators and DEAP's."""

import itertools
import pickle
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from deap import base, tools
from helpers.recording import asks, assert_refused_unasked, shapes

from metarnn.optimizers import GA, HybridGA, Order, Space, Told, minimize
from metarnn.optimizers.analytic import Function, rastrigin, rosenbrock, sphere
from metarnn.optimizers.isolated_rng import IsolatedGlobalRNG
from metarnn.optimizers.population.genetic_operators import (
    blend_crossover,
    gaussian_mutation,
    tournament,
)


class Watch:
    """A selection that keeps the populations and losses that it is shown."""

    def __init__(self) -> None:
        self.populations: list[np.ndarray] = []
        self.losses: list[np.ndarray] = []

    def __call__(self, individuals: list[Any], k: int) -> list[Any]:
        self.populations.append(np.array(individuals))
        self.losses.append(np.array([each.fitness.values[0] for each in individuals]))
        return tools.selTournament(individuals, k, tournsize=3)


def watched(watch: Watch, **settings: Any) -> GA:
    toolbox = base.Toolbox()
    toolbox.register("select", watch)
    return GA(toolbox=toolbox, **settings)


# --- Generations -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "n_elites", "tournament_size", "rates", "mutation_scale"),
    [(50, 2, 3, (0.9, 0.1), 0.5), (7, 3, 2, (0.5, 0.5), 0.1), (10, 0, 4, (1.0, 1.0), 0.0)],
)
def test_the_genetic_algorithm_is_its_pseudocode(
    size: int,
    n_elites: int,
    tournament_size: int,
    rates: tuple[float, float],
    mutation_scale: float,
) -> None:
    function, rng = rosenbrock(3), np.random.default_rng(1)
    population = function.space.initial(size, rng)
    expected = [population]
    for _ in range(12):
        losses = function(population)
        parents = tournament(population, losses, size - n_elites, rng, tournament_size)
        children = gaussian_mutation(
            blend_crossover(parents, rng, rates[0]),
            rng, mutation_scale * function.space.scale, rates[1],
        )  # fmt: skip
        expected.append(np.clip(children, *np.asarray(function.space.bounds)))
        elites = sorted(range(size), key=losses.__getitem__)[:n_elites]
        population = np.concatenate([population[elites], expected[-1]])
    optimizer = GA(size, n_elites, tournament_size, *rates, mutation_scale)
    for (points, order), others in zip(asks(optimizer, function, 13), expected, strict=True):
        assert order is Order.VALUE
        np.testing.assert_array_equal(points, others)


def test_what_is_written_between_generations_counts() -> None:
    shown: list[tuple[np.ndarray, np.ndarray]] = []

    def between(points: np.ndarray, losses: np.ndarray) -> Iterator[Any]:
        shown.append((points.copy(), losses.copy()))
        points[3], losses[3] = 0.25, -1.0
        yield from ()

    optimizer = GA(6, 1, tournament_size=200, crossover_rate=0, mutation_rate=0)
    search = optimizer.evolve(sphere(2).space, np.random.default_rng(1), between)
    first = next(search).points.copy()
    assert (search.send(Told(np.arange(1.0, 7.0))).points == 0.25).all()
    search.send(Told(np.full(5, 7.0)))
    assert len(shown) == 2
    np.testing.assert_array_equal(shown[0][0], first)
    np.testing.assert_array_equal(shown[0][1], np.arange(1.0, 7.0))
    np.testing.assert_array_equal(shown[1][0][0], [0.25, 0.25])
    np.testing.assert_array_equal(shown[1][1], [-1, 7, 7, 7, 7, 7])


@pytest.mark.parametrize(
    ("size", "n_elites"), [(50, 2), (50, 0), (51, 2), (7, 6), (4, 1), (4, 0), (5, 4)]
)
def test_a_generation_evaluates_all_but_the_elites(size: int, n_elites: int) -> None:
    optimizer = GA(population_size=size, n_elites=n_elites)
    expected = [(size, Order.VALUE)] + 8 * [(size - n_elites, Order.VALUE)]
    assert shapes(asks(optimizer, sphere(2), 9)) == expected


def test_no_point_is_evaluated_twice() -> None:
    # Every child mates and mutates, so only an elite could come up again.
    optimizer = GA(population_size=10, n_elites=3, crossover_rate=1, mutation_rate=1)
    points = np.concatenate([points for points, _ in asks(optimizer, sphere(2), 100)])
    assert len(points) == 10 + 99 * 7
    assert len(np.unique(points, axis=0)) == len(points)


@pytest.mark.parametrize("n_elites", [0, 1, 3])
def test_elites_pass_on_as_they_are(n_elites: int) -> None:
    watch = Watch()
    optimizer = watched(watch, population_size=10, n_elites=n_elites)
    asks(optimizer, rastrigin(2), 30)
    pairs = itertools.pairwise(zip(watch.populations, watch.losses, strict=True))
    for (population, losses), (later, told) in pairs:
        best = np.argsort(losses, kind="stable")[:n_elites]
        np.testing.assert_array_equal(later[:n_elites], population[best])
        np.testing.assert_array_equal(told[:n_elites], losses[best])
        np.testing.assert_array_equal(told, rastrigin(2)(later))
    assert len(watch.populations) == 30


def test_only_the_order_of_the_losses_matters() -> None:
    squared = rosenbrock(2)
    rooted = Function(
        "rooted", lambda x: np.sqrt(squared(x)), squared.slope, squared.space, np.ones(2), 0.0
    )
    one, other = asks(GA(), squared, 30), asks(GA(), rooted, 30)
    np.testing.assert_array_equal(one[-1].points, other[-1].points)


# --- Settings that depend on each other --------------------------------------------------


@pytest.mark.parametrize(
    ("optimizer", "error", "parts"),
    [
        (GA(n_elites=50), ValueError, ["GA", "n_elites", "= 50", "got 50"]),
        (GA(population_size=4, n_elites=9), ValueError, ["GA", "n_elites", "= 4", "got 9"]),
        (GA(toolbox="deap"), TypeError, ["toolbox", "deap.base.Toolbox", "got 'deap'"]),
        (GA(toolbox=tools.cxBlend), TypeError, ["GA", "toolbox", "deap.base.Toolbox"]),
        (GA(toolbox={"mate": 1}), TypeError, ["toolbox", "{'mate': 1}"]),
    ],
)
def test_settings_that_do_not_fit_together(
    optimizer: GA, error: type[Exception], parts: list[str]
) -> None:
    assert_refused_unasked(optimizer, error, parts)


def test_a_toolbox_without_operators_changes_nothing() -> None:
    one, other = (asks(GA(toolbox=toolbox), sphere(2), 20) for toolbox in (None, base.Toolbox()))
    for (points, _), (others, _) in zip(one, other, strict=True):
        np.testing.assert_array_equal(points, others)


# --- Our operators -----------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_tournament_selects_by_rank(size: int) -> None:
    n, k = 5, 40_000
    losses = np.array([3.0, 1.0, 4.0, 0.0, 2.0])
    population = np.repeat(np.arange(5.0)[:, None], 2, axis=1)
    parents = tournament(population, losses, k, np.random.default_rng(1), size)
    assert parents.shape == (k, 2)
    shares = np.bincount(parents[:, 0].astype(int), minlength=n) / k
    for i, rank in enumerate(losses):
        # The best of `size` draws has this rank unless all draws are worse, or one is better.
        share = ((n - rank) / n) ** size - ((n - rank - 1) / n) ** size
        error = 5 * (share * (1 - share) / k) ** 0.5
        assert shares[i] == pytest.approx(share, abs=error)


def test_tournament_never_prefers_what_is_not_finite() -> None:
    losses = np.array([np.inf, np.inf, 1e300, np.inf])
    parents = tournament(np.eye(4), losses, 1000, np.random.default_rng(1), size=25)
    # All of 25 draws miss the only finite one with probability 0.00075.
    assert (parents == np.eye(4)[2]).all(axis=1).mean() > 0.99


def test_tournament_returns_copies() -> None:
    population = np.ones((4, 2))
    tournament(population, np.zeros(4), 3, np.random.default_rng(1))[:] = 7
    assert (population == 1).all()


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.5])
def test_blend_crossover_fills_the_widened_interval(alpha: float) -> None:
    n = 20_000
    parents = np.tile([[1.0, -3.0, 5.0], [2.0, 5.0, 5.0]], (n, 1))
    children = blend_crossover(parents.copy(), np.random.default_rng(1), rate=1.0, alpha=alpha)
    length = np.array([1.0, 8.0, 0.0])
    low = np.array([1.0, -3.0, 5.0]) - alpha * length
    width = (1 + 2 * alpha) * length
    assert (children >= low - 1e-12).all()
    assert (children <= low + width + 1e-12).all()
    # Evenly drawn: the mean is the middle, so the population's mean stays; and the deviation.
    for rows in (children[::2], children[1::2]):
        error = 5 * width / (12 * n) ** 0.5
        assert (np.abs(rows.mean(axis=0) - [1.5, 1, 5]) <= error + 1e-12).all()
        np.testing.assert_allclose(rows.std(axis=0), width / 12**0.5, rtol=5 / n**0.5, atol=1e-9)
    # Sister and brother are drawn apart, and so is each gene.
    draws = np.concatenate([children[::2, :2], children[1::2, :2]], axis=1)
    others = np.corrcoef(draws.T)[~np.eye(4, dtype=bool)]
    assert np.abs(others).max() < 5 / n**0.5


@pytest.mark.parametrize("rate", [0.0, 0.3, 0.9, 1.0])
def test_blend_crossover_mates_a_share_of_the_pairs(rate: float) -> None:
    n = 5000
    parents = np.random.default_rng(1).standard_normal((2 * n, 3))
    before = parents.copy()
    children = blend_crossover(parents.copy(), np.random.default_rng(2), rate=rate)
    changed = (children != parents).reshape(n, 6)
    # A pair is mated as a whole or not at all.
    assert (changed.all(axis=1) == changed.any(axis=1)).all()
    error = 5 * (rate * (1 - rate) / n) ** 0.5
    assert changed[:, 0].mean() == pytest.approx(rate, abs=error)
    np.testing.assert_array_equal(parents, before)


def test_blend_crossover_mates_neighbours() -> None:
    parents = np.repeat(100.0 * np.arange(4), 2)[:, None] + [[0.0], [1.0]] * 4
    children = blend_crossover(parents.copy(), np.random.default_rng(1), rate=1.0)
    assert (np.abs(children - parents) <= 1.5).all()
    assert (children != parents).all()


def test_operators_work_in_place() -> None:
    parents, rng = np.random.default_rng(1).standard_normal((6, 4)), np.random.default_rng(2)
    assert blend_crossover(parents, rng) is parents
    assert gaussian_mutation(parents, rng, np.ones(4)) is parents


@pytest.mark.parametrize("n", [1, 3, 7])
def test_blend_crossover_passes_an_odd_row_on(n: int) -> None:
    parents = np.random.default_rng(1).standard_normal((n, 4))
    children = blend_crossover(parents.copy(), np.random.default_rng(2), rate=1.0)
    np.testing.assert_array_equal(children[-1], parents[-1])
    assert (children[:-1] != parents[:-1]).all()


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 1.0])
def test_gaussian_mutation_changes_a_share_of_the_genes(rate: float) -> None:
    n, scale = 20_000, np.array([0.5, 3.0, 1e-3])
    children = np.ones((n, 3))
    noise = gaussian_mutation(children.copy(), np.random.default_rng(1), scale, rate) - 1
    assert (children == 1).all()
    changed = noise != 0
    error = 5 * (rate * (1 - rate) / n) ** 0.5
    np.testing.assert_allclose(changed.mean(axis=0), rate, atol=error)
    sizes = (noise / scale)[changed]
    # The first two moments of a standard normal, five standard errors about them.
    assert abs(sizes.sum()) <= 5 * len(sizes) ** 0.5
    assert (sizes**2).sum() == pytest.approx(len(sizes), abs=5 * (2 * len(sizes)) ** 0.5)


def test_mutation_is_in_units_of_the_scale_of_the_space() -> None:
    space = Space.box([-1, -100], [1, 100])
    optimizer = GA(
        population_size=4000, crossover_rate=0, mutation_rate=1, mutation_scale=0.01,
        tournament_size=1, n_elites=0,
    )  # fmt: skip
    search = optimizer.search(space, np.random.default_rng(1))
    population = next(search).points
    population[:] = 0  # all the same, so that a child shows its mutation
    children = search.send(Told(np.zeros(4000))).points
    expected = 0.01 * np.array([2, 200]) / 12**0.5
    np.testing.assert_allclose(children.std(axis=0), expected, rtol=5 / 8000**0.5)


@pytest.mark.parametrize(
    ("settings", "check"),
    [
        ({"mutation_rate": 0}, lambda change: (change == 0).all()),
        ({"mutation_rate": 1}, lambda change: (change != 0).all()),
        ({"mutation_rate": 1, "mutation_scale": 0}, lambda change: (change == 0).all()),
    ],
)
def test_settings_reach_the_operators(
    settings: dict[str, float], check: Callable[[np.ndarray], bool]
) -> None:
    optimizer = GA(population_size=30, n_elites=0, crossover_rate=0, **settings)  # type: ignore[arg-type]
    first, second = (points for points, _ in asks(optimizer, sphere(2), 2))
    change = np.abs(second[:, None] - first).min(axis=1)
    assert check(change)


def test_the_tournament_has_the_size_of_its_setting() -> None:
    optimizer = GA(
        population_size=50, n_elites=0, crossover_rate=0, mutation_rate=0, tournament_size=400
    )
    first, second = (points for points, _ in asks(optimizer, sphere(2), 2))
    # Of 400 draws from 50, one is the best all but surely.
    best = first[sphere(2)(first).argmin()]
    np.testing.assert_array_equal(second, np.tile(best, (50, 1)))


# --- DEAP's operators --------------------------------------------------------------------


class Counted:
    """An operator that counts its calls."""

    def __init__(self, operator: Callable[..., Any]) -> None:
        self.operator = operator
        self.n_calls = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.n_calls += 1
        return self.operator(*args, **kwargs)


OPERATORS: list[tuple[str, Callable[..., Any], dict[str, Any]]] = [
    ("select", tools.selTournament, {"tournsize": 3}),
    ("select", tools.selBest, {}),
    ("select", tools.selRandom, {}),
    ("mate", tools.cxTwoPoint, {}),
    ("mate", tools.cxBlend, {"alpha": 0.5}),
    ("mate", tools.cxSimulatedBinary, {"eta": 2.0}),
    ("mutate", tools.mutGaussian, {"mu": 0, "sigma": 0.5, "indpb": 0.2}),
    ("mutate", tools.mutShuffleIndexes, {"indpb": 0.5}),
]


def toolbox_with(name: str, operator: Callable[..., Any], **options: Any) -> base.Toolbox:
    toolbox = base.Toolbox()
    toolbox.register(name, operator, **options)
    return toolbox


operators = pytest.mark.parametrize(
    ("name", "operator", "options"), [pytest.param(*o, id=o[1].__name__) for o in OPERATORS]
)


@operators
def test_deap_operators_take_the_place_of_ours(
    name: str, operator: Callable[..., Any], options: dict[str, Any]
) -> None:
    counted = Counted(operator)
    optimizer = GA(
        population_size=10, n_elites=2, crossover_rate=1, toolbox=toolbox_with(name, counted)
    )
    optimizer.toolbox.register(name, counted, **options)
    seen = asks(optimizer, sphere(4), 4)
    assert [len(points) for points, _ in seen] == [10, 8, 8, 8]
    # Answering the fourth ask has made a fourth generation of eight children.
    assert counted.n_calls == 4 * {"select": 1, "mate": 4, "mutate": 8}[name]
    plain = asks(GA(population_size=10, n_elites=2, crossover_rate=1), sphere(4), 4)
    np.testing.assert_array_equal(seen[0].points, plain[0].points)
    assert not np.array_equal(seen[1].points, plain[1].points)


@operators
def test_deap_operators_are_seeded_by_the_run(
    name: str, operator: Callable[..., Any], options: dict[str, Any]
) -> None:
    def run(seed: int) -> np.ndarray:
        optimizer = GA(toolbox=toolbox_with(name, operator, **options))
        return minimize(rosenbrock(3), optimizer, budget=500, seed=seed).history.losses

    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    legacy, python = pickle.dumps(np.random.get_state()), random.getstate()  # noqa: NPY002
    first = run(1)
    assert pickle.dumps(np.random.get_state()) == legacy  # noqa: NPY002
    assert random.getstate() == python
    random.random()
    np.random.random()  # noqa: NPY002
    np.testing.assert_array_equal(run(1), first)
    assert not np.array_equal(run(2), first)


@operators
def test_deap_operators_learn(
    name: str, operator: Callable[..., Any], options: dict[str, Any]
) -> None:
    losses = [
        minimize(
            sphere(5), GA(toolbox=toolbox_with(name, operator, **options)), budget=2000, seed=seed
        ).fun
        for seed in range(3)
    ]
    assert np.median(losses) < 1.0


def test_all_of_deap_together() -> None:
    toolbox = base.Toolbox()
    counts = []
    for name, operator, options in (OPERATORS[0], OPERATORS[3], OPERATORS[6]):
        counts.append(Counted(operator))
        toolbox.register(name, counts[-1], **options)
    optimizer = HybridGA(population=GA(population_size=20, toolbox=toolbox), refine_every=2)
    result = minimize(rastrigin(2), optimizer, budget=3000, seed=1)
    assert result.fun < 1.0
    assert result.njev > 100
    assert min(each.n_calls for each in counts) > 10


def test_both_children_of_a_deap_mating_count() -> None:
    def mate(one: Any, other: Any) -> tuple[Any, Any]:
        one[0], other[0] = 1.25, 2.5
        return one, other

    optimizer = GA(
        population_size=7, n_elites=0, crossover_rate=1, mutation_rate=0,
        toolbox=toolbox_with("mate", mate),
    )  # fmt: skip
    first, second = (points for points, _ in asks(optimizer, sphere(3), 2))
    assert second[:6, 0].tolist() == [1.25, 2.5] * 3
    # Other genes, and the odd last row, are the parents'.
    assert np.isin(second[:, 1:], first[:, 1:]).all()
    assert second[6, 0] in first[:, 0]


def test_successive_generations_draw_anew() -> None:
    # The same global seed for every call would repeat the same mutation for ever.
    def mutate(individual: list[float]) -> tuple[list[float]]:
        draws.append((random.random(), np.random.random()))  # noqa: NPY002
        return (individual,)

    draws: list[tuple[float, float]] = []
    asks(GA(population_size=5, toolbox=toolbox_with("mutate", mutate)), sphere(2), 30)
    assert len(draws) == 90
    assert len(np.unique(np.array(draws), axis=0)) == 90


def test_individuals_are_what_deap_expects() -> None:
    watch = Watch()
    asks(watched(watch, population_size=6), sphere(3), 2)
    np.testing.assert_array_equal(watch.losses[0], sphere(3)(watch.populations[0]))

    seen: list[Any] = []

    def select(individuals: list[Any], k: int) -> list[Any]:
        seen.extend(individuals)
        return tools.selBest(individuals, k)

    optimizer = GA(population_size=6, n_elites=1, toolbox=toolbox_with("select", select))
    first, _ = asks(optimizer, sphere(3), 2)
    individuals = seen[:6]
    assert [list(each) for each in individuals] == first.points.tolist()
    assert all(isinstance(gene, float) for each in individuals for gene in each)
    # A greater fitness is a lower loss, and an individual can be cloned.
    best = max(individuals, key=lambda each: each.fitness)
    assert list(best) == first.points[sphere(3)(first.points).argmin()].tolist()
    cloned = base.Toolbox().clone(best)
    assert list(cloned) == list(best)
    assert cloned.fitness == best.fitness
    assert type(cloned) is type(best)


def test_selected_clones_will_do() -> None:
    def select(individuals: list[Any], k: int) -> list[Any]:
        return [base.Toolbox().clone(each) for each in tools.selBest(individuals, k)]

    toolbox = toolbox_with("select", select)
    optimizer = GA(population_size=6, crossover_rate=0, mutation_rate=0, toolbox=toolbox)
    first, second = (points for points, _ in asks(optimizer, sphere(3), 2))
    np.testing.assert_array_equal(second, first[np.argsort(sphere(3)(first))[:4]])


@pytest.mark.parametrize("rate", [0.0, 0.4, 1.0])
def test_deap_mating_keeps_to_the_crossover_rate(rate: float) -> None:
    counted = Counted(tools.cxUniform)
    toolbox = base.Toolbox()
    toolbox.register("mate", counted, indpb=0.5)
    optimizer = GA(population_size=2000, n_elites=0, crossover_rate=rate, toolbox=toolbox)
    asks(optimizer, sphere(2), 1)
    assert counted.n_calls == pytest.approx(1000 * rate, abs=5 * (1000 * rate * (1 - rate)) ** 0.5)


def test_deap_operators_cannot_change_the_elites_or_the_parents() -> None:
    # DEAP's operators work in place.
    def wipe(individual: Any) -> tuple[Any]:
        individual[:] = [0.25] * len(individual)
        return (individual,)

    watch = Watch()
    toolbox = toolbox_with("mutate", wipe)
    toolbox.register("select", watch)
    optimizer = GA(population_size=6, n_elites=2, toolbox=toolbox)
    first, second = (points for points, _ in asks(optimizer, rosenbrock(2), 2))
    assert (second == 0.25).all()
    elites = first[np.argsort(rosenbrock(2)(first))[:2]]
    np.testing.assert_array_equal(watch.populations[1][:2], elites)
    np.testing.assert_array_equal(watch.populations[0], first)


def test_children_of_deap_operators_are_brought_into_the_bounds() -> None:
    toolbox = toolbox_with("mutate", tools.mutGaussian, mu=100, sigma=1, indpb=1)
    _, second = asks(GA(toolbox=toolbox), sphere(2), 2)
    np.testing.assert_array_equal(second.points, np.full((48, 2), 5.12))


def test_global_generators_are_put_back_after_an_error() -> None:
    def fail(individual: Any) -> Any:
        random.random()
        np.random.random()  # noqa: NPY002
        raise ArithmeticError("no mutation today")

    legacy, python = pickle.dumps(np.random.get_state()), random.getstate()  # noqa: NPY002
    with pytest.raises(ArithmeticError, match="no mutation today"):
        minimize(sphere(2), GA(toolbox=toolbox_with("mutate", fail)), budget=500, seed=1)
    assert pickle.dumps(np.random.get_state()) == legacy  # noqa: NPY002
    assert random.getstate() == python


def test_borrowed_generators_are_seeded_both() -> None:
    draws = []
    for seed in (1, 1, 2):
        with IsolatedGlobalRNG(np.random.default_rng(seed)):
            draws.append((random.random(), np.random.random()))  # noqa: NPY002
    assert draws[0] == draws[1]
    assert draws[0][0] != draws[2][0]
    assert draws[0][1] != draws[2][1]
