"""The Elman cell: h_t = f(W x_t + U h_{t-1} + b), h_0 = 0.

J. L. Elman: Finding structure in time. Cognitive Science 14 (1990) 179-211. With tanh
gradients vanish over long sequences, with relu they may explode, with sigmoid the state
is never negative and gradients vanish faster still (its slope is at most 1/4).
"""

from dataclasses import dataclass
from math import sqrt

from metarnn.engine.blocks import affine
from metarnn.engine.functions import sigmoid, tanh
from metarnn.engine.jit import kernel
from metarnn.engine.tiles import LANES

TANH, RELU, SIGMOID = 0, 1, 2
ACTIVATIONS: dict[str, int] = {"tanh": TANH, "relu": RELU, "sigmoid": SIGMOID}


@dataclass(frozen=True)
class Elman:
    """Elman cell: h_t = f(W x_t + U h_{t-1} + b).

    Holds the shapes of its weights, in the order of the flat vector.

    Parameters
    ----------
    n_inputs, n_hidden : int
        I and H.
    """

    n_inputs: int
    n_hidden: int

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Weights by PyTorch's names; of its two biases, which only ever act as their sum, one."""
        H, I = self.n_hidden, self.n_inputs  # noqa: E741
        return {"weight_ih_l0": (H, I), "weight_hh_l0": (H, H), "bias_ih_l0": (H,)}

    @property
    def scales(self) -> dict[str, float]:
        """Standard deviation of each block of initial weights."""
        H, I = self.n_hidden, self.n_inputs  # noqa: E741
        return {
            "weight_ih_l0": 1 / sqrt(I),
            "weight_hh_l0": 1 / sqrt(H),
            "bias_ih_l0": 1 / sqrt(I + H),
        }


@kernel
def step(activation, input_weight, state_weight, bias, x, previous, first, h):  # type: ignore[no-untyped-def]
    """Compute h (H, 32) from x (I, 32) and the previous state (H, 32), 0 where `first`."""
    for i in range(h.shape[0]):
        h[i, :] = bias[i]
    affine(input_weight, x, h)
    if not first:
        affine(state_weight, previous, h)
    if activation == TANH:
        for i in range(h.shape[0]):
            for lane in range(LANES):
                h[i, lane] = tanh(h[i, lane])
    elif activation == SIGMOID:
        for i in range(h.shape[0]):
            for lane in range(LANES):
                h[i, lane] = sigmoid(h[i, lane])
    else:
        zero = h.dtype.type(0)
        for i in range(h.shape[0]):
            for lane in range(LANES):
                h[i, lane] = zero if h[i, lane] < zero else h[i, lane]  # NaN stays


@kernel
def step_back(activation, state_weight_T, h, first, d_h, delta):  # type: ignore[no-untyped-def]
    """Turn the derivative by h into those by the step's sum and by the previous state.

    Parameters
    ----------
    activation : int
        Code in ACTIVATIONS.
    state_weight_T : (H, H) array
        U transposed.
    h : (H, 32) array
        What :func:`step` computed.
    first : bool
        Whether there is no previous state.
    d_h : (H, 32) array
        Derivative by h; replaced by the derivative by the previous state.
    delta : (H, 32) array
        Output: d_h f'(.), the derivative by W x + U h_{t-1} + b.
    """
    one, zero = h.dtype.type(1), h.dtype.type(0)
    for i in range(h.shape[0]):
        for lane in range(LANES):
            y = h[i, lane]
            if activation == TANH:
                slope = one - y * y
            elif activation == SIGMOID:
                slope = y * (one - y)
            else:
                slope = one if y > zero else zero
            delta[i, lane] = d_h[i, lane] * slope
    if not first:
        d_h[:] = zero
        affine(state_weight_T, delta, d_h)
