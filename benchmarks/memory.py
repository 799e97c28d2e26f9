"""Peak memory of fits, predictions and population methods, as multiples of what they are given.

Run it with: python -m benchmarks.memory [case ...]

Each case runs in a process of its own, first on few data so that all code is compiled. "allocated"
is the peak of what Python and NumPy allocate beyond the data (tracemalloc), "resident" that of the
process (Linux only). Data are counted in float32, populations in float64.
"""

import json
import subprocess
import sys
import tracemalloc
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.report import table
from metarnn import Fitness, Network, RNNClassifier
from metarnn.optimizers import OPTIMIZERS, minimize

MB = 2**20
#: Bytes of memory that a case may ask for.
MOST = 8 * 2**30
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Peak(NamedTuple):
    """The peak memory of one case."""

    given: float  # MB of the data in float32, or of a population
    allocated: float  # MB beyond the data
    resident: float  # MB beyond what the process had; NaN where the system does not tell


Case = Callable[[float], tuple[int, Callable[[], Any]]]


def numbers(size: float, dtype: str = "float32") -> tuple[np.ndarray, np.ndarray]:
    """Return sequences (B, 100, 10), 16,000 of them for size 1, and classes."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((max(40, round(16_000 * size)), 100, 10), np.float32)
    return X.astype(dtype, copy=False), rng.integers(2, size=len(X))


def model(**settings: Any) -> RNNClassifier:
    """Return a classifier that a few passes train."""
    return RNNClassifier(budget=9, random_state=0, n_threads=1, **settings)


def fits(dtype: str = "float32", **settings: Any) -> Case:
    """Return the case of a fit."""

    def case(size: float) -> tuple[int, Callable[[], Any]]:
        X, y = numbers(size, dtype)
        return 4 * X.size, lambda: model(**settings).fit(X, y)

    return case


def unequal(size: float) -> tuple[int, Callable[[], Any]]:
    """Return the case of a list of sequences of 50 to 100 steps."""
    X, y = numbers(size)
    parts = [x[: 50 + b % 51].copy() for b, x in enumerate(X)]
    return sum(part.nbytes for part in parts), lambda: model().fit(parts, y)


def one_long(size: float) -> tuple[int, Callable[[], Any]]:
    """Return the case of one sequence of 100,000 steps among 8,000 of 100."""
    rng, B = np.random.default_rng(0), max(40, round(8_000 * size))
    parts = [rng.standard_normal((100, 1), np.float32) for _ in range(B)]
    parts[1] = rng.standard_normal((round(100_000 * size), 1), np.float32)
    y = np.arange(B) % 2
    return sum(part.nbytes for part in parts), lambda: model(hidden=4).fit(parts, y).predict(parts)


def predicts(dtype: str) -> Case:
    """Return the case of predictions."""

    def case(size: float) -> tuple[int, Callable[[], Any]]:
        X, y = numbers(size, dtype)
        fitted = model().fit(X[:64], y[:64])
        return 4 * X.size, lambda: fitted.predict(X)

    return case


def population(name: str, size_param: str = "population_size", **settings: Any) -> Case:
    """Return the case of a population of 400 x 18,179 for size 1, and a few generations of it."""

    def case(size: float) -> tuple[int, Callable[[], Any]]:
        hidden = 128 if size == 1 else 16
        network = Network.build(10, 3, cell="elman", hidden=hidden)
        rng, P = np.random.default_rng(0), max(20, round(400 * size))
        X, y = rng.normal(size=(8, 2, 10)), np.arange(8) % 3
        fitness = Fitness(network, X, y, alpha=1e-4, n_threads=1)
        optimizer = OPTIMIZERS[name](**{size_param: P}, **settings)
        return 8 * P * fitness.dim, lambda: minimize(fitness, optimizer, budget=4 * P, seed=0)

    return case


CASES: dict[str, Case] = {
    "fit": fits(scale=False),
    "fit, scaled": fits(),
    "fit, scaled, early stopping": fits(early_stopping=True),
    "fit, float64 data": fits("float64"),
    "fit, mini-batches": fits(optimizer="adam:n_batches=4"),
    "fit, a list of unequal lengths": unequal,
    "fit and predict, one long sequence": one_long,
    "predict": predicts("float32"),
    "predict, float64 data": predicts("float64"),
    "ga": population("ga"),
    "cuckoo": population("cuckoo", "n_nests"),
    "de": population("de"),
    "lshade": population("lshade", per_dimension=10**9),
    "pso": population("pso"),
    "abc": population("abc"),
    "es": population("es", "n_offspring"),
    "openai_es": population("openai_es"),
    "sa": population("sa", "n_chains"),
    "random_search": population("random_search"),
    "sep_cma_es": population("sep_cma_es"),
    "esp": population("esp"),
}


def resident(field: str) -> float:
    """Return bytes of this process, by the name that the system gives them; NaN if it does not."""
    if not STATUS.exists():
        return np.nan
    (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith(field))
    return 1024 * float(line.split()[1])


def measure(name: str, size: float = 1.0) -> Peak:
    """Return the peak memory of a case in this process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        CASES[name](0.001)[1]()
        given, call = CASES[name](size)
        if RESET.exists():
            RESET.write_text("5")
        before = resident("VmRSS")
        tracemalloc.start()
        call()
        allocated = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return Peak(given / MB, allocated / MB, (resident("VmHWM") - before) / MB)


def main(words: Sequence[str] | None = None) -> None:
    """Print the peaks of cases."""
    words = sys.argv[1:] if words is None else words
    if words[:1] == ["--one"]:
        with suppress(ImportError):
            import resource

            resource.setrlimit(resource.RLIMIT_AS, (MOST, MOST))
        print(json.dumps(measure(words[1])))
        return
    if unknown := [word for word in words if word not in CASES]:
        sys.exit(f"Unknown cases: {', '.join(unknown)}; choose from {', '.join(CASES)}.")
    rows = []
    for name in words or CASES:
        command = [sys.executable, "-m", "benchmarks.memory", "--one", name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
            rows.append([name, "", "", lines[-1][:60]])
            continue
        peak = Peak(*json.loads(done.stdout.splitlines()[-1]))
        multiples = (f"{n / peak.given:.2f}" for n in peak[1:])
        rows.append([name, f"{peak.given:.0f}", *multiples])
        print(*rows[-1], sep="  ", file=sys.stderr)
    print(table(["case", "MB given", "allocated", "resident"], rows))


if __name__ == "__main__":
    main()
