"""Figures over problems: Bayesian signed ranks, profiles, the firmness of a ranking, power."""

import numpy as np
import pytest
from scipy import stats

from metarnn.runtimes import runtime_distribution
from metarnn.statistics import (
    bayesian_signed_rank,
    detectable_difference,
    interquartile_mean,
    performance_profile,
    ranking_stability,
    runtime_profile,
    stratified_interval,
    wilcoxon_pairs,
)


@pytest.fixture
def rng():
    """Return a generator of the test's own: what one draws does not depend on the others."""
    return np.random.default_rng(0)


# --- Bayesian signed ranks ---------------------------------------------------------------


def by_loops(x, y, rope, s, n, rng):
    """The same from the definition: the heaviest of the three sums over all pairs."""
    z = [0.0, *(y - x)]
    wins = np.zeros(3)
    for _ in range(n):
        w = rng.dirichlet([s, *np.ones(len(z) - 1)])
        mass = np.zeros(3)
        for i in range(len(z)):
            for j in range(len(z)):
                total = z[i] + z[j]
                case = 0 if total > 2 * rope else 2 if total < -2 * rope else 1
                mass[case] += w[i] * w[j]
        wins[mass.argmax()] += 1
    return wins / n


@pytest.mark.parametrize("shift", [0.0, 0.05, -0.2])
def test_probabilities_are_those_of_the_definition(rng, shift):
    x = rng.normal(size=9)
    y = x + rng.normal(scale=0.1, size=9) + shift
    found = bayesian_signed_rank(x, y, rope=0.05, seed=1)
    slow = by_loops(x, y, 0.05, 0.5, 1500, np.random.default_rng(2))
    np.testing.assert_allclose(found, slow, atol=4 * 0.5 / np.sqrt(1500))
    assert sum(found) == pytest.approx(1)


@pytest.mark.optional
@pytest.mark.parametrize("shift", [0.0, 0.08])
def test_probabilities_are_those_of_baycomp(rng, shift):
    baycomp = pytest.importorskip("baycomp")
    x = rng.normal(size=20)
    y = x + rng.normal(scale=0.1, size=20) + shift
    # Higher is better there, and the first probability is that of the first argument.
    theirs = baycomp.SignedRankTest.probs(x, y, rope=0.04, prior=0.5, nsamples=50_000)
    found = bayesian_signed_rank(x, y, rope=0.04, seed=0, lower_is_better=False)
    np.testing.assert_allclose(found, theirs, atol=0.015)


def test_clear_cases_are_clear_and_the_order_is_that_of_the_scores(rng):
    x = rng.normal(size=30)
    assert bayesian_signed_rank(x, x + 1, rope=0.1, seed=0).first > 0.999
    assert bayesian_signed_rank(x + 1, x, rope=0.1, seed=0).second > 0.999
    assert bayesian_signed_rank(x, x + 0.01, rope=0.1, seed=0).equal > 0.999
    up = bayesian_signed_rank(x, x + 1, rope=0.1, seed=0, lower_is_better=False)
    assert up.second > 0.999
    assert bayesian_signed_rank([1.0], [1.0], rope=0.0, seed=0).equal == 1


@pytest.mark.parametrize(
    ("x", "y", "how", "message"),
    [
        ([1], [1, 2], {"rope": 0}, "alike"),
        ([], [], {"rope": 0}, "alike"),
        ([np.inf], [0], {"rope": 0}, "finite"),
        ([1], [1], {"rope": -1}, "rope must be at least 0"),
        ([1], [1], {"rope": 0, "prior_strength": 0}, "prior_strength above 0"),
        ([1], [1], {"rope": 0, "n_samples": 0}, "n_samples at least 1"),
    ],
)
def test_what_is_no_pair_of_figures_is_refused(x, y, how, message):
    with pytest.raises(ValueError, match=message):
        bayesian_signed_rank(x, y, seed=0, **how)


# --- Means and profiles ------------------------------------------------------------------


def test_interquartile_means_are_scipys_over_any_axes(rng):
    scores = rng.normal(size=(3, 4, 8))
    assert interquartile_mean(scores) == pytest.approx(stats.trim_mean(scores, 0.25, axis=None))
    for axis in (0, 1, (1, 2), (0, 2), -1):
        axes = np.atleast_1d(axis) % 3
        found = interquartile_mean(scores, axis=axis)
        kept = [a for a in range(3) if a not in axes]
        flat = np.moveaxis(scores, kept, range(len(kept))).reshape((*found.shape, -1))
        np.testing.assert_allclose(found, stats.trim_mean(flat, 0.25, axis=-1))
    with pytest.raises(ValueError, match="out of bounds"):
        interquartile_mean(scores, axis=5)
    with pytest.raises(ValueError, match="at least one score"):
        interquartile_mean([])


