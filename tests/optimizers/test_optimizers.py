"""What every optimizer of the table promises, and each one against its published algorithm."""

import copy
import dataclasses
import inspect
import math
import pickle
import random
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, get_args, get_type_hints

import numpy as np
import pytest
from deap import base, tools
from helpers.error_checks import one_sentence
from helpers.optimizer_table import INSTALLED, QUICK, TABLE
from scipy import integrate, special, stats
from sklearn.base import clone

from metarnn.optimizers import (
    CMAES,
    ESP,
    GA,
    LBFGS,
    OPTIMIZERS,
    Adam,
    Ask,
    AskTell,
    CuckooSearch,
    Descent,
    EvolutionStrategy,
    GradientDescent,
    HybridGA,
    ImprovedCuckooSearch,
    Islands,
    LevenbergMarquardt,
    OpenAIES,
    Optimizer,
    Order,
    ParticleSwarm,
    Restarts,
    Rprop,
    SimulatedAnnealing,
    Space,
    Told,
    minimize,
)
from metarnn.optimizers.analytic import Function, rastrigin, rosenbrock, sphere
from metarnn.optimizers.gradient.first_order import clip_factors
from metarnn.optimizers.population.random_stream import (
    levy_flights,
    levy_steps,
    mantegna_sigma,
    uniforms,
)

Make = Callable[[], Optimizer]


# Small enough to refine several times within every budget below.
def small_hybrid(toolbox: Any = None, **settings: Any) -> HybridGA:
    population = GA(population_size=8, toolbox=toolbox)
    return HybridGA(population, refine_every=1, n_refined=3, refine_steps=2, **settings)


def deap_hybrid() -> HybridGA:
    toolbox = base.Toolbox()
    toolbox.register("select", tools.selTournament, tournsize=3)
    toolbox.register("mate", tools.cxBlend, alpha=0.5)
    toolbox.register("mutate", tools.mutGaussian, mu=0, sigma=0.5, indpb=0.2)
    return small_hybrid(toolbox)


ENTRIES: dict[str, Make] = {
    **TABLE,
    "adam, 4 starts": partial(Adam, n_starts=4),
    "cuckoo, paper": partial(CuckooSearch, variant="paper"),
    "pso, ring": partial(ParticleSwarm, topology="ring"),
    "cuckoo, normal": partial(CuckooSearch, step_distribution="normal"),
    "improved_cuckoo, paper": partial(ImprovedCuckooSearch, variant="paper"),
    "esp, rounds": partial(ESP, n_rounds=3, burst_after=3),
    "es, comma": partial(EvolutionStrategy, selection="comma", recombination="centroid"),
    "openai_es, plain": partial(OpenAIES, optimizer=GradientDescent(learning_rate=0.05)),
    "sa, one": partial(SimulatedAnnealing, moves="one"),
    "cma_es, ipop": partial(CMAES, restarts="ipop", population_size=5),
    "lbfgs, 4 starts": partial(LBFGS, n_starts=4, history_size=3),
    "lm, 3 starts": partial(LevenbergMarquardt, n_starts=3, scaling="identity"),
    "hybrid_ga, small": small_hybrid,
    "hybrid_ga, baldwin": partial(small_hybrid, write_back="baldwin"),
    "hybrid_ga, deap": deap_hybrid,
    "islands, complete": lambda: Islands(
        [GA(population_size=8), small_hybrid()], migrate_every=2, topology="complete"
    ),
    "restarts, early": lambda: Restarts(small_hybrid(), patience=6, tol=0.2),
}

# Those that follow the share of the budget that is spent.
SCHEDULED = {"improved_cuckoo", "improved_cuckoo, paper", "lshade", "sa", "sa, one"}

every_entry = pytest.mark.parametrize(
    "make", [pytest.param(make, id=name) for name, make in ENTRIES.items()]
)

#: Other libraries', whose quality is not ours: they are run with fewer seeds.
FOREIGN = [name for name, kind in OPTIMIZERS.items() if "adapter" in kind.__module__]
#: For long runs: nevergrad's own time is half a millisecond a point.
MARKS = {"nevergrad": pytest.mark.slow}
long_runs = [pytest.param(name, marks=MARKS.get(name, ()), id=name) for name in ENTRIES]


