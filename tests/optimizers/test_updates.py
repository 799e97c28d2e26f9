"""The compiled updates against what they are in NumPy, line by line."""

import math
from typing import Any

import numpy as np
import pytest

from metarnn.optimizers.best_of_starts import keep_lower
from metarnn.optimizers.gradient import gradient_updates
from metarnn.optimizers.population import updates
from metarnn.optimizers.population.random_integers import bits_of
from metarnn.optimizers.population.random_stream import key_of, normals, uniforms

shapes = pytest.mark.parametrize("shape", [(1, 1), (2, 3), (7, 33), (50, 100)])


def arrays(shape: tuple[int, int], n: int, seed: int = 1) -> list[np.ndarray]:
    """Return n arrays of normals, about a third of them zeros, and one NaN and infinity each."""
    rng = np.random.default_rng(seed)
    drawn = [np.where(rng.random(shape) < 0.3, 0, rng.standard_normal(shape)) for _ in range(n)]
    if shape[1] > 30:
        for array in drawn:
            array.flat[rng.integers(array.size, size=3)] = np.nan, np.inf, -np.inf
    return drawn


def key_and_uniforms(shape: tuple[int, int]) -> tuple[np.uint64, np.ndarray]:
    """Return a key, and the uniform numbers that it stands for."""
    numbers = uniforms(shape, np.random.default_rng(3)).astype(float)
    return key_of(np.random.default_rng(3)), numbers


def agree(ones: Any, others: Any) -> None:
    for one, other in zip(ones, others, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-15)


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    with np.errstate(all="ignore"):
        yield


@shapes
@pytest.mark.parametrize("norm", [0.1, 3.0, 1e9])
def test_shortening(shape: tuple[int, int], norm: float) -> None:
    rows = arrays(shape, 1)[0]
    factors = np.empty(shape[0])
    gradient_updates.find_clip_factors(rows, norm, factors)
    lengths = np.sqrt((rows**2).sum(axis=1))
    agree([factors], [np.where((lengths > norm) & np.isfinite(lengths), norm / lengths, 1.0)])


@shapes
def test_momentum_step(shape: tuple[int, int]) -> None:
    gradients, v, x = arrays(shape, 3)
    factors = np.random.default_rng(2).random(shape[0])
    expected_v = 0.7 * v - 0.2 * (factors[:, None] * gradients)
    expected = [expected_v, x + expected_v]
    gradient_updates.momentum_step(gradients, factors, 0.7, 0.2, False, v, x)
    agree([v, x], expected)


@shapes
def test_adam_step(shape: tuple[int, int]) -> None:
    gradients, m, v, x = arrays(shape, 4)
    v = np.abs(v)
    factors = np.random.default_rng(2).random(shape[0])
    g = factors[:, None] * gradients
    expected_m = m + (1 - 0.8) * (g - m)
    expected_v = v + (1 - 0.95) * (g**2 - v)
    step = 0.03 * expected_m / (np.sqrt(1.7 * expected_v) + 1e-3)
    expected = [expected_m, expected_v, x - step]
    gradient_updates.adam_step(gradients, factors, 0.8, 0.95, 0.03, 1.7, 1e-3, 1.0, m, v, x)
    agree([m, v, x], expected)


@shapes
def test_rprop_step(shape: tuple[int, int]) -> None:
    slopes, previous, x = arrays(shape, 3)
    steps = np.random.default_rng(2).uniform(0.05, 1.0, shape)
    agreement = slopes * previous
    expected_steps = np.where(agreement > 0, 1.2 * steps, steps)
    expected_steps = np.where(agreement < 0, 0.5 * steps, expected_steps)
    expected_steps = np.clip(expected_steps, 0.1, 0.9)
    expected_previous = np.where(agreement < 0, 0.0, slopes)
    expected_x = x - np.sign(expected_previous) * expected_steps
    expected = [expected_steps, expected_previous, expected_x]
    gradient_updates.rprop_step(slopes, 1.2, 0.5, 0.1, 0.9, steps, previous, x)
    agree([steps, previous, x], expected)


