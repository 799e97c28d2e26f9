"""What a cell is: a step, its derivative, and the shapes of its weights."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metarnn.engine.blocks import Positions
from metarnn.engine.graph import Work, matrices
from metarnn.engine.jit import Reals, Routine, Weights, routines_of

#: What a matrix of weights was multiplied with: the inputs of the step; the state, or the rows
#: that the cell keeps to itself, before the step or after it.
INPUTS, BEFORE, AFTER, KEPT_BEFORE, KEPT = range(5)
NONE = np.empty(0, np.int64)

#: See :attr:`Cell.step` and :attr:`Cell.back` for what these are given.
step_routine = routines_of(Weights, Reals, int, Reals, int, Reals, Reals, Reals, int, int, int)
back_routine = routines_of(
    Weights, Reals, int, Reals, Reals, Reals, Reals, Reals, int, Reals, int, int, int, int
)

Floats = NDArray[np.float64]


class Orders(NamedTuple):
    """The orders in which packed weights are read: by the step, and by its two derivatives."""

    step: Positions
    state: Positions
    inputs: Positions


class GradientTerm(NamedTuple):
    """A matrix of weights seen from behind: rows of derivatives times rows of what it read.

    Attributes
    ----------
    delta : int
        First row of the derivatives.
    source : int
        INPUTS, BEFORE, AFTER, KEPT_BEFORE or KEPT.
    row : int
        First row of the source.
    weights : (R, C) int array
        Where the weights stand in a candidate's; one after the other. C = 0 for none.
    biases : (R,) int array, optional
        Where what is added to each row stands; likewise.
    """

    delta: int
    source: int
    row: int
    weights: Positions
    biases: Positions | None = None

    @classmethod
    def of_biases(cls, delta: int, biases: Positions) -> "GradientTerm":
        """Return the link of what is added to rows at each step."""
        return cls(delta, INPUTS, 0, np.empty((len(biases), 0), np.int64), biases)

    @property
    def record(self) -> tuple[int, ...]:
        """What compiled code has to know."""
        n_rows, n_columns = self.weights.shape
        for block in (self.weights, self.biases):
            if block is None or not block.size:
                continue
            if not np.array_equal(block.ravel(), block.flat[0] + np.arange(block.size)):
                raise ValueError("The weights of a link must stand one after the other.")
        first = int(self.weights.flat[0]) if n_columns else 0
        biases = -1 if self.biases is None else int(self.biases[0])
        return self.delta, n_rows, self.source, self.row, n_columns, first, biases


@dataclass(frozen=True)
class Cell:
    """What is applied at each step of a sequence.

    A cell is a file in ``metarnn/cells``: a subclass with two routines, and with the
    properties and methods below. Its state are `n_state` rows, which the next layer reads;
    it may keep more rows to itself, of which the first `n_carried` pass on to the next step
    like the state, and the others are what its derivative has to know. All are 0 before the
    first step.

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

        Computes the state (n, 32) and what is kept from x (n_x, 32) and from what both were
        before. `n_before` is 0 where the state before is 0, and otherwise the number of its
        rows: products with it can be left out. `size` is :attr:`size`.
        """
        raise NotImplementedError

    @property
    def back(self) -> Routine:
        """``(w, before, n_before, kept_before, state, kept, d, delta, ready, delta_before,
        wanted, n, size, lanes)``.

        Computes delta, from which the derivatives by the weights are made, and turns d, the
        derivative by the state and, after it, by the carried rows, into that by both before
        the step. If `wanted`, it may compute delta_before, the delta of the step before,
        instead; it is called for that step next, and told that it is `ready`.
        """  # noqa: D205
        raise NotImplementedError

    @property
    def n_state(self) -> int:
        """Rows of the state."""
        return self.n_hidden

    @property
    def n_carried(self) -> int:
        """Rows kept to itself that pass on to the next step."""
        return 0

    @property
    def decoder_state(self) -> tuple[int, int]:
        """First row, of the state and what is carried, that a decoder is handed; and how many."""
        return 0, self.n_state

    @property
    def n_kept(self) -> int:
        """Rows kept to itself."""
        return 0

    @property
    def needs_zeros(self) -> bool:
        """Whether the step reads the state before also where `n_before` is 0."""
        return True

    @property
    def n_delta(self) -> int:
        """Rows of derivatives."""
        return self.n_hidden

    @property
    def n_input_delta(self) -> int:
        """The first so many of them are by what the inputs add to."""
        return self.n_delta

    @property
    def n_functions(self) -> int:
        """How many activations and the like a step computes."""
        return self.n_hidden

    def work(self, n_steps: int) -> Work:
        """Return what so many steps of a sequence take: each matrix multiplies once a step."""
        return Work(n_steps * matrices(self.shapes), n_steps * self.n_functions)

    @property
    def n_directions(self) -> int:
        """Steps that come right before one: 2 on images, the one to the left and the one above.

        Rows of both follow each other then in what was before: the states, what is carried,
        and the derivatives by these.
        """
        return 1

    @property
    def size(self) -> int:
        """A second size, if the step has to know one."""
        return 0

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Weights by name, in the order of the flat vector."""
        raise NotImplementedError

    @property
    def scales(self) -> dict[str, float]:
        """Natural step of each block: standard deviation of its initial weights, or parameters."""
        raise NotImplementedError

    @property
    def spreads(self) -> dict[str, float]:
        """Standard deviation of initial ones, where it is another one."""
        return {}

    @property
    def means(self) -> dict[str, Any]:
        """Mean of those that do not begin around 0."""
        return {}

    @property
    def parameters(self) -> dict[str, tuple[int, ...]]:
        """What a candidate has for the weights: the same, unless the cell expands."""
        return self.shapes

    @property
    def expands(self) -> bool:
        """Whether its weights are computed from the parameters, once for each candidate."""
        return False

    def materialize(self, blocks: dict[str, Floats]) -> dict[str, Floats]:
        """Return weights (P, ...) by name, of parameters (P, ...) by name."""
        return blocks

    def vjp(self, blocks: dict[str, Floats], slopes: dict[str, Floats]) -> dict[str, Floats]:
        """Return derivatives (P, n, ...) by the parameters, of those by the weights."""
        return slopes

    def orders(self, positions: dict[str, Positions]) -> Orders:
        """Return the orders of weights that stand at these positions."""
        raise NotImplementedError

    def links(self, positions: dict[str, Positions]) -> list[GradientTerm]:
        """Return the matrices of weights that stand at these positions."""
        raise NotImplementedError
