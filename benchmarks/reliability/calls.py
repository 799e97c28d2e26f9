"""Nonsense given to every public function and class of Python, one parameter at a time."""

import datetime
import decimal
import fractions
import inspect
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse

import metarnn.layers
import metarnn.sequences
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
from metarnn.datasets import DATASETS, Dataset, load
from metarnn.optimizers import OPTIMIZERS, AskTell, Space, minimize
from metarnn.study import Study
from metarnn.study.settings import StudySettings

from .forked import Outcome, outcomes
from .samples import finite, inputs
from .tally import Tally, described, fault_of

SHORT, LONG = 200, 10_000
TITLE = "fuzzed calls"

#: What a door takes: its name, a call, the parameters to fuzz, each with its table of values.
Door = tuple[str, Callable[..., Any], dict[str, Callable[[], dict[str, Any]]]]
#: Budgets that are spent as they are asked for.
LONG_BUDGETS = "2**31", "2**64", "10**9", "10**400", "1e300"
#: A door, one of its parameters, and the name of a value for it.
Case = tuple[str, str, str]


def run(tally: Tally, size: int, seed: int, folder: Path) -> None:
    """Call the doors with one nasty value at a time, drawn without repetition."""
    warnings.simplefilter("ignore")
    found = {door[0]: door for door in doors()}
    cases = [
        (name, parameter, label)
        for name, _, tables in found.values()
        for parameter, table in tables.items()
        for label in table()
        if not (parameter == "budget" and label in LONG_BUDGETS)
    ]
    tally.notes |= {"doors": len(found), "cases": len(cases)}
    chosen = [cases[i] for i in np.random.default_rng(seed).permutation(len(cases))[:size]]
    for (name, parameter, label), (kind, text) in outcomes(chosen, partial(_judge, found)):
        tally.add(f"{name}({parameter}={label})", kind, text)


def _judge(found: dict[str, Door], case: Case) -> Outcome:
    """Call a door, and say what became of that."""
    name, parameter, label = case
    _, call, tables = found[name]
    try:
        result = call(**{parameter: tables[parameter]()[label]})
    except Exception as error:
        fault, text = fault_of(error), described(error)
        return ("raw", f"{fault}; {text}") if fault else ("refused", text)
    passed_on = parameter in ("weights", "sequences")  # whose numbers may be other than finite
    fine = passed_on or finite(result)
    return ("fine", "") if fine else ("wrong", "accepted, and not all finite")


def scalars() -> dict[str, Any]:
    """Return values that a setting may be given by mistake."""
    return {
        "None": None, "True": True, "False": False, "'False'": "False", "'x'": "x", "''": "",
        "b'x'": b"x", "-1": -1, "0": 0, "1.5": 1.5, "nan": np.nan, "inf": np.inf, "-inf": -np.inf,
        "1e300": 1e300, "1e-300": 1e-300, "2**31": 2**31, "2**64": 2**64, "-2**64": -(2**64),
        "10**9": 10**9, "10**400": 10**400, "1j": 1j, "float32(0.5)": np.float32(0.5),
        "int64(3)": np.int64(3), "np.True_": np.True_, "array(2)": np.array(2),
        "array([1, 2])": np.array([1, 2]), "array([])": np.array([]), "[]": [], "[None]": [None],
        "['x']": ["x"], "()": (), "{}": {}, "{'a': 1}": {"a": 1}, "object": object(),
        "class": object, "function": lambda *_, **__: None, "Decimal": decimal.Decimal("0.5"),
        "Fraction": fractions.Fraction(1, 2), "datetime": datetime.datetime(2020, 1, 1),
        "datetime64": np.datetime64("2020"), "masked": np.ma.masked, "range(3)": range(3),
        "set": {1, 2}, "'1'": "1", "nul": "a\0b", "surrogate": "\ud800", "...": ...,
    }  # fmt: skip


