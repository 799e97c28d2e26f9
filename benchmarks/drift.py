"""How far results drift between processors: the same seeds, compiled for several of them.

    python -m benchmarks.drift [--budget N] [--seeds N] [--optimizers NAME ...]

Each target is a process of its own with NUMBA_CPU_NAME, NUMBA_CPU_FEATURES and a folder for its
code. This processor must know the instructions of all; what other makers' processors do beyond the
instructions, such as NumPy's and BLAS's choice of kernels, is not seen.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from llvmlite import binding

from .command import Parser

#: Name and features of processors; None leaves it to numba, which takes those of this one.
TARGETS: dict[str, dict[str, str]] = {
    "this processor": {},
    "haswell (AVX2, FMA)": {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": ""},
    "nehalem (SSE4.2)": {"NUMBA_CPU_NAME": "nehalem", "NUMBA_CPU_FEATURES": ""},
    "generic x86-64 (SSE2)": {"NUMBA_CPU_NAME": "x86-64", "NUMBA_CPU_FEATURES": ""},
}
OPTIMIZERS = "adam", "rprop", "lbfgs", "cuckoo", "ga", "cma_es", "memetic"
POINTS = 20

Arrays = Mapping[str, Any]


def arrays(names: Sequence[str], n_seeds: int, budget: float) -> dict[str, Any]:
    """Return losses and gradients of points, and what fits find, as compiled for this process."""
    from metarnn import Fitness, Network
    from metarnn.datasets import load
    from metarnn.optimizers import minimize, resolve_optimizers

    data = load("wine")
    X = ((data.X - data.X.mean(axis=0)) / data.X.std(axis=0)).reshape(len(data.y), -1, 1)
    found: dict[str, Any] = {}
    for dtype in ("float32", "float64"):
        network = Network.build(1, len(data.classes), hidden=8, cell="lstm", dtype=dtype)
        fitness = Fitness(network, X, data.y, alpha=1e-4)
        points = network.init(np.random.default_rng(0), POINTS)
        losses, gradients = fitness.gradient(points)
        found |= {f"{dtype}/loss": losses, f"{dtype}/gradient": gradients}
        for name, optimizer in resolve_optimizers(list(names)).items():
            for seed in range(n_seeds):
                result = minimize(fitness, optimizer, budget=budget, seed=seed)
                label = network.scores(result.x, X).argmax(axis=-1)
                found |= {
                    f"{dtype}/{name}/{seed}/fit": result.fun,
                    f"{dtype}/{name}/{seed}/x": result.x,
                    f"{dtype}/{name}/{seed}/accuracy": np.mean(label == data.y),
                }
    return found


def compiled_for(target: Mapping[str, str], options: argparse.Namespace) -> Arrays:
    """Return the arrays of a process that compiles for a target."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "arrays.npz"
        words = [*options.optimizers, "--seeds", options.seeds, "--budget", options.budget]
        subprocess.run(
            [sys.executable, "-m", "benchmarks.drift", "--write", file, "--optimizers"]
            + [str(word) for word in words],
            env=os.environ | target | {"NUMBA_CACHE_DIR": folder},
            check=True,
        )
        with np.load(file) as stored:
            return dict(stored)


def difference(one: Any, other: Any) -> float:
    """Return the largest difference between two arrays, as a fraction of the first's largest."""
    return float(np.max(np.abs(one - other)) / np.max(np.abs(one)))


def rows(own: Arrays, other: Arrays, options: argparse.Namespace) -> list[list[str]]:
    """Return a row for each dtype and quantity: what it is and how far it drifts."""
    table = []
    for dtype in ("float32", "float64"):
        for name in ("loss", "gradient"):
            key = f"{dtype}/{name}"
            table.append([dtype, f"one {name}", f"{difference(own[key], other[key]):.1g}", ""])
        for name in options.optimizers:
            keys = [f"{dtype}/{name}/{seed}" for seed in range(options.seeds)]
            same = sum(np.array_equal(own[f"{key}/x"], other[f"{key}/x"]) for key in keys)
            drift = [difference(own[f"{key}/fit"], other[f"{key}/fit"]) for key in keys]
            points = [abs(own[f"{key}/accuracy"] - other[f"{key}/accuracy"]) for key in keys]
            table.append(
                [
                    dtype,
                    f"{name}, {same} of {len(keys)} the same",
                    f"{np.median(drift):.1g} (most {max(drift):.1g})",
                    f"{100 * max(points):.1f}",
                ]
            )
    return table


def options_of(words: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command."""
    parser = Parser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--optimizers", nargs="+", default=list(OPTIMIZERS), metavar="NAME")
    parser.add_argument("--budget", type=float, default=1000, help="passes of a fit, 1000")
    parser.add_argument("--seeds", type=int, default=3, help="fits of each optimizer, 3")
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> None:
    """Print the table of the drift of each target from this processor."""
    options = options_of(words)
    if options.write is not None:
        np.savez(options.write, **arrays(options.optimizers, options.seeds, options.budget))
        return
    processor = binding.get_host_cpu_name()
    print(f"{processor}, {date.today()}, {options.budget:g} passes a fit\n")
    targets = {name: compiled_for(target, options) for name, target in TARGETS.items()}
    own = targets.pop("this processor")
    print("| target | dtype | what | relative difference of the loss | accuracy, points at most |")
    print("|---|---|---|---|---|")
    for name, other in targets.items():
        for row in rows(own, other, options):
            print(f"| {' | '.join([name, *row])} |")


if __name__ == "__main__":
    main()
