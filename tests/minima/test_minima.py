"""Certified minima, against minima known in closed form, traps of the literature, and SciPy."""

import itertools

import numpy as np
import pytest
import scipy.optimize
from helpers import landscapes
from helpers.error_checks import one_sentence

from metarnn import Fitness, Network
from metarnn.datasets import load
from metarnn.minima import certify, find_minima, many_minima
from metarnn.minima.examples import BLOCK_LOSSES, BLOCK_STATIONARY, INPUTS, TARGETS
from metarnn.minima.hessian import hessian
from metarnn.minima.newton import newton
from metarnn.optimizers import Space
from metarnn.optimizers.analytic import (
    Function,
    rastrigin,
    rosenbrock,
    sphere,
    styblinski_tang,
)


def block_loss(w):
    return float(((1 / (1 + np.exp(-INPUTS * w)) - TARGETS) ** 2).sum())


def block_slope(w):
    p = 1 / (1 + np.exp(-INPUTS * w))
    return float((2 * (p - TARGETS) * p * (1 - p) * INPUTS).sum())


def function(value, slope, dim, scale=1.0):
    """A function of no known minimum, in an unbounded space."""
    return Function("given", value, slope, Space.normal(dim, scale), np.zeros(dim), 0.0)


def xor_network(alpha, in_time=False, **settings):
    """XOR by two logistic units, both bits at once or one after the other."""
    X = landscapes.X[:, :, None] if in_time else landscapes.X[:, None]
    network = Network.build(
        X.shape[2], 2, hidden=2, activation="sigmoid", dtype="float64", **settings
    )
    return Fitness(network, X, landscapes.Y.astype(int), loss="mse", alpha=alpha, n_threads=1)


# --- Second derivatives and Newton's method ----------------------------------------------


def test_hessian_is_that_of_the_formula_within_its_error():
    x = np.array([1.3, -0.7, 0.4])
    matrix, error = hessian(rosenbrock(3).gradient, x)
    exact = scipy.optimize.rosen_hess(x)
    assert np.linalg.norm(matrix - exact) <= max(error, 1e-9)
    assert error < 1e-6


def test_errors_bound_what_is_wrong_with_the_eigenvalues():
    # Where third derivatives matter and where they do not, and where all is saturated.
    def value(x):
        return np.log(np.cosh(x)).sum(axis=1)

    f = function(value, np.tanh, 4)
    for x in (np.zeros(4), np.array([0.3, -2.0, 4.0, 9.0]), np.full(4, 18.0)):
        matrix, error = hessian(f.gradient, x)
        exact = 1 / np.cosh(x) ** 2
        assert np.abs(np.linalg.eigvalsh(matrix) - np.sort(exact)).max() <= error + 1e-15
        assert error < 1e-10


def test_newton_converges_quadratically():
    f = rosenbrock(4)
    start = np.ones(4) + 1e-2 * np.array([1.0, -1, 1, -1])
    (x,) = newton(f.gradient, start[None], tol=1e-11, steps=12)
    assert np.linalg.norm(f.gradient(x[None])[1]) <= 1e-11
    np.testing.assert_allclose(x, 1.0, atol=1e-12)


def test_newton_leaves_saddles_downwards():
    def value(x):
        return (x[:, 0] ** 2 - 1) ** 2 + x[:, 1] ** 2

    def slope(x):
        return np.stack([4 * x[:, 0] * (x[:, 0] ** 2 - 1), 2 * x[:, 1]], axis=1)

    f = function(value, slope, 2)
    ends = newton(f.gradient, np.array([[1e-3, 0.5], [-1e-3, 2.0]]))
    np.testing.assert_allclose(ends, [[1, 0], [-1, 0]], atol=1e-9)