def arrays(*shape: int, classes: bool = False) -> dict[str, Any]:
    """Return arrays of a shape, and what somebody may give in their place."""
    rng = np.random.default_rng(0)
    good = np.arange(shape[0]) % 2.0 if classes else rng.normal(size=shape)
    flat = good.reshape(shape[0], -1)

    def but(value: Any, dtype: Any = None) -> np.ndarray:
        changed = good.astype(dtype or (float if isinstance(value, float) else object))
        changed.flat[-1] = value
        return changed

    own: list[Any] = []
    own.append(own)
    alternating = np.where(np.arange(good.size).reshape(shape) % 2, 1e300, -1e300)
    return {
        "nan": but(np.nan), "inf": but(np.inf), "1e300": but(1e300), "1e19": but(1e19),
        "1e38": but(1e38), "all 1e300": np.full(shape, 1e300), "all 1e308": np.full(shape, 1e308),
        "times 1e200": good * 1e200, "times 1e-200": good * 1e-200, "times 1e-320": good * 1e-320,
        "times 1e30": good * 1e30, "zeros": good * 0, "plus 1e15": good + 1e15,
        "alternating": alternating, "complex": good + 1j, "word": but("x"),
        "words": good.astype(str), "bytes": good.astype("S8"), "None in it": but(None),
        "NA": but(pd.NA), "NaT": but(pd.NaT), "10**400": but(10**400), "2**64": but(2**64),
        "datetimes": np.full(shape, np.datetime64("2020-01-01")),
        "timedeltas": np.arange(good.size).reshape(shape).astype("m8[s]"),
        "masked": np.ma.masked_array(good, np.arange(good.size).reshape(shape) % 3 == 0),
        "matrix": np.asmatrix(flat), "list": good.tolist(), "empty": good[:0], "one": good[:1],
        "short": good[:-1], "flat": good.ravel(), "an axis more": good[..., None],
        "ragged": [list(range(i % 3)) for i in range(shape[0])], "iris": "iris", "own": own,
        "bool": good > 0, "int8": good.astype(np.int8), "float16": good.astype(np.float16),
        "uint64": np.full(shape, 2**64 - 1, np.uint64), "longdouble": good.astype(np.longdouble),
        "other endian": good.astype(">f8"), "Fortran": np.asfortranarray(good),
        "structured": np.zeros(shape[0], [("a", "f8"), ("b", "i4")]), "void": np.zeros(shape, "V8"),
        "Series": pd.Series(flat[:, 0]), "categories": pd.Series(["a", "b"] * 6, dtype="category"),
        "frame": pd.DataFrame(flat), "frame of words": pd.DataFrame(flat).astype(str),
        "doubled columns": pd.DataFrame(flat[:, [0, 0]], columns=["a", "a"]),
        "dates": pd.DataFrame({"a": pd.to_datetime(["2020"] * shape[0])}),
        "empty frame": pd.DataFrame(), "sparse": scipy.sparse.csr_matrix(flat),
        "periods": pd.Series(pd.period_range("2020", periods=shape[0])),
        "Decimals": but(decimal.Decimal("0.5")), "negative": -np.abs(good) - 1,
        "one 1e308": but(1e308), "halves": good + 0.5,
    }  # fmt: skip


def _few() -> dict[str, Any]:
    """Return the values that start no more processes than a machine bears."""
    return {
        name: value for name, value in scalars().items() if not name.startswith(("2**", "10**"))
    }


def lengths() -> dict[str, Any]:
    """Return values for lengths."""
    return arrays(12, classes=True) | scalars()


def settings_of(kind: Any, *left_out: str) -> dict[str, Callable[[], dict[str, Any]]]:
    """Return a table for each setting that a class or function declares."""
    return {
        parameter.name: scalars
        for parameter in inspect.signature(kind).parameters.values()
        if parameter.name not in left_out and parameter.kind not in (2, 4)  # *args, **kwargs
    }


def doors() -> Iterator[Door]:
    """Yield the doors: estimators, fitnesses, networks, layers, optimizers, studies, data."""
    yield from _estimators()
    yield from _fitnesses()
    yield from _networks()
    yield from _optimizers()
    yield from _studies()
    yield from _data()


