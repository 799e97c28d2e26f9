"""Compiling ahead of the first training, for timings and for servers."""

import time
import warnings
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from joblib import delayed
from numpy.typing import NDArray

from metarnn.cells import ACTIVATIONS, CELLS
from metarnn.compilation.disk_cache import COUNTS
from metarnn.compilation.folders import writable_folder
from metarnn.criteria import criterion_of
from metarnn.engine.jit import Routine, Variant
from metarnn.fitness import Fitness
from metarnn.linear import SOLVES
from metarnn.networks.description import resolve_network
from metarnn.networks.network import Network
from metarnn.optimizers import OPTIMIZERS, MiniBatch, minimize
from metarnn.optimizers.analytic import sphere
from metarnn.solved_fitness import SolvedFitness
from metarnn.workers import parallel


def warmup(network: Network | None = None, *, loss: str = "cross_entropy") -> None:
    """Compile what training needs, or load it from numba's cache on disk.

    Otherwise the first loss and the first gradient do, which takes some seconds the first time
    and some 0.3 s in later processes. :func:`warmup_everything` does it for all networks.

    Parameters
    ----------
    network : Network, optional
        A network like those to be trained: cell, activation and dtype matter, sizes do not. By
        default the one that estimators have by default.
    loss : str
        Their loss, a name in ``metarnn.criteria.CRITERIA``; "accuracy" stands for the scorers of
        scikit-learn.
    """
    _warm_up(network or resolve_network({}, 1, 2), loss, None)


def _warm_up(network: Network, loss: str, n_threads: int | None) -> None:
    for n_sequences in (1, 8):  # lanes are candidates, or sequences
        X, y, lengths = _some_data(network, n_sequences, criterion_of(loss).is_regression)
        fitness = Fitness(network, X, y, lengths=lengths, loss=loss, n_threads=n_threads)
        fitness.warm_up()
        fitness.mini_batch(MiniBatch(0, 1, 0))(np.zeros((1, fitness.dim)))
        targets = y if network.decodes else None
        for kind in _types(X):
            scored = X.astype(kind)
            network.scores(np.zeros(network.n_weights), scored, lengths=lengths, targets=targets)
    if not network.decodes:  # so many that they are scored in parallel
        for kind in _types(X):
            many = np.repeat(X[:1, :1].astype(kind), 20_000, axis=0)
            network.scores(np.zeros(network.n_weights), many, n_threads=n_threads)


def _types(X: NDArray[Any]) -> tuple[Any, ...]:
    """Return the types in which sequences may be scored; standardized ones are in the network's."""
    return (X.dtype,) if X.dtype.kind in "iu" else (np.float64, np.float32)


def _some_data(
    network: Network, n: int, is_regression: bool
) -> tuple[NDArray[Any], NDArray[Any], Any]:
    """Return n sequences that are all different, their targets, and lengths or None."""
    kind = network.layers[0].input_kind if network.layers else "numbers"
    lengths = None
    X: NDArray[Any] = np.zeros((n, n), int)
    if kind == "tokens":
        lengths = np.arange(1, n + 1)
    else:
        axes = (1, 1, network.n_inputs) if kind == "images" else (1, network.n_inputs)
        X = np.arange(float(n)).reshape(n, *[1] * len(axes)) + np.zeros(axes)
    shape: tuple[int, ...] = ()
    if network.decodes:
        shape = (1,)
    elif network.scores_steps:
        n_steps = X.shape[1] * (X.shape[2] if kind == "images" else 1)
        shape = (network.program.scores.clock.steps(n_steps),)
    if is_regression:
        shape = *shape, network.n_outputs
    return X, np.zeros((n, *shape), int), lengths


# --- Everything --------------------------------------------------------------------------


class Warmth(NamedTuple):
    """What compiling everything ahead has done."""

    n_compiled: int  # functions that were not on disk, for one set of types each
    seconds: float
    folder: Path  # where the code is