def test_newton_by_products_alone_gets_there_as_well():
    weights = np.linspace(1, 50, 120)
    f = function(
        lambda x: (weights * (np.cosh(x) - 1)).sum(axis=1), lambda x: weights * np.sinh(x), 120
    )
    start = np.random.default_rng(0).normal(size=(2, 120))
    ends = newton(f.gradient, start, tol=1e-10)
    assert np.abs(f.gradient(ends)[1]).max() < 1e-10


# --- Known minima ------------------------------------------------------------------------


def test_block_is_what_its_formula_says():
    brackets = (-3, -1), (-0.8, -0.2), (-0.1, 1)
    roots = [scipy.optimize.brentq(block_slope, *ends, xtol=1e-15) for ends in brackets]
    np.testing.assert_allclose(BLOCK_STATIONARY, roots, rtol=1e-12)
    np.testing.assert_allclose(BLOCK_LOSSES, [block_loss(w) for w in roots], rtol=1e-12)
    # What the literature's figures say, to their digits.
    np.testing.assert_allclose(BLOCK_STATIONARY[[0, 2]], [-1.569, 0.013], atol=5e-4)
    np.testing.assert_allclose(BLOCK_LOSSES[[0, 2]], [0.3025, 0.0640], atol=5e-5)


@pytest.mark.parametrize(("dim", "n_starts"), [(1, 10), (2, 40), (3, 120), (5, 600)])
def test_all_combinations_are_found(dim, n_starts):
    found = find_minima(many_minima(dim), n_starts=n_starts, seed=0)
    assert len(found.minima) == 2**dim
    points = np.array([cluster.certificate.point for cluster in found.minima])
    wanted = np.array(list(itertools.product(BLOCK_STATIONARY[[0, 2]], repeat=dim)))
    apart = np.abs(points[:, None] - wanted[None]).max(axis=2)
    assert (apart.min(axis=0) < 1e-8).all()
    sums = [sum(losses) for losses in itertools.product(BLOCK_LOSSES[[0, 2]], repeat=dim)]
    np.testing.assert_allclose([c.loss for c in found.minima], sorted(sums), rtol=1e-12)
    assert max(c.certificate.gradient_norm for c in found.minima) < 1e-10


def test_the_maximum_between_minima_is_a_saddle():
    x = BLOCK_STATIONARY[[0, 1, 2]]
    found = certify(many_minima(3), x)
    assert found.kind == "saddle"
    assert (found.eigenvalues < 0).sum() == 1
    np.testing.assert_allclose(np.abs(found.eigenvectors[0]), [0, 1, 0], atol=1e-8)


def test_not_converged_where_the_gradient_is_not_zero():
    assert certify(many_minima(2), [0.05, 0.0]).kind == "not converged"


def test_a_quartic_minimum_is_beyond_second_derivatives():
    f = function(lambda x: (x**4).sum(axis=1), lambda x: 4 * x**3, 2)
    assert certify(f, [0.0, 0.0]).kind == "plateau"


def test_losses_may_be_below_zero():
    f = styblinski_tang(2)
    found = find_minima(f, n_starts=30, seed=0)
    assert len(found.minima) == 4
    np.testing.assert_allclose(found.minima[0].loss, f.minimum, rtol=1e-12)


def test_bounds_bind_only_where_starts_are_drawn():
    found = find_minima(rastrigin(1), n_starts=40, seed=0)
    losses = [cluster.loss for cluster in found.minima]
    assert losses[0] < 1e-12
    assert len(losses) >= 8


# --- Flat directions and valleys ---------------------------------------------------------


def test_directions_without_any_effect_are_counted():
    f = function(
        lambda x: (x[:, 0] - x[:, 1] - 1) ** 2,
        lambda x: 2 * (x[:, 0] - x[:, 1] - 1)[:, None] * np.array([1.0, -1, 0]),
        3,
    )
    found = certify(f, [1.0, 0.0, 7.0])
    assert (found.kind, found.n_flat) == ("minimum", 2)
    np.testing.assert_allclose(found.eigenvalues, [4.0], rtol=1e-9)
    assert "degenerate with 2 flat directions" in str(found)


