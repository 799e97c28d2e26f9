"""The unitary cell: z = Q h_{t-1} + W x_t, h_t = z / |z| relu(|z| + b), complex, Q unitary.

M. Arjovsky, A. Shah, Y. Bengio: Unitary evolution recurrent neural networks. ICML 2016,
equations 5 (Q), 8 (modReLU) and 9 (the step). Q = D3 R2 F^-1 D2 Pi R1 F D1 takes 7 H numbers, not
H^2: D are diagonals of exp(i phase), R reflections, F the Fourier transform, Pi a fixed
permutation. So not every unitary matrix is possible, but the number of weights of Q grows only
with H: much memory for few weights where I is small.

Old inputs are as hard to forget as for an orthogonal cell: not for tasks in which they are noise.

Written by hand, since formulas have no complex numbers: split into real ones, Q would be five
products of matrices, and modReLU a quotient of rows that may be 0.

States have twice as many rows, [Re h; Im h], so steps take four times as long as an Elman cell's.
"""

from functools import lru_cache
from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray

from metarnn.engine.affine import Positions, affine, affine_order
from metarnn.engine.emission import elementwise
from metarnn.engine.jit import LANES
from metarnn.engine.pointers import at
from metarnn.engine.vectors import Vector, where
from metarnn.engine.vectors import sqrt as root
from metarnn.engine.weight_block import Floats, Shapes, WeightBlock

from .cell import BEFORE, INPUTS, Cell, GradientTerm, Orders, back_routine, derived, step_routine
from .reflections import Directions

Complex = NDArray[np.complex128]


def mod_relu(re: Vector, im: Vector, b: Vector) -> tuple[Vector, ...]:
    """Return the real and the imaginary part of z / |z| relu(|z| + b)."""
    size = root(re * re + im * im)
    factor = where(size + b < 0.0, 0.0, 1.0 + b / size)
    factor = where(size.equals(0.0), 0.0, factor)
    return re * factor, im * factor


def mod_relu_back(
    d_re: Vector, d_im: Vector, re: Vector, im: Vector, b: Vector
) -> tuple[Vector, ...]:
    """Return the derivatives by both parts of z and by b.

    The component along z passes unchanged; the one across it is scaled like z itself.
    """
    size = root(re * re + im * im)
    open_ = where(size + b > 0.0, size, 0.0) > 0.0
    e_re, e_im = re / size, im / size
    along = d_re * e_re + d_im * e_im
    around = (d_im * e_re - d_re * e_im) * (1.0 + b / size)
    results = along * e_re - around * e_im, along * e_im + around * e_re, along
    return tuple(where(open_, result, 0.0) for result in results)


shrink = elementwise(mod_relu, 2, n_weights=1)
shrink_back = elementwise(mod_relu_back, 3, n_weights=1)


@step_routine
def step(w, x, n_x, before, n_before, kept_before, h, z, n, H, lanes):
    """Compute h and z (n, 32), n = 2 H; the weights begin with b (H)."""
    affine(at(w, H), x, n_x, before, n_before, n_x + n, z, n, lanes)
    half = H * LANES
    shrink(z, at(z, half), w, h, at(h, half), H, lanes)


@back_routine
def back(
    w, before, n_before, kept_before, h, z, d_h, delta, ready, delta_before, wanted, n, H, lanes
):
    """Compute delta (3 H, 32), the derivatives by z and b; replace d_h by that by h before."""
    half = H * LANES
    shrink_back(
        d_h, at(d_h, half), z, at(z, half), w, delta, at(delta, half), at(delta, 2 * half), H,
        lanes,
    )  # fmt: skip
    if n_before:
        affine(at(w, H), delta, n, delta, 0, n, d_h, n_before, lanes)


@lru_cache(maxsize=64)
def permutation(n: int) -> NDArray[np.int64]:
    """Return a fixed order of n units: (Pi z)_j = z_order[j]."""
    # A generator whose numbers do not change with versions of NumPy.
    return np.random.RandomState(0).permutation(n)


def fourier(n: int) -> Complex:
    """Return F (n, n), the unitary Fourier transform."""
    return np.fft.fft(np.eye(n), norm="ortho")


