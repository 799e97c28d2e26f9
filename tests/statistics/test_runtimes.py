"""Run times: targets, expected running times, distributions, curves, areas."""

import numpy as np
import pytest
from helpers.error_checks import one_sentence
from helpers.fake_results import falling, made_history, study
from scipy import stats

from metarnn.optimizers import Adam, CuckooSearch, minimize
from metarnn.optimizers.analytic import sphere
from metarnn.runtimes import (
    anytime_curves,
    area_under_curve,
    best_losses,
    expected_running_time,
    log_grid,
    log_targets,
    quantiles,
    runtime_distribution,
    runtimes,
    simulated_restarts,
    success_rate,
    wilson_interval,
)

HISTORIES = [
    made_history([(1, 2.0), (3, 1.0), (10, 0.1)], 20),
    made_history([(3, 1.5), (8, 0.5)], 20),
    None,
]


def test_targets_are_even_on_a_log_scale():
    targets = log_targets(1.0, 1e-3)
    assert len(targets) == 51
    assert (targets[0], targets[-1]) == (1.0, 1e-3)
    np.testing.assert_allclose(np.diff(np.log10(targets)), -3 / 50)


def test_run_times_by_hand():
    times = runtimes(HISTORIES, [2.0, 1.0, 0.5, 0.05])
    nan = np.nan
    np.testing.assert_array_equal(times, [[1, 3, 10, nan], [3, 8, 8, nan], [nan] * 4])
    np.testing.assert_array_equal(runtimes(HISTORIES, [2.0, 1.0], "seconds"), times[:, :2] / 100)
    own = runtimes(HISTORIES, [[2.0], [0.5], [9.0]])
    np.testing.assert_array_equal(own, [[1], [8], [nan]])


@pytest.mark.parametrize("optimizer", [Adam(), CuckooSearch()], ids=["adam", "cuckoo"])
def test_run_times_are_what_the_history_says(optimizer):
    history = minimize(sphere(3), optimizer, budget=600, seed=1).history
    targets = log_targets(history.best[0], history.best[-1] / 2, 30)
    expected = [history.reached(target) or (np.nan, np.nan) for target in targets]
    for column, axis in enumerate(("passes", "seconds")):
        found = runtimes([history], targets, axis)[0]
        np.testing.assert_array_equal(found, [pair[column] for pair in expected])
    grid = log_grid(1, 600)
    np.testing.assert_array_equal(best_losses([history], grid)[0], history.best_after(grid))


def test_expected_running_time_by_hand():
    # Successes after 3 and 8, a failure that spent 20, another that crashed after 5.
    times, caps = [3.0, np.nan, 8.0, np.nan], [20, 20, 20, 5]
    assert expected_running_time(times, caps) == (3 + 20 + 8 + 5) / 2
    assert expected_running_time([np.nan, np.nan], [20, 20]) == np.inf
    both = expected_running_time(np.column_stack([times, [1, 1, 1, np.nan], [np.nan] * 4]), caps)
    np.testing.assert_array_equal(both, [18, 8 / 3, np.inf])
    # Of runs that reached everything the cap does not matter.
    assert expected_running_time([3.0, 5.0], [np.nan, np.nan]) == 4


def test_restarts_tend_to_the_expected_running_time():
    rng = np.random.default_rng(3)
    caps = rng.uniform(50, 100, 12)
    times = np.where(rng.random((12, 3)) < [0.4, 0.6, 1.0], rng.uniform(1, 50, (12, 3)), np.nan)
    times = np.column_stack([times, np.full(12, np.nan)])
    restarted = simulated_restarts(times, caps, 200_000, seed=5)
    expected = expected_running_time(times, caps)
    np.testing.assert_allclose(restarted[:, :3].mean(axis=0), expected[:3], rtol=0.02)
    assert np.isnan(restarted[:, 3]).all()
    assert np.isinf(expected[3])
    # A success at once costs what a run did; what comes later costs failures too.
    assert set(times[:, 2]) == set(restarted[:, 2])
    np.testing.assert_array_equal(restarted, simulated_restarts(times, caps, 200_000, seed=5))


def test_distribution_counts_pairs():
    times = np.array([[1.0, 5.0], [2.0, np.nan]])
    found = runtime_distribution(times, [0.5, 1, 2, 4, 5, 100])
    np.testing.assert_array_equal(found.fraction, [0, 0.25, 0.5, 0.5, 0.75, 0.75])
    ecdf = stats.ecdf(stats.CensoredData(times[:, 0], right=[100.0])).cdf
    column = np.append(times[:, 0], np.nan)[:, None]
    grid = log_grid(0.5, 50)
    np.testing.assert_allclose(runtime_distribution(column, grid).fraction, ecdf.evaluate(grid))


def test_wilson_by_its_formula():
    for successes, runs in [(0, 10), (3, 10), (10, 10), (1, 1)]:
        z = stats.norm.ppf(0.975)
        share = successes / runs
        centre = (share + z**2 / (2 * runs)) / (1 + z**2 / runs)
        half = z * np.sqrt(share * (1 - share) / runs + z**2 / (4 * runs**2)) / (1 + z**2 / runs)
        ends = wilson_interval(successes, runs)
        np.testing.assert_allclose(ends, [centre - half, centre + half], atol=1e-12)
    rate = success_rate([3.0, np.nan, np.inf, 2.0])
    assert (rate.rate, rate.successes, rate.runs) == (0.5, 2, 4)
    assert (rate.low, rate.high) == wilson_interval(2, 4)


