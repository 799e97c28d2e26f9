"""Doors of Python: what each is given, by kinds. A refusal is one sentence about the parameter."""

import datetime
import importlib
import sys

import numpy as np
import pandas as pd
import pytest
from helpers.error_checks import one_sentence
from scipy.sparse import csr_matrix

import metarnn.memory
from metarnn import (
    Fitness,
    Network,
    RecurrentFeatures,
    RecurrentFeaturesClassifier,
    RecurrentFeaturesRegressor,
    RNNClassifier,
    RNNRegressor,
    SequenceScaler,
    SolvedFitness,
    compare,
)
from metarnn.datasets import Dataset, load
from metarnn.layers import Attention, Dense, Embedding, Grid, Recurrent
from metarnn.optimizers import OPTIMIZERS, Adam, AskTell, Space, minimize
from metarnn.sequences import padded
from metarnn.study import Study

B, T, CHANNELS = 12, 4, 2
RNG = np.random.default_rng(0)
X, NUMBERS, CLASSES = RNG.normal(size=(B, T, CHANNELS)), RNG.normal(size=B), np.arange(B) % 2
NETWORK, ONE_OUTPUT = Network.build(CHANNELS, 2, hidden=3), Network.build(CHANNELS, 1, hidden=3)
BOX = Space.box(-1.0, 1.0, dim=3)


class Quantity:
    """An array with a unit, as pint has it."""

    units = "metre"

    def __init__(self, values):
        self.magnitude = np.asarray(values)

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.magnitude, dtype)


def sphere(points):
    return (points**2).sum(axis=1)


def changed(array, value):
    """Return an array of objects whose last number is another value."""
    array = np.array(array, dtype=object)
    array.flat[-1] = value
    return array


def refused(call, *words):
    """Check that a call raises one sentence with these words; return it."""
    with pytest.raises((TypeError, ValueError)) as error:
        call()
    sentence = str(error.value)
    assert "\n" not in sentence
    for word in words:
        assert word in sentence
    return sentence


ESTIMATORS = {
    "classifier": (RNNClassifier, CLASSES, {"budget": 3}),
    "regressor": (RNNRegressor, NUMBERS, {"budget": 3}),
    "feature classifier": (RecurrentFeaturesClassifier, CLASSES, {"n_features": 20}),
    "feature regressor": (RecurrentFeaturesRegressor, NUMBERS, {"n_features": 20}),
}


def fit(name, X=X, y=None, sample_weight=None, **settings):
    kind, targets, own = ESTIMATORS[name]
    model = kind(random_state=0, n_threads=1, **own | settings)
    return model.fit(X, targets if y is None else y, sample_weight=sample_weight)


def features(X=X, sample_weight=None, **settings):
    settings = {"n_features": 20, "random_state": 0} | settings
    return RecurrentFeatures(**settings).fit(X, sample_weight=sample_weight)


def fitness(X=X, y=CLASSES, kind=Fitness, network=NETWORK, **settings):
    return kind(network, X, y, **settings)


def of_numbers(X=X, y=NUMBERS, **settings):
    return Fitness(ONE_OUTPUT, X, y, loss="squared_error", **settings)


#: What reads sequences X, and what reads targets y of numbers and of classes, and weights.
READS_X = {
    **{name: lambda name=name, **given: fit(name, **given) for name in ESTIMATORS},
    "features": features,
    "scaler": lambda X: SequenceScaler().fit(X),
    "fitness": fitness,
    "solved fitness": lambda X: fitness(X, kind=SolvedFitness),
    "scores": lambda X: NETWORK.scores(np.zeros(NETWORK.n_weights), X),
    "data set": lambda X: Dataset.of(X, CLASSES),
}
READS_NUMBERS = {name: READS_X[name] for name in ("regressor", "feature regressor")}
READS_NUMBERS["fitness"] = of_numbers
READS_CLASSES = {name: READS_X[name] for name in ("classifier", "feature classifier")}
READS_WEIGHTS = {name: READS_X[name] for name in (*ESTIMATORS, "features", "fitness")}
READS_WEIGHTS["scaler"] = lambda sample_weight: SequenceScaler().fit(X, sample_weight=sample_weight)

