"""Equal tuning: the same passes for each optimizer, stored and gone on with."""

import dataclasses
import json
import sys
import tomllib
from pathlib import Path

import pytest

from metarnn.cli import main
from metarnn.optimizers import Adam, Restarts, Rprop
from metarnn.study import Study, StudySettings, read_settings, write_settings, write_template
from metarnn.study.lock import Lock
from metarnn.study.problems import optimizers_of
from metarnn.study.store import Store
from metarnn.study.suite import datasets_and_networks
from metarnn.study.toml import toml_value
from metarnn.study.tuning import (
    SEEDS,
    Tuned,
    one_trial,
    open_trials,
    tune,
    tuning_settings,
    with_tuned,
)

optuna = pytest.importorskip("optuna")

SETTINGS = StudySettings(
    datasets={"latch": {"n_steps": 8, "n_sequences": 20, "instances": True}, "xor": {}},
    networks={"elman": {"hidden": 2}},
    optimizers={"cuckoo": {"n_nests": 5}, "adam": {}, "random_search": {}},
    seeds=3,
    budget=60,
)


def tuned(path, n_trials=4, settings=SETTINGS, **how):
    passes = n_trials * one_trial(settings)
    return {one.optimizer: one for one in tune(settings, passes=passes, store=path, **how)}


def test_every_optimizer_gets_the_same_passes_and_a_study_goes_on_as_if_never_stopped(tmp_path):
    whole, pieces = tmp_path / "whole.sqlite", tmp_path / "pieces.sqlite"
    found = tuned(whole, 4)
    assert {*found} == {"cuckoo", "adam"}  # nothing is to be tuned of random search
    most = 4 * one_trial(SETTINGS)
    for one in found.values():
        assert most - one_trial(SETTINGS) < one.passes <= most
        assert one.n_trials >= 4
        assert one.area <= one.default_area
    tuned(pieces, 2)
    # As of a process that was killed within a trial.
    for label in found:
        open_trials(pieces, label).ask()
    assert tuned(pieces, 4) == found
    assert tuned(pieces, 4) == found


@pytest.mark.slow
def test_jobs_find_the_same(tmp_path):
    assert tuned(tmp_path / "a.sqlite") == tuned(tmp_path / "b.sqlite", n_jobs=2)


def test_the_first_trial_is_the_settings_as_they_are(tmp_path):
    found = tuned(tmp_path / "a.sqlite", 1)
    assert found["cuckoo"].settings["n_nests"] == 5
    assert found["cuckoo"].area == found["cuckoo"].default_area
    runs = Study(SETTINGS).run()
    assert found["adam"].passes == runs.runs.query("optimizer == 'adam'")["passes"].sum()


def test_mistakes_get_one_sentence(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="passes must be a finite number of passes for one trial"):
        tuned(tmp_path / "a.sqlite", 0.9)
    tuned(tmp_path / "a.sqlite", 1)
    with pytest.raises(ValueError, match="holds trials of cuckoo with other problems, seeds or"):
        tuned(tmp_path / "a.sqlite", 1, dataclasses.replace(SETTINGS, budget=50))
    with pytest.raises(ValueError, match="holds trials of cuckoo with other problems, seeds or"):
        tuned(tmp_path / "a.sqlite", 1, dataclasses.replace(SETTINGS, seeds=(7, 8, 9)))
    with (
        Lock(tmp_path / "a.sqlite"),
        pytest.raises(BlockingIOError, match="another process is working on"),
    ):
        tuned(tmp_path / "a.sqlite", 1)
    (tmp_path / "text.sqlite").write_text("no database, but a text of some length")
    Store(tmp_path / "runs.sqlite").close()
    for name, message in {
        "text.sqlite": "text.sqlite is no database of trials, file is not a database: name",
        "runs.sqlite": "runs.sqlite is a database, but not of trials: name another file",
        "none/a.sqlite": "there is no folder",
    }.items():
        with pytest.raises((ValueError, OSError), match=message):
            tuned(tmp_path / name, 1)
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ImportError, match=r"pip install (-e )?'\S*\[tune\]'"):
        tuned(tmp_path / "a.sqlite", 1)


def test_of_a_suite_the_part_for_tuning_is_taken_with_other_seeds():
    settings = StudySettings(suite="suite-1", optimizers=["adam"], seeds=2)
    apart = tuning_settings(settings)
    assert {*apart.datasets} == {*datasets_and_networks("suite-1", "tuning", "medium")[0]}
    assert apart.seeds == SEEDS
    assert tuning_settings(SETTINGS).datasets == SETTINGS.datasets


