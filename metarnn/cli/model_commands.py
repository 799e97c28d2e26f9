"""The commands ``metarnn fit``, ``predict`` and ``evaluate``: from a file to a saved model."""

import argparse
import sys
from pathlib import Path
from typing import Any, NamedTuple

from .options import add_network_options, network_settings


class Data(NamedTuple):
    """What a file holds: X as the estimators read it, lengths, and the answers or None."""

    X: Any
    lengths: Any = None
    y: Any = None


def add_model_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to those of ``metarnn``."""
    fit = _command(commands, "fit", "train a model on a file and save it")
    add = fit.add_argument
    add(
        "data",
        type=Path,
        help="a table .csv or .parquet, a .ts file, a folder of recordings, or openml:NAME",
    )
    add("--target", metavar="COLUMN", help="column of a table with what is to be told")
    add("--save", type=Path, required=True, metavar="FILE", help="the model, such as model.npz")
    add("--regression", action="store_true", help="tell numbers rather than classes")
    add("--optimizer", default="adam", metavar="NAME", help="an optimizer of 'metarnn list'")
    add("--budget", type=float, default=3000, metavar="PASSES", help="passes to spend")
    add("--alpha", type=float, default=0.0, metavar="A", help="L2 penalty")
    add("--timesteps", type=int, metavar="T", help="steps into which a row is cut")
    add("--seed", type=int, default=0, metavar="N", help="of the split and of the training")
    add(
        "--test-fraction",
        type=float,
        default=0.2,
        metavar="F",
        help="share held out to tell how good the model is; 0 trains on all",
    )
    add("--early-stopping", action="store_true", help="stop when a held-back part gets worse")
    add("--no-scale", action="store_true", help="take the numbers as they are")
    add("--quiet", action="store_true", help="show no progress")
    add_network_options(fit, hidden=16)
    fit.set_defaults(run=_fit)

    predict = _command(commands, "predict", "tell what a saved model answers")
    add = predict.add_argument
    add("model", type=Path, help="a file of 'metarnn fit'")
    add("data", type=Path, help="of the kind that the model was trained on; no target needed")
    add("--proba", action="store_true", help="add the probability of each class")
    add("--output", type=Path, metavar="FILE", help="a .csv to write; by default it is printed")
    predict.set_defaults(run=_predict)

    evaluate = _command(commands, "evaluate", "tell how right a saved model is")
    add = evaluate.add_argument
    add("model", type=Path, help="a file of 'metarnn fit'")
    add("data", type=Path, help="of the kind that the model was trained on")
    add("--target", metavar="COLUMN", help="column of a table with what is right")
    evaluate.set_defaults(run=_evaluate)


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, what: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--debug", action="store_true", help="show where an error came from")
    return parser


# --- Reading -----------------------------------------------------------------------------


def read_data(path: Path, target: str | None, *, columns: Any = None, wanted: bool = True) -> Data:
    """Read a file.

    Parameters
    ----------
    path : Path
        A table, whose rows are sequences; anything else as ``metarnn.datasets.load_path`` does.
    target : str, optional
        Column of the answers.
    columns : list of str, optional
        The columns that a model reads, by name; by default all but the target.
    wanted : bool
        Whether there must be answers.

    Raises
    ------
    FileNotFoundError, ValueError
        No such file or column, columns of words, or cells without a number.
    """
    if path.is_dir() or path.suffix.lower() not in (".csv", ".txt", ".parquet", ".data"):
        from metarnn.datasets import load_path

        if target is not None:
            raise ValueError(f"--target is for tables; {path} has its labels.")
        data = load_path(path)
        labels = [data.classes[code] for code in data.y] if data.y.ndim == 1 else data.y
        return Data(data.X, data.lengths, labels)
    frame = _table(path)
    if target is None and wanted:
        raise ValueError(
            f"--target must name the column of {path} that is to be told: {_listed(frame)}."
        )
    if target is not None and target not in frame:
        raise ValueError(f"{path} has no column {target!r}; it has {_listed(frame)}.")
    y = None if target is None else frame.pop(target)
    if y is not None and y.isna().any():
        raise ValueError(f"Column {target!r} of {path} has no value in row {_row(y.isna())}.")
    if columns is not None:
        missing = [name for name in columns if name not in frame]
        if missing:
            raise ValueError(
                f"{path} has no column {missing[0]!r}, which the model reads; it has "
                f"{_listed(frame)}."
            )
        frame = frame[list(columns)]
    if not frame.shape[1]:
        raise ValueError(f"{path} has no column but the target.")
    for name in frame:
        if frame[name].dtype.kind not in "biuf":
            raise ValueError(
                f"Column {name!r} of {path} must hold numbers, got {frame[name].iloc[0]!r}; "
                "leave it out or write numbers for the words."
            )
        if frame[name].isna().any():
            row = _row(frame[name].isna())
            raise ValueError(f"Column {name!r} of {path} has no number in row {row}.")
    return Data(frame, None, None if y is None else y.to_numpy())


def _table(path: Path) -> Any:
    """Return a table as a frame whose columns are words."""
    import pandas as pd

    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    try:
        if path.suffix.lower() == ".parquet":
            frame = pd.read_parquet(path)
        else:
            frame = pd.read_csv(path, sep=_separator(path), skipinitialspace=True)
    except ImportError:
        raise ImportError("Parquet needs pyarrow: pip install 'metarnn[parquet]'.") from None
    except Exception as error:  # each of a dozen libraries has its own
        reason = str(error).partition("\n")[0].rstrip(".") or type(error).__name__
        raise ValueError(f"{path} is no table that can be read: {reason}.") from None
    if not len(frame):
        raise ValueError(f"{path} has no rows.")
    frame.columns = frame.columns.map(lambda name: str(name).strip())
    if frame.columns.has_duplicates:
        name = frame.columns[frame.columns.duplicated()][0]
        raise ValueError(f"{path} has more than one column {name!r}.")
    return frame


def _separator(path: Path) -> str:
    """Return what separates the names in the first line."""
    with path.open(encoding="utf-8") as file:
        first = file.readline()
    return max(",;\t", key=first.count)


def _row(missing: Any) -> int:
    """Return the number of the first row that is missing, from 1 on, below the header."""
    return int(missing.to_numpy().argmax()) + 1


def _listed(frame: Any) -> str:
    names = list(frame.columns)
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


# --- Commands ----------------------------------------------------------------------------


def _fit(options: argparse.Namespace) -> int:
    from sklearn.model_selection import train_test_split

    from metarnn.estimators import RNNClassifier, RNNRegressor

    data = read_data(options.data, options.target)
    data = data._replace(y=_typed(data.y, options.regression, options.data))
    if not 0 <= options.test_fraction < 1:
        raise ValueError(
            f"--test-fraction must be at least 0 and below 1, got {options.test_fraction:g}."
        )
    folder = options.save.absolute().parent
    if not folder.is_dir() or options.save.is_dir():  # before the training, not after it
        raise ValueError(f"{options.save} cannot be written: {folder} must be a folder.")
    kind = RNNRegressor if options.regression else RNNClassifier
    settings = network_settings(options)
    if "decoder" in settings:
        raise ValueError("--decoder answers with sequences, which 'metarnn fit' does not train.")
    model = kind(
        **settings,
        optimizer=options.optimizer,
        budget=options.budget,
        alpha=options.alpha,
        timesteps=options.timesteps,
        scale=not options.no_scale and "embedding" not in settings,
        early_stopping=options.early_stopping,
        random_state=options.seed,
        verbose=0 if options.quiet else 1,
    )
    train, held = range(len(data.y)), None
    if options.test_fraction:
        strata = None if options.regression else data.y
        try:
            train, held = train_test_split(
                range(len(data.y)),
                test_size=options.test_fraction,
                stratify=strata,
                random_state=options.seed,
            )
        except ValueError as error:
            raise ValueError(
                f"{options.data} cannot be split: {error} --test-fraction 0 trains on all."
            ) from None
    some = _part(data, train)
    model.fit(some.X, some.y, lengths=some.lengths)
    path = model.save(options.save)
    print(f"{model.network_}: {len(model.weights_)} weights, {len(train)} sequences")
    print(f"{model.stop_reason_} {model.n_passes_:g} passes, training loss {model.loss_:.4g}")
    if held is not None:
        print(f"on {len(held)} sequences held out:")
        _tell(model, _part(data, held))
    print(f"saved in {path}")
    return 0


def _predict(options: argparse.Namespace) -> int:
    import pandas as pd

    from metarnn.estimators import load_model

    model = load_model(options.model)
    proba = options.proba
    if proba and not hasattr(model, "classes_"):
        raise ValueError("--proba is for classes; this model tells numbers.")
    data = read_data(options.data, None, columns=_columns(model), wanted=False)
    answers = model.predict(data.X, lengths=data.lengths)
    single = answers.ndim == 1
    table = pd.DataFrame(answers, columns=["prediction"] if single else None)
    if proba:
        shares = model.predict_proba(data.X, lengths=data.lengths)
        for name, share in zip(model.classes_, shares.T, strict=True):
            table[f"p({name})"] = share.round(6)
    if options.output is None:
        table.to_csv(sys.stdout, index=False)
    else:
        table.to_csv(options.output, index=False)
        print(f"{len(table)} answers are in {options.output}")
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    from metarnn.estimators import load_model

    model = load_model(options.model)
    data = read_data(options.data, options.target, columns=_columns(model))
    regression = not hasattr(model, "classes_")
    y = _typed(data.y, regression, options.data)
    if not regression:
        y = _as_classes(y, model.classes_, options.data)
    print(f"{model.network_}: {len(model.weights_)} weights; {len(y)} sequences")
    _tell(model, data._replace(y=y))
    return 0


def _columns(model: Any) -> Any:
    return getattr(model, "feature_names_in_", None)


def _part(data: Data, rows: Any) -> Data:
    import numpy as np

    rows = np.asarray(rows)
    X = data.X.iloc[rows] if hasattr(data.X, "iloc") else data.X[rows]
    lengths = None if data.lengths is None else data.lengths[rows]
    return Data(X, lengths, np.asarray(data.y)[rows])


def _typed(y: Any, regression: bool, path: Path) -> Any:
    """Return answers as numbers, or as classes."""
    import numpy as np

    y = np.asarray(y)
    if regression:
        try:
            return y.astype(float)
        except (TypeError, ValueError):
            raise ValueError(
                f"--regression tells numbers, but the target of {path} holds words."
            ) from None
    if y.dtype.kind == "f" and not np.array_equal(y, np.rint(y)):
        raise ValueError(
            f"The target of {path} holds numbers such as {y[y != np.rint(y)][0]:g} and no "
            "classes: --regression tells numbers."
        )
    return y.astype(str) if y.dtype.hasobject else y


def _as_classes(y: Any, classes: Any, path: Path) -> Any:
    """Return labels in the type of a model's classes."""
    import numpy as np

    if y.dtype.kind != classes.dtype.kind:
        y = y.astype(str)
        y = np.array([{str(c): c for c in classes}.get(label, label) for label in y])
    unknown = set(y.tolist()) - set(classes.tolist())
    if unknown:
        raise ValueError(
            f"The target of {path} has the class {sorted(map(str, unknown))[0]!r}, but the model "
            f"knows {', '.join(map(str, classes))}."
        )
    return y


