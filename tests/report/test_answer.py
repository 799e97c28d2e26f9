"""The answer in words: who wins, by how much, how sure; and that little data decide nothing."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.fake_results import PROBLEMS, synthetic

from metarnn.report.answer import DECIDED, NOTHING, OPEN, PARTLY, answer
from metarnn.report.margins import behind, margin
from metarnn.report.standings import rank_chart
from metarnn.statistics import judge, measured


def answered(results):
    measures = ["train_loss", "ert", "test_accuracy"]
    if not len(results.runs) or results.runs["optimizer"].nunique() < 2:
        return answer(results, {})
    return answer(results, {measure: judge(results, measure) for measure in measures})


def with_losses(results, losses):
    """Return results whose runs have the given loss by optimizer, a little apart by seed."""
    runs = results.runs
    factor = 1 + 0.001 * runs["seed"] + 0.01 * runs["dataset"].str[-1].astype(int)
    runs["train_loss"] = runs["optimizer"].map(losses) * factor
    return results


def test_clear_winner():
    problems = [(f"data_{i}", "elman") for i in range(8)]
    results = synthetic(problems, ("ga", "adam"), n_seeds=2)
    told = answered(with_losses(results, {"adam": 0.1, "ga": 0.25}))
    assert told.certainty == DECIDED
    assert told.headline == "adam wins: its training loss is lower than that of ga, beyond chance."
    title, text = told.parts[0]
    assert title == "Training loss"
    assert "on 8 of 8 problems (mean rank 1.00 of 2)" in text
    assert "2.50 times as high on the median problem (95% interval 2.50 to 2.50)" in text
    assert "better than ga (p = 0.008)" in text.replace("\u00a0", " ")
    assert any("8 problems" in limit for limit in told.limits)


def test_problems_on_which_all_are_equal_have_no_first_place():
    problems = [(f"data_{i}", "elman") for i in range(8)]
    results = synthetic(problems, ("ga", "adam"), n_seeds=2)
    runs = results.runs
    reached = (runs["optimizer"] == "adam") & runs["dataset"].isin(["data_0", "data_1"])
    runs["reached"] = reached
    runs["passes_to_target"] = np.where(reached, 10.0, np.nan)
    (text,) = (text for title, text in answered(results).parts if title.startswith("Passes"))
    assert text.startswith(
        "adam has the fewest passes to the target on 2 of 8 problems, all are equal on 6 "
        "(mean rank 1.38 of 2)."
    )


def test_winner_against_some_only():
    problems = [(f"data_{i % 10}", f"net_{i}") for i in range(14)]
    results = synthetic(problems, ("adam", "rprop", "ga"), n_seeds=2)
    with_losses(results, {"adam": 0.1, "rprop": 0.1, "ga": 0.9})
    behind_once = (results.runs["optimizer"] == "rprop") & (results.runs["dataset"] == "data_0")
    results.runs.loc[behind_once, "train_loss"] *= 2
    told = answered(results)
    assert told.certainty == PARTLY
    assert told.headline == "adam leads, and is better than ga, but not beyond chance than rprop."


def test_few_problems_decide_nothing():
    told = answered(with_losses(synthetic(PROBLEMS[:3]), dict(zip("abcdef", [1] * 6, strict=True))))
    assert told.certainty == OPEN
    told = answered(synthetic(PROBLEMS[:3]))
    assert told.certainty == OPEN
    assert told.headline.startswith("Nothing is decided: ")
    assert told.headline.endswith(" With 6 optimizers a lead takes 10 problems or more, not 3.")
    assert any("too few" in limit for limit in told.limits)


def test_enough_problems_that_decide_nothing_are_not_called_few():
    results = synthetic([(f"data_{i}", "elman") for i in range(8)], ("ga", "adam"), n_seeds=2)
    odd = results.runs["dataset"].str[-1].astype(int) % 2 == 1
    results.runs["train_loss"] = 1.0 + (odd == (results.runs["optimizer"] == "ga"))
    told = answered(results)
    assert told.headline == "Nothing is decided: ga and adam lead equally by training loss."


#: Losses of three optimizers on 12 problems, and what the note of the ranks says of the tests.
NOTES = {
    "both tests": ([1.0, 2.0, 3.0], 12, "; here they decide the same pairs."),
    "signed ranks": (
        [1.0, 1.1, 3.0],
        8,
        "; here they also decide a over b and b over c, whose bars overlap.",
    ),
    "Nemenyi's": (
        [1.0, 2.0, 3.0],
        5,
        "; here they leave open a over c, whose bars do not overlap.",
    ),
}


@pytest.mark.parametrize("case", NOTES)
def test_the_ranks_say_where_the_headline_goes_by_another_test(case):
    losses, n_problems, words = NOTES[case]
    problems = [(f"data_{i % 10}", f"net_{i}") for i in range(n_problems)]
    results = with_losses(
        synthetic(problems, ("a", "b", "c"), n_seeds=2), dict(zip("abc", losses, strict=True))
    )
    note = rank_chart(judge(results, "train_loss"), ["a", "b", "c"])["note"]
    assert note.endswith(words), note


def test_runs_of_one_problem():
    results = synthetic(PROBLEMS[:1], ("adam", "ga"), n_seeds=10)
    told = answered(with_losses(results, {"adam": 0.1, "ga": 0.3}))
    assert told.certainty == DECIDED
    assert "on this problem" in told.headline
    assert "in the median pair of runs with the same seed" in told.parts[0][1]
    assert any("does not generalize" in limit for limit in told.limits)


def test_one_seed_has_no_interval():
    told = answered(synthetic(PROBLEMS[:1], n_seeds=1))
    assert told.certainty == OPEN
    assert "one pair of runs, so no interval" in told.parts[0][1]


def test_losses_of_zero_have_a_ratio():
    told = answered(with_losses(synthetic(PROBLEMS[:4], ("adam", "ga")), {"adam": 0.0, "ga": 0.01}))
    assert "10.0" in told.parts[0][1] or "10 times" in told.parts[0][1]


def test_first_places_are_shared():
    results = synthetic(PROBLEMS[:2], ("adam", "rprop", "ga"), n_seeds=2)
    with_losses(results, {"adam": 0.1, "rprop": 0.2, "ga": 0.5})
    swapped = (results.runs["optimizer"] == "adam") & (results.runs["dataset"] == "data_1")
    results.runs.loc[swapped, "train_loss"] = 0.3
    told = answered(results)
    expected = "Nothing is decided: adam and rprop lead equally by training loss."
    assert told.headline == f"{expected} With 3 optimizers a lead takes 7 problems or more, not 2."
    assert told.parts[0][1].startswith("adam and rprop share the best mean rank. The loss of rprop")
    assert told.parts[0][1].endswith("No lead is decided.")


def test_equal_optimizers():
    results = synthetic(PROBLEMS[:3], ("adam", "ga"), n_seeds=2)
    told = answered(with_losses(results, {"adam": 0.1, "ga": 0.1}))
    assert told.headline == "Nothing is decided: all optimizers end with the same training loss."


def never(results):
    results.runs["reached"] = False
    results.runs[["passes_to_target", "seconds_to_target"]] = np.nan
    return results


def test_targets_nobody_reached():
    texts = dict(answered(never(synthetic(PROBLEMS[:2]))).parts)
    assert texts["Passes to the target"].startswith("No run reached the target")


def test_failed_runs_are_behind_without_bound():
    told = answered(synthetic(PROBLEMS[:2], ("adam", "ga"), n_failed=20))
    assert "ga, the next, is behind without bound" in told.parts[0][1]
    assert "its lead is not beyond chance" in told.headline


def all_failed(results):
    results.runs["status"] = "failed"
    results.runs["train_loss"] = np.nan
    return replace(results, histories=[None] * len(results.runs))


@pytest.mark.parametrize(
    ("results", "words"),
    [
        (synthetic(PROBLEMS[:1], ("adam",), n_seeds=10), "Only adam ran"),
        (all_failed(synthetic(PROBLEMS[:1], n_seeds=1)), "All 6 runs failed"),
        (replace(r := synthetic(PROBLEMS[:1]), runs=r.runs.iloc[:0], histories=[]), "No run has"),
        (replace(r, runs=r.runs.iloc[:25], histories=r.histories[:25]), "Nothing can be judged"),
    ],
    ids=["one optimizer", "all failed", "nothing finished", "interrupted"],
)
def test_nothing_to_compare(results, words):
    told = answered(results)
    assert told.certainty == NOTHING
    assert told.headline.startswith(words)


def test_names_keep_their_case():
    told = answered(synthetic(PROBLEMS[:3], ("adam", "rprop", "ga")))
    for _, text in told.parts:
        assert not any(name.capitalize() in text for name in ("adam", "rprop", "ga"))


def test_margins():
    values = np.array([2.0, 0.0, 0.0, np.inf, np.inf])
    best = np.array([1.0, 0.0, 1.0, np.inf, 1.0])
    np.testing.assert_array_equal(behind(values, best, "train_loss"), [2, 1, 0, 1, np.inf])
    np.testing.assert_array_equal(behind(best[:1], values[:1], "test_accuracy"), [1])
    results = synthetic(PROBLEMS[:5], ("adam", "ga"), n_seeds=3)
    found = measured(results, "train_loss")
    by = margin(results, found, "adam", "ga")
    assert by.n == 5
    values = np.maximum(found.values, 0.001)  # of the target 0.1
    assert by.value == np.median(values[:, 1] / values[:, 0])
    assert by.interval.low <= by.value <= by.interval.high
    single = synthetic(PROBLEMS[:1], ("adam", "ga"), n_seeds=4)
    losses = single.runs.assign(train_loss=single.runs["train_loss"].clip(lower=0.001)).pivot(
        index="seed", columns="optimizer", values="train_loss"
    )
    by = margin(single, measured(single, "train_loss"), "adam", "ga")
    assert by.n == 4
    assert by.value == pytest.approx((losses["ga"] / losses["adam"]).median())
