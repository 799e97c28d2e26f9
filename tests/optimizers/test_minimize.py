"""The loop around every optimizer: minimize, Meter, History and AskTell."""

import copy
import itertools
import math
import pickle
import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers.error_checks import one_sentence
from helpers.optimizer_table import TABLE

from metarnn.optimizers import (
    GA,
    OPTIMIZERS,
    PRICES,
    STOP_REASONS,
    Adam,
    Ask,
    AskTell,
    CuckooSearch,
    Descent,
    GradientDescent,
    History,
    HybridGA,
    LevenbergMarquardt,
    Memetic,
    Meter,
    MiniBatch,
    Optimizer,
    Order,
    ProgressBar,
    RandomSearch,
    Rprop,
    Search,
    Space,
    Stopped,
    check_problem,
    minimize,
)
from metarnn.optimizers.analytic import rastrigin, rosenbrock, sphere
from metarnn.optimizers.meter import clean

SPACE = Space.box(-5, 5, dim=3)


class Counting:
    """The sphere, with counts, prices and something to happen at a call."""

    space = SPACE

    def __init__(
        self,
        prices: tuple[float, float] = (1.0, 3.0),
        at: Callable[[int], Any] = lambda n_calls: None,
    ) -> None:
        self.prices = prices
        self.at = at
        self.n_calls = self.n_values = self.n_gradients = 0

    def __call__(self, points: np.ndarray) -> np.ndarray:
        self.n_calls += 1
        self.at(self.n_calls)
        self.n_values += len(points)
        return (points**2).sum(1)

    def gradient(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.n_calls += 1
        self.at(self.n_calls)
        self.n_gradients += len(points)
        return (points**2).sum(1), 2 * points

    def gauss_newton(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return (*self.gradient(points), matrices(points))

    def cost(self, order: Order) -> float:
        return (*self.prices, 6.0)[order]


def matrices(points: np.ndarray) -> np.ndarray:
    """The sphere's Gauss-Newton matrices."""
    return np.tile(2 * np.eye(3), (len(points), 1, 1))


class Values:
    """An objective without gradients and without prices."""

    space = SPACE

    def __call__(self, points: np.ndarray) -> np.ndarray:
        return (points**2).sum(1)


class Scripted(Optimizer):
    """Ask for given numbers of points of given orders, one after the other, then end."""

    def __init__(self, *script: tuple[int, Order]) -> None:
        self.script = script

    @property
    def order(self) -> Order:
        return max(order for _, order in self.script)

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        for n, order in self.script:
            yield Ask(space.sample(n, rng), order)


class Silent(Optimizer):
    """Ask for nothing at all."""

    def search(self, space: Space, rng: np.random.Generator) -> Search:
        yield from ()


V, G = Order.VALUE, Order.GRADIENT


def raising(error: type[BaseException], at: int) -> Callable[[int], None]:
    def raise_error(n_calls: int) -> None:
        if n_calls == at:
            raise error

    return raise_error


# --- The result --------------------------------------------------------------------------


def test_result_has_scipys_fields_and_ours() -> None:
    objective = Counting()
    result = minimize(objective, Adam(n_starts=2), budget=100, seed=1)
    assert set(result) == {
        *("x", "fun", "nfev", "njev", "nhev", "nit", "success", "status", "message"),
        *("passes", "seconds", "history", "stop", "n_nonfinite"),
        *("population", "population_losses"),
    }
    assert result.x.shape == (3,)
    assert result.x.dtype == np.float64
    assert result.fun == (result.x**2).sum()
    assert type(result.fun) is float
    assert (result.nfev, result.njev) == (objective.n_values, objective.n_gradients) == (1, 33)
    assert result.passes == 100
    # The last ask is answered by a gradient and by a value.
    assert result.nit == len(result.history) == objective.n_calls - 1 == 17
    assert result.success is True
    assert result.status == 1
    assert result.stop == "budget"
    assert result.message == "The budget is spent."
    assert result.n_nonfinite == 0
    assert result.seconds >= result.history.seconds[-1]


def test_result_can_be_pickled() -> None:
    result = minimize(Counting(), GA(), budget=200, seed=1)
    other = pickle.loads(pickle.dumps(result))
    np.testing.assert_array_equal(other.x, result.x)
    np.testing.assert_array_equal(other.history.losses, result.history.losses)


def test_prices_are_those_of_the_objective_or_the_usual() -> None:
    assert PRICES == {V: 1.0, G: 3.0}
    script = [(2, V), (3, G), (1, V)]
    assert minimize(sphere(3), Scripted(*script), budget=1e3, seed=1).passes == 12
    dear = Counting(prices=(2.0, 7.0))
    assert minimize(dear, Scripted(*script), budget=1e3, seed=1).passes == 27


@pytest.mark.parametrize(
    ("prices", "budget", "counts"),
    [
        ((0.1, 0.3), 3, (0, 10)),
        ((0.1, 0.3), 1, (1, 3)),
        ((0.1, 0.7), 2.1, (0, 3)),
        ((1 / 3, 1.0), 1, (0, 1)),
        ((1 / 7, 3 / 7), 3, (0, 7)),
        ((1 / 3, 1 / 3), 4, (0, 12)),
        ((1 / 6, 1 / 3), 4, (0, 12)),
        ((1 / 7, 3 / 7), 10, (1, 23)),
        ((0.25, 2.5), 10, (0, 4)),
        ((2.0, 5.0), 9, (2, 1)),
    ],
)
def test_a_pass_may_be_split(
    prices: tuple[float, float], budget: float, counts: tuple[int, int]
) -> None:
    objective = Counting(prices)
    # Enough values at the end to use every pass that is left.
    script = [(1, G)] * counts[1] + [(5, G)]
    result = minimize(objective, Scripted(*script), budget=budget, seed=1)
    assert (objective.n_values, objective.n_gradients) == counts
    assert (result.nfev, result.njev) == counts
    assert result.passes == pytest.approx(np.dot(prices, counts), rel=1e-12)
    assert result.passes <= budget * (1 + 1e-12)
    assert result.stop == "budget"


def test_plain_values_at_a_fraction_of_a_pass() -> None:
    objective = Counting(prices=(0.1, 0.3))
    result = minimize(objective, RandomSearch(population_size=7), budget=10, seed=1)
    assert result.nfev == objective.n_values == 100
    assert result.passes == pytest.approx(10)


def test_the_last_ask_is_shortened() -> None:
    rows = minimize(Counting(), Scripted((4, V), (4, G)), budget=12, seed=1).history
    # Two gradients and two values make eight passes, and one row.
    assert rows.passes.tolist() == [4, 12]


def test_an_optimizer_may_end_by_itself() -> None:
    result = minimize(Counting(), Scripted((2, V), (3, V)), budget=100, seed=1)
    assert result.stop == "finished"
    assert result.status == 0
    assert result.passes == 5
    assert result.message == "The optimizer ended its search."


def test_an_optimizer_asks_at_least_once() -> None:
    with pytest.raises(ValueError, match="Silent: search must yield Ask"):
        minimize(Counting(), Silent(), budget=5)


@pytest.mark.parametrize("budget", [5, 5.5, 5.999])
def test_an_end_that_meets_the_budget_is_the_budgets(budget: float) -> None:
    result = minimize(Counting(), Scripted((2, V), (3, V)), budget=budget, seed=1)
    assert (result.stop, result.status, result.passes) == ("budget", 1, 5)


def test_the_first_of_equals_is_kept() -> None:
    seen: list[np.ndarray] = []

    def flat(points: np.ndarray) -> np.ndarray:
        seen.append(points.copy())
        return np.ones(len(points))

    result = minimize(flat, RandomSearch(population_size=5), budget=20, seed=1, space=SPACE)
    np.testing.assert_array_equal(result.x, seen[0][0])


def test_the_best_is_a_copy() -> None:
    # Cuckoo search moves its nests in place.
    kept: list[np.ndarray] = []

    def callback(intermediate_result: Any) -> None:
        kept.append(intermediate_result.x)
        values.append(intermediate_result.fun)

    values: list[float] = []
    minimize(rosenbrock(3), CuckooSearch(n_nests=5), budget=500, seed=1, callback=callback)
    np.testing.assert_array_equal(rosenbrock(3)(np.array(kept)), values)


def test_losses_may_be_of_any_kind_of_number() -> None:
    for convert in (list, tuple, np.float32, lambda losses: losses.astype(int), np.asfortranarray):
        result = minimize(
            lambda points, convert=convert: convert(np.round((points**2).sum(1))),
            RandomSearch(),
            budget=50,
            seed=1,
            space=SPACE,
        )
        assert result.fun == np.round((result.x**2).sum())


# --- History -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLE)
def test_history_has_a_row_for_every_ask(name: str) -> None:
    objective = Counting()
    seen: list[float] = []
    spent: list[float] = []

    def watch(points: np.ndarray) -> np.ndarray:
        seen.append(float((points**2).sum(1).min()))
        spent.append(len(points))
        return objective(points)

    class Watched:
        space = SPACE
        __call__ = staticmethod(watch)

        @staticmethod
        def gradient(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            watch(points)
            spent[-1] *= 3
            return (points**2).sum(1), 2 * points

        @classmethod
        def gauss_newton(cls, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            return (*cls.gradient(points), matrices(points))

        @staticmethod
        def cost(order: Order) -> float:
            return (1.0, 3.0, 3.0)[order]

    # A budget that ends no ask with gradients and values in one row.
    history = minimize(
        Watched(), TABLE[name](), budget=420 + 6 * (name == "memetic"), seed=1
    ).history
    assert history.losses.tolist() == seen
    assert history.passes.tolist() == list(itertools.accumulate(spent))
    assert history.best.tolist() == list(itertools.accumulate(seen, min))
    assert (np.diff(history.seconds) >= 0).all()
    assert len(history) == len(seen) > 3


def test_history_as_a_frame() -> None:
    history = History()
    history.add(2.0, 0.5, 3.0, 3.0)
    history.add(4.0, 0.75, 5.0, 3.0)
    frame = history.to_frame()
    assert list(frame.columns) == ["passes", "seconds", "loss", "best"]
    assert frame.to_numpy().tolist() == [[2.0, 0.5, 3.0, 3.0], [4.0, 0.75, 5.0, 3.0]]
    assert history.seconds.tolist() == [0.5, 0.75]
    assert history.losses.tolist() == [3.0, 5.0]


def test_an_empty_history() -> None:
    history = History()
    assert len(history) == len(history.to_frame()) == 0
    assert history.best.shape == (0,)
    assert list(history.to_frame().columns) == ["passes", "seconds", "loss", "best"]


# --- What stops a search -----------------------------------------------------------------


def test_target() -> None:
    for name in TABLE:
        result = minimize(Counting(), TABLE[name](), budget=20_000, seed=1, target=1.5)
        assert result.stop == "target"
        assert result.status == 0
        assert result.message == "The target loss is reached."
        assert result.fun <= 1.5
        assert (result.history.best[:-1] > 1.5).all()


def test_target_is_met_by_an_equal_loss() -> None:
    def flat(points: np.ndarray) -> np.ndarray:
        return np.full(len(points), 0.25)

    for target, stop in ((0.25, "target"), (np.nextafter(0.25, 0), "budget"), (-1, "budget")):
        result = minimize(flat, GA(), budget=200, seed=1, space=SPACE, target=target)
        assert result.stop == stop


def test_target_counts_in_an_ask_that_the_budget_cuts_short() -> None:
    result = minimize(Counting(), RandomSearch(), budget=7, seed=1, target=1e9)
    assert (result.stop, result.passes) == ("target", 7)


def test_seconds_end_a_search_after_an_ask() -> None:
    for name in TABLE:
        result = minimize(Counting(), TABLE[name](), budget=1e6, seed=1, seconds=1e-9)
        assert result.stop == "seconds"
        assert result.status == 1
        assert result.nit == 1
        assert result.message == "The time is up."


def test_seconds_that_are_not_up_change_nothing() -> None:
    runs = [minimize(Counting(), GA(), budget=300, seed=1, seconds=s) for s in (None, 1e6)]
    assert runs[1].stop == "budget"
    np.testing.assert_array_equal(runs[0].x, runs[1].x)


def test_callback_halts() -> None:
    def callback(intermediate_result: Any) -> None:
        seen.append(intermediate_result.passes)
        halt[len(seen)]()

    def stop() -> None:
        raise StopIteration

    seen: list[float] = []
    halt = {1: int, 2: int, 3: stop}
    result = minimize(
        Counting(), RandomSearch(population_size=10), budget=1e3, seed=1, callback=callback
    )
    assert seen == [10, 20, 30]
    assert result.stop == "callback"
    assert result.status == 1
    assert result.passes == 30
    assert result.message == "A callback halted the search."


def test_callback_sees_the_search_as_it_runs() -> None:
    seen: list[Any] = []
    final = minimize(
        Counting(), GA(), budget=300, seed=1, callback=lambda intermediate_result: seen.append(
            intermediate_result
        ),
    )  # fmt: skip
    assert len(seen) == final.nit
    assert [each.nit for each in seen] == list(range(1, final.nit + 1))
    assert [each.fun for each in seen] == final.history.best.tolist()
    assert [each.passes for each in seen] == final.history.passes.tolist()
    assert {each.stop for each in seen} == {None}
    assert {each.message for each in seen} == {"The search is running."}
    np.testing.assert_array_equal(
        (np.array([each.x for each in seen]) ** 2).sum(1), final.history.best
    )


def test_errors_of_a_callback_come_through() -> None:
    def callback(intermediate_result: Any) -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        minimize(Counting(), GA(), budget=300, seed=1, callback=callback)


@pytest.mark.parametrize("optimizer", [GA(), Rprop(), HybridGA(), CuckooSearch()])
@pytest.mark.parametrize("at", [2, 3, 7])
def test_an_interrupt_keeps_the_best(optimizer: Optimizer, at: int) -> None:
    objective = Counting(at=raising(KeyboardInterrupt, at))
    with pytest.warns(UserWarning, match="Interrupted after") as caught:
        result = minimize(objective, optimizer, budget=5000, seed=1)
    assert f"{result.passes:g} of 5000 passes" in str(caught[0].message)
    assert caught[0].filename == __file__
    assert result.stop == "interrupt"
    assert result.status == 1
    assert result.success
    assert result.nit == at - 1
    assert result.passes == objective.n_values + 3 * objective.n_gradients > 0
    np.testing.assert_array_equal(result.fun, result.history.best[-1])
    assert result.fun == (result.x**2).sum()


@pytest.mark.parametrize("optimizer", [GA(), Rprop()])
def test_an_interrupt_before_any_evaluation_comes_through(optimizer: Optimizer) -> None:
    with pytest.raises(KeyboardInterrupt):
        minimize(Counting(at=raising(KeyboardInterrupt, 1)), optimizer, budget=5000, seed=1)


@pytest.mark.parametrize("error", [ValueError, RuntimeError, SystemExit, StopIteration])
@pytest.mark.parametrize("at", [1, 2])
def test_errors_of_the_objective_come_through(error: type[BaseException], at: int) -> None:
    # A StopIteration too, as of next(batches): it must not pass for the end of the search.
    objective = Counting(at=raising(error, at))
    with pytest.raises((error, RuntimeError)):
        minimize(objective, RandomSearch(), budget=500, seed=1)
    assert objective.n_calls == at


def test_the_coroutine_is_closed_however_it_ends() -> None:
    closed: list[int] = []
    kept: list[Search] = []  # or it would be closed when it is collected

    class Closing(Optimizer):
        def search(self, space: Space, rng: np.random.Generator) -> Search:
            kept.append(self.go_on(space, rng))
            return kept[-1]

        def go_on(self, space: Space, rng: np.random.Generator) -> Search:
            try:
                while True:
                    yield Ask(space.sample(5, rng))
            finally:
                closed.append(1)

    minimize(Counting(), Closing(), budget=12, seed=1)
    with pytest.raises(RuntimeError):
        minimize(Counting(at=raising(RuntimeError, 2)), Closing(), budget=12, seed=1)
    assert len(closed) == 2


def test_every_reason_has_its_sentence() -> None:
    assert set(STOP_REASONS) == {
        *("budget", "target", "floor", "stationary", "seconds", "callback", "interrupt"),
        "finished",
    }
    for reason, sentence in STOP_REASONS.items():
        assert str(Stopped(reason)) == sentence
        assert sentence.endswith(".")


# --- Progress ----------------------------------------------------------------------------


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_written_to_standard_error(
    terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    for name in TABLE:
        optimizer = TABLE[name]()
        result = minimize(Counting(), optimizer, budget=60, seed=1, progress=True)
        out, err = capsys.readouterr()
        assert not out
        drawn = re.sub(r"\x1b\[[^A-Za-z]*[A-Za-z]", "", err)
        last = drawn.rstrip("\n").rsplit("\r", 1)[-1]
        assert last.startswith(type(optimizer).__name__)
        assert f"{100 * result.passes / 60:3.0f}%" in last
        assert f"loss {result.fun:.4f}" in last
        assert max(map(len, drawn.replace("\n", "\r").split("\r"))) <= 80
        assert terminal == ("\x1b" in err)


def test_a_process_that_has_imported_a_kernel_is_no_notebook(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("ipykernel.kernelapp")
    minimize(Counting(), GA(), budget=60, seed=1, progress=True)
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("GA ")


def test_a_log_gets_a_line_at_each_pause(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("metarnn.optimizers.progress.PAUSE", 0.0)
    minimize(Counting(), GA(), budget=150, seed=1, progress=True)
    err = capsys.readouterr().err
    assert "\r" not in err
    lines = err.splitlines()
    assert len(lines) >= 4
    assert all(line.startswith("GA ") and "%, " in line and "loss" in line for line in lines)


def test_without_progress_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    minimize(Counting(), GA(), budget=60, seed=1)
    assert capsys.readouterr() == ("", "")


def test_progress_goes_with_a_callback_and_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[float] = []

    def callback(intermediate_result: Any) -> None:
        seen.append(intermediate_result.fun)
        raise StopIteration

    result = minimize(Counting(), GA(), budget=200, seed=1, progress=True, callback=callback)
    assert result.stop == "callback"
    assert seen == [result.fun]
    assert "25%" in capsys.readouterr().err
    with pytest.raises(RuntimeError):
        minimize(Counting(at=raising(RuntimeError, 2)), GA(), budget=100, seed=1, progress=True)
    # The bar is closed, so that what follows begins on a line of its own.
    assert capsys.readouterr().err.endswith("\n")


def test_a_bar_covers_several_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    seen: list[Any] = []
    with ProgressBar(400, "comparison") as bar:
        for label in ("first", "second"):
            bar.begin(label)
            result = minimize(Counting(), GA(), budget=50, seed=1, callback=bar)
            # A run may end early, and counts as the passes that it was given.
            bar.end(150)
        both = bar.before(lambda intermediate_result: seen.append(intermediate_result))
        both(intermediate_result=result)
        assert bar.before(None) is bar
    assert seen == [result]
    # The end of the bar is always drawn: 2 * 150 + 50 of 400 passes.
    out, err = capsys.readouterr()
    assert not out
    drawn = re.sub(r"\x1b\[[^A-Za-z]*[A-Za-z]", "", err)
    assert drawn.endswith("\n")
    assert drawn.startswith("comparison ")
    assert " 0% 0/400 passes" in drawn
    last = drawn.rstrip("\n").rsplit("\r", 1)[-1]
    assert last.startswith("second ")
    assert " 88% 350/400 passes" in last
    assert f"loss {result.fun:.4f}" in last


# --- What minimize refuses ---------------------------------------------------------------


def refused(error: type[Exception], *parts: str, **changes: Any) -> None:
    """Check that minimize raises one sentence with these parts, before any evaluation."""
    objective = Counting()
    options = {"objective": objective, "optimizer": GA(), "budget": 100, "seed": 1} | changes
    with pytest.raises(error) as caught:
        minimize(**options)
    one_sentence(caught, *parts)
    assert objective.n_calls == 0


@pytest.mark.parametrize(
    ("budget", "error", "parts"),
    [
        (0.5, ValueError, ["budget must be at least one pass", "0.5"]),
        (0.999999, ValueError, ["budget", "0.999999"]),
        (0, ValueError, ["budget must be a positive number of passes", "got 0"]),
        (-1, ValueError, ["budget", "positive", "got -1"]),
        (math.nan, ValueError, ["budget", "positive", "got nan"]),
        (math.inf, ValueError, ["budget", "positive", "got inf"]),
        (-math.inf, ValueError, ["budget", "positive", "got -inf"]),
        ("a", TypeError, ["budget must be a number of passes", "got 'a'"]),
        (None, TypeError, ["budget must be a number of passes", "got None"]),
        ([1, 2], TypeError, ["budget must be a number of passes", "got [1, 2]"]),
        (1j, TypeError, ["budget must be a number of passes", "got 1j"]),
        ("0.5", TypeError, ["budget must be a number of passes", "got '0.5'"]),
        ("100", TypeError, ["budget must be a number of passes", "got '100'"]),
        (True, TypeError, ["budget must be a number of passes", "got True"]),
    ],
)
def test_budgets_that_are_none(budget: Any, error: type[Exception], parts: list[str]) -> None:
    refused(error, *parts, budget=budget)


@pytest.mark.parametrize("budget", [1, 1.0, 1.5, np.int64(3), np.float32(2.5)])
def test_budgets_are_numbers_from_one_up(budget: Any) -> None:
    assert minimize(Counting(), GA(), budget=budget, seed=1).passes == int(budget)


@pytest.mark.parametrize(
    ("seconds", "error", "parts"),
    [
        (0, ValueError, ["seconds must be a positive number of seconds", "got 0"]),
        (-1.5, ValueError, ["seconds", "got -1.5"]),
        (math.nan, ValueError, ["seconds", "got nan"]),
        ("a", TypeError, ["seconds must be a number of seconds", "got 'a'"]),
    ],
)
def test_seconds_that_are_none(seconds: Any, error: type[Exception], parts: list[str]) -> None:
    refused(error, *parts, seconds=seconds)


def test_a_class_is_no_optimizer() -> None:
    for cls in OPTIMIZERS.values():
        refused(
            TypeError, "optimizer must be an instance", f"write {cls.__name__}()", optimizer=cls
        )


@pytest.mark.parametrize("optimizer", [None, 3, dict, np.mean])
def test_other_things_are_no_optimizers(optimizer: Any) -> None:
    refused(TypeError, "optimizer must be an Optimizer", repr(optimizer), optimizer=optimizer)


@pytest.mark.parametrize("objective", [3, "sphere", None])
def test_an_objective_is_callable(objective: Any) -> None:
    refused(TypeError, "objective must be callable", repr(objective), objective=objective)


def test_without_a_space_one_is_asked_for() -> None:
    for cls in OPTIMIZERS.values():
        calls: list[np.ndarray] = []
        refused(ValueError, "space=Space.box(", objective=calls.append, optimizer=cls())
        assert not calls


def test_a_given_space_goes_before_that_of_the_objective() -> None:
    result = minimize(Counting(), GA(), budget=100, seed=1, space=Space.box(3, 4, dim=2))
    assert result.x.shape == (2,)
    assert (result.x >= 3).all()


@pytest.mark.parametrize("optimizer", [GradientDescent(), Adam(), Rprop(), HybridGA(), Memetic()])
def test_a_missing_gradient_is_said(optimizer: Optimizer) -> None:
    parts = (type(optimizer).__name__, "needs a gradient of the objective", "only needs values")
    refused(ValueError, *parts, objective=Values(), optimizer=optimizer)
    with pytest.raises(ValueError, match="gradient"):
        check_problem(Values(), optimizer, 100)


@pytest.mark.parametrize("optimizer", [RandomSearch(), GA(), CuckooSearch()])
def test_values_are_enough_for_some(optimizer: Optimizer) -> None:
    assert minimize(Values(), optimizer, budget=100, seed=1).nfev == 100
    assert check_problem(Values(), optimizer, 100) is SPACE


def test_a_gradient_that_is_no_method_is_none() -> None:
    objective = Counting()
    objective.gradient = None  # type: ignore[assignment, method-assign]
    with pytest.raises(ValueError, match="Rprop needs a gradient"):
        minimize(objective, Rprop(), budget=100)


@pytest.mark.parametrize(
    ("x0", "parts"),
    [
        ([1, 2], ["(3,) or (m, 3)", "(2,)"]),
        (np.zeros((4, 2)), ["(3,) or (m, 3)", "(4, 2)"]),
        (0, ["(3,) or (m, 3)", "()"]),
        (np.zeros((1, 1, 3)), ["(3,) or (m, 3)", "(1, 1, 3)"]),
        ([0, 0, math.nan], ["finite"]),
        ([0, 0, 5.5], ["within the bounds"]),
    ],
)
def test_x0_that_is_none(x0: Any, parts: list[str]) -> None:
    refused(ValueError, "Starting points", *parts, x0=x0)


@pytest.mark.parametrize("target", ["a", [1.0], math.nan])
def test_target_is_a_number(target: Any) -> None:
    refused(TypeError, "target", repr(target), target=target)


@pytest.mark.parametrize("callback", [3, "print"])
def test_callback_is_callable(callback: Any) -> None:
    refused(TypeError, "callback", repr(callback), callback=callback)


# --- What an objective may not return ----------------------------------------------------


@pytest.mark.parametrize(
    ("losses", "shape"),
    [
        (lambda points: (points**2).sum(), "()"),
        (lambda points: points**2, "(50, 3)"),
        (lambda points: (points**2).sum(1, keepdims=True), "(50, 1)"),
        (lambda points: (points**2).sum(0), "(3,)"),
        (lambda points: (points**2).sum(1)[1:], "(49,)"),
        (lambda points: None, "()"),
        (lambda points: [], "(0,)"),
        (lambda points: 1.0, "()"),
    ],
)
def test_losses_of_another_shape_are_explained(
    losses: Callable[[np.ndarray], Any], shape: str
) -> None:
    with pytest.raises(ValueError, match="must return one loss") as error:
        minimize(losses, GA(), budget=100, seed=1, space=SPACE)
    one_sentence(error, "each of the 50 points", "shape (50, 3)", f"returned shape {shape}")


@pytest.mark.parametrize(
    ("slopes", "shape"),
    [
        (lambda points: points[0], "(3,)"),
        (lambda points: points.T, "(3, 2)"),
        (lambda points: points[:, :2], "(2, 2)"),
        (lambda points: 1.0, "()"),
    ],
)
def test_gradients_of_another_shape_are_explained(
    slopes: Callable[[np.ndarray], Any], shape: str
) -> None:
    objective = Counting()
    objective.gradient = lambda points: ((points**2).sum(1), slopes(points))  # type: ignore[method-assign]
    with pytest.raises(ValueError, match="Gradients must") as error:
        minimize(objective, Adam(n_starts=2), budget=100, seed=1)
    one_sentence(error, "shape (2, 3)", f"got {shape}")


def test_losses_that_are_not_finite_rank_worst() -> None:
    losses = np.array([1.0, math.nan, -math.inf, math.inf, 2.0])
    slopes = np.ones((5, 2))
    slopes[4, 1] = math.nan
    told, n_bad = clean(losses, slopes, None, 5, 2)
    assert told.losses.tolist() == [1.0, math.inf, math.inf, math.inf, 2.0]
    assert told.gradients.tolist() == [[1, 1], [0, 0], [0, 0], [0, 0], [0, 0]]
    assert n_bad == 4
    # The arrays of the objective are its own.
    assert math.isnan(losses[1])
    assert slopes[0].tolist() == [1, 1]
    assert slopes[1].tolist() == [1, 1]
    assert clean([1.0], None, None, 1, 2)[0].order is Order.VALUE


@pytest.mark.parametrize("n", [1, 7, 11_000])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("size", [1.0, 1e-200, 1e200], ids=["usual", "small", "large"])
def test_one_number_that_is_not_finite_is_found(n: int, bad: float, size: float) -> None:
    losses = np.full(n, size)
    assert clean(losses, None, None, n, 3)[1] == 0
    slopes = size * np.random.default_rng(1).normal(size=(n, 3))
    assert clean(losses, slopes, None, n, 3)[1] == 0
    slopes[-1, 1] = bad
    told, n_bad = clean(losses, slopes, None, n, 3)
    assert n_bad == 1
    assert told.losses.tolist() == losses.tolist()
    assert not told.gradients[-1].any()
    losses[0] = bad
    assert clean(losses, None, None, n, 3)[1] == 1


# --- Meter -------------------------------------------------------------------------------


def test_a_meter_counts_for_whoever_asks() -> None:
    objective = Counting()
    meter = Meter(objective, dim=3, budget=20)
    told = meter.answer(Ask(np.ones((4, 3))))
    assert told.losses.tolist() == [3, 3, 3, 3]
    assert told.order is Order.VALUE
    told = meter.answer(Ask(np.full((2, 3), 0.5), G))
    assert told.gradients.tolist() == [[1, 1, 1], [1, 1, 1]]
    assert (meter.passes, meter.nfev, meter.njev) == (10, 4, 2)
    assert meter.best_loss == 0.75
    assert meter.result().message == "The search is running."
    with pytest.raises(Stopped) as stopped:
        meter.answer(Ask(np.zeros((4, 3)), G))
    assert stopped.value.reason == "budget"
    # Three gradients, then the value of the fourth point.
    assert (meter.passes, meter.nfev, meter.njev) == (20, 5, 5)
    with pytest.raises(Stopped):
        meter.answer(Ask(np.zeros((1, 3))))
    assert meter.passes == 20
    assert objective.n_calls == 4
    assert meter.result("budget").status == 1


def test_a_meter_stops_as_soon_as_the_last_pass_is_spent() -> None:
    meter = Meter(Counting(), dim=3, budget=4)
    with pytest.raises(Stopped):
        meter.answer(Ask(np.ones((4, 3))))
    assert meter.passes == 4
    assert len(meter.history) == 1


def test_a_meter_keeps_a_copy_of_the_best() -> None:
    meter = Meter(Counting(), dim=3, budget=100)
    points = np.ones((2, 3))
    meter.answer(Ask(points))
    points[:] = 9
    assert meter.best_x is not None
    assert meter.best_x.tolist() == [1, 1, 1]


def test_a_meter_has_no_best_before_it_was_asked() -> None:
    result = Meter(Counting(), dim=3, budget=100).result()
    assert result.x is None
    assert result.fun == math.inf
    assert not result.success
    assert result.nit == 0


def test_the_objective_cannot_write_to_the_points() -> None:
    def spiteful(points: np.ndarray) -> np.ndarray:
        points[:] = 0
        return np.zeros(len(points))

    with pytest.raises(ValueError, match="read-only"):
        minimize(spiteful, GA(), budget=100, seed=1, space=SPACE)


# --- AskTell -----------------------------------------------------------------------------


def answer(search: AskTell) -> None:
    points = search.ask()
    search.tell(points, *sphere(3).gradient(points), matrices(points))


def test_asking_again_changes_nothing() -> None:
    search = AskTell(CuckooSearch(), SPACE, seed=1)
    np.testing.assert_array_equal(search.ask(), search.ask())
    answer(search)
    np.testing.assert_array_equal(search.ask(), search.ask())


def test_what_ask_returned_is_the_callers() -> None:
    for name in TABLE:
        plain, mauled = (AskTell(TABLE[name](), SPACE, seed=1) for _ in range(2))
        for _ in range(8):
            points = mauled.ask()
            losses, slopes = sphere(3).gradient(points)
            curves = matrices(points)
            mauled.tell(points, losses, slopes, curves)
            points[:], losses[:], slopes[:], curves[:] = 7, -1, 9, 5
            mauled.best[0][:] = 8
            answer(plain)
            np.testing.assert_array_equal(mauled.ask(), plain.ask())
            np.testing.assert_array_equal(mauled.best[0], plain.best[0])


def test_points_changed_before_they_are_told_are_others() -> None:
    search = AskTell(GA(), SPACE, seed=1)
    points = search.ask()
    points[3, 1] += 1e-9
    with pytest.raises(ValueError, match="tell") as error:
        search.tell(points, np.zeros(50))
    one_sentence(error, "the points that ask() returned", "shape (50, 3)")
    search.tell(search.ask(), np.zeros(50))


@pytest.mark.parametrize(
    "points", [np.zeros((50, 3)), np.zeros((49, 3)), [], 3.0, [[1.0, 2.0, 3.0]]]
)
def test_other_points_are_refused(points: Any) -> None:
    search = AskTell(GA(), SPACE, seed=1)
    with pytest.raises(ValueError, match="but got others") as error:
        search.tell(points, np.zeros(50))
    one_sentence(error, "shape (50, 3)")


@pytest.mark.parametrize("cls", [GradientDescent, Adam, Rprop])
def test_missing_gradients_are_asked_for(cls: type[Descent]) -> None:
    search = AskTell(cls(n_starts=2), SPACE, seed=1)
    points = search.ask()
    assert search.order is Order.GRADIENT
    with pytest.raises(ValueError, match="needs the gradients") as error:
        search.tell(points, [1.0, 2.0])
    one_sentence(error, cls.__name__, "tell(points, losses, gradients)")
    with pytest.raises(ValueError, match="Gradients must have shape") as error:
        search.tell(points, [1.0, 2.0], np.zeros((2, 4)))
    one_sentence(error, "(2, 3)", "(2, 4)")
    # A refused answer leaves the search where it was.
    search.tell(points, [1.0, 2.0], np.zeros((2, 3)))
    assert search.best[1] == 1.0


class Halves:
    """A sum of squares that has mini-batches: each is the whole, at its share of the price."""

    space = SPACE

    def __init__(self, n_batches: int = 1, price: float = 2.0) -> None:
        self.n_batches, self.price = n_batches, price

    def __call__(self, points: np.ndarray) -> np.ndarray:
        return sphere(3)(points)

    def gradient(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return sphere(3).gradient(points)

    def cost(self, order: Order) -> float:
        return {Order.VALUE: 1.0, Order.GRADIENT: self.price}[order] / self.n_batches

    def mini_batch(self, batch: MiniBatch) -> "Halves":
        return Halves(batch.n_batches, self.price)


def test_schedules_follow_mini_batches_and_prices_as_under_minimize() -> None:
    optimizer = Adam(n_starts=2, n_batches=4, schedule="linear", learning_rate=0.3)
    expected = minimize(Halves(), optimizer, budget=60, seed=1)
    search = AskTell(optimizer, SPACE, seed=1, budget=60, prices={Order.GRADIENT: 2.0})
    spent, prices = 0.0, {Order.VALUE: 1.0, Order.GRADIENT: 2.0}
    while spent < 60:
        points = search.ask()
        share = 1 if search.mini_batch is None else 1 / search.mini_batch.n_batches
        spent += len(points) * share * prices[search.order]
        search.tell(points, *sphere(3).gradient(points))
        search = pickle.loads(pickle.dumps(search))
    assert search.best[1] == expected.fun
    # At the end of the schedule the steps are 0.
    before = search.ask()
    search.tell(before, *sphere(3).gradient(before))
    np.testing.assert_array_equal(search.ask(), before)


def test_a_matrix_whose_price_is_not_known_has_no_share_of_a_budget() -> None:
    with pytest.raises(ValueError, match="price is not known") as error:
        AskTell(LevenbergMarquardt(), SPACE, budget=10)
    one_sentence(error, "LevenbergMarquardt", "prices={Order.GAUSS_NEWTON: 10}")
    AskTell(LevenbergMarquardt(), SPACE, budget=10, prices={Order.GAUSS_NEWTON: 4})
    with pytest.raises(ValueError, match="GRADIENT\\] must be a positive") as error:
        AskTell(Adam(), SPACE, budget=10, prices={Order.GRADIENT: 0})
    one_sentence(error, "positive number of passes", "0")


@pytest.mark.parametrize("losses", [[1.0], 1.0, np.zeros((50, 1)), np.zeros(51), None])
def test_losses_of_another_shape_are_refused(losses: Any) -> None:
    search = AskTell(GA(), SPACE, seed=1)
    with pytest.raises(ValueError, match="one loss for each of the 50 points") as error:
        search.tell(search.ask(), losses)
    one_sentence(error, str(np.shape(losses)))
    with pytest.raises(ValueError, match="no best point before"):
        _ = search.best


def test_best_before_anything_was_told() -> None:
    with pytest.raises(ValueError, match="no best point before") as error:
        _ = AskTell(GA(), SPACE, seed=1).best
    one_sentence(error)


def test_the_best_survives_an_optimizer_that_works_in_place() -> None:
    class InPlace(Optimizer):
        def search(self, space: Space, rng: np.random.Generator) -> Search:
            points = space.sample(4, rng)
            while True:
                yield Ask(points)
                points += 1

    search = AskTell(InPlace(), SPACE, seed=1)
    first = search.ask()
    search.tell(first, [3.0, 1.0, 2.0, 4.0])
    search.tell(search.ask(), np.full(4, 9.0))
    np.testing.assert_array_equal(search.best[0], first[1])
    result = minimize(Counting(), InPlace(), budget=100, seed=1)
    assert result.fun == (result.x**2).sum()


def test_best_is_the_best_told() -> None:
    for name in TABLE:
        search = AskTell(TABLE[name](), SPACE, seed=1)
        seen: list[np.ndarray] = []
        for _ in range(12):
            seen.extend(search.ask())
            answer(search)
            losses = (np.array(seen) ** 2).sum(1)
            assert search.best[1] == losses.min()
            np.testing.assert_array_equal(search.best[0], seen[losses.argmin()])


def test_losses_that_are_not_finite_are_told_too() -> None:
    search = AskTell(CuckooSearch(25), SPACE, seed=1)
    search.tell(search.ask(), np.full(25, math.nan))
    assert search.best[1] == math.inf
    search.tell(search.ask(), np.r_[np.full(24, -math.inf), 7.0])
    points = search.ask()
    assert search.best[1] == 7.0
    assert np.isfinite(points).all()


def test_a_search_that_has_ended() -> None:
    search = AskTell(Scripted((2, V), (3, G)), SPACE, seed=1)
    assert not search.finished
    assert search.order is Order.VALUE
    points = search.ask()
    search.tell(points, (points**2).sum(1))
    assert search.order is Order.GRADIENT
    answer(search)
    assert search.finished
    resumed = pickle.loads(pickle.dumps(search))
    assert resumed.finished
    for ended in (search, resumed):
        with pytest.raises(ValueError, match="requests no more points") as error:
            ended.ask()
        one_sentence(error)
        with pytest.raises(ValueError, match="requests no more points"):
            ended.tell(points, np.zeros(2))
        assert ended.best[1] == search.best[1]


def test_a_search_asks_at_least_once() -> None:
    with pytest.raises(ValueError, match="Silent: search must yield Ask"):
        AskTell(Silent(), SPACE, seed=1)


def test_settings_are_checked_first() -> None:
    with pytest.raises(ValueError, match="n_nests must be an integer, at least 3"):
        AskTell(CuckooSearch(n_nests=2), SPACE)


def test_seeds_of_a_search() -> None:
    one = AskTell(GA(), SPACE, seed=5).ask()
    np.testing.assert_array_equal(AskTell(GA(), SPACE, np.random.SeedSequence(5)).ask(), one)
    assert not np.array_equal(AskTell(GA(), SPACE, seed=6).ask(), one)
    assert not np.array_equal(AskTell(GA(), SPACE).ask(), AskTell(GA(), SPACE).ask())


def test_a_search_starts_where_its_space_says() -> None:
    search = AskTell(GA(), SPACE.starting_at([1, 2, 3]), seed=1)
    np.testing.assert_array_equal(search.ask()[0], [1, 2, 3])
    resumed = copy.deepcopy(search)
    np.testing.assert_array_equal(resumed.ask()[0], [1, 2, 3])


def test_a_copy_leaves_the_original_alone() -> None:
    search = AskTell(CuckooSearch(), SPACE, seed=1)
    for _ in range(3):
        answer(search)
    points, best = search.ask(), search.best
    other = copy.copy(search)
    for _ in range(5):
        answer(other)
    np.testing.assert_array_equal(search.ask(), points)
    assert search.best[1] == best[1]


class Quadratic:
    """(x - 1)' A (x - 1) / 2, with its curvature, at 7 passes a time."""

    A = np.array([[3.0, 1.0], [1.0, 2.0]])
    space = Space.normal(2)

    def __call__(self, points):
        return self.gradient(points)[0]

    def gradient(self, points):
        slopes = (points - 1) @ self.A
        return ((points - 1) * slopes).sum(axis=1) / 2, slopes

    def gauss_newton(self, points):
        return (*self.gradient(points), np.tile(self.A, (len(points), 1, 1)))

    def cost(self, order):
        return {Order.VALUE: 1, Order.GRADIENT: 3, Order.GAUSS_NEWTON: 7}[order]


class Newton(Optimizer):
    @property
    def order(self):
        return Order.GAUSS_NEWTON

    def search(self, space, rng):
        x = space.initial(3, rng)
        while True:
            told = yield Ask(x, Order.GAUSS_NEWTON)
            x = x - np.linalg.solve(told.curvatures, told.gradients[:, :, None])[:, :, 0]


def test_curvatures_are_told_and_paid_for():
    result = minimize(Quadratic(), Newton(), budget=45, seed=0)
    # Two steps of three points at 7 passes; what is left pays for three values.
    assert (result.nhev, result.njev, result.nfev, result.passes) == (6, 0, 3, 45)
    np.testing.assert_allclose(result.x, 1, atol=1e-12)
    with pytest.raises(ValueError, match="Newton needs a gauss_newton of the objective"):
        minimize(rastrigin(2), Newton(), budget=45)


@pytest.mark.parametrize("price", [0, -1, math.nan, math.inf, None, "3"])
def test_prices_that_are_none(price):
    class Priced(Quadratic):
        def cost(self, order):
            return price

    with pytest.raises(ValueError, match=r"cost\(VALUE\) must be a positive number of passes"):
        minimize(Priced(), RandomSearch(), budget=10)


def test_a_callback_cannot_spoil_the_best():
    def spoil(intermediate_result):
        with pytest.raises(ValueError, match="read-only"):
            intermediate_result.x[:] = 99

    result = minimize(sphere(2), RandomSearch(), budget=100, seed=0, callback=spoil)
    assert sphere(2)(result.x[None])[0] == result.fun
    result.x[:] = 0  # the caller's own


def test_settings_changed_after_the_start_do_not_reach_a_search():
    optimizer = CuckooSearch(n_nests=5)
    search = AskTell(optimizer, sphere(2).space, seed=0)
    optimizer.set_params(n_nests=7)
    search.tell(search.ask(), np.zeros(5))
    copy = pickle.loads(pickle.dumps(search))
    np.testing.assert_array_equal(copy.ask(), search.ask())


def test_the_last_population_is_that_of_the_search():
    told = {}

    def objective(points):
        losses = (points**2).sum(axis=1)
        told.update(zip(map(bytes, points), losses, strict=True))
        return losses

    space = Space.box(-5, 5, dim=3)
    result = minimize(objective, GA(population_size=12), budget=200, seed=1, space=space)
    assert result.population.shape == (12, 3)
    # Their losses are what they were told, and the best of all is among them: GA keeps it.
    for point, loss in zip(result.population, result.population_losses, strict=True):
        assert told[bytes(point)] == loss
    complete = 12 * (200 // 12)
    assert result.population_losses.min() <= result.history.best_after(complete - 12)
    # A later change of the search's own arrays does not reach what was kept.
    assert minimize(objective, GA(population_size=12), budget=5, space=space).population is None


@pytest.mark.parametrize("name", [n for n, kind in OPTIMIZERS.items() if issubclass(kind, Descent)])
def test_the_population_of_a_gradient_method_is_the_best_point_of_each_start(name):
    asked = []

    class Recording(Counting):
        def __call__(self, points):
            losses = super().__call__(points)
            asked.append((points.copy(), losses))
            return losses

        def gradient(self, points):
            losses, gradients = super().gradient(points)
            asked.append((points.copy(), losses))
            return losses, gradients

    optimizer = OPTIMIZERS[name](n_starts=4)
    if optimizer.order > Order.GRADIENT:
        pytest.skip("the objective has no curvature")
    result = minimize(Recording(), optimizer, budget=120, seed=1)
    whole = [(points, losses) for points, losses in asked if len(points) == 4]
    losses = np.array([losses for _, losses in whole])
    np.testing.assert_array_equal(result.population_losses, losses.min(axis=0))
    for start, row in enumerate(losses.argmin(axis=0)):
        np.testing.assert_array_equal(result.population[start], whole[row][0][start])
