"""The rules by which a task counts as solved, and what is possible without memory."""

import importlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from metarnn import Network
from metarnn.datasets import (
    DATASETS,
    EVERY_LABEL,
    LAST_LABEL,
    legal_successors,
    load,
)
from metarnn.datasets.generated.reber import ALLOWED_SUCCESSORS
from metarnn.study.solving import Solved, solved


def candidates(network, n=8, scale=3.0, seed=0):
    return scale * network.init(np.random.default_rng(seed), n)


def network_for(data, **settings):
    return Network.build(data.X.shape[-1], data.n_classes, **settings)


def right_one_by_one(data, network, weights):
    """Return the fraction that is right, one sequence, one step and one class at a time."""
    n_right = 0
    for b in range(data.n_sequences):
        length = data.X.shape[1] if data.lengths is None else data.lengths[b]
        scores = network.scores(weights, data.X[b : b + 1, :length])[0]
        if data.y.ndim == 1:
            n_right += scores.argmax() == data.y[b]
            continue
        right = []
        for t in range(length):
            if data.y[b, t] < 0:
                continue
            if data.task.rule == ALLOWED_SUCCESSORS:
                legal = legal_successors(data)[b, t]
                illegal = [scores[t, k] for k in range(data.n_classes) if not legal[k]]
                right.append(all(scores[t, k] > max(illegal) for k in np.flatnonzero(legal)))
            else:
                right.append(scores[t].argmax() == data.y[b, t])
        n_right += right[-1] if data.task.rule == LAST_LABEL else all(right)
    return n_right / data.n_sequences


@pytest.mark.parametrize(
    ("name", "options", "readout"),
    [
        ("parity", {"n_bits": 3}, "last"),
        ("tomita", {"n_sequences": 60, "longest": 4}, "last"),
        ("parity", {"n_bits": 2, "per_step": True}, "steps"),
        ("flip_flop", {"n_sequences": 60, "n_steps": 2, "n_bits": 1, "rate": 0.5}, "steps"),
        ("embedded_reber", {"n_sequences": 60, "ask": "embedding"}, "steps"),
        ("noise_free_lag", {"lag": 2}, "steps"),
        ("noise_free_lag", {"lag": 3, "per_step": False}, "last"),
    ],
)
def test_fraction_is_that_of_the_rule_one_by_one(name, options, readout):
    data = load(name, **options)
    network = network_for(data, hidden=3, readout=readout)
    found = set()
    for weights in candidates(network, 30):
        result = solved(data, network, weights)
        assert result.fraction == pytest.approx(right_one_by_one(data, network, weights))
        assert result.is_solved == bool(result) == (result.fraction >= data.task.threshold)
        assert data.task.rule.words in result.rule
        found.add(result.fraction)
    assert len(found) > 1, "all candidates are equally good, so nothing was compared"


def grammar_network(data):
    """Return a network whose scores are its inputs, its weights, and the allowed symbols."""
    legal = legal_successors(data).astype(float)
    network = Network.build(data.n_classes, data.n_classes, hidden=7, readout="steps")
    blocks = {name: np.zeros(shape) for name, shape in network.shapes.items()}
    names = list(blocks)
    blocks[names[0]] = np.eye(7)
    score = next(name for name in names[::-1] if blocks[name].ndim == 2)
    blocks[score] = np.eye(7)
    return network, network.pack(blocks), legal


def test_all_allowed_symbols_count_and_no_others(monkeypatch):
    data = load("embedded_reber", n_sequences=40)
    network, weights, legal = grammar_network(data)
    inputs = legal.copy()
    inputs[3, 2, np.flatnonzero(legal[3, 2])[0]] = 0.0  # one of them missing, in one string
    inputs[5, 0, 6] = 1.0  # an E too many, in another
    inputs[7, 2] = 0.5  # all equal, in a third
    scores = network.scores

    def scores_of_inputs(weights, X, **rest):
        return scores(weights, inputs, **rest)

    monkeypatch.setattr(
        Network, "scores", lambda self, w, X, **rest: scores_of_inputs(w, X, **rest)
    )
    assert solved(data, network, weights).fraction == pytest.approx(37 / 40)
    inputs[:] = legal
    assert solved(data, network, weights) == Solved(True, 1.0, ALLOWED_SUCCESSORS.words)


