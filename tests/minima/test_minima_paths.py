"""Symmetries of networks, paths between minima, and escapes from them."""

import numpy as np
import pytest
from helpers.error_checks import one_sentence
from scipy.stats import binomtest

from metarnn import Fitness, Network
from metarnn.minima import (
    Symmetry,
    barrier,
    certify,
    escape,
    find_minima,
    line,
    many_minima,
)
from metarnn.minima.examples import BLOCK_LOSSES, BLOCK_STATIONARY
from metarnn.optimizers import CuckooSearch, GradientDescent, RandomSearch, Space
from metarnn.optimizers.analytic import sphere

RNG = np.random.default_rng(0)
INPUTS, CLASSES = RNG.normal(size=(9, 4, 2)), np.arange(9) % 3

#: Settings of networks, and how many copies of a weight vector there are.
NETWORKS = {
    "tanh": ({"hidden": 3}, 6 * 8),
    "sigmoid": ({"hidden": 3, "activation": "sigmoid"}, 6),
    "relu": ({"hidden": 3, "activation": "relu"}, 6),
    "stack": ({"hidden": (3, 2)}, 6 * 8 * 2 * 4),
    "both ways": ({"hidden": (2, 2), "bidirectional": True}, (2 * 4) ** 4),
    "mean": ({"hidden": 3, "readout": "mean"}, 6 * 8),
    "max": ({"hidden": 3, "readout": "max"}, 6),
    "lstm": ({"hidden": (3, 2), "cell": "lstm"}, 6 * 8 * 2 * 4),
    "gru": ({"hidden": (3, 2), "cell": "gru"}, 6 * 8 * 2 * 4),
    "irnn": ({"hidden": 3, "cell": "irnn"}, 6),
    "jordan": ({"hidden": 3, "cell": "jordan"}, 1),
    "scrn": ({"hidden": 3, "cell": "scrn"}, 1),
    "residual": ({"hidden": (2, 2), "residual": True}, 1),
}


def fitness_of(settings):
    network = Network.build(2, 3, dtype="float64", **settings)
    return Fitness(network, INPUTS, CLASSES, alpha=1e-2, n_threads=1)


@pytest.mark.parametrize("name", NETWORKS)
def test_symmetries_leave_the_loss_and_the_canonical_form(name):
    settings, n_copies = NETWORKS[name]
    fitness = fitness_of(settings)
    symmetry, rng = Symmetry(fitness.network), np.random.default_rng(1)
    assert symmetry.n_copies == n_copies
    weights = fitness.network.init(rng, 1)[0]
    canonical = symmetry.canonical(weights)
    moved = 0
    for _ in range(10):
        copy = symmetry.random(weights, rng)
        moved += not np.array_equal(copy, weights)
        np.testing.assert_allclose(fitness(copy), fitness(weights), rtol=1e-12)
        np.testing.assert_array_equal(symmetry.canonical(copy), canonical)
        np.testing.assert_array_equal(symmetry.aligned(copy, weights), weights)
    assert bool(moved) == (n_copies > 1)
    np.testing.assert_allclose(fitness(canonical), fitness(weights), rtol=1e-12)


def test_copies_of_a_minimum_are_one_cluster():
    fitness = fitness_of({"hidden": 2})
    found = find_minima(fitness, n_starts=30, seed=0)
    largest = max(found.minima, key=lambda cluster: len(cluster.starts))
    assert len(largest.starts) > 5
    points = np.array([found.certificates[i].point for i in largest.starts])
    points[:, -3:] -= points[:, -3:].mean(axis=1, keepdims=True)  # which the softmax cancels
    # Several copies were met, and these are no neighbours.
    assert np.linalg.norm(points - points[0], axis=1).max() > 1
    symmetry = Symmetry(fitness.network)
    forms = np.array([symmetry.aligned(point, points[0]) for point in points])
    assert np.linalg.norm(forms - points[0], axis=1).max() < 1e-6


# --- Paths -------------------------------------------------------------------------------


def test_line_has_the_losses_of_its_points():
    f, a, b = sphere(3), np.zeros(3), np.array([1.0, 2, 2])
    np.testing.assert_allclose(line(f, a, b, 4), [0, 1, 4, 9])


def test_barrier_of_a_block_is_its_maximum():
    ends = BLOCK_STATIONARY[[0]], BLOCK_STATIONARY[[2]]
    found = barrier(many_minima(1), *ends)
    assert BLOCK_LOSSES[1] - 1e-4 < found.height <= BLOCK_LOSSES[1] + 1e-15
    np.testing.assert_allclose(found.rise, found.height - BLOCK_LOSSES[0])


def test_strings_find_the_pass_that_the_straight_line_misses():
    low, top = BLOCK_LOSSES[0], BLOCK_LOSSES[1]
    found = barrier(many_minima(2), BLOCK_STATIONARY[[0, 0]], BLOCK_STATIONARY[[2, 2]])
    assert found.straight > 2 * top - 1e-4  # over the maximum of both coordinates at once
    assert top + low - 1e-4 < found.height < top + low + 2e-3  # over one after the other
    np.testing.assert_array_equal(found.path[[0, -1]][:, 0], BLOCK_STATIONARY[[0, 2]])
    np.testing.assert_allclose(many_minima(2)(found.path), found.losses)
    assert found.losses.max() <= found.height