def test_quantiles_are_those_of_numpy_and_bear_infinity():
    values, fractions = np.random.default_rng(0).normal(size=(7, 4)), [0, 0.2, 0.5, 0.9, 1]
    np.testing.assert_allclose(quantiles(values, fractions), np.quantile(values, fractions, axis=0))
    np.testing.assert_array_equal(quantiles([1, 2, np.inf], [0.25, 0.5, 0.75]), [1.5, 2, np.inf])
    np.testing.assert_array_equal(quantiles([np.inf, np.inf], [0.3]), [np.inf])


def test_curves_by_hand():
    curves = anytime_curves(HISTORIES, [0.5, 1, 3, 9, 1000])
    inf = np.inf
    np.testing.assert_array_equal(curves[1], [inf, inf, 1.5, 1.0, 0.5])
    np.testing.assert_allclose(curves[0], [inf, inf, 1.25, 0.75, 0.3])
    np.testing.assert_array_equal(curves[2], [inf, inf, inf, inf, inf])
    np.testing.assert_array_equal(
        anytime_curves(HISTORIES, [0.01, 0.03], "seconds", [0.0]), [[2.0, 1.0]]
    )


def test_area_by_hand():
    # Between 1 and 0.01, to 100 passes: at 1 for the first third, then 0.5, then cut off at 0.
    third = 100 ** (1 / 3)
    history = made_history([(1, 5.0), (third, 0.1), (third**2, 1e-9)], 100)
    areas = area_under_curve([history, None], 0.01, 1.0, 100)
    np.testing.assert_allclose(areas, [0.5, 1.0])
    # What happens after the budget does not count.
    late = made_history([(1, 5.0), (third, 0.1), (third**2, 1e-9), (200, 1e-12)], 200)
    np.testing.assert_allclose(area_under_curve([late], 0.01, 1.0, 100), [0.5])


def test_area_of_a_curve_that_falls_at_targets():
    # The loss of 0.5 reaches no target, and nor does that of 0.09, since 0.1 was reached before.
    history = made_history([(1, 5.0), (2, 0.5), (4, 0.1), (8, 0.09), (64, 0.01)], 100)
    kept = made_history([(1, 5.0), (4, 0.1), (64, 0.01)], 100)
    for order in (1, -1):
        at = area_under_curve([history, None], 1e-3, 1.0, 100, targets=[9.0, 0.1, 0.05][::order])
        np.testing.assert_array_equal(at, area_under_curve([kept, None], 1e-3, 1.0, 100))
    # The last improvement always counts.
    ends = area_under_curve([history], 1e-3, 1.0, 100, targets=[1.0])
    last = made_history([(1, 5.0), (2, 0.5), (64, 0.01)], 100)
    np.testing.assert_array_equal(ends, area_under_curve([last], 1e-3, 1.0, 100))


def test_area_is_the_mean_of_the_curve():
    history = falling(3, 1000, 0.7)
    grid = np.geomspace(1, 1000, 200_001)
    curve = np.clip(np.log(history.best_after(grid) / 1e-2) / np.log(100), 0, 1)
    area = area_under_curve([history], 1e-2, 1.0, 1000)[0]
    assert area == pytest.approx(curve.mean(), abs=1e-4)
    seconds = area_under_curve([history], 1e-2, 1.0, 10.0, "seconds")[0]
    clock = np.geomspace(1e-3, 10.0, 200_001)
    losses = best_losses([history], clock, "seconds")[0]
    assert seconds == pytest.approx(
        np.clip(np.log(losses / 1e-2) / np.log(100), 0, 1).mean(), abs=1e-4
    )


def test_the_studies_table_gives_the_same_times():
    results = study(2)
    times = runtimes(results.histories, [0.1])[:, 0]
    np.testing.assert_array_equal(times, results.runs["passes_to_target"])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: log_targets(1.0, 2.0), "0 < lower < upper"),
        (lambda: log_targets("a", 2.0), "must be a loss"),
        (lambda: log_targets(1.0, 0.1, 1), "at least 2"),
        (lambda: runtimes(HISTORIES, [np.nan]), "NaN"),
        (lambda: runtimes(HISTORIES, np.ones((2, 2))), "one row a run"),
        (lambda: runtimes(HISTORIES, [1.0], "steps"), "'passes' or 'seconds'"),
        (lambda: runtimes([3], [1.0]), "must be a History"),
        (lambda: expected_running_time([], []), "at least one run"),
        (lambda: expected_running_time([1.0], [1.0, 2.0]), "caps"),
        (lambda: expected_running_time([np.nan], [np.nan]), "finite"),
        (lambda: simulated_restarts([1.0], [2.0], seed=0), "n_targets"),
        (lambda: success_rate([]), "at least one run"),
        (lambda: wilson_interval(3, 2), "0 to runs"),
        (lambda: wilson_interval(1.5, 2), "counts"),
        (lambda: wilson_interval(1, 2, 95), "between 0 and 1"),
        (lambda: quantiles([], [0.5]), "at least one"),
        (lambda: quantiles([1.0], [2.0]), "from 0 to 1"),
        (lambda: runtime_distribution([[1.0]], [2, 1]), "rising"),
        (lambda: log_grid(0, 1), "0 < lower"),
        (lambda: area_under_curve(HISTORIES, 1.0, 0.1, 10), "0 < lower < upper"),
        (lambda: area_under_curve(HISTORIES, 0.1, 1.0, 1), "above 1 passes"),
        (
            lambda: area_under_curve(HISTORIES, 0.1, 1.0, 9, targets=[1.0, float("nan")]),
            "targets must be a list of losses",
        ),
        (lambda: area_under_curve(HISTORIES, 0.1, 1.0, 9, targets=1.0), "a list of losses"),
    ],
)
def test_mistakes_are_told_in_one_sentence(call, words):
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    one_sentence(caught, words)
