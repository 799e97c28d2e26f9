"""Ranks, pairs and intervals, on plain arrays."""

import numpy as np
import pytest
from helpers.error_checks import one_sentence
from scipy import stats

from metarnn.runtimes import expected_running_time
from metarnn.statistics import (
    a12,
    bootstrap_interval,
    compare_samples,
    critical_difference,
    effect_size,
    ert_interval,
    ert_ratio_interval,
    holm,
    not_separated,
    problems_needed,
    rank_table,
    ranks,
    smallest_wilcoxon_p,
    wilcoxon_pairs,
)

#: Losses of four methods on nine problems, some equal.
SCORES = np.round(
    np.random.default_rng(4).lognormal(size=(9, 4)) * [1.0, 1.5, 3.0, 3.2], decimals=1
)
#: Quantiles of the studentized range over the root of 2, as tables print them (Demšar, table 5).
NEMENYI_05 = (1.959964, 2.343700, 2.569032, 2.727775, 2.849705, 2.948320, 3.030879, 3.101730)
NEMENYI_05 += (3.163684, 3.218654, 3.268004, 3.312739, 3.353618, 3.391230)
NEMENYI_10 = (1.645, 2.052, 2.291, 2.459, 2.589, 2.693, 2.780, 2.855, 2.920)


def test_ranks_by_hand():
    nan, inf = np.nan, np.inf
    scores = [[3.0, 1.0, 2.0, 1.0], [inf, nan, 5.0, nan], [nan, nan, nan, nan]]
    np.testing.assert_array_equal(
        ranks(scores), [[4, 1.5, 3, 1.5], [2, 3.5, 1, 3.5], [2.5, 2.5, 2.5, 2.5]]
    )
    accuracies = [[0.9, 0.5, nan, 0.9], [-inf, nan, 0.1, 0.2]]
    np.testing.assert_array_equal(
        ranks(accuracies, lower_is_better=False), [[1.5, 3, 4, 1.5], [3, 4, 2, 1]]
    )


def test_critical_differences_are_those_of_the_tables():
    for table, alpha, places in ((NEMENYI_05, 0.05, 4), (NEMENYI_10, 0.10, 3)):
        for k, q in enumerate(table, start=2):
            scale = np.sqrt(k * (k + 1) / 6)
            assert critical_difference(k, 1, alpha) / scale == pytest.approx(q, abs=10**-places)
    assert critical_difference(6, 7) == pytest.approx(2.85, abs=0.005)


def test_friedman_is_that_of_scipy():
    assert len(np.unique(SCORES[0])) < SCORES.size  # there are ties
    tied = np.round(SCORES)
    for scores in (SCORES, tied):
        table = rank_table(scores)
        expected = stats.friedmanchisquare(*scores.T)
        np.testing.assert_allclose(table.friedman, expected, rtol=1e-12)
    # Without ties, by the formula as papers print it.
    plain = np.random.default_rng(0).normal(size=(9, 4))
    R = ranks(plain).mean(axis=0)
    N, k = plain.shape
    chi2 = 12 * N / (k * (k + 1)) * ((R**2).sum() - k * (k + 1) ** 2 / 4)
    F = (N - 1) * chi2 / (N * (k - 1) - chi2)
    table = rank_table(plain)
    assert table.friedman.statistic == pytest.approx(chi2)
    assert table.iman_davenport.statistic == pytest.approx(F)
    assert table.iman_davenport.p == pytest.approx(stats.f.sf(F, k - 1, (k - 1) * (N - 1)))


def test_perfect_agreement_is_as_likely_as_it_is():
    table = rank_table(np.tile([1.0, 2.0, 3.0], (3, 1)))
    assert table.iman_davenport == (np.inf, 1 / 36)
    assert rank_table(np.ones((4, 3))).friedman == (0.0, 1.0)
    assert rank_table([[1.0, 2.0, 3.0]]).iman_davenport.p == 1.0


