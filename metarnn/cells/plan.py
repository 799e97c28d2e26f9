"""What is kept of a step, where it is, and the blocks of the engine that add up its sums.

A rule decides what is kept for the derivative: sums, and values of functions of them such as tanh,
since they are dear; what is arithmetic over these is computed again.
"""

from functools import cached_property
from typing import NamedTuple

from .expressions import FUNCTIONS, Expression
from .stages import Stages
from .sums import d_rows, in_pairs, in_reading_order, matrices, runs_of
from .walks import in_order


class Block(NamedTuple):
    """What one call of the engine's block adds up: matrices beside and below each other.

    Sums of one or two operands, or the derivatives that one or two runs of sums pass back to an
    operand.
    """

    written: tuple[Expression, ...]  # nodes whose rows stand below each other
    read: tuple[tuple[Expression, ...], ...]  # likewise, once or twice
    place: Expression  # the node in whose place that goes
    added: bool = False  # whether it adds to what is there
    value: Expression | None = None  # what is computed of it while it is in registers
    others: tuple[Expression, ...] = ()  # other rows that this reads


class Plan(Stages):
    """How a step and its derivative are computed."""

    # --- What is kept --------------------------------------------------------------------

    @cached_property
    def kept(self) -> list[Expression]:
        """Sums and values that the derivative reads, and that are no states."""
        ends = {*self.outputs}

        def stop(node: Expression) -> bool:
            dear = node.operation == "sum" or node.operation in FUNCTIONS
            return node in ends or (dear and self.stages.get(node, -1) >= 0)

        before = (d for d in self.before if d is not None)
        nodes = in_order([*self.wanted, *before], stop)
        found = [x for x in nodes if x not in ends and stop(x)]
        return found + [x for x in self.computed_operands if x not in {*found, *ends}]

    @cached_property
    def slots(self) -> dict[Expression, int]:
        """Where nodes are in the kept rows: carried states, then sums, then what has no room there.

        A value that is kept takes the place of a sum that nothing reads afterwards.
        """
        own = [x for x in self.sums if self.in_place.get(x, x) not in self.outputs]
        free = {x for x in own if x not in self.kept and not self._is_read_later(x)}
        own = [*self.outputs[self.n_shown :], *own]
        found = {node: i for i, node in enumerate(own)}
        n_slots = len(own)
        values = [node for node in self.kept if node.operation != "sum"]
        values.sort(key=lambda node: node.operands[0].operation != "sum")  # who has but one place
        for node in values:
            own = [x for x in in_order([node]) if x in free and self.stages[x] == self.stages[node]]
            if own:
                free.discard(own[-1])
                found[node] = found[own[-1]]
            else:
                found[node], n_slots = n_slots, n_slots + 1
        return found

    @cached_property
    def kept_rows(self) -> list[Expression]:
        """A node of each slot, in their order, all of whose nodes have as many rows."""
        found: dict[int, Expression] = {}
        for node, slot in self.slots.items():
            found.setdefault(slot, node)
        return [found[slot] for slot in sorted(found)]

    def computed_at(self, stage: int) -> list[Expression]:
        """Return what the elementwise part of a stage stores: kept values, at last the states."""
        values = [x for x in self.kept if x.operation != "sum"]
        early = [x for x in self.outputs if x in self.computed_operands]
        stored = [x for x in (*values, *early) if max(0, self.stages[x]) == stage]
        if stage == self.n_stages - 1:
            stored += [x for x in self.outputs if x not in early]
        return [x for x in stored if x.operation != "sum"]

    @cached_property
    def reads(self) -> list[dict[Expression, set[Expression]]]:
        """For each stage what its elementwise part stores, and what that is computed of."""
        found: list[dict[Expression, set[Expression]]] = []
        done: set[Expression] = set()

        def in_memory(node: Expression) -> bool:
            return node.operation in ("state", "sum", "vector") or node in done

        for stage in range(self.n_stages):
            stored = self.computed_at(stage)
            found.append({x: {*filter(in_memory, in_order([x], in_memory))} for x in stored})
            done |= {*stored}
        return found

    def _is_read_later(self, total: Expression) -> bool:
        """Whether a stage after that of a sum reads it."""
        later = self.reads[self.stages[total] + 1 :]
        return any(total in read for stored in later for read in stored.values())

    # --- Registers -----------------------------------------------------------------------

    @cached_property
    def in_place(self) -> dict[Expression, Expression]:
        """Sums that one value alone reads, and nothing else, with that value, in whose place."""
        readers: dict[Expression, list[Expression]] = {}
        for stored in self.reads:
            for value, read in stored.items():
                for node in read:
                    readers.setdefault(node, []).append(value)
        found: dict[Expression, Expression] = {}
        for total, *others in self.groups:
            values = readers.get(total, [])
            if others or len(values) != 1 or total in (*self.kept, *self.outputs):
                continue
            (value,) = values
            read = self.reads[self.stages[total]].get(value, set())
            # Other values that are kept have the place of a sum, see the slots.
            own = read == {total} or (value in self.outputs and value not in found.values())
            if total in read and own:
                found[total] = value
        return found

    @cached_property
    def in_registers(self) -> dict[Expression, Expression]:
        """Those of them whose value is computed of nothing else."""
        reads = {value: read for stored in self.reads for value, read in stored.items()}
        return {total: x for total, x in self.in_place.items() if reads[x] == {total}}

    @cached_property
    def back_in_registers(self) -> dict[Expression, Expression]:
        """Operands the derivative by which one derivative alone needs, with what that is by."""
        derivatives = dict(zip((*self.sums, *self.vectors), self.wanted, strict=True))
        derivatives |= {
            x: d for x, d in zip(self.states, self.before, strict=True) if d is not None
        }
        needed = {x: self.needs(d) for x, d in derivatives.items()}
        found = {}
        for operand in self.computed_operands:
            users = [x for x, needs in needed.items() if operand in needs]
            if operand in self.outputs or len(users) != 1 or users[0].operation == "state":
                continue
            value = derivatives[users[0]]
            if needed[users[0]] == [operand] and not self._has_vectors(value):
                found[operand] = users[0]
        return found

    def is_read_back(self, node: Expression) -> bool:
        """Whether the derivative reads a node where it is."""
        there = node in self.outputs or node in self.kept
        return there or node.operation in ("state", "d_state", "d_rows")

    def _has_vectors(self, derivative: Expression) -> bool:
        return any(x.operation == "vector" for x in in_order([derivative], self.is_read_back))

    @cached_property
    def delta(self) -> list[Expression]:
        """What the rows of delta are derivatives by: sums, vectors, and computed operands."""
        elsewhere = *self.outputs, *self.back_in_registers
        operands = [x for x in self.computed_operands if x not in elsewhere]
        return [*self.sums, *self.vectors, *operands]

    # --- Blocks --------------------------------------------------------------------------

    @cached_property
    def step_blocks(self) -> list[Block]:
        """The blocks of the step, in the order in which they run."""
        found = []
        for group in self.groups:
            value = self.in_registers.get(group[0])
            place = self.in_place.get(group[0], group[0])
            pairs = in_pairs(in_reading_order(matrices(group[0])))
            for k, pair in enumerate(pairs):
                last = value if k == len(pairs) - 1 else None
                read = tuple((operand,) for operand in pair)
                found.append(Block(group, read, place, k > 0, last))
        return found

    @cached_property
    def back_blocks(self) -> list[Block]:
        """The blocks that pass derivatives back, in the order in which they run.

        Those to what is computed within the step come first, as soon as the deltas of all their
        sums are known; then those to the states before it.
        """
        operands = sorted(self.computed_operands, key=self.back_stage, reverse=True)
        own_parts = dict(zip(self.states, self.before, strict=True))
        found = []
        for operand in (*operands, *(x for x in self.states if x in self.products)):
            runs = runs_of(self.products[operand], self.sums)
            added = own_parts.get(operand) is not None or operand in self.outputs
            node = self.back_in_registers.get(operand)
            place = operand if node is None else node
            for k in range(0, len(runs), 2):
                block = Block((operand,), tuple(runs[k : k + 2]), place, added or k > 0)
                if node is not None and k + 2 >= len(runs):
                    value = self.derivatives[node]
                    read = filter(self.is_read_back, in_order([value], self.is_read_back))
                    others = tuple(x for x in read if x is not d_rows(operand))
                    block = block._replace(value=value, others=others)
                found.append(block)
        return found
