"""BBOB: what is noted, what it is worth, and that a study can be cut short. No time is asserted."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from metarnn.optimizers import GA, OPTIMIZERS, Order, Space, minimize

ROOT = Path(__file__).parents[2]


def trial(budget=100, optimum=7.0):
    """Return the sphere, whose lowest value is the optimum."""
    from benchmarks.bbob.suite import Trial

    def evaluate(points):
        return [optimum + sum(x * x for x in point) for point in points]

    return Trial(evaluate, optimum, 2, budget)


def a_run(hits=(), function=1, instance=1, contestant="ga", budget=100, ended="budget", error=1.0):
    """Return a run that reached so many targets."""
    from benchmarks.bbob.suite import Key, Run

    key = Key(instance, 5, function, contestant, budget)
    return Run(key, budget, error, list(hits), 0.5, ended)


def test_targets():
    from benchmarks.bbob.scores import target_index
    from benchmarks.bbob.suite import TARGETS

    assert len(TARGETS) == 51
    assert TARGETS[0] == 100
    assert TARGETS[-1] == pytest.approx(1e-8)
    np.testing.assert_allclose(TARGETS[1:] / TARGETS[:-1], 10**-0.2)
    assert [target_index(t) for t in (100, 0.1, 1e-7, 1e-8)] == [0, 15, 45, 50]


def test_targets_are_noted_at_the_evaluation_that_reached_them():
    noting = trial()
    noting.many(np.array([[20.0, 0.0], [9.0, 0.0], [10.0, 0.0]]))
    assert noting.hits == [2]
    noting.many(np.array([[30.0, 0.0], [8.0, 0.0], [1.0, 0.0], [0.5, 0.0]]))
    # 100, 63.1, 39.8, ... 1, then down to 0.25.
    assert noting.hits == [2] + [6] * 10 + [7] * 3
    assert noting.error == 0.25
    assert noting.evaluations == 7


def test_order_and_batches_do_not_matter_to_what_is_noted():
    points = np.random.default_rng(0).normal(0, 5, (60, 2))
    together, alone = trial(), trial()
    together.many(points[:25])
    together.many(points[25:])
    values = [alone.one(point) for point in points]
    assert together.hits == alone.hits
    assert len(alone.hits) > 3
    assert together.error == alone.error == min(values) - 7.0


def test_a_run_ends_at_its_budget_to_the_point():
    from benchmarks.bbob.suite import Ended

    noting = trial(budget=3)
    noting.many(np.full((2, 2), 100.0))
    with pytest.raises(Ended):
        noting.many(np.array([[50.0, 0.0], [0.0, 0.0]]))
    assert noting.evaluations == 3
    assert noting.hits == []
    with pytest.raises(Ended):
        noting.one(np.zeros(2))
    assert noting.evaluations == 3


def test_a_run_ends_at_the_last_target():
    from benchmarks.bbob.suite import Ended

    noting = trial()
    with pytest.raises(Ended):
        noting.one(np.zeros(2))
    assert noting.hits == [1] * 51
    with pytest.raises(Ended):
        noting.one(np.ones(2))
    assert noting.evaluations == 1


def test_expected_running_time():
    from benchmarks.bbob.scores import expected_running_time, running_times

    solved = [a_run([10, 40]), a_run([20, 60])]
    failed = a_run([30], ended="itself")
    assert expected_running_time(solved, 1) == 50
    assert expected_running_time([*solved, failed], 0) == 20
    # A failure counts with its budget of 100, though it gave up before.
    assert expected_running_time([*solved, failed], 1) == (40 + 60 + 100) / 2
    assert expected_running_time([failed], 1) == np.inf
    others = [a_run([5, 7], function=3)]
    assert running_times([*others, *solved, failed], 1) == {1: 100, 3: 7}


def test_shares():
    from benchmarks.bbob.scores import share_over_time, shares

    runs = [a_run([1, 5, 5]), a_run([2], function=2, instance=4), a_run(function=3)]
    assert shares(runs) == {(1, 1): 3 / 51, (2, 4): 1 / 51, (3, 1): 0}
    over = share_over_time(runs, np.array([0, 1, 2, 4.9, 5, 100]))
    np.testing.assert_allclose(over * 3 * 51, [0, 1, 2, 2, 4, 4])


def test_differences_are_those_of_pairs_that_both_have_run():
    from benchmarks.bbob.scores import difference

    ours = {(1, 1): 0.5, (2, 1): 0.75, (3, 1): 1.0}
    theirs = {(1, 1): 0.25, (2, 1): 0.5, (4, 1): 0.0}
    # The same everywhere, so there is no doubt about it, however much the functions differ.
    assert difference(ours, theirs) == (0.25, 0.25, 0.25)


def test_interval_of_a_difference_is_that_of_its_mean():
    from benchmarks.bbob.scores import difference

    rng = np.random.default_rng(3)
    ours = {(f, i): 0.1 + 0.2 * rng.standard_normal() for f in range(20) for i in range(20)}
    mean, low, high = difference(ours, dict.fromkeys(ours, 0.0))
    assert mean == pytest.approx(np.mean(list(ours.values())))
    half = 1.96 * np.std(list(ours.values())) / 20
    assert (low, high) == pytest.approx((mean - half, mean + half), abs=0.1 * half)


def test_a_run_survives_its_line():
    from benchmarks.bbob.suite import Run

    one = a_run([1, 2], contestant="mealpy BaseGA")
    line = json.loads(json.dumps(one.to_dict()))
    assert line["contestant"] == "mealpy BaseGA"
    assert line["hits"] == [1, 2]
    assert Run.from_dict(line) == one


def test_seeds_depend_on_the_problem_alone():
    from benchmarks.bbob.suite import Key

    keys = [Key(i, D, f, "ga", 100) for i in (1, 2) for D in (5, 10) for f in range(1, 25)]
    assert len({key.seed for key in keys}) == len(keys)
    assert keys[0].seed == Key(1, 5, 1, "cuckoo", 200).seed
    assert all(0 <= key.seed < 2**31 for key in keys)


def test_a_study_that_was_cut_short_is_continued(tmp_path, monkeypatch):
    from benchmarks.bbob import __main__ as bbob

    keys = [a_run(function=f).key for f in range(1, 5)]
    path = tmp_path / "runs.jsonl"
    lines = [json.dumps(a_run([f], function=f).to_dict()) for f in (1, 2)]
    lines.append(json.dumps(a_run(function=3, ended="ValueError: of all things").to_dict()))
    path.write_text("\n".join(lines) + "\n" + lines[0][:40])
    made = []

    def run_named(key):
        made.append(key.function)
        return a_run([9], function=key.function)

    monkeypatch.setattr(bbob, "run_named", run_named)
    runs = bbob.finish(keys, path, 1)
    assert made == [3, 4]
    assert [run.hits for run in runs.values()] == [[1], [2], [9], [9]]
    assert list(runs) == keys
    made.clear()
    assert bbob.finish(keys, path, 1) == runs
    assert not made


def test_another_budget_is_another_run(tmp_path, monkeypatch):
    from benchmarks.bbob import __main__ as bbob

    path = tmp_path / "runs.jsonl"
    path.write_text(json.dumps(a_run().to_dict()) + "\n")
    longer = a_run(budget=200)
    monkeypatch.setattr(bbob, "run_named", lambda key: longer)
    assert bbob.finish([longer.key], path, 1) == {longer.key: longer}


def test_an_error_ends_one_run_only(monkeypatch):
    from benchmarks.bbob import suite as bbob_suite

    monkeypatch.setattr(bbob_suite, "make_trial", lambda *key: trial())

    def solve(trial, seed):
        trial.one(np.array([9.0, 0.0]))
        raise ZeroDivisionError("nothing to divide by")

    run = bbob_suite.run(a_run().key, solve)
    assert run.failed
    assert run.ended == "ZeroDivisionError: nothing to divide by"
    assert run.hits == [1]
    assert not bbob_suite.run(a_run().key, lambda trial, seed: None).failed


def test_ctrl_c_in_a_run_of_ours_is_not_its_end(monkeypatch):
    from benchmarks.bbob.rivals import contestants

    noting = trial(budget=10_000)
    evaluate, calls = noting.evaluate, []

    def interrupted(points):
        calls.append(points)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return evaluate(points)

    noting.evaluate = interrupted
    with pytest.warns(UserWarning, match="Interrupted"), pytest.raises(KeyboardInterrupt):
        contestants()["random_search"].solve(noting, 0)


def test_contestants_of_ours_are_those_that_need_values_only():
    from benchmarks.bbob.rivals import contestants

    entered = [name for name, one in contestants().items() if one.library == "metarnn"]
    valued = [name for name, make in OPTIMIZERS.items() if make().order == Order.VALUE]
    assert entered == valued
    assert {"random_search", "ga", "cuckoo"} <= set(entered)
    assert not {"adam", "rprop"} & set(entered)


def test_numbers():
    from argparse import ArgumentTypeError

    from benchmarks.bbob.__main__ import numbers

    assert numbers("1,3,8-10,9") == [1, 3, 8, 9, 10]
    for text in ("", "1,", "a", "-3", "2-x"):
        with pytest.raises(ArgumentTypeError, match="1,3,8-12"):
            numbers(text)


def test_names_behind_curves_do_not_touch():
    from benchmarks.chart import _spread

    heights = {"a": 0.5, "b": 0.51, "c": 0.1, "d": 1.0, "e": 0.99}
    spread = _spread(heights, 0.05)
    assert spread["c"] == 0.1
    assert sorted(spread, key=lambda n: spread[n]) == ["c", "a", "b", "e", "d"]
    places = sorted(spread.values())
    assert min(np.diff(places)) >= 0.05 - 1e-12
    assert places[-1] <= 1


def test_ours_has_the_run_that_minimize_makes():
    ioh = pytest.importorskip("ioh")
    from benchmarks.bbob.rivals import contestants
    from benchmarks.bbob.suite import LOWER, TARGETS, UPPER, Key, run

    key = Key(2, 5, 8, "ga", 700)
    done = run(key, contestants()["ga"].solve)
    problem = ioh.get_problem(8, 2, 5, ioh.ProblemClass.BBOB)
    result = minimize(
        lambda points: np.array([problem(point) for point in points]),
        GA(),
        budget=700,
        seed=key.seed,
        space=Space.box(LOWER, UPPER, 5),
    )
    reached = [result.history.reached(problem.optimum.y + target) for target in TARGETS]
    assert done.hits == [at[0] for at in reached if at is not None]
    assert done.error == pytest.approx(result.fun - problem.optimum.y)
    assert (done.evaluations, done.ended) == (700, "budget")


@pytest.mark.slow
def test_rivals_spend_the_budget_and_no_more():
    pytest.importorskip("ioh")
    from benchmarks.bbob.rivals import contestants, missing_library
    from benchmarks.bbob.suite import Key, run

    for name, rival in contestants().items():
        if name in OPTIMIZERS or missing_library(name) is not None:
            continue
        runs = [run(Key(1, 5, 15, name, 450), rival.solve) for _ in range(2)]
        assert not runs[0].failed, runs[0].ended
        assert runs[0].evaluations == 450 or runs[0].ended == "itself"
        assert np.isfinite(runs[0].error)
        assert runs[0].hits == runs[1].hits
        assert runs[0].error == runs[1].error


def test_what_is_reported(tmp_path):
    from benchmarks.bbob.report import describe, draw, summarize

    runs = [
        a_run(hits, function, instance, name)
        for name, hits in (("cuckoo", [1] * 16), ("mealpy OriginalCSA", [5]))
        for function in (1, 15)
        for instance in (1, 2)
    ]
    content = {"functions": [1, 15], "instances": [1, 2], "budget": 20, "machine": {}}
    content |= summarize(runs, {"cuckoo": "metarnn", "mealpy OriginalCSA": "mealpy"})
    standing = content["standings"]["5"]["cuckoo"]
    assert standing["share"] == 16 / 51
    assert standing["running_time"]["0.1"] == {1: 1, 15: 1}
    assert standing["running_time"]["1e-07"] == {1: None, 15: None}
    (row,) = content["differences"]
    assert row["difference"] == pytest.approx(15 / 51)
    text = describe(content)
    assert max(map(len, text.splitlines())) <= 80
    assert "+0.294  [+0.294, +0.294]  ours" in text
    json.dumps(content, allow_nan=False)
    content["machine"] = {"date": "2020-01-01", "cores": 2, "processor": "none"}
    draw(tmp_path / "curves.png", content)
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def command(*words):
    """Return the finished command."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bbob", *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.mark.slow
