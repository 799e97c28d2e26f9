"""The measurement of recurrent features: sets, rivals, runs that are kept, tables and a chart."""

import importlib.util
import json
import runpy
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
LABELS = {
    "aeon": ["MiniRocket", "Hydra", "MultiRocket-Hydra", "1-NN, warping"],
    "torch": ["Hydra", "MultiRocket-Hydra", "torch GRU", "torch LSTM"],
    "reservoirpy": ["echo states, last", "echo states, mean"],
}


def archive(folder, *names):
    """Write sets of series whose mean is their class."""
    rng = np.random.default_rng(0)
    for name in names:
        content = {}
        for part in ("train", "test"):
            sign = np.arange(16) % 2
            X = rng.normal(0, 0.2, (16, 12, 1)) + (2 * sign - 1)[:, None, None]
            content |= {f"X_{part}": X, f"y_{part}": np.array(["low", "high"])[sign]}
            content[f"lengths_{part}"] = np.full(16, 12)
        np.savez(folder / f"{name}.npz", **content)
    return folder


def part(length=None):
    """Return sequences (8, 10, 1) that are their own number; unequal ones with a length."""
    from benchmarks.defaults import Part

    X = np.arange(8.0)[:, None, None] + np.zeros((8, 10, 1))
    short = X if length is None else [x[: length + b] for b, x in enumerate(X)]
    return Part(short, np.arange(8), short, np.arange(8))


def test_sets_go_to_the_halves_by_turns(tmp_path):
    from benchmarks.features.sets import halves

    found = halves(archive(tmp_path, "A", "B", "C", "Plane", "Tecator"))
    assert {"A", "C", "arma", "chirp", "lead_lag"} <= set(found["choosing"])
    assert {"B", "Plane", "Plane, cut", "mackey_glass", "waveform, mixed"} <= set(found["telling"])
    assert not set(found["choosing"]) & set(found["telling"])
    assert "Trace, mixed" not in found["telling"]
    assert set(found["numbers"]) == {"Tecator"}
    assert "adding" in found["memory"]
    (drawn,) = found["memory"]["adding"](3)
    assert drawn.X.shape[2] == 2


def test_a_cut_series_is_the_beginning_of_it():
    from benchmarks.features.sets import cut

    (found,) = cut(iter([part()]), 0)
    assert all(5 <= len(x) <= 10 and (x == b).all() for b, x in enumerate(found.X))
    assert len({len(x) for x in [*found.X, *found.X_test]}) > 2


def test_a_mixed_series_is_a_sum_of_its_channels():
    from benchmarks.features.sets import mixed

    (found,), (again,) = mixed(iter([part()]), 0), mixed(iter([part()]), 0)
    assert found.X.shape == found.X_test.shape == (8, 10, 3)
    mix = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    np.testing.assert_allclose((found.X @ mix.T)[..., :1], part().X, atol=1e-12)
    np.testing.assert_array_equal(found.X, again.X)


def test_shapes_in_words():
    from benchmarks.features.sets import shape

    assert shape(part()) == "8 x 10 x 1"
    assert shape(part(3)) == "8 x 3-10 x 1"


def test_unequal_series_are_padded_or_cut_to_the_longest_of_the_training():
    from benchmarks.features.rivals import Padded

    class Copy:
        def fit(self, X, y):
            self.X = X
            return self

        def predict(self, X):
            return X

    model = Padded(Copy)
    model.fit([np.ones((n, 2)) for n in (3, 5)], None)
    assert model.model.X.shape == (2, 2, 5)
    assert model.model.X[0, :, 3:].sum() == 0
    assert model.predict([np.ones((4, 2))]).sum() == 8
    assert model.predict([np.ones((9, 2)), np.ones((1, 2))]).shape == (2, 2, 5)


@pytest.mark.parametrize("hidden", [["torch"], ["aeon"], ["reservoirpy", "torch"]])
def test_what_is_not_installed_is_left_out_and_named(hidden, monkeypatch):
    from benchmarks import rivals

    every = ["random forest", "1-NN, warping", "torch GRU", "torch LSTM"]
    lacking = {label for package in hidden for label in LABELS[package]}
    known = {label: None for label in every if label not in lacking}
    monkeypatch.setattr(rivals, "RIVALS", known)
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in hidden else object()
    )
    found = runpy.run_path(str(ROOT / "benchmarks" / "features" / "rivals.py"))
    assert set(found["missing"]()) == lacking
    assert not lacking & set(found["RIVALS"])


def test_features_are_counted():
    from benchmarks.features.contestants import Selected, features, networks
    from benchmarks.features.rivals import n_features

    X, y = np.random.default_rng(0).normal(size=(12, 9, 1)), np.arange(12) % 2
    model = features(n_features=200)(False, 0).fit(X, y)
    assert n_features(model) == model.extractor_.n_features
    chosen = Selected(networks(4)(False, 0), 2, "forward", 0)
    chosen.fit(X, y)
    assert n_features(chosen) == chosen.fitted.extractor_.n_features
    assert chosen.fitted.n_networks_ == 2
    assert n_features(object()) is None