class Recorded:
    """A function as an objective that keeps what it was asked, and names its own prices."""

    def __init__(self, function: Function, price: float = 3.0) -> None:
        self.function = function
        self.space = function.space
        self.price = price
        self.calls: list[tuple[Order, np.ndarray]] = []
        self.arrays: list[np.ndarray] = []

    def __call__(self, points: np.ndarray) -> np.ndarray:
        self.keep(Order.VALUE, points)
        return self.function(points)

    def gradient(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.keep(Order.GRADIENT, points)
        return self.function.gradient(points)

    def gauss_newton(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        self.keep(Order.GAUSS_NEWTON, points)
        return gauss_newton(self.function, points)

    def keep(self, order: Order, points: np.ndarray) -> None:
        self.calls.append((order, points.copy()))
        self.arrays.append(points)

    def cost(self, order: Order) -> float:
        return [1.0, self.price, 2 * self.price][order]

    def count(self, order: Order) -> int:
        return sum(len(points) for asked, points in self.calls if asked is order)

    @property
    def passes(self) -> float:
        return sum(self.cost(order) * self.count(order) for order in Order)

    @property
    def points(self) -> np.ndarray:
        return np.concatenate([points for _, points in self.calls])


def gauss_newton(
    function: Function, points: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return values, slopes and matrices; where there are none, those of a unit paraboloid."""
    if function.matrix is not None:
        return (*function.gradient(points), function.matrix(points))
    return (*function.gradient(points), np.tile(np.eye(function.dim), (len(points), 1, 1)))


def slope(space: Space) -> Function:
    """The sum of the coordinates, which drives every optimizer into a corner."""
    lowest = np.asarray(space.bounds)[0]
    return Function(
        "slope",
        lambda x: x.sum(1),
        np.ones_like,
        space,
        lowest,
        float(lowest.sum()),
        lambda x: np.zeros((*x.shape, x.shape[1])),
    )


def rounds(search: AskTell, function: Function, n: int) -> list[np.ndarray]:
    """Go n rounds and return the points asked in each."""
    asked = []
    for _ in range(n):
        points = search.ask()
        search.tell(points, *gauss_newton(function, points))
        asked.append(points)
    return asked


def assert_same_arrays(ones: list[np.ndarray], others: list[np.ndarray]) -> None:
    assert len(ones) == len(others)
    for one, other in zip(ones, others, strict=True):
        np.testing.assert_array_equal(one, other)


# --- Settings ----------------------------------------------------------------------------


@every_entry
def test_one_instance_serves_many_runs_which_leave_its_settings_alone(make: Make) -> None:
    optimizer = make()
    # The pickle also holds what get_params does not show: attributes that are no settings.
    settings, everything = copy.deepcopy(list(optimizer.get_params())), pickle.dumps(optimizer)
    values = {name: repr(value) for name, value in optimizer.get_params().items()}
    first = minimize(rosenbrock(2), optimizer, budget=300, seed=1)
    minimize(sphere(3), optimizer, budget=200, seed=2)
    again = minimize(rosenbrock(2), optimizer, budget=300, seed=1)
    np.testing.assert_array_equal(first.x, again.x)
    assert list(optimizer.get_params()) == settings
    assert {name: repr(value) for name, value in optimizer.get_params().items()} == values
    assert pickle.dumps(optimizer) == everything


def test_settings_round_trip() -> None:
    for make in ENTRIES.values():
        optimizer = make()
        other = type(optimizer)()
        assert other.set_params(**optimizer.get_params()) is other
        assert other == optimizer
        assert other.get_params() == optimizer.get_params()


def test_settings_are_the_fields() -> None:
    for make in ENTRIES.values():
        optimizer = make()
        names = [field.name for field in dataclasses.fields(optimizer)]
        assert list(optimizer.get_params(deep=False)) == names
        assert [name for name in optimizer.get_params() if "__" not in name] == names


@every_entry
def test_clone_has_equal_settings(make: Make) -> None:
    optimizer = make()
    copied = clone(optimizer)
    assert type(copied) is type(optimizer)
    runs = [minimize(sphere(3), one, budget=150, seed=4) for one in (optimizer, copied)]
    np.testing.assert_array_equal(runs[0].x, runs[1].x)
    np.testing.assert_array_equal(runs[0].history.losses, runs[1].history.losses)


def test_clone_does_not_share_the_nested_optimizer() -> None:
    optimizer = HybridGA(local_search=Rprop(initial_step_size=0.5))
    copied = clone(optimizer)
    assert copied == optimizer
    copied.set_params(local_search__initial_step_size=0.25)
    assert optimizer.local_search == Rprop(initial_step_size=0.5)


def test_unknown_settings_are_refused() -> None:
    for cls in OPTIMIZERS.values():
        known = [field.name for field in dataclasses.fields(cls)]
        for name in ("n_nest", "learning-rate", "", "lokal__initial_step_size"):
            with pytest.raises(ValueError, match="unknown setting of") as error:
                cls().set_params(**{name: 1})
            one_sentence(error, cls.__name__, repr(name.partition("__")[0]), *known)


def test_unknown_nested_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown setting of Rprop 'step'") as error:
        HybridGA().set_params(local_search__step=1)
    one_sentence(error, "initial_step_size", "max_step_size")


def test_settings_of_a_number_are_refused() -> None:
    with pytest.raises(ValueError, match=r"CuckooSearch.*n_nests"):
        CuckooSearch().set_params(n_nests__size=1)


def test_nested_settings_are_reached() -> None:
    optimizer = HybridGA().set_params(local_search__initial_step_size=0.3, population__n_elites=1)
    assert isinstance(optimizer.local_search, Rprop)
    assert optimizer.local_search.initial_step_size == 0.3
    assert optimizer.population == GA(20, n_elites=1)
    assert optimizer.get_params()["local_search__initial_step_size"] == 0.3


def test_a_new_nested_optimizer_takes_its_own_settings_in_any_order() -> None:
    optimizer = HybridGA().set_params(local_search__learning_rate=0.5, local_search=Adam())
    assert optimizer.local_search == Adam(learning_rate=0.5)


def test_nested_settings_change_the_search() -> None:
    one, other = (small_hybrid(local_search=Rprop(initial_step_size=step)) for step in (0.1, 0.4))
    runs = [rounds(AskTell(each, sphere(3).space, 1), sphere(3), 4) for each in (one, other)]
    # The first population and the best of it come before any step.
    assert_same_arrays(runs[0][:2], runs[1][:2])
    assert not np.array_equal(runs[0][2], runs[1][2])


def test_instances_do_not_share_their_nested_optimizer() -> None:
    one, other = HybridGA(), HybridGA()
    one.set_params(local_search__initial_step_size=7.0)
    assert other.get_params()["local_search__initial_step_size"] == Rprop().initial_step_size


LIMITS = ("low", "high", "above")
WORDS = {"low": "at least", "high": "at most", "above": "above"}
NOUNS = {int: "an integer", float: "a finite number", str: "one of"}


def kind_of(cls: type[Optimizer], name: str) -> tuple[type, bool]:
    """Return a setting's type, and whether it may be None."""
    hint = get_type_hints(cls)[name]
    kinds = get_args(hint) or (hint,)
    return kinds[0], type(None) in kinds


def bad_settings(cls: type[Optimizer]) -> Iterator[tuple[str, Any, type[Exception], tuple]]:
    """Every setting with every value just outside its range or of a wrong type."""
    for each in dataclasses.fields(cls):
        if not each.metadata:
            continue
        kind, may_be_none = kind_of(cls, each.name)
        limits = {word: each.metadata[word] for word in LIMITS}
        limits = {word: limit for word, limit in limits.items() if limit is not None}
        if kind is bool:
            for value in ("yes", 1, None):
                yield each.name, value, TypeError, ("True or False",)
            continue
        parts = (NOUNS[kind], *(f"{WORDS[word]} {limit:g}" for word, limit in limits.items()))
        wrong: list[Any] = ["3", True, [1.0], 1j, np.array([2.0, 3.0])]
        outside: list[Any] = []
        if kind is str:
            parts = ("one of", *map(repr, each.metadata["choices"]))
            wrong = [5, True, ["lamarck"]]
            outside = ["lamark", ""]
        elif kind is int:
            wrong += [limits["low"] + 0.0, math.nan]
            outside = [limits["low"] - 1, -(10**30)]
        else:
            # Infinity times zero would ask for NaN.
            outside = [math.nan, math.inf, -math.inf]
            outside += [math.nextafter(limits["low"], -math.inf)] if "low" in limits else []
            outside += [math.nextafter(limits["high"], math.inf)] if "high" in limits else []
            outside += [limits["above"], -1] if "above" in limits else []
        wrong += [] if may_be_none else [None]
        for error, values in ((TypeError, wrong), (ValueError, outside)):
            for value in values:
                yield each.name, value, error, parts


@pytest.mark.parametrize("cls", INSTALLED.values())
def test_bad_settings_are_refused(cls: type[Optimizer]) -> None:
    objective = Recorded(sphere(3))
    for name, value, error, parts in bad_settings(cls):
        with pytest.raises(error, match=cls.__name__) as caught:
            minimize(objective, cls(**{name: value}), budget=10)
        one_sentence(caught, f"{cls.__name__}: {name} must be", repr(value), *parts)
        assert not objective.calls
        with pytest.raises(error, match=cls.__name__):
            AskTell(cls(**{name: value}), sphere(3).space)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("cls", INSTALLED.values())
def test_settings_at_the_edge_of_their_range_work(cls: type[Optimizer]) -> None:
    limits = [
        (each.name, each.metadata[word])
        for each in dataclasses.fields(cls)
        for word in ("low", "high")
        if each.metadata and each.metadata[word] is not None
    ]
    for name, value in limits:
        optimizer = cls(**(QUICK.get(cls, {}) | {name: value}))
        result = minimize(rosenbrock(3), optimizer, budget=400, seed=1)
        assert result.fun == rosenbrock(3)(result.x[None])[0]
        assert result.passes > 400 - rosenbrock(3).cost(optimizer.order)
        assert result.n_nonfinite == 0


@pytest.mark.parametrize(
    "optimizer",
    [
        CuckooSearch(n_nests=np.int64(5), discovery_rate=np.float32(0.5)),
        Adam(learning_rate=1, max_norm=None),
        HybridGA(GA(population_size=np.int16(9)), n_refined=None),
    ],
)
def test_numbers_of_numpy_and_none_are_taken(optimizer: Optimizer) -> None:
    assert minimize(sphere(2), optimizer, budget=40, seed=1).passes > 37


@pytest.mark.parametrize("discovery_rate", [0.0, 1.0])
def test_paper_variant_at_the_edges_of_its_discovery_rate(discovery_rate: float) -> None:
    optimizer = CuckooSearch(n_nests=7, discovery_rate=discovery_rate, variant="paper")
    sizes = [len(points) for points in rounds(AskTell(optimizer, sphere(2).space, 1), sphere(2), 9)]
    # The best nest is never abandoned, not even where all are to be.
    assert sizes == {0.0: [7] + 8 * [1], 1.0: [7] + 4 * [1, 6]}[discovery_rate]


def test_every_setting_is_documented() -> None:
    for cls in OPTIMIZERS.values():
        documented = "\n".join(inspect.getdoc(each) or "" for each in cls.__mro__)
        for each in dataclasses.fields(cls):
            assert re.search(rf"^(\w+, )*{each.name}(, \w+)* : ", documented, re.MULTILINE)


def test_an_optimizer_without_a_search_says_so() -> None:
    with pytest.raises(TypeError, match="Optimizer does not define search"):
        minimize(sphere(2), Optimizer(), budget=5)
    with pytest.raises(TypeError, match="Descent does not define descend"):
        minimize(sphere(2), Descent(), budget=5)


# --- Randomness --------------------------------------------------------------------------


@every_entry
def test_a_seed_decides_the_run(make: Make) -> None:
    objectives = [Recorded(rosenbrock(3)) for _ in range(2)]
    one, two = (minimize(each, make(), budget=250, seed=5) for each in objectives)
    np.testing.assert_array_equal(one.x, two.x)
    assert one.fun == two.fun
    for column in ("passes", "losses", "best"):
        np.testing.assert_array_equal(getattr(one.history, column), getattr(two.history, column))
    assert_same_arrays([p for _, p in objectives[0].calls], [p for _, p in objectives[1].calls])
    # Not of the best points: some methods hit the minimum to the bit.
    other = minimize(rosenbrock(3), make(), budget=250, seed=6)
    assert not np.array_equal(one.history.losses, other.history.losses)


@every_entry
def test_seeds_of_every_kind_give_the_same_run(make: Make) -> None:
    seeds = (3, np.random.SeedSequence(3), np.random.default_rng(3))
    runs = [minimize(sphere(3), make(), budget=100, seed=seed) for seed in seeds]
    np.testing.assert_array_equal(runs[0].x, runs[1].x)
    np.testing.assert_array_equal(runs[0].x, runs[2].x)


@every_entry
def test_without_a_seed_every_run_is_another(make: Make) -> None:
    one, two = (minimize(rosenbrock(3), make(), budget=50) for _ in range(2))
    assert not np.array_equal(one.x, two.x)


@every_entry
def test_global_random_states_are_left_alone_and_do_not_matter(make: Make) -> None:
    runs = []
    for seed in (1, 2):
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        legacy, python = pickle.dumps(np.random.get_state()), random.getstate()  # noqa: NPY002
        runs.append(minimize(sphere(3), make(), budget=200, seed=1))
        assert pickle.dumps(np.random.get_state()) == legacy  # noqa: NPY002
        assert random.getstate() == python
    np.testing.assert_array_equal(runs[0].history.losses, runs[1].history.losses)


@every_entry
def test_watching_changes_nothing(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[float] = []
    options: list[dict[str, Any]] = [
        {},
        {"callback": lambda intermediate_result: seen.append(intermediate_result.fun)},
        {"progress": True},
    ]
    objectives = [Recorded(rosenbrock(2)) for _ in options]
    results = [
        minimize(objective, make(), budget=200, seed=2, **option)
        for objective, option in zip(objectives, options, strict=True)
    ]
    assert seen == results[0].history.best.tolist()
    assert capsys.readouterr().err
    for objective in objectives[1:]:
        assert [o for o, _ in objective.calls] == [o for o, _ in objectives[0].calls]
        assert_same_arrays([p for _, p in objective.calls], [p for _, p in objectives[0].calls])


def test_all_start_from_the_same_point() -> None:
    space = rosenbrock(4).space
    firsts = [AskTell(make(), space, seed=9).ask()[0] for make in ENTRIES.values()]
    assert len(firsts) == len(ENTRIES)
    assert len(np.unique(firsts, axis=0)) == 1
    others = [AskTell(make(), space, seed=10).ask()[0] for make in ENTRIES.values()]
    assert len(np.unique(firsts + others, axis=0)) == 2


# --- Points ------------------------------------------------------------------------------


@every_entry
def test_points_stay_within_the_bounds(make: Make) -> None:
    lower, upper = np.array([-1.0, 0.0, 2.0]), np.array([1.0, 0.25, 30.0])
    objective = Recorded(slope(Space.box(lower, upper)))
    result = minimize(objective, make(), budget=3000, seed=1)
    assert np.isfinite(objective.points).all()
    assert (objective.points >= lower).all()
    assert (objective.points <= upper).all()
    assert (result.x >= lower).all()


@every_entry
def test_a_space_without_bounds_will_do(make: Make) -> None:
    objective = Recorded(rosenbrock(3))
    space = Space.normal(3, scale=0.5)
    result = minimize(objective, make(), budget=2000, seed=1, space=space)
    first = rosenbrock(3)(AskTell(make(), space, 1).ask())
    assert result.fun < first.min()
    assert np.isfinite(objective.points).all()


@every_entry
def test_points_are_read_only_rows_of_float64(make: Make) -> None:
    objective = Recorded(sphere(3))
    minimize(objective, make(), budget=300, seed=1, x0=[1, 2, 3])
    for points in objective.arrays:
        assert points.dtype == np.float64
        assert points.ndim == 2
        assert points.shape[1] == 3
        assert not points.flags.writeable
    assert len(objective.arrays) >= 4


def test_any_dimension() -> None:
    for make in ENTRIES.values():
        for dim in (1, 50):
            result = minimize(sphere(dim), make(), budget=150, seed=1)
            assert result.x.shape == (dim,)
            assert result.fun == sphere(dim)(result.x[None])[0]


@every_entry
def test_x0_come_first_as_far_as_there_is_room(make: Make) -> None:
    objective = Recorded(sphere(3))
    x0 = np.array([0.5, -0.25, 0.125])
    result = minimize(objective, make(), budget=60, seed=1, x0=x0)
    np.testing.assert_array_equal(objective.calls[0][1][0], x0)
    assert result.fun <= sphere(3)(x0[None])[0]
    plain = AskTell(make(), sphere(3).space, seed=1).ask()
    np.testing.assert_array_equal(objective.calls[0][1][1:], plain[1:])
    objective = Recorded(sphere(2))
    x0 = np.arange(6.0).reshape(3, 2) / 10
    minimize(objective, make(), budget=60, seed=1, x0=x0)
    first = objective.calls[0][1]
    np.testing.assert_array_equal(first[:3], x0[: len(first)])


# --- Budget ------------------------------------------------------------------------------


def bill(make: Make, objective: Recorded, budget: float, seed: int) -> list[int]:
    """Return how many points of each order a budget buys, from the asks alone.

    Asks are answered whole while the passes last. Of the first one that is too dear, as
    many points as can be paid are answered as asked, and the next ones by their value.
    """
    search = AskTell(make(), objective.space, seed)
    counts = [0, 0, 0]
    left = budget
    while left >= 1:
        points = search.ask()
        price = objective.cost(search.order)
        full = min(len(points), int(left // price))
        left -= full * price
        plain = min(len(points) - full, int(left))
        left -= plain
        counts[search.order] += full
        counts[Order.VALUE] += plain
        if full < len(points):
            break
        search.tell(points, *gauss_newton(objective.function, points))
    return counts


@every_entry
def test_budget_is_exact_to_the_pass(make: Make) -> None:
    for budget, price in (
        (1, 3.0),
        (2, 3.0),
        (3, 2.5),
        (7, 3.0),
        (10.5, 2.5),
        (49, 3.0),
        (137, 2.5),
    ):
        objective = Recorded(rosenbrock(2), price)
        result = minimize(objective, make(), budget=budget, seed=3)
        counts = bill(make, Recorded(rosenbrock(2), price), budget, seed=3)
        assert [result.nfev, result.njev, result.nhev] == counts
        assert [objective.count(order) for order in Order] == counts
        assert result.passes == objective.passes
        assert result.passes <= budget
        assert result.stop == "budget"
        # The best seen, however early the budget ended.
        losses = objective.function(objective.points)
        assert result.fun == losses.min()
        np.testing.assert_array_equal(result.x, objective.points[losses.argmin()])
        assert result.fun == objective.function(result.x[None])[0]


@pytest.mark.parametrize(
    "name",
    [
        "random_search",
        "random_guessing",
        "ga",
        "cuckoo",
        "cuckoo, paper",
        "improved_cuckoo",
        "esp",
        "es",
        "openai_es",
        "sa",
        "de",
        "lshade",
        "pso",
        "abc",
    ],
)
def test_plain_values_use_the_budget_up(name: str) -> None:
    for budget in (1, 2, 49, 137, 1000):
        result = minimize(sphere(3), ENTRIES[name](), budget=budget, seed=1)
        assert (result.nfev, result.njev, result.passes) == (budget, 0, budget)


@pytest.mark.parametrize("cls", [GradientDescent, Adam, Rprop])
def test_what_buys_no_gradient_buys_values(cls: type[Descent]) -> None:
    for n_starts, budget, counts in (
        (1, 1, (1, 0)),
        (1, 2, (1, 0)),  # the second pass finds no point to be spent on
        (1, 3, (0, 1)),
        (1, 4, (1, 1)),
        (1, 5, (1, 1)),
        (4, 2, (2, 0)),
        (4, 5, (2, 1)),
        (4, 11, (1, 3)),
        (4, 12, (0, 4)),
        (4, 13, (1, 4)),
    ):
        result = minimize(sphere(3), cls(n_starts=n_starts), budget=budget, seed=1)
        assert (result.nfev, result.njev) == counts


@pytest.mark.parametrize("name", ENTRIES)
def test_a_larger_budget_begins_as_a_smaller_one_unless_a_schedule_follows_it(name: str) -> None:
    short, long = (Recorded(rosenbrock(3)) for _ in range(2))
    minimize(short, ENTRIES[name](), budget=120, seed=1)
    minimize(long, ENTRIES[name](), budget=600, seed=1)
    same = np.array_equal(short.points, long.points[: len(short.points)])
    assert same == (name not in SCHEDULED)


# --- Losses that are not finite ----------------------------------------------------------


class Broken:
    """A shifted sphere whose lowest half is not finite, or every third call, or its slopes."""

    space = Space.box(-5, 5, dim=3)

    def __init__(self, how: str, value: float) -> None:
        self.how, self.value = how, value
        self.n_calls = self.n_bad = 0

    def broken(self, points: np.ndarray) -> np.ndarray:
        self.n_calls += 1
        return {
            "half": points[:, 0] < 0,
            "third": np.full(len(points), self.n_calls % 3 == 0),
            "slopes": np.zeros(len(points), bool),
            "all": np.ones(len(points), bool),
            "none": np.zeros(len(points), bool),
        }[self.how]

    @staticmethod
    def true(points: np.ndarray) -> np.ndarray:
        return ((points + 1) ** 2).sum(1)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        bad = self.broken(points)
        self.n_bad += int(bad.sum())
        return np.where(bad, self.value, self.true(points))

    def gradient(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        losses = self(points)
        slopes = 2 * (points + 1)
        # Of a bad point one slope in three is enough to spoil it.
        torn = (points[:, 1] < 0) & (self.how == "slopes")
        slopes[torn, 2] = self.value
        self.n_bad += int((np.isfinite(losses) & torn).sum())
        return losses, slopes

    def gauss_newton(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return (*self.gradient(points), np.tile(2 * np.eye(3), (len(points), 1, 1)))

    @staticmethod
    def cost(order: Order) -> float:
        return (1.0, 3.0, 3.0)[order]


@pytest.mark.filterwarnings("error")
@every_entry
def test_losses_that_are_not_finite_are_survived(make: Make) -> None:
    for how, value in (
        ("half", math.nan),
        ("half", -math.inf),
        ("third", math.inf),
        ("slopes", math.nan),
        ("slopes", math.inf),
    ):
        objective = Broken(how, value)
        result = minimize(objective, make(), budget=400, seed=1, x0=[0.3, 0.3, 0.3])
        assert result.success
        assert np.isfinite(result.fun)
        assert result.fun == objective.true(result.x[None])[0]
        assert result.fun <= 3 * 1.3**2
        assert result.n_nonfinite == objective.n_bad
        # Slopes are not for everyone to see; losses are.
        assert (result.n_nonfinite > 0) == (how != "slopes" or result.njev + result.nhev > 0)
        assert result.stop == "budget"
        assert result.passes > 397
        assert np.isfinite(result.history.best).all()


@every_entry
def test_nothing_finite_at_all_is_said(make: Make) -> None:
    for value in (math.nan, -math.inf):
        objective = Broken("all", value)
        with pytest.warns(UserWarning, match="None of the") as warned:
            result = minimize(objective, make(), budget=400, seed=1)
        n = result.nfev + result.njev + result.nhev
        assert str(warned[0].message).startswith(f"None of the {n} points")
        assert not result.success
        assert result.fun == math.inf
        assert result.stop == "budget"
        assert result.n_nonfinite == objective.n_bad == n
        assert result.x.shape == (3,)
        assert np.isfinite(result.x).all()


@pytest.mark.parametrize("name", long_runs)
@pytest.mark.slow
def test_a_rare_bad_loss_is_no_hindrance(name: str) -> None:
    make, calls = ENTRIES[name], iter(range(10**6))

    def objective(points: np.ndarray) -> np.ndarray:
        return np.where(next(calls) % 7 == 6, np.nan, sphere(3)(points))

    class Objective:
        space = sphere(3).space
        __call__ = staticmethod(objective)

        @staticmethod
        def gradient(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            return objective(points), 2 * points

        @staticmethod
        def gauss_newton(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            return gauss_newton(dataclasses.replace(sphere(3), value=objective), points)

        cost = staticmethod(sphere(3).cost)

    n = 1 if name in FOREIGN else 3
    results = [minimize(Objective(), make(), budget=3000, seed=seed) for seed in range(n)]
    assert np.median([result.fun for result in results]) < 0.5
    assert all(result.n_nonfinite > 0 for result in results)


# --- Quality -----------------------------------------------------------------------------

# Upper bounds of the third best of nine seeds at 2000 passes (5000 for the paper's cuckoos):
# of the third, because many a descent of rosenbrock(5) ends in its second minimum, of loss 3.93.
# Each is 1.7 times what was measured or more, and below what random search reaches; its own
# lies below what one batch of it reaches.
REACHED = {
    "gradient_descent": (1e-20, 1.0),
    "adam": (1e-20, 0.01),
    "adam, 4 starts": (0.03, 0.1),
    "adamw": (1e-3, 0.1),
    "rmsprop": (1e-3, 1.0),
    "rprop": (1e-11, 0.3),
    "lbfgs": (1e-20, 1e-20),
    "lm": (1e-20, 1e-20),
    "random_search": (3.0, 40.0),
    "ga": (1e-4, 4.5),
    "hybrid_ga": (2e-5, 2.0),
    "hybrid_ga, small": (0.01, 5.0),
    "hybrid_ga, baldwin": (0.01, 5.0),
    "hybrid_ga, deap": (2e-3, 4.0),
    "cma_es": (1e-13, 1e-11),
    "cma_es, ipop": (1e-13, 1e-12),
    "lbfgs, 4 starts": (1e-20, 1e-20),
    "lm, 3 starts": (1e-20, 1e-20),
    "sep_cma_es": (1e-13, 2.0),
    "cuckoo": (0.5, 9.0),
    "cuckoo, paper": (0.05, 8.0),
    "memetic": (3e-5, 1.3),
    "csern": (0.5, 9.0),
    "csbpern": (1e-15, 27.0),
    "abcbp": (1e-15, 2.5),
    "cslm": (5e-4, 0.5),
    "cslmen": (5e-4, 0.5),
    "abclm": (5e-4, 0.3),
    "islands": (1e-4, 4.0),
    "solved_readout": (0.5, 9.0),  # nothing is solved here: as cuckoo
    "islands, complete": (1e-3, 5.0),
    "restarts": (1e-11, 0.3),
    "restarts, early": (0.01, 5.0),
    "de": (5e-4, 2.0),
    "lshade": (2e-4, 1.5),
    "pso": (1e-3, 3.5),
    "pso, ring": (0.01, 2.5),
    "abc": (2e-4, 1.5),
    "cuckoo, normal": (0.5, 9.0),
    "improved_cuckoo": (0.05, 6.0),
    "improved_cuckoo, paper": (0.08, 6.0),
    "esp": (0.005, 3.5),
    "esp, rounds": (0.03, 5.0),
    "evolino": (0.005, 3.5),
    "es": (0.001, 1.0),
    "es, comma": (1e-06, 6.0),
    "openai_es": (0.06, 6.0),
    "openai_es, plain": (0.06, 6.0),
    "sa": (0.05, 4.0),
    "sa, one": (0.02, 4.0),
    "random_guessing": (3.0, 40.0),
    "scipy_lbfgsb": (1e-20, 1e-10),
    "scipy_basinhopping": (1e-20, 1e-10),
    "scipy_de": (0.05, 4.0),
    "scipy_dual_annealing": (1e-10, 0.01),
    "pycma": (1e-10, 1e-3),
    "nevergrad": (0.05, 5.0),
    "mealpy": (0.05, 4.0),
    "deap": (1e-4, 5.0),
}
BUDGETS = {"cuckoo, paper": 5000, "improved_cuckoo, paper": 5000}


@pytest.mark.parametrize("name", long_runs)
@pytest.mark.parametrize(("function", "column"), [(sphere, 0), (rosenbrock, 1)])
@pytest.mark.slow
def test_reaches_a_loss(name: str, function: Callable[[int], Function], column: int) -> None:
    budget = BUDGETS.get(name, 2000)
    n = 3 if name in FOREIGN else 9
    losses = [
        minimize(function(5), ENTRIES[name](), budget=budget, seed=seed).fun for seed in range(n)
    ]
    assert sorted(losses)[n // 4] < REACHED[name][column]


def test_random_search_is_as_good_as_chance() -> None:
    # The best of n even draws lies in a ball of radius r with probability 1 - (1 - v)^n, where
    # v is the ball's share of the box; the smallest of 2000 in 101 seeds has this median.
    share = 1 - 0.5 ** (1 / 2000)
    radius = (share * 10.24**5 / (8 * math.pi**2 / 15)) ** (1 / 5)
    losses = [
        minimize(sphere(5), OPTIMIZERS["random_search"](), budget=2000, seed=seed).fun
        for seed in range(101)
    ]
    # Of 101, five deviations of the number below the true median are 25.
    assert abs(sum(loss < radius**2 for loss in losses) - 50.5) < 25


def test_several_starts_escape_more_minima() -> None:
    one, many = (
        [minimize(rastrigin(2), Rprop(n_starts=n), budget=3000, seed=s).fun for s in range(9)]
        for n in (1, 20)
    )
    assert np.median(many) < 0.5 * np.median(one)


# --- AskTell -----------------------------------------------------------------------------


@every_entry
def test_a_pickled_search_resumes_exactly(make: Make) -> None:
    for k, seed in ((0, 4), (1, 4), (2, None), (7, 4), (12, None)):
        function = rosenbrock(3)
        search = AskTell(make(), function.space, seed)
        rounds(search, function, k)
        resumed = pickle.loads(pickle.dumps(search))
        assert resumed.order is search.order
        assert_same_arrays(rounds(resumed, function, 6), rounds(search, function, 6))
        np.testing.assert_array_equal(resumed.best[0], search.best[0])
        assert resumed.best[1] == search.best[1]


@every_entry
def test_a_search_can_be_pickled_again_and_again(make: Make) -> None:
    function = rosenbrock(3)
    expected = rounds(AskTell(make(), function.space, 4), function, 10)
    search, asked = AskTell(make(), function.space, 4), []
    for _ in range(10):
        search = pickle.loads(pickle.dumps(search))
        asked += rounds(search, function, 1)
    assert_same_arrays(asked, expected)


@every_entry
def test_a_copied_search_goes_its_own_way(make: Make) -> None:
    function = rosenbrock(3)
    search = AskTell(make(), function.space, 4)
    rounds(search, function, 3)
    copied = copy.deepcopy(search)
    ahead = rounds(copied, function, 6)
    assert_same_arrays(rounds(search, function, 6), ahead)


@every_entry
def test_ask_and_tell_make_the_same_search(make: Make) -> None:
    objective = Recorded(rosenbrock(3))
    minimize(objective, make(), budget=500, seed=4)
    prices = {order: rosenbrock(3).cost(order) for order in Order}
    search = AskTell(make(), rosenbrock(3).space, seed=4, budget=500, prices=prices)
    asked = rounds(search, rosenbrock(3), len(objective.calls) - 2)
    # The last asks of a budget may be cut short.
    assert len(asked) >= 7
    assert_same_arrays(asked, [points for _, points in objective.calls[:-2]])


# --- Gradient methods against plain loops ------------------------------------------------


def descents(optimizer: Descent, function: Function, x0: list[float], n: int) -> np.ndarray:
    """Return the n points, (n, D), that a descent from x0 asks for."""
    search = AskTell(optimizer, Space.normal(len(x0)).starting_at(x0), seed=0)
    return np.concatenate(rounds(search, function, n))


def slopes_at(function: Function, point: list[float]) -> list[float]:
    return function.gradient(np.array([point]))[1][0].tolist()


def shortened(slopes: list[float], norm: float) -> list[float]:
    length = math.hypot(*slopes)
    return [s * norm / length if length > norm else s for s in slopes]


X0 = [-1.2, 1.0, 0.7]


@pytest.mark.parametrize("max_norm", [None, 1.0, 30.0])
def test_adam_is_its_algorithm_1(max_norm: float | None) -> None:
    function, x, n = rosenbrock(3), list(X0), 60
    alpha, beta1, beta2, epsilon = 0.05, 0.8, 0.95, 1e-3
    m, v = [0.0] * 3, [0.0] * 3
    expected = []
    for t in range(1, n + 1):
        expected.append(list(x))
        g = shortened(slopes_at(function, x), max_norm or math.inf)
        for i in range(3):
            m[i] = beta1 * m[i] + (1 - beta1) * g[i]
            v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i]
            step = (m[i] / (1 - beta1**t)) / (math.sqrt(v[i] / (1 - beta2**t)) + epsilon)
            x[i] -= alpha * step
    optimizer = Adam(
        learning_rate=alpha, beta1=beta1, beta2=beta2, epsilon=epsilon, max_norm=max_norm
    )
    np.testing.assert_allclose(descents(optimizer, function, X0, n), expected, rtol=1e-9)


@pytest.mark.parametrize("max_norm", [None, 1.0, 30.0])
@pytest.mark.parametrize("momentum", [0.0, 0.7])
def test_gradient_descent_has_the_classical_momentum(
    max_norm: float | None, momentum: float
) -> None:
    function, x, v, n = rosenbrock(3), list(X0), [0.0] * 3, 60
    expected = []
    for _ in range(n):
        expected.append(list(x))
        g = shortened(slopes_at(function, x), max_norm or math.inf)
        for i in range(3):
            v[i] = momentum * v[i] - 5e-4 * g[i]
            x[i] += v[i]
    optimizer = GradientDescent(learning_rate=5e-4, momentum=momentum, max_norm=max_norm)
    np.testing.assert_allclose(descents(optimizer, function, X0, n), expected, rtol=1e-9)


def irprop_minus(
    function: Function, x: list[float], first: float, limits: tuple[float, float], n: int
) -> list[list[float]]:
    """Igel and Huesken's iRprop-, weight by weight."""
    step, previous, asked = [first] * len(x), [0.0] * len(x), []
    for _ in range(n):
        asked.append(list(x))
        slopes = slopes_at(function, x)
        for i, slope in enumerate(slopes):
            if slope * previous[i] > 0:
                step[i] = min(1.2 * step[i], limits[1])
            elif slope * previous[i] < 0:
                step[i] = max(0.5 * step[i], limits[0])
                slope = 0.0
            x[i] -= math.copysign(step[i], slope) if slope else 0.0
            previous[i] = slope
    return asked


@pytest.mark.parametrize("limits", [(1e-6, 50.0), (0.04, 0.12)])
def test_rprop_is_irprop_minus(limits: tuple[float, float]) -> None:
    expected = irprop_minus(rosenbrock(3), list(X0), 0.1, limits, 80)
    optimizer = Rprop(min_step_size=limits[0], max_step_size=limits[1])
    asked = descents(optimizer, rosenbrock(3), X0, 80)
    np.testing.assert_allclose(asked, expected, rtol=1e-9)
    # Weights that stand still after a change of sign are what tells this variant from others.
    assert (np.diff(asked, axis=0) == 0).sum() > 10


def test_rprop_ignores_the_size_of_the_gradient() -> None:
    plain = rosenbrock(3)
    scaled = dataclasses.replace(plain, slope=lambda x: 1e-9 * plain.slope(x))
    asked = [descents(Rprop(), function, X0, 40) for function in (plain, scaled)]
    np.testing.assert_array_equal(asked[0], asked[1])


def test_descents_agree_with_torch(torch) -> None:
    pairs = [
        (
            Adam(learning_rate=0.03, max_norm=None),
            partial(torch.optim.Adam, lr=0.03),
        ),
        (
            GradientDescent(learning_rate=5e-4, momentum=0.8, max_norm=None),
            partial(torch.optim.SGD, lr=5e-4, momentum=0.8),
        ),
        (Rprop(initial_step_size=0.05), partial(torch.optim.Rprop, lr=0.05)),
    ]
    for optimizer, make in pairs:
        x = torch.tensor(X0, dtype=torch.float64, requires_grad=True)
        theirs, expected = make([x]), []
        for _ in range(100):
            expected.append(x.detach().numpy().copy())
            theirs.zero_grad()
            loss = (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()
            loss.backward()
            theirs.step()
        asked = descents(optimizer, rosenbrock(3), X0, 100)
        np.testing.assert_allclose(asked, expected, rtol=1e-7, err_msg=repr(optimizer))


@pytest.mark.parametrize("cls", [GradientDescent, Adam, Rprop])
def test_starts_do_not_disturb_each_other(cls: type[Descent]) -> None:
    function = rosenbrock(3)
    starts = function.space.sample(4, np.random.default_rng(1))
    together = AskTell(cls(n_starts=4), function.space.starting_at(starts), seed=0)
    alone = [AskTell(cls(), function.space.starting_at(start), seed=0) for start in starts]
    asked = np.stack(rounds(together, function, 30))
    for i, search in enumerate(alone):
        np.testing.assert_array_equal(asked[:, i], np.concatenate(rounds(search, function, 30)))


@pytest.mark.parametrize("cls", [GradientDescent, Adam, Rprop])
def test_descents_draw_their_starts_and_nothing_else(cls: type[Descent]) -> None:
    rng, space = np.random.default_rng(1), sphere(3).space
    search = cls(n_starts=2).search(space, rng)
    points = next(search).points
    state = rng.bit_generator.state
    for _ in range(20):
        points = search.send(Told(*sphere(3).gradient(points))).points
    assert rng.bit_generator.state == state


@pytest.mark.parametrize(
    ("gradient", "norm", "expected"),
    [
        ([3.0, 4.0], 1.0, [0.6, 0.8]),
        ([3.0, 4.0], 5.0, [3.0, 4.0]),
        ([3.0, 4.0], 2.5, [1.5, 2.0]),
        ([0.3, -0.4], 1.0, [0.3, -0.4]),
        ([0.0, 0.0], 1.0, [0.0, 0.0]),
        ([3e100, 4e100], 1.0, [0.6, 0.8]),
        ([-3e-320, 0.0], 1.0, [-3e-320, 0.0]),
        ([300.0, -400.0], None, [300.0, -400.0]),
        # Its square is past the largest float, or its length even; its direction is not.
        ([3e200, 4e200], 1.0, [0.6, 0.8]),
        ([1.5e308, -1.5e308], 1.0, [0.5**0.5, -(0.5**0.5)]),
        # Its square is below the smallest.
        ([3e-200, 4e-200], 1e-200, [0.6e-200, 0.8e-200]),
        # No length, so left as it is.
        ([math.nan, 3.0], 1.0, [math.nan, 3.0]),
        ([math.inf, 3.0], 1.0, [math.inf, 3.0]),
    ],
)
@pytest.mark.filterwarnings("error")
def test_gradients_are_shortened(
    gradient: list[float], norm: float | None, expected: list[float]
) -> None:
    factor = clip_factors(np.array([gradient]), norm)
    np.testing.assert_allclose(factor * gradient, expected, rtol=1e-12)


def test_gradients_are_shortened_row_by_row() -> None:
    rows = np.array([[3.0, 4.0], [0.3, 0.4], [0.0, -7.0]])
    before = rows.copy()
    np.testing.assert_allclose(clip_factors(rows, 1.0), [0.2, 1.0, 1 / 7])
    np.testing.assert_array_equal(rows, before)


# --- Refinement --------------------------------------------------------------------------


@dataclasses.dataclass
class Refined(Optimizer):
    """Refine the initial points once, then end."""

    local: Descent
    n: int
    steps: int
    seen: list[tuple[np.ndarray, np.ndarray]] = dataclasses.field(default_factory=list)

    @property
    def order(self) -> Order:
        return Order.GRADIENT

    def search(self, space: Space, rng: np.random.Generator) -> Any:
        points = space.initial(self.n, rng)
        self.seen.append((yield from self.local.refine(points, space, self.steps, rng)))


@pytest.mark.parametrize("local", [GradientDescent(), Adam(learning_rate=0.3), Rprop()])
@pytest.mark.parametrize(("n", "steps"), [(1, 1), (3, 5), (4, 25)])
def test_refine_returns_the_best_met_from_each_start(local: Descent, n: int, steps: int) -> None:
    objective = Recorded(rastrigin(2))
    optimizer = Refined(local, n, steps)
    result = minimize(objective, optimizer, budget=1e6, seed=3)
    assert result.stop == "finished"
    assert result.status == 0
    assert result.passes == objective.passes == n * (3 * steps + 1)
    assert [order for order, _ in objective.calls] == [Order.GRADIENT] * steps + [Order.VALUE]
    met = np.stack([points for _, points in objective.calls])
    losses = np.stack([rastrigin(2)(points) for points in met])
    best, lowest = optimizer.seen[0]
    np.testing.assert_array_equal(lowest, losses.min(axis=0))
    np.testing.assert_array_equal(best, met[losses.argmin(axis=0), np.arange(n)])
    np.testing.assert_array_equal(met[0], AskTell(Rprop(n_starts=n), objective.space, 3).ask())


def test_refine_leaves_the_points_it_is_given_alone() -> None:
    space, points = sphere(2).space, np.array([[1.0, 2.0], [3.0, 4.0]])
    given = points.copy()
    refinement = Rprop().refine(given, space, 1, np.random.default_rng(0))
    refinement.send(Told(*sphere(2).gradient(next(refinement).points)))
    with pytest.raises(StopIteration):
        refinement.send(Told(np.zeros(2)))
    np.testing.assert_array_equal(given, points)


def test_refine_keeps_the_start_where_every_step_is_worse() -> None:
    objective = Recorded(sphere(2))
    # Each step leads to the other side, ten times as far.
    optimizer = Refined(GradientDescent(learning_rate=5.5, momentum=0, max_norm=None), 2, 4)
    starts = [[1e-4, 2e-4], [-3e-4, 1e-4]]
    minimize(objective, optimizer, budget=1e6, seed=1, x0=starts)
    best, lowest = optimizer.seen[0]
    np.testing.assert_array_equal(best, starts)
    np.testing.assert_array_equal(lowest, sphere(2)(np.array(starts)))


def test_refine_judges_the_last_move() -> None:
    # One step of length one half of the slope lands on the minimum.
    optimizer = Refined(GradientDescent(learning_rate=0.5, momentum=0, max_norm=None), 3, 1)
    minimize(sphere(2), optimizer, budget=1e6, seed=1)
    best, lowest = optimizer.seen[0]
    assert not best.any()
    assert not lowest.any()


def test_refine_survives_losses_that_are_not_finite() -> None:
    optimizer = Refined(Rprop(), 2, 3)
    with pytest.warns(UserWarning, match="None of the 8 points"):
        minimize(Broken("all", math.nan), optimizer, budget=1e6, seed=1, x0=np.ones((2, 3)))
    best, lowest = optimizer.seen[0]
    np.testing.assert_array_equal(best, np.ones((2, 3)))
    assert np.isposinf(lowest).all()


# --- Cuckoo search -----------------------------------------------------------------------


def clamp(value: float, low: float, high: float) -> float:
    """Yang's simplebounds, of one coordinate."""
    if value < low:
        value = low
    if value > high:
        value = high
    return value


def cuckoo_search_m(
    function: Function, n: int, pa: float, factor: float, beta: float, generations: int, seed: int
) -> list[np.ndarray]:
    """Yang's cuckoo_search.m nest by nest, from draws of whole matrices; return its asks.

    step .* randn, a Levy step by Mantegna's algorithm times a normal, is drawn as one.
    """
    rng, d = np.random.default_rng(seed), function.dim
    low, high = (corner.tolist() for corner in np.asarray(function.space.bounds))
    nest = function.space.initial(n, rng).tolist()
    fitness = [1e10] * n
    asked: list[np.ndarray] = []

    def get_best_nest(newnest: list[list[float]]) -> tuple[float, list[float]]:
        asked.append(np.array(newnest))
        for j in range(n):
            fnew = float(function(np.array([newnest[j]]))[0])
            if fnew <= fitness[j]:
                fitness[j] = fnew
                nest[j] = list(newnest[j])
        k = fitness.index(min(fitness))
        return fitness[k], list(nest[k])

    fmin, bestnest = get_best_nest(nest)
    for _ in range(generations):
        step_randn = levy_flights((n, d), beta, rng).tolist()
        new_nest = []
        for j in range(n):
            s = list(nest[j])
            for i in range(d):
                stepsize_randn = factor * step_randn[j][i] * (s[i] - bestnest[i])
                s[i] = clamp(s[i] + stepsize_randn, low[i], high[i])
            new_nest.append(s)
        get_best_nest(new_nest)
        one, other = rng.permutation(n).tolist(), rng.permutation(n).tolist()
        rand = uniforms((n, d), rng).tolist()
        share = rng.random()
        new_nest = []
        for j in range(n):
            s = list(nest[j])
            for i in range(d):
                if rand[j][i] > pa:
                    stepsize = share * (nest[one[j]][i] - nest[other[j]][i])
                    s[i] = clamp(s[i] + stepsize, low[i], high[i])
            new_nest.append(s)
        fnew, best = get_best_nest(new_nest)
        if fnew < fmin:
            fmin, bestnest = fnew, best
    return asked


@pytest.mark.parametrize(
    ("n", "pa", "factor", "beta"),
    [(25, 0.25, 0.01, 1.5), (5, 0.6, 0.5, 1.2), (12, 0.0, 3.0, 1.9), (4, 0.9, 0.1, 1.5)],
)
def test_cuckoo_search_is_the_published_code(n: int, pa: float, factor: float, beta: float) -> None:
    function = rosenbrock(3)
    expected = cuckoo_search_m(function, n, pa, factor, beta, generations=8, seed=6)
    optimizer = CuckooSearch(n_nests=n, discovery_rate=pa, step_size=factor, levy_exponent=beta)
    asked = rounds(AskTell(optimizer, function.space, seed=6), function, 17)
    np.testing.assert_allclose(asked, expected, rtol=1e-9)


def test_levy_steps_have_the_published_scale() -> None:
    assert mantegna_sigma(1.5) == pytest.approx(0.69657, abs=5e-6)


def exceedance(t: float, beta: float) -> float:
    """P(|u| / |v|^(1/beta) > t) of normal u and v, u of deviation sigma."""
    sigma = (
        special.gamma(1 + beta)
        * np.sin(np.pi * beta / 2)
        / (special.gamma((1 + beta) / 2) * beta * 2 ** ((beta - 1) / 2))
    ) ** (1 / beta)
    # In the logarithm of v, as for a large t all the mass lies near v = 0.
    value, _ = integrate.quad(
        lambda w: (
            2 * stats.norm.pdf(math.exp(w)) * math.exp(w)
            * 2 * stats.norm.sf(t * math.exp(w / beta) / sigma)
        ),
        -60,
        4,
        limit=500,
    )  # fmt: skip
    return float(value)


@pytest.mark.parametrize("beta", [1.1, 1.5, 1.9])
def test_levy_steps_are_distributed_as_their_ratio(beta: float) -> None:
    n = 200_000
    steps = levy_steps((n // 4, 4), beta, np.random.default_rng(8)).ravel()
    for t in (0.03, 0.3, 0.7, 1.0, 3.0, 10.0, 100.0):
        p = exceedance(t, beta)
        assert np.mean(np.abs(steps) > t) == pytest.approx(p, abs=5 * (p * (1 - p) / n) ** 0.5)
    assert np.mean(steps > 0) == pytest.approx(0.5, abs=5 * 0.5 / n**0.5)


@pytest.mark.parametrize("beta", [1.1, 1.5, 1.9])
def test_levy_steps_have_the_tail_of_their_exponent(beta: float) -> None:
    sizes = np.sort(np.abs(levy_steps((400_000, 1), beta, np.random.default_rng(9)).ravel()))
    k = 1000
    # Hill's estimate from the k largest, whose deviation is beta / sqrt(k).
    estimate = 1 / np.mean(np.log(sizes[-k:] / sizes[-k - 1]))
    assert estimate == pytest.approx(beta, abs=5 * beta / k**0.5)


@pytest.mark.parametrize(("n", "pa", "abandoned"), [(25, 0.25, 6), (10, 0.3, 3), (15, 0.5, 8)])
def test_paper_variant_has_short_generations(n: int, pa: float, abandoned: int) -> None:
    optimizer = CuckooSearch(n_nests=n, discovery_rate=pa, variant="paper")
    asked = rounds(AskTell(optimizer, sphere(3).space, 1), sphere(3), 9)
    assert [len(points) for points in asked] == [n] + 4 * [1, abandoned]


def paper_search(n: int, pa: float, step_size: float) -> tuple[Any, np.ndarray]:
    optimizer = CuckooSearch(n_nests=n, discovery_rate=pa, step_size=step_size, variant="paper")
    search = optimizer.search(Space.box(-5, 5, dim=3), np.random.default_rng(2))
    return search, next(search).points.copy()


def nearest(points: np.ndarray, nests: np.ndarray) -> list[int]:
    """Return which nests the points are next to, in order; they have to be very near."""
    distances = np.linalg.norm(points[:, None] - nests, axis=2)
    assert distances.min(axis=1).max() < 1e-4
    return sorted(distances.argmin(axis=1).tolist())


def test_paper_variant_abandons_the_worst_better_or_not() -> None:
    # So small a step shows which nest an egg comes from.
    search, nests = paper_search(8, 0.5, 1e-12)
    egg = search.send(Told(np.array([4.0, 1.0, 7.0, 0.0, 6.0, 2.0, 5.0, 3.0])))
    for _ in range(20):
        nearest(egg.points, nests)
        eggs = search.send(Told(np.array([np.inf])))
        # Told to be bad, the abandoned nests stay the worst: they were replaced all the same.
        assert nearest(eggs.points, nests) == [0, 2, 4, 6]
        egg = search.send(Told(np.array([9.0, 9.5, 10.0, 10.5])))


def test_paper_variant_remembers_how_new_nests_did() -> None:
    search, nests = paper_search(6, 0.5, 1e-12)
    search.send(Told(np.array([4.0, 1.0, 5.0, 0.0, 6.0, 2.0])))
    abandoned = [[0, 2, 4], [1, 3, 5]]
    for n in range(10):
        eggs = search.send(Told(np.array([np.inf])))
        assert nearest(eggs.points, nests) == abandoned[n % 2]
        # Better than all others: the next ones to be abandoned are the others.
        search.send(Told(np.full(3, -1.0 - n)))


def test_paper_variant_never_abandons_its_best() -> None:
    search, nests = paper_search(6, 1.0, 1e-12)
    egg = search.send(Told(np.array([4.0, 3.0, 0.5, 6.0, 7.0, 5.0])))
    sources = set()
    for _ in range(60):
        sources.update(nearest(egg.points, nests))
        eggs = search.send(Told(np.array([np.inf])))
        assert nearest(eggs.points, nests) == [0, 1, 3, 4, 5]
        egg = search.send(Told(np.full(5, 8.0)))
    # Any nest may send out the cuckoo, the best one too.
    assert sources == {0, 1, 2, 3, 4, 5}


def test_paper_variant_lays_good_eggs_into_random_nests() -> None:
    search, nests = paper_search(4, 0.0, 1e-12)
    source, told = [], 10.0
    egg = search.send(Told(np.array([11.0, 12.0, 13.0, 14.0])))
    for _ in range(40):
        source += nearest(egg.points, nests)
        told -= 0.1
        egg = search.send(Told(np.array([told])))
    # Each egg is better than all before, so one lineage takes the nests over.
    assert len(set(source[:5])) > 1
    assert len(set(source[-5:])) == 1


def test_paper_variant_flies_a_share_of_the_width() -> None:
    steps = []
    for seed in range(400):
        optimizer = CuckooSearch(n_nests=3, step_size=0.001, variant="paper")
        search = optimizer.search(Space.box(-5, [5, 95], dim=2), np.random.default_rng(seed))
        nests = next(search).points.copy()
        egg = search.send(Told(np.zeros(3))).points
        offsets = egg - nests
        steps.append(offsets[np.linalg.norm(offsets, axis=1).argmin()])
    sizes = np.abs(steps) / [0.01, 0.1]
    for t in (0.3, 1.0, 3.0):
        p = exceedance(t, 1.5)
        assert np.mean(sizes > t, axis=0) == pytest.approx(p, abs=5 * (p * (1 - p) / 400) ** 0.5)


def test_cuckoo_search_has_two_variants() -> None:
    one, other = (
        AskTell(CuckooSearch(variant=variant), sphere(2).space, 1)
        for variant in ("reference", "paper")
    )
    np.testing.assert_array_equal(one.ask(), other.ask())
    rounds(one, sphere(2), 1)
    rounds(other, sphere(2), 1)
    assert (len(one.ask()), len(other.ask())) == (15, 1)


# --- Random search -----------------------------------------------------------------------


def test_random_search_draws_fresh_points() -> None:
    search = AskTell(OPTIMIZERS["random_search"](population_size=7), sphere(2).space, seed=1)
    points = np.concatenate(rounds(search, sphere(2), 30))
    assert len(np.unique(points, axis=0)) == 210
    np.testing.assert_array_equal(points, sphere(2).space.sample(210, np.random.default_rng(1)))


def test_random_search_asks_for_x0_once() -> None:
    space = sphere(2).space.starting_at([0.5, 0.25])
    asked = rounds(AskTell(OPTIMIZERS["random_search"](population_size=7), space, 1), sphere(2), 9)
    assert (np.concatenate(asked) == [0.5, 0.25]).all(axis=1).sum() == 1


def test_asks_are_for_values_unless_said_otherwise() -> None:
    assert Ask(np.zeros((1, 2))).order is Order.VALUE
    with pytest.raises(ValueError, match="This answer has no gradients"):
        _ = Told(np.zeros(1)).gradients
