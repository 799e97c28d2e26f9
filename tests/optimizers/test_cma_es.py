"""CMA-ES: what the library behind it is told, and what it may not touch."""

import pickle
import random
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.error_checks import one_sentence

from metarnn.optimizers import (
    CMAES,
    AskTell,
    Search,
    SeparableCMAES,
    Space,
    Told,
    minimize,
)
from metarnn.optimizers.analytic import Function, rastrigin, sphere
from metarnn.optimizers.population.cma_es import _finite
from metarnn.optimizers.population.random_stream import normals

every_kind = pytest.mark.parametrize("cls", [CMAES, SeparableCMAES])


def sizes_of(optimizer: CMAES, function: Function, n: int, seed: int = 1) -> list[int]:
    """Return the sizes of the runs' populations, in the order of the first n asks."""
    search, sizes = AskTell(optimizer, function.space, seed), []
    for _ in range(n):
        points = search.ask()
        search.tell(points, function(points))
        if search.finished:
            break
        sizes.append(len(points))
    return [size for size, before in zip(sizes[1:], sizes, strict=False) if size != before]


def turned_ellipsoid(dim: int) -> Function:
    """A bowl of condition 10^4 whose axes are not the coordinates'."""
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(dim, dim)))[0]
    weights = 10.0 ** np.linspace(0, 4, dim)
    space = Space.box(-5, 5, dim)
    return Function(
        "turned",
        lambda x: (x @ turn) ** 2 @ weights,
        lambda x: 2 * ((x @ turn) * weights) @ turn.T,
        space,
        np.zeros(dim),
        0.0,
    )


def by_hand(
    function: Function, n: int, seed: int, options: dict[str, Any], step: float
) -> list[np.ndarray]:
    """Ask and tell pycma by hand, n times, with the numbers of our generator."""
    import cma

    rng, scale = np.random.default_rng(seed), function.space.scale
    start = function.space.sample(1, rng)
    strategy = cma.CMAEvolutionStrategy(
        start[0] / scale,
        step,
        {
            "randn": lambda *shape: normals(shape, rng).astype(float),
            "seed": np.nan,
            "verbose": -10,
            "signals_filename": "",
            **options,
        },
    )
    asked = [start]
    for _ in range(n):
        samples = strategy.ask()
        asked.append(np.array(samples) * scale)
        strategy.tell(samples, function(asked[-1]).tolist())
    return asked


@every_kind
@pytest.mark.parametrize("bounded", [False, True])
def test_it_is_the_library_with_our_numbers(cls: type[CMAES], bounded: bool) -> None:
    function = turned_ellipsoid(6)
    space = function.space if bounded else Space.normal(6, scale=2.0)
    function = Function("turned", function.value, function.slope, space, np.zeros(6), 0.0)
    options: dict[str, Any] = {
        "popsize": 9,
        "CMA_diagonal": cls is SeparableCMAES,
        "bounds": [[-(3**0.5)] * 6, [3**0.5] * 6] if bounded else [None, None],
    }
    expected = by_hand(function, 30, 4, options, 0.3)
    search = AskTell(cls(population_size=9, initial_step_size=0.3), space, seed=4)
    for points in expected:
        np.testing.assert_allclose(search.ask(), points, rtol=1e-6)
        search.tell(search.ask(), function(search.ask()))


@every_kind
def test_units_do_not_matter(cls: type[CMAES]) -> None:
    function, runs = turned_ellipsoid(6), []
    for unit in (np.ones(6), 10.0 ** np.arange(-3, 3)):
        scaled = Function(
            "scaled",
            partial(lambda x, unit: function.value(x / unit), unit=unit),
            function.slope,
            Space.box(-5 * unit, 5 * unit),
            np.zeros(6),
            0.0,
        )
        runs.append(minimize(scaled, cls(), budget=400, seed=2).history.losses)
    np.testing.assert_allclose(runs[0], runs[1], rtol=1e-3)


def test_covariances_are_worth_their_while_where_coordinates_depend_on_each_other() -> None:
    function = turned_ellipsoid(8)
    full, separable = (
        minimize(function, cls(), budget=5000, seed=1).fun for cls in (CMAES, SeparableCMAES)
    )
    assert full < 1e-8
    assert separable > 1e-4


