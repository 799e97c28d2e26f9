"""The benchmarks run, agree, and say what is missing. No time is asserted."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = {
    "forward": "benchmarks.passes.forward",
    "gradient": "benchmarks.passes.gradient",
    "optimizers": "benchmarks.optimizers",
}
#: What each command writes.
FILES = {
    "forward": ["forward-elman.json", "forward-elman.png"],
    "gradient": ["gradient-elman.json", "gradient-elman.png"],
    "optimizers": ["optimizers.json", "optimizers-own-time.png", "optimizers-training.png"],
}

#: Multiply-adds, and values of tanh, of a sequence of 4 steps of 1 input, for 5 hidden units of a
#: layer and 3 classes.
WORK = {
    "elman": (4 * 5 * 6 - 25 + 15, 20),
    "lstm": (4 * (4 * 5 * 6 - 25) + 15, 100),
    "gru": (3 * (4 * 5 * 6 - 25) + 15, 60),
    "stacked": (4 * 5 * 6 - 25 + 4 * 5 * 10 - 25 + 15, 40),
    "bidirectional": (2 * (4 * 5 * 6 - 25) + 30, 40),
}

pytestmark = pytest.mark.slow

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
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def run(command, *words, hidden=()):
    """Return a finished command."""
    start = ["-c", HIDING, ",".join(hidden)] if hidden else ["-m"]
    done = subprocess.run(
        [sys.executable, *start, COMMANDS[command], *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.mark.parametrize("command", FILES)
def test_quick_run(command, tmp_path):
    done = run(command, "--quick", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    numbers, *charts = FILES[command]
    content = json.loads((tmp_path / numbers).read_text())
    assert content["command"] == command
    assert content["machine"]["processor"]
    assert content["machine"]["date"][:10] in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == set(FILES[command])
    for chart in charts:
        assert (tmp_path / chart).read_bytes().startswith(b"\x89PNG")


def test_what_is_not_installed_is_named(tmp_path):
    hidden = ["jax", "torch"]
    done = run("forward", "--quick", "--rounds", "1", "--out", tmp_path, hidden=hidden)
    assert done.returncode == 0, done.stderr
    assert "Not installed, so left out: torch, jax." in done.stdout
    content = json.loads((tmp_path / "forward-elman.json").read_text())
    assert sorted(content["missing"]) == hidden
    contestants = content["sizes"]["tiny"]["contestants"]
    assert "NumPy loop" in contestants
    assert not any(name.startswith(("torch", "JAX")) for name in contestants)


def test_without_any_rival_ours_is_measured(tmp_path):
    hidden = ["jax", "torch"]
    done = run("gradient", "--quick", "--rounds", "1", "--out", tmp_path, hidden=hidden)
    assert done.returncode == 0, done.stderr
    assert "none" in done.stdout


@pytest.mark.parametrize("command", FILES)
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


@pytest.mark.parametrize("command", ["forward", "gradient"])
def test_an_unknown_network_gets_one_sentence(command):
    done = run(command, "--network", "nonsense")
    assert done.returncode == 2
    assert done.stderr.startswith("Unknown network 'nonsense'; there are elman, lstm, ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("network", WORK)
def test_rivals_agree_with_the_references(network):
    from benchmarks.passes.gradient_rivals import GRADIENT
    from benchmarks.passes.problems import make_problem
    from benchmarks.passes.references import reference_gradients, reference_losses
    from benchmarks.passes.rivals import FORWARD, available

    problem = make_problem("tiny", 2, network)
    losses, gradients = reference_losses(problem), reference_gradients(problem)
    for rival in available(FORWARD)[0].values():
        given = rival.make(problem)(problem.weights.astype(rival.dtype))
        np.testing.assert_allclose(given, losses, atol=1e-5)
    for rival in available(GRADIENT)[0].values():
        given = rival.make(problem)(problem.weights.astype(np.float32))
        np.testing.assert_allclose(given[0], losses, atol=1e-5)
        np.testing.assert_allclose(given[1], gradients, atol=1e-4)


@pytest.mark.parametrize("network", WORK)
def test_reference_gradient_is_that_of_the_reference_loss(network):
    from dataclasses import replace

    from benchmarks.passes.problems import make_problem
    from benchmarks.passes.references import reference_gradients, reference_losses

    problem = make_problem("tiny", 1, network)
    expected = reference_gradients(problem)[0]
    step = 1e-6 * np.eye(problem.weights.shape[1])
    up, down = (
        reference_losses(replace(problem, P=len(step), weights=problem.weights + sign * step))
        for sign in (1, -1)
    )
    np.testing.assert_allclose((up - down) / 2e-6, expected, atol=1e-7)


@pytest.mark.parametrize("network", WORK)
def test_work_of_a_sequence(network):
    from benchmarks.passes.networks import NETWORKS

    assert list(NETWORKS) == list(WORK)
    products, squashed = WORK[network]
    assert NETWORKS[network].flops(T=4, I=1, H=5, K=3) == 2 * products
    assert NETWORKS[network].n_tanh(T=4, H=5) == squashed


@pytest.mark.parametrize("network", WORK)
def test_ours_has_the_same_blocks(network):
    from benchmarks.passes.problems import make_problem

    problem = make_problem("tiny", 1, network)
    assert list(problem.build().shapes.items()) == list(problem.shapes.items())


def test_a_record_ends_a_run_at_its_budget():
    from benchmarks.optimizers.training import train

    def run(seed, record):
        for loss in (3.0, 2.0, 1.0, 0.5):
            record.many(np.array([loss, loss]))

    record = train(run, 0, 5)
    assert [loss for _, loss in record.steps] == [3.0, 2.0, 1.0]
    assert record.loss_after(record.steps[1][0]) == 2.0
    assert np.isnan(record.loss_after(-1.0))


def test_peaks_use_a_tanh_that_is_one():
    from benchmarks.peaks import measure_peak, tanh_kernels

    x = np.linspace(-12, 12, 1024, dtype=np.float32)
    for tanh in tanh_kernels():
        y = np.empty_like(x)
        tanh(1, x, y)
        np.testing.assert_allclose(y, np.tanh(x), atol=5e-7)
    peak = measure_peak(1, rounds=1)
    assert min(peak.gflops, peak.gtanh, peak.gdivisions) > 0
