"""The node that scans sequences: one cell, applied step by step in either direction."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from metarnn.engine.jit import LANES, Routine
from metarnn.engine.layout import LayoutBuilder
from metarnn.engine.program import PADDING
from metarnn.engine.signals import Signal

from .cell_node import CellNode
from .scan_loop import CHUNK, ENDLESS, SCAN, back, forward

#: A gradient keeps checkpoints where its states would take more bytes than this, some times what a
#: second-level cache holds. Steps are then computed twice, and gradients of weights are added up in
#: short segments: with a quarter of it, gradients take 5 (LSTM, H = 128) and 12 % (GRU) longer for
#: 50 steps and 20 % for 100 (LSTM, H = 32) on an Intel Xeon, and as long for small networks.
STATES_BYTES = 2**22


@dataclass(frozen=True)
class Scan(CellNode):
    """A cell, applied step by step."""

    #: The state after the last step; followed by the carried rows, if it has room for them.
    final: Signal | None = None
    initial: Signal | None = None  # first rows of [state; carried] at the start; the others are 0
    reversed: bool = False  # whether it runs from the last step of each sequence to the first

    @property
    def sources(self) -> tuple[Signal, ...]:
        return (self.source,) if self.initial is None else (self.source, self.initial)

    @property
    def targets(self) -> tuple[Signal, ...]:
        return (self.target,) if self.final is None else (self.target, self.final)

    def lower(self, layout: LayoutBuilder) -> tuple[Routine, Routine, Any]:
        cell, shared = self.cell, layout.is_read(self.target)
        row = np.zeros(1, SCAN)
        row["n_delta"], row["needs_zeros"] = cell.n_delta, cell.needs_zeros
        row["reversed"] = self.reversed
        if self.initial is not None:
            row["initial"] = layout.address(self.initial, self)
        self._place_states(row, layout, shared)
        if layout.derivatives:
            n_all = cell.n_state + cell.n_carried
            row["d_state"], row["spare"] = (layout.scratch.take(n_all) for _ in range(2))
        if self.final is not None and layout.is_read(self.final):
            if not shared and self.final.n_rows == cell.n_state and layout.is_whole(self.final):
                # It is read where it is.
                last = row["states"] + row["last_place"] * row["state_stride"]
                layout.move(self.final, int(last[0]), int(row["d_state"][0]))
                row["n_given"] = cell.n_state
            else:
                row["final"] = layout.address(self.final)
        self.lower_cell(row, layout, min(CHUNK, layout.steps.of(self.source.clock)))
        return forward, back, row

    def _place_states(self, row: Any, layout: LayoutBuilder, shared: bool) -> None:
        """Decide where the states are, and whether all of them are kept."""
        cell, n_steps = self.cell, layout.steps.of(self.source.clock)
        n_numbers = (cell.n_state + cell.n_kept) * LANES + PADDING
        n_fitting = STATES_BYTES // (n_numbers * np.dtype(layout.kind.real).itemsize)
        n_places, row["segment"] = n_steps + 1, ENDLESS
        row["state_mask"] = row["kept_mask"] = -1
        if not layout.derivatives:
            row["kept_mask"] = 1
            row["state_mask"] = -1 if shared else 1
            n_places = 2
        elif not shared and self.initial is None and n_places > n_fitting:
            segment = max(2, n_fitting // 2)  # two places are a pass without derivatives
            row["segment"], n_places = segment, segment + 1
            n_all = cell.n_state + cell.n_carried
            row["checkpoints"] = layout.scratch.take((n_steps // segment + 1) * n_all)
            layout.recomputes = True
        row["last_place"] = n_places - 1
        if not shared:
            row["states"], row["state_stride"] = layout.scratch.take_steps(n_places, cell.n_state)
        row["kept"], row["kept_stride"] = layout.scratch.take_steps(n_places, cell.n_kept)
