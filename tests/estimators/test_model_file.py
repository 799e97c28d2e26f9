"""Models in files: the same predictions to the bit, and one sentence for what is no model."""

import json
import shutil
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.optimizer_table import TABLE
from helpers.small_models import small_model
from sklearn.exceptions import NotFittedError
from sklearn.metrics import make_scorer, matthews_corrcoef

from metarnn import RNNClassifier, RNNRegressor, load_model
from metarnn.cells import CELLS
from metarnn.estimators.saving import VERSION, saved_attributes
from metarnn.layers import Embedding
from metarnn.optimizers import GA, Adam, HybridGA

MODELS = Path(__file__).parent / "models"

#: Attributes that need another comparison than that of arrays.
NOT_COMPARED = {"network_", "scaler_", "history_"}
B, T, I = 30, 5, 2  # noqa: E741
X = np.random.default_rng(0).normal(size=(B, T, I))
LENGTHS = np.random.default_rng(1).integers(1, T + 1, size=B)
Y = np.arange(B) % 3


#: Settings, X, lengths.
CASES = {
    **{f"cell-{name}": ({"cell": name}, X, None) for name in CELLS},
    "lengths": ({}, X, LENGTHS),
    "list": ({"layout": "nct"}, [x[:n].T for x, n in zip(X, LENGTHS, strict=True)], None),
    "rows": ({"timesteps": 5}, X.reshape(B, -1), None),
    "frame": ({}, pd.DataFrame(X[:, :, 0], columns=list("abcde")), None),
    "deep": ({"hidden": (4, 3), "bidirectional": True, "readout": "mean"}, X, None),
    "windows": ({"hidden": (4, 3), "windows": (2,), "readout": "attention"}, X, None),
    "grid": ({"grid": 4}, X.reshape(B, 5, 2, 1), None),
    "tokens": ({"embedding": 3}, np.arange(B * T).reshape(B, T) % 7, None),
    "frozen": (
        {"embedding": Embedding(vectors=np.arange(14.0).reshape(7, 2) / 9, frozen=True)},
        np.arange(B * T).reshape(B, T) % 7,
        None,
    ),
    "scaled": ({"scale": True}, X, LENGTHS),
    "ensemble": ({"n_best": 4, "optimizer": "cuckoo"}, X, None),
    "early": ({"early_stopping": True, "validation_fraction": 0.3}, X, None),
    "nested-optimizer": ({"optimizer": HybridGA(local_search=Adam(learning_rate=0.1))}, X, None),
    "float64": ({"dtype": "float64", "initial_weights": np.zeros(30)}, X, None),
}


@pytest.mark.parametrize("name", CASES)
def test_the_same_predictions_to_the_bit(tmp_path, name):
    for kind in (RNNClassifier, RNNRegressor):
        settings, given, lengths = CASES[name]
        settings = dict(settings)
        if "initial_weights" in settings:
            n = small_model(kind, dtype="float64", budget=6).fit(X, Y).network_.n_weights
            settings["initial_weights"] = np.linspace(-1, 1, n)
        model = small_model(kind, **settings).fit(given, Y, lengths=lengths)
        path = model.save(tmp_path / "x.npz")
        for other in (kind.load(path), load_model(str(path))):
            assert type(other) is kind
            np.testing.assert_array_equal(
                other.predict(given, lengths=lengths), model.predict(given, lengths=lengths)
            )
            if kind is RNNClassifier:
                np.testing.assert_array_equal(
                    other.predict_proba(given, lengths=lengths),
                    model.predict_proba(given, lengths=lengths),
                )
            for attribute in set(saved_attributes(kind)) - NOT_COMPARED:
                assert hasattr(other, attribute) == hasattr(model, attribute)
                if hasattr(model, attribute):
                    np.testing.assert_array_equal(
                        getattr(other, attribute), getattr(model, attribute)
                    )
            assert other.network_ == model.network_
            pd.testing.assert_frame_equal(other.history_.to_frame(), model.history_.to_frame())
            np.testing.assert_array_equal(other.history_.improvements, model.history_.improvements)


@pytest.mark.parametrize("name", [name for name in TABLE if name != "deap"])
def test_every_optimizer_is_the_same_afterwards(tmp_path, name):
    model = small_model(optimizer=TABLE[name]())
    model.set_params(budget=40).fit(X, Y)
    other = RNNClassifier.load(model.save(tmp_path / "x.npz"))
    assert repr(other.get_params()) == repr(model.get_params())
    # So it can be fitted again as before.
    np.testing.assert_array_equal(other.fit(X, Y).weights_, model.weights_)


