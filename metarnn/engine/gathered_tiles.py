"""Tiles that hold some of the sequences of others, gathered lane by lane: mini-batches.

Packing sequences, and laying out a pass over them, takes far longer than a pass over the few of a
mini-batch. Here both are done once: the sequences of a batch are copied from the lanes of packed
tiles into those of tiles that a pass knows already. They hold what they would if they had been
packed, so that the numbers are the same to the bit.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import packing
from .graph import Program
from .jit import LANES
from .passes import Floats, Pass
from .tile_buffer import CLOCKS, Integers
from .tiles import Series, Tiles, aligned
from .vectors import WIDTH


class GatheredTiles:
    """Room for some of the sequences of packed tiles, and passes over them.

    Parameters
    ----------
    program : Program
        The network.
    dtype : {"float32", "float64"}
        The type of the numbers that are computed.
    loss : str
        A name in LOSSES or NUMBER_LOSSES.
    source : Tiles
        All sequences.
    n_tiles : int
        Tiles of a batch. Lanes are sequences.
    """

    def __init__(
        self, program: Program, dtype: str, loss: str, source: Tiles, n_tiles: int
    ) -> None:
        self.n_tiles, self._source = n_tiles, source
        self._program, self._dtype, self._loss = program, dtype, loss
        self._tiles = Tiles(
            inputs=_room(source.inputs, n_tiles),
            answers=None if source.answers is None else _room(source.answers, n_tiles),
            labels=_room(source.labels, n_tiles),
            weights=_room(source.weights, n_tiles),
            double_weights=_room(source.double_weights, n_tiles),
            n_used=np.full(n_tiles, LANES),
            place=np.arange(n_tiles * LANES),
            columns=source.columns,
            lanes_are_candidates=False,
        )
        self._counted = np.array([(CLOCKS[clock.of], clock.window) for clock in program.clocks])
        self._group = WIDTH // np.dtype(dtype).itemsize
        self._passes: dict[str, Pass] = {}
        self._steps = self._counts = np.zeros(0, np.int64)

    def gather(self, lanes: Integers, weights: Floats) -> None:
        """Put in the sequences that are in these lanes (n,) of the source, with weights (n,)."""
        source, tiles = self._source, self._tiles
        steps = _steps(source.inputs, lanes)
        order = np.argsort(-steps, kind="stable")  # a tile of short sequences ends early
        lanes, weights, steps = lanes[order], weights[order], steps[order]
        self._gather(tiles.inputs, source.inputs, lanes, steps)
        counts, scored = steps, _steps(source.labels, lanes)
        if source.answers is not None and tiles.answers is not None:
            counts = _steps(source.answers, lanes)
            self._gather(tiles.answers, source.answers, lanes, counts)
        self._gather(tiles.labels, source.labels, lanes, scored)
        packing.gather_weights(
            *tiles.double_weights[:2], tiles.weights.numbers, *source.double_weights[:2],
            lanes, weights,
        )  # fmt: skip
        self._steps, self._counts = steps, counts
        for each in self._passes.values():
            self._set_steps(each)

    def _gather(self, room: Series, source: Series, lanes: Integers, steps: Integers) -> None:
        """Put in a series of the sequences, of so many steps each."""
        n_rows = room.starts[1] // (LANES * int(room.lengths[0, 0]))
        packing.gather(*room[:2], *source[:2], n_rows, lanes, steps)

    def run(self, task: str, points: Floats, n_threads: int | None) -> tuple[Floats, Floats]:
        """Return what a pass over the sequences returns for a task."""
        if task not in self._passes:
            new = Pass(self._program, self._tiles, self._dtype, task, self._loss)
            self._set_steps(new)
            self._passes[task] = new
        return self._passes[task](points, n_threads)

    def _set_steps(self, each: Pass) -> None:
        """Tell a pass how many steps the sequences have."""
        n_tiles = len(each.table)
        packing.set_steps(
            each.table.view(np.int64).reshape(n_tiles, -1),
            each.clocks.view(np.int64).reshape(*each.clocks.shape, -1),
            each.clock_steps, self._counted, self._steps, self._counts, self._group,
        )  # fmt: skip


def _room(series: Series, n_tiles: int) -> Series:
    """Return room for any sequences of a series in so many tiles."""
    size, most = int(np.diff(series.starts).max()), series.lengths.max()
    numbers = aligned((n_tiles * size,), series.numbers.dtype)
    numbers[:] = 0  # lanes that are not in use must hold numbers
    lengths = np.full((n_tiles, LANES), most, series.lengths.dtype)
    return Series(numbers, size * np.arange(n_tiles + 1), lengths)


def _steps(series: Series, lanes: Integers) -> NDArray[Any]:
    """Return the steps of the sequences in some lanes."""
    return series.lengths.reshape(-1)[lanes].astype(np.int64)