def test_a_study_is_written_as_it_is_read(tmp_path):
    path = tmp_path / "study.toml"
    for suite in (None, "suite-1"):
        settings = read_settings(write_template(path, suite=suite, replace=True))
        again = read_settings(write_settings(path, settings, replace=True))
        assert again.plain() == settings.plain()
        assert again.question == settings.question
        assert again.suite == suite
    with pytest.raises(FileExistsError):
        write_settings(path, settings)
    with pytest.raises(TypeError, match="names and tables, got Adam"):
        write_settings(path, StudySettings(datasets=["xor"], optimizers=[Adam()]), replace=True)


def test_files_of_a_study_that_is_written_elsewhere_are_found(tmp_path):
    (tmp_path / "mine.csv").write_text("1,2,a\n3,4,b\n")
    (tmp_path / "parts_of_a_study.py").write_text("")
    settings = StudySettings(
        datasets={"mine": {"path": "mine.csv"}, "xor": {}}, optimizers=["adam"],
        imports=["parts_of_a_study.py"], folder=tmp_path,
    )  # fmt: skip
    (tmp_path / "other").mkdir()
    for path in (tmp_path / "study.toml", tmp_path / "other" / "study.toml"):
        again = read_settings(write_settings(path, settings))
        assert Path(again.folder, again.datasets["mine"]["path"]).samefile(tmp_path / "mine.csv")
    assert tomllib.loads((tmp_path / "study.toml").read_text())["imports"] == [*settings.imports]


@pytest.mark.parametrize(
    "value", ['a "quoted"\tword\\', "Größe \U0001f40c", 1e-05, 3, True, [1, "a"], {"a b": {"c": 2}}]
)
def test_values_are_toml(value):
    assert tomllib.loads(f"x = {toml_value(value)}")["x"] == value


def test_the_command_writes_a_study_of_both(tmp_path, capsys):
    path = write_settings(tmp_path / "study.toml", SETTINGS)
    passes = str(2 * one_trial(tuning_settings(SETTINGS)))
    command = ["study", "tune", str(path), "--passes", passes]
    assert main([*command, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    both = read_settings(tmp_path / "study-tuned.toml")
    assert [*both.optimizers] == ["cuckoo", "cuckoo_tuned", "adam", "adam_tuned", "random_search"]
    settings = shown["tuned"][0]["settings"]
    assert both.optimizers["cuckoo_tuned"] == {"name": "cuckoo", **settings}
    Study(both).check()
    assert main(command) == 2
    assert "exists already" in capsys.readouterr().err
    assert main([*command, "--force", "--passes", "0"]) == 2
    assert "for one trial of all runs" in capsys.readouterr().err
    assert main(["study", "tune", str(tmp_path / "study-tuned.toml")]) == 2
    assert "optimizers has cuckoo_tuned already" in capsys.readouterr().err
    assert main([*command, "--force"]) == 0
    shown = capsys.readouterr().out
    assert "cuckoo" in shown
    assert max(map(len, shown.splitlines()[:4])) <= 80


def test_settings_of_nested_optimizers_are_written_in_their_tables():
    given = {"name": "memetic", "population": {"name": "ga", "n_elites": 1}}
    settings = StudySettings(datasets=["xor"], optimizers={"m": given})
    found = {"refine_steps": 7, "population__mutation_rate": 0.2, "local_search__eta_plus": 1.3}
    both = with_tuned(settings, [Tuned("m", found, 1.0, 0.5, 3, 9.0)])
    assert both.optimizers["m"] == given
    assert both.optimizers["m_tuned"] == {
        "name": "memetic",
        "population": {"name": "ga", "n_elites": 1, "mutation_rate": 0.2},
        "refine_steps": 7,
        "local_search": {"eta_plus": 1.3},
    }
    Study(both).check()


@pytest.mark.parametrize(
    "entry",
    [
        {"name": "restarts", "optimizer": "rprop:eta_minus=0.4"},
        {"name": "restarts", "optimizer": {"name": "rprop", "eta_minus": 0.4, "eta_plus": 1.1}},
        {"name": "restarts", "optimizer": Rprop(eta_minus=0.4)},
        Restarts(optimizer=Rprop(eta_minus=0.4)),
        "restarts:optimizer=rprop,optimizer__eta_minus=0.4,optimizer__eta_plus=1.1",
    ],
)
def test_tuned_settings_hold_whichever_way_an_optimizer_is_given(entry):
    settings = StudySettings(datasets=["xor"], optimizers={"r": entry})
    both = with_tuned(settings, [Tuned("r", {"optimizer__eta_plus": 1.3}, 1.0, 0.5, 3, 9.0)])
    before, after = optimizers_of(both).values()
    assert (before.optimizer.eta_minus, after.optimizer.eta_minus) == (0.4, 0.4)
    assert before.optimizer.eta_plus < after.optimizer.eta_plus == 1.3
