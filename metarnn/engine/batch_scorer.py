"""Scores of sequences as they come: one in microseconds, millions in bounded memory.

Sequences go through trays, block after block. Small trays are kept for the next call. Nothing
else tells one sequence from a million: the tables, the loop over tiles and the bits are those
of every other pass.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np

from .graph import Program
from .jit import LANES
from .signals import Steps
from .tile_buffer import Floats, Integers, Size, TileBuffer
from .tiles import Array

#: Tiles of a block, with what they put out, take so many bytes, about a cache; or as many as it
#: takes to keep threads busy, but then so many bytes at most.
BLOCK_BYTES, BUSY_TILES, MOST_BYTES = 2**21, 16, 2**26
#: Trays of at most so many bytes are kept, of so many sizes; and so many of each, for threads
#: that score at once.
KEPT_BYTES, KEPT_SIZES, KEPT_OF_SIZE = 2**18, 8, 4


class Plan(NamedTuple):
    """How sequences are scored: blocks of so many, and of so many candidates.

    Attributes
    ----------
    size : Size
        Of the tray.
    n_sequences, n_candidates : int
        Of a block.
    n_steps : int
        That are scored.
    output_bytes : int
        What tiles put out for a block.
    """

    size: Size
    n_sequences: int
    n_candidates: int
    n_steps: int
    output_bytes: int


def _plan(program: Program, itemsize: int, P: int, B: int, longest: Steps) -> Plan:
    """Return how to score B sequences by P candidates."""
    signal = program.scores
    # Few sequences leave lanes idle; where candidates leave fewer, they are the lanes.
    own = -(-P // LANES) * B < P * -(-B // LANES)
    of_tile, of_unit = (1, LANES) if own else (LANES, 1)
    room = longest if longest.columns else Steps(*map(_rounded, longest))
    row = LANES * itemsize
    inputs = row * (room.inputs * program.n_inputs + room.answers)
    output = row * room.of(signal.clock) * signal.n_rows
    n_tiles = min(BUSY_TILES, MOST_BYTES // (inputs + output))
    n_tiles = min(-(-B // of_tile), max(1, BLOCK_BYTES // (inputs + output), n_tiles))
    n_units = min(-(-P // of_unit), max(1, BLOCK_BYTES // (n_tiles * output)))
    return Plan(
        Size(_rounded(n_tiles), room, own),
        n_tiles * of_tile,
        n_units * of_unit,
        longest.of(signal.clock),
        n_units * n_tiles * output,
    )


class BatchScorer:
    """Scores sequences, by any number of candidates.

    Several threads may call it at once, and a process that was forked meanwhile. Memory over
    the data and the scores, beside that of threads: a few MB, up to 64 MB where sequences are
    long, or one tile where that is more.

    Parameters
    ----------
    program : Program
        The network.
    dtype : {"float32", "float64"}
        What is computed in.
    prepared : callable
        Returns what compiled code reads of sequences (n, T, I).
    """

    def __init__(self, program: Program, dtype: str, prepared: Callable[[Array], Array]) -> None:
        self._program, self._prepared, self._real = program, prepared, np.dtype(dtype)
        self._materializes, self._scores = program.materializes, program.scores
        self._plan = lru_cache(64)(partial(_plan, program, self._real.itemsize))
        # A list loses and gains a tray in one step of Python: no two threads have the same.
        self._kept: dict[Size, list[TileBuffer]] = {}

    def __call__(
        self,
        weights: Floats,
        X: Array,
        *,
        lengths: Integers | None = None,
        columns: int = 0,
        answers: Integers | None = None,
        answer_lengths: Integers | None = None,
        n_threads: int | None = None,
    ) -> Array:
        """Return scores (P, B, steps, K) by weights (P, D) of sequences (B, T, I).

        They are 0 after a sequence's end.

        Raises
        ------
        ValueError
            What is not finite, or not in the dtype of the passes.
        """
        if self._materializes:
            weights = self._program.materialize(weights)
        if not weights.flags.writeable:  # another type to numba, for which it would compile anew
            weights = weights.copy()
        P, (B, T) = len(weights), X.shape[:2]
        U = 0 if answers is None else answers.shape[1]
        plan = self._plan(P, B, Steps(T, U, columns))
        scores = np.empty((P, B, plan.n_steps, self._scores.n_rows), self._real)
        output = np.empty(plan.output_bytes, np.uint8)
        clock = self._scores.clock
        tray = self._taken(plan.size)
        for first in range(0, B, plan.n_sequences):
            some = slice(first, min(first + plan.n_sequences, B))
            part, places = X[some], np.arange(first, some.stop)
            steps = np.full(len(part), T) if lengths is None else lengths[some]
            told, asked = None, steps
            if answers is not None:
                told = answers[some]
                asked = np.full(len(part), U) if answer_lengths is None else answer_lengths[some]
            if lengths is not None:  # those of like length share a tile, which then ends early
                order = np.argsort((T - steps).astype(np.min_scalar_type(T)), kind="stable")
                part, places = part.take(order, axis=0), places[order]
                steps, asked = steps[order], asked[order]
                told = None if told is None else told[order]
            # What is scored once has a step or more, too.
            ends = asked if clock.of == "answers" else steps
            ends = clock.steps(ends) if clock.window > 1 else ends
            if not tray.fill(self._prepared(part), steps, told, asked, n_threads):
                raise ValueError(f"X must be finite in {self._real}, got NaN or infinity.")
            for p in range(0, P, plan.n_candidates):
                few = slice(p, p + plan.n_candidates)
                tray.score(weights[few], output, scores[few], places, ends, n_threads)
        self._keep(plan.size, tray)
        return scores

    def _taken(self, size: Size) -> TileBuffer:
        """Return a tray that nobody else has."""
        try:
            return self._kept[size].pop()
        except (KeyError, IndexError):
            return TileBuffer(self._program, self._real.name, size)

    def _keep(self, size: Size, tray: TileBuffer) -> None:
        """Keep a tray for another call, unless it is large."""
        if tray.n_bytes > KEPT_BYTES:
            return
        if size not in self._kept and len(self._kept) >= KEPT_SIZES:
            self._kept.clear()
        alike = self._kept.setdefault(size, [])
        if len(alike) < KEPT_OF_SIZE:
            alike.append(tray)


def _rounded(n: int) -> int:
    """Return the next power of 2, so that few sizes of trays serve all data; 0 for 0."""
    return 1 << (n - 1).bit_length() if n else 0
