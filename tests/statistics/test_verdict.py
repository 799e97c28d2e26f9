"""The verdict over the problems of a study."""

import re

import numpy as np
import pandas as pd
import pytest
from helpers.error_checks import one_sentence
from helpers.fake_results import made_history, made_results, row, study

from metarnn import compare
from metarnn.runtimes import area_under_curve, expected_running_time, log_targets
from metarnn.statistics import (
    MEASURES,
    judge,
    measured,
    rank_table,
    wilcoxon_pairs,
    within_problem,
)

SIX = {"adam": 0.9, "rprop": 0.85, "hybrid": 0.6, "cuckoo": 0.4, "ga": 0.35, "random": 0.1}


@pytest.fixture(scope="module")
def clear():
    return study(12, SIX)


def narrow(text):
    """Assert that no line is wider than 80 columns; return it as one line."""
    assert max(map(len, text.splitlines())) <= 80, text
    return re.sub(r"\s+", " ", text)


def by_hand(results, measure):
    """Return the numbers of a measure with plain loops, problem by problem."""
    runs = results.runs
    table = []
    for problem in runs["dataset"].unique():
        line = []
        for name in runs["optimizer"].unique():
            mine = runs[(runs["dataset"] == problem) & (runs["optimizer"] == name)]
            if measure == "train_loss":
                line.append(np.median(mine["train_loss"]))
            elif measure == "test_accuracy":
                line.append(mine["test_accuracy"].mean())
            elif measure == "ert":
                line.append(expected_running_time(mine["passes_to_target"], mine["passes"]))
            else:
                histories = [results.histories[i] for i in mine.index]
                targets = log_targets(1.0, 1e-3)
                areas = area_under_curve(histories, 1e-3, 1.0, 1000, targets=targets)
                line.append(areas.mean())
        table.append(line)
    return np.array(table)


@pytest.mark.parametrize("measure", MEASURES)
def test_numbers_are_those_of_the_runs(clear, measure):
    found = measured(clear, measure)
    np.testing.assert_allclose(found.values, by_hand(clear, measure))
    assert found.optimizers == list(SIX)
    assert found.problems == [(f"data{i}", "elman") for i in range(12)]
    shuffled = clear.runs.sample(frac=1, random_state=1)
    again = made_results(
        [(clear.runs.loc[i].to_dict(), clear.histories[i]) for i in shuffled.index]
    )
    again.runs.index = again.runs.index[::-1] + 7  # the order of the rows is what counts
    other = measured(again, measure)
    columns = [other.optimizers.index(name) for name in found.optimizers]
    rows = [other.problems.index(problem) for problem in found.problems]
    np.testing.assert_allclose(other.values[np.ix_(rows, columns)], found.values)


@pytest.mark.parametrize("measure", MEASURES)
def test_clear_differences_are_told(clear, measure):
    verdict = judge(clear, measure)
    text = narrow(verdict.text())
    assert verdict.ranks.mean_ranks[5] > 5
    assert ("adam", "random") in [(pair.optimizer, pair.than) for pair in verdict.better]
    assert ("random", "adam") not in [(pair.optimizer, pair.than) for pair in verdict.better]
    assert "adam is better than" in text
    assert "the optimizers differ." in text
    assert f"{verdict.ranks.critical_difference():.2f}" in text
    assert verdict.warnings == []
    assert str(verdict) == verdict.text()


def test_tests_are_of_the_numbers(clear):
    verdict = judge(clear, "test_accuracy")
    np.testing.assert_array_equal(
        verdict.ranks.ranks, rank_table(verdict.measured.values, lower_is_better=False).ranks
    )
    np.testing.assert_array_equal(verdict.signed_ranks.p, wilcoxon_pairs(verdict.measured.values).p)
    losses = judge(clear, "train_loss")
    np.testing.assert_array_equal(
        losses.signed_ranks.p, wilcoxon_pairs(np.log(losses.measured.values)).p
    )
    assert "of logarithms" in narrow(losses.text())
    assert "of logarithms" not in narrow(verdict.text())


def test_alike_optimizers_are_not_told_apart():
    verdict = judge(study(12, {"a": 0.5, "b": 0.5, "c": 0.5}))
    text = narrow(verdict.text())
    assert verdict.better == []
    assert "do not differ significantly" in text
    assert "no optimizer is better than another" in text
    assert "Not separated: " in text


def test_seeds_are_not_problems():
    # A hundred seeds of two problems are two problems.
    verdict = judge(study(2, n_seeds=100))
    assert verdict.ranks.ranks.shape == (2, 3)
    assert verdict.better == []
    assert "too few" in narrow(verdict.text())


def test_seven_problems_are_too_few_for_six_optimizers():
    verdict = judge(study(7, SIX))
    text = narrow(verdict.text())
    assert verdict.better == []
    assert "critical difference of 2.85" in text
    assert "7 problems are too few" in text
    assert "a p below 0.0156 (0.234 by Holm's method)." in text
    assert "That takes 10 problems or more" in text
    assert judge(study(10, SIX)).warnings == []