def test_only_the_last_label_counts_where_the_task_says_so():
    data = load("noise_free_lag", lag=3)
    network = network_for(data, hidden=4, readout="steps")
    fractions = [solved(data, network, weights).fraction for weights in candidates(network, 200)]
    assert {0.0, 0.5, 1.0} == set(fractions)


def test_a_decoder_is_judged_by_its_whole_output():
    data = load("number_words", n_sequences=40, largest=99)
    network = Network.build(30, 11, hidden=4, embedding=3, decoder="plain")
    for weights in candidates(network, 20, scale=2.0):
        outputs = network.decode(weights, data.X, lengths=data.lengths, max_steps=9)
        labels = [[int(k) for k in row if k >= 0] for row in data.y]
        fraction = np.mean([list(a) == b for a, b in zip(outputs, labels, strict=True)])
        assert solved(data, network, weights).fraction == fraction


def test_a_decoder_that_never_ends_is_wrong():
    data = load("number_words", n_sequences=10, largest=9)
    network = Network.build(30, 11, hidden=2, embedding=2, decoder="plain")
    weights = np.zeros(network.n_weights)  # 0 forever: right for no number, not even for 0
    assert solved(data, network, weights).fraction == 0.0


def test_a_threshold_may_be_below_one():
    data = load("adding", n_sequences=300, n_steps=2)
    network = network_for(data, hidden=2)
    assert data.task.threshold == 0.9
    half = replace(data, task=replace(data.task, threshold=0.5))
    found = set()
    for weights in candidates(network, 50):
        result = solved(half, network, weights)
        assert result.is_solved == (result.fraction >= 0.5)
        assert "50% is enough" in str(result)
        assert not solved(data, network, weights) or result
        found.add(result.is_solved)
    assert found == {False, True}


def test_scores_that_are_not_finite_are_wrong():
    data = load("parity", n_bits=2)
    network = network_for(data, hidden=2)
    assert solved(data, network, np.zeros(network.n_weights)).fraction == 0.5
    assert solved(data, network, np.full(network.n_weights, np.nan)).fraction == 0.0


def test_every_generated_task_has_a_rule():
    for name, make in DATASETS.items():
        generated = make.__module__.rpartition(".")[2] not in ("built_in", "uci", "ucr")
        if generated:
            task = load(name).task
            assert task.rule in (EVERY_LABEL, LAST_LABEL, ALLOWED_SUCCESSORS)
            assert task.criterion


@pytest.mark.parametrize(
    ("name", "settings", "weights", "message"),
    [
        ("iris", {}, None, "'iris' has no task"),
        ("latch", {"n_outputs": 3}, None, "has 2 classes, but the network scores 3"),
        ("latch", {"readout": "steps"}, None, r"shape \(200, 20\), but the labels .* \(200,\)"),
        ("latch", {}, 2, r"weights must be one candidate \(D,\), got shape \(2, "),
        ("noise_free_lag", {"decoder": "plain", "readout": "steps"}, None, "whole output"),
    ],
)
def test_says_what_does_not_fit(name, settings, weights, message):
    data = load(name)
    sizes = {"n_inputs": data.X.shape[-1], "n_outputs": data.n_classes, "hidden": 2}
    network = Network.build(**sizes | settings)
    shape = (network.n_weights,) if weights is None else (weights, network.n_weights)
    with pytest.raises(ValueError, match=message):
        solved(data, network, np.zeros(shape))


# Without memory: the best prediction from a single step, by a table of its labels.