NO_NUMBERS = {
    "word": (lambda a: changed(a, "x"), ["'x' at "]),
    "word in a list": (lambda a: changed(a.astype(str), "x").tolist(), ["'x' at "]),
    "integer": (lambda a: changed(a, 10**400), ["too large"]),
    "date": (lambda a: changed(a, datetime.date(2020, 1, 1)), ["datetime.date(2020, 1, 1) at "]),
    "complex": (lambda a: a + 1j, ["real numbers"]),
    "complex cell": (lambda a: changed(a, 1j), ["1j at "]),
    "dates": (lambda a: np.full(a.shape, np.datetime64("2020")), ["dates or times"]),
    "times": (lambda a: np.full(a.shape, np.timedelta64(3, "D")), ["dates or times"]),
    "unit": (Quantity, ["metre", ".magnitude"]),
    "text": (lambda _: "iris", ["'iris'"]),
    "nothing": (lambda a: changed(a, np.nan), []),
    "mask": (lambda a: np.ma.masked_array(a, np.arange(a.size).reshape(a.shape) == 7), []),
}
MISSING = {"nothing", "mask"}


@pytest.mark.parametrize("kind", NO_NUMBERS)
@pytest.mark.parametrize("door", READS_X)
def test_x_that_holds_no_numbers(door, kind):
    make, words = NO_NUMBERS[kind]
    if door == "scores" and kind in MISSING:
        words = ["finite", "sequence", "step", "input"]
    elif kind in MISSING:
        words = ["NaN", "sequence"]
    refused(lambda: READS_X[door](X=make(X)), "X", *words)


@pytest.mark.parametrize("kind", NO_NUMBERS)
@pytest.mark.parametrize("door", READS_NUMBERS)
def test_targets_that_are_no_numbers(door, kind):
    make, words = NO_NUMBERS[kind]
    refused(lambda: READS_NUMBERS[door](y=make(NUMBERS)), "y", *words)


@pytest.mark.parametrize("kind", NO_NUMBERS)
@pytest.mark.parametrize("door", READS_WEIGHTS)
def test_weights_that_are_no_numbers(door, kind):
    make, words = NO_NUMBERS[kind]
    refused(lambda: READS_WEIGHTS[door](sample_weight=make(np.ones(B))), "sample_weight", *words)


@pytest.mark.parametrize("value", [1e308, 5e-324, -1.0, 0.0, np.inf])
@pytest.mark.parametrize("door", READS_WEIGHTS)
def test_weights_whose_sums_are_of_no_use(door, value):
    refused(lambda: READS_WEIGHTS[door](sample_weight=np.full(B, value)), "sample_weight")


@pytest.mark.parametrize(
    "y", ["iris", Quantity(CLASSES), CLASSES.astype("M8[D]"), CLASSES + 1j, [[1], [2, 3]] * 6],
    ids=["text", "unit", "dates", "complex", "ragged"],
)  # fmt: skip
@pytest.mark.parametrize("door", READS_CLASSES)
def test_targets_that_are_no_classes(door, y):
    refused(lambda: READS_CLASSES[door](y=y), "y")


@pytest.mark.parametrize("door", READS_CLASSES)
def test_masked_classes_are_missing(door):
    masked = np.ma.masked_array(CLASSES, np.arange(B) == 3)
    refused(lambda: READS_CLASSES[door](y=masked), "y contains NaN", "sequence 3")


@pytest.mark.parametrize("classes", [[], [1], "ab", None, [1, np.nan], [[0, 1], [2]]])
def test_classes_of_a_stream(classes):
    refused(lambda: RNNClassifier().partial_fit(X, CLASSES, classes=classes), "classes")


@pytest.mark.parametrize("factor", [1e200, 1e-200])
@pytest.mark.parametrize("door", [*ESTIMATORS, "features", "scaler"])
def test_numbers_without_a_variance(door, factor):
    refused(lambda: READS_X[door](X=X * factor), "X must be from", "another unit")


@pytest.mark.parametrize("factor", [1e300, 1e-200])
@pytest.mark.parametrize("door", ["regressor", "feature regressor"])
def test_targets_without_a_variance(door, factor):
    refused(lambda: READS_X[door](y=NUMBERS * factor), "y must be from")


@pytest.mark.parametrize("door", [*ESTIMATORS, "features", "scaler", "data set"])
def test_columns_of_one_name(door):
    frame = pd.DataFrame(X.reshape(B, -1)).set_axis(["a"] * T * CHANNELS, axis=1)
    refused(lambda: READS_X[door](X=frame), "'a'", "names")


@pytest.mark.parametrize("door", ESTIMATORS)
def test_scores_refuse_the_same(door):
    model = fit(door)
    refused(lambda: model.score(X, Quantity(CLASSES)), "y must hold")
    if "regressor" in door:
        refused(lambda: model.score(X, NUMBERS * 1e300), "y must be from")


