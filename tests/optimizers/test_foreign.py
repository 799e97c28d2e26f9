"""Other libraries as optimizers: what they ask is what they ask of a plain function."""

import gc
import itertools
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from helpers.error_checks import one_sentence
from scipy import optimize

from metarnn.cli import main
from metarnn.extras import install
from metarnn.optimizers import (
    CMAES,
    AskTell,
    DeapProgram,
    Mealpy,
    Nevergrad,
    Optimizer,
    Order,
    PyCMA,
    SciPyBasinHopping,
    SciPyDE,
    SciPyDualAnnealing,
    SciPyLBFGSB,
    Search,
    SeparableCMAES,
    Space,
    minimize,
)
from metarnn.optimizers import optimizer as optimizer_module
from metarnn.optimizers.adapters.callback_style import requests_of
from metarnn.optimizers.analytic import Function, rastrigin, rosenbrock, sphere
from metarnn.optimizers.isolated_rng import IsolatedGlobalRNG

SPACE = Space.box(-5, 5, dim=3)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = threading.enumerate()
    yield
    if set(threading.enumerate()) - set(before):
        gc.collect()  # of a search that stands in a cycle; of a full heap it takes a second
    # A thread of nevergrad's ends by itself a moment after its owner.
    deadline = time.monotonic() + 5
    while set(threading.enumerate()) - set(before) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert set(threading.enumerate()) <= set(before)


@dataclass
class Callback(Optimizer):
    """What a function run(objective, points) asks for."""

    run: Callable[..., Any]
    n: int = 2
    gradients: bool = False
    globally_random: bool = True

    @property
    def order(self) -> Order:
        return Order.GRADIENT if self.gradients else Order.VALUE

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        yield from requests_of(self.run, space, rng, self.n, globally_random=self.globally_random)


def creep(objective: Any, points: np.ndarray) -> None:
    """Go down by halves from one point, for ever."""
    point = points[0]
    while True:
        objective(point)
        point = point / 2


