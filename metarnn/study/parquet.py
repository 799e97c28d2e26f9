"""The runs of a study as one Parquet file: to publish, to read elsewhere, to take up again."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metarnn.extras import install
from metarnn.optimizers import History
from metarnn.runtimes.hitting import first_reaching
from metarnn.validation import check_path, is_number, shown
from metarnn.version import __version__
from metarnn.writing import whole_file

from .consistency import fault_of_conditions
from .damage import fault_of
from .environment import joined
from .results import Results
from .run import COLUMNS, Run
from .settings import StudySettings

if TYPE_CHECKING:
    import pyarrow as pa

#: The form of the file, which is raised where older versions could not read it.
FORMAT = 1
#: The key of what the file says of the whole study.
KEY = b"metarnn"
#: What it says, and of which kind that is.
SAID = {"conditions": dict, "targets": dict, "sessions": list}
#: Columns with the points of a curve, lists of the same length.
CURVE = "curve_passes", "curve_seconds", "curve_losses"


@dataclass(frozen=True)
class PublishedRuns:
    """The runs of a Parquet file, and what it says of them.

    Attributes
    ----------
    path : Path
        The file.
    runs : list of Run
        Without weights; the history of each has the improvements that reached a target.
    conditions : dict
        All that results depend on.
    targets : dict
        The losses of the runtime distributions, by "dataset/network".
    sessions : list of dict
        The environments of the runs.
    """

    path: Path
    runs: list[Run]
    conditions: dict[str, Any]
    targets: dict[str, list[float]]
    sessions: list[dict[str, str]]


def require_pyarrow() -> None:
    """Raise an ImportError if pyarrow is not installed."""
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise ImportError(f"Parquet files need pyarrow: {install('parquet')}.") from error


def write_runs(
    path: Path,
    results: Results,
    conditions: Mapping[str, Any],
    sessions: Sequence[Mapping[str, str]],
    *,
    replace: bool = False,
) -> Path:
    """Write runs with their thinned curves as a Parquet file, whole or not at all.

    Parameters
    ----------
    path : Path
        The file.
    results : Results
        The runs, with the targets of each problem.
    conditions : dict
        All that results depend on, as JSON has them.
    sessions : sequence of dict
        The environments of the runs.
    replace : bool
        Whether to write over a file that is there.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ImportError
        pyarrow is not installed.
    FileExistsError
        There is such a file, and `replace` is not set.
    """
    require_pyarrow()
    import pyarrow as pa
    import pyarrow.parquet as pq

    runs, targets = results.runs, results.targets
    problems = zip(runs["dataset"], runs["network"], strict=True)
    curves = [
        thinned(history, targets[problem])
        for history, problem in zip(results.histories, problems, strict=True)
    ]
    table = pa.Table.from_pandas(runs[list(COLUMNS)], preserve_index=False)
    kinds = pa.float64(), pa.float32(), pa.float64()
    for i, (name, kind) in enumerate(zip(CURVE, kinds, strict=True)):
        column = pa.array([curve[:, i].tolist() for curve in curves], pa.list_(kind))
        table = table.append_column(name, column)
    said = {
        "format": FORMAT,
        "version": __version__,
        "conditions": conditions,
        "targets": {"/".join(problem): losses for problem, losses in targets.items()},
        "sessions": sessions,
    }
    table = table.replace_schema_metadata({KEY: json.dumps(said).encode()})

    with whole_file(path, replace=replace) as file:
        pq.write_table(table, file, compression="zstd", compression_level=19)
    return path


def thinned(history: History | None, targets: ArrayLike) -> NDArray[np.float64]:
    """Return the improvements (m, 3) at which a target is first reached, the first and the last.

    Running times to the targets are the same as by the whole history, and so are the losses at the
    end.
    """
    points = np.empty((0, 3)) if history is None else history.improvements
    return np.asarray(points[first_reaching(points[:, 2], targets)])


def read_runs(path: str | Path) -> PublishedRuns:
    """Read a file of :func:`write_runs`.

    Raises
    ------
    FileNotFoundError
        No such file.
    ImportError
        pyarrow is not installed.
    ValueError
        It is no such file, or one of a newer version.
    """
    require_pyarrow()
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = check_path("path", path)
    if not path.exists():
        raise FileNotFoundError(
            f"{path} does not exist: name what 'metarnn study export --format parquet' has written."
        )
    try:
        table = pq.read_table(path)
        about = json.loads((table.schema.metadata or {})[KEY])
        form = about["format"]
        if not isinstance(form, int):
            raise TypeError
    except (pa.ArrowException, KeyError, TypeError, ValueError, OSError, RecursionError):
        raise ValueError(
            f"{path} holds no runs of metarnn: 'metarnn study export --format parquet' writes them."
        ) from None
    if form > FORMAT:
        raise ValueError(
            f"{path} was written by metarnn {about.get('version')}, in a form that this one, "
            f"{__version__}, does not read."
        )
    if fault := _fault(about):
        raise ValueError(f"{path} is damaged: {fault}; have it exported again.")
    runs = list(_runs(table, path))
    return PublishedRuns(path, runs, about["conditions"], about["targets"], about["sessions"])


def _fault(about: Mapping[str, Any]) -> str | None:
    """Return what is wrong with what a file says of the whole study, or None."""
    for name, kind in SAID.items():
        if not isinstance(about.get(name), kind):
            return f"its {name} are {about.get(name)!r:.40}, expected a {kind.__name__}"
    if fault := fault_of_conditions(about["conditions"]):
        return fault
    for problem, losses in about["targets"].items():
        if not (isinstance(losses, list) and losses and all(map(is_number, losses))):
            return f"its targets of {problem} are {losses!r:.40}, expected a list of numbers"
    for session in about["sessions"]:
        if not (isinstance(session, dict) and all(isinstance(x, str) for x in session.values())):
            return f"an environment of its runs is {session!r:.40}, expected a dict of texts"
    return None


def read_results(path: str | Path, settings: StudySettings) -> Results:
    """Return the results of a Parquet file, without the data of the study.

    Parameters
    ----------
    path : str or path
        What :meth:`metarnn.Study.export_runs` wrote.
    settings : StudySettings
        The settings of the study that wrote it.

    Returns
    -------
    Results
        The runs of these data sets, networks, optimizers and seeds, for statistics and plots.

    Raises
    ------
    FileNotFoundError, ImportError, TypeError, ValueError
        As for :meth:`metarnn.Study.import_runs`; no run of these settings, or no settings.
    """
    if not isinstance(settings, StudySettings):
        raise TypeError(
            "settings must be those of the study, such as read_settings('study.toml'), got "
            f"{shown(settings)}."
        )
    return results_of(read_runs(path), settings)


def results_of(published: PublishedRuns, settings: StudySettings) -> Results:
    """Return the results of runs that were read; a ValueError where none is of these settings."""
    import pandas as pd

    path, optimizers = published.path, list(settings.optimizers)
    wanted: Any = settings.datasets, settings.networks, settings.optimizers, settings.seeds
    runs = [
        run
        for run in published.runs
        if all(label in known for label, known in zip(run.key[:4], wanted, strict=True))
    ]
    if not runs:
        raise ValueError(
            f"{path} has no runs of the optimizers {', '.join(optimizers)} with the data sets, "
            "networks and seeds of these settings."
        )
    frame = pd.DataFrame([run.record for run in runs], columns=list(COLUMNS))
    real = [name for name, kind in COLUMNS.items() if kind == "REAL"]
    frame = frame.astype(dict.fromkeys(real, float) | {"reached": bool})
    problems = dict.fromkeys(zip(frame["dataset"], frame["network"], strict=True))
    missing = [pair for pair in problems if "/".join(pair) not in published.targets]
    if missing:
        raise ValueError(f"{path} is damaged: it has no targets of {'/'.join(missing[0])}.")
    targets = {pair: tuple(published.targets["/".join(pair)]) for pair in problems}
    histories = [run.history for run in runs]
    return Results(frame, histories, settings, joined(published.sessions), targets)


def _runs(table: "pa.Table", path: Path) -> Iterator[Run]:
    """Yield the runs of a table, checked."""
    missing = [name for name in (*COLUMNS, *CURVE) if name not in table.column_names]
    if missing:
        raise ValueError(f"{path} lacks the column {missing[0]!r}: it is no file of runs.")
    for row in table.to_pylist():
        record = {name: _plain(row[name], kind) for name, kind in COLUMNS.items()}
        columns = [row[name] or [] for name in CURVE]
        fault = fault_of(record)
        if not fault and len({*map(len, columns)}) > 1:
            fault = "its curve has columns of several lengths"
        curve = np.empty((0, 3)) if fault else np.array(columns, float).T
        falls = (np.diff(curve[:, 0]) >= 0).all() and (np.diff(curve[:, 2]) <= 0).all()
        if fault or not falls:
            fault = fault or "its curve does not fall"
            raise ValueError(f"{path} is damaged: of a run of {record['optimizer']}, {fault}.")
        if record["status"] == "failed":
            yield Run(record)
            continue
        history = History()
        for passes, seconds, loss in curve.tolist():
            history.improve(passes, seconds, loss)
        if len(curve):
            history.add(passes, seconds, loss, loss)
        yield Run(record, history, np.empty(0))


def _plain(value: Any, kind: str) -> Any:
    """Return a value as the store has it: flags as numbers, what is not a number as None."""
    if value is None or value != value:
        return None
    return int(value) if kind == "INT" else value
