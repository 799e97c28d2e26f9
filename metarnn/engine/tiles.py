"""Data in the order in which the engine reads it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .jit import LANES
from .program import TILE
from .vectors import WIDTH

Array = NDArray[Any]

#: With fewer sequences than this, lanes are candidates.
CANDIDATES_AS_LANES_BELOW = 8


@dataclass(frozen=True)
class Tiles:
    """Sequences packed into tiles of 32 lanes, or each one in a tile of its own.

    Attributes
    ----------
    inputs : (N, ...) flat array
        The steps (T_n, I, 32) of each tile, one tile after the other; T_n is the length of
        its longest sequence.
    starts : (N + 1,) int array
        Where each tile's inputs begin.
    n_inputs : int
        I.
    lengths, labels : (N, 32) array
        Of each sequence, as numbers.
    weights, double_weights : (N, 32) array
        Of each sequence; 0 for the padding.
    n_used : (N,) int array
        Lanes in use.
    place : (B,) int array
        Which lane of which tile (32 n + lane) each sequence is in.
    lanes_are_candidates : bool
        Whether each tile is one sequence, the same in all lanes.
    """

    inputs: Array
    starts: NDArray[np.int64]
    n_inputs: int
    lengths: Array
    labels: Array
    weights: Array
    double_weights: NDArray[np.float64]
    n_used: NDArray[np.int64]
    place: NDArray[np.int64]
    lanes_are_candidates: bool

    @classmethod
    def pack(
        cls,
        X: Array,
        dtype: str,
        *,
        lengths: NDArray[np.int64] | None = None,
        labels: NDArray[np.int64] | None = None,
        weights: NDArray[np.float64] | None = None,
        lanes_are_candidates: bool | None = None,
    ) -> "Tiles":
        """Pack X (B, T, I), and the length, label and weight of each sequence.

        Unless it is said, the lanes are candidates where sequences are few.
        """
        B, T, I = X.shape  # noqa: E741
        if lanes_are_candidates is None:
            lanes_are_candidates = B < CANDIDATES_AS_LANES_BELOW
        if lanes_are_candidates:
            place, n_used = LANES * np.arange(B), np.full(B, LANES)
            rows = np.repeat(np.arange(B)[:, None], LANES, axis=1)
        else:
            # Sequences of like length share a tile, which then ends early.
            order = np.arange(B) if lengths is None else np.argsort(-lengths, kind="stable")
            place = np.empty(B, np.int64)
            place[order] = np.arange(B)
            # The last sequence fills what is left: such a lane overflows only where a
            # sequence does, so a weight of 0 takes it out of a sum.
            rows = np.append(order, np.full(-B % LANES, order[-1])).reshape(-1, LANES)
            n_used = np.minimum(LANES, B - LANES * np.arange(len(rows)))
        real = np.dtype(dtype)
        padding = np.arange(LANES) >= n_used[:, None]
        lane_weights = np.where(padding, 0.0, 1.0 if weights is None else weights[rows])
        steps = (np.full(B, T) if lengths is None else lengths)[rows]
        starts = np.append(0, np.cumsum(steps.max(axis=1) * I * LANES))
        inputs = aligned((starts[-1],), real)
        for first, end, lanes in zip(starts, starts[1:], rows, strict=False):
            tile = inputs[first:end].reshape(-1, I, LANES)
            tile[:] = np.moveaxis(X[lanes, : len(tile)], 0, -1)
            if lengths is not None:  # whatever pads a sequence, it must be a number
                after = np.arange(len(tile))[:, None] >= lengths[lanes]
                np.copyto(tile, 0, where=after[:, None])
        return cls(
            inputs,
            starts,
            I,
            _rows(steps, real),
            _rows(np.zeros_like(rows) if labels is None else labels[rows], real),
            _rows(lane_weights, real),
            _rows(lane_weights, np.dtype(float)),
            n_used,
            place,
            lanes_are_candidates,
        )

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def n_steps(self) -> int:
        """T, of the longest sequence."""
        return int(self.lengths.max(initial=1))

    @property
    def table(self) -> Array:
        """Return what compiled code has to know of each tile (N,), while this object lives."""
        group = WIDTH // self.inputs.itemsize
        table = np.zeros(len(self), TILE)
        table["inputs"] = self.inputs.ctypes.data + self.inputs.itemsize * self.starts[:-1]
        table["n_steps"] = self.lengths.max(axis=1)
        table["shortest"] = self.lengths.min(axis=1)
        table["lanes"] = -(-self.n_used // group) * group
        for name in ("lengths", "labels", "weights", "double_weights"):
            rows = getattr(self, name)
            table[name] = rows.ctypes.data + rows.strides[0] * np.arange(len(self))
        return table


def _rows(values: Array, dtype: np.dtype[Any]) -> Array:
    rows = aligned(values.shape, dtype)
    rows[:] = values
    return rows


def aligned(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return an empty array that begins where a vector may."""
    n_bytes = int(np.prod(shape)) * dtype.itemsize
    raw = np.empty(n_bytes + WIDTH, np.uint8)
    first = -raw.ctypes.data % WIDTH
    return raw[first : first + n_bytes].view(dtype).reshape(shape)
