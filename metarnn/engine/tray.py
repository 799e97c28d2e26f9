"""Tiles to be filled again and again: what does not depend on the data is made once.

What a pass has to know depends on the network and on the sizes of the data, not on the data. A
tray is memory for so many tiles of so many steps, with the tables of a pass that lead there;
sequences are put in, fewer and shorter ones too, and the scores are read off.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .graph import Program, Steps
from .jit import LANES, kernel
from .passes import Pass
from .program import CLOCK, TILE
from .tiles import Array, Series, Tiles, aligned
from .vectors import WIDTH

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LANES_IN_USE = list(TILE.names or ()).index("lanes")
MOST, LEAST = map(list(CLOCK.names or ()).index, ("n_steps", "shortest"))
#: What a clock counts the steps of, as compiled code is told.
OF = {"once": 0, "inputs": 1, "answers": 2}
#: Numbers of a sequence that are read at a time: a line of the cache.
LINE = 8


class Size(NamedTuple):
    """What a tray has room for: tiles, and steps; and whether lanes are candidates."""

    n_tiles: int
    steps: Steps
    lanes_are_candidates: bool


class Tray:
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
        self._of_tile, self._own = 1 if own else LANES, own
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

    def fill(self, X: Array, steps: Integers, answers: Array | None, asked: Integers) -> bool:
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
        """
        most = X.shape[1] if answers is None else max(X.shape[1], answers.shape[1])
        self._pass.shorten(-(-len(X) // self._of_tile), most)
        _count(
            self._table, self._clocks, self._pass.clock_steps, self._counted, steps, asked,
            self._of_tile, self._group,
        )  # fmt: skip
        finite = bool(self._arrange(self._inputs, X, steps))
        if answers is not None:
            self._arrange(self._answers, answers[..., None], asked)
        return finite

    def _arrange(self, series: Series, values: Array, steps: Integers) -> Any:
        numbers = series.numbers
        return _arrange(numbers, series.starts, _plain(values, numbers.dtype), steps, self._of_tile)

    def score(
        self,
        weights: Floats,
        output: Array,
        n_threads: int | None,
        scores: Array,
        places: Integers,
        ends: Integers,
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
        """
        self._pass.run(weights, output, n_threads)
        _hand_out(
            output.view(scores.dtype), scores, places, ends,
            self._pass.n_tiles, self._pass.most_steps, self._own,
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


@kernel
def _count(table, clocks, lengths, counted, steps, asked, of_tile, group):
    """Count the lanes of tiles that are in use, and the steps of each clock in each lane."""
    n = len(steps)
    for tile in range((n + of_tile - 1) // of_tile):
        n_used = LANES if of_tile == 1 else min(LANES, n - tile * of_tile)
        table[tile, LANES_IN_USE] = (n_used + group - 1) // group * group
        for c in range(len(counted)):
            of, window = counted[c]
            most, least = 0, np.iinfo(np.int64).max
            for lane in range(LANES):
                i = min(tile * of_tile + min(lane, of_tile - 1), n - 1)
                n_steps = 1
                if of == 1:
                    n_steps = (steps[i] + window - 1) // window
                elif of == 2:
                    n_steps = (asked[i] + window - 1) // window
                lengths[c, tile, lane] = n_steps
                most, least = max(most, n_steps), min(least, n_steps)
            clocks[tile, c, MOST], clocks[tile, c, LEAST] = most, least


@kernel
def _arrange(numbers, starts, X, steps, of_tile):
    """Put sequences (n, T, I) into the lanes of tiles; return whether all numbers are finite.

    What pads a sequence, up to the end of the longest one of its tile, is 0.
    """
    n, _, n_inputs = X.shape
    rows = X.reshape(n, -1)
    real, finite = numbers.dtype.type, True
    for tile in range((n + of_tile - 1) // of_tile):
        first = tile * of_tile
        n_own = min(of_tile, n - first)
        most = 0
        for i in range(first, first + n_own):
            most = max(most, steps[i] * n_inputs)
        for begin in range(0, most, LINE):
            for lane in range(LANES if of_tile == 1 else n_own):
                i = first + min(lane, n_own - 1)
                own = steps[i] * n_inputs
                for q in range(begin, min(begin + LINE, most)):
                    x = real(rows[i, q]) if q < own else real(0)
                    finite &= x - x == 0
                    numbers[starts[tile] + q * LANES + lane] = x
    return finite


@kernel
def _hand_out(output, scores, places, ends, n_tiles, most_steps, lanes_are_candidates):
    """Copy what tiles have put out to the scores of the sequences."""
    P, _, U, K = scores.shape
    zero = scores.dtype.type(0)
    for p in range(P):
        for i in range(len(places)):
            unit, tile, lane = p, i // LANES, i % LANES
            if lanes_are_candidates:
                unit, tile, lane = p // LANES, i, p % LANES
            first = (unit * n_tiles + tile) * most_steps
            for u in range(U):
                for k in range(K):
                    there = output[((first + u) * K + k) * LANES + lane]
                    scores[p, places[i], u, k] = there if u < ends[i] else zero
