"""The node of attention: a mean of steps, weighted by the softmax of their energies.

The energy of a step compares its key with a query, or depends on the key alone; ``energies.py`` has
its forms.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from metarnn.engine.graph import Node, Work, backward_routine, forward_routine
from metarnn.engine.jit import LANES, Routine, call, subroutine
from metarnn.engine.layout import LayoutBuilder
from metarnn.engine.outer import outer_rows
from metarnn.engine.pointers import at, pointer_to, records
from metarnn.engine.program import clock_at, record, signal_at, tile_at, values
from metarnn.engine.row_kernels import add, clear
from metarnn.engine.signals import Signal, Steps
from metarnn.engine.softmax_kernels import add_multiples, dot_products, softmax, softmax_back
from metarnn.engine.weight_block import WeightBlock

from .energies import FORMS
from .scan_loop import ENDLESS

ATTEND = record(
    "form form_back",  # addresses: of the energies, of their derivative,
    "outer",  # and of the block that adds up the gradient by the weights
    "query keys values target",  # addresses of signals; 0: none
    "weights sums",  # offset of the packed weights, and position in a candidate's
    "causal window",  # 1: no step after the one of the query, and at most so many up to it
    "energies",  # offset of one row for each step
    "totals",  # likewise, of the derivatives by energies where there is no query
    "attention attention_stride",  # offset of the attention weights of each context
    "spare",  # offset of rows for intermediate results,
    "no_query d_no_query",  # of zeros in the place of a query, and of the derivative by these
)
attend_at = records(ATTEND)


@subroutine
def _reach(row: Any, u: int, n_keys: int) -> tuple[int, int]:
    """Return the first step that context u is a mean of, and the one after the last."""
    if row.causal:
        return max(0, u + 1 - row.window), u + 1
    return 0, n_keys


@forward_routine
def forward(record, tile, weights, scratch, lanes):
    """Compute the context at each step of the target."""
    row, data = attend_at(record, 0), tile_at(tile, 0)
    keys, seen = signal_at(row.keys, 0), signal_at(row.values, 0)
    target = signal_at(row.target, 0)
    clock = clock_at(data.clocks, keys.clock)
    ends, w = pointer_to(clock.lengths, scratch), at(weights, row.weights)
    k, x = values(keys, data, scratch), values(seen, data, scratch)
    energies, spare = at(scratch, row.energies), at(scratch, row.spare)
    if row.query == 0:
        no_query = at(scratch, row.no_query)
        clear(no_query, keys.n_rows)
        call(row.form, (w, no_query, k, keys.stride, keys.n_rows, clock.n_steps, spare, energies))
    for u in range(clock_at(data.clocks, target.clock).n_steps):
        begin, end = _reach(row, u, clock.n_steps)
        n, some = end - begin, at(energies, begin * LANES)
        if row.query != 0:
            query = signal_at(row.query, 0)
            q = at(values(query, data, scratch), u * query.stride)
            near = at(k, begin * keys.stride)
            call(row.form, (w, q, near, keys.stride, keys.n_rows, n, spare, some))
        attention = at(scratch, row.attention + u * row.attention_stride)
        softmax(some, n, begin, ends, attention)
        context = at(scratch, target.offset + u * target.stride)
        clear(context, seen.n_rows)
        add_multiples(
            attention, at(x, begin * seen.stride), seen.stride, seen.n_rows, n, context, 0
        )


@backward_routine
def back(record, tile, weights, scratch, sums, lanes):
    """Add the derivatives by the query, the keys, the values and the weights."""
    row, data = attend_at(record, 0), tile_at(tile, 0)
    keys, seen = signal_at(row.keys, 0), signal_at(row.values, 0)
    target = signal_at(row.target, 0)
    clock = clock_at(data.clocks, keys.clock)
    w, own_sums = at(weights, row.weights), at(sums, row.sums)
    k, x = values(keys, data, scratch), values(seen, data, scratch)
    d_k, d_x = at(scratch, keys.d_offset), at(scratch, seen.d_offset)
    d, spare, totals = at(scratch, row.energies), at(scratch, row.spare), at(scratch, row.totals)
    if row.query == 0:
        clear(totals, clock.n_steps)
    for u in range(clock_at(data.clocks, target.clock).n_steps):
        begin, end = _reach(row, u, clock.n_steps)
        n, d_context = end - begin, at(scratch, target.d_offset + u * target.d_stride)
        attention = at(scratch, row.attention + u * row.attention_stride)
        dot_products(at(x, begin * seen.stride), seen.stride, d_context, seen.n_rows, n, d)
        softmax_back(attention, n, d)
        if seen.d_offset >= 0:
            there = at(d_x, begin * seen.d_stride)
            add_multiples(attention, d_context, 0, seen.n_rows, n, there, seen.d_stride)
        if row.query == 0:
            add(d, n, at(totals, begin * LANES))
        else:
            query = signal_at(row.query, 0)
            call(
                row.form_back,
                (
                    w, at(values(query, data, scratch), u * query.stride),
                    at(k, begin * keys.stride), keys.stride, keys.n_rows, n, d,
                    at(scratch, query.d_offset + u * query.d_stride),
                    at(d_k, begin * keys.d_stride), keys.d_stride, spare, own_sums, row.outer,
                    lanes,
                ),
            )  # fmt: skip
    if row.query == 0:
        call(
            row.form_back,
            (
                w, at(scratch, row.no_query), k, keys.stride, keys.n_rows, clock.n_steps, totals,
                at(scratch, row.d_no_query), d_k, keys.d_stride, spare, own_sums, row.outer, lanes,
            ),
        )  # fmt: skip


@dataclass(frozen=True)
class Attend(Node):
    """Contexts: means of the values, weighted by a softmax over the steps of each sequence.

    There is a context at each step of the target.
    """

    keys: Signal  # energies are computed of these, A rows
    values: Signal  # contexts are means of these; its clock is that of the keys
    query: Signal | None = None  # compared with the keys, A rows, at each step of the target
    form: str = "additive"  # v . tanh(q + k); or "dot": q . k / sqrt(A)
    causal: bool = False  # whether contexts have no later steps; target and keys share a clock then
    window: int | None = None  # maximum number of steps in a causal context, with its own
    #: Receives the attention weights, if they are to be shown: a row for each step of a context,
    #: from its first one on, at each step of the target.
    attention: Signal | None = None

    @property
    def sources(self) -> tuple[Signal, ...]:
        query = () if self.query is None else (self.query,)
        return (*query, self.keys, self.values)

    @property
    def adds(self) -> bool:
        return True

    @property
    def blocks(self) -> tuple[WeightBlock, ...]:
        n_rows = self.keys.n_rows
        vector = WeightBlock("vector", (n_rows,), 1 / sqrt(n_rows))
        return (vector,) if self.form == "additive" else ()

    def work(self, steps: Steps) -> Work:
        n_contexts, n_steps = steps.of(self.target.clock), steps.of(self.keys.clock)
        n_weights = n_contexts * n_steps
        if self.causal:
            window = min(self.window or n_steps, n_steps)
            n_weights = window * n_steps - window * (window - 1) // 2
        # Without a query, the energy of a step is the same in all contexts.
        n_energies = n_steps if self.query is None else n_weights
        n_functions = n_weights + (self.keys.n_rows * n_energies if self.form == "additive" else 0)
        return Work(n_energies * self.keys.n_rows + n_weights * self.values.n_rows, n_functions)

    def lower(self, layout: LayoutBuilder) -> tuple[Routine, Routine, Any]:
        n_contexts, n_steps = layout.steps.of(self.target.clock), layout.steps.of(self.keys.clock)
        n_rows, room = self.keys.n_rows, layout.scratch
        energies, energies_back = FORMS[self.form]
        row = np.zeros(1, ATTEND)
        row["form"], row["sums"] = energies.address(layout.kind), self.first
        row["weights"] = layout.ordered(np.arange(self.first, self.first + self.n_weights))
        for name in ("query", "keys", "values"):
            signal = getattr(self, name)
            row[name] = 0 if signal is None else layout.address(signal, self)
        row["target"] = layout.address(self.target)
        row["causal"], row["window"] = self.causal, self.window or ENDLESS
        row["energies"], row["no_query"] = room.take(n_steps), room.take(n_rows)
        n_reached = min(self.window or n_steps, n_steps)
        row["spare"] = room.take(n_rows)
        if not layout.derivatives:
            row["attention"] = room.take(n_reached)
        else:
            row["form_back"] = energies_back.address(layout.kind)
            row["outer"] = outer_rows.address(layout.kind)
            row["attention"], row["attention_stride"] = room.take_steps(n_contexts, n_reached)
            row["totals"], row["d_no_query"] = room.take(n_steps), room.take(n_rows)
        if self.attention is not None:
            signal = layout.signal(self.attention)
            row["attention"], row["attention_stride"] = signal["offset"], signal["stride"]
        return forward, back, row
