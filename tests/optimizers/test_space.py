"""Search spaces: boxes, normals, starting points and bounds."""

import dataclasses
import pickle
from typing import Any

import numpy as np
import pytest
from helpers.error_checks import one_sentence

from metarnn.optimizers import Space

SPACES = {
    "box": Space.box(-5, 5, dim=4),
    "uneven box": Space.box([-1, 0, 2, 2], [1, 0.5, 30, 2.1]),
    "normal": Space.normal(4),
    "narrow normal": Space.normal(4, scale=1e-3),
}

every_space = pytest.mark.parametrize(
    "space", [pytest.param(space, id=name) for name, space in SPACES.items()]
)


# --- Sampling ----------------------------------------------------------------------------


@every_space
def test_draws_row_after_row(space: Space) -> None:
    large = space.sample(20, np.random.default_rng(1))
    for n in (1, 2, 19):
        np.testing.assert_array_equal(space.sample(n, np.random.default_rng(1)), large[:n])
    rng = np.random.default_rng(1)
    parts = [space.sample(n, rng) for n in (3, 1, 16)]
    np.testing.assert_array_equal(np.concatenate(parts), large)


@every_space
def test_samples_are_fresh_arrays_of_float64(space: Space) -> None:
    points = space.sample(3, np.random.default_rng(1))
    assert points.shape == (3, 4)
    assert points.dtype == np.float64
    assert points.flags.writeable
    assert not np.array_equal(points, space.sample(3, np.random.default_rng(2)))


@every_space
def test_scale_is_the_deviation_of_the_sampler(space: Space) -> None:
    n = 40_000
    points = space.sample(n, np.random.default_rng(2))
    # The deviation of a sample of normals varies by scale / sqrt(2 n), of an even one less.
    np.testing.assert_allclose(points.std(axis=0), space.scale, rtol=5 / (2 * n) ** 0.5)
    assert space.scale.shape == (4,)


def test_a_box_is_sampled_evenly() -> None:
    n = 40_000
    points = SPACES["uneven box"].sample(n, np.random.default_rng(3))
    shares = (points - [-1, 0, 2, 2]) / [2, 0.5, 28, 0.1]
    assert (shares >= 0).all()
    assert (shares <= 1).all()
    for share in (0.1, 0.5, 0.75):
        error = 5 * (share * (1 - share) / n) ** 0.5
        np.testing.assert_allclose((shares < share).mean(axis=0), share, atol=error)
    # Coordinates know nothing of each other.
    others = np.corrcoef(shares.T)[~np.eye(4, dtype=bool)]
    assert np.abs(others).max() < 5 / n**0.5


def test_a_normal_space_is_sampled_normally() -> None:
    n = 40_000
    points = Space.normal(2, scale=3).sample(n, np.random.default_rng(4)) / 3
    assert np.abs(points.mean(axis=0)).max() < 5 / n**0.5
    # The fourth moment of a standard normal is 3, and varies by sqrt(96 / n).
    np.testing.assert_allclose((points**4).mean(axis=0), 3, atol=5 * (96 / n) ** 0.5)


# --- Boxes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lower", "upper", "dim", "bounds"),
    [
        (-1, 2, 3, ([-1, -1, -1], [2, 2, 2])),
        ([-1, 0], 2, None, ([-1, 0], [2, 2])),
        (-1, [2, 3, 4], None, ([-1, -1, -1], [2, 3, 4])),
        ([-1, 0], [2, 3], None, ([-1, 0], [2, 3])),
        ([-1, 0], [2, 3], 2, ([-1, 0], [2, 3])),
        ([-1], [2], 2, ([-1, -1], [2, 2])),
        ((0,), (1,), None, ([0], [1])),
        (np.float32(0), np.int8(1), 1, ([0], [1])),
    ],
)
def test_corners_are_numbers_or_vectors(
    lower: Any, upper: Any, dim: int | None, bounds: tuple[list[float], list[float]]
) -> None:
    space = Space.box(lower, upper, dim)
    assert space.bounds is not None
    assert space.dim == len(bounds[0])
    np.testing.assert_array_equal(space.bounds, bounds)
    np.testing.assert_allclose(space.scale, (np.subtract(*bounds[::-1])) / 12**0.5)
    assert all(corner.dtype == np.float64 for corner in space.bounds)


@pytest.mark.parametrize(
    ("lower", "upper", "dim", "parts"),
    [
        ([0, 0], [1, 1, 1], None, ["(2,)", "(3,)", "one length"]),
        ([0, 0], [1, 1], 3, ["(2,)", "dimension 3"]),
        ([[0, 0]], [[1, 1]], None, ["(1, 2)", "one length"]),
        (0, 0, 2, ["lower < upper"]),
        (1, 0, 2, ["lower < upper"]),
        ([0, 1], [1, 1], None, ["lower < upper in each coordinate"]),
        (0, np.inf, 2, ["finite"]),
        (-np.inf, 0, 2, ["finite"]),
        (np.nan, 1, 2, ["finite"]),
        ([0, 0], [1, np.nan], None, ["finite"]),
    ],
)
def test_boxes_that_are_none(lower: Any, upper: Any, dim: int | None, parts: list[str]) -> None:
    with pytest.raises(ValueError, match="box") as error:
        Space.box(lower, upper, dim)
    one_sentence(error, *parts)


