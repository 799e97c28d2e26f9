"""The linear cell: s_t = V x_t + c, without memory; the readout of a network."""

from dataclasses import dataclass
from math import sqrt

from metarnn.engine.affine import Positions, affine, affine_order, identity
from metarnn.engine.emission import elementwise
from metarnn.engine.vectors import Vector
from metarnn.engine.weight_block import WeightBlock

from .cell import INPUTS, NONE, Cell, GradientTerm, Orders, back_routine, derived, step_routine


@step_routine
def step(w, x, n_x, before, n_before, kept_before, s, kept, K, size, lanes):
    """Compute s (K, 32) from x (I, 32)."""
    affine(w, x, n_x, before, 0, n_x, s, K, lanes)


def nothing(x: Vector) -> Vector:
    """Return 0."""
    return x.splat(0.0)


copied, zeroed = elementwise(identity), elementwise(nothing)


@back_routine
def back(
    w, before, n_before, kept_before, s, kept, d, delta, ready, delta_before, wanted, K, size, lanes
):
    """Compute delta, the derivative by the sum; set that by the state before to 0."""
    copied(d, delta, K)
    zeroed(d, d, K)


@dataclass(frozen=True)
class Linear(Cell):
    """Linear cell: s_t = V x_t + c.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I, and K, the rows of s.
    biased : bool
        Whether there is a bias c.
    """

    biased: bool = True  # whether there is a bias c

    step, back = step, back
    needs_zeros = False

    n_functions = derived(lambda self: 0)  # there are none

    @property
    def blocks(self) -> tuple[WeightBlock, ...]:
        """V, and c if there is one."""
        K, I = self.n_hidden, self.n_inputs
        weight = WeightBlock("weight", (K, I), 1 / sqrt(I))
        return (weight, WeightBlock("bias", (K,), 1 / sqrt(I))) if self.biased else (weight,)

    def orders(self, positions: dict[str, Positions]) -> Orders:
        V, c = positions["weight"], positions.get("bias")
        return Orders(affine_order(c, V), NONE, affine_order(None, V.T))

    def gradient_terms(self, positions: dict[str, Positions]) -> list[GradientTerm]:
        return [GradientTerm(0, INPUTS, 0, positions["weight"], positions.get("bias"))]
