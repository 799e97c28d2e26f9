"""Write the runs of a study in the format of IOHprofiler, for its readers and plots."""

import json
import re
import warnings
from collections.abc import Iterable, Sequence
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from metarnn.optimizers import History
from metarnn.version import __version__
from metarnn.writing import whole_folder

from .results import Results

if TYPE_CHECKING:
    import pandas as pd

#: IOHanalyzer reads versions below 0.3.3 as the old format.
FORMAT = "0.3.5"

#: Readers keep dimensions, instances and function numbers in 16 bits.
LARGEST = 2**16 - 1


def export(results: Results, folder: str | Path) -> Path:
    """Write the runs of a study for IOHanalyzer and iohinspector.

    Each optimizer has a folder, each problem a function number: 1, 2, ... in the order of the
    problems. A run consists of its improvements and its last pass. Runs of the same seed and
    fold have the same instance number, with both as run attributes.

    Parameters
    ----------
    results : Results
        Of a study.
    folder : str or Path
        Made if need be, with all files or not at all; it must be empty, because readers read every
        file in it.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ValueError
        No runs with a finite loss, or more problems or instances than the format can number.
    FileExistsError
        A folder that is not empty.

    Warns
    -----
    UserWarning
        Names the runs that are left out because they failed or never had a finite loss.

    Notes
    -----
    Evaluations are passes, rounded up if mini-batches or prices make them fractional: a loss is
    written at the first whole pass at which it is known. Readers start a run at evaluation 1, where
    the first known loss is written as well: a first gradient has it after the first of its passes.
    The dimension is the column `n_weights` of the runs, at most 65535; 1 without that column.

    iohinspector 0.0.8 in its default, monotonic mode drops the first line of a run that starts at
    exactly the loss at which the run before it ended. C. Doerr, H. Wang, F. Ye, S. van Rijn,
    T. Bäck: IOHprofiler: a benchmarking and profiling tool for iterative optimization heuristics.
    arXiv:1810.05281 (2018).
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} is not an empty folder; name a new one.")
    runs = results.runs.reset_index(drop=True)
    found = [history is not None and len(history.improvements) > 0 for history in results.histories]
    known = (runs["status"] == "done").to_numpy() & np.array(found, dtype=bool)
    written, left_out = runs[known], runs[~known]
    if not len(written):
        raise ValueError("No run has a finite loss, so there is nothing to write.")
    instances = _numbers(zip(runs["seed"], runs["fold"], strict=True), "pairs of seed and fold")
    problems = _numbers(zip(runs["dataset"], runs["network"], strict=True), "problems")
    folders = _unique(map(str, runs["optimizer"].unique()))
    with whole_folder(folder) as place:
        for (name, dataset, network), part in written.groupby(
            ["optimizer", "dataset", "network"], sort=False
        ):
            histories, own = [results.histories[row] for row in part.index], folders[str(name)]
            _write(place / own, problems[dataset, network], part, histories, instances)
    if len(left_out):
        names = [
            f"{row.optimizer} on {row.dataset} / {row.network}, seed {row.seed}, fold {row.fold}"
            for row in left_out.itertuples(index=False)
        ]
        warnings.warn(
            f"{len(left_out)} of {len(runs)} runs are left out, having failed or never had a "
            f"finite loss: {'; '.join(names)}.",
            stacklevel=2,
        )
    return folder


def _write(
    place: Path,
    number: int,
    part: "pd.DataFrame",
    histories: Sequence[Any],
    instances: dict[Any, int],
) -> None:
    """Write the runs of one optimizer on one problem: their lines, and their index."""
    first, stem = part.iloc[0], f"IOHprofiler_f{number}"
    problem = f"{first['dataset']}_{first['network']}"
    dimension = int(min(first.get("n_weights", 1), LARGEST))
    data = f"data_f{number}_{_safe(problem)}/{stem}_DIM{dimension}.dat"
    blocks, index = [], []
    for (_, row), history in zip(part.iterrows(), histories, strict=True):
        lines = _lines(history, float(row["passes"]))
        blocks.append("evaluations raw_y\n" + "".join(f"{at} {y!r}\n" for at, y in lines))
        best = next(line for line in lines if line[1] == lines[-1][1])
        index.append(
            {
                "instance": instances[row["seed"], row["fold"]],
                "evals": lines[-1][0],
                "best": {"evals": best[0], "y": best[1], "x": []},
                "seed": int(row["seed"]),
                "fold": int(row["fold"]),
            }
        )
    description = {
        "version": FORMAT,
        "suite": "metarnn",
        "function_id": number,
        "function_name": problem,
        "maximization": False,
        "algorithm": {"name": str(first["optimizer"]), "info": f"metarnn {__version__}"},
        "run_attributes": ["seed", "fold"],
        "attributes": ["evaluations", "raw_y"],
        "scenarios": [{"dimension": dimension, "path": data, "runs": index}],
    }
    (place / data).parent.mkdir(parents=True)
    (place / data).write_text("".join(blocks))
    (place / f"{stem}_{_safe(problem)}.json").write_text(json.dumps(description, indent=1))


def _lines(history: History, spent: float) -> list[tuple[int, float]]:
    """Return evaluations, rising from 1 to the last one of the run, and best losses."""
    passes, _, losses = history.improvements.T
    lines = {1: float(losses[0])}
    for at, loss in zip(passes, losses, strict=True):
        lines[_whole(at)] = float(loss)  # within a pass the last one, which is the best
    lines.setdefault(max(_whole(spent), *lines), float(losses[-1]))
    return sorted(lines.items())


def _whole(passes: float) -> int:
    """Return the pass rounded up; a sum of mini-batches may exceed it by a rounding error."""
    return max(1, ceil(passes - 1e-6))


def _numbers(keys: Iterable[tuple[Any, Any]], what: str) -> dict[tuple[Any, Any], int]:
    """Number keys from 1, in their order."""
    numbers = {key: i for i, key in enumerate(dict.fromkeys(keys), start=1)}
    if len(numbers) > LARGEST:
        raise ValueError(f"The format allows {LARGEST} {what}, got {len(numbers)}.")
    return numbers


def _safe(name: str) -> str:
    """Return a name that every file system accepts and no reader splits."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-.")[:80] or "unnamed"


def _unique(names: Iterable[str]) -> dict[str, str]:
    """Return a safe name for each name, all different even if case is ignored."""
    found: dict[str, str] = {}
    for name in names:
        safe, again = _safe(name), 1
        while safe.lower() in map(str.lower, found.values()):
            again += 1
            safe = f"{_safe(name)}-{again}"
        found[name] = safe
    return found
