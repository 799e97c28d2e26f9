"""Data in the order in which the engine reads it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import LANES
from .program import CLOCK, TILE
from .signals import Clock, Steps
from .vectors import WIDTH

Array = NDArray[Any]

#: With fewer sequences than this, lanes are candidates.
CANDIDATES_AS_LANES_BELOW = 8


class Series(NamedTuple):
    """Numbers at each step of the sequences of tiles.

    Attributes
    ----------
    numbers : (N, ...) flat array
        The steps (T_n, rows, 32) of each tile, one tile after the other; T_n is the length of
        its longest sequence.
    starts : (N + 1,) int array
        Where each tile's begin.
    lengths : (N, 32) array
        Steps of each sequence, as numbers.
    """

    numbers: Array
    starts: NDArray[np.int64]
    lengths: Array

    @classmethod
    def of(cls, values: Array, lengths: Array, rows: Array, dtype: np.dtype[Any]) -> "Series":
        """Arrange values (B, T, n) of so many steps each, the rows (N, 32) of tiles."""
        n = values.shape[2]
        steps = lengths[rows]
        starts = np.append(0, np.cumsum(steps.max(axis=1) * n * LANES))
        numbers = aligned((starts[-1],), dtype)
        for first, end, lanes in zip(starts, starts[1:], rows, strict=False):
            tile = numbers[first:end].reshape(-1, n, LANES)
            tile[:] = np.moveaxis(values[lanes, : len(tile)], 0, -1)
            # Whatever pads a sequence, it must be a number.
            after = np.arange(len(tile))[:, None] >= lengths[lanes]
            if after.any():
                np.copyto(tile, 0, where=after[:, None])
        return cls(numbers, starts, _rows(steps, dtype))

    @property
    def addresses(self) -> NDArray[np.int64]:
        """Where each tile's begin, in memory."""
        return self.numbers.ctypes.data + self.numbers.itemsize * self.starts[:-1]


@dataclass(frozen=True)
class Tiles:
    """Sequences packed into tiles of 32 lanes, or each one in a tile of its own.

    Attributes
    ----------
    inputs : Series
        What the network reads, I rows.
    answers : Series or None
        The answers before each one, where the network is told these: one row of numbers.
    labels : Series
        Class at each step of the scores, as a number; or K numbers.
    weights, double_weights : Series
        Weight, likewise; 0 for the padding.
    n_used : (N,) int array
        Lanes in use.
    place : (B,) int array
        Which lane of which tile (32 n + lane) each sequence is in.
    columns : int
        Of images, whose rows follow each other in the inputs; 0 for sequences.
    lanes_are_candidates : bool
        Whether each tile is one sequence, the same in all lanes.
    """

    inputs: Series
    answers: Series | None
    labels: Series
    weights: Series
    double_weights: Series
    n_used: NDArray[np.int64]
    place: NDArray[np.int64]
    columns: int
    lanes_are_candidates: bool

    @classmethod
    def pack(
        cls,
        X: Array,
        dtype: str,
        *,
        lengths: NDArray[np.int64] | None = None,
        answers: NDArray[np.int64] | None = None,
        answer_lengths: NDArray[np.int64] | None = None,
        labels: NDArray[Any] | None = None,
        weights: NDArray[np.float64] | None = None,
        columns: int = 0,
        lanes_are_candidates: bool | None = None,
    ) -> "Tiles":
        """Pack X (B, T, I), and what belongs to each sequence.

        That is the length, the answers (B, U) before each answer and their length, and labels
        and weights, which are (B,), or (B, steps) where each step is scored. Labels that are
        numbers are (B, steps, K), NaN where they are not scored. Unless it is said, the lanes are
        candidates where sequences are few.
        """
        B, T = X.shape[:2]
        lengths = np.full(B, T) if lengths is None else lengths
        if lanes_are_candidates is None:
            lanes_are_candidates = B < CANDIDATES_AS_LANES_BELOW
        if lanes_are_candidates:
            place, n_used = LANES * np.arange(B), np.full(B, LANES)
            rows = np.repeat(np.arange(B)[:, None], LANES, axis=1)
        else:
            # Sequences of like length share a tile, which then ends early.
            order = np.argsort(-lengths, kind="stable")
            place = np.empty(B, np.int64)
            place[order] = np.arange(B)
            # The last sequence fills what is left: such a lane overflows only where a
            # sequence does, so a weight of 0 takes it out of a sum.
            rows = np.append(order, np.full(-B % LANES, order[-1])).reshape(-1, LANES)
            n_used = np.minimum(LANES, B - LANES * np.arange(len(rows)))
        real = np.dtype(dtype)

        def by_step(values: Array, dtype: np.dtype[Any]) -> Series:
            steps = values.reshape(B, -1, values.shape[2] if values.ndim == 3 else 1)
            return Series.of(steps, np.full(B, steps.shape[1]), rows, dtype)

        before = None
        if answers is not None:
            n = np.full(B, answers.shape[1]) if answer_lengths is None else answer_lengths
            before = Series.of(answers[..., None], n, rows, real)
        # Their weight is 0, but 0 NaN is NaN.
        of_labels = by_step(np.zeros(B) if labels is None else np.nan_to_num(labels), real)
        lane_weights = by_step(np.ones(B) if weights is None else weights, np.dtype(float))
        padding = np.arange(LANES) >= n_used[:, None]
        by_lane = lane_weights.numbers.reshape(len(rows), -1, LANES)
        by_lane[np.broadcast_to(padding[:, None], by_lane.shape)] = 0.0
        numbers = aligned(lane_weights.numbers.shape, real)
        numbers[:] = lane_weights.numbers
        return cls(
            Series.of(X, lengths, rows, real),
            before,
            of_labels,
            lane_weights._replace(numbers=numbers),
            lane_weights,
            n_used,
            place,
            columns,
            lanes_are_candidates,
        )

    def __len__(self) -> int:
        return len(self.n_used)

    @property
    def steps(self) -> Steps:
        """The longest sequences."""
        n_answers = 0 if self.answers is None else int(self.answers.lengths.max(initial=1))
        return Steps(int(self.inputs.lengths.max(initial=1)), n_answers, self.columns)

    def table(self, clocks: Sequence[Clock]) -> tuple[Array, Array, Array]:
        """Return what compiled code has to know of each tile (N,), and what that points to.

        Which is the clocks (N, C) of each, and the steps (C, N, 32) that these count in each lane.
        All three have to live as long as a pass uses them, and so have these tiles.
        """
        group = WIDTH // self.inputs.numbers.itemsize
        table = np.zeros(len(self), TILE)
        table["lanes"] = -(-self.n_used // group) * group
        for name in ("inputs", "answers", "labels", "weights", "double_weights"):
            series = getattr(self, name)
            if series is not None:
                table[name] = series.addresses
        rows = np.zeros((len(self), len(clocks)), CLOCK)
        of_lanes = self.inputs.lengths
        steps = aligned((len(clocks), *of_lanes.shape), of_lanes.dtype)
        for column, lengths, clock in zip(rows.T, steps, clocks, strict=True):
            series = getattr(self, clock.of, None)
            lengths[:] = 1 if series is None else clock.steps(series.lengths)
            column["n_steps"], column["shortest"] = lengths.max(axis=1), lengths.min(axis=1)
            column["lengths"] = lengths.ctypes.data + lengths.strides[0] * np.arange(len(self))
        table["clocks"] = rows.ctypes.data + rows.strides[0] * np.arange(len(self))
        return table, rows, steps


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