class Kept:
    """A function that keeps the points it is asked about, in their order."""

    def __init__(self, function: Function) -> None:
        self.function, self.space = function, function.space
        self.asked: list[np.ndarray] = []

    def __call__(self, points: np.ndarray) -> np.ndarray:
        self.asked.append(points.copy())
        return self.function(points)

    def gradient(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.asked.append(points.copy())
        return self.function.gradient(points)

    def value(self, point: np.ndarray) -> float:
        return float(self(point[None])[0])

    def slope(self, point: np.ndarray) -> tuple[float, np.ndarray]:
        losses, gradients = self.gradient(point[None])
        return float(losses[0]), gradients[0]

    @property
    def points(self) -> np.ndarray:
        return np.concatenate(self.asked)


def asked_by(optimizer: Optimizer, function: Function, budget: float, **options: Any) -> Kept:
    kept = Kept(function)
    minimize(kept, optimizer, budget=budget, seed=3, **options)
    return kept


def first_point(space: Space) -> tuple[np.ndarray, np.random.Generator]:
    """Return where a search with seed 3 sets out, and its generator after that."""
    rng = np.random.default_rng(3)
    return space.initial(1, rng)[0], rng


def assert_begins_alike(one: Kept, other: Kept, rtol: float = 0.0) -> None:
    n = min(len(one.points), len(other.points))
    assert n > 50
    np.testing.assert_allclose(one.points[:n], other.points[:n], rtol=rtol, atol=rtol)


# --- Code that calls, as a coroutine -----------------------------------------------------


def test_objectives_answer_points_and_batches() -> None:
    seen: list[Any] = []

    def run(objective: Any, points: np.ndarray) -> None:
        seen.append((points[0], objective(points[0]), objective.gradient(points[0])))
        seen.append((points, objective(points), objective.gradient(points)))
        seen.append((points, objective(points.tolist()), objective.gradient(points.tolist())))

    result = minimize(sphere(3), Callback(run, gradients=True), budget=20, seed=1)
    assert (result.nfev, result.njev, result.stop) == (5, 5, "budget")
    point, loss, (again, slope) = seen[0]
    assert isinstance(loss, float)
    assert loss == again == (point**2).sum()
    np.testing.assert_array_equal(slope, 2 * point)
    for points, losses, (again, slopes) in seen[1:]:
        np.testing.assert_array_equal(losses, sphere(3)(points))
        np.testing.assert_array_equal(losses, again)
        np.testing.assert_array_equal(slopes, 2 * points)


def test_the_objective_is_called_in_the_thread_of_the_caller() -> None:
    places: set[tuple[str, int]] = set()

    def run(objective: Any, points: np.ndarray) -> None:
        places.add(("library", threading.get_ident()))
        objective(points)

    def losses(points: np.ndarray) -> np.ndarray:
        places.add(("objective", threading.get_ident()))
        return sphere(3)(points)

    minimize(losses, Callback(run), budget=20, seed=1, space=SPACE)
    assert ("objective", threading.get_ident()) in places
    assert len(places) == 2
    assert len({thread for _, thread in places}) == 2


def test_never_do_both_run() -> None:
    running = [0]

    def enter() -> None:
        running[0] += 1
        assert running[0] == 1
        time.sleep(1e-3)
        assert running[0] == 1
        running[0] -= 1

    def run(objective: Any, points: np.ndarray) -> None:
        while True:
            enter()
            objective(points)

    def losses(points: np.ndarray) -> np.ndarray:
        enter()
        return sphere(3)(points)

    assert minimize(losses, Callback(run), budget=40, seed=1, space=SPACE).passes == 40


def test_points_are_moved_into_the_bounds_and_belong_to_the_library() -> None:
    mine = np.array([[9.0, 0.0, -7.0]])

    def run(objective: Any, points: np.ndarray) -> None:
        objective(mine)
        mine[:] += 1

    kept = asked_by(Callback(run, n=1), sphere(3), 5)
    assert kept.asked[0].tolist() == [[5.12, 0.0, -5.12]]
    assert kept.asked[3].tolist() == [[5.12, 3.0, -4.0]]


def test_what_has_ended_begins_anew_from_fresh_points() -> None:
    starts: list[np.ndarray] = []

    def run(objective: Any, points: np.ndarray) -> None:
        starts.append(points)
        objective(points)

    minimize(sphere(3), Callback(run), budget=10, seed=1, x0=[1.0, 2.0, 3.0])
    assert len(starts) == 5
    assert starts[0][0].tolist() == [1, 2, 3]
    assert len(np.unique(np.concatenate(starts), axis=0)) == 10


def test_what_has_lost_its_way_begins_anew() -> None:
    def run(objective: Any, points: np.ndarray) -> None:
        objective(points)
        objective(np.full(3, np.nan))

    kept = asked_by(Callback(run), sphere(3), 10)
    assert np.isfinite(kept.points).all()
    assert len(np.unique(kept.points, axis=0)) == 10


@pytest.mark.parametrize("run", [lambda f, x: None, lambda f, x: f(x * np.nan)])
def test_a_search_that_asks_nothing_is_an_error(run: Callable[..., Any]) -> None:
    with pytest.raises(RuntimeError, match="without a single call") as error:
        minimize(sphere(3), Callback(run), budget=10)
    one_sentence(error)


class OwnError(Exception):
    pass


@pytest.mark.parametrize("n_calls", [0, 1, 5])
def test_errors_of_the_library_come_out_as_they_are(n_calls: int) -> None:
    mistake = OwnError("own words")

    def run(objective: Any, points: np.ndarray) -> None:
        for _ in range(n_calls):
            objective(points)
        raise mistake

    with pytest.raises(OwnError) as error:
        minimize(sphere(3), Callback(run), budget=100)
    assert error.value is mistake
    assert error.traceback[-1].name == "run"


def test_errors_of_the_objective_do_not_pass_through_the_library() -> None:
    caught: list[BaseException] = []

    def run(objective: Any, points: np.ndarray) -> None:
        try:
            objective(points)
        except Exception as error:
            caught.append(error)
            raise

    def losses(points: np.ndarray) -> np.ndarray:
        raise OwnError

    with pytest.raises(OwnError):
        minimize(losses, Callback(run), budget=100, space=SPACE)
    assert not caught


def test_a_library_that_catches_errors_is_ended_all_the_same() -> None:
    tries = []

    def run(objective: Any, points: np.ndarray) -> None:
        while True:
            try:
                objective(points)
                tries.append("answered")
            except Exception:
                tries.append("caught")

    assert minimize(sphere(3), Callback(run), budget=20, seed=1).passes == 20
    assert set(tries) == {"answered"}


def test_a_library_cleans_up_when_it_is_ended() -> None:
    done = []

    def run(objective: Any, points: np.ndarray) -> None:
        try:
            while True:
                objective(points)
        finally:
            done.append(True)
            # Calling once more is of no use.
            objective(points)

    minimize(sphere(3), Callback(run), budget=20, seed=1)
    assert done == [True]


def test_searches_that_are_dropped_half_way_leave_no_thread() -> None:
    before = threading.active_count()
    searches = [AskTell(Callback(creep), SPACE, seed) for seed in range(5)]
    for search in searches:
        search.tell(search.ask(), [1.0])
    assert threading.active_count() == before + 5
    searches[0].itself = searches[0]  # type: ignore[attr-defined]  # for the garbage collector
    searches.clear()
    del search
    gc.collect()
    assert threading.active_count() == before


def test_a_search_that_has_not_begun_has_no_thread() -> None:
    before = threading.active_count()
    search = Callback(creep).search(SPACE, np.random.default_rng(1))
    assert threading.active_count() == before
    search.close()


HALF_WAY = """
import pickle, random, sys
import numpy as np
from metarnn.optimizers import AskTell, Nevergrad, SciPyDualAnnealing, Space

assert not {"cma", "nevergrad", "mealpy", "deap", "numba"} & set(sys.modules)
before = pickle.dumps((random.getstate(), np.random.get_state()))
searches = [AskTell({}, Space.box(-5, 5, dim=3), 1)]
for _ in range(5):
    points = searches[0].ask()
    searches[0].tell(points, (points**2).sum(1))
# nevergrad draws from them when it is imported.
assert pickle.dumps((random.getstate(), np.random.get_state())) == before
cycle = [searches]
cycle.append(cycle)
"""


@pytest.mark.parametrize("made", ["SciPyDualAnnealing()", "Nevergrad('Cobyla')"])
@pytest.mark.slow
def test_a_program_ends_with_searches_half_way(made: str) -> None:
    if made.startswith("Nevergrad"):
        pytest.importorskip("nevergrad")
    program = HALF_WAY.replace("{}", made)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert not done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_within_the_library_keeps_the_best() -> None:
    def run(objective: Any, points: np.ndarray) -> None:
        for _ in range(5):
            objective(points)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        time.sleep(0.2)
        while True:
            objective(points)

    states = random.getstate(), pickle.dumps(np.random.get_state())  # noqa: NPY002
    with pytest.warns(UserWarning, match="Interrupted after 10"):
        result = minimize(sphere(3), Callback(run), budget=1000, seed=1)
    assert result.stop == "interrupt"
    assert result.passes == 10
    assert (random.getstate(), pickle.dumps(np.random.get_state())) == states  # noqa: NPY002


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_says_that_it_has_no_thread() -> None:
    search = AskTell(Callback(creep), SPACE, 1)
    search.tell(search.ask(), [1.0])
    child = os.fork()
    if not child:
        try:
            search.tell(search.ask(), [1.0])
        except RuntimeError as error:
            os._exit(7 if "forked" in str(error) else 8)
        os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    search.tell(search.ask(), [1.0])


def test_global_states_are_exchanged_at_each_call() -> None:
    drawn: list[float] = []

    def run(objective: Any, points: np.ndarray) -> None:
        while True:
            drawn.extend((random.random(), np.random.random()))  # noqa: NPY002
            objective(points)

    def draws(meddle: bool) -> tuple[list[float], list[float]]:
        drawn.clear()
        mine = []

        def losses(points: np.ndarray) -> np.ndarray:
            if meddle:
                mine.extend((random.random(), np.random.random()))  # noqa: NPY002
            return sphere(3)(points)

        minimize(losses, Callback(run), budget=20, seed=1, space=SPACE)
        return list(drawn), mine

    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    theirs, ours = draws(meddle=True)
    assert theirs == draws(meddle=False)[0]
    assert len(set(theirs)) == len(theirs) == 20
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    plain = [draw() for _ in range(10) for draw in (random.random, np.random.random)]
    assert ours == plain


def test_searches_side_by_side_keep_their_states_apart() -> None:
    def run(objective: Any, points: np.ndarray) -> None:
        while True:
            objective(np.random.uniform(-5, 5, 3))  # noqa: NPY002

    alone = asked_by(Callback(run), sphere(3), 200).points
    many: list[np.ndarray] = []
    jobs = [
        threading.Thread(target=lambda: many.append(asked_by(Callback(run), sphere(3), 200).points))
        for _ in range(4)
    ]
    state = pickle.dumps(np.random.get_state())  # noqa: NPY002
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert len(many) == 4
    for points in many:
        np.testing.assert_array_equal(points, alone)
    assert pickle.dumps(np.random.get_state()) == state  # noqa: NPY002


# --- SciPy -------------------------------------------------------------------------------


@pytest.mark.parametrize("bounded", [True, False])
def test_lbfgsb_is_that_of_scipy_again_and_again(bounded: bool) -> None:
    function = rosenbrock(4)
    space = function.space if bounded else Space.normal(4, 2.0)
    x0, rng = first_point(space)
    plain = Kept(function)
    bounds = optimize.Bounds(*space.bounds) if space.bounds else None
    for _ in range(6):
        optimize.minimize(
            plain.slope, x0, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxcor": 5}
        )
        x0 = space.sample(1, rng)[0]
    # The answers arrive as they are: so does every step.
    assert_begins_alike(asked_by(SciPyLBFGSB(5), function, 600, space=space), plain)


def test_basin_hopping_is_that_of_scipy() -> None:
    space = Space.normal(3)
    x0, rng = first_point(space)
    plain = Kept(rastrigin(3))
    options = {"method": "L-BFGS-B", "jac": True, "bounds": None}
    optimize.basinhopping(
        plain.slope, x0, niter=60, T=2.0, stepsize=1.5, minimizer_kwargs=options, rng=rng
    )
    optimizer = SciPyBasinHopping(n_hops=60, temperature=2.0, initial_step_size=1.5)
    assert_begins_alike(asked_by(optimizer, rastrigin(3), 3000, space=space), plain)


def test_basin_hopping_steps_in_units_of_the_scale() -> None:
    space = Space.box([-1e-3, -1e3], [1e-3, 1e3])

    def flat(points: np.ndarray) -> np.ndarray:
        return np.zeros(len(points))

    function = Function("flat", flat, np.zeros_like, space, np.zeros(2), 0.0)
    points = asked_by(SciPyBasinHopping(initial_step_size=0.1), function, 300).points
    steps = np.abs(np.diff(points, axis=0))
    # On the flat every hop is accepted, and steps grow by 1/0.9 every 50.
    assert (steps <= 0.1 / 0.9**2 * space.scale).all()
    assert (steps.max(axis=0) > 0.05 * space.scale).all()


@pytest.mark.parametrize("size", [None, 12])
def test_differential_evolution_is_that_of_scipy(size: int | None) -> None:
    function = rastrigin(3)
    rng = np.random.default_rng(3)
    init = function.space.initial(size or 45, rng)
    plain = Kept(function)
    optimize.differential_evolution(
        lambda columns: plain(columns.T),
        optimize.Bounds(*function.space.bounds),
        init=init,
        polish=False,
        vectorized=True,
        updating="deferred",
        strategy="rand1exp",
        mutation=(0.4, 0.9),
        recombination=0.6,
        rng=rng,
    )
    optimizer = SciPyDE(size, "rand1exp", mutation_low=0.4, mutation_high=0.9, recombination=0.6)
    kept = asked_by(optimizer, function, 900)
    assert {len(points) for points in kept.asked} == {size or 45}
    np.testing.assert_array_equal(kept.asked[0], init)
    # SciPy rounds the first ones where it scales them; losses follow by a hair.
    assert_begins_alike(kept, plain, rtol=1e-12)


def test_differential_evolution_begins_anew_when_it_has_converged() -> None:
    kept = asked_by(SciPyDE(8, tol=0.5), sphere(2), 2000)
    spread = [np.ptp(points, axis=0).max() for points in kept.asked]
    assert min(spread) < 0.5
    # After a narrow population a wide one.
    assert any(b > 5 * a for a, b in itertools.pairwise(spread))


@pytest.mark.parametrize("local_search", [True, False])
def test_dual_annealing_is_that_of_scipy(local_search: bool) -> None:
    function = rastrigin(3)
    x0, rng = first_point(function.space)
    plain = Kept(function)
    optimize.dual_annealing(
        plain.value,
        optimize.Bounds(*function.space.bounds),
        maxiter=40,
        x0=x0,
        no_local_search=not local_search,
        rng=rng,
    )
    optimizer = SciPyDualAnnealing(max_iterations=40, local_search=local_search)
    assert_begins_alike(asked_by(optimizer, function, 400), plain)


def test_five_others_are_needed_for_two_differences() -> None:
    with pytest.raises(ValueError, match="SciPyDE: population_size must be at least 6 where"):
        minimize(sphere(2), SciPyDE(5, "rand2bin"), budget=40)
    assert minimize(sphere(2), SciPyDE(6, "rand2bin"), budget=40, seed=0).passes <= 40


@pytest.mark.parametrize("optimizer", [SciPyDE(20, width=0.5), SciPyDualAnnealing(width=0.5)])
def test_without_bounds_there_is_a_box(optimizer: Optimizer) -> None:
    space = Space.normal(2, 3.0).starting_at([0.5, 40.0])
    slope = Function("slope", lambda x: x.sum(1), np.ones_like, space, np.zeros(2), -np.inf)
    points = asked_by(optimizer, slope, 1000).points
    first = points[:20] if isinstance(optimizer, SciPyDE) else points[:1]
    center = first.mean(axis=0)
    assert (points[:900] <= np.maximum(center + 1.5, first.max(axis=0)) + 1e-12).all()
    assert (points[:900] >= np.minimum(center - 1.5, first.min(axis=0)) - 1e-12).all()
    assert points[:900, 0].min() < center[0] - 1.4


# --- pycma -------------------------------------------------------------------------------


@pytest.mark.parametrize(("restarts", "bounded"), [("ipop", True), ("bipop", False)])
def test_pycma_is_its_fmin2(restarts: str, bounded: bool) -> None:
    cma = pytest.importorskip("cma")
    function = rastrigin(2)
    space = function.space if bounded else Space.normal(2, 2.0)
    plain = Kept(function)
    first, rng = first_point(space)
    starts = [first]
    # It draws the sizes of small runs from the global state.
    isolated = IsolatedGlobalRNG(rng) if restarts == "bipop" else nullcontext()
    options: dict[str, Any] = {
        "randn": lambda *shape: rng.standard_normal(shape),
        "seed": np.nan,
        "verbose": -10,
        "verb_log": 0,
        "CMA_stds": space.scale,
        "maxfevals": 3000,
        "eval_final_mean": False,
    }
    if space.bounds:
        options["bounds"] = [corner.tolist() for corner in space.bounds]
    with isolated:
        cma.fmin2(
            plain.value,
            lambda: starts.pop() if starts else space.sample(1, rng)[0],
            0.3,
            options,
            restarts=20,
            bipop=restarts == "bipop",
            eval_initial_x=True,
        )
    kept = asked_by(PyCMA(initial_step_size=0.3, restarts=restarts), function, 3000, space=space)
    sizes = [len(points) for points in kept.asked]
    assert len(set(sizes)) > 3  # it restarted, several times
    assert_begins_alike(kept, plain, rtol=1e-12)


def test_pycma_takes_its_size() -> None:
    pytest.importorskip("cma")
    kept = asked_by(PyCMA(9, diagonal=True), sphere(3), 91)
    assert [len(points) for points in kept.asked] == [1] + 10 * [9]


# --- nevergrad ---------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "workers"), [("TwoPointsDE", 7), ("OnePlusOne", 1)])
def test_nevergrad_is_nevergrad(method: str, workers: int) -> None:
    ng = pytest.importorskip("nevergrad")
    function = rosenbrock(3)
    rng = np.random.default_rng(3)
    first = function.space.initial(workers, rng)
    rng.integers(2**32)  # for the global states
    array = ng.p.Array(init=np.zeros(3))
    low, high = function.space.bounds
    scale = function.space.scale
    array.set_bounds((low - first[0]) / scale, (high - first[0]) / scale)
    array.random_state.seed(int(rng.integers(2**32)))
    plain = ng.optimizers.registry[method](array, budget=300, num_workers=workers)
    for point in first[::-1]:
        plain.suggest((point - first[0]) / scale)
    asked = []
    for _ in range(20):
        batch = [plain.ask() for _ in range(workers)]
        points = np.array([first[0] + scale * each.value for each in batch])
        asked.append(points)
        for each, loss in zip(batch, function(points), strict=True):
            plain.tell(each, float(loss))
    optimizer = Nevergrad(method, num_workers=workers, expected_budget=300)
    kept = asked_by(optimizer, function, 20 * workers)
    np.testing.assert_allclose(kept.asked, asked, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("method", ["Cobyla", "NGOpt", "CMA", "LhsDE", "LPSDE"])
def test_methods_of_nevergrad_run_twice_alike(method: str) -> None:
    pytest.importorskip("nevergrad")
    runs = [asked_by(Nevergrad(method), rosenbrock(3), 40).points for _ in range(2)]
    np.testing.assert_array_equal(*runs)


def test_nevergrad_begins_anew_after_its_budget() -> None:
    pytest.importorskip("nevergrad")
    optimizer = Nevergrad("OnePlusOne", num_workers=5, expected_budget=20)
    kept = asked_by(optimizer, sphere(3), 60)
    fresh = sphere(3).space.initial(15, np.random.default_rng(3))
    np.testing.assert_array_equal(kept.asked[0], fresh[:5])
    # The ninth ask is of fresh points; what was told before is forgotten.
    assert len(kept.asked) == 12
    assert np.ptp(kept.asked[4], axis=0).min() > 1
    assert np.ptp(kept.asked[8], axis=0).min() > 1


@pytest.mark.parametrize("method", ["NGOptt", "", 3, None])
def test_unknown_methods_of_nevergrad_are_refused(method: Any) -> None:
    pytest.importorskip("nevergrad")
    with pytest.raises(ValueError, match="Nevergrad: method must be") as error:
        minimize(sphere(2), Nevergrad(method), budget=5)
    one_sentence(error, repr(method), "NGOpt")


def test_workers_that_a_method_does_not_take_are_said_first() -> None:
    pytest.importorskip("nevergrad")
    kept = Kept(sphere(2))
    with pytest.raises(ValueError, match="num_workers must be 1 for Cobyla, got 3") as error:
        minimize(kept, Nevergrad("Cobyla", num_workers=3), budget=50)
    one_sentence(error)
    assert not kept.asked


# --- mealpy ------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["swarm", "single"])
@pytest.mark.parametrize("method", ["BaseGA", "OriginalDE", "OriginalPSO"])
def test_mealpy_is_mealpy(method: str, mode: str, capfd: Any) -> None:
    mealpy = pytest.importorskip("mealpy")
    function = rosenbrock(3)
    rng = np.random.default_rng(3)
    first = function.space.initial(20, rng)
    rng.integers(2**32)  # for the global states
    low, high = function.space.bounds
    plain = Kept(function)
    mealpy.get_all_optimizers(verbose=False)[method](epoch=9, pop_size=20).solve(
        {
            "obj_func": plain.value,
            "bounds": mealpy.FloatVar(lb=low, ub=high),
            "minmax": "min",
            "log_to": None,
        },
        mode=mode,
        starting_solutions=first,
        seed=int(rng.integers(2**31)),
    )
    capfd.readouterr()
    optimizer = Mealpy(method, population_size=20, epochs=9, mode=mode)
    kept = asked_by(optimizer, function, 180)
    np.testing.assert_array_equal(kept.asked[0], first)
    assert_begins_alike(kept, plain)
    if mode == "swarm" and method != "OriginalPSO":
        assert len(kept.asked) == 9
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("method", ["L_SHADE", "OriginalSHADE", "JADE"])
def test_methods_that_the_seed_of_mealpy_does_not_fix(method: str) -> None:
    pytest.importorskip("mealpy")
    runs = []
    for seed in (1, 2):
        np.random.seed(seed)  # noqa: NPY002
        runs.append(asked_by(Mealpy(method), rosenbrock(3), 400).points)
    np.testing.assert_array_equal(*runs)


def test_settings_of_mealpy_are_passed_on() -> None:
    pytest.importorskip("mealpy")
    one, other = (
        asked_by(Mealpy("OriginalPSO", settings={"w": w}), sphere(3), 200).points
        for w in (0.1, 0.9)
    )
    np.testing.assert_array_equal(one[:50], other[:50])
    assert not np.array_equal(one[50:], other[50:])


@pytest.mark.parametrize(
    ("settings", "error", "parts"),
    [
        ({"method": "PSO"}, ValueError, ["method must be a class of mealpy", "'PSO'"]),
        ({"method": 3}, ValueError, ["method must be a class of mealpy", "got 3"]),
        ({"settings": {"c1": -3}, "method": "OriginalPSO"}, ValueError, ["OriginalPSO", "-3"]),
        ({"settings": [3]}, TypeError, ["settings must be a dict", "[3]"]),
    ],
)
def test_settings_that_mealpy_does_not_take(
    settings: dict[str, Any], error: type[Exception], parts: list[str]
) -> None:
    pytest.importorskip("mealpy")
    with pytest.raises(error, match="Mealpy: ") as caught:
        minimize(sphere(2), Mealpy(**settings), budget=5)
    for part in parts:
        assert part in str(caught.value)


def test_a_search_keeps_settings_of_its_own() -> None:
    pytest.importorskip("mealpy")
    settings = {"w": 0.1}
    search = AskTell(Mealpy("OriginalPSO", settings=settings), SPACE, 1)
    expected = AskTell(Mealpy("OriginalPSO", settings=dict(settings)), SPACE, 1)
    settings["w"] = 0.9
    resumed = pickle.loads(pickle.dumps(search))
    for _ in range(60):
        np.testing.assert_array_equal(resumed.ask(), expected.ask())
        for each in (resumed, expected):
            each.tell(each.ask(), sphere(3)(each.ask()))


# --- DEAP --------------------------------------------------------------------------------


def tutorial(toolbox: Any) -> None:
    from deap import algorithms, tools

    toolbox.register("mate", tools.cxTwoPoint)
    toolbox.register("mutate", tools.mutGaussian, mu=0, sigma=3, indpb=0.5)
    toolbox.register("select", tools.selTournament, tournsize=3)
    algorithms.eaSimple(toolbox.population(), toolbox, 0.5, 0.2, ngen=15, verbose=False)


def test_a_program_of_deap_is_that_program() -> None:
    from deap import base, creator, tools

    function = rosenbrock(3)
    rng = np.random.default_rng(3)
    first = function.space.initial(20, rng)
    plain = Kept(function)
    creator.create("TestLoss", base.Fitness, weights=(-1.0,))
    creator.create("TestIndividual", list, fitness=creator.TestLoss)
    toolbox = base.Toolbox()
    toolbox.register("population", lambda: [creator.TestIndividual(row.tolist()) for row in first])

    def evaluate(individual: list[float]) -> tuple[float]:
        individual[:] = np.clip(individual, *function.space.bounds).tolist()
        return (plain.value(np.array(individual)),)

    toolbox.register("evaluate", evaluate)
    random.seed(int(rng.integers(2**32)))
    tutorial(toolbox)
    del creator.TestLoss, creator.TestIndividual
    assert len(tools.selBest([], 0)) == 0
    kept = asked_by(DeapProgram(tutorial, 20), function, len(plain.asked))
    np.testing.assert_array_equal(kept.points, plain.points)
    # Generations, not individuals; 16 of them, then a fresh start.
    assert len(kept.asked) == 16


def test_a_program_of_deap_may_do_everything_by_hand() -> None:
    met: list[Any] = []

    def program(toolbox: Any) -> None:
        one, other = toolbox.individual(), toolbox.clone(toolbox.individual())
        one[0] = 77.0
        met.append((toolbox.evaluate(one), list(one), list(toolbox.map(len, [one, other]))))
        assert toolbox.map(toolbox.evaluate, []) == []
        one.fitness.values, other.fitness.values = (1.0,), (2.0,)
        assert one.fitness > other.fitness
        assert toolbox.space.dim == 3
        raise OwnError

    with pytest.raises(OwnError):
        minimize(sphere(3), DeapProgram(program), budget=9)
    ((loss,), genes, sizes) = met[0]
    high = np.asarray(sphere(3).space.bounds)[1, 0]
    assert genes[0] == high
    assert loss == sum(gene**2 for gene in genes)
    assert sizes == [3, 3]


@pytest.mark.parametrize("program", [None, "eaSimple", 3])
def test_what_is_no_program_is_refused(program: Any) -> None:
    with pytest.raises(TypeError, match="DeapProgram: program must be") as error:
        minimize(sphere(3), DeapProgram(program), budget=9)
    one_sentence(error, repr(program))


def test_the_example_of_deap_runs() -> None:
    import doctest

    from metarnn.optimizers.adapters import deap as deap_adapter

    finder = doctest.DocTestFinder(recurse=False)
    (example,) = finder.find(DeapProgram, globs=vars(deap_adapter) | {"minimize": minimize})
    assert doctest.DocTestRunner().run(example) == (0, len(example.examples))


# --- Libraries that are not there --------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "library"),
    [
        (PyCMA, "cma"),
        (CMAES, "cma"),
        (SeparableCMAES, "cma"),
        (Nevergrad, "nevergrad"),
        (Mealpy, "mealpy"),
    ],
)
def test_a_missing_library_is_said(kind: type[Optimizer], library: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(optimizer_module, "find_spec", lambda name: None)
    kept = Kept(sphere(2))
    with pytest.raises(ImportError, match=kind.__name__) as error:
        minimize(kept, kind(), budget=5)
    one_sentence(error, f"{kind.__name__} needs {library}: {install(library)}")
    assert not kept.asked


def test_the_command_line_says_so_too(monkeypatch: Any, capsys: Any, tmp_path: Any) -> None:
    monkeypatch.setattr(optimizer_module, "find_spec", lambda name: None)
    monkeypatch.chdir(tmp_path)
    assert main(["compare", "iris", "--optimizers", "mealpy"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "Mealpy needs mealpy" in err
    assert main(["list"]) == 0
    listed = " ".join(capsys.readouterr().out.split())
    assert f"(needs mealpy: {install('mealpy')})" in listed
    assert listed.count("(needs ") == 5
    assert not list(tmp_path.iterdir())


def test_warnings_of_arithmetic_are_the_librarys_own() -> None:
    def run(objective: Any, points: np.ndarray) -> None:
        while True:
            np.log(points * 0 - 1)
            objective(points)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert minimize(sphere(3), Callback(run), budget=20, seed=1).passes == 20