def warmup_everything(
    n_jobs: int = -1, progress: Callable[[int, int], None] | None = None
) -> Warmth:
    """Compile all that metarnn may ever need, and keep it on disk.

    That is every cell, kind of layer and loss, for float32 and float64, and every optimizer of
    metarnn's own. It takes about a minute of two processors; afterwards a first training in any
    process begins in 0.3 s. Not for the process that trains: code is left on disk, not loaded.

    Parameters
    ----------
    n_jobs : int
        Processes at work; -1 for one on each processor.
    progress : callable, optional
        Called with the number of jobs done and of all jobs, after each one.

    Returns
    -------
    Warmth
        What was compiled, and how long it took.

    Raises
    ------
    OSError
        No folder for the code can be written.
    """
    began, folder = time.perf_counter(), writable_folder()
    n_compiled = n_done = 0
    stages = _routines(), _runs()
    n_jobs_in_all = sum(map(len, stages))
    pool = parallel(n_jobs, return_as="generator_unordered", batch_size=1)
    with warnings.catch_warnings():
        # Compiled code stays in the memory of a worker, which loky takes for a leak.
        warnings.filterwarnings("ignore", "A worker stopped while some jobs")
        for stage in stages:  # the second one would compile the first one's routines once more
            for n in pool(delayed(_counted)(job) for job in stage):
                n_compiled, n_done = n_compiled + n, n_done + 1
                if progress is not None:
                    progress(n_done, n_jobs_in_all)
    return Warmth(n_compiled, time.perf_counter() - began, folder)


def _routines() -> list[Callable[[], None]]:
    """Return calls that compile the routines of the package, roughly the longest ones first."""
    own = _own()
    keys = sorted(own, reverse=True)
    return [partial(_compile, key, variant) for key in keys for variant in own[key].variants]


@cache
def _own() -> dict[str, Routine]:
    """Return the routines of the package by the names that they have in every process."""
    for make in CELLS.values():  # formulas become routines where these are first asked for
        for activation in ACTIVATIONS:
            cell = make(1, 1, activation, 1)
            _ = cell.step, cell.back
    return {r.key: r for r in Routine.all if r.key.startswith("metarnn.")}


def _compile(key: str, variant: Variant) -> None:
    if (routine := _own().get(key)) is not None:  # a worker does not know cells of the caller's own
        routine.address(variant)


def _runs() -> list[Callable[[], None]]:
    """Return calls that compile what Python calls itself: in the engine, and of optimizers."""
    losses = "cross_entropy", "accuracy"
    networks: list[Callable[[], None]]
    networks = [partial(_run, dtype, loss) for dtype in ("float64", "float32") for loss in losses]
    names = [name for name, kind in OPTIMIZERS.items() if kind.library is None]
    networks += [partial(_run, cell=cell) for cell in ("orthogonal", "unitary")]
    networks += [partial(_solve, solve) for solve in SOLVES]
    return [*networks, *(partial(_optimize, name) for name in names)]


def _run(dtype: str = "float32", loss: str = "cross_entropy", cell: str = "elman") -> None:
    # Two threads also where this process has one: others may have more.
    _warm_up(Network.build(1, 2, cell=cell, dtype=dtype), loss, 2)


def _solve(solve: str) -> None:
    network, rng = Network.build(1, 2), np.random.default_rng(0)
    fitness = SolvedFitness(network, rng.normal(size=(8, 3, 1)), np.arange(8) % 2, solve=solve)
    points = fitness.space.sample(8, rng)
    fitness(points)
    fitness.gradient(points)


def _optimize(name: str) -> None:
    minimize(sphere(2), OPTIMIZERS[name](), budget=3000, seed=0)


def _counted(job: Callable[[], None]) -> int:
    """Do a job; return how many functions were compiled."""
    before = COUNTS["compiled"]
    job()
    return COUNTS["compiled"] - before
