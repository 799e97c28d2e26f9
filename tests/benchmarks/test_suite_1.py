"""The tables of the optimizers on suite-1, from the runs in the repository."""

import numpy as np
import pytest
from helpers.fake_results import synthetic
from helpers.pages import DOCS

from benchmarks.suite_1.__main__ import all_tables, main
from benchmarks.suite_1.cards import MOST_WEIGHTS, read_cards
from benchmarks.suite_1.runs import (
    MODELS,
    TUNED,
    as_tuned,
    beside,
    by_milliseconds,
    complete,
    joined,
    repriced,
    stopped_at,
    with_gradients,
)
from benchmarks.suite_1.tables import expected, kinds, tuned
from metarnn.study import read_suite

pytest.importorskip("pyarrow")

CARDS = read_cards()


@pytest.fixture(scope="module")
def results():
    return complete(beside("study"))


def test_every_seed_has_every_run_of_the_suite(results):
    suite = [p for p in read_suite("suite-1").problems if p.part == "evaluation"]
    assert {name for name, _ in results.problems} == {problem.name for problem in suite}
    assert {*results.runs["optimizer"]} == {*results.settings.optimizers}
    assert (results.runs["status"] == "done").all()
    assert (results.runs["passes"] <= results.settings.budget).all()
    assert not set(with_gradients(results).runs["optimizer"]) & {*MODELS}


def test_every_problem_has_a_card(results):
    suite = {problem.name: problem for problem in read_suite("suite-1").problems}
    assert {*CARDS} == {*suite}
    for name, card in CARDS.items():
        assert list(card["weights"].values()) == sorted(card["weights"].values())
        few = card["weights"]["medium"] <= MOST_WEIGHTS
        assert ("minima" in card) == (few and suite[name].group != "no gradient")
    groups = kinds(with_gradients(results), CARDS)
    assert sum(map(len, groups.values())) == len(with_gradients(results).problems)


def test_tuned_settings_take_the_place_of_those_that_were():
    problem = [("a", "n")]
    default = synthetic(problem, ["ga", "random_search"], n_seeds=3)
    both = joined(default, synthetic(problem, [f"ga{TUNED}"], n_seeds=2))
    assert len(both.runs) == len(both.histories) == 3 * 2 + 2
    found = as_tuned(both)
    assert {*found.runs["optimizer"]} == {f"ga{TUNED}", "random_search"}
    assert {*found.runs["seed"]} == {0, 1}  # those of both


@pytest.mark.parametrize("study", ["tuned", "small", "large", "solved"])
def test_the_studies_beside_it_are_whole(study):
    found = beside(study)
    assert len(found.runs) == len(complete(found).runs)
    assert (found.runs["status"] == "done").all()
    assert found.runs["seed"].nunique() == len(found.settings.seeds)


def test_tuned_settings_stand_beside_those_that_were():
    names = ["ga", f"ga{TUNED}", "random_search"]
    some = synthetic([(f"data_{i}", "n") for i in range(4)], names, n_seeds=3)
    _, row, *_ = tuned(some).splitlines()[1:]
    name, area, after, better, *_ = (cell.strip() for cell in row.strip("|").split("|"))
    assert name == "`ga`"
    # The second optimizer of these results falls more slowly than the first.
    assert float(area) < float(after)
    assert float(better) < 0.5


def test_a_smaller_budget_is_the_begin_of_the_runs():
    some = synthetic([("a", "n")], ["adam", "ga"], n_seeds=4, budget=1000)
    cut = stopped_at(some, 100)
    assert (cut.runs["passes"] <= 100).all()
    times = some.runs["passes_to_target"]
    np.testing.assert_array_equal(cut.runs["reached"], times <= 100)
    np.testing.assert_array_equal(cut.runs["passes_to_target"], times.where(times <= 100))
    assert (some.runs["passes"] > 100).all()  # as they were


def test_another_price_charges_the_same_runs_anew():
    some = synthetic([("a", "n")], ["adam", "ga"], n_seeds=2, budget=900)
    is_adam = some.runs["optimizer"] == "adam"
    some.runs["losses_computed"] = np.where(is_adam, 0, 900)
    some.runs["gradients_computed"] = np.where(is_adam, 300, 0)
    dear, cheap = repriced(some, 5), repriced(some, 2)
    assert set(dear.runs["passes"]) == {900}  # adam had 1,500, of which 900 count
    assert set(cheap.runs["passes"]) == {600}  # as many as adam has now
    for i, (before, after) in enumerate(zip(some.histories, dear.histories, strict=True)):
        factor = 5 / 3 if is_adam[i] else 1.0
        np.testing.assert_allclose(after.improvements[:, 0], factor * before.improvements[:, 0])
        np.testing.assert_array_equal(after.improvements[:, 2], before.improvements[:, 2])
        reached = factor * some.runs["passes_to_target"][i]
        expected_time = reached if reached <= 900 else np.nan
        np.testing.assert_allclose(dear.runs["passes_to_target"][i], expected_time)
    np.testing.assert_array_equal(repriced(some, 3).runs["passes"], some.runs["passes"])


def test_milliseconds_take_the_place_of_passes():
    some = synthetic([("a", "n"), ("b", "n")], ["adam", "ga"], n_seeds=3, budget=1000)
    is_ga = some.runs["optimizer"] == "ga"
    for column in ("seconds", "seconds_to_target"):  # ten times as fast
        some.runs.loc[is_ga, column] /= 10
    timed = by_milliseconds(some)
    end = 10  # ms that ga takes; adam takes 100
    np.testing.assert_allclose(timed.runs["passes"], end)
    for i, (before, after) in enumerate(zip(some.histories, timed.histories, strict=True)):
        _, seconds, losses = before.improvements.T
        np.testing.assert_allclose(after.improvements[:, 0], 1e3 * seconds)
        np.testing.assert_array_equal(after.improvements[:, 2], losses)
        reached = 1e3 * some.runs["seconds_to_target"][i]
        np.testing.assert_allclose(
            timed.runs["passes_to_target"][i], reached if reached <= end else np.nan
        )


def test_expected_times_are_medians_over_problems():
    some = synthetic([(name, "n") for name in "abc"], ["adam"], n_seeds=6)
    by_hand = []
    for _, own in some.runs.groupby("dataset"):
        spent = own["passes_to_target"].fillna(own["passes"]).sum()
        by_hand.append(spent / own["reached"].sum())
    value, low, high = expected(some, "adam")
    assert value == pytest.approx(np.median(by_hand))
    assert low <= value <= high
    assert np.isinf(expected(some, "of no runs")).all()


@pytest.mark.slow
def test_the_page_has_the_tables_of_the_runs():
    found = all_tables(complete(beside("study")))
    assert {path.stem for path in (DOCS / "answer").glob("*.md")} == {*found}
    for name, text in found.items():
        assert (DOCS / "answer" / f"{name}.md").read_text() == f"{text}\n", name


@pytest.mark.slow
def test_the_tables_and_the_figures_are_made(tmp_path, capsys):
    main(["--out", str(tmp_path), "--seeds", "0", "1"])
    assert "stays first in" in capsys.readouterr().out
    assert {path.name for path in tmp_path.glob("*.png")} == {"groups.png", "profiles.png"}
