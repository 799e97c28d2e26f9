"""The test functions: their gradients, minima and errors."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from metarnn.optimizers.analytic import FUNCTIONS, Function, ackley, rosenbrock, sphere

Make = Callable[[int], Function]

every_function = pytest.mark.parametrize("name", FUNCTIONS)
DIMS = (2, 3, 10)


def test_the_table_knows_functions_by_their_names() -> None:
    for name, make in FUNCTIONS.items():
        assert make(2).name == make.__name__ == name
    assert len(FUNCTIONS) >= 8


@every_function
def test_gradient_is_the_slope_of_the_value(name: str) -> None:
    for dim in DIMS:
        function = FUNCTIONS[name](dim)
        points = function.space.sample(50, np.random.default_rng(3))
        lower, upper = np.asarray(function.space.bounds)
        step = 1e-7 * (upper[0] - lower[0])
        shifts = step * np.eye(dim)
        numeric = np.stack(
            [(function(points + s) - function(points - s)) / (2 * step) for s in shifts], axis=1
        )
        values, slopes = function.gradient(points)
        np.testing.assert_array_equal(values, function(points))
        assert slopes.shape == (50, dim)
        errors = np.linalg.norm(slopes - numeric, axis=1)
        assert (errors < 1e-6 * np.linalg.norm(slopes, axis=1)).all()


@every_function
def test_the_minimum_is_at_the_minimizer(name: str) -> None:
    for dim in DIMS:
        function = FUNCTIONS[name](dim)
        assert function.minimizer.shape == (dim,)
        values, slopes = function.gradient(function.minimizer[None])
        assert values[0] == pytest.approx(function.minimum, abs=1e-11)
        # Ackley's has a cusp there, and is given a slope of zero.
        np.testing.assert_allclose(slopes[0], 0, atol=1e-8)


@every_function
def test_nothing_lies_below_the_minimum(name: str) -> None:
    for dim in DIMS:
        function = FUNCTIONS[name](dim)
        rng = np.random.default_rng(4)
        lower, upper = np.asarray(function.space.bounds)
        everywhere = function.space.sample(20_000, rng)
        widths = (upper - lower) * 10.0 ** rng.uniform(-8, -1, size=(20_000, 1))
        around = function.minimizer + widths * rng.standard_normal((20_000, dim))
        values = function(np.clip(np.concatenate([everywhere, around]), lower, upper))
        assert values.min() >= function.minimum - 1e-11
        assert values.max() > function.minimum + 1


@every_function
def test_the_minimizer_is_strict(name: str) -> None:
    function = FUNCTIONS[name](3)
    width = 1e-3 * np.ptp(np.asarray(function.space.bounds), axis=0)
    offsets = width * np.concatenate([np.eye(3), -np.eye(3)])
    assert (function(function.minimizer + offsets) > function.minimum).all()


@every_function
def test_space_is_its_box(name: str) -> None:
    for dim in DIMS:
        function = FUNCTIONS[name](dim)
        lower, upper = np.asarray(function.space.bounds)
        assert function.dim == function.space.dim == dim
        np.testing.assert_array_equal(lower, -upper)
        assert (lower < function.minimizer).all()
        assert (function.minimizer < upper).all()


@every_function
def test_values_are_of_each_row_alone(name: str) -> None:
    function = FUNCTIONS[name](4)
    points = function.space.sample(7, np.random.default_rng(5))
    before = points.copy()
    values, slopes = function.gradient(points)
    assert values.shape == (7,)
    for i in range(7):
        one, slope = function.gradient(points[[i]])
        np.testing.assert_allclose(one, values[[i]], rtol=1e-12)
        np.testing.assert_allclose(slope, slopes[[i]], rtol=1e-12)
    np.testing.assert_array_equal(points, before)


@pytest.mark.parametrize(
    ("name", "point", "value"),
    [
        ("sphere", [1, 2, 3], 14),
        ("ellipsoid", [1, 2, 3], 1 + 4e3 + 9e6),
        ("ellipsoid", [3], 9),
        ("rosenbrock", [-1.2, 1], 24.2),
        ("rosenbrock", [0, 0, 0], 2),
        ("rastrigin", [1, 2], 5),
        ("rastrigin", [0.5], 20.25),
        ("ackley", [1], 20 - 20 * math.exp(-0.2)),
        ("griewank", [math.pi, 0], 2 + math.pi**2 / 4000),
        ("griewank", [0, math.pi * 2**0.5], 2 + 2 * math.pi**2 / 4000),
        ("schwefel", [0, 0], 2 * 418.9828872724),
        ("schwefel", [-(math.pi**2) / 4], 418.9828872724 + math.pi**2 / 4),
        ("styblinski_tang", [1, 2], (1 - 16 + 5 + 16 - 64 + 10) / 2),
    ],
)
def test_published_values(name: str, point: list[float], value: float) -> None:
    points = np.array([point], dtype=float)
    assert FUNCTIONS[name](len(point))(points)[0] == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "minimum"),
    [("styblinski_tang", -39.16616570377142), ("schwefel", 0), ("ackley", 0), ("griewank", 0)],
)
def test_published_minima(name: str, minimum: float) -> None:
    assert FUNCTIONS[name](5).minimum == pytest.approx(5 * minimum, rel=1e-13)


def test_conditioning_of_the_ellipsoid() -> None:
    slopes = FUNCTIONS["ellipsoid"](7).gradient(np.ones((1, 7)))[1]
    np.testing.assert_allclose(slopes[0], 2 * 10.0 ** np.arange(7))


def test_slope_of_ackley_at_its_cusp_is_zero() -> None:
    with np.errstate(all="raise"):
        values, slopes = ackley(3).gradient(np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]))
    assert not slopes[0].any()
    assert slopes[1, 0] > 0
    assert values[0] == pytest.approx(0, abs=1e-14)


@every_function
def test_dimensions_that_are_too_small(name: str) -> None:
    for dim in (0, -1):
        with pytest.raises(ValueError, match=name) as error:
            FUNCTIONS[name](dim)
        message = str(error.value)
        assert f"got {dim}." in message
        assert "a dimension of at least" in message


def test_rosenbrock_needs_two_dimensions() -> None:
    with pytest.raises(ValueError, match="rosenbrock needs a dimension of at least 2, got 1"):
        rosenbrock(1)


def test_shown_without_its_arrays() -> None:
    assert repr(sphere(100)) == "Function(name='sphere', minimum=0.0)"