def single_step_accuracy(data):
    """Return the accuracy if each kind of step is given its most frequent label."""
    if data.y.ndim == 2:
        rows, steps = np.nonzero(data.y >= 0)
        seen, y = data.X[rows, steps], data.y[rows, steps]
    else:
        last = data.X.shape[1] if data.lengths is None else data.lengths
        seen, y = data.X[np.arange(data.n_sequences), last - np.ones_like(data.y)], data.y
    kinds, which = np.unique(seen, axis=0, return_inverse=True)
    counts = np.zeros((len(kinds), data.n_classes))
    np.add.at(counts, (which.ravel(), y), 1)
    return counts.max(axis=1).sum() / len(y)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("parity", {"n_bits": 8}),
        ("parity", {"n_bits": 8, "per_step": True}),
        ("delayed_recall", {"n_sequences": 20_000}),
        ("temporal_order", {"n_sequences": 8000, "n_steps": 30}),
        ("temporal_order", {"n_sequences": 8000, "n_steps": 30, "n_marked": 3}),
        ("embedded_reber", {"n_sequences": 5000, "ask": "embedding"}),
        ("flip_flop", {"n_sequences": 4000}),
        ("flip_flop", {"n_sequences": 4000, "n_bits": 1, "rate": 0.5}),
        ("noise_free_lag", {}),
        ("noise_free_lag", {"per_step": False}),
        *[("tomita", {"language": n, "n_sequences": 10_000}) for n in range(1, 8)],
        *[
            ("tomita", {"language": n, "n_sequences": 4000, "shortest": 11, "longest": 20})
            for n in range(1, 8)
        ],
        *[("tomita", {"language": n, "n_sequences": None}) for n in range(1, 8)],
    ],
)
@pytest.mark.slow
def test_chance_is_the_best_prediction_from_a_single_step(name, options):
    data = load(name, **options)
    tolerance = 1e-12 if data.exhaustive else 0.015
    assert single_step_accuracy(data) == pytest.approx(data.task.chance, abs=tolerance)


def test_chance_on_few_strings_is_exact():
    # Two strings out of a, b, aa, ba, bb, by their length first, and one that is ab.
    data = load("tomita", language=2, n_sequences=3, longest=2)
    ends_in_a = (1 / 2 + 2 / 3) / 2
    assert data.task.chance == pytest.approx((2 * ends_in_a + 1) / 3)


@pytest.mark.parametrize("n_steps", [2, 3, 4, 20])
def test_chance_of_adding_is_what_the_last_step_gives(n_steps):
    data = load("adding", n_sequences=20_000, n_steps=n_steps)
    number, mark = data.X[:, -1].T
    right = np.where(mark > 0, number > 0.5, False) == data.y
    assert right.mean() == pytest.approx(data.task.chance, abs=0.015)


@pytest.mark.parametrize("noise", [0.0, 0.5, 1.0])
def test_chance_of_two_sequences_where_the_last_step_may_show_the_class(noise):
    data = load("two_sequence", n_sequences=20_000, n_steps=20, n_marked=20, marked_noise=noise)
    last = data.X[np.arange(20_000), data.lengths - 1, 0]
    assert ((last > 0) == data.y).mean() == pytest.approx(data.task.chance, abs=0.015)
    assert load("two_sequence", n_steps=20, n_marked=19, marked_noise=noise).task.chance == 0.5


# Each kind of optimizer solves every task, and no model without memory does: the settings are those
# of the benchmark whose table is in datasets/README.md, at the size that they state.