def _estimators() -> Iterator[Door]:
    X, classes, numbers = inputs()
    sequences, labels = partial(arrays, 12, 4, 2), partial(arrays, 12, classes=True)
    amounts = partial(arrays, 12)
    weighing = {"sample_weight": amounts, "lengths": lengths}

    def fitting(kind: Any, y: Any) -> Callable[..., Any]:
        small = {"random_state": 0, "n_threads": 1}
        small |= {"n_features": 40} if "n_features" in settings_of(kind) else {"budget": 12}

        def call(X: Any = X, y: Any = y, to_predict: Any = X, truth: Any = y, **given: Any) -> Any:
            fits = {name: given.pop(name) for name in weighing if given.get(name) is not None}
            given = {name: value for name, value in given.items() if name not in weighing}
            model = kind(**{**small, **given}).fit(X, y, **fits)
            predict = getattr(model, "predict_proba", model.predict)
            return [predict(to_predict), model.score(to_predict, truth)]

        return call

    for kind, y, targets in (
        (RNNClassifier, classes, labels),
        (RNNRegressor, numbers, amounts),
        (RecurrentFeaturesClassifier, classes, labels),
        (RecurrentFeaturesRegressor, numbers, amounts),
    ):
        call, name = fitting(kind, y), kind.__name__
        yield f"{name}.fit", call, {"X": sequences, "y": targets, **weighing}
        yield f"{name}.fit of rows", call, {"X": partial(arrays, 12, 4)}
        yield f"{name}.predict", call, {"to_predict": sequences, "truth": targets}
        yield name, call, settings_of(kind)

    def partly(
        X: Any = X, y: Any = classes, classes: Any = (0, 1), sample_weight: Any = None
    ) -> Any:
        model = RNNClassifier(optimizer="adam", random_state=0, n_threads=1, scale=False)
        return model.partial_fit(X, y, classes, sample_weight).predict_proba(X)

    tables = {"X": sequences, "y": labels, "classes": lengths, "sample_weight": amounts}
    yield "RNNClassifier.partial_fit", partly, tables

    def features(
        X: Any = X, sample_weight: Any = None, lengths: Any = None, **settings: Any
    ) -> Any:
        small = {"n_features": 40, "random_state": 0, "n_threads": 1}
        maker = RecurrentFeatures(**{**small, **settings})
        return maker.fit_transform(X, None, sample_weight, lengths)

    yield (
        "RecurrentFeatures",
        features,
        {"X": sequences, **weighing, **settings_of(RecurrentFeatures)},
    )

    def scaled(X: Any = X, sample_weight: Any = None, lengths: Any = None, **settings: Any) -> Any:
        scaler = SequenceScaler(**settings)
        return scaler.fit_transform(X, sample_weight=sample_weight, lengths=lengths)

    yield "SequenceScaler", scaled, {"X": sequences, **weighing, **settings_of(SequenceScaler)}


def _fitnesses() -> Iterator[Door]:
    X, classes, numbers = inputs()
    data = {
        "X": partial(arrays, 12, 4, 2),
        "sample_weight": partial(arrays, 12),
        "lengths": lengths,
    }
    for kind in (Fitness, SolvedFitness):
        for loss, y, n_outputs in (("cross_entropy", classes, 2), ("squared_error", numbers, 1)):
            usual = {"network": Network.build(2, n_outputs, hidden=3), "X": X, "y": y}
            usual |= {"loss": loss, "n_threads": 1}

            def call(kind: Any = kind, usual: Any = usual, **given: Any) -> Any:
                fitness = kind(**{**usual, **given})
                points = fitness.space.sample(2, np.random.default_rng(0))
                return [fitness(points), *fitness.gradient(points)]

            targets = partial(arrays, 12, classes=n_outputs == 2)
            tables = {**settings_of(kind, *data, "y"), **data, "y": targets}
            yield f"{kind.__name__} of {loss}", call, tables
    fitness = Fitness(Network.build(2, 2, hidden=3), X, classes, n_threads=1)
    weights = partial(arrays, 2, fitness.network.n_weights)
    given = {"weights": lambda: weights() | scalars()}
    yield "Fitness.__call__", lambda weights: fitness(weights), given


def _networks() -> Iterator[Door]:
    X, network = inputs()[0], Network.build(2, 2, hidden=3)
    zeros = np.zeros(network.n_weights)

    def build(n_inputs: Any = 2, n_outputs: Any = 2, **settings: Any) -> Any:
        return Network.build(n_inputs, n_outputs, **settings).init(np.random.default_rng(0), 2)

    def whole(
        n_inputs: Any = 2, n_outputs: Any = 2, layers: Any = network.layers, **settings: Any
    ) -> Any:
        return Network(n_inputs, n_outputs, layers, **settings).init(np.random.default_rng(0), 2)

    def scores(weights: Any = zeros, X: Any = X, **given: Any) -> Any:
        return network.scores(weights, X, **{"n_threads": 1, **given})

    def init(rng: Any = 0, n: Any = 2) -> Any:
        return network.init(np.random.default_rng(0) if rng == 0 else rng, n)

    yield "Network.build", build, settings_of(Network.build)
    yield "Network", whole, settings_of(Network)
    yield "Network.init", init, {"n": scalars}
    weights = partial(arrays, network.n_weights)
    tables = {"weights": weights, "X": partial(arrays, 12, 4, 2), "lengths": lengths}
    yield "Network.scores", scores, {**tables, "n_threads": scalars}
    for name in metarnn.layers.__all__:
        kind = getattr(metarnn.layers, name)
        if not (inspect.isclass(kind) and issubclass(kind, metarnn.layers.Layer)):
            continue
        if kind is metarnn.layers.Layer:
            continue
        declared = inspect.signature(kind).parameters.values()
        usual = {one.name: 2 for one in declared if one.default is one.empty}

        def layer(kind: Any = kind, usual: Any = usual, **given: Any) -> Any:
            return str(Network(3, 2, [kind(**{**usual, **given})]))

        yield f"layers.{name}", layer, settings_of(kind)