def test_recurrent_weights_of_one_step_are_flat():
    found = find_minima(xor_network(0.0), n_starts=2, seed=0)
    assert [certificate.n_flat for certificate in found.certificates] == [4, 4]


def test_a_loss_that_falls_for_ever_is_a_valley():
    def value(x):
        return np.log1p(np.exp(-x[:, 0])) + x[:, 1] ** 2

    def slope(x):
        return np.stack([-1 / (1 + np.exp(x[:, 0])), 2 * x[:, 1]], axis=1)

    f = function(value, slope, 2)
    for far in (5.0, 18.0, 30.0):
        found = certify(f, [far, 0.0])
        assert found.kind == "valley to infinity"
        np.testing.assert_allclose(found.direction, [1.0, 0.0], atol=1e-6)


def shares(found, kind):
    """Return the share of starts at each loss, to three digits."""
    losses = [round(one.loss, 3) for one in found.certificates if one.kind == kind]
    return {loss: losses.count(loss) / len(found.certificates) for loss in losses}


def test_traps_of_xor_are_valleys_to_infinity():
    found = find_minima(landscapes.Xor221(), n_starts=60, seed=0)
    assert not found.minima
    at = shares(found, "valley to infinity")
    assert at[0.0] > 0.2
    assert at[0.125] > 0.1
    assert at[0.167] > 0.05
    assert sum(at.values()) > 0.9
    traps = {c.loss: c.trap for c in found.certificates if c.kind == "valley to infinity"}
    near_one_eighth = [trap for loss, trap in traps.items() if abs(loss - 1 / 8) < 1e-6]
    assert np.mean(near_one_eighth) > 0.7
    # A penalty, however small, lets a descent out of the other: it is no minimum at infinity.
    assert not any(trap for loss, trap in traps.items() if abs(loss - 1 / 6) < 1e-6)


def test_a_penalty_makes_minima_of_the_traps_that_are_traps():
    found = find_minima(landscapes.Xor221(alpha=1e-4), n_starts=60, seed=0)
    assert {certificate.kind for certificate in found.certificates} == {"minimum"}
    losses = np.array([cluster.loss for cluster in found.minima])
    caught = losses[losses > 0.1]
    assert len(caught)
    assert (np.abs(caught - 0.136) < 0.01).all()  # 1/8 and the penalty of weights of length 13
    for cluster in found.minima:
        w = cluster.certificate.point
        exact = scipy.optimize.approx_fprime(
            w, lambda x: found_slope(landscapes.Xor221(1e-4), x), 1e-6
        )
        lowest = np.linalg.eigvalsh((exact + exact.T) / 2)[0]
        assert abs(cluster.certificate.eigenvalues[0] - lowest) < 1e-6


def found_slope(objective, x):
    return objective.gradient(x[None])[1][0]


@pytest.mark.parametrize("in_time", [False, True])
def test_traps_of_recurrent_networks_for_xor(in_time):
    bare = find_minima(xor_network(0.0, in_time), n_starts=40, seed=0)
    assert shares(bare, "valley to infinity")[0.125] > 0.1
    held = find_minima(xor_network(1e-4, in_time), n_starts=40, seed=0)
    caught = [c for c in held.minima if 0.126 < c.loss < 0.15]
    assert caught
    assert all(c.certificate.eigenvalues[0] > 10 * c.certificate.error for c in caught)


@pytest.mark.parametrize("n_bits", [2, 3])
def test_temporal_parity_has_certified_local_minima(n_bits):
    data = load("parity", n_bits=n_bits)
    network = Network.build(1, 2, hidden=2, dtype="float64", init_scale=3.0)
    fitness = Fitness(network, data.X, data.y, loss="mse", alpha=1e-3, n_threads=1)
    found = find_minima(fitness, n_starts=30, seed=1)
    local = [c for c in found.minima if c.loss > found.minima[0].loss + 0.05]
    assert local
    for cluster in local[:3]:
        x, loss = cluster.certificate.point, cluster.loss
        near = x + 1e-3 * np.random.default_rng(0).normal(size=(200, len(x)))
        assert (fitness(near) > loss).all() or cluster.certificate.n_flat