def test_intervals_cover_the_seeds_of_the_same_problems():
    levels = np.linspace(0, 10, 12)[:, None]  # problems differ far more than seeds
    hits = 0
    for i in range(60):
        scores = levels + np.random.default_rng(i).normal(size=(12, 15))
        found = stratified_interval(scores, np.mean, seed=i, n_resamples=400)
        hits += found.low <= levels.mean() <= found.high
        assert found.value == pytest.approx(scores.mean())
        # The mean of 180 runs of deviation 1.
        assert found.high - found.low == pytest.approx(4 / np.sqrt(180), rel=0.35)
    assert hits >= 51  # 57 are expected


def test_profiles_are_fractions_of_runs(rng):
    scores = rng.uniform(size=(5, 20))
    taus = [0.8, 0.2, 0.5]
    found = performance_profile(scores, taus, seed=0)
    np.testing.assert_array_equal(found.thresholds, [0.2, 0.5, 0.8])
    np.testing.assert_allclose(found.fraction, [(scores <= t).mean() for t in sorted(taus)])
    assert (found.low <= found.fraction).all()
    assert (found.fraction <= found.high).all()
    other = performance_profile(-scores, [-t for t in taus], seed=0, lower_is_better=False)
    np.testing.assert_allclose(other.fraction[::-1], found.fraction)


def test_runtime_profiles_are_fractions_of_targets_with_intervals_of_other_runs():
    rng = np.random.default_rng(3)
    times = [rng.exponential(10, size=(n, 4)) for n in (12, 30)]
    times[0][3, 2:] = np.nan  # a run that did not reach two of its targets
    grid = [1.0, 30.0, 5.0]
    found = runtime_profile(times, grid, seed=0)
    np.testing.assert_array_equal(found.thresholds, [1.0, 5.0, 30.0])
    each = [runtime_distribution(own, sorted(grid)).fraction for own in times]
    np.testing.assert_allclose(found.fraction, np.mean(each, axis=0))
    # Runs are drawn, not pairs of run and target: SciPy draws the rows of the means.
    by_run = [(own <= 5.0).mean(axis=1) for own in times]
    two = stats.bootstrap(by_run, lambda *some, axis=-1: sum(a.mean(axis=axis) for a in some) / 2,
                          rng=rng, method="percentile").confidence_interval  # fmt: skip
    assert found.low[1] == pytest.approx(two.low, abs=0.015)
    assert found.high[1] == pytest.approx(two.high, abs=0.015)
    np.testing.assert_array_equal(found, runtime_profile(times, grid, seed=0))


@pytest.mark.parametrize(
    ("times", "grid", "words"),
    [
        ([], [1.0], "one problem at least"),
        ([[1.0]], [1.0], r"\(runs, targets\) of each problem"),
        ([[[1.0]]], [], r"grid must be numbers \(g,\)"),
        ([[[1.0]]], [np.nan], r"grid must be numbers \(g,\)"),
    ],
)
def test_runtime_profiles_need_runs_and_a_grid(times, grid, words):
    with pytest.raises(ValueError, match=words):
        runtime_profile(times, grid, seed=0)


def test_resamples_and_thresholds_are_checked():
    scores = np.zeros((2, 3))
    for function in (
        stratified_interval,
        lambda s, **how: performance_profile(s, [0.5], **how),
        lambda s, **how: ranking_stability(s[..., None], **how),
    ):
        with pytest.raises(ValueError, match="n_resamples must be at least 1"):
            function(scores, seed=0, n_resamples=0)
        with pytest.raises(ValueError, match="confidence must be between 0 and 1"):
            function(scores, seed=0, confidence=1.5)
    for thresholds in ([], [[1.0]], np.nan):
        with pytest.raises(ValueError, match=r"thresholds must be numbers \(m,\)"):
            performance_profile(scores, thresholds, seed=0)


@pytest.mark.parametrize("scores", [[1.0, 2.0], [[np.nan, 1.0]], [[]]])
def test_scores_must_be_of_problems_and_seeds(scores):
    for function in (stratified_interval, lambda s, seed: performance_profile(s, [0.5], seed=seed)):
        with pytest.raises(ValueError, match=r"scores must be finite numbers \(problems, seeds\)"):
            function(scores, seed=0)


# --- How firm a ranking is ---------------------------------------------------------------


