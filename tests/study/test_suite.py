"""Suites of problems, and what problems of a study may have of their own."""

import inspect
from collections import defaultdict

import numpy as np
import pytest
from helpers.error_checks import one_sentence

from metarnn.cli import main
from metarnn.criteria import class_criterion_of
from metarnn.datasets import DATASETS, load
from metarnn.defaults import BUDGET
from metarnn.networks.network import Network
from metarnn.statistics import measured
from metarnn.study import Study, StudySettings, read_settings, read_suite, write_template
from metarnn.study.split import split
from metarnn.study.suite import PARTS, SIZES, SUITES, datasets_and_networks

PROBLEMS = [(name, problem) for name in SUITES for problem in read_suite(name).problems]
#: Those whose data need no file.
OWN = [
    (name, problem)
    for name, problem in PROBLEMS
    if "data_home" not in inspect.signature(DATASETS[problem.data["name"]]).parameters
]


def ids(problems):
    return [f"{name}:{problem.name}" for name, problem in problems]


@pytest.mark.parametrize(("suite", "problem"), PROBLEMS, ids=ids(PROBLEMS))
def test_every_problem_grows_with_its_size_and_says_why_it_is_hard(suite, problem):
    sizes = [Network.build(2, 3, **problem.network_of(size)[1]).n_weights for size in SIZES]
    assert sizes == sorted(set(sizes))
    assert problem.why.endswith(".")
    assert problem.part in PARTS
    class_criterion_of(problem.loss)
    seeded = "seed" in inspect.signature(DATASETS[problem.data["name"]]).parameters
    assert problem.data.get("instances", False) is seeded


@pytest.mark.parametrize("suite", SUITES)
def test_every_group_has_problems_for_tuning_and_for_evaluation(suite):
    parts = defaultdict(list)
    for problem in read_suite(suite).problems:
        parts[problem.group].append(problem.part)
    assert all({*of_group} == {*PARTS} for of_group in parts.values())
    assert len(parts) == 7
    assert len(datasets_and_networks(suite, "evaluation", "medium")[0]) >= 24


@pytest.mark.parametrize("size", SIZES)
def test_problems_of_a_suite_are_problems_of_a_study(size):
    for suite, problem in OWN:
        label, network = problem.network_of(size)
        study = Study(
            datasets={problem.name: problem.dataset}, networks={label: network},
            optimizers=["random_search"], seeds=1, budget=read_suite(suite).budget,
        )  # fmt: skip
        study.check()
        (made,) = study.problems
        assert made.protocol.loss == problem.loss
        assert made.targets[0] > made.protocol.target > made.targets[-1] > 0


def test_a_study_takes_the_problems_of_a_suite(tmp_path, capsys):
    path = tmp_path / "study.toml"
    assert main(["study", "init", str(path), "--suite", "suite-1"]) == 0
    assert "hours" in capsys.readouterr().out
    settings, suite = read_settings(path), read_suite("suite-1")
    assert settings.budget == suite.budget != BUDGET
    assert len(settings.seeds) == suite.seeds
    names = {problem.name for problem in suite.problems if problem.part == "evaluation"}
    assert names == {*settings.datasets}
    assert settings.loss_of("glass_f1") == "f1_macro"
    assert len(settings.optimizers) >= 12
    tuning = StudySettings(suite="suite-1", part="tuning", optimizers=["adam"])
    assert not names & {*tuning.datasets}
    assert {*names, *tuning.datasets} == {problem.name for problem in suite.problems}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"suite": "suite-2"}, "unknown suite 'suite-2'"),
        ({"suite": "suite-1", "part": "training"}, "unknown part 'training'"),
        ({"suite": "suite-1", "size": "huge"}, "unknown size 'huge'"),
        ({"datasets": ["iris"], "part": "tuning"}, "part is that of a suite"),
        ({"datasets": ["iris"], "size": "small"}, "size is that of a suite"),
        ({"suite": "suite-1", "datasets": ["iris"]}, "suite and datasets both say which data"),
        ({"suite": "suite-1", "networks": {"gru": {"hidden": 3}}}, "suite and networks both say"),
        ({"datasets": {"latch": {"instances": 1}}}, "datasets.latch: instances must be True or"),
        ({"datasets": {"iris": {"instances": True}}}, "datasets.iris: instances draws data again"),
        ({"datasets": {"a": {"path": "a.csv", "instances": True}}}, "of a file"),
        ({"datasets": {"latch": {"instances": True, "seed": 1}}}, "instances and seed both say"),
        ({"datasets": {"iris": {"loss": "mes"}}}, "datasets.iris: unknown loss 'mes'"),
        (
            {"datasets": {"iris": {"target": "low"}}},
            "datasets.iris: target names a column of a file",
        ),
        ({"datasets": {"iris": {"group": 3}}}, "datasets.iris: group must be a text"),
    ],
)
def test_mistakes_get_one_sentence(settings, message):
    with pytest.raises((TypeError, ValueError), match=message):
        StudySettings(optimizers=["adam"], **settings)


def test_an_unknown_suite_is_refused_where_a_file_is_written(tmp_path):
    with pytest.raises(ValueError, match="unknown suite 'suite'"):
        write_template(tmp_path / "study.toml", suite="suite")
    assert not [*tmp_path.iterdir()]


