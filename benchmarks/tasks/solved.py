"""A readout that is solved beside one that is trained: same network, same pools, equal passes.

Run it anywhere: python -m benchmarks.tasks.solved --archive FOLDER --seeds 3

A GRU of 8 units is read by the largest, the mean and the last values of its units. Its readout is
trained with all other weights, or solved for each candidate; the search is by descent, by
population or both; and a descent begins at random weights or at random weights with solved
readouts. Accuracies (R^2 of numbers) are those of test parts: of the sets of an archive, a folder
of .npz files as for ``benchmarks.defaults``; and of traps on new data, the parity of 5 bits on all
its patterns. A solved readout has its own loss, so only accuracies compare.
"""

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.command import Parser
from benchmarks.defaults import Part, archived, generated, is_numbers
from benchmarks.report import describe_machine, one_line
from metarnn import RNNClassifier, RNNRegressor
from metarnn.datasets import load

#: All else is the estimators' default.
NETWORK = {"cell": "gru", "hidden": 8, "bidirectional": False, "readout": "max+mean+last"}
SETTINGS = {**NETWORK, "n_best": 1, "budget": 1500}

BY = {"adam": "adam", "lbfgs": "lbfgs", "cuckoo": "cuckoo", "ga": "ga", "lshade": "lshade",
      "cma_es": "cma_es", "hybrid_ga": "hybrid_ga", "random_search": "random_search"}  # fmt: skip

CONTESTANTS: dict[str, dict[str, Any]] = {
    **{f"trained, {name}": {"optimizer": by} for name, by in BY.items()},
    **{
        f"{solve}, {name}": {"optimizer": by, "solve": solve}
        for solve in ("leave_one_out", "ridge", "logistic")
        for name, by in BY.items()
    },
    "solved start, adam": {"optimizer": "adam", "initial_weights": "solved"},
    "solved start, lbfgs": {"optimizer": "lbfgs", "initial_weights": "solved"},
}

#: Tasks in which descent is trapped.
TRAPS: dict[str, Callable[[int], Iterator[Part]]] = {
    "parity": lambda seed: parity(),
    "latch": lambda seed: generated("latch", seed),
    "delayed_recall": lambda seed: generated("delayed_recall", seed),
}


def parity() -> Iterator[Part]:
    """Give all patterns of 5 bits, to train on and to judge."""
    data = load("parity", n_bits=5)
    yield Part(data.X, data.y, data.X, data.y)


def problems(archive: Path | None, telling: bool) -> dict[str, Callable[[int], Iterator[Part]]]:
    """Return the parts of each problem by its name, as functions of the seed."""
    paths = [] if archive is None else sorted(archive.glob("*.npz"))
    named = {path.stem: lambda seed, path=path: archived(path, seed, telling) for path in paths}
    return named | TRAPS


def score(settings: dict[str, Any], part: Part, seed: int) -> float:
    """Return the accuracy or R^2 on the test part; NaN for what such targets cannot have."""
    numbers = is_numbers(part.y)
    if numbers and settings.get("solve") == "logistic":
        return np.nan
    kind = RNNRegressor if numbers else RNNClassifier
    model = kind(**(SETTINGS | settings), random_state=seed, n_threads=1)
    with warnings.catch_warnings(action="ignore"):
        return float(model.fit(part.X, part.y).score(part.X_test, part.y_test))


def main(words: Sequence[str] | None = None) -> None:
    """Measure and print a row for each contestant, a column for each problem."""
    parser = Parser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--archive", type=Path, help="folder of .npz files")
    parser.add_argument("--choosing", action="store_true", help="by folds of the training parts")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sets", nargs="+", help="names of problems")
    parser.add_argument("--only", nargs="+", help="labels of contestants")
    options = parser.parse_args(words)
    found = problems(options.archive, not options.choosing)
    names = [name for name in found if not options.sets or name in options.sets]
    wanted = [label for label in CONTESTANTS if not options.only or label in options.only]
    if not names or not wanted:
        parser.error("no such problem or contestant")
    print(one_line(describe_machine(["numpy"])), f"{options.seeds} seeds", sep="\n")
    print(f"{'':28}", *(f"{name[:10]:>10}" for name in [*names, "mean", "seconds"]))
    for label in wanted:
        began, row = time.perf_counter(), []
        for name in names:
            parts = [(part, seed) for seed in range(options.seeds) for part in found[name](seed)]
            row.append(np.mean([score(CONTESTANTS[label], *each) for each in parts]))
        seconds = time.perf_counter() - began
        print(f"{label:28}", *(f"{value:10.3f}" for value in [*row, np.nanmean(row), seconds]))


if __name__ == "__main__":
    main()