class _Sphere:
    """A function of three numbers with its gradient."""

    space = Space.box(-5, 5, dim=3)

    def __call__(self, points: Any) -> Any:
        return (np.asarray(points) ** 2).sum(axis=1)

    def gradient(self, points: Any) -> Any:
        return self(points), 2 * points


def _optimizers() -> Iterator[Door]:
    X, classes, _ = inputs()
    sphere, network = _Sphere(), Network.build(2, 2, hidden=3)
    fitness = Fitness(network, X, classes, n_threads=1)
    solved = SolvedFitness(network, X, classes, solve="ridge", n_threads=1)

    def search(
        objective: Any = sphere, optimizer: Any = "cuckoo", budget: Any = 20, **given: Any
    ) -> Any:
        found = minimize(objective, optimizer, budget=budget, **{"seed": 0, **given})
        return [found.x, found.fun]

    yield "minimize", search, settings_of(minimize)
    yield "minimize from", search, {"x0": partial(arrays, 3)}

    def answering(losses: Any) -> Any:
        return search(lambda points: losses, space=sphere.space)

    yield "minimize of a function", answering, {"losses": lambda: arrays(3) | scalars()}
    for name, kind in OPTIMIZERS.items():
        if kind.missing_dependency() is None:

            def searched(kind: Any = kind, **settings: Any) -> Any:
                optimizer = kind(**settings)
                objective = solved if optimizer.solves else fitness
                found = minimize(objective, optimizer, budget=30, seed=0)
                return [found.x, found.fun]

            yield f"optimizers.{name}", searched, settings_of(kind)

    def asking(optimizer: Any = "cuckoo", space: Any = sphere.space, **given: Any) -> Any:
        asked = AskTell(optimizer, space, **given)
        points = asked.ask()
        asked.tell(points, sphere(points))
        return asked.ask()

    yield "AskTell", asking, settings_of(AskTell)
    for name, function in (("box", Space.box), ("normal", Space.normal)):

        def space(function: Any = function, **given: Any) -> Any:
            usual = {"lower": -1, "upper": 1} if function == Space.box else {}
            return function(**{**usual, "dim": 2, **given}).sample(2, np.random.default_rng(0))

        yield f"Space.{name}", space, settings_of(function)


def _studies() -> Iterator[Door]:
    small: dict[str, Any] = {"datasets": ["xor"], "optimizers": ["adam"], "budget": 30, "seeds": 1}
    small |= {"networks": {"elman": {"hidden": 2}}}

    def study(**given: Any) -> Any:
        return Study(StudySettings(**{**small, **given})).run().runs["train_loss"].to_numpy()

    def study_run(**given: Any) -> Any:
        return len(Study(**small).run(**given).runs)

    def comparison(dataset: Any = "xor", optimizers: Any = ("adam",), **given: Any) -> Any:
        usual = {"budget": 30, "seeds": 1, "hidden": 2}
        return compare(dataset, optimizers, **{**usual, **given}).table()

    yield "Study", study, settings_of(StudySettings)
    yield "Study.run", study_run, {"n_jobs": _few, "retry_failed": scalars}
    yield "compare", comparison, settings_of(compare, "n_jobs")


def _data() -> Iterator[Door]:
    X, classes, _ = inputs()
    yield "load", lambda **given: load(**given).X, {"name": scalars}
    for name, make in DATASETS.items():
        tables = settings_of(make)
        if tables and "data_home" not in tables:  # which would be downloaded
            yield f"load {name}", partial(lambda name, **given: load(name, **given).X, name), tables
    labels = partial(arrays, 12, classes=True)
    tables = settings_of(Dataset.of) | {"X": partial(arrays, 12, 4, 2), "y": labels}
    tables |= {"lengths": lengths, "test": lengths}

    def dataset(X: Any = X, y: Any = classes, **given: Any) -> Any:
        return Dataset.of(X, y, **given).X

    yield "Dataset.of", dataset, tables
    padded = metarnn.sequences.padded
    sequences = {"sequences": partial(arrays, 12, 4, 2), "layout": scalars}
    call = partial(lambda **given: padded(**{"sequences": list(X), **given})[0])
    yield "sequences.padded", call, sequences
