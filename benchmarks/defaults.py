"""Which defaults win: the estimators as they are, with one setting changed, and beside others.

Without options every contestant is a change of one setting of ``RNNClassifier()``, or of
``RNNRegressor()`` where numbers are predicted. Tables and generated series are drawn again for
each seed, with parts for training and testing; of the sets of an archive only the training parts
are read, in two folds. So the archive's test parts stay for the second question, with ``--rivals``:
how good is the chosen default beside other methods? There torch trains a GRU and an LSTM of the
same size for the same passes by the same optimizer, and keeps the best iterate. Rivals that are
not installed are left out and named.

    python -m benchmarks.defaults --archive FOLDER --seeds 3
    python -m benchmarks.defaults --archive FOLDER --seeds 3 --rivals

The archive is a folder with .npz files (X_train, lengths_train, y_train, and the same for test).
"""

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold, StratifiedKFold

from benchmarks.command import Parser
from benchmarks.rivals import RIVALS, missing
from metarnn import RNNClassifier, RNNRegressor
from metarnn.datasets import load
from metarnn.sequences import unpadded

TABLES = "iris", "wine", "breast_cancer"
NUMBERS = ("diabetes",)  # scikit-learn's, R^2 in place of the accuracy
TASKS = "latch", "delayed_recall", "temporal_order", "two_sequence"
SERIES = (
    *("cylinder_bell_funnel", "control_charts", "two_patterns", "waveform"),
    *("begin_middle_end", "up_middle_down", "hidden_shape", "arma", "mackey_glass"),
    *("tone", "chirp", "lead_lag"),
)

#: Changes of one setting of the default.
CHANGES: dict[str, dict[str, Any]] = {
    "default": {},
    "cell gru": {"cell": "gru"},
    "cell elman": {"cell": "elman"},
    "8 units": {"hidden": 8},
    "32 units": {"hidden": 32},
    "one direction": {"bidirectional": False},
    "readout last": {"readout": "last"},
    "readout mean": {"readout": "mean"},
    "readout attention": {"readout": "attention"},
    "not scaled": {"scale": False},
    "one start": {"n_best": 1},
    "10 starts": {"n_best": 10},
    "no penalty": {"alpha": 0.0},
    "alpha 0.001": {"alpha": 0.001},
    "alpha 0.01": {"alpha": 0.01},
    "alpha 0.03": {"alpha": 0.03},
    "rate 0.01": {"optimizer": "adam:learning_rate=0.01"},
    "rate 0.05": {"optimizer": "adam:learning_rate=0.05"},
    "no clipping": {"optimizer": "adam:max_norm=None"},
    "cosine": {"optimizer": "adam:schedule=cosine"},
    "1,000 passes": {"budget": 1000},
    "10,000 passes": {"budget": 10_000},
    "early stopping": {"early_stopping": True},
    "rprop": {"optimizer": "rprop"},
    "hybrid_ga": {"optimizer": "hybrid_ga"},
    "cuckoo": {"optimizer": "cuckoo"},
    "rows by features": {"timesteps": "features"},  # differs on tables only
}


class Part(NamedTuple):
    """Sequences or rows with their targets, for training and for testing."""

    X: Any
    y: Any
    X_test: Any
    y_test: Any


def take(X: Any, rows: Any) -> Any:
    """Return some of the sequences of an array or a list."""
    return [X[row] for row in rows] if isinstance(X, list) else X[rows]


def folds(X: Any, y: Any, n: int, seed: int) -> Iterator[Part]:
    """Cut data into a training and a test part, n times."""
    kind = KFold if is_numbers(y) else StratifiedKFold
    with warnings.catch_warnings(category=UserWarning, action="ignore"):  # of rare classes
        for train, test in kind(n, shuffle=True, random_state=seed).split(np.zeros(len(y)), y):
            yield Part(take(X, train), y[train], take(X, test), y[test])


def is_numbers(y: Any) -> bool:
    """Whether targets are numbers, as those of Tecator and diabetes are."""
    return bool(y.dtype.kind == "f")


def table(name: str, seed: int) -> Iterator[Part]:
    """Cut a raw table into five folds."""
    if name in NUMBERS:
        from sklearn import datasets

        X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        return folds(X, y.astype(float), 5, seed)
    data = load(name)
    return folds(data.X, data.y, 5, seed)


def generated(name: str, seed: int) -> Iterator[Part]:
    """Draw training and test sequences."""
    train, test = load(name, seed=seed), load(name, seed=1000 + seed)
    parts = (train.X, test.X)
    if train.lengths is not None:
        parts = unpadded(train.X, train.lengths), unpadded(test.X, test.lengths)  # type: ignore[assignment]
    yield Part(parts[0], train.y, parts[1], test.y)