@pytest.mark.parametrize(
    "labels",
    [["b", "a", "c"], [-1, 0, 7], [0.0, 1.0, 4.0], np.array(["x", "y", "zz"], object)],
    ids=str,
)
def test_classes_of_any_type(tmp_path, labels):
    model = small_model().fit(X, np.asarray(labels)[Y])
    other = RNNClassifier.load(model.save(tmp_path / "x.npz"))
    assert other.classes_.dtype == model.classes_.dtype
    np.testing.assert_array_equal(other.predict(X), model.predict(X))


def test_a_loaded_model_goes_on(tmp_path):
    model = small_model().fit(X, Y)
    other = RNNClassifier.load(model.save(tmp_path / "x.npz"))
    other.set_params(warm_start=True).fit(X, Y)
    assert other.loss_curve_[0] == pytest.approx(model.loss_)
    other.partial_fit(X, Y)


def test_what_cannot_be_written_is_said(tmp_path):
    model = small_model(optimizer=TABLE["deap"]()).fit(X, Y)  # made of the user's own toolbox
    with pytest.warns(UserWarning, match="optimizer cannot be written"):
        model.save(tmp_path / "x.npz")
    scorer = make_scorer(matthews_corrcoef)
    settings = {"callbacks": [lambda intermediate_result: None], "loss": scorer}
    model = small_model(optimizer="cuckoo", **settings).fit(X, Y)
    model._loss = "accuracy"
    with pytest.warns(UserWarning, match="loss, callbacks cannot be|callbacks, loss cannot be"):
        path = model.save(tmp_path / "x.npz")
    np.testing.assert_array_equal(RNNClassifier.load(path).predict(X), model.predict(X))