def test_two_optimizers_need_no_ranks_of_many():
    verdict = judge(study(8, {"adam": 0.9, "random": 0.1}))
    text = narrow(verdict.text())
    assert "Friedman" not in text
    assert "adam is better than random (p = 0.008)." in text


def test_one_problem_is_judged_by_its_runs():
    results = study(1, {"adam": 0.9, "rprop": 0.9, "random": 0.1}, n_seeds=12)
    verdict = judge(results)
    text = narrow(verdict.text())
    assert "a run of adam beats one of random with probability 1.00 (large, p < 0.001)" in text
    assert "One problem does not generalize to others" in text
    assert "Wilcoxon" not in text
    pd.testing.assert_frame_equal(verdict.within, within_problem(results, ("data0", "elman")))
    assert list(verdict.within["first"]) == ["adam", "adam", "rprop"]
    narrow(judge(results, "ert").text())


def failing(rows):
    """Return a study of problems, whose runs are given by the loss of each, None for failed."""
    made = []
    for problem, optimizer, losses in rows:
        for seed, loss in enumerate(losses):
            history = None if loss is None else made_history([(1, 2.0), (10, loss)], 100)
            made.append(
                (
                    row((problem, "n"), optimizer, seed, history, budget=100, accuracy=0.5),
                    history,
                )
            )
    return made_results(made)


def test_failed_runs_rank_worst():
    results = failing(
        [
            ("d", "good", [0.01, 0.02, 0.05]),
            ("d", "bad", [0.01, None, None]),
            ("e", "good", [0.5, 0.5, 0.5]),
            ("e", "bad", [None, None, None]),
        ]
    )
    inf = np.inf
    values = {measure: measured(results, measure).values for measure in MEASURES}
    np.testing.assert_array_equal(values["train_loss"], [[0.02, inf], [0.5, inf]])
    np.testing.assert_allclose(values["test_accuracy"], [[0.5, 0.5 / 3], [0.5, 0]])
    # A failed run costs what the longest of the problem did.
    np.testing.assert_allclose(values["ert"], [[10, 10 + 2 * 100], [inf, inf]])
    assert values["area"][1, 1] == 1
    # At 1 for half of the log axis, then at a third of the three decades; two runs failed.
    assert values["area"][0, 1] == pytest.approx((0.5 + 0.5 / 3 + 1 + 1) / 3)
    text = narrow(judge(results).text())
    assert "5 runs failed and count as the worst" in text


def test_incomplete_problems_are_left_out_and_named():
    rows = [(f"d{i}", name, [0.1 * i + 0.1, 0.2]) for i in range(3) for name in ("a", "b")]
    results = failing([*rows, ("half", "a", [0.1]), ("odd", "a", [0.1, 0.2]), ("odd", "b", [0.1])])
    verdict = judge(results)
    assert [problem for problem, _ in verdict.measured.problems] == ["d0", "d1", "d2"]
    text = narrow(verdict.text())
    assert "half / n (no runs of b)" in text
    assert "odd / n (not all optimizers have the same seeds and folds)" in text


def test_without_held_out_data_accuracies_are_not_judged():
    results = study(3)
    results.runs["test_accuracy"] = np.nan
    verdict = judge(results, "test_accuracy")
    assert verdict.ranks is None
    assert "nothing was held out" in narrow(verdict.text())
    assert "No problem can be judged" in narrow(verdict.text())


def test_bounds_of_areas_may_be_given(clear):
    losses = [0.5, 0.1, 0.01]
    targets = dict.fromkeys(measured(clear, "area").problems, losses)
    found = judge(clear, "area", targets=targets).measured.values
    runs = clear.runs
    mine = runs[(runs["dataset"] == "data3") & (runs["optimizer"] == "ga")]
    histories = [clear.histories[i] for i in mine.index]
    areas = area_under_curve(histories, 0.01, 0.5, 1000, targets=losses)
    assert found[3, 4] == areas.mean()


def test_long_and_strange_labels_fit():
    long = {f"Cuckoo(setting={'x' * 30}, other={i})": 0.3 * (i + 1) for i in range(4)}
    narrow(judge(study(12, long)).text())


def test_runs_of_a_comparison_can_be_judged():
    comparison = compare("iris", ["adam", "random_search"], budget=100, seeds=3, hidden=2)
    for measure in MEASURES:
        narrow(judge(comparison.results, measure).text())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: judge(study(2), "loss"), "train_loss, test_accuracy, ert, area"),
        (lambda: judge(study(2), alpha=5), "alpha"),
        (lambda: judge(study(2, {"adam": 1.0})), "two optimizers"),
        (lambda: judge(made_results([(row(("d", "n"), "a", 0, None), None)] * 1)), "two"),
        (lambda: judge(study(2), "area", targets={}), "for the problem data0 / elman"),
        (lambda: within_problem(study(1), ("iris", "gru")), "('data0', 'elman')"),
        (lambda: within_problem(study(1), ("data0", "elman"), "ert"), "train_loss"),
    ],
)
def test_mistakes_are_told_in_one_sentence(call, words):
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    one_sentence(caught, words)


def test_no_runs_are_no_results():
    results = study(1)
    results.runs = results.runs.iloc[:0]
    results.histories = []
    with pytest.raises(ValueError, match="no runs"):
        judge(results)
