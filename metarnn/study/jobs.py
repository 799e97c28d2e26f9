"""The runs of a study as jobs, on any backend of joblib, also where workers die."""

import hashlib
import pickle
import re
import shutil
import signal
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed, wrap_non_picklable_objects
from joblib.externals.loky.backend import resource_tracker
from joblib.parallel import get_active_backend

from metarnn.workers import is_worker, parallel, returns_rounds

from .models import Contestant
from .problems import Problem
from .run import Run, RunKey, train
from .split import Protocol

#: Deaths of workers in a row, before any begins a run, after which there is no use in more.
MOST_DEATHS = 3
#: Deaths of the worker of a run after which it is a failure.
MOST_DEATHS_OF_A_RUN = 2


@dataclass(frozen=True)
class Job:
    """One run, as it travels to a worker: a few hundred bytes, whatever the data.

    The protocol is a file, named by its content; or, within one process, the protocol itself. The
    worker makes the file `mark` when it begins: it shows which runs were under way when a worker
    died.
    """

    key: RunKey
    protocol: str | Protocol
    optimizer: Contestant
    mark: str | None


def jobs_of(
    keys: Sequence[RunKey],
    problems: Sequence[Problem],
    optimizers: Mapping[str, Contestant],
    seeds: Sequence[int],
    folder: Path | None,
) -> list[Job]:
    """Return runs as jobs, seed by seed, so that a study that is stopped has complete seeds.

    The folder is for the data, which workers in other processes read from there, and for the marks
    of the jobs; None where the runs take place in this process.
    """
    protocols: dict[tuple[str, str], str | Protocol] = {}
    wanted = {(key.dataset, key.network) for key in keys}
    for problem in problems:
        pair, protocol = (problem.dataset, problem.network), problem.protocol
        if pair in wanted:
            protocols[pair] = protocol if folder is None else write_protocol(protocol, folder)
    ordered = sorted(keys, key=lambda key: (seeds.index(key.seed), key.fold))
    return [
        Job(
            key,
            protocols[key[:2]],
            optimizers[key.optimizer],
            None if folder is None else str(folder / f"begun-{number}"),
        )
        for number, key in enumerate(ordered)
    ]


@contextmanager
def working_folder(store: Path | None) -> Iterator[Path]:
    """Make a folder beside the store, or a temporary one; it ends with the context.

    Where this process is killed, the next one on the store removes the folder (see
    :func:`remove_folder`), and a temporary one is removed by the process of joblib that outlives it
    for that.
    """
    if store is None:
        with tempfile.TemporaryDirectory(prefix="metarnn-") as name:
            resource_tracker.register(name, "folder")
            try:
                yield Path(name)
            finally:
                resource_tracker.unregister(name, "folder")
        return
    folder = _beside(store)
    folder.mkdir()
    try:
        yield folder
    finally:
        remove_folder(store)


def remove_folder(store: Path) -> None:
    """Remove the working folder of a store, as of a process that was killed."""
    shutil.rmtree(_beside(store), ignore_errors=True)


def _beside(store: Path) -> Path:
    return store.absolute().with_name(f"{store.name}-work")


