"""Passes over data, ready to be run: tables, memory and threads."""

import threading
import time
from functools import cache, cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import loop, tile_tasks
from .graph import Program
from .jit import LANES, Routine, Variant
from .job import JOB
from .layout import ScratchAllocator
from .losses import LOSSES, NUMBER_LOSSES
from .tables import tables
from .threads import GUARD
from .tiles import Array, Tiles, aligned
from .vectors import WIDTH
from .weight_block import shapes_of, size_of

Floats = NDArray[np.float64]

#: The tiles of a candidate are cut into at most MAX_GROUPS groups, for threads, of at least
#: GROUP_WORK multiply-adds, and of at least SUM_WORK for each weight.
MAX_GROUPS, GROUP_WORK, SUM_WORK = 16, 2**20, 16
#: Few candidates on few sequences are evaluated one by one, since most lanes would be idle: one of
#: them, and one more for each SINGLE_BYTES that 32 lanes of weights take, but at most MOST_SINGLE.
#: Losses of P candidates as lanes take, on an AMD EPYC with AVX-512, so many times as long as one
#: by one: for P = 1, 1.3 (Elman, H = 8), 4.1 (32), 12 (128) and 6.6 (LSTM, H = 32); for P = 4,
#: 0.8, 1.5, 4.1 and 1.7; for P = 16, 0.4, 0.6, 1.2 and 0.5. Gradients are much the same.
SINGLE_BYTES, MOST_SINGLE = 2**17, 16
#: The partial sums of one call of compiled code take about so many bytes.
PARTIAL_BYTES = 2**26

TASKS: dict[str, Routine] = {
    "scores": tile_tasks.score_tile,
    "vjps": tile_tasks.vjp_tile,
    "traces": tile_tasks.trace_tile,
    "losses": tile_tasks.loss_tile,
    "gradients": tile_tasks.gradient_tile,
    "curvatures": tile_tasks.curvature_tile,
}

_NOTHING = np.empty(0, np.uint8)
N_TILES, N_GROUPS = map(list(JOB.names or ()).index, ("n_tiles", "n_groups"))