def test_nemenyi_is_that_of_scikit_posthocs():
    posthocs = pytest.importorskip("scikit_posthocs")
    # For whom ties or not are the same: it takes mean ranks, as we do.
    expected = posthocs.posthoc_nemenyi_friedman(SCORES)
    np.testing.assert_allclose(rank_table(SCORES).nemenyi, expected, atol=1e-6)


def test_wilcoxon_is_that_of_scikit_posthocs():
    posthocs = pytest.importorskip("scikit_posthocs")
    pd = pytest.importorskip("pandas")
    scores = np.random.default_rng(1).lognormal(size=(12, 4)) * [1.0, 1.5, 3.0, 6.0]
    long = pd.DataFrame(scores).melt(var_name="method", value_name="score")
    for adjust, found in (("holm", "adjusted"), (None, "p")):
        expected = posthocs.posthoc_wilcoxon(
            long, val_col="score", group_col="method", p_adjust=adjust
        )
        np.testing.assert_allclose(getattr(wilcoxon_pairs(scores), found), expected, rtol=1e-9)


def test_wilcoxon_is_exact_with_equal_differences():
    tosses = np.array(list(np.ndindex(*[2] * 9))) * 2 - 1
    for seed in range(5):
        gains = np.random.default_rng(seed).integers(-3, 6, 9)
        gains[gains == 0] = 1
        weights = stats.rankdata(np.abs(gains))
        sums = tosses @ weights
        p = np.mean(np.abs(sums) >= abs((np.sign(gains) * weights).sum()))
        found = wilcoxon_pairs(np.column_stack([np.zeros(9), gains]))
        assert found.p[0, 1] == pytest.approx(p)
    many = np.random.default_rng(0).normal(0.3, size=60)
    expected = stats.wilcoxon(many, method="approx").pvalue
    assert wilcoxon_pairs(np.column_stack([np.zeros(60), many])).p[0, 1] == expected


def test_wilcoxon_by_hand():
    # Better on all of 6 problems: 2 / 2**6; against itself and where all are equal: 1.
    scores = np.column_stack([np.arange(6.0), np.arange(6.0) * 2 + 1, np.arange(6.0)])
    found = wilcoxon_pairs(scores)
    assert found.p[0, 1] == found.p[1, 0] == smallest_wilcoxon_p(6) == 2 / 2**6
    assert found.p[0, 2] == found.p[0, 0] == 1
    assert (found.advantage[0, 1], found.advantage[1, 0], found.advantage[0, 2]) == (1, -1, 0)
    assert found.adjusted[0, 1] == pytest.approx(3 * 2 / 2**6)
    # Differences 1, -2, 3: ranks in favour of the first 2, against it 1 + 3.
    found = wilcoxon_pairs([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]])
    assert found.advantage[0, 1] == pytest.approx((2 - 4) / 6)
    up = wilcoxon_pairs([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]], lower_is_better=False)
    assert up.advantage[0, 1] == pytest.approx((4 - 2) / 6)


def test_what_is_missing_or_infinite_is_worst():
    inf, nan = np.inf, np.nan
    losses = np.array([[1, inf], [2, nan], [3, 4], [inf, nan], [1, 2], [5, 7], [1, 9]])
    assert wilcoxon_pairs(losses).advantage[0, 1] == 1
    assert wilcoxon_pairs(losses).p[0, 1] == smallest_wilcoxon_p(6)  # one problem is a tie
    accuracies = np.where(np.isfinite(losses), 10 - losses, nan)
    assert wilcoxon_pairs(accuracies, lower_is_better=False).advantage[0, 1] == 1


def test_holm_by_hand():
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm([0.5, 0.9, 0.8]), [1, 1, 1])
    assert holm([]).shape == (0,)


def test_few_problems_can_tell_nothing():
    # With 7 problems and 6 methods the smallest p, 1/64, times 15 pairs is above 0.05.
    assert 15 * smallest_wilcoxon_p(7) > 0.05
    for k in range(2, 12):
        for alpha in (0.1, 0.05, 0.01):
            N = problems_needed(k, alpha)
            pairs = k * (k - 1) / 2
            assert pairs * smallest_wilcoxon_p(N) <= alpha < pairs * smallest_wilcoxon_p(N - 1)
    assert problems_needed(6) == 10


