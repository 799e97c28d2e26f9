"""What a worker does: read a problem once, train, and return the run or its failure."""

import hashlib
import pickle
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from metarnn.optimizers import Optimizer

from .protocol import Protocol
from .record import RunKey
from .run import Run, train


@dataclass(frozen=True)
class Job:
    """One run, as it travels to a worker: a few hundred bytes, whatever the data.

    Attributes
    ----------
    key : RunKey
        Labels, seed and fold.
    protocol : str or Protocol
        The file with the data and the network, named by its content; or, within one process,
        the protocol itself.
    optimizer : Optimizer
        What trains.
    mark : str
        A file that the worker makes when it begins: it shows which runs were under way when a
        worker died.
    """

    key: RunKey
    protocol: str | Protocol
    optimizer: Optimizer
    mark: str


def write_protocol(protocol: Protocol, folder: Path) -> str:
    """Write what all runs of a problem share for workers to read; return the file."""
    from joblib import wrap_non_picklable_objects  # so that a script's own scorers travel

    data = pickle.dumps(wrap_non_picklable_objects(protocol, keep_wrapper=False))
    path = folder / f"{hashlib.sha256(data).hexdigest()[:32]}.pickle"
    path.write_bytes(data)
    return str(path)


@lru_cache(maxsize=8)
def _read_protocol(path: str) -> Protocol:
    """Read a problem, once in each process."""
    try:
        with open(path, "rb") as file:
            protocol: Protocol = pickle.load(file)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{path} cannot be seen from this machine: put the store on a disk that all workers "
            "share."
        ) from None
    return protocol


def run_job(job: Job) -> Run:
    """Train; an exception is raised."""
    protocol = job.protocol if isinstance(job.protocol, Protocol) else _read_protocol(job.protocol)
    Path(job.mark).touch()
    return train(protocol, job.key, job.optimizer)


def run_or_failure(job: Job) -> Run:
    """Train; an exception is the failure of this run, and of no other."""
    try:
        return run_job(job)
    except Exception as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return Run.failed(job.key, reason.removesuffix(": "))