def test_each_seed_has_data_of_its_own():
    entry = {"name": "latch", "n_steps": 12, "n_sequences": 40, "instances": True}
    study = Study(datasets={"latch": entry}, optimizers=["adam"], seeds=2)
    (problem,) = study.problems
    drawn = [load("latch", n_steps=12, n_sequences=40, seed=seed).X for seed in (0, 1)]
    for seed in (0, 1):
        data = split(problem.protocol, seed)
        found = np.concatenate([data.train.X, data.test.X]) * data.scaler.scale_ + data.scaler.mean_
        assert np.allclose(np.sort(found, axis=None), np.sort(drawn[seed], axis=None))
    assert not np.allclose(*drawn)


def test_problems_have_losses_and_targets_of_their_own(tmp_path):
    datasets = {"a": {"name": "iris", "loss": "mse"}, "b": {"name": "iris", "target_loss": 0.5}}
    how = {"optimizers": ["random_search"], "seeds": 1, "budget": 3, "store": tmp_path / "a.sqlite"}
    runs = Study(datasets=datasets, **how).run().runs.set_index("dataset")
    assert runs.loc["a", "target"] == pytest.approx(0.1 * 2 / 9)  # classes of a third each
    assert runs.loc["b", "target"] == 0.5
    with pytest.raises(ValueError, match=r"datasets\.a\.loss = 'mse', and now it is None"):
        Study(datasets={"a": {"name": "iris"}}, **how).run()


def test_what_suits_some_problems_is_left_out_of_the_others(tmp_path, capsys):
    path = tmp_path / "study.toml"
    path.write_text(
        "seeds = 1\nbudget = 9\n"
        "[datasets.xor]\n[datasets.parity]\nn_bits = 3\nloss = 'accuracy'\n"
        "[datasets.flip_flop]\nn_sequences = 10\n[networks.elman]\ndatasets = ['xor', 'parity']\n"
        "[networks.steps]\ncell = 'elman'\nreadout = 'steps'\ndatasets = ['flip_flop']\n"
        "[optimizers.recurrent_features]\nn_features = 16\nhidden = 4\n"
        "[optimizers.adam]\n[optimizers.cuckoo]\nn_nests = 3\n"
    )
    study = Study(read_settings(path), store=path.with_suffix(".sqlite"))
    study.run()
    assert study.left_out == [
        ("parity", "elman", "adam"), ("flip_flop", "steps", "recurrent_features"),
    ]  # fmt: skip
    assert len(study.plan) == 7
    assert main(["study", "status", str(path)]) == 0
    assert "2 pairs have no runs" in capsys.readouterr().out
    with pytest.raises(ValueError, match=r"optimizers\.adam: Adam needs a gradient"):
        Study(datasets=["iris"], optimizers=["adam", "cuckoo"], loss="accuracy").check()


def test_results_of_a_group_are_results():
    datasets = {
        "xor": {"group": "traps"}, "parity": {"n_bits": 3, "group": "traps"},
        "latch": {"n_sequences": 20, "group": "memory"}, "iris": {},
    }  # fmt: skip
    how = {"networks": {"elman": {"hidden": 2}}, "seeds": 2, "budget": 5}
    results = Study(datasets=datasets, optimizers=["random_search", "adam"], **how).run()
    assert {name: len(found) for name, found in results.groups.items()} == {"traps": 2, "memory": 1}
    traps = results.of_group("traps")
    assert traps.problems == [("xor", "elman"), ("parity", "elman")]
    assert len(traps.runs) == len(traps.histories) == 8
    for row, history in zip(traps.runs.itertuples(), traps.histories, strict=True):
        assert history.losses.min() == row.train_loss
    assert measured(traps, "train_loss").values.shape == (2, 2)
    assert "xor" in traps.table()
    assert "iris" not in traps.table()
    with pytest.raises(ValueError, match="unknown group 'trap'"):
        results.of_group("trap")
    some = results.of_problems([("iris", "elman"), ("xor", "elman")])
    assert some.problems == [("xor", "elman"), ("iris", "elman")]
    assert some.targets.keys() == {*some.problems}
    with pytest.raises(ValueError, match=r"got 'iris'; the attribute 'problems' lists all 4"):
        results.of_problems(["iris"])
    with pytest.raises(TypeError, match="problems must be a list, got 'iris'"):
        results.of_problems("iris")


def test_data_that_are_not_there_are_named_all_at_once(tmp_path):
    files = {name: {"path": f"{name}.csv", "target": "kind"} for name in ("a", "b")}
    settings = {"optimizers": ["adam"], "seeds": 1, "budget": 30, "folder": tmp_path}
    with pytest.raises(FileNotFoundError, match="2 of 3 data sets are not there, a, b;") as error:
        Study(**settings, datasets={"a": files["a"], "xor": {}, "b": files["b"]}).run()
    one_sentence(error, "of the first: datasets.a: ", tmp_path / "a.csv")
    with pytest.raises(FileNotFoundError, match=r"^datasets.a: ") as error:
        Study(**settings, datasets={"a": files["a"], "xor": {}}).run()
    one_sentence(error, tmp_path / "a.csv")
