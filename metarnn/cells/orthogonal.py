"""The orthogonal cell: z = Q h_{t-1} + W x_t, h_t = sign(z) relu(|z| + b), Q orthogonal.

Q is a product of Householder reflections: Z. Mhammedi, A. Hellicar, A. Rahman, J. Bailey:
Efficient orthogonal parametrisation of recurrent neural networks using Householder
reflections. ICML 2017, equation 6 with all H of them. The function of each unit, modReLU, is
equation 8 of M. Arjovsky, A. Shah, Y. Bengio: Unitary evolution recurrent neural networks.
ICML 2016, on real numbers.

Q keeps the length of a state, so gradients reach far back and old inputs are remembered. They are
just as hard to forget: not for tasks in which old inputs are noise. Computing Q takes O(H^3) time
for each candidate, as much as a hundred steps of 32 sequences.
"""

from math import sqrt

import numpy as np

from metarnn.engine.affine import Positions, affine, affine_order
from metarnn.engine.emission import elementwise
from metarnn.engine.jit import LANES
from metarnn.engine.pointers import at
from metarnn.engine.vectors import Vector, where
from metarnn.engine.weight_block import Floats, Shapes, WeightBlock

from .cell import BEFORE, INPUTS, Cell, GradientTerm, Orders, back_routine, derived, step_routine
from .reflections import Directions, products, products_back


def mod_relu(z: Vector, b: Vector) -> Vector:
    """sign(z) relu(|z| + b)."""
    size = where(z < 0.0, -z, z) + b
    size = where(size < 0.0, 0.0, size)
    return where(z.equals(0.0), 0.0, where(z < 0.0, -size, size))


def mod_relu_back(d_h: Vector, h: Vector) -> tuple[Vector, ...]:
    """Return the derivatives by z and by b, which are 0 for units that are 0."""
    d_z = where(h.equals(0.0), 0.0, d_h)
    return d_z, where(h < 0.0, -d_z, d_z)


shrink, shrink_back = elementwise(mod_relu, n_weights=1), elementwise(mod_relu_back, 2)


@step_routine
def step(w, x, n_x, before, n_before, kept_before, h, kept, H, size, lanes):
    """Compute h (H, 32); the weights begin with b (H)."""
    affine(at(w, H), x, n_x, before, n_before, n_x + H, h, H, lanes)
    shrink(h, w, h, H, lanes)


@back_routine
def back(
    w, before, n_before, kept_before, h, kept, d, delta, ready, delta_before, wanted, H, size, lanes
):
    """Compute delta (2 H, 32), the derivatives by z and b; replace d by that by h before."""
    shrink_back(d, h, delta, at(delta, H * LANES), H, lanes)
    if n_before:
        affine(w, delta, H, delta, 0, H, d, n_before, lanes)


class Orthogonal(Cell):
    """Orthogonal cell: a recurrent matrix that neither stretches nor shrinks, and modReLU.

    Q = H_1 H_2 ... H_H, H_k = 1 - 2 v v' / (v'v), where v_k begins with k - 1 zeros and its
    other numbers are weights. v = 0 stands for no reflection. With normal v, Q is distributed
    uniformly over the matrices of determinant (-1)^H.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    """

    step, back = step, back
    needs_zeros = False

    n_delta = derived(lambda self: 2 * self.n_hidden)  # rows of z and b
    n_input_delta = derived(lambda self: self.n_hidden)  # rows of z

    @property
    def shapes(self) -> Shapes:
        """W, Q, b."""
        H, I = self.n_hidden, self.n_inputs
        return {"weight_ih": (H, I), "weight_hh": (H, H), "bias": (H,)}

    @property
    def blocks(self) -> tuple[WeightBlock, ...]:
        """W; the free numbers of v_1, v_2, ...; b, near 0, so that states keep their length."""
        H, I = self.n_hidden, self.n_inputs
        return (
            WeightBlock("weight_ih", (H, I), 1 / sqrt(I)),
            WeightBlock("reflections", (H * (H + 1) // 2,), 1.0),
            WeightBlock("bias", (H,), 1 / sqrt(I + H), spread=0.01),
        )

    materializes = derived(lambda self: True)

    def _directions(self, blocks: dict[str, Floats]) -> Directions:
        """Return the directions of v_1, v_2, ... as rows (P, H, H)."""
        free, H = blocks["reflections"], self.n_hidden
        vectors = np.zeros((len(free), H, H))
        vectors[:, *np.triu_indices(H)] = free
        return Directions.of(vectors)

    def materialize(self, blocks: dict[str, Floats]) -> dict[str, Floats]:
        units = self._directions(blocks).units
        Q = np.empty(units.shape)
        products(units, Q)
        return {**blocks, "weight_hh": Q}

    def vjp(self, blocks: dict[str, Floats], gradients: dict[str, Floats]) -> dict[str, Floats]:
        directions = self._directions(blocks)
        Q, G = np.empty(directions.units.shape), np.array(gradients["weight_hh"])
        of_units = np.empty(G.shape)
        products(directions.units, Q)
        products_back(directions.units, Q, G, of_units)
        of_vectors = directions.vjp(of_units)
        return {**gradients, "reflections": of_vectors[:, :, *np.triu_indices(self.n_hidden)]}

    def orders(self, positions: dict[str, Positions]) -> Orders:
        W, Q, b = (positions[name] for name in self.shapes)
        step = np.concatenate([b, affine_order(None, W, Q)])
        return Orders(step, affine_order(None, Q.T), affine_order(None, W.T))

    def gradient_terms(self, positions: dict[str, Positions]) -> list[GradientTerm]:
        W, Q, b = (positions[name] for name in self.shapes)
        return [
            GradientTerm(0, INPUTS, 0, W),
            GradientTerm(0, BEFORE, 0, Q),
            GradientTerm.of_biases(self.n_hidden, b),
        ]
