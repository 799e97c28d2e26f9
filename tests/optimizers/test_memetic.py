"""Population methods whose best are refined by gradient methods, and those of papers."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from helpers.recording import (
    Asked,
    asks,
    assert_refused_unasked,
    assert_same_asks,
    shapes,
)
from sklearn.model_selection import GridSearchCV

from metarnn import RNNClassifier
from metarnn.datasets import load
from metarnn.optimizers import (
    ABCBP,
    ABCLM,
    CSBPERN,
    CSERN,
    CSLM,
    CSLMEN,
    GA,
    OPTIMIZERS,
    Adam,
    Ask,
    AskTell,
    BeeColony,
    CuckooSearch,
    Descent,
    GradientDescent,
    HybridGA,
    LevenbergMarquardt,
    Memetic,
    MiniBatch,
    Optimizer,
    Order,
    Population,
    RandomSearch,
    Restarts,
    Rprop,
    Space,
    Told,
    minimize,
)
from metarnn.optimizers.analytic import rastrigin, rosenbrock, sphere
from metarnn.optimizers.population_based import Between

VALUE, GRADIENT = Order.VALUE, Order.GRADIENT


@dataclass
class Standing(Population):
    """A population that nothing moves but others; it shows what it is handed back."""

    n: int = 6
    shown: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)

    def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Any:
        points = space.initial(self.n, rng)
        losses = (yield Ask(points)).losses
        while True:
            yield from between(points, losses)
            self.shown.append((points.copy(), losses.copy()))
            yield Ask(points[:1])


@dataclass
class Halving(Descent):
    """Each step goes half of the way to the origin: down a sphere, always."""

    def descend(self, points: np.ndarray, space: Space, rng: np.random.Generator) -> Any:
        while True:
            yield Ask(points, GRADIENT)
            points = points / 2


@dataclass
class Worsening(Descent):
    """Each step goes away from the origin."""

    def descend(self, points: np.ndarray, space: Space, rng: np.random.Generator) -> Any:
        while True:
            yield Ask(points, GRADIENT)
            points = points * 1.5


def asks_of(optimizer: Optimizer, n: int) -> list[Asked]:
    """Return the first n asks of these settings themselves, no copy of them."""
    search = optimizer.search(sphere(3).space, np.random.default_rng(1))
    seen, ask = [], next(search)
    for _ in range(n):
        seen.append(Asked(ask.points.copy(), ask.order))
        ask = search.send(Told(*sphere(3).gradient(ask.points)))
    return seen


def standing(n_asks: int, **settings: Any) -> tuple[list[Asked], list[tuple[np.ndarray, ...]]]:
    """Refine a standing population; return the asks, and what it is handed back."""
    population = Standing()
    settings = {
        "local_search": Halving(),
        "refine_every": 1,
        "n_refined": 2,
        "refine_steps": 1,
        "patience": None,
    } | settings
    return asks_of(Memetic(population, **settings), n_asks), population.shown


# --- When, and how many ------------------------------------------------------------------


@pytest.mark.parametrize("every", [1, 2, 3])
@pytest.mark.parametrize(
    ("population", "generation"),
    [
        (GA(population_size=9, n_elites=1), [(8, VALUE)]),
        (CuckooSearch(n_nests=9), 2 * [(9, VALUE)]),
        (CuckooSearch(n_nests=9, variant="paper"), [(1, VALUE), (2, VALUE)]),
        (RandomSearch(population_size=9), [(9, VALUE)]),
    ],
)
def test_a_refinement_comes_every_so_many_generations(
    every: int, population: Population, generation: list[Any]
) -> None:
    refinement = 3 * [(4, GRADIENT)] + [(4, VALUE)]
    cycle = (every - 1) * generation + refinement + generation
    expected = [(9, VALUE), *(3 * cycle)]
    optimizer = Memetic(population, refine_every=every, n_refined=4, refine_steps=3)
    assert shapes(asks(optimizer, rastrigin(2), len(expected))) == expected


@pytest.mark.parametrize(("best", "n"), [(1, 1), (4, 4), (6, 6), (100, 6), (None, 6)])
def test_no_more_are_refined_than_there_are(best: int | None, n: int) -> None:
    optimizer = Memetic(GA(population_size=6), refine_every=1, n_refined=best, refine_steps=1)
    assert shapes(asks(optimizer, sphere(2), 3))[1:] == [(n, GRADIENT), (n, VALUE)]


@pytest.mark.parametrize("population", [GA(), CuckooSearch(), RandomSearch()])
def test_before_it_refines_it_is_the_population_to_the_bit(population: Population) -> None:
    alone, refined = (
        asks(optimizer, rosenbrock(3), 30)
        for optimizer in (population, Memetic(population, refine_every=100))
    )
    assert_same_asks(alone, refined)


def test_the_best_are_refined() -> None:
    seen, _ = standing(2)
    best = np.argsort(sphere(3)(seen[0].points))[:2]
    np.testing.assert_array_equal(seen[1].points, seen[0].points[best])


@pytest.mark.parametrize(
    "local", [Rprop(initial_step_size=0.3), Adam(learning_rate=0.2), Halving()]
)
def test_the_local_method_refines(local: Descent) -> None:
    function = rosenbrock(2)
    optimizer = Memetic(GA(population_size=5), local, refine_every=1, n_refined=3, refine_steps=5)
    seen = asks(optimizer, function, 7)
    search = AskTell(local.copy().set_params(n_starts=3), function.space.starting_at(seen[1][0]), 1)
    for points, _ in seen[1:7]:
        np.testing.assert_array_equal(search.ask(), points)
        search.tell(points, *function.gradient(points))


@dataclass
class InLists(Halving):
    """Requests its points as lists, which any optimizer may."""

    def descend(self, points: np.ndarray, space: Space, rng: np.random.Generator) -> Any:
        halving = super().descend(points, space, rng)
        ask = next(halving)
        while True:
            ask = halving.send((yield ask._replace(points=ask.points.tolist())))


def test_a_local_method_may_request_lists() -> None:
    settings = {"refine_every": 1, "n_refined": 3, "refine_steps": 4}
    population = GA(population_size=5)
    one, other = (
        minimize(sphere(3), Memetic(population, local, **settings), budget=200, seed=1)
        for local in (Halving(), InLists())
    )
    assert one.fun == other.fun
    np.testing.assert_array_equal(one.population, other.population)


@dataclass
class Doubling(Halving):
    """Requests each point twice, which no descent may."""

    def descend(self, points: np.ndarray, space: Space, rng: np.random.Generator) -> Any:
        while True:
            yield Ask(np.concatenate([points, points]), GRADIENT)


def test_a_local_method_with_other_rows_than_points_is_refused() -> None:
    optimizer = Memetic(GA(population_size=5), Doubling(), refine_every=1, n_refined=3)
    with pytest.raises(ValueError, match=r"Doubling: every request .*\(3, 2\), got \(6, 2\)"):
        minimize(sphere(2), optimizer, budget=200, seed=1)


# --- Write-back --------------------------------------------------------------------------


def test_lamarck_writes_weights_and_losses_back() -> None:
    seen, shown = standing(4, write_back="lamarck")
    first, best = seen[0].points, np.argsort(sphere(3)(seen[0].points))[:2]
    points, losses = shown[0]
    expected = first.copy()
    expected[best] /= 2
    np.testing.assert_array_equal(points, expected)
    np.testing.assert_array_equal(losses, sphere(3)(expected))


def test_baldwin_takes_the_loss_and_leaves_the_weights() -> None:
    seen, shown = standing(4, write_back="baldwin")
    first, best = seen[0].points, np.argsort(sphere(3)(seen[0].points))[:2]
    points, losses = shown[0]
    np.testing.assert_array_equal(points, first)
    expected = sphere(3)(first)
    expected[best] = sphere(3)(first[best] / 2)
    np.testing.assert_array_equal(losses, expected)


@pytest.mark.parametrize(("name", "share"), [("lamarck", 1), ("lamarck", 1.0), ("baldwin", 0)])
def test_lamarck_and_baldwin_are_the_ends_of_a_scale(name: str, share: float) -> None:
    one, other = (
        asks(Memetic(GA(), refine_every=2, write_back=each), rastrigin(3), 60)
        for each in (name, share)
    )
    assert_same_asks(one, other)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
def test_a_probability_writes_back_that_share_of_the_weights(share: float) -> None:
    population = Standing(2000)
    optimizer = Memetic(
        population,
        Halving(),
        refine_every=1,
        n_refined=None,
        refine_steps=1,
        write_back=share,
        patience=None,  # which leaves this very population to be looked at
    )
    first = asks_of(optimizer, 4)[0].points
    points, losses = population.shown[0]
    moved = (points != first).any(axis=1)
    assert moved.mean() == pytest.approx(share, abs=5 * (share * (1 - share) / 2000) ** 0.5)
    np.testing.assert_array_equal(points, np.where(moved[:, None], first / 2, first))
    # The losses always are.
    np.testing.assert_array_equal(losses, sphere(3)(first / 2))


def test_all_ways_of_writing_back_ask_the_same_until_they_differ() -> None:
    runs = [
        asks(
            Memetic(GA(), refine_every=1, n_refined=3, refine_steps=2, write_back=share),
            sphere(3),
            6,
        )
        for share in ("lamarck", 0.5, "baldwin")
    ]
    for run in runs[1:]:
        # The first points, two gradients and a value; then the children differ.
        assert_same_asks(run[:4], runs[0][:4])
        assert not np.array_equal(run[4].points, runs[0][4].points)


def test_what_baldwin_learned_guides_the_selection() -> None:
    # The best of the sphere by far becomes one that is not the best at birth.
    optimizer = Memetic(
        GA(population_size=6, n_elites=1, tournament_size=300, crossover_rate=0, mutation_rate=0),
        Halving(), refine_every=1, n_refined=None, refine_steps=1, write_back="baldwin",
    )  # fmt: skip
    search = optimizer.search(sphere(2).space, np.random.default_rng(1))
    first = next(search).points.copy()
    ask = search.send(Told(np.arange(1.0, 7.0), np.zeros((6, 2))))
    search.send(Told(np.arange(1.0, 7.0), np.zeros((6, 2))))
    ask = search.send(Told(np.array([0.9, 0.8, 0.7, -5.0, 0.6, 0.5]), np.zeros((6, 2))))
    np.testing.assert_array_equal(ask.points, np.tile(first[3], (5, 1)))


# --- What would learn the same again -----------------------------------------------------


def starts(seen: list[Asked]) -> np.ndarray:
    return np.concatenate([points for points, order in seen if order is GRADIENT])


def test_lamarck_goes_on_from_where_it_got_to() -> None:
    seen, _ = standing(7)
    # Two of the first points are halved, and again in the next generation.
    assert shapes(seen) == [(6, VALUE), *(2 * [(2, GRADIENT), (2, VALUE), (1, VALUE)])]
    np.testing.assert_array_equal(seen[4].points, seen[2].points)
    np.testing.assert_array_equal(seen[5].points, seen[1].points / 4)


@pytest.mark.parametrize(
    "settings",
    [{"write_back": "baldwin"}, {"local_search": Worsening()}],
    ids=["baldwin", "in vain"],
)
def test_what_stays_as_it_was_is_passed_over(settings: dict[str, Any]) -> None:
    seen, shown = standing(13, **settings)
    # Six individuals are learned by twos; then there is nothing to be refined.
    first = seen[0].points
    assert [order for _, order in seen] == [VALUE, *(3 * [GRADIENT, VALUE, VALUE]), *(3 * [VALUE])]
    ranking = np.argsort(sphere(3)(first))
    np.testing.assert_array_equal(starts(seen)[:2], first[ranking[:2]])
    np.testing.assert_array_equal(np.sort(starts(seen), axis=0), np.sort(first, axis=0))
    np.testing.assert_array_equal(shown[-1][0], first)


def test_a_refinement_in_vain_changes_nothing() -> None:
    seen, shown = standing(12, local_search=Worsening(), write_back=0.5)
    for points, losses in shown:
        np.testing.assert_array_equal(points, seen[0].points)
        np.testing.assert_array_equal(losses, sphere(3)(seen[0].points))


def test_what_has_left_is_forgotten() -> None:
    @dataclass
    class Turning(Population):
        """Two populations that take turns."""

        def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Any:
            turns = space.sample(2, rng), space.sample(2, rng)
            while True:
                for turn in turns:
                    yield from between(turn.copy(), (yield Ask(turn)).losses)

    optimizer = Memetic(
        Turning(), refine_every=1, refine_steps=1, write_back="baldwin", patience=None
    )
    seen = asks(optimizer, sphere(2), 12)
    assert [order for _, order in seen] == 4 * [VALUE, GRADIENT, VALUE]
    np.testing.assert_array_equal(seen[7].points, seen[1].points)


def test_a_row_is_known_by_its_weights_not_by_its_place() -> None:
    @dataclass
    class Shuffled(Population):
        """A population whose rows move about."""

        def evolve(self, space: Space, rng: np.random.Generator, between: Between) -> Any:
            points = space.initial(4, rng)
            losses = (yield Ask(points)).losses
            while True:
                yield from between(points, losses)
                points, losses = points[::-1].copy(), losses[::-1].copy()
                yield Ask(points[:1])

    optimizer = Memetic(
        Shuffled(),
        refine_every=1,
        n_refined=3,
        refine_steps=1,
        write_back="baldwin",
        patience=None,
    )
    seen = asks(optimizer, sphere(2), 9)
    assert [len(points) for points, _ in seen] == [4, 3, 3, 1, 1, 1, 1, 1, 1]
    assert len(np.unique(starts(seen), axis=0)) == 4


# --- New populations ---------------------------------------------------------------------


@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("patience", [1, 2, 5])
def test_a_population_that_is_not_helped_begins_again(every: int, patience: int) -> None:
    settings = {"local_search": Worsening(), "patience": patience, "refine_every": every}
    seen, _ = standing(200, **settings)
    begun = [i for i, (points, _) in enumerate(seen) if len(points) == 6]
    # The first refinement finds a first best; after it so many do not help.
    generations = np.diff([sum(len(p) == 1 for p, _ in seen[:i]) for i in begun])
    assert len(begun) > 4
    assert set(generations) == {patience * every}
    # Each begins with points of its own.
    assert len(np.unique([seen[i].points[0] for i in begun], axis=0)) == len(begun)


def test_a_population_that_is_helped_goes_on() -> None:
    seen, _ = standing(200, patience=1, tol=0.5)
    assert sum(len(points) == 6 for points, _ in seen) == 1
    # Halving leaves a quarter of the loss, which is not a tenth.
    seen, _ = standing(200, patience=1, tol=0.9)
    assert sum(len(points) == 6 for points, _ in seen) > 5


def test_who_restarts_a_hybrid_decides_alone_when() -> None:
    function = rastrigin(2)
    one, other = (
        asks(Restarts(HybridGA(patience=patience), patience=70), function, 300)
        for patience in (None, 1)
    )
    assert_same_asks(one, other)
    inner = HybridGA(patience=2)
    outer = Memetic(inner, refine_every=1, refine_steps=1, patience=9)
    kept = Memetic(inner.once(), refine_every=1, refine_steps=1, patience=9)
    assert_same_asks(asks(outer, function, 100), asks(kept, function, 100))
    assert inner.patience == 2


@pytest.mark.parametrize(
    "optimizer", [HybridGA(patience=1, refine_steps=5), Memetic(patience=1, refine_steps=5)]
)
def test_the_population_is_that_of_the_best_run(optimizer: Memetic) -> None:
    for seed in range(5):
        result = minimize(rastrigin(4), optimizer, budget=3000, seed=seed)
        # But for what the last generations found, which were not finished.
        passes, _, losses = result.history.improvements.T
        assert result.population_losses.min() <= losses[passes < 2600].min()


@pytest.mark.parametrize("cls", [CSERN, CSBPERN, CSLM, CSLMEN, ABCBP, ABCLM])
def test_the_papers_keep_one_population(cls: type[Population]) -> None:
    assert cls().get_params()["patience"] is None


# --- Every population with every descent -------------------------------------------------


POPULATIONS = {
    name: cls
    for name, cls in OPTIMIZERS.items()
    if issubclass(cls, Population) and not issubclass(cls, Memetic)
}
DESCENTS = {name: cls for name, cls in OPTIMIZERS.items() if issubclass(cls, Descent)}


@pytest.mark.parametrize("population", POPULATIONS)
def test_any_population_with_any_descent(population: str) -> None:
    alone = minimize(rosenbrock(2), POPULATIONS[population](), budget=400, seed=1)
    for write_back in ("lamarck", "baldwin"):
        for local in DESCENTS:
            optimizer = Memetic(
                POPULATIONS[population](),
                DESCENTS[local](),
                refine_every=1,
                n_refined=3,
                refine_steps=2,
                write_back=write_back,
            )
            result = minimize(rosenbrock(2), optimizer, budget=400, seed=1)
            price = rosenbrock(2).cost(Order.GAUSS_NEWTON)
            assert 400 - max(3, price) < result.passes <= 400
            assert result.passes == result.nfev + 3 * result.njev + price * result.nhev
            assert result.njev + result.nhev >= 6
            # The refinement found something of its own: without it the run is another.
            assert not np.array_equal(result.x, alone.x)
            # The first points are the population's.
            one, other = (
                asks(each, rosenbrock(2), 1) for each in (optimizer, POPULATIONS[population]())
            )
            assert_same_asks(one, other)


def test_hybrids_nest() -> None:
    inner = Memetic(GA(population_size=8), Rprop(), refine_every=1, n_refined=1, refine_steps=1)
    outer = Memetic(inner, GradientDescent(), refine_every=2, n_refined=2, refine_steps=1)
    inner_refinement = [(1, GRADIENT), (1, VALUE)]
    expected = [
        (8, VALUE), *inner_refinement, (6, VALUE), *inner_refinement, (2, GRADIENT), (2, VALUE),
    ]  # fmt: skip
    assert shapes(asks(outer, rastrigin(2), len(expected))) == expected
    assert outer.size_param == "population__population__population_size"


@dataclass
class Newton(Descent):
    """Whole Newton steps."""

    @property
    def order(self) -> Order:
        return Order.GAUSS_NEWTON

    def descend(self, points: np.ndarray, space: Space, rng: np.random.Generator) -> Any:
        while True:
            told = yield Ask(points, Order.GAUSS_NEWTON)
            points = points - np.linalg.solve(told.curvatures, told.gradients[:, :, None])[:, :, 0]


class Bowl:
    """A shifted sphere that knows its curvature, at seven passes; and its mini-batches."""

    space = Space.normal(3)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        return ((points - 1) ** 2).sum(1)

    def gradient(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self(points), 2 * (points - 1)

    def gauss_newton(self, points: np.ndarray) -> tuple[np.ndarray, ...]:
        return *self.gradient(points), np.tile(2 * np.eye(3), (len(points), 1, 1))

    def cost(self, order: Order) -> float:
        return {Order.VALUE: 1.0, Order.GRADIENT: 3.0, Order.GAUSS_NEWTON: 7.0}[order]

    def mini_batch(self, batch: MiniBatch) -> "Bowl":
        return self


def test_matrices_are_asked_for_where_the_gradient_method_wants_them() -> None:
    optimizer = Memetic(
        GA(population_size=5), Newton(), refine_every=1, n_refined=2, refine_steps=1
    )
    assert optimizer.order is Order.GAUSS_NEWTON
    result = minimize(Bowl(), optimizer, budget=5 + 2 * 8, seed=1)
    assert (result.nfev, result.njev, result.nhev) == (5 + 2, 0, 2)
    assert result.passes == 21
    # One step leads to the bottom.
    np.testing.assert_allclose(result.x, 1, rtol=1e-12)


def test_mini_batches_refine_too() -> None:
    optimizer = Memetic(
        GA(population_size=5), Adam(n_batches=4), refine_every=1, n_refined=2, refine_steps=5
    )
    assert optimizer.needs_mini_batches
    assert not Memetic(GA(), Adam()).needs_mini_batches
    # Four steps, a judgement by all of the data in between, and one at the end.
    result = minimize(Bowl(), optimizer, budget=5 + 2 * (4 * 3 + 1 + 1), seed=1)
    assert (result.nfev, result.njev) == (5 + 2 * 2, 2 * 4)
    with pytest.raises(ValueError, match="mini-batches"):
        minimize(sphere(2), optimizer, budget=100)


# --- Settings ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("optimizer", "error", "parts"),
    [
        (
            Memetic(local_search=None),
            TypeError,
            ["Memetic: local_search", "such as Rprop()", "got None"],
        ),
        (
            HybridGA(local_search=CuckooSearch()),
            TypeError,
            ["HybridGA: local_search", "got CuckooSearch("],
        ),
        (
            HybridGA(local_search=Rprop),
            TypeError,
            ["local_search", "a gradient method such as Rprop()"],
        ),
        (HybridGA(local_search="rprop"), TypeError, ["local_search", "got 'rprop'"]),
        (
            HybridGA(local_search=Rprop(initial_step_size=0)),
            ValueError,
            ["Rprop", "initial_step_size", "got 0"],
        ),
        (Memetic(Rprop()), TypeError, ["population", "such as CuckooSearch()", "got Rprop("]),
        (Memetic(GA), TypeError, ["population", "a population method"]),
        (Memetic(GA(n_elites=50)), ValueError, ["GA: n_elites", "got 50"]),
        (Memetic(write_back="lamark"), ValueError, ["'lamarck'", "'baldwin'", "got 'lamark'"]),
        (Memetic(write_back=1.01), ValueError, ["a probability from 0 to 1", "got 1.01"]),
        (Memetic(write_back=-0.1), ValueError, ["write_back", "got -0.1"]),
        (Memetic(write_back=float("nan")), ValueError, ["write_back", "got nan"]),
        (Memetic(write_back=True), TypeError, ["write_back", "got True"]),
        (Memetic(write_back=None), TypeError, ["write_back", "got None"]),
    ],
)
def test_settings_that_do_not_fit(
    optimizer: Optimizer, error: type[Exception], parts: list[str]
) -> None:
    assert_refused_unasked(optimizer, error, parts)


def test_settings_reach_the_nested() -> None:
    optimizer = Memetic(CuckooSearch(), Adam())
    assert optimizer.order is GRADIENT
    assert optimizer.size_param == "population__n_nests"
    optimizer.set_params(population__n_nests=4, local_search__learning_rate=0.5, write_back=0.25)
    assert optimizer.population == CuckooSearch(n_nests=4)
    assert optimizer.local_search == Adam(learning_rate=0.5)
    copied = optimizer.copy().set_params(population__n_nests=9)
    assert (optimizer.population.n_nests, copied.population.n_nests) == (4, 9)  # type: ignore[attr-defined]


def test_a_population_without_a_size_has_no_size_setting() -> None:
    assert Memetic(Standing()).size_param is None


def test_the_hybrid_ga_is_a_composition() -> None:
    composed = Memetic(
        GA(population_size=20), Rprop(), refine_every=1, n_refined=5, refine_steps=20, patience=4
    )
    assert_same_asks(asks(HybridGA(), rastrigin(3), 60), asks(composed, rastrigin(3), 60))


def test_grid_search_reaches_the_gradient_method() -> None:
    data = load("delayed_recall", n_sequences=40, lag=2)
    model = RNNClassifier(
        hidden=3, budget=150, random_state=0,
        optimizer=Memetic(
            GA(population_size=6), GradientDescent(), refine_every=1, n_refined=2, refine_steps=2
        ),
    )  # fmt: skip
    grid = {"optimizer__local_search__learning_rate": [1e-9, 0.5]}
    search = GridSearchCV(model, grid, cv=2).fit(data.X, data.y)
    chosen = search.best_params_["optimizer__local_search__learning_rate"]
    assert search.best_estimator_.optimizer.local_search.learning_rate == chosen
    assert len(set(search.cv_results_["mean_test_score"])) == 2


# --- The papers' names -------------------------------------------------------------------


def test_csern_is_cuckoo_search() -> None:
    assert_same_asks(
        asks(CSERN(n_nests=7), rastrigin(3), 20),
        asks(CuckooSearch(7, step_size=0.01, patience=None), rastrigin(3), 20),
    )
    assert CSERN().order is VALUE


@pytest.mark.parametrize(
    ("optimizer", "moves"),
    [(CSBPERN(CuckooSearch(n_nests=6)), 2), (ABCBP(BeeColony(population_size=6)), 2)],
)
def test_every_nest_takes_a_step_of_plain_back_propagation(optimizer: Memetic, moves: int) -> None:
    optimizer.set_params(local_search__learning_rate=0.125)
    seen = asks(optimizer, sphere(3), 5)
    assert shapes(seen) == [(6, VALUE), (6, GRADIENT), (6, VALUE), *(moves * [(6, VALUE)])]
    ranking = np.argsort(sphere(3)(seen[0].points))
    np.testing.assert_array_equal(seen[1].points, seen[0].points[ranking])
    # x - 0.125 times 2 x, however long the gradient is, and no momentum later on.
    np.testing.assert_allclose(seen[2].points, 0.75 * seen[1].points, rtol=1e-15)
    assert optimizer.local_search == GradientDescent(learning_rate=0.125, momentum=0, max_norm=None)


def test_cuckoos_fly_from_where_back_propagation_led() -> None:
    # A step of half of the slope leads to the bottom of the sphere: all nests are there.
    optimizer = CSBPERN(CuckooSearch(n_nests=6)).set_params(local_search__learning_rate=0.5)
    seen = asks(optimizer, sphere(3), 5)
    assert not seen[3].points.any()
    assert not seen[4].points.any()


@pytest.mark.parametrize(
    ("paper", "population"),
    [(CSLM(), CuckooSearch), (CSLMEN(), CuckooSearch), (ABCLM(), BeeColony)],
)
def test_every_nest_takes_a_levenberg_marquardt_step(
    paper: Memetic, population: type[Population]
) -> None:
    assert type(paper.population) is population
    paper.set_params(**{str(paper.size_param): 6})
    seen = asks(paper, rosenbrock(3), 3)
    assert shapes(seen) == [(6, VALUE), (6, Order.GAUSS_NEWTON), (6, VALUE)]
    space = rosenbrock(3).space.starting_at(seen[1].points)
    alone = asks_in(LevenbergMarquardt(n_starts=6), space, 2)
    np.testing.assert_array_equal(seen[1].points, alone[0])
    np.testing.assert_array_equal(seen[2].points, alone[1])


def asks_in(optimizer: Optimizer, space: Space, n: int) -> list[np.ndarray]:
    search, seen = AskTell(optimizer, space, 1), []
    for _ in range(n):
        seen.append(search.ask())
        search.tell(seen[-1], *rosenbrock(3).gauss_newton(seen[-1]))
    return seen


def test_the_papers_do_not_share_their_nested_methods() -> None:
    one, other = CSBPERN(), CSBPERN()
    one.set_params(population__n_nests=3, local_search__learning_rate=0.7)
    assert other == CSBPERN()
    assert one != other