def _tell(model: Any, data: Data) -> None:
    """Print how right a model is."""
    import numpy as np
    from sklearn import metrics

    answers = model.predict(data.X, lengths=data.lengths)
    if not hasattr(model, "classes_"):
        print(f"  R^2 {metrics.r2_score(data.y, answers):.4f}")
        print(f"  root mean squared error {metrics.root_mean_squared_error(data.y, answers):.4g}")
        print(f"  mean absolute error {metrics.mean_absolute_error(data.y, answers):.4g}")
        return
    shares = np.bincount(np.searchsorted(model.classes_, data.y)) / len(data.y)
    right = float(metrics.accuracy_score(data.y, answers))
    print(f"  accuracy {right:.4f} (commonest class {shares.max():.4f})")
    f1 = metrics.f1_score(data.y, answers, average="macro", zero_division=0)
    print(f"  macro F1 {f1:.4f}")
    probabilities = model.predict_proba(data.X, lengths=data.lengths)
    loss = metrics.log_loss(data.y, probabilities, labels=model.classes_)
    print(f"  log loss {loss:.4f}")
    if len(model.classes_) <= 12:
        counts = metrics.confusion_matrix(data.y, answers, labels=model.classes_)
        names = [str(name)[:10] for name in model.classes_]
        width = max(6, *(len(name) + 1 for name in names))
        width = min(width, max(5, 66 // len(names)))
        print("  rows: the right class, columns: the answer")
        print("  " + " " * 11 + "".join(f"{name[: width - 1]:>{width}}" for name in names))
        for name, row in zip(names, counts, strict=True):
            print(f"  {name:11}" + "".join(f"{n:{width}}" for n in row))
