"""A small file of every format that is read, and how each is read and used."""

import bz2
import gzip
import lzma
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from metarnn import (
    RecurrentFeaturesClassifier,
    RecurrentFeaturesRegressor,
    RNNClassifier,
    RNNRegressor,
    load_model,
)
from metarnn.cli.network import read_network
from metarnn.datasets import load_path
from metarnn.embeddings import read_vectors
from metarnn.networks.description import resolve_network
from metarnn.study import Study, read_settings
from metarnn.study.store import Store

#: A study of 12 runs, each of some milliseconds.
STUDY = """\
budget = 60
seeds = 2
[datasets.xor]
[datasets.parity]
n_bits = 3
[networks.elman]
hidden = 3
[optimizers.adam]
[optimizers.cuckoo]
n_nests = 6
[optimizers.random_search]
"""
NETWORK = """\
readout = "mean"
[[layers]]
kind = "Recurrent"
cell = "gru"
hidden = 3
[[layers]]
kind = "Attention"
"""
LONG = "id,t,a,b,label\n1,1,0.5,1,yes\n1,2,0.25,2,yes\n2,1,3,1,no\n2,3,4,0,no\n2,2,5,1,no\n"
TS = """\
# Two channels.
@problemName Toy
@timeStamps false
@missing false
@univariate false
@dimensions 2
@equalLength false
@classLabel true b a
@data
1,2,3:4,5,6:a
7,8:9,10.5:b
-1e2 : +2 : a
"""
ARFF = """\
@relation toy
@attribute width numeric
@attribute 'the height' real
@attribute kind {small, 'very large'}
@data
1, 2.5, small
3, 4, 'very large'
{0 5, 2 'very large'}
"""
ARCHIVE = "1\t0.5\t1.5\n-1\t2.5\t0.5\n1\t3\t4.5\n"
GLOVE = "the 0.5 -1 2\nof course 1 2 3\ncat -4 5e-1 6\n"