#: Settings that are True or False.
TRUTHS = {
    "network": ("bidirectional", lambda **s: Network.build(CHANNELS, 2, **s)),
    "layer": ("residual", lambda **s: Recurrent(**s)),
    "attention": ("causal", lambda **s: Attention(2, **s)),
    "features": ("bidirectional", lambda **s: features(**s)),
    "scaler": ("with_std", lambda **s: SequenceScaler(**s).fit(X)),
    "minimize": (
        "progress",
        lambda **s: minimize(sphere, "cuckoo", budget=3, space=BOX, **s),
    ),
    "data set": ("per_step", lambda **s: load("parity", **s)),
    "optimizer": ("nesterov", lambda **s: OPTIMIZERS["gradient_descent"](**s).check()),
    **{
        name: (name, lambda **s: fit("classifier", **s))
        for name in ("residual", "scale", "early_stopping", "warm_start", "bidirectional")
    },
}


@pytest.mark.parametrize("value", ["False", 1, 0.0, [], np.array([True, False])], ids=repr)
@pytest.mark.parametrize("door", TRUTHS)
def test_only_true_and_false_are_true_or_false(door, value):
    name, call = TRUTHS[door]
    refused(lambda: call(**{name: value}), name)
    call(**{name: np.False_})


#: Settings that are sizes.
SIZES = {
    "hidden": lambda n: Network.build(CHANNELS, 2, hidden=n),
    "n_outputs": lambda n: Network.build(CHANNELS, n),
    "n_inputs": lambda n: Network.build(n, 2),
    "embedding": lambda n: Network.build(CHANNELS, 2, embedding=n),
    "n_features": lambda n: features(n_features=n),
    "n_best": lambda n: fit("classifier", n_best=n),
    "n_iter_no_change": lambda n: fit("classifier", n_iter_no_change=n),
    "timesteps": lambda n: fit("classifier", timesteps=n),
    "n_batches": lambda n: Adam(n_batches=n).check(),
    "n_starts": lambda n: Adam(n_starts=n).check(),
    "n_sequences": lambda n: load("tone", n_sequences=n),
    "folds": lambda n: Study(datasets=["iris"], optimizers=["adam"], folds=n),
    "beam": lambda n: Network.build(CHANNELS, 3, decoder="plain").decode(
        np.zeros(Network.build(CHANNELS, 3, decoder="plain").n_weights), X, beam=n
    ),
}


@pytest.mark.parametrize("value", [2**64, 10**400, -1, 1.5, "3", True, np.timedelta64(3)], ids=repr)
@pytest.mark.parametrize("door", SIZES)
def test_sizes(door, value):
    refused(lambda: SIZES[door](value), door)


#: Settings that are paths, and names.
PATHS = {
    "store": lambda path: Study(datasets=["iris"], optimizers=["adam"], store=path),
    "data_home": lambda path: load("glass", data_home=path),
    "name": load,
}


@pytest.mark.parametrize(
    "value", [1, 1.5, [1], {}, b"x", object()], ids=lambda value: type(value).__name__
)
@pytest.mark.parametrize("door", PATHS)
def test_paths_and_names(door, value):
    refused(lambda: PATHS[door](value), door)


SEEDS = {
    "seed": lambda seed: minimize(sphere, "cuckoo", budget=3, space=BOX, seed=seed),
    "seed of a search": lambda seed: AskTell("cuckoo", BOX, seed=seed),
    "seed of data": lambda seed: load("tone", seed=seed),
    "seeds": lambda seed: compare("iris", ["adam"], seeds=[seed]),
    "random_state": lambda seed: fit("classifier", random_state=seed),
    "random_state of features": lambda seed: features(random_state=seed),
}


@pytest.mark.parametrize("seed", [-1, 1.5, "1", b"x", np.timedelta64(3)], ids=repr)
@pytest.mark.parametrize("door", SEEDS)
def test_seeds(door, seed):
    refused(lambda: SEEDS[door](seed), door.split()[0])


@pytest.mark.parametrize(
    "seed",
    [np.array([1, 2]), np.random.PCG64(1), np.random.RandomState(1), np.random.default_rng(1)],
    ids=lambda seed: type(seed).__name__,
)
def test_what_makes_numbers_in_numpy_is_a_seed(seed):
    assert np.isfinite(minimize(sphere, "cuckoo", budget=40, space=BOX, seed=seed).fun)
    assert AskTell("cuckoo", BOX, seed=seed).ask().shape[1] == BOX.dim


@pytest.mark.parametrize("sizes", [range(2, 4), pd.Series([2, 3]), np.array([2, 3]), [2, 3]])
def test_several_sizes_may_come_in_any_sequence(sizes):
    assert Network.build(2, 2, hidden=sizes) == Network.build(2, 2, hidden=(2, 3))