def test_quick_run(tmp_path):
    pytest.importorskip("ioh")
    done = command("--quick", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert {path.name for path in tmp_path.iterdir()} == {
        "bbob-runs.jsonl",
        "bbob.json",
        "bbob.png",
    }
    lines = (tmp_path / "bbob-runs.jsonl").read_text()
    again = command("--quick", "--out", tmp_path)
    assert (again.returncode, again.stdout) == (2, "")
    assert "--resume" in again.stderr
    more = command("--quick", "--out", tmp_path, "--resume", "--jobs", "2", "--instances", "1,2")
    assert more.returncode == 0, more.stderr
    both = (tmp_path / "bbob-runs.jsonl").read_text()
    assert both.startswith(lines)
    assert len(both.splitlines()) == 2 * len(lines.splitlines())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--optimizers", "nonsense"], "Unknown optimizer 'nonsense'"),
        (["--functions", "25"], "--functions must be from 1 to 24, got 25"),
        (["--functions", "few"], "a list such as 1,3,8-12"),
        (["--dimensions", "1"], "--dimensions must be at least 2"),
        (["--instances", "0"], "--instances must be at least 1"),
        (["--jobs", "0"], "--jobs must be at least 1"),
        (["--budget", "0"], "--budget must be at least 1"),
        (["--out", __file__], "--out must be a folder"),
    ],
)
def test_mistakes_get_one_sentence(words, said, capsys, monkeypatch):
    from benchmarks.bbob import __main__ as bbob

    monkeypatch.setattr(bbob.importlib.util, "find_spec", lambda name: name)
    with pytest.raises(SystemExit) as ended:
        bbob.main(words)
    assert ended.value.code == 2
    printed = capsys.readouterr()
    assert said in printed.err
    assert len(printed.err.splitlines()) == 1
    assert not printed.out


def test_without_the_functions_there_is_one_sentence(capsys, monkeypatch):
    from benchmarks.bbob import __main__ as bbob

    monkeypatch.setattr(bbob.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit):
        bbob.main(["--quick"])
    error = capsys.readouterr().err
    assert error == "The functions come from the package ioh, which is not installed.\n"