def test_groups_that_are_not_separated():
    assert not_separated([1.0, 2.0, 3.0, 4.0], 1.5) == [[0, 1], [1, 2], [2, 3]]
    assert not_separated([4.0, 1.0, 2.2, 2.0], 1.5) == [[1, 3, 2]]
    assert not_separated([1.0, 2.0, 3.0], 5.0) == [[0, 1, 2]]
    assert not_separated([1.0, 2.0, 3.0], 1.0) == []  # as far apart as the difference


def test_groups_agree_with_the_p_of_pairs():
    for seed in range(5):
        scores = np.random.default_rng(seed).normal(size=(15, 7)) + np.linspace(0, 2, 7)
        table = rank_table(scores)
        together = np.eye(7, dtype=bool)
        for group in table.not_separated():
            together[np.ix_(group, group)] = True
        np.testing.assert_array_equal(together, table.nemenyi > 0.05)


def test_a12_by_counting():
    x, y = [1.0, 2.0, 3.0], [2.0, 4.0, np.nan, np.inf]
    wins = sum((b > a) + 0.5 * (b == a) for a in x for b in [2.0, 4.0, np.inf, np.inf])
    assert a12(x, y) == wins / 12
    assert a12(y, x) == pytest.approx(1 - wins / 12)
    assert a12([0.9], [0.5, np.nan], lower_is_better=False) == 1


def test_words_of_effects():
    words = {0.5: "negligible", 0.55: "negligible", 0.56: "small", 0.64: "medium", 0.71: "large"}
    for value, word in words.items():
        assert effect_size(value) == effect_size(1 - value) == word


def test_mann_whitney_is_that_of_scipy():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=12), rng.normal(size=15) + 1
    found = compare_samples(x, y)
    assert found.p == pytest.approx(stats.mannwhitneyu(x, y).pvalue)
    assert found.a12 == a12(x, y)
    assert found.effect == effect_size(found.a12) == "large"
    # One that is missing is as one that is worst.
    far = compare_samples(x, np.append(y, 99.0))
    assert compare_samples(x, np.append(y, np.nan)) == far
    assert compare_samples([1.0, 1.0], [1.0]) == (1.0, 0.5, "negligible")


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_bootstrap_is_that_of_scipy(method):
    values = np.random.default_rng(6).lognormal(size=25)
    found = bootstrap_interval(values, np.mean, seed=1, method=method)
    expected = stats.bootstrap((values,), np.mean, method=method, rng=np.random.default_rng(2))
    assert found.value == values.mean()
    low, high = expected.confidence_interval
    np.testing.assert_allclose([found.low, found.high], [low, high], rtol=0.04)
    assert found == bootstrap_interval(values, np.mean, seed=1, method=method)


def test_bootstrap_bears_infinity():
    values = [1.0, 2.0, 3.0, 4.0, np.inf]
    found = bootstrap_interval(values, seed=0)
    assert found.value == 3
    assert found.low == 1
    assert found.high == np.inf
    assert bootstrap_interval([np.inf, np.inf], seed=0) == (np.inf, np.inf, np.inf)


def test_interval_of_an_expected_running_time():
    # Of four runs with one success each resample of n successes has a known ERT.
    times, caps = [10.0, np.nan, np.nan, np.nan], [100.0] * 4
    found = ert_interval(times, caps, seed=0, confidence=0.5)
    assert found.value == expected_running_time(times, caps) == 310
    erts = {n: (10 * n + 100 * (4 - n)) / n for n in range(1, 5)} | {0: np.inf}
    n_successes = stats.binom(4, 0.25)
    # The ERT falls with the successes, so quantiles of it are those of them, turned round.
    assert found.low == erts[n_successes.ppf(0.75)]
    assert found.high == erts[n_successes.ppf(0.25)] == np.inf
    sure = ert_interval([10.0, 20.0, 30.0] * 10, [100.0] * 30, seed=0)
    mean = bootstrap_interval([10.0, 20.0, 30.0] * 10, np.mean, seed=1)
    np.testing.assert_allclose(sure, mean, rtol=0.05)
    assert ert_interval([np.nan] * 3, [9.0] * 3, seed=0) == (np.inf, np.inf, np.inf)


