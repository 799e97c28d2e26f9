"""Tiles to be filled again and again: what does not depend on the data is made once.

What a pass has to know depends on the network and on the sizes of the data, not on the data. A
tray is memory for so many tiles of so many steps, with the tables of a pass that lead there;
sequences are put in, fewer and shorter ones too, and the scores are read off.
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

#: What a clock counts the steps of, as compiled code is told.
OF = {"once": packing.ONCE, "inputs": packing.INPUTS, "answers": packing.ANSWERS}
#: To move a number takes as long as so many multiply-adds.
MOVE = 30


class Size(NamedTuple):
    """What a tray has room for: tiles, and steps; and whether lanes are candidates."""

    n_tiles: int
    steps: Steps
    lanes_are_candidates: bool


class TileBuffer:
    """Tiles to be filled, and the pass that scores them.

    Parameters
    ----------
    program : Program
        The network.
    dtype : {"float32", "float64"}
        What is computed in.
    size : Size
        What there is room for.
    """

    def __init__(self, program: Program, dtype: str, size: Size) -> None:
        (N, steps, own), real = size, np.dtype(dtype)
        self._real, self._of_tile = real, 1 if own else LANES
        self._inputs = _blank(N, steps.inputs, program.n_inputs, real)
        self._answers = _blank(N, steps.answers, 1, real)
        # Labels and weights are not read: these of all tiles are at one place.
        nothing = Series(np.zeros(LANES), np.zeros(N + 1, int), np.ones((N, LANES)))
        used, place = np.full(N, LANES), np.arange(N * self._of_tile)
        answers = self._answers if steps.answers else None
        tiles = Tiles(
            self._inputs, answers, nothing, nothing, nothing, used, place, steps.columns, own
        )
        self._pass = Pass(program, tiles, dtype, "scores")
        self._counted = np.array([(OF[clock.of], clock.window) for clock in program.clocks])
        self._table = self._pass.table.view(np.int64).reshape(N, -1)
        self._clocks = self._pass.clocks.view(np.int64).reshape(N, len(program.clocks), -1)
        self._group = WIDTH // real.itemsize

    @property
    def n_bytes(self) -> int:
        """Memory."""
        arrays = (self._inputs.numbers, self._answers.numbers, self._table, self._clocks)
        return sum(array.nbytes for array in (*arrays, self._pass.clock_steps))

    def fill(
        self,
        X: Array,
        steps: Integers,
        answers: Array | None,
        asked: Integers,
        n_threads: int | None,
    ) -> bool:
        """Put in sequences and return whether all of their numbers are finite.

        Parameters
        ----------
        X : (n, T, I) array
            At most as many as there is room for.
        steps : (n,) array
            Of each sequence.
        answers : (n, U) array or None
            The answers before each one.
        asked : (n,) array
            How many answers each sequence has.
        n_threads : int or None
            At most so many threads.
        """
        n_tiles, most, room = -(-len(X) // self._of_tile), X.shape[1], self._inputs
        if answers is not None:
            most = max(most, answers.shape[1])
            of_answers = _plain(answers[..., None], self._real)
            packing.arrange(*self._answers[:2], of_answers, asked, self._of_tile)
        self._pass.shorten(n_tiles, most)
        n_chunks = min(GUARD.n_threads(MOVE * X.size, n_threads), n_tiles)
        n_wrong = GUARD.run(
            packing.fill, packing.fill_parallel, n_chunks, self._table, self._clocks,
            self._pass.clock_steps, self._counted, steps, asked, room.numbers, room.starts,
            _plain(X, self._real), self._of_tile, self._group,
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
        """Score what has been put in, by weights (P, D).

        Parameters
        ----------
        output : (n,) array of uint8
            Where tiles put their scores.
        scores : (P, B, U, K) array
            Where they go from there.
        places : (n,) array
            Which of the B sequences have been put in.
        ends : (n,) array
            How many steps of each are scored; the others are 0.
        n_threads : int or None
            At most so many threads.
        """
        runner = self._pass
        runner.run(weights, output, n_threads)
        n_numbers = len(places) * scores[:, 0].size
        n_chunks = min(GUARD.n_threads(MOVE * n_numbers, n_threads), runner.n_tiles)
        GUARD.run(
            packing.scatter_scores, packing.scatter_scores_parallel, n_chunks,
            output.view(self._real),
            scores, places, ends, runner.n_tiles, runner.most_steps, self._of_tile,
        )  # fmt: skip


def _blank(n_tiles: int, n_steps: int, n_rows: int, real: np.dtype[Any]) -> Series:
    """Return room for so many rows at so many steps."""
    size = n_steps * n_rows * LANES
    numbers = aligned((n_tiles * size,), real)
    numbers[:] = 0  # what a lane holds that is not in use must be a number
    return Series(numbers, size * np.arange(n_tiles + 1), np.full((n_tiles, LANES), n_steps, real))


def _plain(values: Array, real: np.dtype[Any]) -> Array:
    """Return values as compiled code takes them: one after the other, in one of two types."""
    known = values.dtype == np.float64 or values.dtype == np.float32
    if known and values.flags.c_contiguous and values.flags.writeable:
        return values
    with np.errstate(over="ignore"):
        return np.array(values, real, order="C")