@shapes
@pytest.mark.parametrize("alpha", [-0.5, 0.0, 0.5])
def test_blend(shape: tuple[int, int], alpha: float) -> None:
    parents = arrays(shape, 1)[0]
    key, shares = key_and_uniforms(shape)
    mated = np.random.default_rng(2).random(shape[0] // 2) < 0.6
    expected = parents.copy()
    for pair in np.flatnonzero(mated):
        mother, father = parents[2 * pair], parents[2 * pair + 1]
        share = (1 + 2 * alpha) * shares - alpha
        expected[2 * pair] = mother + share[2 * pair] * (father - mother)
        expected[2 * pair + 1] = father + share[2 * pair + 1] * (mother - father)
    updates.blend(parents, mated, key, alpha)
    agree([parents], [expected])


@shapes
@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_mutate(shape: tuple[int, int], rate: float) -> None:
    children = arrays(shape, 1)[0]
    scale = np.random.default_rng(2).random(shape[1])
    noise = normals(shape, np.random.default_rng(3), rate).astype(float)
    expected = children + scale * noise
    updates.mutate(children, scale, key_of(np.random.default_rng(3)), np.float32(rate))
    np.testing.assert_array_equal(children, expected)


@shapes
@pytest.mark.parametrize("size", [1, 3, 200])
def test_select(shape: tuple[int, int], size: int) -> None:
    population, rng = arrays(shape, 1)[0], np.random.default_rng(2)
    losses = rng.integers(5, size=shape[0]).astype(float)  # the first of equal ones wins
    losses[losses == 4] = np.inf
    parents = np.empty((9, shape[1]))
    updates.select(population, losses, bits_of(np.random.default_rng(3)), size, parents)
    drawn = np.random.default_rng(3).integers(shape[0], size=(9, size))
    winners = drawn[np.arange(9), losses[drawn].argmin(axis=1)]
    np.testing.assert_array_equal(parents, population[winners])


@shapes
def test_replace_if_better(shape: tuple[int, int]) -> None:
    points, rivals = arrays(shape, 2)
    losses, rival_losses = np.random.default_rng(2).choice([1.0, 2.0, np.inf], (2, shape[0]))
    better = rival_losses <= losses
    expected = np.where(better[:, None], rivals, points), np.where(better, rival_losses, losses)
    updates.replace_if_better(points, losses, rivals, rival_losses)
    np.testing.assert_array_equal(points, expected[0])
    np.testing.assert_array_equal(losses, expected[1])


@shapes
def test_perturb(shape: tuple[int, int]) -> None:
    points, rng = arrays(shape, 1)[0], np.random.default_rng(2)
    noise = normals(shape, np.random.default_rng(3)).astype(float)
    rows, steps, scale = rng.permutation(shape[0]), rng.random(shape[0]), rng.random(shape[1])
    moved = np.empty(shape)
    updates.perturb(points, rows, steps, scale, key_of(np.random.default_rng(3)), moved)
    expected = points[rows] + steps[:, None] * scale * noise
    np.testing.assert_array_equal(moved, expected)


def test_keep_lower() -> None:
    points, best = np.random.default_rng(2).normal(size=(2, 4, 3))
    losses, lowest = np.array([1.0, 2.0, math.inf, 0.5]), np.array([1.0, 3.0, math.inf, 0.25])
    expected = np.where([[False], [True], [False], [False]], points, best)
    keep_lower(points, losses, best, lowest)  # not where both are equal
    agree([best, lowest], [expected, [1.0, 2.0, math.inf, 0.25]])


@pytest.mark.parametrize("n", [1, 50])
def test_angles_above(n: int) -> None:
    rng = np.random.default_rng(2)
    lowest, entries, chances = rng.uniform(-1, 0, 6), rng.integers(6, size=n), rng.random(n)
    angles = np.empty(n)
    updates.angles_above(lowest, entries, chances, angles)
    agree([angles], [np.pi / 2 + chances * (lowest[entries] - np.pi / 2)])


@pytest.mark.parametrize("n", [1, 50])
def test_spread_around(n: int) -> None:
    rng = np.random.default_rng(2)
    means, entries = rng.random((2, 4)), rng.integers(4, size=n)
    means[1, 2] = np.nan  # the terminal value, with which CR is 0
    tangents, noise = rng.standard_cauchy(n), 5 * rng.standard_normal(n)
    weights, rates = np.empty(n), np.empty(n)
    updates.spread_around(*means, entries, 0.1, tangents, noise, weights, rates)
    expected = np.nan_to_num(np.clip(means[1, entries] + 0.1 * noise, 0, 1), nan=0.0)
    np.testing.assert_array_equal(weights, np.minimum(means[0, entries] + 0.1 * tangents, 1))
    np.testing.assert_array_equal(rates, expected)


@shapes
def test_fly(shape: tuple[int, int]) -> None:
    nests, flights = arrays(shape, 2)
    best, eggs = shape[0] // 2, np.empty(shape)
    updates.fly(nests, nests[best], flights, 0.3, eggs)
    agree([eggs], [nests + 0.3 * flights * (nests - nests[best])])


@shapes
@pytest.mark.parametrize("rate", [0.0, 0.25, 1.0])
def test_discover(shape: tuple[int, int], rate: float) -> None:
    nests = arrays(shape, 1)[0]
    rng = np.random.default_rng(2)
    ones, others = rng.permutation(shape[0]), rng.permutation(shape[0])
    (key, chances), eggs = key_and_uniforms(shape), np.empty(shape)
    updates.discover(nests, ones, others, key, rate, 0.6, eggs)
    step = np.where(chances > rate, 0.6 * (nests[ones] - nests[others]), 0.0)
    agree([eggs], [nests + step])
