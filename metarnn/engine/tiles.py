"""Data packed into tiles, in the order in which compiled code reads them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import LANES
from .program import CLOCK, TILE
from .signals import Clock, Steps
from .vectors import WIDTH

Array = NDArray[Any]

#: Numbers that are moved into a tile at a time.
MOVED = 2**17
#: With fewer sequences than this, lanes are candidates.
CANDIDATES_AS_LANES_BELOW = 8


class Series(NamedTuple):
    """Rows of numbers at each step of the sequences of tiles."""

    #: The steps (T_n, rows, 32) of each tile, one tile after the other, as a flat array; T_n is
    #: the length of its longest sequence.
    numbers: Array
    starts: NDArray[np.int64]  # (N + 1,): index of the first number of each tile
    lengths: Array  # (N, 32): steps of the sequence in each lane

    @classmethod
    def of(
        cls,
        values: Array,
        lengths: Array,
        rows: Array,
        dtype: np.dtype[Any],
        prepared: Callable[[Array], Array] | None = None,
    ) -> "Series":
        """Pack values (B, T, n) of sequences of such lengths; rows (N, 32) index the lanes.

        The values may be any object with a shape that is indexed as an array by rows and a slice
        of steps, such as one that scales them only then. `prepared` turns values (32, t, n) into
        what is packed.
        """
        prepared = prepared or (lambda values: values)
        n = prepared(values[:1, :1]).shape[2]
        steps = lengths[rows]
        starts = np.append(0, np.cumsum(steps.max(axis=1) * n * LANES))
        numbers = aligned((starts[-1],), dtype)
        some = max(1, MOVED // (n * LANES))
        for first, end, lanes in zip(starts, starts[1:], rows, strict=False):
            tile = numbers[first:end].reshape(-1, n, LANES)
            for t in range(0, len(tile), some):
                part = values[lanes, t : min(t + some, len(tile))]
                tile[t : t + some] = np.moveaxis(prepared(part), 0, -1)
            # Padding must be numbers.
            after = np.arange(len(tile))[:, None] >= lengths[lanes]
            if after.any():
                np.copyto(tile, 0, where=after[:, None])
        return cls(numbers, starts, _rows(steps, dtype))

    @property
    def addresses(self) -> NDArray[np.int64]:
        """Memory address of the first number of each tile."""
        return self.numbers.ctypes.data + self.numbers.itemsize * self.starts[:-1]


@dataclass(frozen=True)
class Tiles:
    """Sequences packed into tiles of 32 lanes, or each one in a tile of its own."""

    inputs: Series  # what the network reads, I rows
    answers: Series | None  # the answer before each answer, which a decoder reads: one row
    labels: Series  # the class at each step of the scores, one row; or K numbers, K rows
    weights: Series  # the weight at each step of the scores, one row; 0 for padding
    double_weights: Series  # the same in float64
    n_used: NDArray[np.int64]  # (N,): lanes in use
    place: NDArray[np.int64]  # (B,): the lane of each sequence, 32 tile + lane
    columns: int  # of images, whose rows follow each other in the inputs; 0 for sequences
    lanes_are_candidates: bool  # whether each tile is one sequence, the same in all lanes
    is_single: bool = False  # whether only the first lane of each tile counts

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
        prepared: Callable[[Array], Array] | None = None,
    ) -> "Tiles":
        """Pack sequences X (B, T, I).

        Parameters
        ----------
        X : (B, T, I) array
            Sequences.
        dtype : {"float32", "float64"}
            The type of the numbers that are computed.
        lengths : (B,) int array, optional
            Steps of each sequence.
        answers, answer_lengths : (B, U) and (B,) int arrays, optional
            The answer before each answer, and the number of answers.
        labels : (B,), (B, steps) or (B, steps, K) array, optional
            Classes of sequences or steps; or numbers, NaN where they are not scored.
        weights : (B,) or (B, steps) array, optional
            Weights of these.
        columns : int
            Columns of images.
        lanes_are_candidates : bool, optional
            By default where there are few sequences.
        prepared : callable, optional
            Turns some of the sequences into what compiled code reads of them.
        """
        B, T = X.shape[:2]
        lengths = np.full(B, T) if lengths is None else lengths
        if lanes_are_candidates is None:
            lanes_are_candidates = B < CANDIDATES_AS_LANES_BELOW
        if lanes_are_candidates:
            place, n_used = LANES * np.arange(B), np.full(B, LANES)
            rows = np.repeat(np.arange(B)[:, None], LANES, axis=1)
        else:
            # Sequences of similar length share a tile, which then ends early.
            order = np.argsort(-lengths, kind="stable")
            place = np.empty(B, np.int64)
            place[order] = np.arange(B)
            # The last sequence fills the remaining lanes. These overflow only where a sequence
            # does, so a weight of 0 removes them from a sum.
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
        # The weight of a label that is NaN is 0, but 0 NaN is NaN.
        of_labels = by_step(np.zeros(B) if labels is None else np.nan_to_num(labels), real)
        lane_weights = by_step(np.ones(B) if weights is None else weights, np.dtype(float))
        padding = np.arange(LANES) >= n_used[:, None]
        by_lane = lane_weights.numbers.reshape(len(rows), -1, LANES)
        by_lane[np.broadcast_to(padding[:, None], by_lane.shape)] = 0.0
        numbers = aligned(lane_weights.numbers.shape, real)
        numbers[:] = lane_weights.numbers
        return cls(
            Series.of(X, lengths, rows, real, prepared), before, of_labels,
            lane_weights._replace(numbers=numbers), lane_weights,
            n_used, place, columns, lanes_are_candidates,
        )  # fmt: skip

    def single(self) -> "Tiles":
        """Return tiles of one sequence as tiles of sequences, of which the first lane counts.

        So one candidate reads each of its weights once, where each lane would have its own, and
        rows of one lane fill the vectors.
        """

        def first_lane(weights: Series) -> Series:
            numbers = aligned(weights.numbers.shape, weights.numbers.dtype)
            numbers[:] = weights.numbers
            numbers.reshape(-1, LANES)[:, 1:] = 0
            return weights._replace(numbers=numbers)

        return replace(
            self, weights=first_lane(self.weights), double_weights=first_lane(self.double_weights),
            n_used=np.ones_like(self.n_used), lanes_are_candidates=False, is_single=True,
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.n_used)

    @property
    def steps(self) -> Steps:
        """Steps of the longest sequences."""
        n_answers = 0 if self.answers is None else int(self.answers.lengths.max(initial=1))
        return Steps(int(self.inputs.lengths.max(initial=1)), n_answers, self.columns)

    def table(self, clocks: Sequence[Clock]) -> tuple[Array, Array, Array]:
        """Return the records of the tiles (N,) for compiled code, and what these point to.

        Those are their clocks (N, C), and the steps (C, N, 32) that clocks count in each lane. All
        three and the tiles must live as long as a pass uses them.
        """
        group = WIDTH // self.inputs.numbers.itemsize
        table = np.zeros(len(self), TILE)
        table["lanes"] = 1 if self.is_single else -(-self.n_used // group) * group
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
    """Return an array, not initialized, that is aligned for vectors."""
    n_bytes = prod(shape) * dtype.itemsize
    raw = np.empty(n_bytes + WIDTH, np.uint8)
    first = -raw.ctypes.data % WIDTH
    return raw[first : first + n_bytes].view(dtype).reshape(shape)