@every_kind
@pytest.mark.parametrize("restarts", ["ipop", "bipop"])
@pytest.mark.parametrize("dim", [1, 3, 320])
@pytest.mark.slow
def test_nothing_is_touched_printed_or_written(
    cls: type[CMAES],
    restarts: str,
    dim: int,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cma_signals.in").write_text('{"timeout": 0}')
    state, python = pickle.dumps(np.random.get_state()), random.getstate()  # noqa: NPY002
    options = np.geterr()
    minimize(rastrigin(dim), cls(restarts=restarts), budget=600, seed=1)
    assert pickle.dumps(np.random.get_state()) == state  # noqa: NPY002
    assert random.getstate() == python
    assert np.geterr() == options
    assert capsys.readouterr() == ("", "")
    assert [path.name for path in tmp_path.iterdir()] == ["cma_signals.in"]


@every_kind
def test_population_has_its_usual_size(cls: type[CMAES]) -> None:
    for dim, size in ((1, 4), (5, 8), (100, 17)):
        assert sizes_of(cls(), sphere(dim), 3)[:1] == [size]
    assert sizes_of(cls(population_size=11), sphere(5), 3) == [11]


def test_restarts_double_the_population() -> None:
    function = sphere(2)
    assert sizes_of(CMAES(restarts="ipop"), function, 300)[:4] == [6, 12, 24, 48]


@pytest.mark.slow
def test_two_regimes_take_turns() -> None:
    sizes = sizes_of(CMAES(restarts="bipop"), rastrigin(2), 1500)
    large = [size for i, size in enumerate(sizes) if size > max([0, *sizes[:i]])]
    assert large[:4] == [6, 12, 24, 48]
    small = [size for size in sizes if size not in large]
    assert len(small) >= 2
    # Between one and a half of the largest so far.
    assert all(size >= 6 for size in small)
    assert all(size <= max(sizes[:i]) / 2 or size in large for i, size in enumerate(sizes) if i > 1)


@pytest.mark.slow
def test_two_regimes_share_the_passes() -> None:
    function, budget = rastrigin(3), 40_000
    search = AskTell(CMAES(restarts="bipop"), function.space, 3)
    used, run, runs, spent = {}, 0, [], 0
    previous = 0
    while spent < budget:
        points = search.ask()
        if len(points) != previous:
            run, previous = run + 1, len(points)
            runs.append([len(points), 0])
        runs[-1][1] += len(points)
        spent += len(points)
        search.tell(points, function(points))
    largest = 0
    used = {"small": 0, "large": 0}
    for size, passes in runs[2:-1]:
        used["large" if size > largest else "small"] += passes
        largest = max(largest, size)
    assert used["small"] > 0.2 * used["large"]
    assert used["small"] < 2 * used["large"]


def test_without_restarts_the_search_ends() -> None:
    result = minimize(sphere(3), CMAES(restarts="none"), budget=1e6, seed=1)
    assert result.stop == "finished"
    assert result.fun < 1e-9
    assert result.nfev < 3000


@every_kind
def test_changed_points_are_taken_in_at_the_length_of_samples(cls: type[CMAES]) -> None:
    goal = np.array([3.0, 2.0, -3.0, 1.0])
    space = Space.normal(4, scale=2.0).starting_at(np.zeros(4))

    def move(points: np.ndarray, losses: np.ndarray) -> Search:
        points[:], losses[:] = goal, np.arange(len(points)) - 1e6
        yield from ()

    search = cls(population_size=1000, initial_step_size=0.05).evolve(
        space, np.random.default_rng(0), move
    )
    ask = next(search)
    for _ in range(2):  # the first point, then a generation
        ask = search.send(Told(np.arange(float(len(ask.points)))))
    # A sample's length is sqrt(D) + 2 D / (D + 2) at most, where the library cuts off.
    expected = goal / np.linalg.norm(goal) * (2 + 8 / 6) * 0.05 * 2.0
    np.testing.assert_allclose(ask.points.mean(axis=0), expected, atol=0.03)


def test_a_generation_may_be_changed_by_asking() -> None:
    function = sphere(3)

    def refine(points: np.ndarray, losses: np.ndarray) -> Search:
        told = yield from _ask(0.5 * points)
        points *= 0.5
        losses[:] = told

    def _ask(points: np.ndarray) -> Any:
        from metarnn.optimizers import Ask

        return (yield Ask(points)).losses

    search = CMAES().evolve(function.space, np.random.default_rng(0), refine)
    ask, losses = next(search), []
    for _ in range(80):
        losses.append(function(ask.points).min())
        ask = search.send(Told(function(ask.points)))
    assert min(losses) < 1e-8


def test_too_large_covariances_are_refused_before_the_first_pass() -> None:
    for dim, memory, size in ((9000, 4.0, "4.83"), (400, 0.005, "0.00954")):
        with pytest.raises(ValueError, match="max_memory") as error:
            minimize(sphere(dim), CMAES(max_memory=memory), budget=10)
        one_sentence(
            error, "CMAES", f"{memory:g} GiB", f"{dim} coordinates", size, "SeparableCMAES"
        )
    assert minimize(sphere(9000), SeparableCMAES(), budget=40, seed=0).nfev == 40
    assert minimize(sphere(400), CMAES(max_memory=0.01), budget=40, seed=0).nfev == 40


def test_infinite_losses_rank_worst() -> None:
    assert _finite(np.array([3.0, np.inf, -1.0])) == [3.0, np.nextafter(3.0, 4.0), -1.0]
    assert _finite(np.full(2, np.inf)) == [0.0, 0.0]
    assert _finite(np.array([2.0, 1.0])) == [2.0, 1.0]


def test_half_of_the_space_may_be_infinite() -> None:
    function = sphere(4)
    half = Function(
        "half",
        lambda x: np.where(x[:, 0] < 0.5, np.inf, function.value(x)),
        function.slope,
        function.space,
        np.zeros(4),
        0.25,
    )
    result = minimize(half, CMAES(), budget=3000, seed=1)
    assert result.fun == pytest.approx(0.25, abs=1e-6)
    assert result.n_nonfinite > 100
