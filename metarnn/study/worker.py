"""What a worker does: fetch a problem once, train, and answer with the run or its failure."""

import hashlib
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metarnn.optimizers import History, Optimizer

from .runs import Protocol, train
from .store import COLUMNS, RunKey


@dataclass(frozen=True)
class Job:
    """One run, as it travels to a worker: a few hundred bytes, whatever the data.

    Attributes
    ----------
    key : RunKey
        What it is told by.
    protocol : str
        The file in which the data and the network lie; its name tells what is in it.
    optimizer : Optimizer
        What trains.
    mark : str
        A file that the worker makes when it begins, by which the runs that were under way are
        known when a worker dies.
    """

    key: RunKey
    protocol: str
    optimizer: Optimizer
    mark: str


@dataclass(frozen=True)
class Outcome:
    """What becomes of a job: a row, and the history and weights of a run that did not fail."""

    key: RunKey
    record: Mapping[str, Any]
    history: History | None = None
    weights: NDArray[np.float64] | None = None


def write_protocol(protocol: Protocol, folder: Path) -> str:
    """Write what all the runs of a problem share for workers to fetch; return the file."""
    from joblib import wrap_non_picklable_objects  # so that scorers of a script travel

    data = pickle.dumps(wrap_non_picklable_objects(protocol, keep_wrapper=False))
    path = folder / f"{hashlib.sha256(data).hexdigest()[:32]}.pickle"
    path.write_bytes(data)
    return str(path)


@lru_cache(maxsize=8)
def _fetched(path: str) -> Protocol:
    """Read a problem, once in each process."""
    try:
        with open(path, "rb") as file:
            protocol: Protocol = pickle.load(file)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{path} is not to be seen from this machine: the store has to lie on a disk that all "
            "workers share."
        ) from None
    return protocol


def work(job: Job) -> Outcome:
    """Train; an exception is the failure of this run, and of no other."""
    protocol = _fetched(job.protocol)
    Path(job.mark).touch()
    try:
        run = train(protocol, job.key.optimizer, job.optimizer, job.key.seed, fold=job.key.fold)
    except Exception as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return failure(job.key, reason.removesuffix(": "))
    record = run.record | job.key._asdict() | {"status": "done", "error": ""}
    return Outcome(job.key, record, run.history, run.weights)


def failure(key: RunKey, reason: str) -> Outcome:
    """Return the row of a run that failed."""
    unknown: dict[str, Any] = {
        name: {"REAL": np.nan, "INT": 0, "TEXT": ""}[kind] for name, kind in COLUMNS.items()
    }
    return Outcome(key, unknown | key._asdict() | {"status": "failed", "error": reason})
