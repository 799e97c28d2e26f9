"""The node of attention: a mean of steps, weighed by a softmax of energies.

The energy of a step compares its key with a query, or is that of the key alone. Its form is a
routine and the derivative of that, which the node calls by their addresses, as a scan does
with a cell; so each form compiles alone.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from metarnn.engine.block_routines import outer_rows
from metarnn.engine.graph import Node, Signal, Steps, Work
from metarnn.engine.jit import LANES, Reals, Routine, Sums, Weights, call, routine, subroutine
from metarnn.engine.layout import LayoutBuilder
from metarnn.engine.pointers import at, pointer_to, records
from metarnn.engine.program import (
    backward_routine,
    clock_at,
    forward_routine,
    record,
    signal_at,
    tile_at,
    values,
)
from metarnn.engine.row_kernels import add, clear
from metarnn.engine.softmax_kernels import (
    add_multiples,
    additive_energies,
    additive_slopes,
    dot_products,
    scaled,
    softmax,
    softmax_back,
)

from .scan import CHUNK, ENDLESS

ATTEND = record(
    "form",  # addresses: of the energies,
    "form_back",  # of their derivative,
    "outer",  # and of what adds up that by the weights
    "query",  # addresses of signals; 0: none
    "keys",
    "values",
    "target",
    "weights",  # offset of the packed weights,
    "sums",  # and of theirs in a candidate's
    "causal",  # 1: no step after the one that asks,
    "window",  # and of those before it so many, with itself
    "energies",  # offset of one row for each step
    "totals",  # likewise, of the derivatives where nobody asks
    "shares",  # offset of the shares of each step that asks, and the stride of these
    "share_stride",
    "spare",  # offset of rows to work with,
    "nothing",  # of zeros in the place of a query,
    "d_nothing",  # and of the derivative by these
)
attend_at = records(ATTEND)


@routine
def dot(
    w: Weights, q: Reals, k: Reals, stride: int, n_rows: int, n: int, spare: Reals, energies: Reals
) -> None:
    """Compute q . k_s / sqrt(A): by the root of ordinary size (A. Vaswani et al. 2017)."""
    scaled(q, n_rows, spare)
    dot_products(k, stride, spare, n_rows, n, energies)


@routine
def dot_back(
    w: Weights,
    q: Reals,
    k: Reals,
    stride: int,
    n_rows: int,
    n: int,
    d: Reals,
    d_q: Reals,
    d_k: Reals,
    d_stride: int,
    spare: Reals,
    sums: Sums,
    outer: int,
    lanes: int,
) -> None:
    """Add the derivatives by query and keys."""
    scaled(q, n_rows, spare)
    add_multiples(d, spare, 0, n_rows, n, d_k, d_stride)
    clear(spare, n_rows)
    add_multiples(d, k, stride, n_rows, n, spare, 0)
    scaled(spare, n_rows, spare)
    add(spare, n_rows, d_q)


@routine
def additive(
    w: Weights, q: Reals, k: Reals, stride: int, n_rows: int, n: int, spare: Reals, energies: Reals
) -> None:
    """Compute v . tanh(q + k_s)."""
    additive_energies(w, q, k, stride, n_rows, n, energies)


@routine
def additive_back(
    w: Weights,
    q: Reals,
    k: Reals,
    stride: int,
    n_rows: int,
    n: int,
    d: Reals,
    d_q: Reals,
    d_k: Reals,
    d_stride: int,
    spare: Reals,
    sums: Sums,
    outer: int,
    lanes: int,
) -> None:
    """Add the derivatives by query, keys and v."""
    for begin in range(0, n, CHUNK):
        some, d_some = min(CHUNK, n - begin), at(d, begin * LANES)
        keys, d_keys = at(k, begin * stride), at(d_k, begin * d_stride)
        additive_slopes(w, q, keys, stride, n_rows, some, d_some, d_q, d_keys, d_stride, spare)
        call(outer, (spare, 0, n_rows, spare, 0, 0, 1, sums, sums, 1, lanes))


FORMS = {"dot": (dot, dot_back), "additive": (additive, additive_back)}


@subroutine
def _reach(row: Any, u: int, n_keys: int) -> tuple[int, int]:
    """Return the first step that step u looks at, and the one after the last."""
    if row.causal:
        return max(0, u + 1 - row.window), u + 1
    return 0, n_keys


@forward_routine
def forward(record, tile, weights, scratch, lanes):
    """Compute a context for each step that asks."""
    row, data = attend_at(record, 0), tile_at(tile, 0)
    keys, seen = signal_at(row.keys, 0), signal_at(row.values, 0)
    target = signal_at(row.target, 0)
    clock = clock_at(data.clocks, keys.clock)
    ends, w = pointer_to(clock.lengths, scratch), at(weights, row.weights)
    k, x = values(keys, data, scratch), values(seen, data, scratch)
    energies, spare = at(scratch, row.energies), at(scratch, row.spare)
    if row.query == 0:
        nothing = at(scratch, row.nothing)
        clear(nothing, keys.n_rows)
        call(row.form, (w, nothing, k, keys.stride, keys.n_rows, clock.n_steps, spare, energies))
    for u in range(clock_at(data.clocks, target.clock).n_steps):
        begin, end = _reach(row, u, clock.n_steps)
        n, some = end - begin, at(energies, begin * LANES)
        if row.query != 0:
            query = signal_at(row.query, 0)
            q = at(values(query, data, scratch), u * query.stride)
            near = at(k, begin * keys.stride)
            call(row.form, (w, q, near, keys.stride, keys.n_rows, n, spare, some))
        shares = at(scratch, row.shares + u * row.share_stride)
        softmax(some, n, begin, ends, shares)
        context = at(scratch, target.offset + u * target.stride)
        clear(context, seen.n_rows)
        add_multiples(shares, at(x, begin * seen.stride), seen.stride, seen.n_rows, n, context, 0)


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
        shares = at(scratch, row.shares + u * row.share_stride)
        dot_products(at(x, begin * seen.stride), seen.stride, d_context, seen.n_rows, n, d)
        softmax_back(shares, n, d)
        if seen.d_offset >= 0:
            there = at(d_x, begin * seen.d_stride)
            add_multiples(shares, d_context, 0, seen.n_rows, n, there, seen.d_stride)
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
                w, at(scratch, row.nothing), k, keys.stride, keys.n_rows, clock.n_steps, totals,
                at(scratch, row.d_nothing), d_k, keys.d_stride, spare, own_sums, row.outer, lanes,
            ),
        )  # fmt: skip


@dataclass(frozen=True)
class Attend(Node):
    """Contexts: means of the values, weighed by a softmax over the steps of each sequence.

    Parameters
    ----------
    target, first, suffix
        See :class:`Node`. There is a context for each step of the target's clock.
    keys : Signal
        What energies are made of, A rows.
    values : Signal
        What the contexts are means of, by the clock of the keys.
    query : Signal, optional
        What is compared with the keys, A rows, by the target's clock.
    form : {"additive", "dot"}
        v . tanh(q + k), or q . k / sqrt(A).
    causal : bool
        Whether no step looks at those after it; target and keys have one clock then.
    window : int, optional
        So many of the steps up to itself it looks at; all, if not given.
    shares : Signal, optional
        Where the weights of the steps go, if they are to be seen: a row for each step that is
        looked at, from the first one on, by the target's clock.
    """

    keys: Signal
    values: Signal
    query: Signal | None = None
    form: str = "additive"
    causal: bool = False
    window: int | None = None
    shares: Signal | None = None

    @property
    def sources(self) -> tuple[Signal, ...]:
        """See :class:`Node`."""
        asked = () if self.query is None else (self.query,)
        return (*asked, self.keys, self.values)

    @property
    def adds(self) -> bool:
        """See :class:`Node`: every step that asks adds to those that it looks at."""
        return True

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """See :class:`Node`."""
        return {"vector": (self.keys.n_rows,)} if self.form == "additive" else {}

    @property
    def scales(self) -> dict[str, float]:
        """See :class:`Node`."""
        return dict.fromkeys(self.shapes, 1 / sqrt(self.keys.n_rows))

    def work(self, steps: Steps) -> Work:
        """See :class:`Node`: an energy and a share of a context for each step looked at."""
        n_asking, n_steps = steps.of(self.target.clock), steps.of(self.keys.clock)
        n_seen = n_asking * n_steps
        if self.causal:
            window = min(self.window or n_steps, n_steps)
            n_seen = window * n_steps - window * (window - 1) // 2
        # Where nobody asks, each step has one energy for all.
        n_energies = n_steps if self.query is None else n_seen
        n_functions = n_seen + (self.keys.n_rows * n_energies if self.form == "additive" else 0)
        return Work(n_energies * self.keys.n_rows + n_seen * self.values.n_rows, n_functions)

    def lower(self, layout: LayoutBuilder) -> tuple[Routine, Routine, Any]:
        """See :class:`Node`."""
        n_asking, n_steps = layout.steps.of(self.target.clock), layout.steps.of(self.keys.clock)
        n_rows, room = self.keys.n_rows, layout.scratch
        energies, slopes = FORMS[self.form]
        row = np.zeros(1, ATTEND)
        row["form"], row["sums"] = energies.address(layout.kind), self.first
        row["weights"] = layout.ordered(np.arange(self.first, self.first + self.n_weights))
        for name in ("query", "keys", "values"):
            signal = getattr(self, name)
            row[name] = 0 if signal is None else layout.address(signal, self)
        row["target"] = layout.address(self.target)
        row["causal"], row["window"] = self.causal, self.window or ENDLESS
        row["energies"], row["nothing"] = room.take(n_steps), room.take(n_rows)
        n_seen = min(self.window or n_steps, n_steps)
        row["spare"] = room.take(n_rows)
        if not layout.derivatives:
            row["shares"] = room.take(n_seen)
        else:
            row["form_back"] = slopes.address(layout.kind)
            row["outer"] = outer_rows.address(layout.kind)
            row["shares"], row["share_stride"] = room.take_steps(n_asking, n_seen)
            row["totals"], row["d_nothing"] = room.take(n_steps), room.take(n_rows)
        if self.shares is not None:
            signal = layout.signal(self.shares)
            row["shares"], row["share_stride"] = signal["offset"], signal["stride"]
        return forward, back, row