def test_a_box_keeps_its_own_corners() -> None:
    lower, upper = np.zeros(2), np.ones(2)
    space = Space.box(lower, upper)
    lower[:], upper[:] = 7, 8
    np.testing.assert_array_equal(space.bounds, [[0, 0], [1, 1]])
    assert space.sample(50, np.random.default_rng(1)).max() < 1


def test_a_normal_space_has_no_bounds() -> None:
    space = Space.normal(3, scale=0.5)
    assert space.bounds is None
    assert space.dim == 3
    np.testing.assert_array_equal(space.scale, [0.5, 0.5, 0.5])
    far = np.array([[1e300, -1e300, 0]])
    np.testing.assert_array_equal(space.repair(far), far)


def test_repair_moves_into_the_bounds() -> None:
    space = Space.box([-1, 0], [1, 10])
    points = np.array([[-2.0, 5.0], [0.5, 11.0], [1.0, 0.0], [9.0, -9.0]])
    before = points.copy()
    expected = [[-1, 5], [0.5, 10], [1, 0], [1, 0]]
    np.testing.assert_array_equal(space.repair(points), expected)
    np.testing.assert_array_equal(points, before)


# --- Starting points ---------------------------------------------------------------------


@every_space
def test_initial_points_are_a_sample(space: Space) -> None:
    one, two = np.random.default_rng(1), np.random.default_rng(1)
    np.testing.assert_array_equal(space.initial(5, one), space.sample(5, two))


@every_space
@pytest.mark.parametrize("m", [1, 3, 5, 8])
def test_given_points_come_first(space: Space, m: int) -> None:
    given = space.sample(m, np.random.default_rng(7))
    started = space.starting_at(given)
    one, two = np.random.default_rng(1), np.random.default_rng(1)
    points, drawn = started.initial(5, one), space.initial(5, two)
    np.testing.assert_array_equal(points[:m], given[:5])
    np.testing.assert_array_equal(points[m:], drawn[m:])
    # What is drawn later is the same with and without given points.
    np.testing.assert_array_equal(started.sample(2, one), space.sample(2, two))


def test_one_point_may_be_a_vector() -> None:
    space = Space.normal(3).starting_at([1, 2, 3])
    np.testing.assert_array_equal(space.start, [[1.0, 2.0, 3.0]])
    np.testing.assert_array_equal(space.initial(1, np.random.default_rng(1)), [[1, 2, 3]])


def test_starting_points_are_copied() -> None:
    given, plain = np.zeros((1, 3)), Space.normal(3)
    space = plain.starting_at(given)
    given[:] = 5
    points = space.initial(1, np.random.default_rng(1))
    assert not points.any()
    points[:] = 6
    assert not space.initial(1, np.random.default_rng(1)).any()
    assert plain.start is None


def test_corners_are_within_the_bounds() -> None:
    space = Space.box(-1, 1, dim=2).starting_at([[-1, 1], [1, -1]])
    np.testing.assert_array_equal(space.start, [[-1, 1], [1, -1]])


@pytest.mark.parametrize(
    ("points", "parts"),
    [
        ([1, 2], ["(3,) or (m, 3)", "got (2,)"]),
        (0.0, ["got ()"]),
        ([], ["got (0,)"]),
        (np.zeros((3, 2)), ["got (3, 2)"]),
        (np.zeros((1, 1, 3)), ["got (1, 1, 3)"]),
        ([0, np.nan, 0], ["finite"]),
        ([0, np.inf, 0], ["finite"]),
        ([0, 1.5, 0], ["within the bounds"]),
        ([[0, 0, 0], [0, 0, -1.0000001]], ["within the bounds"]),
    ],
)
def test_starting_points_that_are_none(points: Any, parts: list[str]) -> None:
    with pytest.raises(ValueError, match="Starting points") as error:
        Space.box(-1, 1, dim=3).starting_at(points)
    one_sentence(error, *parts)


def test_without_bounds_any_finite_point_will_do() -> None:
    space = Space.normal(2).starting_at([1e300, -1e300])
    np.testing.assert_array_equal(space.start, [[1e300, -1e300]])


# --- As a value --------------------------------------------------------------------------


def test_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        SPACES["box"].dim = 7  # type: ignore[misc]


@every_space
def test_can_be_pickled(space: Space) -> None:
    started = space.starting_at(space.sample(2, np.random.default_rng(3)))
    other = pickle.loads(pickle.dumps(started))
    points = [each.initial(4, np.random.default_rng(1)) for each in (started, other)]
    np.testing.assert_array_equal(*points)
    np.testing.assert_array_equal(other.scale, space.scale)
    far = 1e9 * points[0]
    np.testing.assert_array_equal(other.repair(far), space.repair(far))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Space.box(-5, 5), "needs its dimension"),
        (lambda: Space.box(-5, 5, dim=0), "at least 1, got 0"),
        (lambda: Space.normal(0), "at least 1, got 0"),
        (lambda: Space.normal(2, scale=-1), "scale must be finite and positive"),
        (lambda: Space.normal(2, scale=np.nan), "scale must be finite and positive"),
    ],
)
def test_spaces_that_are_none(make, message):
    with pytest.raises(ValueError, match=message):
        make()
