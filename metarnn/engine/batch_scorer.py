"""Scores of sequences as they come: one in microseconds, millions in bounded memory.

Sequences go through tile buffers, block after block; small buffers are kept for the next call.
Tables, the loop over tiles and the bits are those of every other pass.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np

from metarnn.validation import check_finite_in

from .graph import Program
from .jit import LANES
from .passes import unlocked
from .signals import ONCE, Steps
from .tile_buffer import Floats, Integers, Size, TileBuffer
from .tiles import Array

#: The tiles of a block and their scores take BLOCK_BYTES, about a cache; or BUSY_TILES, which keep
#: threads busy, are a block, as long as they take at most MOST_BYTES.
BLOCK_BYTES, BUSY_TILES, MOST_BYTES = 2**21, 16, 2**26
#: Sequences of unequal length are scored by groups of similar length where an array of all that is
#: padded would hold more numbers than this.
MUCH = 2**20
#: Buffers of at most KEPT_BYTES are kept: of KEPT_SIZES sizes, and KEPT_OF_SIZE of each, for
#: threads that score at once.
KEPT_BYTES, KEPT_SIZES, KEPT_OF_SIZE = 2**18, 8, 4


class Plan(NamedTuple):
    """How sequences are scored: block by block of sequences and candidates."""

    size: Size  # of the tile buffer
    n_sequences: int  # of a block
    n_candidates: int
    output_bytes: int  # of the scores of a block, as tiles hold them


def _plan(program: Program, itemsize: int, P: int, B: int, longest: Steps) -> Plan:
    """Return how to score B sequences by P candidates."""
    signal = program.scores
    # Few sequences leave lanes idle; where candidates leave fewer idle, they are the lanes.
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
        n_units * n_tiles * output,
    )


class BatchScorer:
    """Scores sequences by any number of candidates.

    Several threads may call it at once, and so may forked processes. Memory beyond the data, the
    scores and the scratch memory of threads: a few MB; up to 64 MB where sequences are long, or
    one tile if that is more. `prepared` turns sequences (n, T, I) into what compiled code reads.
    """

    def __init__(self, program: Program, dtype: str, prepared: Callable[[Array], Array]) -> None:
        self._program, self._prepared, self._real = program, prepared, np.dtype(dtype)
        self._materializes, self._scores = program.materializes, program.scores
        self._plan = lru_cache(64)(partial(_plan, program, self._real.itemsize))
        # A list pops and appends in one step of Python: no two threads get the same buffer.
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
        """Return scores (P, B, steps, K) of sequences (B, T, I) by weights (P, D).

        They are 0 after the end of a sequence. Raises a ValueError for inputs that are not finite
        in the dtype of the passes.
        """
        if self._materializes:
            weights = self._program.materialize(weights)
        weights = unlocked(weights)
        P, (B, T) = len(weights), X.shape[:2]
        U = 0 if answers is None else answers.shape[1]
        n_steps = Steps(T, U, columns).of(self._scores.clock)
        scores = np.empty((P, B, n_steps, self._scores.n_rows), self._real)
        for rows, longest in self._groups(X, lengths):
            self._score(
                scores, rows, weights, X, Steps(longest, U, columns),
                lengths, answers, answer_lengths, n_threads,
            )  # fmt: skip
        return scores

    def _groups(self, X: Array, lengths: Integers | None) -> Iterator[tuple[Integers, int]]:
        """Yield rows of sequences that share buffers, and the steps of the longest of them.

        They are all, unless much of a large array would be padding.
        """
        B, T, n = X.shape
        if lengths is None or B * T * n <= MUCH or self._scores.clock != ONCE:
            yield np.arange(B), T
            return
        sizes = np.frexp(lengths - 0.5)[1]  # of which each power of 2 has one
        for size in np.unique(sizes):
            rows = np.flatnonzero(sizes == size)
            yield rows, int(lengths[rows].max())

    def _score(
        self,
        scores: Array,
        rows: Integers,
        weights: Floats,
        X: Array,
        longest: Steps,
        lengths: Integers | None,
        answers: Integers | None,
        answer_lengths: Integers | None,
        n_threads: int | None,
    ) -> None:
        """Write the scores of some rows (n,) of the sequences, of at most so many steps."""
        T, U, _ = longest
        plan = self._plan(len(weights), len(rows), longest)
        output = np.empty(plan.output_bytes, np.uint8)
        clock = self._scores.clock
        buffer = self._take(plan.size)
        whole = len(rows) == len(X)
        for first in range(0, len(rows), plan.n_sequences):
            places = rows[first : first + plan.n_sequences]
            some = slice(first, first + len(places)) if whole else places
            part = X[some] if X.shape[1] == T else X[some, :T]
            steps = np.full(len(part), T) if lengths is None else lengths[some]
            before, counts = None, steps
            if answers is not None:
                before = answers[some]
                counts = np.full(len(part), U) if answer_lengths is None else answer_lengths[some]
            if lengths is not None:  # those of similar length share a tile, which then ends early
                order = np.argsort((T - steps).astype(np.min_scalar_type(T)), kind="stable")
                part, places = part.take(order, axis=0), places[order]
                steps, counts = steps[order], counts[order]
                before = None if before is None else before[order]
            # Also a sequence that is scored once has at least one step.
            ends = counts if clock.of == "answers" else steps
            ends = clock.steps(ends) if clock.window > 1 else ends
            if not buffer.fill(self._prepared(part), steps, before, counts, n_threads):
                check_finite_in("X", X, self._real, lengths, self._prepared)
            for p in range(0, len(weights), plan.n_candidates):
                candidates = slice(p, p + plan.n_candidates)
                buffer.score(
                    weights[candidates], output, scores[candidates], places, ends, n_threads
                )
        self._keep(plan.size, buffer)

    def memory(self, n_candidates: int, n_sequences: int, n_steps: int, unequal: bool) -> int:
        """Return the bytes that a call takes beyond the data, the scores and threads' scratch."""
        plan = self._plan(n_candidates, n_sequences, Steps(n_steps, 0, 0))
        n_tiles, room, _ = plan.size
        step = self._program.n_inputs * self._real.itemsize
        inputs = n_tiles * room.inputs * LANES * step
        by_length = min(n_sequences, plan.n_sequences) * n_steps * step if unequal else 0
        return inputs + by_length + plan.output_bytes

    def _take(self, size: Size) -> TileBuffer:
        """Return a buffer that no other call uses."""
        try:
            return self._kept[size].pop()
        except (KeyError, IndexError):
            return TileBuffer(self._program, self._real.name, size)

    def _keep(self, size: Size, buffer: TileBuffer) -> None:
        """Keep a buffer for another call, unless it is large."""
        if buffer.n_bytes > KEPT_BYTES:
            return
        if size not in self._kept and len(self._kept) >= KEPT_SIZES:
            self._kept.clear()
        alike = self._kept.setdefault(size, [])
        if len(alike) < KEPT_OF_SIZE:
            alike.append(buffer)


def _rounded(n: int) -> int:
    """Return the next power of 2, so that few sizes of buffers serve all data; 0 for 0."""
    return 1 << (n - 1).bit_length() if n else 0