def test_a_contestant_without_a_part_says_so():
    from benchmarks.features.contestants import STUDIES, features

    usual = features()(False, 0)
    parts = STUDIES["parts"]
    assert parts["without above"](False, 0).pools == tuple(p for p in usual.pools if p != "above")
    assert parts["max alone"](True, 0).pools == ("max",)
    assert parts["differences alone"](False, 0).channels == ("differences",)
    settings = [str(make(False, 0).get_params()) for make in parts.values()]
    assert len(set(settings)) == len(settings)


def test_runs_are_kept_and_only_the_missing_are_made(tmp_path):
    from benchmarks.features.runs import finish

    made = []

    class Constant:
        def fit(self, X, y):
            made.append(len(X))

        def predict(self, X):
            return np.arange(len(X))

    sets = {"numbered": lambda seed: iter([part()])}
    path = tmp_path / "runs.jsonl"
    runs = finish(sets, {"constant": lambda numbers, seed: Constant()}, 2, path)
    assert [run.score for run in runs] == [1.0, 1.0]
    assert made == [12, 12, 8, 8]  # two warm it up
    path.write_text(path.read_text() + '{"name": "numb')
    again = finish(sets, {"constant": lambda numbers, seed: Constant()}, 3, path)
    assert again[:2] == runs
    assert len(made) == 7
    assert len([json.loads(line) for line in path.read_text().splitlines() if line[-1] == "}"]) == 3


def test_a_method_that_cannot_says_why():
    from benchmarks.features.runs import measure

    def fails(numbers, seed):
        raise ValueError("of equal length only")

    found = measure(fails, part(), 0)
    assert np.isnan(found["score"])
    assert found["failure"] == "of equal length only"


def test_the_command_prints_tables_and_a_chart_is_drawn(tmp_path, capsys, monkeypatch):
    from benchmarks.features import __main__ as command
    from benchmarks.features import growth
    from benchmarks.features.contestants import STUDIES

    out = tmp_path / "out"
    words = ["growth", "--archive", str(archive(tmp_path, "A", "B")), "--out", str(out)]
    few = {label: STUDIES["growth"][label] for label in ("features, 100", "features, 300")}
    monkeypatch.setitem(command.STUDIES, "growth", few)
    monkeypatch.setattr(growth, "GROWTH", (100, 300))
    command.main([*words, "--sets", "A", "B", "--seeds", "2"])
    text = capsys.readouterr().out
    lines = text.splitlines()
    assert any(line.startswith("a  features, 100") and " 1.000 " in line for line in lines)
    assert any(line.split()[:1] == ["A"] and "16 x 12 x 1" in line for line in lines)
    assert max(map(len, lines)) <= 80
    content = json.loads((out / "features-growth.json").read_text())
    assert content["kinds"] == {"choosing": ["A"], "telling": ["B"]}
    assert 100 < content["sets"]["A"]["features, 300"]["features"] < 400
    growth.main(["--out", str(out)])
    assert (out / "features-growth.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nonsense"], "Unknown study 'nonsense'; there are rivals,"),
        (["--only", "nobody"], "Unknown contestant 'nobody'; there are features, 1,000,"),
        (["--archive", "no/such"], "--archive must be a folder of .npz files, got no/such."),
    ],
)
def test_errors_of_the_command(words, said, capsys):
    from benchmarks.features.__main__ import parse

    with pytest.raises(SystemExit):
        parse(words)
    assert capsys.readouterr().err.startswith(said)


def test_a_chart_needs_its_study(tmp_path, capsys):
    from benchmarks.features.growth import main

    with pytest.raises(SystemExit):
        main(["--out", str(tmp_path)])
    assert "run python -m benchmarks.features growth first" in capsys.readouterr().err


@pytest.mark.optional
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("label", ["MiniRocket", "Hydra", "echo states, last", "echo states, mean"])
@pytest.mark.parametrize("unequal", [False, True])
def test_a_rival_learns(label, unequal):
    from benchmarks.features.rivals import RIVALS

    if label not in RIVALS:
        pytest.skip(f"{label} is not installed")
    rng, side = np.random.default_rng(0), np.arange(20) % 2
    X = rng.normal(0, 0.3, (20, 24, 2)) + (2 * side - 1)[:, None, None]
    X = [x[: rng.integers(12, 25)] for x in X] if unequal else X
    for numbers, y in ((False, np.array(["a", "b"])[side]), (True, side + 0.5)):
        model = RIVALS[label](numbers, 0)
        model.fit(X, y)
        found = model.predict(X)
        assert np.mean(np.abs(found - y) < 0.4 if numbers else found == y) >= 0.9