def test_a_clear_ranking_is_firm_and_a_tie_is_not(rng):
    clear = np.arange(4.0)[:, None] + rng.normal(scale=0.05, size=(15, 4, 6))
    firm = ranking_stability(clear, seed=0, n_resamples=300)
    np.testing.assert_array_equal(firm.order, [0, 1, 2, 3])
    assert firm.same_first == firm.same_three == firm.same_order == 1
    np.testing.assert_array_equal(firm.places, np.eye(4))
    loose = ranking_stability(rng.normal(size=(15, 4, 6)), seed=0, n_resamples=300)
    assert loose.same_first < 0.9
    assert loose.same_order <= loose.same_three <= loose.same_first
    np.testing.assert_allclose(loose.places.sum(axis=0), 1)
    np.testing.assert_allclose(loose.places.sum(axis=1), 1)
    assert (loose.low <= loose.mean_ranks).all()
    assert (loose.mean_ranks <= loose.high).all()


def test_what_is_drawn_again_can_be_chosen(rng):
    # The same seeds decide on each problem: drawn again alone they change nothing.
    scores = np.repeat(rng.normal(size=(10, 3, 1)), 4, axis=2)
    assert ranking_stability(scores, seed=0, resample=("seeds",), n_resamples=50).same_order == 1
    assert ranking_stability(scores, seed=0, resample=("problems",), n_resamples=200).same_order < 1
    higher = ranking_stability(-scores, seed=0, lower_is_better=False, n_resamples=10)
    lower = ranking_stability(scores, seed=0, n_resamples=10)
    np.testing.assert_array_equal(higher.order, lower.order)


@pytest.mark.parametrize(
    ("scores", "how", "message"),
    [
        (np.zeros((2, 3)), {}, "problems, methods, seeds"),
        (np.full((1, 2, 2), np.nan), {}, "problems, methods, seeds"),
        (np.zeros((2, 3, 4)), {"resample": ()}, "must name problems, seeds or both"),
        (np.zeros((2, 3, 4)), {"resample": ("folds",)}, "must name problems, seeds or both"),
    ],
)
def test_what_is_no_ranking_is_refused(scores, how, message):
    with pytest.raises(ValueError, match=message):
        ranking_stability(scores, seed=0, **how)


# --- Power -------------------------------------------------------------------------------


def test_a_detectable_difference_is_detected_that_often(rng):
    N = 20
    scores = np.column_stack([np.zeros(N), rng.normal(size=N)])
    difference = detectable_difference(scores, seed=0, n_resamples=200)
    spread = scores[:, 1] - np.median(scores[:, 1])
    others = np.random.default_rng(7)
    found = [
        wilcoxon_pairs(np.column_stack([np.zeros(N), others.choice(spread, N) + difference])).p[
            0, 1
        ]
        for _ in range(400)
    ]
    assert np.mean(np.array(found) <= 0.05) == pytest.approx(0.8, abs=0.12)
    assert detectable_difference(scores, seed=0, n_pairs=60, n_resamples=200) > difference


def test_a_problem_far_from_the_others_leaves_the_difference_as_exact(rng):
    others = rng.normal(size=20)
    found = [
        detectable_difference(
            np.column_stack([np.zeros(21), [*others, far]]), seed=0, n_resamples=100
        )
        for far in (10.0, 1000.0)
    ]
    assert found[1] == pytest.approx(found[0], rel=0.03)


def test_differences_found_without_a_shift_leave_nothing_to_detect():
    scores = np.column_stack([np.zeros(41), [*[-1e-3] * 21, *np.arange(5.0, 25.0)]])
    assert detectable_difference(scores, seed=0, n_resamples=50) == 0


def test_where_most_problems_differ_by_the_same_nearly_any_shift_shows():
    scores = np.column_stack([np.zeros(20), [*[1.0] * 18, 0.5, 1.5]])
    assert 0 < detectable_difference(scores, seed=0, n_resamples=50) < 1e-6


def test_few_problems_show_nothing(rng):
    scores = np.column_stack([np.zeros(5), rng.normal(size=5)])
    assert detectable_difference(scores, seed=0, n_resamples=50) == np.inf
    with pytest.raises(ValueError, match=r"\(problems, 2\)"):
        detectable_difference(np.zeros((3, 3)), seed=0)


def test_methods_that_differ_by_the_same_everywhere_are_told_apart_by_any_difference():
    scores = np.tile([1.0, 3.0], (12, 1))
    assert detectable_difference(scores, seed=0, n_resamples=10) == 0
    assert detectable_difference(scores[:3], seed=0, n_resamples=10) == np.inf


@pytest.mark.parametrize("how", [{"power": 2}, {"n_pairs": 0}, {"n_resamples": 0}])
def test_powers_and_numbers_out_of_range_are_refused(how):
    with pytest.raises(ValueError, match="power must be between 0 and 1, n_pairs and n_resamples"):
        detectable_difference(np.zeros((3, 2)), seed=0, **how)


def test_a_region_of_words_is_refused():
    with pytest.raises(TypeError, match="rope, prior_strength and n_samples must be numbers"):
        bayesian_signed_rank([1.0], [2.0], rope="a", seed=0)
