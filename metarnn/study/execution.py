"""Run jobs on whatever joblib runs on, and outlive workers that die."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed
from joblib.parallel import get_active_backend

from .worker import Job, Outcome, failure, work


def execute(jobs: list[Job], n_jobs: int | None) -> Iterator[Outcome]:
    """Yield what becomes of jobs, as they end, in any order.

    A run that raises is a failure at once. When a worker dies, all the workers of its pool are
    lost: the runs that were under way are repeated, each alone in a fresh pool, so that the
    one to blame is known; it is a failure when that kills the worker again.

    Parameters
    ----------
    jobs : list of Job
        What to run.
    n_jobs : int or None
        Runs at a time; None for what ``joblib.parallel_config`` says, 1 without it. Where that
        makes 1, runs are made in this process, which dies with them.

    Raises
    ------
    KeyboardInterrupt
        At Ctrl-C, here or in a worker.
    """
    left = {job.key: job for job in jobs}
    while left:
        try:
            for outcome in _outcomes(list(left.values()), n_jobs):
                del left[outcome.key]
                yield outcome
        except Exception as error:  # not a run's own: work() catches these
            suspects = [job for job in left.values() if Path(job.mark).exists()]
            if not suspects:
                raise RuntimeError(f"no worker could begin: {_reason(error)}") from error
            for job in suspects:
                yield _alone(job, n_jobs)
                del left[job.key]


def _alone(job: Job, n_jobs: int | None) -> Outcome:
    """Repeat a run while no other is under way."""
    try:
        (outcome,) = _outcomes([job], n_jobs)
    except Exception as error:
        return failure(job.key, f"its worker died twice: {_reason(error)}")
    return outcome


def _outcomes(jobs: list[Job], n_jobs: int | None) -> Iterator[Outcome]:
    """Yield outcomes as soon as the backend has them."""
    client = getattr(get_active_backend()[0], "client", None)
    if client is not None:
        yield from _outcomes_of_dask(client, jobs)
        return
    try:
        # One by one: a batch would be stored, and lost, as a whole.
        parallel = Parallel(n_jobs=n_jobs, batch_size=1, return_as="generator_unordered")
    except ValueError:  # multiprocessing and ray hand out nothing before all is done
        parallel = Parallel(n_jobs=n_jobs, batch_size=1)
        with parallel:  # one pool for all rounds
            size = max(1, int(parallel._effective_n_jobs()))
            for begin in range(0, len(jobs), size):
                yield from parallel(delayed(work)(job) for job in jobs[begin : begin + size])
        return
    yield from parallel(delayed(work)(job) for job in jobs)


def _outcomes_of_dask(client: Any, jobs: list[Job]) -> Iterator[Outcome]:
    """Yield outcomes from a client of dask itself: joblib waits for ever where a worker died."""
    from distributed import as_completed

    futures = [client.submit(work, job, pure=False) for job in jobs]
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