class Pass:
    """A task on data: scores, losses, gradients or curvatures of a population.

    Memory beyond the data, in bytes, with s the size of a number (4 or 8) and G <= 16 groups:

    - losses: 8 G P, and for each thread 64 s (H + 1) and the packed weights (about s D);
    - gradients: 8 G D P, but at most about 64 MB at a time, and 8 D P for the result; for each
      thread s 32 (H + 1) (T + 1) for the states, or 4 MB and one state for each segment of steps
      where that is less, and s 32 (H + 1) min(T, 32) for the derivatives;
    - curvatures: 8 D^2 P for the result, and for each thread 8 * 32 D beyond that of gradients.

    Measured for P = 1000, B = 10000, T = 100, H = 16: negligible for losses, 41 MB for gradients.

    Parameters
    ----------
    program : Program
        The network.
    tiles : Tiles
        The data.
    dtype : {"float32", "float64"}
        The type of the numbers that are computed.
    task : {"scores", "losses", "gradients", "vjps", "traces", "curvatures"}
        What to compute.
    loss : str, optional
        A name in LOSSES or NUMBER_LOSSES; not for scores and vjps.
    """

    def __init__(
        self, program: Program, tiles: Tiles, dtype: str, task: str, loss: str | None = None
    ) -> None:
        self._arguments = (program, tiles, dtype, task, loss)
        self.program, self.dtype, self.tiles = program, dtype, tiles
        D = program.n_weights
        self.n_sums = {"gradients": D, "vjps": D, "traces": D, "curvatures": D + D * D}.get(task, 0)
        own, derivatives = tiles.lanes_are_candidates, self.n_sums > 0
        kind = Variant(dtype, own, own or task == "curvatures")
        self.lanes_of_unit = LANES if own else 1
        steps = tiles.steps
        self._tables = laid = tables(program, kind, steps, derivatives)
        self.table, self.clocks, self.clock_steps = tiles.table(program.clocks)
        shown = program.shown or program.scores
        self.most_steps, self._rows = steps.of(shown.clock), shown.n_rows
        room = ScratchAllocator(laid.n_numbers)
        self.n_tiles, self._step_work = len(tiles), D * (1 if own else LANES)
        self.work = self._step_work * max(steps[:2]) * len(tiles)
        # Losses are cut as gradients are, so that both have the same losses to the bit.
        most = max(1, PARTIAL_BYTES // (8 * max(D, self.n_sums)))
        # Most of a large table of embeddings is not read: summing over groups would then take
        # longer than computing the sums.
        done = sum(node.work(steps).multiply_adds for node in program.nodes) * LANES * len(tiles)
        most = min(most, max(1, done // (SUM_WORK * D)))
        self.n_groups = int(min(max(1, self.work // GROUP_WORK), MAX_GROUPS, len(tiles), most))
        if own or tiles.is_single:
            self.n_groups = 1
        real_bytes = np.dtype(dtype).itemsize
        values = {
            "nodes": laid.nodes.ctypes.data,
            "n_nodes": len(laid.nodes),
            "cleared": laid.cleared.ctypes.data,
            "n_cleared": len(laid.cleared),
            "recomputes": laid.recomputes,
            "n_weights": D,
            "order": laid.order.ctypes.data,
            "n_packed": len(laid.order),
            "packed": room.take(-(-len(laid.order) * self.lanes_of_unit // LANES)),
            "scores": laid.scores.ctypes.data,
            "shown": laid.shown.ctypes.data,
            "most_steps": self.most_steps,
            "tiles": self.table.ctypes.data,
            "n_tiles": len(tiles),
            "n_groups": self.n_groups,
            "lanes_are_candidates": own,
            "task": TASKS[task].address(kind),
            "losses": room.take(1),
            "n_sums": self.n_sums * self.lanes_of_unit,
            "chunk": loop.chunk.address(kind),
            "double_bytes": 8 * LANES * (1 + (D if task == "curvatures" else 0)),
            "real_bytes": real_bytes,
        }
        if loss is not None:
            routines = (LOSSES | NUMBER_LOSSES)[loss]
            values["label_rows"] = program.scores.n_rows if loss in NUMBER_LOSSES else 1
            values["loss"] = (routines.gradients if derivatives else routines.losses).address(kind)
            if task == "curvatures":
                values["factor"] = routines.factor.address(kind)
        n_bytes = values["double_bytes"] + room.n_numbers * real_bytes
        self.scratch_bytes = values["scratch_bytes"] = -(-n_bytes // WIDTH) * WIDTH
        job = np.zeros(1, JOB)
        for name, value in values.items():
            job[name] = value
        self._job = job.view(np.int64)

    def __reduce__(self) -> Any:
        # Addresses are those of this process.
        return Pass, self._arguments

    def _is_single(self, weights: Floats) -> bool:
        """Whether so few candidates are evaluated one by one, although lanes are candidates."""
        if self.lanes_of_unit == 1:
            return False
        n_bytes = LANES * len(self._tables.order) * np.dtype(self.dtype).itemsize
        return len(weights) <= min(MOST_SINGLE, 1 + n_bytes // SINGLE_BYTES)

    @cached_property
    def _single(self) -> "Pass":
        """The pass that evaluates candidates one by one, with the same results to the bit."""
        program, tiles, dtype, task, loss = self._arguments
        return Pass(program, tiles.single(), dtype, task, loss)

    def shorten(self, n_tiles: int, n_steps: int) -> None:
        """Restrict it to the first tiles and steps: for scores, which are not summed."""
        self.n_tiles, self.work = n_tiles, self._step_work * n_steps * n_tiles
        if self.lanes_of_unit == 1:
            self.n_groups = min(max(1, self.work // GROUP_WORK), MAX_GROUPS, n_tiles)
        self._job[N_TILES], self._job[N_GROUPS] = n_tiles, self.n_groups

    def warm_up(self, n_threads: int | None = None) -> None:
        """Compile what Python calls; all else is compiled already, but for single candidates."""
        if self.lanes_of_unit > 1:
            self._single.warm_up(n_threads)
        _compile(parallel=False)
        n_chunks = 1 if n_threads == 1 else 2
        GUARD.run(lambda _: None, lambda _: _compile(parallel=True), n_chunks)
        if self.program.materializes:
            own = (size_of(shapes_of(node.blocks)) for node in self.program.nodes)
            zeros = np.zeros((1, sum(own)))
            self.program.materialize(zeros)
            if self.n_sums:
                self._vjp(zeros, np.zeros((1, self.n_sums)))

    def __call__(self, weights: Floats, n_threads: int | None = None) -> tuple[Floats, Floats]:
        """Return total losses (P,) of weights (P, D), and sums of derivatives (P, n_sums).

        The numbers are the same for any number of threads.
        """
        if self._is_single(weights):
            return self._single(weights, n_threads)
        if not self.program.materializes:
            return self._totals(weights, n_threads)
        totals, sums = self._totals(self.program.materialize(weights), n_threads)
        if self.n_sums:
            sums = self._vjp(weights, sums)
        return totals, sums

    def _vjp(self, weights: Floats, sums: Floats) -> Floats:
        """Return derivatives by the network's weights from those by the weights that are read."""
        D, back = self.program.n_weights, partial(self.program.vjp, weights)
        gradients = back(sums[:, None, :D])[:, 0]
        if self.n_sums == D:
            return gradients
        matrices = sums[:, D:].reshape(-1, D, D)
        matrices = back(back(matrices).swapaxes(1, 2))
        return np.concatenate([gradients, matrices.reshape(len(sums), -1)], axis=1)

    def _totals(
        self, weights: Floats, n_threads: int | None, given: Array | None = None
    ) -> tuple[Floats, Floats]:
        """Return what a call does, by the weights that compiled code reads, in blocks.

        Each unit has its part of what is given (units, ...).
        """
        P, L = len(weights), self.lanes_of_unit
        per_block = max(1, PARTIAL_BYTES // (8 * self.n_groups * max(1, self.n_sums)))
        per_block = -(-per_block // L) * L
        if per_block >= P:
            return self.run(weights, _NOTHING if given is None else _bytes(given), n_threads)
        totals, sums = np.empty(P), np.empty((P, self.n_sums))
        for first in range(0, P, per_block):
            some = slice(first, first + per_block)
            own = _NOTHING if given is None else _bytes(given[first // L :])
            totals[some], sums[some] = self.run(weights[some], own, n_threads)
        return totals, sums

    def scores(self, weights: Floats, n_threads: int | None = None) -> Array:
        """Return the scores (P, B, steps, K) by weights (P, D), or another signal that is shown."""
        if self._is_single(weights):
            return self._single.scores(weights, n_threads)
        P, K, U = len(weights), self._rows, self.most_steps
        if self.program.materializes:
            weights = self.program.materialize(weights)
        units, N = -(-P // self.lanes_of_unit), len(self.tiles)
        output = np.zeros((units, N, U, K, LANES), self.dtype)
        self.run(weights, _bytes(output), n_threads)
        if self.lanes_of_unit > 1:
            # (units, candidates of the unit, sequences, steps, K)
            return np.moveaxis(output, -1, 1).reshape(units * LANES, N, U, K)[:P]
        rows = np.moveaxis(output, -1, 2).reshape(P, N * LANES, U, K)
        return rows[:, self.tiles.place]

    def vjp(self, weights: Floats, derivatives: Floats, n_threads: int | None = None) -> Floats:
        """Return derivatives (P, D) by weights (P, D) from those by the scores, (P, B, steps, K).

        Those of steps after the end of a sequence must be 0.
        """
        if self._is_single(weights):
            return self._single.vjp(weights, derivatives, n_threads)
        (P, _, U, K), N = derivatives.shape, len(self.tiles)
        units = -(-P // self.lanes_of_unit)
        if self.lanes_of_unit > 1:
            rows = np.zeros((units * LANES, N, U, K), self.dtype)
            rows[:P] = derivatives
            lanes = np.moveaxis(rows.reshape(units, LANES, N, U, K), 1, -1)
        else:
            rows = np.zeros((P, N * LANES, U, K), self.dtype)
            rows[:, self.tiles.place] = derivatives
            lanes = np.moveaxis(rows.reshape(P, N, LANES, U, K), 2, -1)
        given = np.ascontiguousarray(lanes)
        if not self.program.materializes:
            return self._totals(weights, n_threads, given)[1]
        sums = self._totals(self.program.materialize(weights), n_threads, given)[1]
        return self._vjp(weights, sums)

    def run(self, weights: Floats, output: Array, n_threads: int | None) -> tuple[Floats, Floats]:
        """Call compiled code once; see :meth:`__call__` for the results."""
        L, G = self.lanes_of_unit, self.n_groups
        units = -(-len(weights) // L)
        totals = np.empty((units, G * L))
        sums = np.empty((units, G * L * self.n_sums))
        work = len(weights) * self.work
        n_chunks = min(GUARD.n_threads(work, n_threads), units * G)
        weights = unlocked(weights)
        GUARD.run(
            _run_serial, _run_parallel, n_chunks,
            self._job, self.scratch_bytes, work, weights, totals, sums, output,
        )  # fmt: skip
        if L > 1:  # lanes last: those of the totals are the candidates, one after the other
            P, M = len(weights), self.n_sums
            if M:
                # Another order in memory is another type to numba, which would compile again.
                sums = np.ascontiguousarray(sums.reshape(units, M, L).swapaxes(1, 2))
            return totals.reshape(-1)[:P], sums.reshape(units * L, M)[:P]
        if G > 1:
            totals = totals.sum(axis=1, keepdims=True)
            sums = sums.reshape(units, G, self.n_sums).sum(axis=1)
        return totals[:, 0], sums


def unlocked(array: Array) -> Array:
    """Return an array that may be written to, which is another type to numba than one that may not.

    It shares the memory where this is allowed, as it is where a locked view is given.
    """
    if array.flags.writeable:
        return array
    view = array.view()
    try:
        view.setflags(write=True)
    except ValueError:
        return array.copy()
    return view


def _bytes(array: Array) -> Array:
    """Return a contiguous array as bytes."""
    return array.reshape(-1).view(np.uint8)


# --- Calls of compiled code ---------------------------------------------------------------


class _Scratch(threading.local):
    """Memory that a Python thread lends to its calls, one after the other."""

    def __init__(self) -> None:
        self.memory = aligned((0,), np.dtype(np.uint8))

    def lend(self, n_bytes: int) -> Array:
        """Return at least so many bytes."""
        if len(self.memory) < n_bytes:
            # Zeros, since lanes that are not in use must hold numbers.
            self.memory = aligned((n_bytes,), np.dtype(np.uint8))
            self.memory[:] = 0
        return self.memory


scratch = _Scratch()


@cache
def _compile(parallel: bool) -> None:
    """Compile a loop over candidates, by a call that does nothing."""
    driver, nothing = loop.parallel if parallel else loop.serial, np.empty((0, 0))
    job = np.zeros(1, JOB).view(np.int64)
    driver(job, 0, _NOTHING, nothing, nothing, nothing, _NOTHING)


def _run_serial(n_chunks: int, job: Array, scratch_bytes: int, work: int, *arrays: Array) -> None:
    """Run a job's chunks one after the other."""
    _compile(parallel=False)
    loop.serial(job, n_chunks, scratch.lend(scratch_bytes), *arrays)


def _run_parallel(n_chunks: int, job: Array, scratch_bytes: int, work: int, *arrays: Array) -> None:
    """Run a job's chunks in parallel."""
    _compile(parallel=True)
    memory = scratch.lend(n_chunks * scratch_bytes)
    began = time.perf_counter()
    loop.parallel(job, n_chunks, memory, *arrays)
    GUARD.took(work, time.perf_counter() - began)
