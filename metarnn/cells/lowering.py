"""The compiled step and derivative of a plan, on tiles."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from metarnn.compilation import named
from metarnn.engine.affine import affine, affine_added
from metarnn.engine.emission import Code, emitted
from metarnn.engine.jit import LANES
from metarnn.engine.vector_memory import Pointer
from metarnn.engine.vectors import Integer

from .cell import back_routine, step_routine
from .expressions import Expression
from .plan import Block, Plan
from .sums import INPUTS, d_rows, d_state, state
from .vector_parts import block_of, part_of
from .walks import in_order

Places = dict[Expression, Pointer]
NOTHING = Expression.of("nothing")


class Output(NamedTuple):
    """What is computed element by element."""

    value: Expression
    like: Expression  # a node that has as many rows
    place: Pointer


class Read(NamedTuple):
    """Rows that a block multiplies: where they are, how many are read, and how many there may be.

    Before the first step there are no rows of the state.
    """

    place: Pointer
    n_rows: Integer
    n_columns: Integer


class Rows:
    """Numbers of rows, from those of the state and from the size that routines receive."""

    def __init__(self, plan: Plan, n: Integer, size: Integer, n_before: Integer) -> None:
        self.plan, self.size = plan, size
        self.sizes: dict[str, Integer] = plan.sizes(n, size)
        first = state(0)
        #: Rows of the first state that are not known to be 0.
        self.n_first = n_before if plan.n_shown == 1 else self.of(first) * (n_before // n)

    def of(self, node: Expression) -> Integer:
        """Return the rows of a node; the first state may be two, one below the other."""
        if node is state(0) and self.plan.may_be_stacked:
            return self.size
        return self.sizes[self.plan.rows[node]]

    def of_all(self, nodes: Iterable[Expression]) -> Any:
        """Return the rows of nodes below each other."""
        return sum(map(self.of, nodes))

    def below(self, place: Pointer, nodes: Iterable[Expression], width: int = LANES) -> Places:
        """Return where nodes are that stand below each other."""
        found = {}
        for node in nodes:
            found[node] = place
            place = place + self.of(node) * width
        return found


class Lowering:
    """Writes the code of a plan; the names of its functions begin with `name`."""

    def __init__(self, plan: Plan, name: str) -> None:
        self.plan, self.name = plan, name

    # --- The step ------------------------------------------------------------------------

    def step(self) -> Any:
        """Return the routine of the step; see :attr:`metarnn.cells.cell.Cell.step`."""
        write = emitted(self._step, f"{self.name}_step")

        @step_routine
        @named(f"{self.name}_step")
        def step(w, x, n_x, before, n_before, kept_before, h, kept, n, size, lanes):
            """Compute a step."""
            write(w, x, n_x, before, n_before, kept_before, h, kept, n, size, lanes)

        return step

    def _step(
        self, code: Code, w: Pointer, x: Pointer, n_x: Integer, before: Pointer, n_before: Integer,
        kept_before: Pointer, h: Pointer, kept: Pointer, n: Integer, size: Integer, lanes: Integer,
    ) -> None:  # fmt: skip
        plan, rows = self.plan, Rows(self.plan, n, size, n_before)
        own = {INPUTS: x} | self._places(rows, before, kept_before, h, kept)
        vectors, w = rows.below(w, plan.vectors, width=1), w + rows.of_all(plan.vectors)
        blocks, done = list(plan.step_blocks), set[Expression]()

        def in_memory(node: Expression) -> bool:
            return node.operation in ("state", "sum") or node in done

        for stage in range(plan.n_stages):
            while blocks and plan.stages[blocks[0].written[0]] == stage:
                block, read = blocks.pop(0), []
                for (operand,) in block.read:
                    n_all = n_x if operand is INPUTS else rows.of(operand)
                    n_read = rows.n_first if operand is state(0) else n_all
                    read.append(Read(own[operand], n_read, n_all))
                n_rows, total = rows.of_all(block.written), block.written[0]
                w = self._add_up(
                    code, f"{len(blocks)}", block, total, w, read, own[block.place], n_rows, n_rows,
                    own, lanes,
                )  # fmt: skip
            stored = plan.computed_at(stage)
            outputs = [Output(x, x, own[x]) for x in stored if x not in plan.in_registers.values()]
            self._compute(code, f"{stage}", outputs, in_memory, own, vectors, rows, lanes)
            done |= {*stored}

    def _places(
        self, rows: Rows, before: Pointer, kept_before: Pointer, h: Pointer, kept: Pointer
    ) -> Places:
        """Return where the states before and after a step are, and what is kept of it."""
        plan, n = self.plan, self.plan.n_shown
        slots = list(rows.below(kept, plan.kept_rows).values())
        found = {
            **rows.below(before, plan.states[:n]),
            **rows.below(kept_before, plan.states[n:]),
            **rows.below(h, plan.outputs[:n]),
            **{node: slots[i] for node, i in plan.slots.items()},
        }
        return found | {total: found[value] for total, value in plan.in_place.items()}

    # --- Blocks and elementwise parts ----------------------------------------------------

    def _add_up(
        self, code: Code, name: str, block: Block, total: Expression, w: Pointer,
        read: Sequence[Read], out: Pointer, n_rows: Integer, n_packed: Any, own: Places,
        lanes: Integer,
    ) -> Pointer:  # fmt: skip
        """Write a block, of one or two matrices times rows; return the weights after it.

        What it adds up is `total` in the value that is computed of it in registers.
        """
        a, b = (*read, Read(read[0].place, code.integer(0), code.integer(0)))[:2]
        n_all = a.n_columns + b.n_columns
        there = [out] if block.added else []
        write = (affine_added if block.added else affine).written
        if block.value is not None:
            given = [total, *block.others]
            write = block_of(f"{self.name}_{name}_fused", block.value, given, block.added)
            there += [own[x] for x in block.others]
        write(code, w, a.place, a.n_rows, b.place, b.n_rows, n_all, out, n_rows, lanes, *there)
        return w + n_packed * (n_all + 1)

    def _compute(
        self, code: Code, name: str, outputs: Sequence[Output], in_memory: Callable[..., bool],
        own: Places, vectors: Places, rows: Rows, lanes: Integer,
    ) -> None:  # fmt: skip
        """Compute outputs element by element from the nearest nodes in memory, size by size."""
        sizes = self.plan.rows
        for size in dict.fromkeys(sizes[output.like] for output in outputs):
            chosen = [output for output in outputs if sizes[output.like] == size]
            values, places = [x.value for x in chosen], [x.place for x in chosen]
            read = [x for x in in_order(values, in_memory) if in_memory(x)]
            weights = [x for x in vectors if sizes[x] == size]
            if not read:  # constants are made to be like something
                read, own = [NOTHING], own | {NOTHING: places[0]}
            compute = part_of(f"{self.name}_{name}_{size}", values, read, weights)
            pointers = [*(own[x] for x in read), *(vectors[x] for x in weights)]
            compute(code, *pointers, *places, rows.sizes[size], lanes)

    # --- The derivative ------------------------------------------------------------------

    def back(self) -> Any:
        """Return the routine of the derivative; see :attr:`metarnn.cells.cell.Cell.back`."""
        write = emitted(self._back, f"{self.name}_back")

        @back_routine
        @named(f"{self.name}_back")
        def back(
            w, before, n_before, kept_before, h, kept, d, delta, ready, delta_before, wanted, n,
            size, lanes,
        ):  # fmt: skip
            """Compute the derivative of a step."""
            write(
                w, before, n_before, kept_before, h, kept, d, delta, ready, delta_before, wanted, n,
                size, lanes,
            )  # fmt: skip

        return back

    def _back(
        self, code: Code, w: Pointer, before: Pointer, n_before: Integer, kept_before: Pointer,
        h: Pointer, kept: Pointer, d: Pointer, delta: Pointer, ready: Integer,
        delta_before: Pointer, wanted: Integer, n: Integer, size: Integer, lanes: Integer,
    ) -> None:  # fmt: skip
        plan, rows = self.plan, Rows(self.plan, n, size, n_before)
        if (slope := self._slope()) is not None:
            # While the sums are in registers, if nothing else is added to d of the step before.
            one = code.integer(1)
            compute = part_of(f"{self.name}_slope", plan.wanted, [d_state(0), plan.outputs[0]])
            compute(code, d, h, delta, n * (one - ready), lanes)
            read_by = code, w, delta, n, delta, one - one, n
            slope(*read_by, delta_before, n * wanted, lanes, before)
            affine.written(*read_by, d, n_before * (one - wanted), lanes)
            return
        own = self._places(rows, before, kept_before, h, kept)
        deltas, d_before = rows.below(delta, plan.delta), rows.below(d, plan.states)
        d_after = rows.below(d, plan.outputs)
        own |= {d_rows(x): deltas[x] for x in plan.computed_operands if x in deltas}
        own |= {d_state(i): d_after[output] for i, output in enumerate(plan.outputs)}
        vectors, w = rows.below(w, plan.vectors, width=1), w + rows.of_all(plan.vectors)
        outputs: list[list[Output]] = [[] for _ in range(plan.n_stages)]
        for node, value, stage in zip(plan.delta, plan.wanted, plan.wanted_at, strict=False):
            if node not in plan.back_in_registers.values():
                outputs[stage].append(Output(value, node, deltas[node]))
        for node, own_part in zip(plan.states, plan.before, strict=True):
            if own_part is not None:
                outputs[0].append(Output(own_part, node, d_before[node]))
        blocks, is_read = list(plan.back_blocks), plan.is_read_back
        for stage in range(plan.n_stages - 1, -1, -1):
            self._compute(code, f"back_{stage}", outputs[stage], is_read, own, vectors, rows, lanes)
            while blocks and (stage == 0 or plan.back_stage(blocks[0].written[0]) == stage):
                block = blocks.pop(0)
                (operand,), read = block.written, []
                for run in block.read:
                    n_all = rows.of_all(run)
                    read.append(Read(deltas[run[0]], n_all, n_all))
                n_packed, total = rows.of(operand), d_rows(operand)
                places = d_after if operand in d_after else d_before | deltas
                n_rows = rows.n_first if operand is state(0) else n_packed
                w = self._add_up(
                    code, f"back_{len(blocks)}", block, total, w, read, places[block.place], n_rows,
                    n_packed, own, lanes,
                )  # fmt: skip

    def _slope(self) -> Any:
        """Return the block that computes the delta of the step before, if d and h are enough."""
        plan = self.plan
        alone = len(plan.states) == len(plan.wanted) == 1 and not plan.kept
        if not alone or plan.before[0] is not None or state(0) not in plan.products:
            return None
        given, is_read = [d_state(0), plan.outputs[0]], plan.is_read_back
        if {*filter(is_read, in_order(plan.wanted, is_read))} != {*given}:
            return None
        return block_of(f"{self.name}_slope_fused", plan.wanted[0], given)
