"""Scores of sequences as they come: one in microseconds, millions in bounded memory.

Sequences go through trays, block after block. Small trays are kept for the next call. Nothing
else tells one sequence from a million: the tables, the loop over tiles and the bits are those
of every other pass.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .graph import Program, Steps
from .jit import LANES
from .tiles import Array
from .tray import Floats, Integers, Size, Tray

#: Tiles of a block, and what they put out, take about so many bytes.
BLOCK_BYTES = 2**23
#: Trays of at most so many bytes are kept, of so many sizes; and so many of each, for threads
#: that score at once.
KEPT_BYTES, KEPT_SIZES, KEPT_OF_SIZE = 2**18, 8, 4


class Scorer:
    """Scores sequences, by any number of candidates.

    Several threads may call it at once, and a process that was forked meanwhile. Memory over
    the data and the scores: 8 MB of tiles and of what they put out, or one tile where that is
    more, and what NumPy needs to convert as many sequences.

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
        self._program, self._dtype, self._prepared = program, dtype, prepared
        self._expands, self._scores = program.expands, program.scores
        # A list loses and gains a tray in one step of Python: no two threads have the same.
        self._kept: dict[Size, list[Tray]] = {}

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
        if self._expands:
            weights = self._program.expanded(weights)
        if not weights.flags.writeable:  # another type to numba, for which it would compile anew
            weights = weights.copy()
        P, (B, T), clock = len(weights), X.shape[:2], self._scores.clock
        longest = Steps(T, 0 if answers is None else answers.shape[1], columns)
        # Few sequences leave lanes idle; where candidates leave fewer, they are the lanes.
        own = -(-P // LANES) * B < P * -(-B // LANES)
        of_tile, of_unit = (1, LANES) if own else (LANES, 1)
        n_tiles, n_units = -(-B // of_tile), -(-P // of_unit)
        room = longest if columns else Steps(_rounded(T), _rounded(longest.answers))
        scores = np.empty((P, B, longest.of(clock), self._scores.n_rows), self._dtype)
        row = LANES * scores.itemsize
        of_input = row * (room.inputs * self._program.n_inputs + room.answers)
        of_output = row * room.of(clock) * self._scores.n_rows
        n_tiles = min(n_tiles, max(1, BLOCK_BYTES // (of_input + of_output)))
        n_units = min(n_units, max(1, BLOCK_BYTES // (n_tiles * of_output)))
        output = np.empty(n_units * n_tiles * of_output, np.uint8)
        steps = np.full(B, T) if lengths is None else lengths
        asked = np.full(B, longest.answers) if answer_lengths is None else answer_lengths
        ends = np.ones(B, np.int64)
        if clock.of != "once":
            ends = clock.steps(steps if clock.of == "inputs" else asked)
        # Sequences of like length share a tile, which then ends early.
        order = np.arange(B) if lengths is None else np.argsort(-lengths, kind="stable")
        size = Size(_rounded(n_tiles), room, own)
        tray = self._taken(size)
        for first in range(0, B, n_tiles * of_tile):
            some: Any = slice(first, first + n_tiles * of_tile)
            places = order[some]
            some = some if lengths is None else places
            told = None if answers is None else answers[some]
            if not tray.fill(self._prepared(X[some]), steps[some], told, asked[some]):
                raise ValueError(f"X must be finite in {self._dtype}, got NaN or infinity.")
            for p in range(0, P, n_units * of_unit):
                few = slice(p, p + n_units * of_unit)
                tray.score(weights[few], output, n_threads, scores[few], places, ends[some])
        self._keep(size, tray)
        return scores

    def _taken(self, size: Size) -> Tray:
        """Return a tray that nobody else has."""
        try:
            return self._kept[size].pop()
        except (KeyError, IndexError):
            return Tray(self._program, self._dtype, size)

    def _keep(self, size: Size, tray: Tray) -> None:
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