def write_protocol(protocol: Protocol, folder: Path) -> str:
    """Write what all runs of a problem share for workers to read; return the file."""
    # Wrapped, so that a script's own scorers travel.
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


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C end a run, at the latest when it is over: Python drops one that hits a finalizer.

    Between two runs a worker ignores it, since it would print a traceback; its parent stops it.
    """
    in_worker, usual = is_worker(), signal.default_int_handler
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or not (in_worker or signal.getsignal(signal.SIGINT) is usual):
        yield
        return
    pressed = threading.Event()

    def press(*_: Any) -> None:
        pressed.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, press)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN if in_worker else usual)
    if pressed.is_set():
        raise KeyboardInterrupt


def run_job(job: Job) -> Run:
    """Train; an exception is raised."""
    protocol = job.protocol if isinstance(job.protocol, Protocol) else _read_protocol(job.protocol)
    if job.mark is not None:
        Path(job.mark).touch()
    with _interruptible():
        return train(protocol, job.key, job.optimizer)


def run_or_failure(job: Job) -> Run:
    """Train; an exception is the failure of this run, and of no other."""
    try:
        return run_job(job)
    except Exception as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return Run.failed(job.key, reason.removesuffix(": "))


def execute(
    jobs: list[Job], n_jobs: int | None, *, strict: bool = False
) -> Generator[Run, None, None]:
    """Yield runs as they end, in any order.

    A run that raises is a failure at once. When a worker dies, all the workers of its pool are
    lost: the runs that were under way are repeated, each alone in a new pool, which shows the
    run to blame; it is a failure if its worker dies again. With `strict` an exception or such a
    failure is raised instead, as a Ctrl-C always is, here or in a worker.

    Without `n_jobs` ``joblib.parallel_config`` says how many run at a time, 1 if it does not. With
    1, the runs take place in this process, which dies with them.

    Raises
    ------
    ChildProcessError
        Workers died, or could not be reached, `MOST_DEATHS` times in a row before one began a run.
    """
    call = run_job if strict else run_or_failure
    left, deaths, in_a_row = {job.key: job for job in jobs}, Counter[RunKey](), 0
    while left:
        suspects = [job for job in left.values() if deaths[job.key]]
        batch = suspects[:1] or list(left.values())
        for mark in (job.mark for job in batch if job.mark):
            Path(mark).unlink(missing_ok=True)
        try:
            for run in _results(call, batch, n_jobs):
                del left[run.key]
                in_a_row = 0
                yield run
            continue
        except Exception as error:  # not a run's own: run_or_failure() catches these
            if strict and not _is_death(error):
                raise
            lost = error
        begun = [job for job in batch if job.key in left and job.mark and Path(job.mark).exists()]
        in_a_row = 0 if begun else in_a_row + 1
        if in_a_row == MOST_DEATHS:
            raise ChildProcessError(f"no worker could begin: {_reason(lost)}") from lost
        for job in begun:
            deaths[job.key] += 1
            if deaths[job.key] == MOST_DEATHS_OF_A_RUN:
                reason = f"its worker died twice: {_reason(lost)}"
                if strict:
                    whose = f"{job.key.optimizer} with seed {job.key.seed}"
                    raise ChildProcessError(f"{whose}: {reason}") from lost
                del left[job.key]
                yield Run.failed(job.key, reason)


def in_process(n_jobs: int | None) -> bool:
    """Return whether the runs take place in this process, one by one."""
    return (Parallel(n_jobs=None).n_jobs if n_jobs is None else n_jobs) == 1


def _results(call: Callable[[Job], Run], jobs: list[Job], n_jobs: int | None) -> Iterator[Run]:
    """Yield runs as soon as the backend has them."""
    if in_process(n_jobs):
        yield from map(call, jobs)
        return
    client = getattr(get_active_backend()[0], "client", None)
    if client is not None:
        yield from _results_of_dask(client, call, jobs)
        return
    # One by one: a batch would be stored, and lost, as a whole.
    if not returns_rounds():
        pool = parallel(n_jobs, batch_size=1, return_as="generator_unordered")
        yield from pool(delayed(call)(job) for job in jobs)
        return
    with parallel(n_jobs, batch_size=1) as pool:  # one for all rounds
        size = max(1, int(pool._effective_n_jobs()))
        for begin in range(0, len(jobs), size):
            yield from pool(delayed(call)(job) for job in jobs[begin : begin + size])


def _results_of_dask(client: Any, call: Callable[[Job], Run], jobs: list[Job]) -> Iterator[Run]:
    """Yield runs from a client of dask itself: joblib waits forever where a worker died."""
    from distributed import as_completed

    futures = [client.submit(call, job, pure=False) for job in jobs]
    try:
        finished = as_completed(futures)  # type: ignore[no-untyped-call,unused-ignore]
        for future in finished:
            yield future.result()
    finally:
        client.cancel(futures)


def _is_death(error: Exception) -> bool:
    """Return whether an error says that a worker died, and not that a run raised."""
    # Of dask and ray, which need not be there.
    return isinstance(error, BrokenExecutor) or type(error).__name__ in (
        "KilledWorker",
        "ActorDiedError",
        "RayActorError",
        "WorkerCrashedError",
    )


def _reason(error: BaseException) -> str:
    """Return an error in a line: its first sentence, and of a worker that died how it ended."""
    words = " ".join(str(error).split())
    ends = re.search(r"exit codes of the workers are \{(.*?)\}", words)
    reason = f"{type(error).__name__}: {words.partition('. ')[0]}".removesuffix(": ")
    if ends is None:
        return reason
    killed = "; memory may have run out" * ("SIGKILL" in ends[1])
    return f"{reason.rstrip('.')} ({ends[1]}{killed})"