def inputs() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return X (12, 4, 2), classes (12,) and numbers (12,)."""
    X = np.random.default_rng(0).normal(size=(12, 4, 2))
    return X, np.arange(12) % 2, X[:, 0, 0]


def models() -> dict[str, Any]:
    """Return a fitted model of each kind."""
    X, classes, numbers = inputs()
    small = {"budget": 30, "hidden": 3, "random_state": 0, "n_threads": 1}
    features = {"n_features": 40, "random_state": 0, "n_threads": 1}
    return {
        "classifier": RNNClassifier(**small).fit(X, np.array(["no", "yes"])[classes]),
        "regressor": RNNRegressor(**small, cell="elman", optimizer="cuckoo").fit(X, numbers),
        "features_classifier": RecurrentFeaturesClassifier(**features).fit(X, classes),
        "features_regressor": RecurrentFeaturesRegressor(**features).fit(X, numbers),
    }


def write(folder: Path) -> None:
    """Write all samples into a folder."""
    X, classes, _ = inputs()
    for name, model in models().items():
        model.save(folder / f"{name}.npz")
    (folder / "study.toml").write_text(STUDY)
    Study(read_settings(folder / "study.toml"), store=folder / "study.sqlite").run()
    (folder / "network.toml").write_text(NETWORK)
    frame = pd.DataFrame(X.reshape(12, 8).round(3), columns=list("abcdefgh"))
    frame["label"] = np.array(["no", "yes"])[classes]
    frame.to_csv(folder / "table.csv", index=False)
    frame.to_csv(folder / "table.tsv", index=False, sep="\t")
    frame.to_parquet(folder / "table.parquet")
    data = (folder / "table.csv").read_bytes()
    for ending, compress in (("gz", gzip), ("bz2", bz2), ("xz", lzma)):
        (folder / f"table.csv.{ending}").write_bytes(compress.compress(data))
    with zipfile.ZipFile(folder / "table.csv.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("table.csv", data)
    texts = {"long.csv": LONG, "toy.ts": TS, "toy.arff": ARFF, "Toy_TRAIN.tsv": ARCHIVE}
    texts |= {"glove.txt": GLOVE, "word2vec.txt": "3 3\n" + GLOVE.replace("of course", "of")}
    for name, text in texts.items():
        (folder / name).write_text(text)
    with (folder / "word2vec.bin").open("wb") as file:
        file.write(b"2 3\n")
        for word in (b"the", b"cat"):
            file.write(word + b" " + np.arange(3, dtype="<f4").tobytes() + b"\n")
    for kind, rows in (("up", [[1, 2], [3, 4]]), ("down", [[4, 3], [2, 1], [0, 0]])):
        (folder / "recordings" / kind).mkdir(parents=True)
        np.save(folder / "recordings" / kind / "1.npy", np.array(rows, float))
        (folder / "recordings" / kind / "2.csv").write_text("x,z\n1,2\n3,4\n")


class Sample(NamedTuple):
    """A file, or folder, and a function that reads and uses it and returns its numbers."""

    name: str
    read: Callable[[Path], Any]
    #: Whether an error must name the file.
    named: bool = True


def _predicted(path: Path) -> Any:
    model, X = load_model(path), inputs()[0]
    return [getattr(model, "predict_proba", model.predict)(X)]


def _stored(path: Path) -> Any:
    with Store(path, readonly=True) as store:
        frame, histories = store.frame(), store.histories()
        weights = [store.weights(key) for key, state in store.keys().items() if state == "done"]
    improved = [history.improvements for history in histories if history is not None]
    study = Study(read_settings(path.with_name("study.toml")), store=path)
    study.status()
    study.results().summary()
    return [frame["train_loss"].dropna().to_numpy(), *weights, *improved]


def _settled(path: Path) -> Any:
    study = Study(read_settings(path))
    study.check()
    return [np.array(len(study.plan))]


def _network(path: Path) -> Any:
    network = resolve_network(read_network(path), 2, 2)
    return [network.init(np.random.default_rng(0), 1)]


def _data(**how: Any) -> Callable[[Path], Any]:
    def read(path: Path) -> Any:
        data = load_path(path, **how)
        return [data.X]

    return read


SAMPLES = (
    *(Sample(f"{name}.npz", _predicted) for name in ("classifier", "regressor")),
    *(Sample(f"features_{name}.npz", _predicted) for name in ("classifier", "regressor")),
    Sample("study.sqlite", _stored),
    Sample("study.toml", _settled, named=False),
    Sample("network.toml", _network, named=False),
    *(Sample(f"table.{ending}", _data(label="label")) for ending in ("csv", "tsv", "parquet")),
    *(Sample(f"table.csv.{end}", _data(label="label")) for end in ("gz", "bz2", "xz", "zip")),
    Sample("long.csv", _data(label="label", series="id", order="t")),
    *(Sample(name, _data()) for name in ("toy.ts", "toy.arff", "Toy_TRAIN.tsv", "recordings")),
    *(
        Sample(name, lambda path: [read_vectors(path)[1]])
        for name in ("glove.txt", "word2vec.txt", "word2vec.bin")
    ),
)


def finite(values: Any) -> bool:
    """Whether all numbers in arrays, alone or in lists and dictionaries, are finite."""
    if isinstance(values, dict):
        return all(map(finite, values.values()))
    if isinstance(values, list | tuple):
        return all(map(finite, values))
    if isinstance(values, float | np.floating):
        return bool(np.isfinite(values))
    if isinstance(values, np.ndarray) and values.dtype.kind in "fc":
        return bool(np.isfinite(values).all())
    return True


def warm(folder: Path) -> None:
    """Write the samples, and read each once, so that the forks find all code compiled."""
    warnings.simplefilter("ignore")
    write(folder)
    for sample in SAMPLES:
        sample.read(folder / sample.name)