# --- Ends of the spectrum ----------------------------------------------------------------


def test_lanczos_agrees_with_the_whole_hessian():
    fitness = xor_network(1e-4, in_time=True)
    found = next(
        one for one in find_minima(fitness, n_starts=5, seed=0).certificates if not one.n_flat
    )
    ends = certify(fitness, found.point, full=False)
    assert ends.kind == found.kind == "minimum"
    np.testing.assert_allclose(ends.eigenvalues[:3], found.eigenvalues[:3], rtol=1e-6)
    np.testing.assert_allclose(ends.eigenvalues[-3:], found.eigenvalues[-3:], rtol=1e-6)


def test_lanczos_looks_past_directions_without_effect():
    weights = np.concatenate([np.zeros(8), np.linspace(0.5, 9, 142)])
    f = function(lambda x: 0.5 * (weights * x**2).sum(axis=1) + 1, lambda x: weights * x, 150)
    found = certify(f, np.zeros(150))
    assert (found.kind, found.n_flat) == ("minimum", 8)
    np.testing.assert_allclose(found.eigenvalues[[0, -1]], [0.5, 9.0], rtol=1e-8)


# --- What they cost, and errors ----------------------------------------------------------


def test_passes_are_those_of_the_objective():
    class Counted:
        """Sphere that counts."""

        space, passes = Space.normal(3), 0.0

        def __call__(self, points):
            Counted.passes += len(points)
            return sphere(3)(points) + 1

        def gradient(self, points):
            Counted.passes += 3 * len(points)
            return sphere(3)(points) + 1, 2 * points

    found = find_minima(Counted(), n_starts=4, seed=0)
    assert found.passes == Counted.passes
    assert len(found.minima) == 1


def test_a_budget_caps_the_descents():
    fitness = xor_network(1e-4)
    short = find_minima(fitness, n_starts=5, seed=0, budget=100)
    assert [c.kind for c in short.certificates] == ["not converged"] * 5


def test_the_same_seed_gives_the_same_minima():
    fitness = xor_network(1e-4)
    first, second = (find_minima(fitness, n_starts=8, seed=3) for _ in range(2))
    for one, other in zip(first.certificates, second.certificates, strict=True):
        np.testing.assert_array_equal(one.point, other.point)
    assert first.to_frame().equals(second.to_frame())


def test_a_table_has_a_row_for_each_cluster():
    found = find_minima(many_minima(2), n_starts=40, seed=0)
    frame = found.to_frame()
    assert frame["starts"].sum() == 40
    np.testing.assert_allclose(frame["share"].sum(), 1.0)


def test_errors_are_sentences():
    X, y = np.zeros((4, 2, 1)), np.arange(4) % 2
    single = Fitness(Network.build(1, 2, hidden=2), X, y)
    with pytest.raises(ValueError, match="float64") as error:
        find_minima(single)
    one_sentence(error)
    with pytest.raises(ValueError, match="gradients") as error:
        certify(lambda points: points[:, 0], [0.0])
    one_sentence(error)
    with pytest.raises(ValueError, match="n_starts") as error:
        find_minima(sphere(2), n_starts=0)
    one_sentence(error)
    with pytest.raises(ValueError, match="shape") as error:
        certify(sphere(2), [0.0, 0.0, 0.0])
    one_sentence(error)
    with pytest.raises(ValueError, match="finite") as error:
        certify(sphere(2), [0.0, np.nan])
    one_sentence(error)
    with pytest.raises(ValueError, match="dimension") as error:
        many_minima(0)
    one_sentence(error)
