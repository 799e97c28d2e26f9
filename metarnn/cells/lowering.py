"""The compiled step and derivative of a plan, on tiles."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from metarnn.compilation import named
from metarnn.engine import vector_math
from metarnn.engine.affine import affine, affine_added, affine_with
from metarnn.engine.emission import Code, elementwise, emitted
from metarnn.engine.jit import LANES
from metarnn.engine.vector_memory import Pointer
from metarnn.engine.vectors import Integer, Vector, fma, where

from .cell import back_routine, step_routine
from .expressions import Expression, computed, in_order
from .plan import INPUTS, Plan, d_rows, d_state, matrices, pieces, state

#: The operations of expressions, on vectors.
OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b if isinstance(a, Vector) else b + a,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b if isinstance(a, Vector) else b * a,
    "fma": fma,
    "positive": lambda y: where(y > 0.0, y.splat(1.0), 0.0),
    **{name: getattr(vector_math, name) for name in ("tanh", "sigmoid", "relu", "exp")},
}


def part(
    name: str, outputs: Sequence[Expression], rows: Sequence[Expression], weights: Sequence[str]
) -> Any:
    """Return the function that computes outputs row by row from given rows and weights."""
    given = [*rows, *(Expression.of("vector", weight) for weight in weights)]

    def formula(*values: Vector) -> tuple[Vector, ...]:
        found = computed(outputs, dict(zip(given, values, strict=True)), OPERATIONS)
        return tuple(x if isinstance(x, Vector) else values[0].splat(x) for x in found)

    formula.__name__ = name
    parameters = [
        inspect.Parameter(f"given_{i}", inspect.Parameter.POSITIONAL_ONLY)
        for i in range(len(given))
    ]
    formula.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return elementwise(formula, len(outputs), n_weights=len(weights)).written


class Lowering:
    """Writes the code of a plan; the names of its functions begin with `name`."""

    def __init__(self, plan: Plan, name: str) -> None:
        self.plan, self.name = plan, name
        self.kept = [x for x in plan.slots if x not in plan.outputs]

    # --- The step ------------------------------------------------------------------------

    def step(self) -> Any:
        """Return the routine of the step; see :attr:`metarnn.cells.cell.Cell.step`."""
        write = emitted(self._step, f"{self.name}_step")

        @step_routine
        @named(f"{self.name}_step")
        def step(w, x, n_x, before, n_before, kept_before, h, kept, H, size, lanes):
            """Compute a step."""
            write(w, x, n_x, before, n_before, kept_before, h, kept, H, size, lanes)

        return step

    def _step(
        self, code: Code, w: Pointer, x: Pointer, n_x: Integer, before: Pointer, n_before: Integer,
        kept_before: Pointer, h: Pointer, kept: Pointer, H: Integer, size: Integer, lanes: Integer,
    ) -> None:  # fmt: skip
        plan, rows = self.plan, H * LANES
        own = {INPUTS: x, state(0): before, plan.outputs[0]: h}
        own |= {state(i): kept_before + rows * (i - 1) for i in range(1, len(plan.outputs))}
        own |= {node: kept + rows * slot for node, slot in plan.slots.items()}
        # Rows of what matrices multiply, which for the state are none before the first step.
        columns, n_read = {INPUTS: n_x, state(0): size}, {INPUTS: n_x, state(0): n_before}
        vectors, w = w, w + H * len(plan.vectors)
        done: set[Expression] = set()
        for stage in range(plan.n_stages):
            for group in (g for g in plan.groups if plan.stages[g[0]] == stage):
                out, n_rows = own[group[0]], H * len(group)
                pairs = in_pairs(in_reading_order(matrices(group[0])))
                fused = self._fused(group[0]) if plan.is_one_block else None
                for k, pair in enumerate(pairs):
                    n_all = sum_of([columns.get(operand, H) for operand in pair])
                    read = [(own[operand], n_read.get(operand, H)) for operand in pair]
                    (a, n_a), (b, n_b) = (*read, (read[0][0], code.integer(0)))[:2]
                    read_by = code, w, a, n_a, b, n_b, n_all
                    if fused is not None:
                        fused(*read_by, h, H, lanes)
                    elif k:
                        affine_added.written(*read_by, out, n_rows, lanes, out)
                    else:
                        affine.written(*read_by, out, n_rows, lanes)
                    w = w + n_rows * (n_all + 1)
                if fused is not None:
                    return
            outputs = plan.computed_at(stage)
            if outputs:
                given = self._given(outputs, done)
                compute = part(f"{self.name}_{stage}", outputs, given, plan.vectors)
                pointers = [own[node] for node in given]
                weights = [vectors + H * i for i in range(len(plan.vectors))]
                compute(code, *pointers, *weights, *(own[node] for node in outputs), H)
                done |= {*outputs}

    def _given(self, outputs: Sequence[Expression], done: set[Expression]) -> list[Expression]:
        """Return the rows that outputs are computed from: the nearest that are in memory."""

        def in_memory(node: Expression) -> bool:
            return node.operation in ("state", "sum") or node in done

        return [x for x in in_order(outputs, in_memory) if in_memory(x)]

    def _fused(self, total: Expression) -> Any:
        """Return the block that computes the state while the sum is in registers."""

        def activation(value: Vector) -> Vector:
            return computed(self.plan.outputs, {total: value}, OPERATIONS)[0]

        activation.__name__ = f"{self.name}_fused"
        return affine_with(activation).written

    # --- The derivative ------------------------------------------------------------------

    def back(self) -> Any:
        """Return the routine of the derivative; see :attr:`metarnn.cells.cell.Cell.back`."""
        write = emitted(self._back, f"{self.name}_back")

        @back_routine
        @named(f"{self.name}_back")
        def back(
            w, before, n_before, kept_before, h, kept, d, delta, ready, delta_before, wanted, H,
            size, lanes,
        ):  # fmt: skip
            """Compute the derivative of a step."""
            write(
                w, before, n_before, kept_before, h, kept, d, delta, ready, delta_before, wanted, H,
                size, lanes,
            )  # fmt: skip

        return back

    def _back(
        self, code: Code, w: Pointer, before: Pointer, n_before: Integer, kept_before: Pointer,
        h: Pointer, kept: Pointer, d: Pointer, delta: Pointer, ready: Integer,
        delta_before: Pointer, wanted: Integer, H: Integer, size: Integer, lanes: Integer,
    ) -> None:  # fmt: skip
        plan, rows = self.plan, H * LANES
        n_states, n_delta = len(plan.outputs), len(plan.wanted)
        own = {state(0): before, plan.outputs[0]: h}
        own |= {state(i): kept_before + rows * (i - 1) for i in range(1, n_states)}
        own |= {node: kept + rows * slot for node, slot in plan.slots.items()}
        own |= {d_state(i): d + rows * i for i in range(n_states)}
        own |= {
            d_rows(operand): delta + rows * (n_delta + i)
            for i, operand in enumerate(plan.computed_operands)
        }
        vectors, w = w, w + H * len(plan.vectors)
        if (slope := self._slope()) is not None:
            # While the sums are in registers, if nothing else is added to d of the step before.
            one = code.integer(1)
            compute = part(f"{self.name}_slope", plan.wanted, [d_state(0), plan.outputs[0]], ())
            compute(code, d, h, delta, H * (one - ready))
            read_by = code, w, delta, H, delta, one - one, H
            slope(*read_by, delta_before, H * wanted, lanes, before)
            affine.written(*read_by, d, n_before * (one - wanted), lanes)
            return
        weights = [vectors + H * i for i in range(len(plan.vectors))]
        ready_at = back_stages(plan)
        for stage in range(plan.n_stages - 1, -1, -1):
            outputs = [plan.wanted[i] for i, at in enumerate(ready_at) if at == stage]
            places = [delta + rows * i for i, at in enumerate(ready_at) if at == stage]
            if stage == 0:
                for i, own_part in enumerate(plan.before):
                    if own_part is not None:
                        outputs.append(own_part)
                        places.append(d + rows * i)
            if outputs:
                given = self._read(outputs) or [d_state(0)]
                compute = part(f"{self.name}_back_{stage}", outputs, given, plan.vectors)
                compute(code, *(own[node] for node in given), *weights, *places, H)
            for operand in plan.passed_back:
                if operand in plan.computed_operands and plan.back_stage(operand) == stage:
                    w = self._pass_back(
                        code, w, delta, plan.products[operand], own[d_rows(operand)], H, H, H,
                        lanes, added=False,
                    )  # fmt: skip
        for i, own_part in enumerate(plan.before):
            n_out, n_all = (H, H) if i else (n_before, size)
            if (sums := plan.products.get(state(i))) is not None:
                w = self._pass_back(
                    code, w, delta, sums, d + rows * i, H, n_out, n_all, lanes,
                    added=own_part is not None,
                )  # fmt: skip

    def _slope(self) -> Any:
        """Return the block that computes the delta of the step before, if d and h are enough."""
        plan = self.plan
        alone = len(plan.outputs) == len(plan.wanted) == 1 and not plan.kept
        if not alone or plan.before[0] is not None or state(0) not in plan.products:
            return None
        if {*self._read(plan.wanted)} != {d_state(0), plan.outputs[0]}:
            return None

        def slope(d: Vector, h: Vector) -> Vector:
            given = {d_state(0): d, plan.outputs[0]: h}
            return computed(plan.wanted, given, OPERATIONS)[0]

        slope.__name__ = f"{self.name}_slope_fused"
        return affine_with(slope).written

    def _pass_back(
        self, code: Code, w: Pointer, delta: Pointer, sums: Sequence[Expression], out: Pointer,
        H: Integer, n_rows: Integer, n_packed: Integer, lanes: Integer, added: bool,
    ) -> Pointer:  # fmt: skip
        """Write what matrices pass back to the rows they multiply; return the weights after.

        The weights are packed for `n_packed` rows.
        """
        runs = pieces(sums, self.plan.sums)
        for k in range(0, len(runs), 2):
            (first, n), (second, m) = (*runs[k : k + 2], (0, 0))[:2]
            extra = (out,) if added else ()
            block = affine_added.written if added else affine.written
            block(
                code, w, delta + H * (LANES * first), H * n, delta + H * (LANES * second), H * m,
                H * (n + m), out, n_rows, lanes, *extra,
            )  # fmt: skip
            w, added = w + n_packed * (H * (n + m) + 1), True
        return w

    def _read(self, outputs: Sequence[Expression]) -> list[Expression]:
        """Return the rows that the derivative reads."""
        ends = {*self.plan.outputs, *self.plan.kept}

        def in_memory(node: Expression) -> bool:
            return node in ends or node.operation in ("state", "d_state", "d_rows")

        return [x for x in in_order(outputs, in_memory) if in_memory(x)]


def in_reading_order(operands: Iterable[Expression]) -> list[Expression]:
    """Return operands as a block reads them: the inputs first, the state, which may be 0, last."""
    return sorted(operands, key=lambda x: (x is not INPUTS, x is state(0)))


def in_pairs(operands: Sequence[Expression]) -> list[Sequence[Expression]]:
    """Return operands in twos, of which the last pair has the state."""
    odd = len(operands) % 2
    starts = [0] * odd + list(range(odd, len(operands), 2))
    ends = [1] * odd + list(range(odd + 2, len(operands) + 1, 2))
    return [operands[i:j] for i, j in zip(starts, ends, strict=True)]


def back_stages(plan: Plan) -> list[int]:
    """Return the stage at which each wanted derivative can be computed, the last stage first."""
    found = []
    for wanted in plan.wanted:
        needs = [x.arguments[0] for x in in_order([wanted]) if x.operation == "d_rows"]
        found.append(min((plan.back_stage(x) - 1 for x in needs), default=plan.n_stages - 1))
    return found


def sum_of(sizes: Sequence[Integer]) -> Integer:
    """Return the sum of one or two numbers of rows."""
    return sizes[0] if len(sizes) == 1 else sizes[0] + sizes[1]