def test_a_failed_save_leaves_what_was_there(tmp_path, monkeypatch):
    path = small_model().fit(X, Y).save(tmp_path / "x.npz")
    before = path.read_bytes()

    def fail(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="disk full"):
        small_model().fit(X, Y).save(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["x.npz"]


def test_nothing_is_pickled(tmp_path):
    path = small_model(n_best=2, optimizer="ga", scale=True).fit(X, Y).save(tmp_path / "x.npz")
    with np.load(path, allow_pickle=False) as file:
        assert all(not file[name].dtype.hasobject for name in file.files)


def test_only_a_fitted_model_is_saved(tmp_path):
    with pytest.raises(NotFittedError):
        small_model().save(tmp_path / "x.npz")
    with pytest.raises(FileNotFoundError):
        small_model().fit(X, Y).save(tmp_path / "no" / "x.npz")


def changed(path, change, **more):
    """Write the file again with another header, and more arrays."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    header = json.loads(arrays.pop("header").item())
    header = change(header) or header
    np.savez(path, header=np.array(json.dumps(header)), **arrays, **more)


def drop(*keys):
    def change(header):
        place = header
        for key in keys[:-1]:
            place = place[key]
        del place[keys[-1]]

    return change


def nested(depth):
    value = 0
    for _ in range(depth):
        value = {"list": [value]}
    return value


def npy(path, header):
    """Write an archive whose header is an array with such a header of its own."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("header.npy", b"\x93NUMPY\x01\0" + len(header).to_bytes(2, "little") + header)


def compress(path):
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    np.savez_compressed(path, **arrays)


def bomb(path, name):
    """Add an array of 1 GB that takes 1 MB of the file."""
    zeros = b"{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000,), }\n"
    start = b"\x93NUMPY\x01\0" + len(zeros).to_bytes(2, "little") + zeros
    mode = "a" if name == "more.npy" else "w"
    with zipfile.ZipFile(path, mode, zipfile.ZIP_DEFLATED) as file, file.open(name, "w") as part:
        part.write(start)
        for _ in range(100):
            part.write(bytes(10**7))


def append_twice(path):
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as file:
        warnings.simplefilter("ignore")
        file.writestr("header.npy", file.read("header.npy"))


def many_parts(path):
    with zipfile.ZipFile(path, "w") as file:
        for i in range(30_000):
            file.writestr(f"array{i}.npy", b"")


def comment(path):
    with zipfile.ZipFile(path, "a") as file:
        file.comment = b"x" * 1000


BROKEN = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("model"),
    "array": lambda path: np.save(path.open("wb"), np.ones(3)),
    "other-npz": lambda path: np.savez(path, weights=np.ones(3)),
    "pickle": lambda path: np.savez(path, header=np.array({"a": 1}, object)),
    "zip": lambda path: zipfile.ZipFile(path, "w").close(),
    "no-json": lambda path: np.savez(path, header=np.array("{")),
    "a-list": lambda path: np.savez(path, header=np.array("[1]")),
    "number": lambda path: np.savez(path, header=np.array(3)),
    "other-format": lambda path: changed(path, lambda h: h | {"format": "keras"}),
    "newer": lambda path: changed(path, lambda h: h | {"version": VERSION + 1}),
    "no-version": lambda path: changed(path, drop("version")),
    "no-kind": lambda path: changed(path, drop("estimator")),
    "other-kind": lambda path: changed(path, lambda h: h | {"estimator": "os.system"}),
    "no-parameters": lambda path: changed(path, drop("parameters")),
    "no-weights": lambda path: changed(path, drop("fitted", "weights_")),
    "no-network": lambda path: changed(path, drop("fitted", "network_")),
    "no-classes": lambda path: changed(path, drop("fitted", "classes_")),
    "foreign-attribute": lambda path: changed(path, lambda h: h["fitted"].update(predict=3)),
    "foreign-parameter": lambda path: changed(path, lambda h: h["parameters"].update(x=3)),
    "foreign-object": lambda path: changed(
        path, lambda h: h["fitted"].update(network_={"pickle": "x"})
    ),
    "foreign-layer": lambda path: changed(
        path, lambda h: h["fitted"].update(network_={"layer": "Eval", "settings": {}})
    ),
    "scaler-method": lambda path: changed(
        path, lambda h: h["fitted"].update(scaler_={"scaler": {"transform": 3}})
    ),
    "scaler-type": lambda path: changed(
        path, lambda h: h["fitted"].update(scaler_={"scaler": {"mean_": 3}})
    ),
    "names-of-features": lambda path: changed(
        path, lambda h: h["fitted"].update(feature_names_in_=3)
    ),
    "names-too-few": lambda path: changed(
        path,
        lambda h: h["fitted"].update(feature_names_in_={"objects": ["a"], "shape": [1]}),
    ),
    "number-of-features": lambda path: changed(
        path, lambda h: h["fitted"].update(n_features_in_="3")
    ),
    "loss-type": lambda path: changed(path, lambda h: h["fitted"].update(loss_="low")),
    "reader-kind": lambda path: changed(
        path, lambda h: h["fitted"]["_reader"]["reader"].update(kind="words")
    ),
    "reader-inputs": lambda path: changed(
        path, lambda h: h["fitted"]["_reader"]["reader"].update(n_inputs=9)
    ),
    "reader-type": lambda path: changed(
        path, lambda h: h["fitted"]["_reader"]["reader"].update(is_rows="no")
    ),
    "history-text": lambda path: changed(
        path, lambda h: h["fitted"]["history_"].update(history=h["fitted"]["classes_"])
    ),
    "n-iter": lambda path: changed(path, lambda h: h["fitted"].update(n_iter_=1)),
    "deep-json": lambda path: np.savez(path, header=np.array("[" * 100_000)),
    "deep-values": lambda path: changed(path, lambda h: h["fitted"].update(loss_=nested(300))),
    "huge-network": lambda path: changed(
        path,
        lambda h: h["fitted"]["network_"]["network"]["layers"]["tuple"][0]["settings"].update(
            hidden=10**12
        ),
    ),
    "unnamed-array": lambda path: changed(path, lambda h: None, more=np.ones(9)),
    "array-twice": append_twice,
    "compressed": compress,
    "bomb": lambda path: bomb(path, "more.npy"),
    "bomb-as-header": lambda path: bomb(path, "header.npy"),
    "brackets": lambda path: npy(path, b"(" * 2000),
    "many-brackets": lambda path: npy(path, b"(" * 9000),
    "large-shape": lambda path: npy(
        path, b"{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999999,), }\n"
    ),
    "object-header": lambda path: npy(
        path, b"{'descr': '|O', 'fortran_order': False, 'shape': (), }\n"
    ),
    "structured-header": lambda path: npy(
        path, b"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (), }\n"
    ),
    "no-text": lambda path: npy(
        path, b"{'descr': '<U1', 'fortran_order': False, 'shape': (), }\n" + b"\xff" * 4
    ),
    "many-parts": many_parts,
    "comment": lambda path: comment(path),
    "other-weights": lambda path: changed(
        path, lambda h: h["fitted"].update(weights_=h["fitted"]["classes_"])
    ),
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return small_model().fit(X, Y).save(tmp_path_factory.mktemp("models") / "x.npz")


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_model_gets_one_sentence(tmp_path, saved, name):
    path = tmp_path / "x.npz"
    shutil.copy(saved, path)
    BROKEN[name](path)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"x\.npz (is|holds|has)") as error:
            RNNClassifier.load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "\n" not in str(error.value)
    assert str(error.value).endswith(".")
    # NumPy's np.load in these tests, and JSON of the header, take some.
    assert peak < 20e6 + 20 * min(path.stat().st_size, 10**6)