class Factors:
    """The factors of Q = D3 R2 F^-1 D2 Pi R1 F D1, and partial products (P, H, H).

    A complex derivative of a real number is that by the real part plus i times that by the
    imaginary part, so the one by x of y = A x is A* times that by y.

    Parameters
    ----------
    phases : (P, 3, H) array
        Of D1, D2, D3.
    reflections : (P, 2, 2, H) array
        Real and imaginary parts of the vectors of R1, R2.
    """

    def __init__(self, phases: Floats, reflections: Floats) -> None:
        P, _, H = phases.shape
        self.order = permutation(H)
        with np.errstate(invalid="ignore"):  # infinite phases give NaN, without a warning
            self.diagonals = np.exp(1j * phases)[:, :, None]
        self.directions = Directions.of(reflections.reshape(P, 2, 2 * H))
        parts = self.directions.units.reshape(P, 2, 2, H)
        self.units = parts[:, :, 0] + 1j * parts[:, :, 1]
        _, D2, D3 = self.diagonals.swapaxes(0, 1)
        self.before_R1 = fourier(H) * self.diagonals[:, 0].swapaxes(1, 2)
        self.after_D2 = D2 * _reflected(self.before_R1, self.units[:, 0])[..., self.order]
        self.before_R2 = np.fft.ifft(self.after_D2, norm="ortho")
        self.Q = D3 * _reflected(self.before_R2, self.units[:, 1])

    def vjp(self, G: Complex) -> tuple[Floats, Floats]:
        """Return gradients (P, m, ...) by phases and reflections from those by Q's columns."""
        _, D2, D3 = self.diagonals.conj().swapaxes(0, 1)[:, :, None]
        u1, u2 = self.units.swapaxes(0, 1)[:, :, None]
        phase3 = _turned(G, self.Q[:, None]).sum(axis=-2)
        G = G * D3
        of_u2 = _of_unit(G, self.before_R2[:, None], u2)
        G = np.fft.fft(_reflected(G, u2), norm="ortho")
        phase2 = _turned(G, self.after_D2[:, None]).sum(axis=-2)
        G = (G * D2)[..., np.argsort(self.order)]
        of_u1 = _of_unit(G, self.before_R1[:, None], u1)
        phase1 = _turned(_reflected(G, u1), self.before_R1[:, None]).sum(axis=-1)
        of_units = np.stack([of_u1, of_u2], axis=2)
        P, m, _, H = of_units.shape
        parts = np.concatenate([of_units.real, of_units.imag], axis=-1)
        reflections = self.directions.vjp(parts).reshape(P, m, 2, 2, H)
        return np.stack([phase1, phase2, phase3], axis=2), reflections


def _component(rows: Complex, u: Complex) -> Complex:
    """Return u* x of each row x (..., H, 1)."""
    return rows @ u.conj()[..., None]


def _reflected(rows: Complex, u: Complex) -> Complex:
    """Return (1 - 2 u u*) x of each row x."""
    return rows - 2 * _component(rows, u) * u[..., None, :]


def _of_unit(G: Complex, rows: Complex, u: Complex) -> Complex:
    """Return the derivative by u from those by the reflected rows."""
    sums = (
        _component(rows, u).conj().swapaxes(-1, -2) @ G
        + _component(G, u).conj().swapaxes(-1, -2) @ rows
    )
    return -2 * sums[..., 0, :]


def _turned(G: Complex, rows: Complex) -> Floats:
    """Return the derivative by the phase of each number from those by the rows."""
    return G.imag * rows.real - G.real * rows.imag


class Unitary(Cell):
    """Unitary cell: a complex one, of fewer weights, and modReLU. Its state is [Re h; Im h].

    The initial directions of the reflections are uniform, and the phases nearly so.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    """

    step, back = step, back
    needs_zeros = False

    n_state = derived(lambda self: 2 * self.n_hidden)  # rows of both parts
    n_kept = derived(lambda self: 2 * self.n_hidden)  # rows of z
    n_delta = derived(lambda self: 3 * self.n_hidden)  # rows of z and b
    n_input_delta = derived(lambda self: 2 * self.n_hidden)  # rows of z
    size = derived(lambda self: self.n_hidden)  # H

    @property
    def shapes(self) -> Shapes:
        """[Re W; Im W], [[Re Q, -Im Q], [Im Q, Re Q]], b."""
        H, I = self.n_hidden, self.n_inputs
        return {"weight_ih": (2 * H, I), "weight_hh": (2 * H, 2 * H), "bias": (H,)}

    @property
    def blocks(self) -> tuple[WeightBlock, ...]:
        """W; of Q three diagonals, and both parts of two vectors; b, near 0."""
        H, I = self.n_hidden, self.n_inputs
        return (
            WeightBlock("weight_ih", (2 * H, I), 1 / sqrt(2 * I)),
            WeightBlock("phases", (3, H), pi),
            WeightBlock("reflections", (2, 2, H), 1.0),
            WeightBlock("bias", (H,), 1 / sqrt(I + H), spread=0.01),
        )

    materializes = derived(lambda self: True)

    def materialize(self, blocks: dict[str, Floats]) -> dict[str, Floats]:
        Q = Factors(blocks["phases"], blocks["reflections"]).Q.swapaxes(1, 2)
        return {**blocks, "weight_hh": np.block([[Q.real, -Q.imag], [Q.imag, Q.real]])}

    def vjp(self, blocks: dict[str, Floats], gradients: dict[str, Floats]) -> dict[str, Floats]:
        H, U = self.n_hidden, gradients["weight_hh"]
        real = U[..., :H, :H] + U[..., H:, H:]
        imaginary = U[..., H:, :H] - U[..., :H, H:]
        of_columns = (real + 1j * imaginary).swapaxes(-1, -2)
        factors = Factors(blocks["phases"], blocks["reflections"])
        phases, reflections = factors.vjp(of_columns)
        return {**gradients, "phases": phases, "reflections": reflections}

    def orders(self, positions: dict[str, Positions]) -> Orders:
        W, U, b = (positions[name] for name in self.shapes)
        step = np.concatenate([b, affine_order(None, W, U)])
        state = np.concatenate([b, affine_order(None, U.T)])
        return Orders(step, state, affine_order(None, W.T))

    def gradient_terms(self, positions: dict[str, Positions]) -> list[GradientTerm]:
        W, U, b = (positions[name] for name in self.shapes)
        return [
            GradientTerm(0, INPUTS, 0, W),
            GradientTerm(0, BEFORE, 0, U),
            GradientTerm.of_biases(2 * self.n_hidden, b),
        ]