FOLDER = Path(__file__).parents[2] / "benchmarks"
beside = pytest.mark.skipif(not FOLDER.is_dir(), reason="the benchmarks are not beside the tests")
#: As many as it takes for a task that one run in four solves: which ones do differs between
#: processors, whose last bits differ.
SEEDS = range(1000, 1020)
QUICK = {
    ("parity", "gradient"),
    ("parity", "population"),
    ("parity", "hybrid"),
    ("latch", "gradient"),
    ("latch", "population"),
    ("latch", "hybrid"),
    ("delayed_recall", "gradient"),
    ("copy_memory", "gradient"),
    ("tomita 2", "gradient"),
    ("tomita 4", "gradient"),
    ("tomita 4", "hybrid"),
    ("noise_free_lag", "gradient"),
    ("chirp", "gradient"),
    ("chirp", "hybrid"),
}
KINDS = ("gradient", "population", "hybrid")
#: Recipes of series, some of which a single step tells much of.
SERIES = (
    "cylinder_bell_funnel",
    "control_charts",
    "two_patterns",
    "waveform",
    "begin_middle_end",
    "up_middle_down",
    "hidden_shape",
    "arma",
    "mackey_glass",
    "tone",
    "chirp",
    "lead_lag",
)
NAMES = (
    "parity",
    "latch",
    "two_sequence",
    "delayed_recall",
    "adding",
    "adding 1997",
    "temporal_order",
    "temporal_order 3",
    "copy_memory",
    "embedded_reber",
    *(f"tomita {language}" for language in range(1, 8)),
    "flip_flop",
    "noise_free_lag",
    "digits rows",
    "digits pixels",
    "digits permuted",
    "digits grid",
    "number_words",
    *SERIES,
)
#: Runs of minutes (datasets/README.md has their results).
LEFT_OUT = {("digits grid", "population"), ("number_words", "population")}
runs = [
    pytest.param(name, kind, marks=[] if (name, kind) in QUICK else pytest.mark.slow)
    for name in NAMES
    for kind in KINDS
    if (name, kind) not in LEFT_OUT
]


@pytest.fixture
def tasks(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER.parent)
    return importlib.import_module("benchmarks.tasks.__main__")


@beside
@pytest.mark.parametrize(("name", "kind"), runs)
def test_task_is_solved(tasks, name, kind):
    task = tasks.TASKS[name]
    best = 0.0
    for seed in SEEDS:
        run = tasks.run(task, kind, seed)
        assert run.passes <= task.solvers[kind].budget
        best = max(best, run.outcome.fraction)
        if run.outcome:
            return
    pytest.fail(f"in none of {len(SEEDS)} runs, the best of which has {best:.3f} right")


@beside
@pytest.mark.parametrize("name", [name for name in NAMES if "digits" not in name])
@pytest.mark.slow
def test_task_is_at_chance_without_memory(tasks, name):
    task = tasks.TASKS[name]
    accuracy, n = tasks.without_memory(task, 1000)
    rule = tasks.draw(task, task.solvers["gradient"], 1000)[1].task
    chance = rule.chance
    if name in SERIES and chance is None:
        assert accuracy < rule.threshold - 0.2
    elif chance is None:  # number_words, where the last word gives all digits of some numbers
        assert accuracy < 0.1
    else:
        # Labels of one sequence are not independent.
        n /= 10 if n > 2000 else 1
        assert accuracy < chance + 3.5 * np.sqrt(chance * (1 - chance) / n) + 1e-9


@beside
@pytest.mark.slow
@pytest.mark.parametrize("layout", ["rows", "pixels", "permuted", "grid"])
def test_digits_are_not_predicted_from_a_single_step(tasks, layout):
    accuracy, _ = tasks.without_memory(tasks.TASKS[f"digits {layout}"], 1000)
    assert accuracy < 0.65


@beside
def test_all_tasks_are_in_the_table(tasks):
    assert set(tasks.TASKS) == set(NAMES)
    generated = {
        name
        for name, make in DATASETS.items()
        if make.__module__.rpartition(".")[2] not in ("built_in", "uci", "ucr") and name != "xor"
    }
    assert {task.data for task in tasks.TASKS.values()} == generated | {"digits"}
