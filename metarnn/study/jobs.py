"""The runs of a study as jobs, in their order, and what a worker does with one."""

import hashlib
import pickle
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from metarnn.optimizers import Optimizer

from .problems import Problem
from .run import Run, RunKey, train
from .split import Protocol


@dataclass(frozen=True)
class Job:
    """One run, as it travels to a worker: a few hundred bytes, whatever the data.

    The protocol is a file, named by its content; or, within one process, the protocol itself. The
    worker makes the file `mark` when it begins: it shows which runs were under way when a worker
    died.
    """

    key: RunKey
    protocol: str | Protocol
    optimizer: Optimizer
    mark: str


def jobs_of(
    keys: Sequence[RunKey],
    problems: Sequence[Problem],
    optimizers: Mapping[str, Optimizer],
    seeds: Sequence[int],
    folder: Path,
    *,
    to_files: bool,
) -> list[Job]:
    """Return runs as jobs, seed by seed, so that a study that is stopped has complete seeds.

    The folder is for the marks of the jobs and, with `to_files`, for the data, which workers in
    other processes read from there.
    """
    protocols: dict[tuple[str, str], str | Protocol] = {}
    wanted = {(key.dataset, key.network) for key in keys}
    for problem in problems:
        pair, protocol = (problem.dataset, problem.network), problem.protocol
        if pair in wanted:
            protocols[pair] = write_protocol(protocol, folder) if to_files else protocol
    ordered = sorted(keys, key=lambda key: (seeds.index(key.seed), key.fold))
    return [
        Job(key, protocols[key[:2]], optimizers[key.optimizer], str(folder / f"begun-{number}"))
        for number, key in enumerate(ordered)
    ]


@contextmanager
def working_folder(store: Path | None) -> Iterator[Path]:
    """Make a folder beside the store, or a temporary one; it ends with the context."""
    if store is None:
        with tempfile.TemporaryDirectory(prefix="metarnn-") as name:
            yield Path(name)
        return
    folder = store.absolute().with_name(f"{store.name}-work")
    shutil.rmtree(folder, ignore_errors=True)  # of a process that was killed
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_protocol(protocol: Protocol, folder: Path) -> str:
    """Write what all runs of a problem share for workers to read; return the file."""
    from joblib import wrap_non_picklable_objects  # so that a script's own scorers travel

    data = pickle.dumps(wrap_non_picklable_objects(protocol, keep_wrapper=False))
    path = folder / f"{hashlib.sha256(data).hexdigest()[:32]}.pickle"
    path.write_bytes(data)
    return str(path)


@lru_cache(maxsize=8)
def _read_protocol(path: str) -> Protocol:
    """Read a protocol, once in each process."""
    try:
        protocol: Protocol = pickle.loads(Path(path).read_bytes())
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