def archived(path: Path, seed: int, telling: bool) -> Iterator[Part]:
    """Read a set of an archive: two folds of its training part, or both parts to tell."""
    with np.load(path) as file:
        data = {key: file[key] for key in file}
    X = {}
    for part in ("train", "test"):
        x, lengths = data[f"X_{part}"].astype(float), data[f"lengths_{part}"]
        X[part] = x if (lengths == x.shape[1]).all() else unpadded(x, lengths)
    if X["train"].__class__ is not X["test"].__class__:
        X = {part: list(x) for part, x in X.items()}
    if telling:
        yield Part(X["train"], data["y_train"], X["test"], data["y_test"])
    else:
        yield from folds(X["train"], data["y_train"], 2, seed)


def problems(archive: Path | None, telling: bool) -> dict[str, dict[str, Callable[[int], Any]]]:
    """Return the parts of each problem as a function of the seed, by kind and name."""

    def each(names: Any, parts: Callable[[str, int], Iterator[Part]]) -> dict[str, Any]:
        return {name: lambda seed, name=name: parts(name, seed) for name in names}

    found = {
        "tables": each(TABLES + NUMBERS, table),
        "tasks": each(TASKS, generated),
        "generated series": each(SERIES, generated),
    }
    if archive is not None:
        paths = {path.stem: path for path in sorted(archive.glob("*.npz"))}
        found["archive"] = each(paths, lambda name, seed: archived(paths[name], seed, telling))
    return found


def contestants(rivals: bool) -> dict[str, Callable[[bool, int], Any]]:
    """Return the makers of models, of (numbers, seed), by label."""
    if rivals:
        return {"metarnn, default": lambda numbers, seed: default(numbers, seed), **RIVALS}
    return {
        label: lambda numbers, seed, change=change: default(numbers, seed, **change)
        for label, change in CHANGES.items()
    }


def default(numbers: bool, seed: int, **change: Any) -> Any:
    """Return the estimator with nothing said but the seed, and what is changed."""
    return (RNNRegressor if numbers else RNNClassifier)(random_state=seed, n_threads=1, **change)


def measure(make: Callable[[bool, int], Any], parts: Iterator[Part], seed: int) -> Any:
    """Return the mean score over parts and the mean seconds of a fit, or NaN if a method cannot."""
    scores, seconds = [], []
    for number, part in enumerate(parts):
        numbers = is_numbers(part.y)
        score = r2_score if numbers else lambda y, found: float(np.mean(y == found))
        try:
            model = make(numbers, seed * 10 + number)
            began = time.perf_counter()
            model.fit(part.X, part.y)
            seconds.append(time.perf_counter() - began)
            scores.append(score(part.y_test, model.predict(part.X_test)))
        except (ValueError, TypeError, NotImplementedError) as error:
            print(f"    left out: {str(error)[:90]}")
            return np.nan, np.nan
    return np.mean(scores), np.mean(seconds)


def check_known(parser: Parser, option: str, given: list[str] | None, known: Any) -> None:
    """End with a sentence where an option names what is not there."""
    for name in given or ():
        if name not in known:
            parser.error(f"{option} names {name!r}; there are {', '.join(sorted(known))}")


def main(words: Sequence[str] | None = None) -> None:
    parser = Parser(description=__doc__.partition("\n")[0])
    parser.add_argument("--archive", type=Path, help="folder of .npz files")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--rivals", action="store_true", help="other methods, on the test parts")
    parser.add_argument("--kinds", nargs="+", help="tables, tasks, 'generated series', archive")
    parser.add_argument("--sets", nargs="+", help="names of problems")
    parser.add_argument("--only", nargs="+", help="labels of contestants")
    options = parser.parse_args(words)
    kinds = problems(options.archive, options.rivals)
    check_known(parser, "--kinds", options.kinds, kinds)
    check_known(
        parser, "--sets", options.sets, {name for named in kinds.values() for name in named}
    )
    labels = [*contestants(options.rivals), *(missing() if options.rivals else [])]
    check_known(parser, "--only", options.only, labels)
    if options.rivals and (lacking := missing()):
        print(f"not installed and left out: {', '.join(lacking)}")
    default(False, 0, budget=30).fit(np.zeros((4, 2, 1)), [0, 1, 0, 1])  # compiles
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    for kind, named in kinds.items():
        if options.kinds and kind not in options.kinds:
            continue
        names = [name for name in named if not options.sets or name in options.sets]
        if not names:
            continue
        print(f"\n{kind}: {', '.join(names)}; {options.seeds} seeds")
        print(f"{'':28} {'mean':>6} {'s/fit':>7}   each")
        for label, make in contestants(options.rivals).items():
            if options.only and label not in options.only:
                continue
            found = [np.mean([measure(make, named[n](s), s) for s in seeds], 0) for n in names]
            scores, seconds = np.array(found).T
            each = " ".join(f"{score:6.3f}" for score in scores)
            mean = f"{np.nanmean(scores):6.3f} {np.nanmean(seconds):7.2f}"
            print(f"{label:28} {mean}   {each}", flush=True)


if __name__ == "__main__":
    main()
