"""The benchmarks run, agree, and say what is missing. No time is asserted."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parent.parent / "benchmarks"
CHARTS = {
    "forward": ["forward.png"],
    "gradient": ["gradient.png"],
    "optimizers": ["optimizers-own-time.png", "optimizers-training.png"],
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the benchmarks are not beside the tests"),
]

#: Runs a command where some libraries cannot be imported.
HIDING = """
import importlib.abc, runpy, sys
hidden = sys.argv.pop(1).split(",")
class Hide(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"{name} is hidden", name=name)
sys.meta_path.insert(0, Hide())
sys.argv.pop(0)
sys.path.insert(0, sys.argv[0].rpartition("/")[0])
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run(command, *words, hidden=()):
    """Return a finished command."""
    script = str(FOLDER / f"{command}.py")
    start = ["-c", HIDING, ",".join(hidden), script] if hidden else [script]
    done = subprocess.run(
        [sys.executable, *start, *map(str, words)], capture_output=True, text=True, timeout=600
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.mark.parametrize("command", CHARTS)
def test_quick_run(command, tmp_path):
    done = run(command, "--quick", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    content = json.loads((tmp_path / f"{command}.json").read_text())
    assert content["command"] == command
    assert content["machine"]["processor"]
    assert content["machine"]["date"][:10] in done.stdout
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == sorted([f"{command}.json", *CHARTS[command]])
    for chart in CHARTS[command]:
        assert (tmp_path / chart).read_bytes().startswith(b"\x89PNG")


def test_what_is_not_installed_is_named(tmp_path):
    hidden = ["jax", "torch"]
    done = run("forward", "--quick", "--rounds", "1", "--out", tmp_path, hidden=hidden)
    assert done.returncode == 0, done.stderr
    assert "Not installed, so left out: torch, jax." in done.stdout
    content = json.loads((tmp_path / "forward.json").read_text())
    assert sorted(content["missing"]) == hidden
    contestants = content["sizes"]["tiny"]["contestants"]
    assert "NumPy loop" in contestants
    assert not any(name.startswith(("torch", "JAX")) for name in contestants)


def test_without_any_rival_ours_is_measured(tmp_path):
    hidden = ["jax", "torch"]
    done = run("gradient", "--quick", "--rounds", "1", "--out", tmp_path, hidden=hidden)
    assert done.returncode == 0, done.stderr
    assert "none" in done.stdout


@pytest.mark.parametrize("command", CHARTS)
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nonsense"], "nonsense"),
        (["--rounds", "0"], "--rounds must be at least 1"),
        (["--rounds", "many"], "many"),
        (["--out", __file__], "--out must be a folder"),
    ],
)
def test_mistakes_get_one_sentence(command, words, said):
    done = run(command, *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not done.stdout


@pytest.fixture
def _benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))


@pytest.mark.usefixtures("_benchmarks")
def test_rivals_agree_with_the_references():
    from gradient_rivals import GRADIENT
    from problems import make_problem, reference_gradients, reference_losses
    from rivals import FORWARD, available

    problem = make_problem("tiny", 3)
    losses, gradients = reference_losses(problem), reference_gradients(problem)
    for rival in available(FORWARD)[0].values():
        given = rival.make(problem)(problem.weights.astype(rival.dtype))
        np.testing.assert_allclose(given, losses, atol=1e-5)
    for rival in available(GRADIENT)[0].values():
        given = rival.make(problem)(problem.weights.astype(np.float32))
        np.testing.assert_allclose(given[0], losses, atol=1e-5)
        np.testing.assert_allclose(given[1], gradients, atol=1e-4)


@pytest.mark.usefixtures("_benchmarks")
def test_reference_gradient_is_that_of_the_reference_loss():
    from dataclasses import replace

    from problems import make_problem, reference_gradients, reference_losses

    problem = make_problem("tiny", 1)
    expected = reference_gradients(problem)[0]
    step = 1e-6 * np.eye(problem.weights.shape[1])
    up, down = (
        reference_losses(replace(problem, P=len(step), weights=problem.weights + sign * step))
        for sign in (1, -1)
    )
    np.testing.assert_allclose((up - down) / 2e-6, expected, atol=1e-7)


@pytest.mark.usefixtures("_benchmarks")
def test_a_record_ends_a_run_at_its_budget():
    from training import train

    def run(seed, record):
        for loss in (3.0, 2.0, 1.0, 0.5):
            record.many(np.array([loss, loss]))

    record = train(run, 0, 5)
    assert [loss for _, loss in record.steps] == [3.0, 2.0, 1.0]
    assert record.loss_after(record.steps[1][0]) == 2.0
    assert np.isnan(record.loss_after(-1.0))


@pytest.mark.usefixtures("_benchmarks")
def test_peaks_use_a_tanh_that_is_one():
    from peaks import _tanh_values, measure_peak

    x = np.linspace(-12, 12, 999, dtype=np.float32)
    y = np.empty_like(x)
    _tanh_values(1, x, y)
    np.testing.assert_allclose(y, np.tanh(x), atol=5e-7)
    peak = measure_peak(1, rounds=1)
    assert min(peak.gflops, peak.gtanh, peak.gdivisions) > 0
