"""The structurally constrained network: units that change slowly beside an Elman cell's.

T. Mikolov, A. Joulin, S. Chopra, M. Mathieu, M. Ranzato: Learning longer memory in recurrent
neural networks. ICLR workshop 2015, equations 5 to 7:

    s_t = (1 - a) B x_t + a s_{t-1}
    h_t = sigmoid(P s_t + A x_t + R h_{t-1} + b)

with a = 0.95, or trained for each slow unit (section 3.4 of the paper). The slow units are an
exponential average of the inputs, so gradients reach at least some 20 steps back, with far fewer
weights than an LSTM's. They remember what was read, not when: not for tasks in which the order of
distant inputs matters.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from metarnn.engine.affine import Positions, affine, affine_added, affine_order
from metarnn.engine.emission import elementwise
from metarnn.engine.jit import LANES
from metarnn.engine.pointers import at
from metarnn.engine.vector_math import sigmoid
from metarnn.engine.vectors import Vector, fma
from metarnn.engine.weight_block import WeightBlock

from .cell import (
    AFTER,
    BEFORE,
    INPUTS,
    Cell,
    GradientTerm,
    Orders,
    back_routine,
    derived,
    step_routine,
)
from .slopes import times_sigmoid_slope

#: a, where it is not trained.
DECAY = 0.95


def slow(b: Vector, s: Vector) -> Vector:
    """(1 - a) b + a s."""
    return b * (1.0 - DECAY) + s * DECAY


def slow_learned(b: Vector, s: Vector, decay: Vector) -> Vector:
    """(1 - a) b + a s, a = sigmoid(decay)."""
    a = sigmoid(decay)
    return fma(b, 1.0 - a, a * s)


def slow_back(d_s: Vector) -> tuple[Vector, ...]:
    """Return derivatives by B x and by s before."""
    return d_s * (1.0 - DECAY), d_s * DECAY


def slow_learned_back(
    d_s: Vector, s: Vector, s_before: Vector, decay: Vector
) -> tuple[Vector, ...]:
    """Return derivatives by B x, decay and s before: (1 - a) (s_before - B x) = s_before - s."""
    a = sigmoid(decay)
    return d_s * (1.0 - a), d_s * a * (s_before - s), d_s * a


blend, blend_learned = elementwise(slow), elementwise(slow_learned, n_weights=1)
blend_back = elementwise(slow_back, 2)
blend_learned_back = elementwise(slow_learned_back, 3, n_weights=1)
squash = elementwise(sigmoid)


@step_routine
def step(w, x, n_x, before, n_before, kept_before, hs, kept, n, S, lanes):
    """Compute [h; s] (n, 32) from x and [h; s] before."""
    H = n - S
    s = at(hs, H * LANES)
    affine(w, x, n_x, x, 0, n_x, s, S, lanes)
    blend(s, at(before, H * LANES), s, S)
    w = at(w, S * (1 + n_x))
    affine(w, x, n_x, before, H if n_before else 0, n_x + H, hs, H, lanes)
    affine_added(at(w, H * (1 + n_x + H)), s, S, s, 0, S, hs, H, lanes, hs)
    squash(hs, hs, H)


@step_routine
def learned_step(w, x, n_x, before, n_before, kept_before, hs, kept, n, S, lanes):
    """See :func:`step`; the weights begin with decay (S)."""
    H = n - S
    s = at(hs, H * LANES)
    affine(at(w, S), x, n_x, x, 0, n_x, s, S, lanes)
    blend_learned(s, at(before, H * LANES), w, s, S)
    w = at(w, S * (2 + n_x))
    affine(w, x, n_x, before, H if n_before else 0, n_x + H, hs, H, lanes)
    affine_added(at(w, H * (1 + n_x + H)), s, S, s, 0, S, hs, H, lanes, hs)
    squash(hs, hs, H)


@back_routine
def back(
    w, before, n_before, kept_before, hs, kept, d, delta, ready, delta_before, wanted, n, S, lanes
):
    """Compute delta (n, 32), the derivatives by the sums of h and by B x."""
    H = n - S
    d_s = at(d, H * LANES)
    times_sigmoid_slope(d, hs, delta, H)
    affine_added(w, delta, H, delta, 0, H, d_s, S, lanes, d_s)
    blend_back(d_s, at(delta, H * LANES), d_s, S)
    if n_before:
        affine(at(w, S * (1 + H)), delta, H, delta, 0, H, d, H, lanes)


@back_routine
def learned_back(
    w, before, n_before, kept_before, hs, kept, d, delta, ready, delta_before, wanted, n, S, lanes
):
    """See :func:`back`; then follow the derivatives by decay (S, 32)."""
    H, rows = n - S, (n - S) * LANES
    d_s = at(d, rows)
    times_sigmoid_slope(d, hs, delta, H)
    affine_added(at(w, S), delta, H, delta, 0, H, d_s, S, lanes, d_s)
    blend_learned_back(
        d_s, at(hs, rows), at(before, rows), w,
        at(delta, rows), at(delta, n * LANES), d_s, S,
    )  # fmt: skip
    if n_before:
        affine(at(w, S * (2 + H)), delta, H, delta, 0, H, d, H, lanes)


@dataclass(frozen=True)
class SCRN(Cell):
    """Structurally constrained cell: slow context units beside fast ones. Its state is [h; s].

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    n_slow : int
        Slow units.
    learned : bool
        Whether their decay is trained, or stays at 0.95.
    """

    n_slow: int  # S, slow units
    learned: bool = False  # whether each has a trained decay, sigmoid(decay); 0.95 otherwise

    step = derived(lambda self: learned_step if self.learned else step)
    back = derived(lambda self: learned_back if self.learned else back)
    #: The rows of h: the slow units begin at 0.
    decoder_state = derived(lambda self: (0, self.n_hidden))
    n_state = derived(lambda self: self.n_hidden + self.n_slow)  # rows of h and s
    #: Rows of h, s and decay.
    n_delta = derived(lambda self: self.n_state + self.n_slow * self.learned)
    n_input_delta = derived(lambda self: self.n_state)  # rows of h and s
    #: Of h, and of decay.
    n_functions = derived(lambda self: self.n_hidden + self.n_slow * self.learned)
    size = derived(lambda self: self.n_slow)  # S

    @property
    def blocks(self) -> tuple[WeightBlock, ...]:
        """A, R, b, P, B, and the decay if it is trained, which begins around the fixed one."""
        I, H, S = self.n_inputs, self.n_hidden, self.n_slow
        fixed = (
            WeightBlock("weight_ih", (H, I), 1 / sqrt(I)),
            WeightBlock("weight_hh", (H, H), 1 / sqrt(H)),
            WeightBlock("bias_ih", (H,), 1 / sqrt(I + H)),
            WeightBlock("weight_sh", (H, S), 1 / sqrt(S)),
            WeightBlock("weight_is", (S, I), 1 / sqrt(I)),
        )
        if not self.learned:
            return fixed
        return *fixed, WeightBlock("decay", (S,), 1.0, mean=np.log(DECAY / (1 - DECAY)))

    def orders(self, positions: dict[str, Positions]) -> Orders:
        A, R, b, P, B, *decay = (positions[name] for name in self.shapes)
        step = *decay, affine_order(None, B), affine_order(b, A, R), affine_order(None, P)
        state = *decay, affine_order(None, P.T), affine_order(None, R.T)
        return Orders(np.concatenate(step), np.concatenate(state), affine_order(None, A.T, B.T))

    def gradient_terms(self, positions: dict[str, Positions]) -> list[GradientTerm]:
        A, R, b, P, B, *decay = (positions[name] for name in self.shapes)
        H = self.n_hidden
        return [
            GradientTerm(0, INPUTS, 0, A, b),
            GradientTerm(0, BEFORE, 0, R),
            GradientTerm(0, AFTER, H, P),
            GradientTerm(H, INPUTS, 0, B),
            *(GradientTerm.of_biases(self.n_state, block) for block in decay),
        ]
