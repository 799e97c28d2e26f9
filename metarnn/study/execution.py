"""Run jobs on any backend of joblib, and survive workers that die."""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed
from joblib.parallel import get_active_backend

from .jobs import Job, run_job, run_or_failure
from .run import Run


def execute(
    jobs: list[Job], n_jobs: int | None, *, strict: bool = False
) -> Generator[Run, None, None]:
    """Yield runs as they end, in any order.

    A run that raises is a failure at once. When a worker dies, all the workers of its pool are
    lost: the runs that were under way are repeated, each alone in a new pool, which shows the
    run to blame; it is a failure if it kills its worker again. With `strict` exceptions are raised
    instead, as a Ctrl-C always is, here or in a worker.

    Without `n_jobs` ``joblib.parallel_config`` says how many run at a time, 1 if it does not. With
    1, the runs take place in this process, which dies with them.
    """
    if strict:
        yield from _results(run_job, jobs, n_jobs)
        return
    left = {job.key: job for job in jobs}
    while left:
        try:
            for run in _results(run_or_failure, list(left.values()), n_jobs):
                del left[run.key]
                yield run
        except Exception as error:  # not a run's own: run_or_failure() catches these
            suspects = [job for job in left.values() if Path(job.mark).exists()]
            if not suspects:
                raise RuntimeError(f"no worker could begin: {_reason(error)}") from error
            for job in suspects:
                yield _alone(job, n_jobs)
                del left[job.key]


def in_process(n_jobs: int | None) -> bool:
    """Return whether the runs take place in this process, one by one."""
    return (Parallel(n_jobs=None).n_jobs if n_jobs is None else n_jobs) == 1


def _alone(job: Job, n_jobs: int | None) -> Run:
    """Repeat a run while no other is under way."""
    try:
        (run,) = _results(run_or_failure, [job], n_jobs)
    except Exception as error:
        return Run.failed(job.key, f"its worker died twice: {_reason(error)}")
    return run


def _results(call: Callable[[Job], Run], jobs: list[Job], n_jobs: int | None) -> Iterator[Run]:
    """Yield runs as soon as the backend has them."""
    if in_process(n_jobs):
        yield from map(call, jobs)
        return
    client = getattr(get_active_backend()[0], "client", None)
    if client is not None:
        yield from _results_of_dask(client, call, jobs)
        return
    try:
        # One by one: a batch would be stored, and lost, as a whole.
        parallel = Parallel(n_jobs=n_jobs, batch_size=1, return_as="generator_unordered")
    except ValueError:  # multiprocessing and ray return nothing before all is done
        parallel = Parallel(n_jobs=n_jobs, batch_size=1)
        with parallel:  # one pool for all rounds
            size = max(1, int(parallel._effective_n_jobs()))
            for begin in range(0, len(jobs), size):
                yield from parallel(delayed(call)(job) for job in jobs[begin : begin + size])
        return
    yield from parallel(delayed(call)(job) for job in jobs)


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


def _reason(error: BaseException) -> str:
    """Return an error in a line, without what joblib says beyond its first sentence."""
    words = " ".join(str(error).split()).partition(". ")[0]
    return f"{type(error).__name__}: {words}".removesuffix(": ")