def test_a_file_cut_off_anywhere_is_refused(tmp_path):
    path = small_model().fit(X, Y).save(tmp_path / "x.npz")
    whole = path.read_bytes()
    for n in np.linspace(0, len(whole) - 1, 40).astype(int):
        path.write_bytes(whole[:n])
        with pytest.raises(ValueError, match="is no model"):
            RNNClassifier.load(path)


def test_a_flipped_byte_is_refused_or_does_no_harm(tmp_path):
    model = small_model().fit(X, Y)
    path = model.save(tmp_path / "x.npz")
    whole = bytearray(path.read_bytes())
    for n in np.random.default_rng(0).integers(len(whole), size=60):
        flipped = whole.copy()
        flipped[n] ^= 0xFF
        path.write_bytes(flipped)
        try:
            other = RNNClassifier.load(path)
        except ValueError:
            continue
        np.testing.assert_array_equal(other.predict_proba(X), model.predict_proba(X))


def test_a_model_of_the_other_kind(tmp_path):
    path = small_model(RNNRegressor).fit(X, Y).save(tmp_path / "x.npz")
    with pytest.raises(ValueError, match="holds a model of class RNNRegressor, expected RNNC"):
        RNNClassifier.load(path)
    with pytest.raises(FileNotFoundError, match="There is no file"):
        RNNClassifier.load(tmp_path / "y.npz")


versions = pytest.mark.parametrize("version", range(1, VERSION + 1))


@versions
@pytest.mark.parametrize("kind", [RNNClassifier, RNNRegressor])
def test_every_version_is_read(version, kind):
    model = kind.load(MODELS / f"version-{version}-{kind.__name__}.npz")
    with np.load(MODELS / f"{kind.__name__}-predictions.npz") as file:
        X, lengths, weights, expected = (file[n] for n in ("X", "lengths", "weights", "expected"))
    np.testing.assert_array_equal(model.weights_, weights)
    for part in (model, model.scaler_):  # of sequences
        assert not hasattr(part, "n_features_in_")
    predict = model.predict if kind is RNNRegressor else model.predict_proba
    # Float32 on another processor may round otherwise.
    np.testing.assert_allclose(predict(X, lengths=lengths), expected, rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="was fitted with lengths, so it needs those"):
        model.predict(X)


@versions
@pytest.mark.parametrize("name", ["rows", "tokens", "jordan"])
def test_every_version_is_read_with_its_names_of_settings(tmp_path, version, name):
    model = RNNClassifier.load(MODELS / f"version-{version}-{name}.npz")
    with np.load(MODELS / "predictions.npz") as file:
        X, expected = file[f"{name}_X"], file[f"{name}_proba"]
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-5, atol=1e-6)
    if name == "rows":  # a row is scaled feature by feature, then cut into two steps
        assert (model._reader.is_rows, model._reader.timesteps) == (True, 2)
        former = {"refine_every": 5, "n_refined": 3, "refine_steps": 10, "patience": None}
        assert model.optimizer == HybridGA(GA(50), **former)
        with pytest.raises(ValueError, match="features, but RNNClassifier is expecting 4"):
            model.predict(X[:, :3])
    # It is written as a file of today, and trained further.
    again = RNNClassifier.load(model.save(tmp_path / "x.npz"))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    y = np.resize(model.classes_, len(X))
    again.set_params(warm_start=True, budget=60, early_stopping=False).fit(X, y)