def test_copies_of_a_minimum_have_no_barrier():
    fitness = fitness_of({"hidden": 3})
    a = find_minima(fitness, n_starts=1, seed=0).certificates[0].point
    b = Symmetry(fitness.network).random(a, np.random.default_rng(3))
    assert line(fitness, a, b).max() > fitness(a)[0] + 0.05
    found = barrier(fitness, a, b, steps=5)
    np.testing.assert_array_equal(found.b, a)
    assert abs(found.rise) < 1e-12


# --- Escape ------------------------------------------------------------------------------


def test_who_escapes_and_who_never_does():
    f = many_minima(1)
    trap = certify(f, BLOCK_STATIONARY[[0]])
    optimizers = {"descent": GradientDescent(), "random": RandomSearch()}
    far = escape(f, optimizers, trap, below=0.1, seeds=8, budget=500, radius=1.0)
    near = escape(f, optimizers, trap, below=0.1, seeds=8, budget=500, radius=1e-3)
    assert far.summary()["probability"].to_dict() == {"descent": 0.0, "random": 1.0}
    assert near.summary()["probability"].to_dict() == {"descent": 0.0, "random": 0.0}
    assert far.loss == trap.loss
    np.testing.assert_allclose(far.target, trap.loss - 0.1)


def test_summary_is_what_its_words_say():
    f = many_minima(1)
    start = BLOCK_STATIONARY[[0]]
    found = escape(f, RandomSearch(population_size=1), start, below=0.1, seeds=30, budget=12)
    runs, row = found.runs, found.summary().loc["RandomSearch"]
    n_out = int(runs["escaped"].sum())
    assert 0 < n_out < 30
    assert (runs["passes"][~runs["escaped"]] == 12).all()
    assert (runs["passes"][runs["escaped"]] > 1).all()  # the start itself takes the first
    assert (runs["loss"][runs["escaped"]] <= found.target).all()
    np.testing.assert_allclose(row["ert"], runs["passes"].sum() / n_out)
    interval = binomtest(n_out, 30).proportion_ci(0.95, method="wilson")
    assert (row["low"], row["high"]) == (interval.low, interval.high)


def test_the_probability_is_that_of_the_basin():
    # A draw from N(0, 2^2) that is lower than the trap by 0.1 has to be near the other minimum;
    # how likely that is, a million draws tell.
    f, start = many_minima(1), BLOCK_STATIONARY[[0]]
    drawn = f.space.sample(10**6, np.random.default_rng(5))
    chance = float((f(drawn) <= f(start[None])[0] - 0.1).mean())
    found = escape(f, RandomSearch(population_size=1), start, below=0.1, seeds=200, budget=2)
    row = found.summary(confidence=0.999).iloc[0]
    assert row["low"] < chance < row["high"]


def test_runs_are_the_same_in_any_number_of_processes():
    f, start = many_minima(1), BLOCK_STATIONARY[[0]]
    settings = {"below": 0.1, "seeds": [4, 9], "budget": 60, "radius": 0.5}
    one, two = (escape(f, "random_search", start, n_jobs=n, **settings) for n in (1, 2))
    assert one.runs.equals(two.runs)
    assert list(one.runs["seed"]) == [4, 9]


def test_a_population_has_the_start_first_and_the_others_around_it():
    seen = []

    class Watched:
        """Sphere that keeps what it is asked."""

        space = Space.box(-1.0, 1.0, dim=2)

        def __call__(self, points):
            seen.append(points.copy())
            return sphere(2)(points)

    start = np.array([0.9, 0.5])
    escape(Watched(), CuckooSearch(n_nests=20), start, below=10, seeds=1, budget=21, radius=0.3)
    asked = np.concatenate(seen[1:])  # the first call is for the loss of the start
    np.testing.assert_array_equal(asked[0], start)
    others = asked[1:20]
    assert 0.05 < np.linalg.norm(others - start, axis=1).mean() < 0.5
    assert np.abs(others).max() <= 1


def test_errors_are_sentences():
    f, start = many_minima(1), BLOCK_STATIONARY[[0]]
    for error, words, settings in (
        (ValueError, "below", {"below": 0.0}),
        (ValueError, "radius", {"below": 0.1, "radius": -1.0}),
        (ValueError, "seeds", {"below": 0.1, "seeds": 0}),
    ):
        with pytest.raises(error, match=words) as caught:
            escape(f, "random_search", start, **settings)
        one_sentence(caught)
    with pytest.raises(TypeError, match="optimizer") as caught:
        escape(f, 3, start, below=0.1)
    one_sentence(caught)
    with pytest.raises(ValueError, match="one point") as caught:
        escape(f, "random_search", np.stack([start, start]), below=0.1)
    one_sentence(caught)
    with pytest.raises(ValueError, match="n_points") as caught:
        barrier(f, start, start, n_points=2)
    one_sentence(caught)
    with pytest.raises(ValueError, match="n must") as caught:
        line(f, start, start, 1)
    one_sentence(caught)
