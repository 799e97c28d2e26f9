"""Enforced subpopulations: parts of points that evolve apart."""

from dataclasses import replace

import numpy as np
import pytest

from metarnn.optimizers import ESP, Evolino, Space, minimize
from metarnn.optimizers.analytic import sphere

GROUPS = (np.array([0, 3]), np.array([1]), np.array([2, 4, 5]))


def space():
    return replace(Space.normal(6), groups=GROUPS)


def asked(optimizer, losses, n, of=None):
    """Return the points of n requests, answered by a function of points."""
    from metarnn.optimizers import Told

    search = optimizer.search(of or space(), np.random.default_rng(0))
    found = [next(search).points.copy()]
    while len(found) < n:
        found.append(search.send(Told(losses(found[-1]))).points.copy())
    return found


def rows(points, group):
    return {tuple(row) for row in points[:, group]}


def test_the_first_points_are_those_of_the_space():
    first = asked(ESP(population_size=8), None, 1)[0]
    np.testing.assert_array_equal(first, space().sample(8, np.random.default_rng(0)))


@pytest.mark.parametrize("n_rounds", [1, 3])
def test_each_member_takes_part_once_a_round(n_rounds):
    rounds = asked(ESP(population_size=8, n_rounds=n_rounds), lambda x: x[:, 0], 2 * n_rounds)
    for generation in (rounds[:n_rounds], rounds[n_rounds:]):
        for group in GROUPS:
            assert all(rows(part, group) == rows(generation[0], group) for part in generation)
    # Parts meet others in the next round or generation.
    assert rows(rounds[0], slice(None)) != rows(rounds[1], slice(None))


def test_the_better_half_stays_and_children_replace_the_worse_one():
    optimizer = ESP(population_size=8, mutation_rate=0.0)
    first, second = asked(optimizer, lambda x: x[:, 1], 2)
    ranked = first[np.argsort(first[:, 1])]
    for group in GROUPS:
        kept = rows(ranked[:4], group)
        assert kept <= rows(second, group)
        # Children have the coordinates of the best quarter, in their places.
        for place in group:
            assert set(second[:, place]) <= set(ranked[:4, place])


def test_fitness_is_the_mean_over_rounds():
    # A member is as good as its company on average: the loss is additive, so ranks are by itself.
    optimizer = ESP(population_size=12, n_rounds=20, mutation_rate=0.0)
    first, *_, second = asked(optimizer, lambda x: 10 * x[:, 1] + x[:, 0], 21)
    values = np.sort(first[:, 1])
    assert set(values[:6]) <= set(second[:, 1])
    assert values[-1] not in second[:, 1]


def test_a_burst_draws_members_around_the_best_point():
    optimizer = ESP(population_size=8, burst_after=2, burst_size=1e-3)
    points = asked(optimizer, lambda x: np.arange(len(x)) + 1.0, 4)
    for group in GROUPS:
        assert tuple(points[0][0, group]) in rows(points[3], group)
        assert np.median(np.abs(points[3] - points[0][0])) < 0.01
    quiet = asked(replace_burst(optimizer), lambda x: np.arange(len(x)) + 1.0, 4)
    assert np.median(np.abs(quiet[3] - quiet[0][0])) > 0.1


def replace_burst(optimizer):
    return optimizer.copy().set_params(burst_after=None)


def test_a_separable_function_is_minimized_in_each_group():
    result = minimize(sphere(6), ESP(), budget=4000, seed=0, space=space())
    assert result.fun < 1e-3


def test_losses_that_are_infinite_rank_last():
    def losses(x):
        return np.where(x[:, 1] > 0, np.inf, x[:, 1])

    _, second = asked(ESP(population_size=8, mutation_rate=0.0), losses, 2)
    assert (second[:, 1] <= 0).mean() > 0.8


def test_children_change_in_one_coordinate_those_of_evolino_in_all():
    settings = {"population_size": 8, "mutation_rate": 1.0, "mutation_size": 1e-6}
    for kind, changed in ((ESP, 4), (Evolino, 4 * 6)):
        first, second = asked(kind(**settings), lambda x: x[:, 1], 2)
        kept = [np.isin(second[:, place], first[:, place]).sum() for place in range(6)]
        of_children = 8 * 6 - sum(kept)
        # A child of ESP changes in one coordinate of each of three groups.
        assert of_children == (changed if kind is Evolino else 3 * changed)
        assert np.abs(second - first.mean(axis=0)).max() < 10
