"""What a cell is: a step, its derivative, and the weights of both."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from metarnn.engine.affine import Positions
from metarnn.engine.graph import Work
from metarnn.engine.jit import Reals, Routine, Weights, routines_of
from metarnn.engine.weight_block import Floats, Shapes, WeightBlock, shapes_of, size_of_matrices

#: What a matrix of weights multiplies: the inputs of the step; the state, or the rows that the
#: cell keeps to itself, before the step or after it.
INPUTS, BEFORE, AFTER, KEPT_BEFORE, KEPT = range(5)
NONE = np.empty(0, np.int64)

#: See :attr:`Cell.step` and :attr:`Cell.back` for the arguments.
step_routine = routines_of(Weights, Reals, int, Reals, int, Reals, Reals, Reals, int, int, int)
back_routine = routines_of(
    Weights, Reals, int, Reals, Reals, Reals, Reals, Reals, int, Reals, int, int, int, int
)

#: A property that one line computes: ``name = derived(lambda self: ...)``.
derived: Any = property


class Orders(NamedTuple):
    """The orders in which packed weights are read: by the step, and by its two derivatives."""

    step: Positions
    state: Positions
    inputs: Positions


class GradientTerm(NamedTuple):
    """One matrix of weights in the gradient: rows of derivatives times rows of what it read."""

    delta: int  # first row of the derivatives
    source: int  # INPUTS, BEFORE, AFTER, KEPT_BEFORE or KEPT
    row: int  # first row of the source
    weights: Positions  # (R, C), consecutive, in a candidate's; C = 0 for none
    biases: Positions | None = None  # (R,), consecutive, of the rows

    @classmethod
    def of_biases(cls, delta: int, biases: Positions) -> "GradientTerm":
        """Return the term of biases, which are added to rows at each step."""
        return cls(delta, INPUTS, 0, np.empty((len(biases), 0), np.int64), biases)

    @property
    def record(self) -> tuple[int, ...]:
        """The record that compiled code reads."""
        n_rows, n_columns = self.weights.shape
        for block in (self.weights, self.biases):
            if block is None or not block.size:
                continue
            if not np.array_equal(block.ravel(), block.flat[0] + np.arange(block.size)):
                raise ValueError("The weights of a gradient term must have consecutive positions.")
        first = int(self.weights.flat[0]) if n_columns else 0
        biases = -1 if self.biases is None else int(self.biases[0])
        return self.delta, n_rows, self.source, self.row, n_columns, first, biases


@dataclass(frozen=True)
class Cell:
    """What is computed at each step of a sequence.

    A cell is a file in ``metarnn/cells``: a subclass with two routines, and with the
    properties and methods below. Its state has `n_state` rows, which the next layer reads. It
    may keep more rows to itself: the first `n_carried` of them pass to the next step like the
    state, and its derivative reads the others. All are 0 before the first step.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    """

    n_inputs: int
    n_hidden: int

    @property
    def step(self) -> Routine:
        """``(w, x, n_x, before, n_before, kept_before, state, kept, n, size, lanes)``.

        Computes the state (n, 32) and the kept rows from x (n_x, 32) and from the previous
        state and kept rows. `n_before` is 0 where the previous state is 0, and otherwise the
        number of its rows: products with it can be left out. `size` is :attr:`size`.
        """
        raise NotImplementedError

    @property
    def back(self) -> Routine:
        """``(w, before, n_before, kept_before, state, kept, d, delta, ready, delta_before,
        wanted, n, size, lanes)``.

        Computes delta, from which the gradient by the weights is made, and replaces d, the
        derivative by the state and, after it, by the carried rows, by that before the step. If
        `wanted`, it may compute delta_before, the delta of the step before, instead; the next
        call, for that step, then has `ready` set.
        """  # noqa: D205
        raise NotImplementedError

    @property
    def n_state(self) -> int:
        """Rows of the state."""
        return self.n_hidden

    @property
    def n_carried(self) -> int:
        """Kept rows that pass to the next step."""
        return 0

    @property
    def decoder_state(self) -> tuple[int, int]:
        """First row, and number of rows, of [state; carried] that a decoder begins with."""
        return 0, self.n_state

    @property
    def n_kept(self) -> int:
        """Rows that the cell keeps to itself."""
        return 0

    @property
    def needs_zeros(self) -> bool:
        """Whether the step reads the previous state even where `n_before` is 0."""
        return True

    @property
    def n_delta(self) -> int:
        """Rows of delta."""
        return self.n_hidden

    @property
    def n_input_delta(self) -> int:
        """The first rows of delta, which are by sums that the inputs are part of."""
        return self.n_delta

    @property
    def n_functions(self) -> int:
        """Evaluations of activations and other functions in a step."""
        return self.n_hidden

    def work(self, n_steps: int) -> Work:
        """Return the work of so many steps of one sequence: each matrix multiplies once a step."""
        return Work(n_steps * size_of_matrices(self.shapes), n_steps * self.n_functions)

    @property
    def n_directions(self) -> int:
        """Steps right before one: 2 on images, the one to the left and the one above.

        Then rows of both follow each other in everything before a step: the states, the carried
        rows, and the derivatives by these.
        """
        return 1

    @property
    def size(self) -> int:
        """A second size that the routines receive."""
        return 0

    @property
    def blocks(self) -> tuple[WeightBlock, ...]:
        """The weights that a candidate has for the cell, in the order of the flat vector."""
        raise NotImplementedError

    @property
    def shapes(self) -> Shapes:
        """The weights that the routines read: those of the candidate, unless it materializes."""
        return shapes_of(self.blocks)

    @property
    def materializes(self) -> bool:
        """Whether the routines read weights that are computed from the candidate's, once each."""
        return False

    def materialize(self, blocks: dict[str, Floats]) -> dict[str, Floats]:
        """Return the weights that the routines read (P, ...) from the candidates' (P, ...)."""
        return blocks

    def vjp(self, blocks: dict[str, Floats], gradients: dict[str, Floats]) -> dict[str, Floats]:
        """Return gradients (P, n, ...) by the candidates' weights from those by the read ones."""
        return gradients

    def orders(self, positions: dict[str, Positions]) -> Orders:
        """Return the orders of weights that stand at these positions."""
        raise NotImplementedError

    def gradient_terms(self, positions: dict[str, Positions]) -> list[GradientTerm]:
        """Return the matrices of weights that stand at these positions."""
        raise NotImplementedError