def test_interval_of_a_ratio():
    rng = np.random.default_rng(0)
    times, caps = rng.uniform(10, 100, 40), np.full(40, 100.0)
    twice = ert_ratio_interval(2 * times, 2 * caps, times, caps, seed=0, paired=True)
    np.testing.assert_allclose(twice, [2, 2, 2])
    apart = ert_ratio_interval(2 * times, 2 * caps, times, caps, seed=0)
    assert apart.value == pytest.approx(2)
    assert 1.5 < apart.low < 1.8
    assert 2.2 < apart.high < 2.7
    never = np.full(40, np.nan)
    assert ert_ratio_interval(never, caps, times, caps, seed=0) == (np.inf, np.inf, np.inf)
    assert ert_ratio_interval(times, caps, never, caps, seed=0) == (0, 0, 0)
    nothing = ert_ratio_interval(never, caps, never, caps, seed=0)
    assert np.isnan(nothing.value)
    assert (nothing.low, nothing.high) == (0, np.inf)


def test_intervals_cover_as_often_as_they_say():
    covered = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        # Success with probability 0.7 after 1 to 50 passes, else 100: ERT 25.5 + 3/7 * 100.
        times = np.where(rng.random(60) < 0.7, rng.uniform(1, 50, 60), np.nan)
        found = ert_interval(times, np.full(60, 100.0), seed=seed, n_resamples=400)
        covered += found.low <= 25.5 + 300 / 7 <= found.high
    assert 180 <= covered <= 199


def test_nobody_touches_the_global_random_state():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    bootstrap_interval([1.0, 2.0, 4.0], seed=0, method="bca", statistic=np.mean)
    ert_interval([1.0, np.nan], [2.0, 2.0], seed=0)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ranks([1.0, 2.0]), "N problems, k methods"),
        (lambda: rank_table([[1.0], [2.0]]), "two methods"),
        (lambda: critical_difference(1, 5), "2 methods"),
        (lambda: critical_difference(3, 5, 5), "alpha"),
        (lambda: holm([2.0]), "probabilities"),
        (lambda: a12([], [1.0]), "x must be"),
        (lambda: compare_samples([1.0], [[1.0]]), "y must be"),
        (lambda: bootstrap_interval([1.0], seed=0), "at least two"),
        (lambda: bootstrap_interval([1.0, np.nan], seed=0), "none NaN"),
        (lambda: bootstrap_interval([1.0, np.inf], seed=0, method="bca"), "finite"),
        (lambda: bootstrap_interval([1.0, 2.0], seed=0, method="t"), "'percentile' or 'bca'"),
        (lambda: bootstrap_interval([1.0, 2.0], seed=0, confidence=95), "between 0 and 1"),
        (lambda: ert_interval([1.0, 2.0], [3.0], seed=0), "caps"),
        (lambda: ert_interval([[1.0]], [3.0], seed=0), "one target"),
        (
            lambda: ert_ratio_interval([1.0], [3.0], [1.0] * 2, [3.0] * 2, seed=0, paired=True),
            "the same number",
        ),
    ],
)
def test_mistakes_are_told_in_one_sentence(call, words):
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    one_sentence(caught, words)


def test_groups_are_maximal():
    rng = np.random.default_rng(0)
    for _ in range(50):
        means, width = rng.uniform(1, 8, 8), rng.uniform(0.3, 4)
        # Plainly: every pair of ends, of which only the longest are kept.
        pairs = {(a, b) for a in means for b in means if a < b <= a + width}
        longest = {
            (a, b) for a, b in pairs if not any(c <= a and b <= d for c, d in pairs - {(a, b)})
        }
        groups = not_separated(means, width)
        assert {(means[group[0]], means[group[-1]]) for group in groups} == longest
