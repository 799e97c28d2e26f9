"""The rivals of the default: all read every form of data, and what is not installed is left out."""

import importlib.util
import runpy
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
LABELS = {
    "sklearn": ["logistic or ridge", "random forest"],
    "torch": ["torch GRU", "torch LSTM"],
    "aeon": ["1-NN, warping", "MiniRocket"],
}
ALL = [label for labels in LABELS.values() for label in labels]


def series(form, seed, shortest=9):
    """Return series whose mean is about -1 or 1, and which of the two it is."""
    rng = np.random.default_rng(seed)
    side = np.arange(20) % 2
    X = rng.normal(0, 0.3, (20, 12, 2)) + (2 * side - 1)[:, None, None]
    if form == "rows":
        return X[:, :, 0], side
    if form == "list":
        return [x[: rng.integers(shortest, 13)] for x in X], side
    return X, side


def model_of(label, numbers):
    """Return a rival, or skip the test where its package is not installed."""
    from benchmarks.rivals import RIVALS

    if label not in RIVALS:
        pytest.skip(f"{label} is not installed")
    return RIVALS[label](numbers, 0)


@pytest.mark.optional
@pytest.mark.filterwarnings("ignore")  # of aeon and its packages
@pytest.mark.parametrize("form", ["rows", "array", "list"])
@pytest.mark.parametrize("label", ALL)
def test_a_rival_learns(label, form, monkeypatch):
    from benchmarks import rivals

    monkeypatch.setattr(rivals, "BUDGET", 300)
    X, side = series(form, 0)
    fresh, asked = series(form, 1)
    classifier = model_of(label, numbers=False)
    if label == "MiniRocket" and form != "array":  # it takes long series of equal length only
        with pytest.raises(ValueError, match=r"unequal|n_timepoints must be"):
            classifier.fit(X, side)
        return
    names = np.array(["low", "high"])
    classifier.fit(X, names[side])
    assert np.mean(classifier.predict(fresh) == names[asked]) >= 0.9
    regressor = model_of(label, numbers=True)
    regressor.fit(X, 100.0 + 800 * side + np.arange(20) / 10)  # not two values, which are classes
    assert np.abs(regressor.predict(fresh) - (100 + 800 * asked)).mean() < 200


@pytest.mark.parametrize("label", LABELS["sklearn"])
def test_longer_and_shorter_series_than_those_of_the_training(label):
    X, side = series("list", 0)
    model = model_of(label, numbers=False)
    model.fit([x[:8] for x in X], side)
    assert np.mean(model.predict(X) == side) >= 0.9
    assert np.mean(model.predict([x[:6] for x in X]) == side) >= 0.9


@pytest.mark.optional
def test_torch_keeps_the_best_iterate_whatever_follows():
    torch = pytest.importorskip("torch")
    X, side = series("array", 0)
    model = model_of("torch GRU", numbers=False)
    losses, entropy = [], torch.nn.functional.cross_entropy

    def noted(scores, targets):
        losses.append(float(entropy(scores, targets)))
        return entropy(scores, targets)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.nn.functional, "cross_entropy", noted)
        model.fit(X, side)
    with torch.no_grad():
        kept = float(entropy(model.scores(*model.inputs(X)), torch.as_tensor(side)))
    assert len(losses) == 1000  # a gradient counts as three passes
    assert kept == pytest.approx(min(losses), rel=1e-3)


@pytest.mark.parametrize("hidden", [["torch"], ["aeon"], ["torch", "aeon"]])
def test_what_is_not_installed_is_left_out_and_named(hidden, monkeypatch):
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in hidden else object()
    )
    found = runpy.run_path(str(ROOT / "benchmarks" / "rivals.py"))
    lacking = [label for package in hidden for label in LABELS[package]]
    assert found["missing"]() == lacking
    assert sorted([*found["RIVALS"], *lacking]) == sorted(ALL)
