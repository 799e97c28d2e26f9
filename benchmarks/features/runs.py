"""Runs: what is measured of a contestant on a set, and a file that keeps each at once."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import r2_score

from benchmarks.defaults import Part, is_numbers
from benchmarks.features.rivals import n_features


@dataclass(frozen=True)
class Run:
    """A contestant on a set: accuracy or R^2 of the test part, seconds, features.

    A contestant that cannot read the set has NaN, and says why.
    """

    name: str
    contestant: str
    seed: int
    score: float
    fit_seconds: float
    predict_seconds: float
    features: int | None = None
    failure: str = ""


def measure(make: Callable[[bool, int], Any], part: Part, seed: int) -> dict[str, Any]:
    """Fit, predict, and return what a run holds."""
    numbers = is_numbers(part.y)
    try:
        model = make(numbers, seed)
        began = time.perf_counter()
        model.fit(part.X, part.y)
        fitted = time.perf_counter()
        found = model.predict(part.X_test)
        done = time.perf_counter()
    except (ValueError, TypeError, NotImplementedError) as error:
        unknown = dict.fromkeys(("score", "fit_seconds", "predict_seconds"), np.nan)
        return {**unknown, "failure": str(error)[:200]}
    score = r2_score(part.y_test, found) if numbers else float(np.mean(found == part.y_test))
    count = n_features(model)
    return {
        "score": float(score),
        "fit_seconds": fitted - began,
        "predict_seconds": done - fitted,
        "features": None if count is None else int(count),
    }


def warm_up(make: Callable[[bool, int], Any]) -> None:
    """Let a contestant compile what it will, for one channel and for several."""
    rng = np.random.default_rng(0)
    for channels in (1, 3):
        X, y = rng.normal(size=(12, 40, channels)), np.arange(12) % 2
        measure(make, Part(X, y, X, y), 0)


def stored(path: Path) -> dict[tuple[str, str, int], Run]:
    """Return the runs in a file; a line that was cut off while it was written is left out."""
    runs = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            run = Run(**json.loads(line))
        except (ValueError, TypeError):
            continue
        runs[run.name, run.contestant, run.seed] = run
    return runs


def finish(
    sets: Mapping[str, Callable[[int], Any]],
    contestants: Mapping[str, Callable[[bool, int], Any]],
    seeds: int,
    path: Path,
) -> list[Run]:
    """Return all runs: those stored, and the missing ones, made now and stored at once."""
    runs = stored(path)
    with path.open("a") as file:
        if file.tell() and not path.read_bytes().endswith(b"\n"):
            file.write("\n")  # after a line that was cut off
        for label, make in contestants.items():
            if any((name, label, seed) not in runs for name in sets for seed in range(seeds)):
                warm_up(make)
            for name, draw in sets.items():
                for seed in range(seeds):
                    if (name, label, seed) in runs:
                        continue
                    part = next(iter(draw(seed)))
                    run = Run(name, label, seed, **measure(make, part, seed))
                    runs[name, label, seed] = run
                    file.write(json.dumps(asdict(run)) + "\n")
                    file.flush()
    keys = [(n, label, s) for label in contestants for n in sets for s in range(seeds)]
    return [runs[key] for key in keys]