@pytest.mark.parametrize("network", [None, "elman", 3, [], {}])
@pytest.mark.parametrize("kind", [Fitness, SolvedFitness])
def test_a_fitness_of_no_network(kind, network):
    refused(lambda: kind(network, X, CLASSES), "network must be a Network")


#: Calls of several kinds, and what their sentence begins with.
OTHERS = {
    "tokens": lambda: Dataset.of(X, CLASSES, tokens=1j),
    "y": lambda: Dataset.of(X, None),
    "y of": lambda: Dataset.of(X, csr_matrix(np.eye(B))),
    "n_outputs": lambda: Network(3, 2, [Dense({})]),
    "corners": lambda: Grid(corners=np.array([1, 2])),
    "cell": lambda: fit("classifier", cell=np.array([])),
    "targets": lambda: Study(datasets=["iris"], optimizers=["adam"], targets=[10**400]),
    "layers": lambda: Network(3, 2, np.array(2)),
    "vectors": lambda: Embedding(vectors=10**400),
    "hidden": lambda: Network.build(2, 2, hidden=[[1], [2, 3]]),
    "loss": lambda: SolvedFitness(NETWORK, X, CLASSES, loss=np.array([1, 2])),
    "unknown loss array": lambda: Fitness(NETWORK, X, CLASSES, loss=np.array([])),
    "classes": lambda: RNNClassifier(budget=3).partial_fit(X, CLASSES, classes=[[], [0], [0, 1]]),
}


def test_a_size_may_be_an_array_without_axes():
    assert Network(1, 2, [Grid(corners=np.array(2))]) == Network(1, 2, [Grid(corners=2)])


@pytest.mark.parametrize("begin", OTHERS)
def test_other_kinds(begin):
    refused(OTHERS[begin], begin)


#: What allocates, and the parameter that says how much.
ALLOCATES = {
    "hidden": lambda: Network.build(CHANNELS, 2, hidden=100),
    "hidden of passes": lambda: fitness().gradient(np.zeros(NETWORK.n_weights)),
    "n_starts": lambda: minimize(Fitness(NETWORK, X, CLASSES), "adam", budget=3),
    "n_nests": lambda: AskTell("cuckoo", BOX),
    "population_size": lambda: fit("classifier", optimizer="ga"),
    "sequence 0": lambda: padded([np.zeros((9, 1)), np.zeros((3, 1))]),
    "n_features": features,
    "n_sequences": lambda: load("tone"),
}


@pytest.mark.parametrize("door", ALLOCATES)
def test_what_does_not_fit_is_refused_before_it_is_allocated(door, monkeypatch):
    from metarnn.memory import check_memory

    def none_is_free(what, n_bytes, change):
        monkeypatch.setattr(metarnn.memory, "SMALL", 0)
        monkeypatch.setattr(metarnn.memory, "free_bytes", lambda: 0)
        check_memory(what, n_bytes, change)

    place = {
        "hidden": "networks.network", "hidden of passes": "fitness", "n_starts":
        "optimizers.minimize", "n_nests": "optimizers.minimize", "population_size":
        "optimizers.minimize", "sequence 0": "sequences.axes", "n_features":
        "features.parameters", "n_sequences": "datasets.catalog",
    }[door]  # fmt: skip
    module = importlib.import_module(f"metarnn.{place}")
    monkeypatch.setattr(module, "check_memory", none_is_free)
    refused(ALLOCATES[door], door.split(" of ")[0], "would take", "are free: ")


@pytest.mark.parametrize("n_batches", [2, B, 10**6, 2**31 - 1])
def test_mini_batches_leave_a_pass_for_all_data(n_batches):
    found = minimize(Fitness(NETWORK, X, CLASSES), Adam(n_batches=n_batches), budget=9, seed=0)
    assert np.isfinite(found.fun)
    assert found.passes <= 9


TO_TORCH = {
    "network": lambda: NETWORK.to_torch(np.zeros(NETWORK.n_weights)),
    "model": lambda: RNNClassifier(budget=3, hidden=2).fit(X, CLASSES).to_torch(),
    "features": lambda: RecurrentFeaturesClassifier(n_features=20).fit(X, CLASSES).to_torch(),
}


@pytest.mark.parametrize("door", TO_TORCH)
def test_torch_that_is_not_installed_is_named(door, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    for module in ("estimators.torch_module", "features.torch_module"):
        monkeypatch.delitem(sys.modules, f"metarnn.{module}", raising=False)
    with pytest.raises(ImportError, match="pip install torch") as error:
        TO_TORCH[door]()
    one_sentence(error, "to_torch")
