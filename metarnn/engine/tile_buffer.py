"""Tiles that are filled again and again: what does not depend on the data is made once.

The tables of a pass depend on the network and the sizes of the data, not on the data. A tile
buffer is memory for a number of tiles and steps, with a pass over it; sequences are put in, also
fewer and shorter ones, and the scores are read off.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import packing
from .graph import Program
from .jit import LANES
from .passes import Pass
from .signals import Steps
from .threads import GUARD
from .tiles import Array, Series, Tiles, aligned
from .vectors import WIDTH

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: What a clock counts the steps of, as compiled code names it.
CLOCKS = {"once": packing.ONCE, "inputs": packing.INPUTS, "answers": packing.ANSWERS}
#: Moving a number takes as long as this many multiply-adds.
MOVE_WORK = 30


class Size(NamedTuple):
    """Room for tiles and steps, and whether lanes are candidates."""

    n_tiles: int
    steps: Steps
    lanes_are_candidates: bool


class TileBuffer:
    """Tiles that are filled again and again, and the pass that scores them."""

    def __init__(self, program: Program, dtype: str, size: Size) -> None:
        (N, steps, own), real = size, np.dtype(dtype)
        self._real, self._of_tile = real, 1 if own else LANES
        self._inputs = _blank(N, steps.inputs, program.n_inputs, real)
        self._answers = _blank(N, steps.answers, 1, real)
        # Labels and weights are not read: all tiles share one place.
        nothing = Series(np.zeros(LANES), np.zeros(N + 1, int), np.ones((N, LANES)))
        used, place = np.full(N, LANES), np.arange(N * self._of_tile)
        answers = self._answers if steps.answers else None
        tiles = Tiles(
            self._inputs, answers, nothing, nothing, nothing, used, place, steps.columns, own
        )
        self._pass = Pass(program, tiles, dtype, "scores")
        self._counted = np.array([(CLOCKS[clock.of], clock.window) for clock in program.clocks])
        self._table = self._pass.table.view(np.int64).reshape(N, -1)
        self._clocks = self._pass.clocks.view(np.int64).reshape(N, len(program.clocks), -1)
        self._group = WIDTH // real.itemsize

    @property
    def n_bytes(self) -> int:
        """Bytes of memory."""
        arrays = (self._inputs.numbers, self._answers.numbers, self._table, self._clocks)
        return sum(array.nbytes for array in (*arrays, self._pass.clock_steps))

    def fill(
        self,
        X: Array,
        steps: Integers,
        before: Array | None,
        counts: Integers,
        n_threads: int | None,
    ) -> bool:
        """Put in sequences X (n, T, I); return whether all of their numbers are finite.

        They have `steps` (n,) and `counts` (n,) answers; `before` (n, U) has the answer before
        each answer, which a decoder reads.
        """
        n_tiles, most, room = -(-len(X) // self._of_tile), X.shape[1], self._inputs
        if before is not None:
            most = max(most, before.shape[1])
            rows = _plain(before[..., None], self._real)
            packing.pack(*self._answers[:2], rows, counts, self._of_tile)
        self._pass.shorten(n_tiles, most)
        n_chunks = min(GUARD.n_threads(MOVE_WORK * X.size, n_threads), n_tiles)
        n_wrong = GUARD.run(
            packing.pack_checked, packing.pack_checked_parallel, n_chunks, self._table,
            self._clocks, self._pass.clock_steps, self._counted, steps, counts, room.numbers,
            room.starts, _plain(X, self._real), self._of_tile, self._group,
        )  # fmt: skip
        return n_wrong == 0

    def score(
        self,
        weights: Floats,
        output: Array,
        scores: Array,
        places: Integers,
        ends: Integers,
        n_threads: int | None,
    ) -> None:
        """Put the scores of the sequences by weights (P, D) into `scores` (P, B, U, K).

        Those of the B sequences that are in are at `places`; only their steps before `ends` are
        scored, and scores of later ones are 0. `output` is memory for the scores of tiles.
        """
        runner = self._pass
        runner.run(weights, output, n_threads)
        n_numbers = len(places) * scores[:, 0].size
        n_chunks = min(GUARD.n_threads(MOVE_WORK * n_numbers, n_threads), runner.n_tiles)
        GUARD.run(
            packing.scatter_scores, packing.scatter_scores_parallel, n_chunks,
            output.view(self._real),
            scores, places, ends, runner.n_tiles, runner.most_steps, self._of_tile,
        )  # fmt: skip


def _blank(n_tiles: int, n_steps: int, n_rows: int, real: np.dtype[Any]) -> Series:
    """Return room for rows at each step of tiles."""
    size = n_steps * n_rows * LANES
    numbers = aligned((n_tiles * size,), real)
    numbers[:] = 0  # lanes that are not in use must hold numbers
    return Series(numbers, size * np.arange(n_tiles + 1), np.full((n_tiles, LANES), n_steps, real))


def _plain(values: Array, real: np.dtype[Any]) -> Array:
    """Return values as compiled code reads them: contiguous, and of one of two types."""
    known = values.dtype == np.float64 or values.dtype == np.float32
    if known and values.flags.c_contiguous and values.flags.writeable:
        return values
    with np.errstate(over="ignore"):
        return np.array(values, real, order="C")
